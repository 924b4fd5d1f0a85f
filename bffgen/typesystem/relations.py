"""How types relate: assignability, the common type of two, fields of unions, and the words for all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import reduce

from bffgen.records import dataclass
from bffgen.typesystem.bounds import looser
from bffgen.typesystem.model import (
    NUMBER,
    UNKNOWN,
    IterType,
    Kind,
    ListType,
    MapType,
    Null,
    Nullable,
    ObjectType,
    Scalar,
    SetType,
    TupleType,
    Type,
    Union,
    Unknown,
    is_nullable,
    non_null,
    nullable,
    union,
)

NEVER = Union(())
"""The type of no value: the elements of `[]`. It joins with everything and is assignable to everything."""

BROKEN = Unknown()
"""Stands for what could not be resolved. Told apart by identity, so that one mistake makes one message."""

NUMERIC = (Kind.INTEGER, Kind.NUMBER)


def is_broken(of: Type) -> bool:
    """Whether a message about this value has been made already."""
    return of is BROKEN


def holds_broken(of: Type) -> bool:
    """Whether a message about a value, or about a part of a tuple, has been made already."""
    return is_broken(of) or (isinstance(of, TupleType) and any(map(holds_broken, of.items)))


def is_never(of: Type) -> bool:
    return isinstance(of, Union) and not of.arms


# ---------------------------------------------------------------------------------------------- words


def describe(of: Type) -> str:
    """The words for a type in a message: `list of `reviews.Review``, `integer or null`."""
    match of:
        case Scalar():
            return _describe_scalar(of)
        case ObjectType():
            return f"`{object_name(of)}`"
        case Nullable(inner):
            return f"{describe(inner)} or null"
        case Null():
            return "null"
        case Unknown():
            return "a value without a declared type"
        case Union(arms):
            return " or ".join(map(describe, arms)) if arms else "nothing"
    return _describe_container(of)


def an(of: Type) -> str:
    """The words for a value of a type, with an article: `a list of text`, `an integer or null`."""
    match of:
        case Nullable(inner):
            return f"{an(inner)} or null"
        case Union(arms) if arms:
            return " or ".join(map(an, arms))
        case Scalar() if of.values is None and of.kind is not Kind.BYTES:
            return f"{'an' if of.kind is Kind.INTEGER else 'a'} {describe(of)}"
        case ListType() | MapType() | TupleType() | SetType() | IterType():
            words = describe(of)
            return f"{'an' if words.startswith('empty') else 'a'} {words}"
    return describe(of)


_ANNOTATIONS = {
    Kind.TEXT: "str",
    Kind.INTEGER: "int",
    Kind.NUMBER: "float",
    Kind.BOOLEAN: "bool",
    Kind.DATE: "date",
    Kind.DATETIME: "datetime",
    Kind.UUID: "uuid",
}


def annotation(of: Type) -> str:
    """A type as a spec writes it; `...` where it has no name."""
    match of:
        case Scalar(kind) if kind in _ANNOTATIONS:
            return _ANNOTATIONS[kind]
        case Nullable(inner):
            return f"{annotation(inner)} | None"
        case ListType(item):
            return f"list[{annotation(item)}]"
        case ObjectType() if of.backend and of.name.isidentifier():
            return object_name(of)
    return "..."


def _describe_scalar(of: Scalar) -> str:
    if of.values and len(of.values) == 1:
        return f"the {of.kind} `{of.values[0]}`"
    if of.values:
        shown = ", ".join(f"`{value}`" for value in of.values[:6])
        return f"one of {shown}{', ...' if len(of.values) > 6 else ''}"
    return f"{of.kind} ({of.format})" if of.format and of.kind is Kind.TEXT else str(of.kind)


def _describe_container(of: Type) -> str:
    match of:
        case ListType(item):
            return "empty list" if is_never(item) else f"list of {describe(item)}"
        case MapType(_, value):
            return f"map of {describe(value)}"
        case TupleType(items):
            return f"tuple of {', '.join(map(describe, items))}"
        case SetType(item):
            return f"set of {describe(item)}"
        case IterType(item):
            return f"sequence of {describe(item)}"
    raise AssertionError(of)


def object_name(of: ObjectType) -> str:
    """How messages call an object: `reviews.Review`."""
    return f"{of.backend}.{of.name}" if of.backend else of.name or "object"


# ---------------------------------------------------------------------------------------------- objects


def objects_in(of: Type) -> Iterator[ObjectType]:
    """The objects that a value of this type itself may be: through null and unions, not into lists."""
    match of:
        case ObjectType():
            yield of
        case Nullable(inner):
            yield from objects_in(inner)
        case Union(arms):
            for arm in arms:
                yield from objects_in(arm)


def parts(of: Type) -> Iterator[Type]:
    """The types directly inside a container, null or a union (not the fields of an object)."""
    match of:
        case ListType(item) | SetType(item) | IterType(item):
            yield item
        case MapType(key, value):
            yield key
            yield value
        case TupleType(items):
            yield from items
        case Nullable(inner):
            yield inner
        case Union(arms):
            yield from arms


def all_inside(of: Type) -> Iterator[Type]:
    """The type and everything inside of it, fields of objects too, which are entered once. However deep it is."""
    entered: set[int] = set()
    work = [of]
    while work:
        one = work.pop()
        yield one
        if not isinstance(one, ObjectType):
            work.extend(parts(one))
        elif id(one) not in entered:
            entered.add(id(one))
            work.extend(field.type for field in one.fields.values())
            work.extend([one.extra] if one.extra is not None else ())


def same_shape(one: Type, other: Type, seen: frozenset[tuple[int, int]] = frozenset()) -> bool:
    """Whether two types are equal, objects compared by their fields."""
    if one is other or (id(one), id(other)) in seen:
        return True
    if isinstance(one, ObjectType) and isinstance(other, ObjectType):
        seen = seen | {(id(one), id(other))}
        return one.fields.keys() == other.fields.keys() and all(
            field.required == other.fields[name].required and same_shape(field.type, other.fields[name].type, seen)
            for name, field in one.fields.items()
        )
    if type(one) is not type(other) or isinstance(one, (Scalar, Null, Unknown, ObjectType)):
        return one == other
    mine, theirs = list(parts(one)), list(parts(other))
    return len(mine) == len(theirs) and all(same_shape(a, b, seen) for a, b in zip(mine, theirs, strict=True))


# ---------------------------------------------------------------------------------------------- join


def join(one: Type, other: Type) -> Type:
    """The type of a value that is either: equal stays, null makes nullable, integer into number, else a union."""
    if is_broken(one) or is_broken(other):
        return BROKEN
    if is_never(one) or is_never(other):
        return other if is_never(one) else one
    if is_nullable(one) or is_nullable(other):
        if isinstance(one, Null) or isinstance(other, Null):
            return nullable(other if isinstance(one, Null) else one)
        return nullable(join(non_null(one), non_null(other)))
    match one, other:
        case Scalar(), Scalar():
            return _join_scalars(one, other)
        case ListType(), ListType():
            return ListType(join(one.item, other.item), min(one.min_items, other.min_items))
        case MapType(), MapType():
            return MapType(join(one.key, other.key), join(one.value, other.value))
        case SetType(), SetType():
            return SetType(join(one.item, other.item))
        case IterType(), IterType():
            return IterType(join(one.item, other.item))
        case TupleType(), TupleType() if len(one.items) == len(other.items):
            return TupleType(tuple(map(join, one.items, other.items)))
    return _join_alike(one, other) if same_shape(one, other) else union((one, other))


def _join_alike(one: Type, other: Type) -> Type:
    """Of two types of one shape the first; of the gateway's own objects one that allows the values of both."""
    if not isinstance(one, ObjectType) or not isinstance(other, ObjectType) or _same_bounds(one, other):
        return one
    fields = {name: replace(f, type=join(f.type, other.fields[name].type)) for name, f in one.fields.items()}
    return replace(one, make_fields=lambda: fields)


def _same_bounds(one: Type, other: Type) -> bool:
    """Whether two types of the same shape keep the same bounds; objects of backends keep their own."""
    if isinstance(one, Scalar) and isinstance(other, Scalar):
        return one.bounds == other.bounds and one.values == other.values
    if isinstance(one, ObjectType) and isinstance(other, ObjectType):
        if one is other or one.backend is not None or other.backend is not None:
            return True  # a backend's object is published as it is, whatever stands for it
        return all(_same_bounds(field.type, other.fields[name].type) for name, field in one.fields.items())
    return all(_same_bounds(a, b) for a, b in zip(parts(one), parts(other), strict=True))


def _join_scalars(one: Scalar, other: Scalar) -> Type:
    if one.kind is not other.kind:
        return NUMBER if one.kind in NUMERIC and other.kind in NUMERIC else union((widen(one), widen(other)))
    if one.values is None or other.values is None:
        plain = one if one.values is None else other
        return replace(plain, format=one.format if one.format == other.format else None, bounds=looser(one, other))
    values = tuple(dict.fromkeys((*one.values, *other.values)))
    return Scalar(one.kind, values, one.open or other.open)


def join_all(types: list[Type]) -> Type:
    start: Type = NEVER
    return reduce(join, types, start)


def widen(of: Type) -> Type:
    """The type as an answer shows it: literal values become known values of an open type, `[]` holds anything."""
    match of:
        case Scalar(_, values, False) if values:
            return replace(of, open=True)
        case ListType(item):
            return replace(of, item=UNKNOWN if is_never(item) else widen(item))
        case MapType(key, value):
            return MapType(widen(key), UNKNOWN if is_never(value) else widen(value))
        case Nullable(inner):
            return nullable(widen(inner))
        case Union(arms, tag, tags) if arms:
            return union(tuple(map(widen, arms)), tag, tags)
    return of


# ---------------------------------------------------------------------------------------------- assign


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Why a value does not fit: `given` where `wanted` is needed, at `path` inside the value ("" at the top)."""

    given: Type
    wanted: Type
    path: str = ""
    missing: str | None = None  # a required field that is not there

    @property
    def null_alone(self) -> bool:
        """Whether the value would fit if it were not null."""
        return is_nullable(self.given) and not is_nullable(self.wanted) and not self.missing


def assign(
    given: Type, wanted: Type, path: str = "", seen: frozenset[tuple[int, int]] = frozenset()
) -> Mismatch | None:
    """None when every value of `given` may stand where `wanted` is asked for.

    An open enum (read from a backend) fits a closed one that has its known members: an unknown member is refused
    before it is sent. A nullable field fits an optional one: null is left out. A date, date-time or uuid is spelled
    where text is wanted.
    """
    fits: Callable[[Type, Type], Mismatch | None] = lambda a, b: assign(a, b, path, seen)  # noqa: E731
    no = Mismatch(given, wanted, path)
    if is_broken(given) or is_broken(wanted) or is_never(given) or isinstance(wanted, Unknown):
        return None
    if isinstance(given, Unknown):
        return no
    if is_nullable(given):
        if not is_nullable(wanted):
            return (
                no
                if isinstance(given, Null) or fits(non_null(given), wanted) is None
                else fits(non_null(given), wanted)
            )
        return None if isinstance(given, Null) else fits(non_null(given), non_null(wanted))
    wanted = non_null(wanted)
    if isinstance(given, Union):
        return next((found for arm in given.arms if (found := fits(arm, wanted))), None)
    match given, wanted:
        case Scalar(), Scalar():
            return None if _scalar_fits(given, wanted, spelled=not path) else no
        case ListType(), ListType():
            return assign(given.item, wanted.item, f"{path}[]", seen)
        case MapType(), MapType():
            return assign(given.key, wanted.key, path, seen) or assign(given.value, wanted.value, f"{path}[]", seen)
        case ObjectType(), MapType():
            return _object_in_map(given, wanted, path, seen)
        case ObjectType(), ObjectType():
            return _object_fits(given, wanted, path, seen)
        case _, Union():
            return None if any(fits(given, arm) is None for arm in wanted.arms) else no
    return None if given == wanted else no


SPELLED = (Kind.UUID, Kind.DATE, Kind.DATETIME)
"""Kinds that are text on the wire: a value of one may stand, spelled, where text is wanted, but not a list of them."""


def _scalar_fits(given: Scalar, wanted: Scalar, spelled: bool) -> bool:
    if given.kind is not wanted.kind and not (given.kind is Kind.INTEGER and wanted.kind is Kind.NUMBER):
        return spelled and wanted.kind is Kind.TEXT and wanted.values is None and given.kind in SPELLED
    if wanted.values is None or wanted.open:
        return True
    return given.values is not None and set(given.values) <= set(wanted.values)


def _object_in_map(given: ObjectType, wanted: MapType, path: str, seen: frozenset[tuple[int, int]]) -> Mismatch | None:
    for name, field in given.fields.items():
        if found := assign(field.type, wanted.value, f"{path}.{name}", seen):
            return found
    return None


def _object_fits(given: ObjectType, wanted: ObjectType, path: str, seen: frozenset[tuple[int, int]]) -> Mismatch | None:
    if given is wanted or (id(given), id(wanted)) in seen:
        return None
    seen = seen | {(id(given), id(wanted))}
    for name, field in wanted.fields.items():
        have = given.fields.get(name)
        if have is None:
            if field.required:
                return Mismatch(given, wanted, path, missing=name)
            continue
        if field.required and not have.required and not is_nullable(field.type):
            return Mismatch(nullable(have.type), field.type, f"{path}.{name}")
        given_type = have.type if field.required else non_null(have.type)
        if not isinstance(given_type, Null) and (found := assign(given_type, field.type, f"{path}.{name}", seen)):
            return found
    return None
