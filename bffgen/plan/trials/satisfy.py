"""Sample data changed so that a condition holds, or does not."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from bffgen.expr import tree
from bffgen.expr.tree import Expr, Role
from bffgen.openapi.fits import fits
from bffgen.openapi.sample import sample
from bffgen.plan.trials.evaluate import Unsure, evaluate, truth
from bffgen.plan.trials.samples import Data
from bffgen.typesystem.model import Kind, ListType, ObjectType, Scalar, Type, is_nullable, non_null

MAX_SIZE = 1000
"""Longest list or text that is made to satisfy a condition."""


def satisfied(condition: Expr, wanted: bool, data: Data) -> Data | None:
    """A copy of the data in which the condition is `wanted`; None where no simple change makes it so."""
    if truth(condition, data) is wanted:
        return copy.deepcopy(data)
    for change in _changes(condition, wanted, data):
        tried = copy.deepcopy(data)
        if change(tried) and truth(condition, tried) is wanted:
            return tried
    return None


class _Set:
    """A change: the value at a path becomes another one, if it may."""

    def __init__(self, path: Expr, value: Any) -> None:
        self.path = path
        self.value = value

    def __call__(self, data: Data) -> bool:
        return _assign(self.path, self.value, data)


class _All:
    """Several changes, each where it is needed."""

    def __init__(self, conditions: tuple[Expr, ...], wanted: bool) -> None:
        self.conditions = conditions
        self.wanted = wanted

    def __call__(self, data: Data) -> bool:
        for condition in self.conditions:
            made = satisfied(condition, self.wanted, data)
            if made is None:
                return False
            data.update(made)
        return True


def _changes(condition: Expr, wanted: bool, data: Data) -> Iterator[_Set | _All]:
    match condition:
        case tree.Not(value):
            yield from _changes(value, not wanted, data)
        case tree.Narrowed(value):
            yield from _changes(value, wanted, data)
        case tree.Truth(value):
            boolean = _is_boolean(value.type)
            yield from _values(value, wanted if boolean else _present(value) if wanted else None)
        case tree.IsNull(value, negated):
            yield from _values(value, _present(value) if wanted == negated else None)
        case tree.Logic(operator, operands):
            if (operator == "and") == wanted:
                yield _All(operands, wanted)
            else:
                for operand in operands:
                    yield _All((operand,), wanted)
        case tree.Compare():
            yield from _compared(condition, wanted, data)
        case tree.Ref(role=Role.LET, name=name) if name in data.lets:
            yield from _changes(data.lets[name].value, wanted, data)
        case tree.Ref() | tree.FieldOf() if _is_boolean(condition.type):
            yield _Set(condition, wanted)


def _values(path: Expr, value: Any) -> Iterator[_Set | _All]:
    """A value at the path; where it is null because something before it is, that is made first."""
    yield _Set(path, value)


def _present(path: Expr) -> Any:
    return sample(non_null(path.type))


def _is_boolean(of: Type) -> bool:
    inner = non_null(of)
    return isinstance(inner, Scalar) and inner.kind is Kind.BOOLEAN


_OPPOSITES = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "in": "not in", "not in": "in"}
_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def _compared(condition: tree.Compare, wanted: bool, data: Data) -> Iterator[_Set]:
    operator = condition.operator if wanted else _OPPOSITES[condition.operator]
    for path, other, sign in (
        (condition.left, condition.right, operator),
        (condition.right, condition.left, _MIRRORED.get(operator, operator)),
    ):
        try:
            value = evaluate(other, data)
        except Unsure:
            continue
        if operator in ("in", "not in") and path is condition.right:
            continue
        for candidate in _candidates(sign, value, path.type):
            yield from _reached(path, candidate)


def _candidates(sign: str, value: Any, of: Type) -> Iterator[Any]:
    """Values that stand in the relation to `value`."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    match sign:
        case "in":
            yield from list(value or ())[:5]
        case "not in" | "!=":
            yield from _others(value if sign == "not in" else [value], of)
        case "==" | "<=" | ">=":
            yield value
        case "<" if number:
            yield value - 1
        case ">" if number:
            yield value + 1


def _others(values: Any, of: Type) -> Iterator[Any]:
    inner = non_null(of)
    yield sample(inner)
    if isinstance(inner, Scalar) and inner.values:
        yield from inner.values
    if isinstance(inner, Scalar) and inner.kind is Kind.TEXT and not inner.values:
        yield "other"
    if isinstance(inner, Scalar) and inner.kind in (Kind.INTEGER, Kind.NUMBER):
        numbers = [value for value in values or () if isinstance(value, (int, float))]
        yield max(numbers, default=0) + 1
        yield min(numbers, default=0) - 1
    if isinstance(inner, Scalar) and inner.kind is Kind.BOOLEAN:
        yield from (True, False)
    if is_nullable(of):
        yield None


def _reached(path: Expr, value: Any) -> Iterator[_Set]:
    """Changes after which `path`, a value or the length of one, is `value`."""
    match path:
        case tree.CallFunction("len", (inner,)) if isinstance(value, int) and 0 <= value <= MAX_SIZE:
            yield from _of_length(inner, value)
        case tree.CallMethod(base, "strip" | "lower" | "upper" | "title") if isinstance(value, str):
            yield from _reached(base, value)
        case _:
            yield _Set(path, value)


def _of_length(path: Expr, length: int) -> Iterator[_Set]:
    of = non_null(path.type)
    if isinstance(path, tree.CallMethod) and path.name in ("strip", "lower", "upper", "title"):
        yield from _of_length(path.base, length)
    elif isinstance(path, tree.CallFunction) and path.name == "default":
        yield from _of_length(path.args[0], length)
    elif isinstance(of, ListType):
        yield _Set(path, [sample(of.item) for _ in range(length)])
    elif isinstance(of, Scalar) and of.kind is Kind.TEXT:
        yield _Set(path, "x" * length)


# --------------------------------------------------------------------------------------------------- assigning


def _assign(path: Expr, value: Any, data: Data) -> bool:
    """Put a value where the path leads, if its type and what holds it allow that."""
    if isinstance(path, tree.Narrowed):
        return _assign(path.value, value, data)
    if isinstance(path, tree.CallFunction) and path.name == "default":
        return _assign(path.args[0], value, data)
    if isinstance(path, tree.Ref) and path.role is Role.LET and path.name in data.lets:
        return _assign(data.lets[path.name].value, value, data)
    if isinstance(path, tree.Ref):
        if path.role in (Role.LET, Role.LOOP) or (path.role, path.name) not in data or not fits(value, path.type):
            return False
        data[path.role, path.name] = value
        return True
    if isinstance(path, tree.FieldOf):
        return _assign_field(path, value, data)
    if isinstance(path, tree.ElementOf):
        holder, index = _held(path.base, data), _known(path.index, data)
        if not isinstance(holder, list) or not isinstance(index, int) or not -len(holder) <= index < len(holder):
            return False
        holder[index] = value
        return True
    return False


def _assign_field(path: tree.FieldOf, value: Any, data: Data) -> bool:
    holder = _held(path.base, data)
    if holder is None and _assign(path.base, sample(non_null(path.base.type)), data):
        holder = _held(path.base, data)
    of = non_null(path.base.type)
    if not isinstance(holder, dict) or not isinstance(of, ObjectType) or path.name not in of.fields:
        return False
    field = of.fields[path.name]
    if value is None and not is_nullable(field.type):
        if field.required:
            return False
        holder.pop(path.name, None)
        return True
    if not fits(value, field.type):
        return False
    holder[path.name] = value
    return True


def _held(path: Expr, data: Data) -> Any:
    return _known(path, data)


def _known(path: Expr, data: Data) -> Any:
    try:
        return evaluate(path, data)
    except Unsure:
        return None
