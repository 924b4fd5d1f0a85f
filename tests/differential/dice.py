"""Chance. The first option of any is the plainest, so that what goes wrong can shrink towards it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """`up_to(n)` gives a number from 0 to n."""

    def __init__(self, up_to: Callable[[int], int]) -> None:
        self._up_to = up_to

    def number(self, least: int, most: int) -> int:
        """From least to most, both included."""
        return least + self._up_to(most - least)

    def one(self, options: Sequence[T]) -> T:
        return options[self._up_to(len(options) - 1)]

    def chance(self, percent: int) -> bool:
        return self._up_to(99) >= 100 - percent

    def weighted(self, options: Sequence[tuple[int, T]]) -> T:
        """One of the options, by weights that sum to 100 at most; what is left is the first's."""
        roll = 99 - self._up_to(99)
        for weight, option in reversed(options[1:]):
            if roll < weight:
                return option
            roll -= weight
        return options[0][1]

    def some(self, options: Sequence[T], least: int, most: int) -> list[T]:
        """Different options, in their order."""
        left = list(range(len(options)))
        taken = [left.pop(self._up_to(len(left) - 1)) for _ in range(min(self.number(least, most), len(left)))]
        return [options[at] for at in sorted(taken)]


def taped(tape: bytes) -> Dice:
    """Numbers of a tape that hypothesis has drawn, and shrinks; behind its end stand zeros."""
    left = iter(tape)
    return Dice(lambda most: next(left, 0) % (most + 1) if most else 0)


def seeded(random: Random) -> Dice:
    """Numbers of one seed: even, fast, and without a way to shrink them."""
    return Dice(lambda most: random.randint(0, most))
