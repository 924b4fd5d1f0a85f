"""Many requests to every endpoint of one project; the first disagreement, shrunk by hypothesis."""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, Phase, Verbosity, assume, given, seed, settings
from hypothesis import strategies as st

from bffgen.check.model import CheckedEndpoint

from .compare import Disagreement, Example, compare
from .dice import taped
from .project import Project
from .replies import example

TAPES = st.binary(min_size=150, max_size=500)
SHRINKS = 200
"""How many smaller examples are tried after one was wrong."""


def explore(
    project: Project, examples: int, start: int, shrinks: int = SHRINKS
) -> tuple[Counter[str], list[tuple[CheckedEndpoint, str]]]:
    """How often each kind of answer was right, and what was not: one finding for each endpoint at most."""
    seen: Counter[str] = Counter()
    findings = []
    for number, endpoint in enumerate(project.gateway.endpoints):
        found = explore_endpoint(project, endpoint, examples, start * 1000 + number, seen, shrinks)
        if found is not None:
            findings.append((endpoint, found))
    return seen, findings


def explore_endpoint(
    project: Project,
    endpoint: CheckedEndpoint,
    examples: int,
    start: int,
    seen: Counter[str],
    shrinks: int = SHRINKS,
) -> str | None:
    """The disagreement, if there is one."""
    wrong: list[tuple[Example, Exception]] = []
    tried = 0

    @seed(start)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink) if shrinks else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        verbosity=Verbosity.quiet,
    )
    @given(TAPES)
    def check(tape: bytes) -> None:
        nonlocal tried
        tried += bool(wrong)
        assume(tried <= shrinks)
        made = example(taped(tape), endpoint)
        try:
            seen[compare(project, endpoint, made)] += 1
        except Exception as error:
            wrong.append((made, error))
            raise

    try:
        check()
    except Exception:
        if not wrong:
            raise
    if not wrong:
        return None
    made, error = min(wrong, key=lambda one: len(repr(one[0])))
    if not isinstance(error, Disagreement):  # of the interpreter: it may be wrong as well
        raise RuntimeError(f"{endpoint.method} {endpoint.path}: {made}") from error
    return f"{endpoint.method} {endpoint.path}\n  {made}\n{error}"
