"""Whether data is of a type, its bounds included."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import Any
from uuid import UUID

from bffgen.openapi.pattern import matches
from bffgen.typesystem.model import (
    Bounds,
    Kind,
    ListType,
    MapType,
    Null,
    Nullable,
    ObjectType,
    Scalar,
    Type,
    Union,
    Unknown,
)


def fits(data: Any, of: Type) -> bool:
    """Whether JSON data is a value of the type. Fields that an object does not declare are let pass."""
    match of:
        case Unknown():
            return True
        case Null():
            return data is None
        case Nullable(inner):
            return data is None or fits(data, inner)
        case Union(arms):
            return any(fits(data, arm) for arm in arms)
        case Scalar():
            return _fits_scalar(data, of)
        case ListType(item):
            in_size = isinstance(data, list) and of.min_items <= len(data) <= (of.max_items or len(data))
            return in_size and all(fits(each, item) for each in data)
        case MapType(_, value):
            return isinstance(data, dict) and all(fits(each, value) for each in data.values())
        case ObjectType():
            return isinstance(data, dict) and _fits_object(data, of)
    return False


def _fits_object(data: dict[str, Any], of: ObjectType) -> bool:
    if any(field.required and name not in data for name, field in of.fields.items()):
        return False
    known = all(fits(value, of.fields[name].type) for name, value in data.items() if name in of.fields)
    extra = of.extra
    return known and (extra is None or all(fits(value, extra) for name, value in data.items() if name not in of.fields))


def _fits_scalar(data: Any, of: Scalar) -> bool:
    if not _is_kind(data, of.kind):
        return False
    if of.values is not None and not of.open:
        return any(data == value and type(data) is type(value) for value in of.values)
    return within(data, of.bounds)


def _is_kind(data: Any, kind: Kind) -> bool:
    if isinstance(data, bool):
        return kind is Kind.BOOLEAN
    if isinstance(data, int):
        return kind in (Kind.INTEGER, Kind.NUMBER)
    if isinstance(data, float):
        return math.isfinite(data) and (kind is Kind.NUMBER or (kind is Kind.INTEGER and data.is_integer()))
    return isinstance(data, str) and _is_text_of(data, kind)


def _is_text_of(text: str, kind: Kind) -> bool:
    try:
        match kind:
            case Kind.DATE:
                return date.fromisoformat(text).isoformat() == text
            case Kind.DATETIME:
                return bool(datetime.fromisoformat(text)) and len(text) > len("2024-01-15")
            case Kind.UUID:
                return bool(UUID(text)) and len(text) == 36
    except ValueError:
        return False
    return kind in (Kind.TEXT, Kind.BYTES)


def within(data: Any, bounds: Bounds) -> bool:
    """Whether a scalar keeps its bounds. A pattern that Python does not read is let pass."""
    if isinstance(data, str):
        return _text_within(data, bounds)
    if isinstance(data, bool):
        return True
    return (
        (bounds.minimum is None or data >= bounds.minimum)
        and (bounds.maximum is None or data <= bounds.maximum)
        and (bounds.exclusive_minimum is None or data > bounds.exclusive_minimum)
        and (bounds.exclusive_maximum is None or data < bounds.exclusive_maximum)
        and (bounds.multiple_of is None or _is_multiple(data, bounds.multiple_of))
    )


def _is_multiple(data: float, step: float) -> bool:
    return math.isclose(data / step, round(data / step), rel_tol=1e-9, abs_tol=1e-9)


def _text_within(text: str, bounds: Bounds) -> bool:
    if len(text) < (bounds.min_length or 0) or (bounds.max_length is not None and len(text) > bounds.max_length):
        return False
    return bounds.pattern is None or matches(bounds.pattern, text)
