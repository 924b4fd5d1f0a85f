"""Typed expressions: what the checker makes, what the emitter prints.

Every node has its `type`, as narrowed where it stands, and the place it came from. YAML mappings and lists
become nodes of the same tree. The tree is total: for values of the stated types evaluating it cannot raise.
A base that is nullable (its `type` is) propagates: the field, element, entry, slice or method of null is null,
and the node's own type says so.
"""

from __future__ import annotations

from enum import StrEnum

from bffgen.expr.roles import Role as Role
from bffgen.records import dataclass
from bffgen.source.text import Span
from bffgen.typesystem.model import LiteralValue, ObjectType, Type


@dataclass(frozen=True, eq=False, slots=True)
class Literal:
    value: LiteralValue | None
    type: Type
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Ref:
    name: str
    role: Role
    type: Type
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class FieldOf:
    """`base.name`. `name` is the name on the wire; the base is an object or a union with such an object."""

    base: Expr
    name: str
    type: Type
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class ElementOf:
    """`xs[i]`: null when out of range, unless `within` says that the index is known to be there."""

    base: Expr
    index: Expr
    within: bool
    type: Type
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class EntryOf:
    """`m[key]`: null when missing or when the key is null, unless `within` says that it is known to be there."""

    base: Expr
    key: Expr
    within: bool
    type: Type
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class SliceOf:
    """`xs[a:b:c]` of a list or text; the bounds are integers, non-null; `step` a literal that is not 0."""

    base: Expr
    start: Expr | None
    stop: Expr | None
    step: int | None
    type: Type
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class MakeList:
    items: tuple[Expr, ...]
    type: Type
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class MakeTuple:
    items: tuple[Expr, ...]
    type: Type
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class MakeSet:
    items: tuple[Expr, ...]
    type: Type
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class MakeMap:
    """`{key: value}` with computed keys."""

    entries: tuple[tuple[Expr, Expr], ...]
    type: Type
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class MakeObject:
    """An object of the gateway's own (`type` is an `ObjectType`), or a backend's request or default value.

    A field of the type that has no entry is left out (it is optional). With `omit_null` a null value leaves its
    field out, too.
    """

    entries: tuple[tuple[str, Expr], ...]
    omit_null: bool
    type: ObjectType
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Compare:
    """`a < b`, `a in b`; operator is one of == != < <= > >= in, `not in`. Chains are split into `Logic`."""

    operator: str
    left: Expr
    right: Expr
    type: Type
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class IsNull:
    """`x is None`, or negated `x is not None`."""

    value: Expr
    negated: bool
    type: Type
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class IsInstance:
    """`isinstance(x, T)` where `of` is the one arm of the union that Python tells apart by its class.

    Unions of objects are told apart by their tag: that is a `Compare`.
    """

    value: Expr
    of: Type
    type: Type
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Truth:
    """A condition made of a value that is not a bool.

    A nullable bool (null is false), or any other nullable value tested for null.
    """

    value: Expr
    type: Type  # BOOLEAN
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Logic:
    """`and` or `or` over booleans (operands that are not `bool` are wrapped in `Truth`)."""

    operator: str
    operands: tuple[Expr, ...]
    type: Type
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Not:
    value: Expr
    type: Type
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Negate:
    value: Expr
    type: Type
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Arithmetic:
    """`+ - * / // %` on numbers, texts (`+`), lists (`+`), dates and durations (`+ -`). Operands are non-null.

    `/ // %` are null when the right side is zero; `nonzero` says that it is known not to be.
    An operand that is itself such a division (nullable because of zero alone) makes the whole null.
    """

    operator: str
    left: Expr
    right: Expr
    nonzero: bool
    type: Type
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Choice:
    """`then if test else other`; `test` is a bool."""

    test: Expr
    then: Expr
    other: Expr
    type: Type
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class TextPart:
    value: Expr
    format: str | None  # a literal, checked format spec


@dataclass(frozen=True, eq=False, slots=True)
class MakeText:
    """An f-string or a text template: literal pieces and non-null values."""

    parts: tuple[str | TextPart, ...]
    type: Type
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Target:
    """What a loop binds: one name, or a tuple of targets."""

    name: str | None
    items: tuple[Target, ...]
    type: Type


@dataclass(frozen=True, eq=False, slots=True)
class Clause:
    """`for target in source if condition ...`; the source is a non-null list, map keys, or `IterType`."""

    target: Target
    source: Expr
    conditions: tuple[Expr, ...]


class LoopKind(StrEnum):
    LIST = "list"
    SET = "set"
    MAP = "map"
    ITER = "iter"


@dataclass(frozen=True, eq=False, slots=True)
class Loop:
    """A comprehension or a `$for`. `key` only for a map. `nullable_source`: `$for` over null gives null.

    With `nullable_source` there is one clause whose source may be null; the loop's type is nullable then.
    """

    kind: LoopKind
    key: Expr | None
    element: Expr
    clauses: tuple[Clause, ...]
    nullable_source: bool
    type: Type
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class CallFunction:
    """A built-in function of the language (`len`, `default`, `group_by` ...), arguments already checked.

    Options (`reverse=True`, `default=`) are in `options`.
    """

    name: str
    args: tuple[Expr, ...]
    options: tuple[tuple[str, Expr], ...]
    type: Type
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class CallShape:
    """A shape of the spec, used as a function; the arguments of all its parameters, in their order."""

    name: str
    args: tuple[tuple[str, Expr], ...]
    type: Type
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class CallUser:
    """A function of the user's; arguments by the names of its parameters, in their order."""

    name: str
    args: tuple[tuple[str, Expr], ...]
    type: Type
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class CallMethod:
    """A method of a text, date, date-time or map (`lower`, `isoformat`, `items` ...)."""

    base: Expr
    name: str
    args: tuple[Expr, ...]
    type: Type
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Narrowed:
    """A value that is known to be non-null (or a union's narrower arm) here.

    `proven_elsewhere` is true when the reason stands outside of the expression (a guard, a `when`): Python's
    type checkers cannot see it there, so the emitter has to say it.
    """

    value: Expr
    proven_elsewhere: bool
    type: Type
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class StatusOf:
    """`status(call)`: the status that a call answered; null when the call is null."""

    call: str
    type: Type
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class HeaderOf:
    """`header(call, "ETag")`: a documented response header, as text, nullable. `name` is lower case."""

    call: str
    name: str
    type: Type
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Convert:
    """An object (or list, map of them) of another class where one of `type` is wanted, equal in shape."""

    value: Expr
    type: Type
    span: Span


Expr = (
    Literal
    | Ref
    | FieldOf
    | ElementOf
    | EntryOf
    | SliceOf
    | MakeList
    | MakeTuple
    | MakeSet
    | MakeMap
    | MakeObject
    | Compare
    | IsNull
    | IsInstance
    | Truth
    | Logic
    | Not
    | Negate
    | Arithmetic
    | Choice
    | MakeText
    | Loop
    | CallFunction
    | CallShape
    | CallUser
    | CallMethod
    | Narrowed
    | StatusOf
    | HeaderOf
    | Convert
)
