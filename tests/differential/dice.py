"""Chance, drawn by hypothesis so that it can shrink what fails: the first option is the plainest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")

Draw = Callable[[st.SearchStrategy[Any]], Any]

_HUNDRED = st.integers(0, 99)
_UP_TO = [st.integers(0, n) for n in range(64)]


class Dice:
    def __init__(self, draw: Draw) -> None:
        self._draw = draw

    def number(self, least: int, most: int) -> int:
        """From least to most, both included."""
        span = most - least
        strategy = _UP_TO[span] if span < len(_UP_TO) else st.integers(0, span)
        return least + int(self._draw(strategy))

    def one(self, options: Sequence[T]) -> T:
        return options[self.number(0, len(options) - 1)]

    def chance(self, percent: int) -> bool:
        return int(self._draw(_HUNDRED)) >= 100 - percent

    def weighted(self, options: Sequence[tuple[int, T]]) -> T:
        """One of the options, by weights that sum to 100 at most; what is left is the first's."""
        roll = 99 - int(self._draw(_HUNDRED))
        for weight, option in reversed(options[1:]):
            if roll < weight:
                return option
            roll -= weight
        return options[0][1]

    def some(self, options: Sequence[T], least: int, most: int) -> list[T]:
        """Different options, in their order."""
        left = list(range(len(options)))
        taken = [left.pop(self.number(0, len(left) - 1)) for _ in range(min(self.number(least, most), len(left)))]
        return [options[at] for at in sorted(taken)]
