"""Bounds of a field that its validator can hold; ones without sense are left out."""

from __future__ import annotations

import math
from typing import Any

from bffgen.openapi.pattern import compiles
from bffgen.typesystem.model import Kind, ListType, Scalar, Type

_LARGEST = 1 << 53
_NUMERIC = {
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusive_minimum": "exclusiveMinimum",
    "exclusive_maximum": "exclusiveMaximum",
    "multiple_of": "multipleOf",
}


def kept_bounds(of: Type, *, patterns: bool) -> dict[str, Any]:
    """The keywords of JSON Schema for the bounds of a scalar or list that make sense."""
    if isinstance(of, ListType):
        return _sizes(of.min_items, of.max_items, "Items")
    if not isinstance(of, Scalar) or of.values:
        return {}
    if of.kind in (Kind.INTEGER, Kind.NUMBER):
        return _numeric(of)
    if of.kind is not Kind.TEXT:
        return {}
    found = _sizes(of.bounds.min_length or 0, of.bounds.max_length, "Length")
    if patterns and of.bounds.pattern and compiles(of.bounds.pattern):
        found["pattern"] = of.bounds.pattern
    return found


def _numeric(of: Scalar) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, keyword in _NUMERIC.items():
        value = getattr(of.bounds, name)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            continue
        whole = isinstance(value, int) or (math.isfinite(value) and value.is_integer())
        if not math.isfinite(value) or abs(value) > _LARGEST or (name == "multiple_of" and value <= 0):
            continue
        if of.kind is Kind.INTEGER and not whole:
            continue
        if name == "multiple_of" and not whole:
            continue  # 0.1 and the like: binary fractions refuse what the document allows
        found[keyword] = int(value) if whole else value
    low = max((found[k] for k in ("minimum", "exclusiveMinimum") if k in found), default=-math.inf)
    high = min((found[k] for k in ("maximum", "exclusiveMaximum") if k in found), default=math.inf)
    return found if low <= high else {}


def _sizes(least: int, most: int | None, what: str) -> dict[str, Any]:
    found = {}
    if isinstance(least, int) and 0 < least <= _LARGEST:
        found[f"min{what}"] = least
    if isinstance(most, int) and 0 <= most <= _LARGEST:
        found[f"max{what}"] = most
    return found if found.get(f"min{what}", 0) <= found.get(f"max{what}", _LARGEST) else {}
