"""What the expressions of the spec call."""

from __future__ import annotations

from typing import Literal


def shout(text: str, *, times: int = 1) -> str:
    return _upper(text) + "!" * times


def near(number: int) -> list[int]:
    return [number + 1, number + 2]


def kind_of(price: float | None, kind: str | None) -> Literal["cheap", "dear"] | None:
    if price is None or kind is None:
        return None
    return "cheap" if price < 10 else "dear"


def strange(number: int) -> int:
    return {1: 5}[number]


def _upper(text: str) -> str:
    return text.upper()
