"""Python in Python: statements written as they will read, with holes for what the compiler fills in.

The source of a quote is a constant of the compiler, never text of a spec. A hole is a plain name in it:
what is given for the name (a tree, an identifier, a list of statements) takes its place.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import cache
from textwrap import dedent
from typing import Any

Hole = ast.expr | str | Sequence[ast.stmt]


def quote(source: str, /, **holes: Hole) -> list[ast.stmt]:
    """The statements of `source`.

    A hole filled with text is an identifier and may stand wherever a name may: `def hole`, `x.hole`, `hole=1`.
    One filled with statements stands as a statement of its own.
    """
    module = _Filler(holes).visit(copied(_parsed(dedent(source))))
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
    return ast.parse(source)


class _Filler(ast.NodeTransformer):
    def __init__(self, holes: dict[str, Hole]) -> None:
        self.holes = holes

    def _renamed(self, text: str) -> str:
        hole = self.holes.get(text, text)
        return hole if isinstance(hole, str) else text

    def visit_Expr(self, node: ast.Expr) -> Any:
        hole = self.holes.get(node.value.id) if isinstance(node.value, ast.Name) else None
        if isinstance(hole, (list, tuple)):
            return list(hole)
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        hole = self.holes.get(node.id)
        if isinstance(hole, ast.expr):
            return hole
        return ast.Name(self._renamed(node.id), node.ctx)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        node.attr = self._renamed(node.attr)
        return self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        node.arg = self._renamed(node.arg) if node.arg else None
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name = self._renamed(node.name)
        return self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        node.name = self._renamed(node.name)
        return self.generic_visit(node)
