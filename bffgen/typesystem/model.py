"""The types of values: what a backend's schema, a parameter or an expression can hold.

Types are immutable. Two scalars, lists, maps, unions are equal by structure; an object is a schema, and is
itself only (`same_shape` in `relations` compares two by structure). Bounds, formats and docs travel with a type
and are no part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from enum import StrEnum
from functools import cached_property
from typing import Any

from bffgen.records import dataclass
from bffgen.source.text import Span

LiteralValue = str | int | float | bool

Place = Span | Callable[[], Span]
"""Where something stands; a callable where finding it costs a scan of the text."""


def located(place: Place) -> Span:
    """The span of a place."""
    return place if isinstance(place, Span) else place()


class Kind(StrEnum):
    """The kinds of scalar. A duration is internal: the difference of two dates, `days(2)`."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "date-time"
    UUID = "uuid"
    BYTES = "bytes"
    DURATION = "duration"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a schema demands of a scalar beside its type (JSON Schema's keywords)."""

    minimum: float | int | None = None
    maximum: float | int | None = None
    exclusive_minimum: float | int | None = None
    exclusive_maximum: float | int | None = None
    multiple_of: float | int | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None


NO_BOUNDS = Bounds()


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value. `values` are an enum's known members; an `open` enum (in a reply) may hold others."""

    kind: Kind
    values: tuple[LiteralValue, ...] | None = None
    open: bool = False
    format: str | None = field(default=None, compare=False)
    bounds: Bounds = field(default=NO_BOUNDS, compare=False)


@dataclass(frozen=True, slots=True)
class ListType:
    item: Type
    min_items: int = field(default=0, compare=False)
    max_items: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class MapType:
    """Keys of a schema's map are text; a map made by an expression may have other scalars or tuples."""

    key: Type
    value: Type


@dataclass(frozen=True, slots=True)
class TupleType:
    """Internal: loops, keys, membership. Never reaches an answer."""

    items: tuple[Type, ...]


@dataclass(frozen=True, slots=True)
class SetType:
    """Internal: membership and `len`. Never reaches an answer."""

    item: Type


@dataclass(frozen=True, slots=True)
class IterType:
    """Internal: a generator expression, `m.items()`, `enumerate(xs)`: something to loop over once."""

    item: Type


@dataclass(frozen=True, slots=True)
class StreamType(IterType):
    """Internal: what a backend sends one by one, JSON lines or events. It is looped over by `$for` alone."""


@dataclass(frozen=True, slots=True)
class Nullable:
    """`of` or null. Never nested, never around `Null` or `Unknown`: build it with `nullable()`."""

    of: Type


@dataclass(frozen=True, slots=True)
class Null:
    """The type of `null` alone."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Anything: a backend that declares no schema. Also the type of what could not be resolved."""


@dataclass(frozen=True, slots=True)
class Docs:
    """What a document says about a field, beside its type."""

    description: str | None = None
    example: Any = None
    has_example: bool = False
    deprecated: bool = False


NO_DOCS = Docs()


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object. The four states: required or optional, its type nullable or not."""

    name: str  # on the wire
    type: Type
    required: bool
    docs: Docs = field(default=NO_DOCS, compare=False)
    place: Place | None = field(default=None, repr=False, compare=False)
    assumable: bool = field(default=False, repr=False, compare=False)  # `presence: assumed` would make it required

    @property
    def span(self) -> Span | None:
        """Its key in the document or spec."""
        return located(self.place) if self.place is not None else None


@dataclass(frozen=True, eq=False)
class ObjectType:
    """Named fields. Fields are made when first looked into, so recursion costs nothing.

    `backend` is None for an object that the gateway itself makes. `name` is the schema's name, or for a schema
    without one a name made from where it stands (`getUser` + `address` -> `GetUserAddress`); it may be any text
    and is not unique. `extra` is the type of further properties when the schema declares them, else None.
    """

    name: str
    backend: str | None
    make_fields: Callable[[], Mapping[str, Field]] = field(repr=False)
    make_extra: Callable[[], Type | None] = field(default=lambda: None, repr=False)
    description: str | None = field(default=None, repr=False)
    place: Place | None = field(default=None, repr=False)
    request: bool = False  # made for a request (closed enums, no readOnly) rather than for a reply

    @cached_property
    def span(self) -> Span | None:
        """Where the schema stands."""
        return located(self.place) if self.place is not None else None

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        return self.make_fields()

    @cached_property
    def extra(self) -> Type | None:
        return self.make_extra()


@dataclass(frozen=True, slots=True)
class Union:
    """One of several types, two at least, none of them nullable: build it with `union()`.

    `tag` is a discriminator's property; `tags` its values, arm by arm.
    """

    arms: tuple[Type, ...]
    tag: str | None = None
    tags: tuple[tuple[str, ...], ...] = ()


Type = Scalar | ListType | MapType | TupleType | SetType | IterType | Nullable | Null | Unknown | ObjectType | Union

TEXT = Scalar(Kind.TEXT)
INTEGER = Scalar(Kind.INTEGER)
NUMBER = Scalar(Kind.NUMBER)
BOOLEAN = Scalar(Kind.BOOLEAN)
DATE = Scalar(Kind.DATE)
DATETIME = Scalar(Kind.DATETIME)
UUID = Scalar(Kind.UUID)
BYTES = Scalar(Kind.BYTES)
"""A file in a form."""
DOWNLOAD = Scalar(Kind.BYTES, format="answer")
"""An answer of a backend that is passed on as it arrives."""
RAW_BODY = Scalar(Kind.BYTES, format="body")
"""The body of a client's request that is sent on as it arrives."""
DURATION = Scalar(Kind.DURATION)
NULL = Null()
UNKNOWN = Unknown()


def nullable(of: Type) -> Type:
    """`of` or null; what already holds null stays as it is."""
    return of if isinstance(of, (Nullable, Null, Unknown)) else Nullable(of)


def non_null(of: Type) -> Type:
    """The same type without null."""
    return of.of if isinstance(of, Nullable) else of


def is_nullable(of: Type) -> bool:
    """Whether null is among the values. `Unknown` does not count: it is assignable to everything."""
    return isinstance(of, (Nullable, Null))


def union(arms: tuple[Type, ...], tag: str | None = None, tags: tuple[tuple[str, ...], ...] = ()) -> Type:
    """One of `arms`: nested unions are flattened, equal arms merged, null taken out to the whole."""
    flat: list[Type] = []
    holds_null = False
    for arm in arms:
        if isinstance(arm, Unknown):
            return UNKNOWN
        if is_nullable(arm):
            holds_null = True
        if isinstance(arm, Null):
            continue
        inner = non_null(arm)
        for member in inner.arms if isinstance(inner, Union) else (inner,):
            if member not in flat:
                flat.append(member)
    if not flat:
        return NULL
    made: Type = flat[0] if len(flat) == 1 else Union(tuple(flat), tag, tags if len(flat) == len(tags) else ())
    return nullable(made) if holds_null else made
