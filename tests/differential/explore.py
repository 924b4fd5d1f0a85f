"""Many requests to every endpoint of one project; the first disagreement, shrunk by hypothesis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from bffgen.check.model import CheckedEndpoint

from .compare import Disagreement, Example, compare
from .dice import drawn
from .project import Project
from .replies import example


def explore(project: Project, examples: int, start: int) -> tuple[Counter[str], list[tuple[CheckedEndpoint, str]]]:
    """How often each kind of answer was right, and what was not: one finding for each endpoint at most."""
    seen: Counter[str] = Counter()
    findings = []
    for number, endpoint in enumerate(project.gateway.endpoints):
        found = explore_endpoint(project, endpoint, examples, start * 1000 + number, seen)
        if found is not None:
            findings.append((endpoint, found))
    return seen, findings


def explore_endpoint(
    project: Project, endpoint: CheckedEndpoint, examples: int, start: int, seen: Counter[str]
) -> str | None:
    """The disagreement, if there is one."""
    last: list[Example] = []

    @seed(start)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(st.data())
    def check(data: Any) -> None:
        made = example(drawn(data.draw), endpoint)
        last[:] = [made]
        seen[compare(project, endpoint, made)] += 1

    try:
        check()
    except Disagreement as error:
        return f"{endpoint.method} {endpoint.path}\n  {last[0]}\n{error}"
    except Exception as error:  # of the interpreter: it is as wrong as any
        raise RuntimeError(f"{endpoint.method} {endpoint.path}: {last}") from error
    return None


def shown(findings: list[tuple[CheckedEndpoint, str]]) -> Iterator[str]:
    for _, found in findings:
        yield found
