"""Soundness: whatever the backends of a spec under `specs/` do, its gateway gives an answer that it documents.

* Replies that keep the backends' contracts, edge values included, never make a 5xx.
* Replies that break them, and failures of all subsets of operations, give the answer that the spec says.
* Every answer validates against the gateway's own `openapi.json`, and a contract that it is held to.

`SOUNDNESS=2000` draws so many examples for each endpoint (`make soundness`).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from differential.dice import seeded
from differential.project import Project, running
from differential.replies import request

from bffgen.check.model import CheckedEndpoint, CheckedEntry, leaves
from bffgen.pipeline import check_spec
from bffgen.plan.answers import answers_of
from bffgen.plan.blocks import may_overflow
from bffgen.plan.lower import lower
from bffgen.plan.trials.model import EndpointTests
from bffgen.plan.walk import own_guards, scope_exprs

from .backends import Drawn, Failing, Fault, asked, edges, has_content, label, operations, tame
from .gateway import Answer, ask, drawn_request, sample_request, undocumented
from .oracle import Oracle

ROOT = Path(__file__).parents[2]
SPECS = sorted(path for path in ROOT.glob("specs/*/*.yaml") if path.stem == path.parent.name)
EXAMPLES = int(os.environ.get("SOUNDNESS", "150"))
FAULTS: tuple[Fault, ...] = (500, 404, "timeout", "unreachable", "invalid", 429, 401)
ALL_SUBSETS = 6
"""Up to so many operations all subsets fail; of more, all pairs."""


@pytest.fixture(scope="module", params=SPECS, ids=lambda path: path.stem)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with running(request.param, tmp_path_factory.mktemp(request.param.stem) / "out") as started:
        yield started


@pytest.fixture(scope="module")
def contract(request: pytest.FixtureRequest, project: Project) -> Any:
    """The document that the spec says its answers fit, if it does."""
    spec = next(path for path in SPECS if path.stem == project.package)
    named = yaml.safe_load(spec.read_text("utf-8")).get("contract")
    return named and yaml.load((spec.parent / named).read_text("utf-8"), yaml.CSafeLoader)


def complaints(project: Project, endpoint: CheckedEndpoint, answer: Answer) -> list[str]:
    """What is wrong with an answer whatever happened."""
    found = [f"logged: {error}" for error in answer.errors]
    wrong = undocumented(project.document, endpoint.method, endpoint.path, answer)
    return found if wrong is None else [*found, f"against openapi.json: {wrong}"]


# ------------------------------------------------------------------------------------------------- drawn replies


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_nothing_warns(spec: Path) -> None:
    """What may fail for a backend that keeps its contract is warned of, and so the next test has nothing to excuse."""
    found = check_spec(spec).diagnostics.sorted()
    assert not found, [f"{one.code}: {one.message}" for one in found]


def test_replies_that_keep_the_contract(project: Project, contract: Any, record_property: Any) -> None:
    counts: Counter[str] = Counter()
    for endpoint in project.gateway.endpoints:
        for number in range(EXAMPLES):
            dice = seeded(Random(f"{endpoint.operation_id} {number}"))
            asking = drawn_request(project, endpoint, request(dice, endpoint))
            drawn = Drawn(endpoint, dice, keeping=True)
            answer = ask(project, asking, drawn)
            wrong = complaints(project, endpoint, answer)
            why = "answered" if answer.status < 400 else "refused" if answer.status < 500 else None
            if why is None:
                why = explained(project, endpoint, asking, drawn, answer)
            if why is None:
                wrong.append("a 5xx, although every backend keeps its contract")
            if contract is not None and answer.status == 200 and b"novel" not in answer.content:
                beside = undocumented(contract, endpoint.method, endpoint.path, answer)
                wrong += [f"against the contract: {beside}"] if beside is not None else []
                counts["answers held to a contract"] += 1
            assert not wrong, told(endpoint, number, drawn, answer, wrong)
            counts[f"replies in contract, {why}"] += 1
            counts.update(f"edges, {edge}" for _, made in drawn.given for edge in edges(made.body))
    record(record_property, counts)


def explained(project: Project, endpoint: CheckedEndpoint, asking: Any, drawn: Drawn, answer: Answer) -> str | None:
    """Why a 5xx is right although all backends keep their contracts; None where it is not.

    The spec asks for it: by a guard, or a `limit` that it sets. A value that may not be sent on is no reason: the
    compiler warns of those, and the specs have none.
    """
    if is_own(endpoint, answer):
        return "a 5xx that the spec asks for"
    if "call" in answer.problem:
        return "more than the `limit` of the spec" if is_beyond_limit(endpoint, answer) else None
    if ask(project, asking, tame(drawn.given)).status >= 500:
        return None
    return "numbers overflow" if any(map(may_overflow, scope_exprs(endpoint))) else None


def is_beyond_limit(endpoint: CheckedEndpoint, answer: Answer) -> bool:
    """Whether the failed call was one of a loop with a `limit` of the spec's, and was not made."""
    name = answer.problem["call"]
    entry = next(one for one in endpoint.calls if one.name == name.partition(".")[0])
    inner = operations_of(entry)
    limited = entry.each is not None and entry.each.limit is not None
    return limited and name == entry.name and not asked(endpoint, iter(answer.sent)) & inner


def operations_of(entry: CheckedEntry) -> set[str]:
    return {label(call.operation) for call in leaves((entry,))}


def is_own(endpoint: CheckedEndpoint, answer: Answer) -> bool:
    """Whether it is the problem of a guard."""
    guards = [*endpoint.guards, *(guard for call in endpoint.calls for guard in own_guards(call))]
    shown = {(guard.status, guard.detail is not None) for guard in guards}
    return "call" not in answer.problem and (answer.status, "detail" in answer.problem) in shown


def test_replies_that_break_it_and_failures(project: Project, record_property: Any) -> None:
    counts: Counter[str] = Counter()
    for endpoint in project.gateway.endpoints:
        for number in range(EXAMPLES):
            dice = seeded(Random(f"{endpoint.operation_id} broken {number}"))
            asking = drawn_request(project, endpoint, request(dice, endpoint))
            drawn = Drawn(endpoint, dice, keeping=False)
            answer = ask(project, asking, drawn)
            wrong = complaints(project, endpoint, answer)
            assert not wrong, told(endpoint, number, drawn, answer, wrong)
            counts[f"replies out of contract, {answer.status // 100}xx"] += 1
    record(record_property, counts)


def told(endpoint: CheckedEndpoint, number: int, drawn: Drawn, answer: Answer, wrong: list[str]) -> str:
    replies = "".join(f"\n    {asked.method} {asked.url} -> {made}" for asked, made in drawn.given)
    listed = "\n  ".join(wrong)
    return f"{endpoint.method} {endpoint.path}, example {number}:\n  {listed}\n  replies:{replies}\n  {answer}"


# ------------------------------------------------------------------------------------------------------ failures


def test_failures_of_all_subsets_of_operations(project: Project, record_property: Any) -> None:
    counts: Counter[str] = Counter()
    oracle = Oracle(project.gateway)
    plans = {(one.method, one.path): one.tests for one in lower(project.gateway).endpoints}
    for endpoint in project.gateway.endpoints:
        tests = plans[endpoint.method, endpoint.path]
        for faults in fault_sets(endpoint):
            found = fail(project, oracle, endpoint, tests, faults)
            counts[f"failing subsets, {found}"] += 1
    record(record_property, counts)


def fault_sets(endpoint: CheckedEndpoint) -> Iterator[Mapping[str, Fault]]:
    """Every fault of one operation, and of every larger subset two mixtures; of many operations the pairs."""
    names = list(operations(endpoint))
    random = Random(endpoint.operation_id)
    yield {}
    for name in names:
        yield from ({name: fault} for fault in FAULTS)
    most = len(names) if len(names) <= ALL_SUBSETS else 2
    for size in range(2, most + 1):
        for subset in combinations(names, size):
            for _ in range(2):
                yield {name: random.choice(FAULTS) for name in subset}


def fail(
    project: Project, oracle: Oracle, endpoint: CheckedEndpoint, tests: EndpointTests, faults: Mapping[str, Fault]
) -> str:
    """Ask with the sample request over failing backends. Raises AssertionError for a wrong answer."""
    known = operations(endpoint)
    met = {name: fault for name, fault in faults.items() if fault != "invalid" or has_content(known[name])}
    answer = ask(project, sample_request(project, tests.request), Failing(endpoint, dict(tests.replies), faults))
    reached = asked(endpoint, iter(answer.sent))
    right = oracle.outcome(endpoint, {name: fault for name, fault in met.items() if name in reached})
    wrong = complaints(project, endpoint, answer)
    degraded = set(filter(None, answer.headers.get("gateway-degraded", "").split(", ")))
    fine = set(answers_of(endpoint).successes)
    if right.hard:
        wrong += [f"{sorted(right.hard)} is right"] if answer.status not in right.hard else []
    elif answer.status not in fine and not is_own(endpoint, answer):
        wrong.append(f"{sorted(fine)} is right")
    elif answer.status in fine and degraded != right.degraded:
        wrong.append(f"{sorted(right.degraded)} are degraded, not {sorted(degraded)}")
    assert not wrong, f"{endpoint.method} {endpoint.path}, {dict(faults)}:\n  " + "\n  ".join([*wrong, str(answer)])
    return "the endpoint fails" if right.hard else "degraded" if degraded else "answered"


def record(record_property: Any, counts: Counter[str]) -> None:
    for name, count in sorted(counts.items()):
        record_property(f"count soundness: {name}", count)
