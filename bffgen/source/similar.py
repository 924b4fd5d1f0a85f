"""Did you mean?"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like `name`, whatever the case, `_` and `-`; None when none is close."""
    by_fold: dict[str, str] = {}
    for candidate in sorted(set(candidates)):
        by_fold.setdefault(_fold(candidate), candidate)
    found = get_close_matches(_fold(name), by_fold, n=1, cutoff=0.6)
    return by_fold[found[0]] if found else None


def _fold(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "")
