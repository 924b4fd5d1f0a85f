"""Expressions as Python itself has them: its own `eval`, on data where nothing is null that is looked into."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from bffgen.expr import tree
from bffgen.typesystem.model import Kind, Scalar, is_nullable, non_null
from bffgen.typesystem.names import python_name

from .meaning.data import Moment, Obj
from .meaning.expressions import FUNCTIONS
from .meaning.needs import nodes

APART = AttributeError, TypeError, LookupError, ArithmeticError, ValueError
"""Python raises where something is null, not there, or zero: there the language has a meaning of its own."""


class Plain:
    """An object whose fields are attributes; `["odd-name"]` works, too."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = {name: given(value) for name, value in fields.items()}

    def __getattr__(self, name: str) -> Any:
        for field, value in self._fields.items():
            if name in (field, python_name(field)):
                return value
        raise AttributeError(name)

    def __getitem__(self, name: str) -> Any:
        return self._fields[name]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Plain) and self._fields == other._fields

    __hash__ = None  # type: ignore[assignment]


class Written(datetime):
    """A moment with its text; one that is computed has none."""

    wire: str | None = None


def given(value: Any) -> Any:
    """A value of the interpreter's as Python's."""
    match value:
        case Obj(fields):
            return Plain(fields)
        case list():
            return [given(one) for one in value]
        case dict():
            return {key: given(one) for key, one in value.items()}
        case Moment(at, text):
            made = Written.fromisoformat(at.isoformat())
            made.wire = text
            return made
    return value


def shown(value: Any) -> Any:
    """A value as JSON."""
    match value:
        case Plain():
            return {name: shown(one) for name, one in value._fields.items()}
        case list() | tuple():
            return [shown(one) for one in value]
        case dict():
            return {str(shown(key)): shown(one) for key, one in value.items()}
        case datetime():
            return getattr(value, "wire", None) or value.isoformat()
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
    return value


_NAMES = ("len sum min max sorted any all round abs str int float bool list zip range enumerate dict").split()
SCOPE: dict[str, Any] = {name: getattr(builtins, name) for name in _NAMES}
SCOPE |= {name: FUNCTIONS[name] for name in ("first", "last", "unique", "group_by", "sort_by", "join")}
SCOPE |= {word: lambda number, word=word: timedelta(**{word: number}) for word in ("days", "hours", "minutes")}
SCOPE |= {"default": lambda value, other: other if value is None else value, "__builtins__": {}}


def evaluated(text: str, values: Mapping[str, Any]) -> Any:
    """What Python makes of the text, as JSON. Raises one of `APART` where the language differs."""
    return shown(eval(text, {**SCOPE, **{name: given(value) for name, value in values.items()}}))


def is_plain(text: str, expr: tree.Expr) -> bool:
    """Whether the expression means the same in Python: no literal that is read as a date, no null as a key."""
    return "isinstance(" not in text and not any(_is_of_its_own(node) for node in nodes(expr))


def _is_of_its_own(node: object) -> bool:
    match node:
        case tree.Literal(str(), of):
            inner = non_null(of)
            return isinstance(inner, Scalar) and inner.kind is not Kind.TEXT
        case tree.StatusOf() | tree.HeaderOf() | tree.IsInstance() | tree.Convert():
            return True
        case tree.CallFunction(name):
            return name in ("now", "today", "uuid4")
        case tree.Loop(tree.LoopKind.SET, _, element):
            return _may_be_left_out(element)
        case tree.Loop(tree.LoopKind.MAP, key) if key is not None:
            return _may_be_left_out(key)
        case tree.MakeMap(entries):
            return any(_may_be_left_out(key) for key, _ in entries)
    return False


def _may_be_left_out(key: tree.Expr) -> bool:
    return is_nullable(key.type) or isinstance(key, tree.Narrowed)
