"""Each well-typed expression has Python's own value where nothing is null, and never raises on data of its types.

The data has nulls, absent fields, members that an enum does not know, and very large numbers. The emitted code runs in
an emitted project; `meaning` is a second opinion where Python has none.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bffgen.check.model import CheckedEndpoint, leaves
from bffgen.expr.tree import MakeObject

from .compare import Disagreement, Example, compare, operation_name, same
from .dice import Dice, seeded
from .draft import Draft, spec_of
from .explore import written
from .features import features
from .forms import grow
from .grow import answerable
from .meaning.chance import Oracle
from .meaning.composition import Run
from .meaning.needs import Needs
from .meaning.outcomes import Request
from .meaning.scopes import Scope
from .project import Project, running
from .python import APART, evaluated, is_plain
from .replies import success

SEEDS = range(1, 5)  # each a project of its own
ENDPOINTS = 6
EXPRESSIONS = 14  # of one endpoint
DATA = 22  # of one endpoint

CALLS = {
    "product": {"call": "shop0.getProduct", "args": {"id": "1"}},
    "person": {"call": "people0.getPerson", "args": {"id": "1"}},
    "post": {"call": "feed0.getPost", "args": {"id": "1"}},
    "order": {"call": "shop0.getOrder", "args": {"id": "'3fa85f64-5717-4562-b3fc-2c963f66afa6'"}},
    "events": {"call": "feed0.listEvents"},
    "words": {"call": "people0.countWords", "args": {"text": "'a'"}},
}


def composed(dice: Dice) -> dict[str, Any]:
    """An endpoint that answers many expressions over a few calls."""
    draft = Draft(dice, 0, "/draft", "GET")
    draft.written = {"calls": {name: dict(call) for name, call in CALLS.items()}, "response": dict.fromkeys(CALLS)}
    for name in CALLS:
        draft.written["response"][name] = name
    assert not draft.check()
    growth = draft.growth(0)
    while len(draft.written["response"]) < len(CALLS) + EXPRESSIONS:
        before = len(growth.pool)
        grow(growth, 4)
        for one in growth.pool[before:]:
            if answerable(one.type) and len(draft.written["response"]) < len(CALLS) + EXPRESSIONS:
                name = f"e{len(draft.written['response'])}"
                draft.attempt(lambda name=name, one=one: draft.written["response"].update({name: one.text}))  # type: ignore[misc]
    return draft.written


def check(project: Project, endpoint: CheckedEndpoint, texts: dict[str, str], dice: Dice, seen: Counter[str]) -> None:
    """One request: the answer is right, and Python says the same of every expression of which it says anything."""
    replies = {operation_name(call.operation): (success(dice, call)[0],) for call in leaves(endpoint.calls)}
    example = Example(Request(), replies)
    why = compare(project, endpoint, example)
    seen[f"answered: {why}"] += 1
    if why != "success":
        return
    answer = project.last.body
    run = Run(project.gateway, endpoint, Request(), example.reply, Needs(project.gateway, endpoint), Oracle(), [])
    scope = Scope(run, endpoint, run.env, None, "")
    values = {name: scope.do(name) for name in CALLS}
    assert isinstance(endpoint.response, MakeObject)
    for name, expr in endpoint.response.entries:
        if name not in texts or not is_plain(texts[name], expr):
            continue
        try:
            own = evaluated(texts[name], values)
        except APART:
            seen["Python raises"] += 1
            continue
        seen["as Python has it"] += 1
        if not same(own, answer[name]):
            raise Disagreement(f"{texts[name]}\n  Python: {own!r}\n  emitted: {answer[name]!r}\n  {example}")


@pytest.mark.parametrize("seed", SEEDS)
def test_expressions_have_pythons_own_value_and_never_raise(seed: int, tmp_path: Path) -> None:
    dice = seeded(Random(seed))
    endpoints = {f"GET /e{at}": {"operation_id": f"op{at}", **composed(dice)} for at in range(ENDPOINTS)}
    spec = spec_of(endpoints, {0}, "bff_of_expressions")
    seen: Counter[str] = Counter()
    with running(written(spec, tmp_path), tmp_path / "out") as project:
        for endpoint in project.gateway.endpoints:
            response = endpoints[f"GET {endpoint.path}"]["response"]
            texts = {name: text for name, text in response.items() if name not in CALLS}
            for _ in range(DATA):
                check(project, endpoint, texts, dice, seen)
        print(seen, features(project.gateway))
    assert seen["as Python has it"] > 400
    assert seen["answered: success"] > ENDPOINTS * DATA / 2
