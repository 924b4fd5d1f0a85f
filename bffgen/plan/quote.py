"""Python in Python: statements written as they will read, with holes for what the compiler fills in.

The source of a quote is a constant of the compiler, never text of a spec. A hole is a plain name in it:
what is given for the name (a tree, an identifier, a list of statements) takes its place.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from functools import cache
from textwrap import dedent
from typing import Any

Hole = ast.expr | str | Sequence[ast.stmt]


def quote(source: str, /, **holes: Hole) -> list[ast.stmt]:
    """The statements of `source`.

    A hole filled with text is an identifier and may stand wherever a name may: `def hole`, `x.hole`, `hole=1`.
    One filled with statements stands as a statement of its own.
    """
    module = _filled(_parsed(source), holes)
    return list(module.body)


def code(source: str, /, **holes: Hole) -> ast.expr:
    """The expression of `source`; the holes are as in `quote`."""
    [statement] = quote(source, **holes)
    assert isinstance(statement, ast.Expr)
    return statement.value


def constant(value: str | int | float | bool | None) -> ast.expr:
    return ast.Constant(value)


def name(identifier: str) -> ast.Name:
    return ast.Name(identifier, ast.Load())


def called(function: str | ast.expr, /, *args: ast.expr, **options: ast.expr | None) -> ast.Call:
    """A call; options that are None are left out."""
    keywords = [ast.keyword(key, value) for key, value in options.items() if value is not None]
    return ast.Call(code(function) if isinstance(function, str) else function, list(args), keywords)


def copied(node: Any) -> Any:
    """A tree of its own, without places: several times as fast as `copy.deepcopy`."""
    if isinstance(node, ast.AST):
        return type(node)(*[copied(getattr(node, field)) for field in node._fields])
    return [copied(item) for item in node] if isinstance(node, list) else node


@cache
def _parsed(source: str) -> ast.Module:
    return ast.parse(dedent(source))


_NAMED = {ast.Attribute: "attr", ast.keyword: "arg", ast.FunctionDef: "name", ast.AsyncFunctionDef: "name"}


def _filled(node: Any, holes: Mapping[str, Hole]) -> Any:
    """A copy of a tree with what is given for its holes."""
    if isinstance(node, list):
        return [made for item in node for made in _filled_item(item, holes)]
    if isinstance(node, ast.Name):
        hole = holes.get(node.id)
        return hole if isinstance(hole, ast.expr) else ast.Name(_renamed(node.id, holes), node.ctx)
    if not isinstance(node, ast.AST):
        return node
    made = type(node)(*[_filled(getattr(node, field), holes) for field in node._fields])
    if (attribute := _NAMED.get(type(node))) and (name := getattr(node, attribute)):
        setattr(made, attribute, _renamed(name, holes))
    return made


def _filled_item(node: Any, holes: Mapping[str, Hole]) -> Sequence[Any]:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Name):
        hole = holes.get(node.value.id)
        if isinstance(hole, (list, tuple)):
            return hole
    return (_filled(node, holes),)


def _renamed(text: str, holes: Mapping[str, Hole]) -> str:
    hole = holes.get(text, text)
    return hole if isinstance(hole, str) else text
