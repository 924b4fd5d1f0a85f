"""The table of `expressions.txt`: what an expression is, or the code of what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.probe import probe

TABLE = (Path(__file__).parent / "expressions.txt").read_text("utf-8")
ROWS = [tuple(map(str.strip, line.rsplit("=>", 1))) for line in TABLE.splitlines() if "=>" in line]


@pytest.mark.parametrize(("expression", "expected"), ROWS, ids=[row[0] or "nothing" for row in ROWS])
def test_type(expression: str, expected: str) -> None:
    assert str(probe(expression)) == expected
