"""Emitted code means what the expression means, and never raises."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bffgen.expr.tree import Expr

from .build import VALUES, code, lit, ref, text
from .cases import CASES
from .reference import evaluate
from .run import run
from .trees import environments, trees

relaxed = settings(deadline=None, suppress_health_check=list(HealthCheck))

# What these refer to is not in an environment, or is only known to be there outside of the expression.
OPEN = ("known(", "_reply", "now", "today", "convert(", "order.items[1]")


def is_closed(printed: str) -> bool:
    proven_elsewhere = printed.startswith("prices[word]") and "in prices" not in printed
    return not proven_elsewhere and not any(word in printed for word in OPEN)


CLOSED = [pytest.param(one, id=code(one)) for group in CASES.values() for one in group if is_closed(code(one))]


@settings(relaxed, max_examples=200)
@given(expr=trees(), env=environments)
def test_emitted_code_agrees_with_the_reference(expr: Expr, env: dict[str, Any]) -> None:
    check(expr, env)


@pytest.mark.parametrize("expr", CLOSED)
@settings(relaxed, max_examples=8)
@given(env=environments)
def test_cases_agree_with_the_reference(expr: Expr, env: dict[str, Any]) -> None:
    check(expr, env)


def check(expr: Expr, env: dict[str, Any]) -> None:
    wanted = evaluate(expr, env)
    got = run(expr, env)
    assert got == wanted and type(got) is type(wanted), code(expr)


pieces = st.text("ab '\"\\{}\n\t\u202e\ud800\0", max_size=8)


@settings(relaxed)
@given(parts=st.lists(pieces | st.just(ref("word")) | pieces.map(lit), max_size=5))
def test_hostile_texts_stay_texts(parts: list[Any]) -> None:
    env: dict[str, Any] = dict.fromkeys(VALUES) | {"word": "w"}
    assert run(text(*parts), env) == evaluate(text(*parts), env)
