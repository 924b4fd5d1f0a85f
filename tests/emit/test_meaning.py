"""Emitted code means what the expression means, and never raises."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings

from bffgen.expr.tree import Expr

from .build import code
from .reference import evaluate
from .run import run
from .trees import environments, trees


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(expr=trees(), env=environments)
def test_emitted_code_agrees_with_the_reference(expr: Expr, env: dict[str, Any]) -> None:
    wanted = evaluate(expr, env)
    got = run(expr, env)
    assert got == wanted and type(got) is type(wanted), code(expr)
