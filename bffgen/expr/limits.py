"""What a condition proves about the bounds of a value: facts that stand beside those about its type.

Bounds are no part of a type: no expression is read otherwise because of such a fact. It only says that a value may go
where its own document does not prove that it may, or that a list has an element.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bffgen.expr import tree
from bffgen.typesystem.bounds import looser
from bffgen.typesystem.model import Bounds, Kind, ListType, LiteralValue, Scalar, Type, non_null

Limits = Mapping[str, Type]
Path = Callable[[tree.Expr], str | None]

_MARK = "\0"
DIMENSIONS = (
    *("minimum", "maximum", "exclusive_minimum", "exclusive_maximum"),
    *("min_length", "max_length", "min_items", "max_items", "values", "not"),
)
"""What a fact may be about; `values`: one of these, `not`: none of these."""

_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_DENIED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "==", "in": "not in", "not in": "in"}


def is_limit(name: str) -> bool:
    """Whether a fact is one of these."""
    return _MARK in name


def limit_of(name: str, dimension: str) -> str:
    """The name of a fact."""
    return f"{name}{_MARK}{dimension}"


def limited(condition: tree.Compare, truth: bool, path: Path) -> Limits:
    """What a comparison with literals proves where it came out as `truth`."""
    operator = condition.operator if truth else _DENIED[condition.operator]
    if operator in ("in", "not in"):
        members = _members(condition.right)
        name = path(condition.left)
        if name is None or members is None:
            return {}
        return _one_of(name, condition.left, members) if operator == "in" else _none_of(name, condition.left, members)
    found: dict[str, Type] = {}
    for this, that, sign in (
        (condition.left, condition.right, operator),
        (condition.right, condition.left, _TURNED[operator]),
    ):
        value = literal(that)
        if value is not None:
            found.update(_of_literal(this, sign, value, path))
    return found


def literal(value: tree.Expr) -> LiteralValue | None:
    """The value of a literal, or None."""
    if isinstance(value, tree.Negate):
        inner = literal(value.value)
        return -inner if isinstance(inner, (int, float)) else None
    return value.value if isinstance(value, tree.Literal) else None


def _members(of: tree.Expr) -> list[LiteralValue] | None:
    if not isinstance(of, (tree.MakeList, tree.MakeTuple, tree.MakeSet)):
        return None
    found = [literal(item) for item in of.items]
    return None if None in found else [value for value in found if value is not None]


def _one_of(name: str, of: tree.Expr, members: Sequence[LiteralValue]) -> Limits:
    kind = _kind(of)
    return {} if kind is None else {limit_of(name, "values"): Scalar(kind, tuple(members))}


def _none_of(name: str, of: tree.Expr, members: Sequence[LiteralValue]) -> Limits:
    kind = _kind(of)
    return {} if kind is None else {limit_of(name, "not"): Scalar(kind, tuple(members))}


def _kind(of: tree.Expr) -> Kind | None:
    inner = non_null(of.type)
    return inner.kind if isinstance(inner, Scalar) else None


def _of_literal(this: tree.Expr, sign: str, value: LiteralValue, path: Path) -> Limits:
    if isinstance(this, tree.CallFunction) and this.name == "len" and isinstance(value, int):
        return _of_length(this.args[0], sign, value, path)
    name, kind = path(this), _kind(this)
    if name is None or kind is None:
        return {}
    if sign == "==":
        return _one_of(name, this, [value])
    if sign == "!=":
        return _none_of(name, this, [value])
    if kind not in (Kind.INTEGER, Kind.NUMBER) or isinstance(value, (str, bool)):
        return {}
    whole = kind is Kind.INTEGER and isinstance(value, int)
    if sign in (">", "<") and whole:
        sign, value = f"{sign}=", value + 1 if sign == ">" else value - 1
    bound = {">=": "minimum", "<=": "maximum", ">": "exclusive_minimum", "<": "exclusive_maximum"}[sign]
    return {limit_of(name, bound): Scalar(kind, bounds=_bounds(bound, value))}


def _bounds(bound: str, value: Any) -> Bounds:
    return Bounds(**{bound: value})


def _of_length(of: tree.Expr, sign: str, value: int, path: Path) -> Limits:
    name, inner = path(of), non_null(of.type)
    if name is None:
        return {}
    least = {"==": value, ">=": value, ">": value + 1}.get(sign, 1 if sign == "!=" and value == 0 else None)
    most = {"==": value, "<=": value, "<": value - 1}.get(sign)
    found: dict[str, Type] = {}
    if isinstance(inner, ListType):
        if least is not None and least > 0:
            found[limit_of(name, "min_items")] = ListType(inner.item, least)
        if most is not None and most >= 0:
            found[limit_of(name, "max_items")] = ListType(inner.item, 0, most)
    elif isinstance(inner, Scalar) and inner.kind is Kind.TEXT:
        if least is not None and least > 0:
            found[limit_of(name, "min_length")] = Scalar(Kind.TEXT, bounds=Bounds(min_length=least))
        if most is not None and most >= 0:
            found[limit_of(name, "max_length")] = Scalar(Kind.TEXT, bounds=Bounds(max_length=most))
    return found


def either(each: Sequence[Limits]) -> Limits:
    """What holds where one of several conditions is true: of the bounds that all of them set, the loosest."""
    found: dict[str, Type] = {}
    for name, first in each[0].items():
        if not is_limit(name) or not all(name in other for other in each[1:]):
            continue
        of: Type | None = first
        for other in each[1:]:
            of = None if of is None else _loosest(name, of, other[name])
        if of is not None:
            found[name] = of
    return found


def _loosest(name: str, one: Type, other: Type) -> Type | None:
    if isinstance(one, ListType) and isinstance(other, ListType):
        most = None if one.max_items is None or other.max_items is None else max(one.max_items, other.max_items)
        return ListType(one.item, min(one.min_items, other.min_items), most)
    if not isinstance(one, Scalar) or not isinstance(other, Scalar):
        return None
    if name.endswith("values"):
        return Scalar(one.kind, tuple(dict.fromkeys((*(one.values or ()), *(other.values or ())))))
    if name.endswith("not"):
        common = tuple(value for value in one.values or () if value in (other.values or ()))
        return Scalar(one.kind, common) if common else None
    return Scalar(one.kind, bounds=looser(one, other))
