"""Every operation of real documents in an endpoint of its own, passed on whole: compiled, typed, and answering.

The documents that stand here, all of them, and some small ones of the corpus beside the checkout; `make corpus` is
for all.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from .places import CORPUS, HERE, MADE, documents_in
from .prove import prove

SMALL = 25_000  # bytes
EVERY = 6
"""Of the small documents of the corpus, one of so many: a sample takes seconds, the whole minutes."""


def _paths(root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in documents_in(root)]


def _sampled() -> list[str]:
    small = [path for path in documents_in(CORPUS) if path.stat().st_size < SMALL]
    return [path.relative_to(CORPUS).as_posix() for path in small[::EVERY]]


def test_documents_that_are_always_there(tmp_path: Path) -> None:
    """In one test, because mypy reads what all projects have in common but once."""
    paths = [(root, path) for root in (HERE, MADE) for path in _paths(root)]
    results = [prove(root, path, tmp_path / f"p{number}") for number, (root, path) in enumerate(paths)]
    assert [found for result in results for found in result.exceptions] == []
    assert all(result.answered == result.compiled == result.operations > 0 for result in results)


@pytest.mark.parametrize("path", _sampled())
def test_a_sample_of_the_corpus(path: str, tmp_path: Path) -> None:
    result = prove(CORPUS, path, tmp_path / "out", types=False)
    assert [found for found in result.exceptions if found.stage != "check"] == []
    assert result.answered == result.compiled == result.operations - len(result.exceptions)


def test_what_cannot_be_modelled_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(
        "openapi: 3.1.0\n"
        "paths:\n"
        "  /a/{id}/{id}: {get: {operationId: twice, responses: {200: {description: ok}}}}\n"
        "  /b/{id}: {get: {operationId: once, responses: {200: {description: ok}}}}\n"
    )
    result = prove(tmp_path, "api.yaml", tmp_path / "out", types=False)
    (found,) = result.exceptions
    assert (found.operation, found.stage) == ("twice", "check")
    assert found.reason.startswith("BFF504 ") and found.reason.endswith(" at api.yaml:3:3")
    assert (result.operations, result.compiled, result.answered) == (2, 1, 1)
