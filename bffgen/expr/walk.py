"""Walking typed trees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from bffgen.expr import tree


def children(node: tree.Expr) -> Iterator[tree.Expr]:
    """The expressions directly inside of `node`, in the order written."""
    for name in part_names(node):
        yield from _expressions(getattr(node, name))


_PARTS: dict[type, tuple[str, ...]] = {}


def part_names(node: Any) -> tuple[str, ...]:
    """The fields of a node that nodes can stand in."""
    of = type(node)
    if of not in _PARTS:
        _PARTS[of] = tuple(field.name for field in fields(node) if field.name not in ("type", "span"))
    return _PARTS[of]


def _expressions(value: object) -> Iterator[tree.Expr]:
    if isinstance(value, tree.Expr):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _expressions(item)
    elif isinstance(value, tree.TextPart):
        yield value.value
    elif isinstance(value, tree.Clause):
        yield value.source
        yield from value.conditions


def walk(root: tree.Expr) -> Iterator[tree.Expr]:
    """`root` and every expression below it."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(children(node))
