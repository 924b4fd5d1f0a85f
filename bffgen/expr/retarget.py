"""Objects of one class where another one of the same shape is named: made as such, or converted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bffgen.expr import tree
from bffgen.typesystem.model import (
    TEXT,
    Kind,
    ListType,
    MapType,
    Nullable,
    ObjectType,
    Scalar,
    Type,
    Union,
    Unknown,
    is_nullable,
    non_null,
)
from bffgen.typesystem.relations import SPELLED, join_all, same_shape


def joined(values: Sequence[tree.Expr]) -> tuple[tuple[tree.Expr, ...], Type]:
    """Values that meet in one place, and the type of that place; objects of the same shape are of one class."""
    of = join_all([value.type for value in values])
    return tuple(as_joined(value, of) for value in values), of


def as_joined(value: tree.Expr, of: Type) -> tree.Expr:
    """A value whose type was joined with others into `of`, of the class which that names for its shape."""
    given = non_null(value.type)
    target = _target(given, non_null(of))
    return value if target is given else retarget(value, target)


def _target(given: Type, of: Type) -> Type:
    """The type that stands for `given` in `of`; itself where nothing has to change."""
    match given, of:
        case ObjectType(), ObjectType():
            return of if given is not of and same_shape(given, of) else given
        case ObjectType(), Union(arms):
            alike = [arm for arm in arms if isinstance(arm, ObjectType) and same_shape(given, arm)]
            return alike[0] if alike and all(arm is not given for arm in alike) else given
        case ListType(), ListType() | Union():
            item = _inside(given.item, [arm.item for arm in _arms(of) if isinstance(arm, ListType)])
            return given if item is given.item else replace(given, item=item)
        case MapType(), MapType() | Union():
            value = _inside(given.value, [arm.value for arm in _arms(of) if isinstance(arm, MapType)])
            return given if value is given.value else replace(given, value=value)
    return given


def _inside(given: Type, wanted: list[Type]) -> Type:
    """The same for what is in a container, null apart."""
    inner = non_null(given)
    for one in wanted:
        if (target := _target(inner, non_null(one))) is not inner:
            return Nullable(target) if is_nullable(given) else target
    return given


def _arms(of: Type) -> tuple[Type, ...]:
    return of.arms if isinstance(of, Union) else (of,)


def retarget(given: tree.Expr, wanted: Type) -> tree.Expr:
    """`given`, of a type assignable to `wanted`, as a value of the classes that `wanted` names.

    What is made on the spot is made of the wanted class; an object that exists already is converted.
    """
    inner = non_null(wanted)
    if not _differs(given.type, wanted) and not _is_spelled(non_null(given.type), inner):
        return given
    match given:
        case tree.MakeObject(entries):
            if isinstance(inner, ObjectType):
                fields = {f.name: f for f in inner.fields.values()}
                made = tuple((n, retarget(v, fields[n].type)) for n, v in entries if n in fields)
                return replace(given, entries=made, type=inner)
        case tree.MakeList(items) if isinstance(inner, ListType):
            of = replace(inner, min_items=len(items))
            return replace(given, items=tuple(retarget(i, inner.item) for i in items), type=of)
        case tree.Loop(element=element) if isinstance(inner, ListType):
            of = replace(inner, min_items=getattr(non_null(given.type), "min_items", 0))
            return replace(given, element=retarget(element, inner.item), type=_with_null(given, of))
        case tree.Choice(then=then, other=other):
            return replace(
                given,
                then=retarget(then, wanted),
                other=retarget(other, wanted),
                type=_with_null(given, inner),
            )
        case tree.MakeMap(entries_) if isinstance(inner, MapType):
            return replace(given, entries=tuple((k, retarget(v, inner.value)) for k, v in entries_), type=inner)
    if _is_spelled(non_null(given.type), inner):
        inner = TEXT
    return tree.Convert(given, _with_null(given, inner), given.span)


def _is_spelled(given: Type, wanted: Type) -> bool:
    """Whether a date, date-time or uuid stands where text is wanted."""
    arms = wanted.arms if isinstance(wanted, Union) else (wanted,)
    kinds = [arm.kind for arm in arms if isinstance(arm, Scalar)]
    return isinstance(given, Scalar) and given.kind in SPELLED and given.kind not in kinds and Kind.TEXT in kinds


def _with_null(given: tree.Expr, inner: Type) -> Type:
    return Nullable(inner) if is_nullable(given.type) else inner


def _differs(given: Type, wanted: Type) -> bool:
    """Whether the two name different classes somewhere."""
    given, wanted = non_null(given), non_null(wanted)
    match given, wanted:
        case ObjectType(), _:
            return given is not wanted and not isinstance(wanted, Unknown)
        case ListType(), ListType():
            return _differs(given.item, wanted.item)
        case MapType(), MapType():
            return _differs(given.value, wanted.value)
        case Union(), _ if any(isinstance(arm, ObjectType) for arm in given.arms):
            return given is not wanted
    return False
