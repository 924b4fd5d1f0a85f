"""Bounds of values that come from two places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bffgen.typesystem.model import NO_BOUNDS, Bounds, Scalar


def looser(one: Scalar, other: Scalar) -> Bounds:
    """The bounds that the values of both keep."""
    mine, theirs = _kept(one), _kept(other)
    if mine == theirs:
        return mine
    least, most = _either(min), _either(max)
    return Bounds(
        minimum=least(mine.minimum, theirs.minimum),
        maximum=most(mine.maximum, theirs.maximum),
        exclusive_minimum=least(mine.exclusive_minimum, theirs.exclusive_minimum),
        exclusive_maximum=most(mine.exclusive_maximum, theirs.exclusive_maximum),
        multiple_of=mine.multiple_of if mine.multiple_of == theirs.multiple_of else None,
        min_length=least(mine.min_length, theirs.min_length),
        max_length=most(mine.max_length, theirs.max_length),
        pattern=mine.pattern if mine.pattern == theirs.pattern else None,
    )


def _either(choose: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda one, other: None if one is None or other is None else choose(one, other)


def _kept(of: Scalar) -> Bounds:
    """The bounds of a scalar; those of a literal are the literal itself."""
    if of.values is None or of.open or not of.values:
        return of.bounds
    texts = [value for value in of.values if isinstance(value, str)]
    numbers = [value for value in of.values if isinstance(value, (int, float)) and not isinstance(value, bool)]
    if len(texts) == len(of.values):
        return Bounds(min_length=min(map(len, texts)), max_length=max(map(len, texts)))
    return Bounds(minimum=min(numbers), maximum=max(numbers)) if len(numbers) == len(of.values) else NO_BOUNDS
