"""Every expression inside of what has been checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from bffgen.check import model
from bffgen.expr import tree


def expressions_in(value: object) -> Iterator[tree.Expr]:
    """Every expression that stands somewhere in a checked value, those in blocks too."""
    if isinstance(value, tree.Expr):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from expressions_in(item)
    elif is_dataclass(value) and type(value).__module__ == model.__name__:
        for field in fields(value):
            yield from expressions_in(getattr(value, field.name))
