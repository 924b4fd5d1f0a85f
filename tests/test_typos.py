"""One mistake, one message: a misspelt word in a sound spec is told once, wherever it stands and whatever follows."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bffgen.pipeline import check_spec

ROOT = Path(__file__).resolve().parents[1]
WORD = re.compile(r"\$?[A-Za-z_]{4,}")
EXAMPLES = {
    "specs/storefront/storefront.yaml": 5,
    "tests/cases/ok/narrowing-by-when-and-require/spec.yaml": 3,
    "tests/cases/ok/narrowing/spec.yaml": 6,
    "tests/cases/ok/expressions/spec.yaml": 9,
    "tests/cases/ok/response-mappings/spec.yaml": 4,
}


def misspelt(text: str, every: int) -> Iterator[tuple[str, str]]:
    """The text with a letter missing in each of some words, comments left out; beside the word as it was."""
    found = [
        word for word in WORD.finditer(text) if "#" not in text[text.rfind("\n", 0, word.start()) + 1 : word.start()]
    ]
    for word in found[::every]:
        yield word[0], text[: word.end() - 1] + text[word.end() :]


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_misspelt_word_is_told_once(example: str, tmp_path: Path) -> None:
    spec = ROOT / example
    shutil.copytree(spec.parent, tmp_path / "copy")
    copy = tmp_path / "copy" / spec.name
    assert check_spec(copy).gateway is not None
    told = 0
    for word, text in misspelt(spec.read_text("utf-8"), EXAMPLES[example]):
        copy.write_text(text, "utf-8")
        found = check_spec(copy).diagnostics.sorted()
        assert len(found) <= 1, (word, [one.message for one in found])
        told += len(found)
    assert told >= 10
