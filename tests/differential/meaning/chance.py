"""What the language leaves open: which of two failures is told, whether a cancelled call had been sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


class Oracle:
    """Decides as it was told, then for the first; it remembers what there was to decide."""

    def __init__(self, told: Sequence[int] = ()) -> None:
        self._told = told
        self.taken: list[tuple[int, int]] = []

    def choose(self, options: Sequence[T]) -> T:
        if len(options) == 1:
            return options[0]
        at = len(self.taken)
        chosen = self._told[at] if at < len(self._told) else 0
        self.taken.append((chosen, len(options)))
        return options[chosen]


def every_way(run: Callable[[Oracle], T], most: int) -> Iterator[T | None]:
    """The result for every way to decide; None when there are more ways than `most`."""
    work: list[tuple[int, ...]] = [()]
    for _ in range(most):
        if not work:
            return
        told = work.pop()
        oracle = Oracle(told)
        yield run(oracle)
        for at in range(len(told), len(oracle.taken)):
            before = tuple(chosen for chosen, _ in oracle.taken[:at])
            work += [(*before, other) for other in range(1, oracle.taken[at][1])]
    if work:
        yield None
