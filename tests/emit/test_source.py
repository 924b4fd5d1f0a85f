"""The code that trees become is exactly what stands in `expected/`, formatted as in a project."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from bffgen.expr.emit import condition
from bffgen.expr.emit_print import unparse

from .build import SampleNames, cmp, code, element, entry, formatted, lit, path, ref, truth
from .cases import CASES

EXPECTED = Path(__file__).with_name("expected")


@pytest.mark.parametrize("group", CASES)
def test_emitted_source(group: str) -> None:
    lines = "\n".join(f"x = {code(expr)}" for expr in CASES[group])
    assert formatted(lines) == (EXPECTED / f"{group}.txt").read_text()


def test_imports_are_asked_for_only_where_used() -> None:
    names = SampleNames()
    code(path("order", "id"), names)
    assert names.imports == set()
    code(path(element(path("order", "items"), 2), "sku"), names)
    assert names.imports == {("values", "at")}


def test_a_condition_may_be_a_plain_nullable_bool() -> None:
    assert unparse(condition(truth(path("customer", "vip")), SampleNames())) == "customer is not None and customer.vip"


def test_names_that_nothing_uses_are_not_bound() -> None:
    named = cmp(path(entry(ref("prices"), ref("word")), "sku"), "==", lit("a"))
    assert code(named) == "(price := prices.get(word)) is not None and price.sku == 'a'"
    idle = truth(path(entry(ref("prices"), ref("word")), "gift"))
    assert ":=" in code(idle)
    assert code(truth(entry(ref("prices"), ref("word")))) == "prices.get(word) is not None"


@pytest.mark.parametrize("value", ["'\"\\", "{x}\n", "\u202e", "\ud800", "\0", -7, -0.0, 1e400, -1e400])
def test_literals_come_back_as_they_were(value: object) -> None:
    assert repr(eval(code(lit(value)))) == repr(value)


def test_integers_of_many_digits_can_be_read_back() -> None:
    assert eval(code(lit(-(10**5000)))) == -(10**5000)


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("a is b and c is d and (e is f)", "a is b and c is d and e is f"),
        ("a and b and (c or d)", "a and b and (c or d)"),
        ("a and b and (c if d else e)", "a and b and (c if d else e)"),
        ("a and b and (c := d)", "a and b and (c := d)"),
        ("a and (b < c) == d", "a and (b < c) == d"),
        ("f((x for x in xs))", "f(x for x in xs)"),
        ("f((x for x in xs), 1)", "f((x for x in xs), 1)"),
        ("f(g((x for x in xs)))", "f(g(x for x in xs))"),
        ("((x for x in xs))", "(x for x in xs)"),
    ],
)
def test_printing_drops_only_idle_parentheses(written: str, printed: str) -> None:
    assert unparse(ast.parse(written)) == printed
