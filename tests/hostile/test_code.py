"""No text becomes anything but what it was given as: judged by Python's own parser, not by eye."""

from __future__ import annotations

import ast
import io
import math
import re
import tokenize
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bffgen.render.code import (
    DOCSTRING_LIMIT,
    Code,
    docstring,
    dotted,
    expression,
    file_name,
    identifier,
    json_text,
    literal,
    module_name,
    plain,
    toml_string,
)
from tests.hostile.samples import MODULES, NAMES, TEXTS

ALL = (*TEXTS, *NAMES, *MODULES)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def evaluated(code: Code) -> Any:
    """What the code evaluates to, with nothing in scope but what literals may call."""
    return eval(code, {"__builtins__": {}}, {"float": float, "int": int, "set": set, "frozenset": frozenset})


def same(one: object, other: object) -> bool:
    return repr(one) == repr(other)


@pytest.mark.parametrize("text", ALL)
def test_a_text_is_its_literal(text: str) -> None:
    code = literal(text)
    assert code.isascii() and code.isprintable()
    tree = ast.parse(code, mode="eval")
    assert isinstance(tree.body, ast.Constant) and tree.body.value == text


@given(VALUES)
def test_any_value_is_its_literal(value: object) -> None:
    assert same(evaluated(literal(value)), value)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 10**5000, -(10**5000), -0.0, 1e300, (1,), (), set(),
                                   frozenset({2, 1}), {"b", "a"}, b"\x00'\"", {1: {2: [3]}}, True, 2**64],
                         ids=lambda value: type(value).__name__)  # fmt: skip
def test_unusual_values(value: object) -> None:
    made = evaluated(literal(value))
    assert made == value or (made != made and value != value)


def test_a_literal_nests_deeper_than_the_stack() -> None:
    value: list[Any] = []
    for _ in range(50_000):
        value = [value]
    assert literal(value).count("[") == 50_001
    while value:  # or its own removal overflows the stack
        value = value.pop()


def test_what_has_no_literal_is_refused() -> None:
    for value in (object(), len, 1j, type("S", (), {})(), ast.Name("x")):
        with pytest.raises(TypeError):
            literal(value)
        with pytest.raises(TypeError):
            literal([value])


def test_a_subclass_cannot_choose_its_own_literal() -> None:
    class Evil(str):
        def __repr__(self) -> str:
            return "BFFPWN()"

        __str__ = __repr__

    class Number(int):
        def __repr__(self) -> str:
            return "BFFPWN()"

    assert "BFFPWN" not in literal([Evil("x"), Number(3)])


@pytest.mark.parametrize("text", ALL)
@pytest.mark.parametrize("indent", [0, 4, 8])
def test_a_docstring_is_one_string_and_hides_nothing(text: str, indent: int) -> None:
    code = docstring(text, indent)
    pad = " " * indent
    source = ("class A:\n" if indent else "") + ("    if 1:\n" if indent == 8 else "") + f"{pad}{code}\n{pad}x = 1\n"
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    assert [t.type for t in tokens].count(tokenize.STRING) == 1
    assert not any("BFFPWN" in t.string for t in tokens if t.type != tokenize.STRING)
    shown = next(t.string for t in tokens if t.type == tokenize.STRING)
    assert all(char == "\n" or char.isprintable() for char in shown)
    assert len(ast.literal_eval(shown.strip())) <= DOCSTRING_LIMIT + 200 + indent * shown.count("\n")


@given(st.text())
def test_any_text_makes_a_docstring(text: str) -> None:
    tree = ast.parse(docstring(text))
    assert [type(node) for node in tree.body] == [ast.Expr]


@pytest.mark.parametrize("text", [*(text for text in TEXTS if not text.isidentifier()), "a.b", "é", "１"])
def test_what_is_no_identifier_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an identifier"):
        identifier(text)


def test_identifiers_and_paths() -> None:
    assert identifier("get_product") == "get_product"
    assert dotted("shop.models.catalog") == "shop.models.catalog"
    assert dotted("..context") == "..context"
    for bad in ("a..b", "a.", "a.b c", "a.class", "a;b"):
        with pytest.raises(ValueError):
            dotted(bad)


@pytest.mark.parametrize("text", MODULES)
def test_what_is_no_module_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        file_name(text)


def test_modules() -> None:
    assert file_name("get_product") == "get_product.py"
    for taken in ("json", "typing", "httpx", "asyncio", "conftest", "sitecustomize"):
        with pytest.raises(ValueError, match="taken"):
            module_name(taken, top=True)


@pytest.mark.parametrize("name", [name for name in (*NAMES, *TEXTS) if not name.isidentifier() or not name.isascii()])
def test_a_tree_with_a_name_that_is_none_is_refused(name: str) -> None:
    for tree in (
        ast.Name(name, ast.Load()),
        ast.Attribute(ast.Name("a", ast.Load()), name, ast.Load()),
        ast.Call(ast.Name("f", ast.Load()), [], [ast.keyword(name, ast.Constant(1))]),
    ):
        with pytest.raises(ValueError):
            expression(tree)


@pytest.mark.parametrize("text", ALL)
def test_a_constant_in_a_tree_stays_one(text: str) -> None:
    code = expression(ast.Call(ast.Name("f", ast.Load()), [ast.Constant(text)], []))
    tree = ast.parse(code, mode="eval").body
    assert isinstance(tree, ast.Call) and isinstance(tree.args[0], ast.Constant) and tree.args[0].value == text


@pytest.mark.parametrize("text", ALL)
def test_toml_json_and_markdown(text: str) -> None:
    import json
    import tomllib

    assert isinstance(tomllib.loads(f"x = {toml_string(text)}\n")["x"], str)
    assert len(tomllib.loads(f"x = {toml_string(text)}\n")) == 1
    assert json.loads(json_text({"x": text})) == {"x": text}
    assert "\n" not in plain(text) and not re.search(r"(?<!\\)[<>]", plain(text))
