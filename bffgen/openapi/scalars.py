"""Schemas of single values: kinds, formats, enums, bounds."""

from __future__ import annotations

import math
from dataclasses import replace

from bffgen.source.nodes import Node
from bffgen.typesystem.model import (
    NO_BOUNDS,
    NULL,
    UNKNOWN,
    Bounds,
    Kind,
    ListType,
    LiteralValue,
    Null,
    Nullable,
    Scalar,
    Type,
    Union,
    Unknown,
    nullable,
    union,
)

KINDS = {"string": Kind.TEXT, "integer": Kind.INTEGER, "number": Kind.NUMBER, "boolean": Kind.BOOLEAN}
TEXT_KINDS = {"date-time": Kind.DATETIME, "date": Kind.DATE, "uuid": Kind.UUID}
NUMERIC_FORMATS = {"int32": "integer", "int64": "integer", "float": "number", "double": "number"}
WRITTEN_AS_TEXT = (Kind.TEXT, *TEXT_KINDS.values())

# What a keyword says of the type of a schema that has no `type`.
IMPLIED = {
    "properties": "object",
    "additionalProperties": "object",
    "patternProperties": "object",
    "items": "array",
    "prefixItems": "array",
    "pattern": "string",
    "minLength": "string",
    "maxLength": "string",
    "minimum": "number",
    "maximum": "number",
    "multipleOf": "number",
    "minItems": "array",
    "maxItems": "array",
}


def type_words(schema: Node) -> list[str]:
    """The types that a schema names, or that its other keywords imply; without null. Empty when it says nothing."""
    words = [word for word in _named(schema) if word != "null"]
    return words or ([] if "null" in _named(schema) else _implied(schema))


def only_null(schema: Node) -> bool:
    """Whether `type` is null and nothing else."""
    return set(_named(schema)) == {"null"}


def admits_null(schema: Node) -> bool:
    """Whether the schema itself says that null is a value: in any of the ways of any version."""
    if any(flag(schema, key) for key in ("nullable", "x-nullable")):
        return True
    return "null" in _named(schema)


def scalar(schema: Node, word: str, *, open: bool) -> Type:
    """The type of a schema of one of the four scalar types, null apart."""
    listed = _listed(schema)
    if listed is not None:
        return enum(listed, word, open=open, format=text_at(schema, "format"))
    format_ = text_at(schema, "format")
    kind = KINDS[word]
    if kind is Kind.TEXT:
        kind = TEXT_KINDS.get(format_ or "", kind)
        format_ = format_ or _encoding(schema)
    return Scalar(kind, None, False, format_, bounds(schema))


def has_values(schema: Node) -> bool:
    """Whether a schema lists its values: `enum` or `const`."""
    return _listed(schema) is not None


def listed_values(schema: Node, *, open: bool) -> Type:
    """The type of a schema with `enum` or `const`; `type` decides how a plain YAML word is read."""
    listed = _listed(schema) or []
    words = type_words(schema)
    return enum(listed, words[0] if len(words) == 1 else None, open=open, format=text_at(schema, "format"))


def sole_text(schema: Node) -> str | None:
    """The only text that a schema lets pass: its `const`, or the one member of its `enum`. None otherwise."""
    listed = _listed(schema) or []
    if len(listed) != 1 or listed[0].kind != "scalar":
        return None
    node = listed[0]
    if type_words(schema) == ["string"] and node.value is not None:
        return node.text
    return node.value if isinstance(node.value, str) else None


def enum(listed: list[Node], word: str | None, *, open: bool, format: str | None) -> Type:
    """One of the listed values: scalars of one kind make one scalar, of several a union; null makes it nullable."""
    if any(node.kind != "scalar" for node in listed):
        return UNKNOWN
    groups: dict[Kind, dict[LiteralValue, None]] = {}
    holds_null = False
    for node in listed:
        value = node.text if word == "string" and node.value is not None else node.value
        if value is None:
            holds_null = True
            continue
        if isinstance(value, float) and not math.isfinite(value):
            continue  # JSON has no such number
        kind = kind_of(value)
        groups.setdefault(Kind.NUMBER if word == "number" and kind is Kind.INTEGER else kind, {})[value] = None
    if not groups and not holds_null:
        return UNKNOWN
    made = union(tuple(Scalar(kind, tuple(values), open, format) for kind, values in groups.items()))
    return nullable(made) if holds_null else made


def kind_of(value: LiteralValue) -> Kind:
    if isinstance(value, bool):
        return Kind.BOOLEAN
    if isinstance(value, int):
        return Kind.INTEGER
    return Kind.NUMBER if isinstance(value, float) else Kind.TEXT


def bounds(schema: Node) -> Bounds:
    """What the schema demands beside the type. Demands that make no sense are left out."""
    minimum, maximum = _number(schema, "minimum"), _number(schema, "maximum")
    above, below = _number(schema, "exclusiveMinimum"), _number(schema, "exclusiveMaximum")
    if flag(schema, "exclusiveMinimum"):  # 3.0: a flag beside `minimum`
        minimum, above = None, minimum
    if flag(schema, "exclusiveMaximum"):
        maximum, below = None, maximum
    if minimum is not None and maximum is not None and minimum > maximum:
        minimum = maximum = None
    step = _number(schema, "multipleOf")
    shortest, longest = length(schema, "minLength"), length(schema, "maxLength")
    if shortest is not None and longest is not None and shortest > longest:
        shortest = longest = None
    found = Bounds(
        minimum,
        maximum,
        above,
        below,
        step if step and step > 0 else None,
        shortest,
        longest,
        text_at(schema, "pattern"),
    )
    return found if found != NO_BOUNDS else NO_BOUNDS


def length(schema: Node, key: str) -> int | None:
    """A count that a schema demands; None when it is no count. 2**31 and more means no bound."""
    value = _number(schema, key)
    return int(value) if value is not None and value == int(value) and 0 <= value < 2**31 else None


def meet(one: Type, other: Type) -> Type:
    """The type of a value that is of both types, as `allOf` asks; where they contradict, the second."""
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return other if isinstance(one, Unknown) else one
    if isinstance(one, (Nullable, Null)) and isinstance(other, (Nullable, Null)):
        return (
            nullable(meet(_bare(one), _bare(other)))
            if isinstance(one, Nullable) and isinstance(other, Nullable)
            else NULL
        )
    one, other = _bare(one), _bare(other)
    if isinstance(one, Scalar) and isinstance(other, Scalar):
        return _meet_scalars(one, other)
    return other


def merge_scalars(arms: list[Type]) -> list[Type]:
    """The arms of a union with the scalars that make one: two enums, an enum and its plain kind, a date or any text."""
    merged: list[Type] = []
    for arm in arms:
        for at, have in enumerate(merged):
            if isinstance(arm, Scalar) and isinstance(have, Scalar) and (both := _either(have, arm)) is not None:
                merged[at] = both
                break
        else:
            merged.append(arm)
    return merged


def _either(one: Scalar, other: Scalar) -> Scalar | None:
    if one.kind is other.kind:
        if one.values and other.values:
            values = tuple(dict.fromkeys((*one.values, *other.values)))
            return Scalar(one.kind, values, one.open or other.open, one.format if one.format == other.format else None)
        known = one.values or other.values
        format_ = one.format if one.format == other.format else None
        return Scalar(
            one.kind,
            known,
            known is not None,
            format_,
            one.bounds if one.bounds == other.bounds else NO_BOUNDS,
        )
    plain = next((s for s in (one, other) if s.kind is Kind.TEXT and s.values is None), None)
    if plain is not None and one.kind in WRITTEN_AS_TEXT and other.kind in WRITTEN_AS_TEXT:
        return replace(plain, format=None, bounds=NO_BOUNDS)
    if {one.kind, other.kind} == {Kind.INTEGER, Kind.NUMBER} and not one.values and not other.values:
        return Scalar(Kind.NUMBER)
    return None


def _meet_scalars(one: Scalar, other: Scalar) -> Scalar:
    if one.values is not None and other.values is not None:
        values: tuple[LiteralValue, ...] | None = tuple(v for v in one.values if v in other.values) or other.values
    else:
        values = other.values if one.values is None else one.values
    numeric = {one.kind, other.kind} == {Kind.INTEGER, Kind.NUMBER}
    kind = Kind.INTEGER if numeric else one.kind if other.kind is Kind.TEXT else other.kind
    return Scalar(kind, values, one.open or other.open, other.format or one.format, _tighter(one.bounds, other.bounds))


def unbounded(of: Type) -> Type:
    """The type without bounds, those of what it holds aside: they go when that is made."""
    match of:
        case Scalar():
            return replace(of, bounds=NO_BOUNDS)
        case ListType():
            return replace(of, min_items=0, max_items=None)
        case Nullable(inner):
            return replace(of, of=unbounded(inner))
        case Union(arms):
            return replace(of, arms=tuple(map(unbounded, arms)))
    return of


def _tighter(one: Bounds, other: Bounds) -> Bounds:
    def pick(a: float | None, b: float | None, highest: bool) -> float | None:
        given = [x for x in (a, b) if x is not None]
        return (max(given) if highest else min(given)) if given else None

    def count(a: int | None, b: int | None, highest: bool) -> int | None:
        found = pick(a, b, highest)
        return int(found) if found is not None else None

    return Bounds(
        pick(one.minimum, other.minimum, True),
        pick(one.maximum, other.maximum, False),
        pick(one.exclusive_minimum, other.exclusive_minimum, True),
        pick(one.exclusive_maximum, other.exclusive_maximum, False),
        other.multiple_of or one.multiple_of,
        count(one.min_length, other.min_length, True),
        count(one.max_length, other.max_length, False),
        other.pattern or one.pattern,
    )


def _bare(of: Type) -> Type:
    return of.of if isinstance(of, Nullable) else of


def _named(schema: Node) -> list[str]:
    found = schema.get("type")
    if found is None:
        return []
    written = found.elements() if found.kind == "sequence" else [found] if found.kind == "scalar" else []
    return [node.text if node.value is not None else "null" for node in written if node.kind == "scalar"]


def _implied(schema: Node) -> list[str]:
    for key, word in IMPLIED.items():
        if schema.get(key) is not None:
            return [word]
    format_ = text_at(schema, "format")
    if format_ in TEXT_KINDS:
        return ["string"]
    return [NUMERIC_FORMATS[format_]] if format_ in NUMERIC_FORMATS else []


def _listed(schema: Node) -> list[Node] | None:
    const, values = schema.get("const"), schema.get("enum")
    if const is not None:
        return [const]
    return list(values.elements()) if values is not None and values.kind == "sequence" and values.elements() else None


def _encoding(schema: Node) -> str | None:
    return "byte" if (text_at(schema, "contentEncoding") or "").lower() in ("base64", "base64url") else None


def text_at(schema: Node, key: str) -> str | None:
    """The text at a key; None when there is none."""
    node = schema.get(key)
    return node.value if node is not None and node.kind == "scalar" and isinstance(node.value, str) else None


def _number(schema: Node, key: str) -> float | int | None:
    node = schema.get(key)
    if node is None or node.kind != "scalar" or isinstance(node.value, bool):
        return None
    value = node.value
    return value if isinstance(value, int | float) and math.isfinite(value) else None


def flag(schema: Node, key: str) -> bool:
    """Whether a key is there and true."""
    node = schema.get(key) if schema.kind == "mapping" else None
    return node is not None and node.kind == "scalar" and node.value is True
