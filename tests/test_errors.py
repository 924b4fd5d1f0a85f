"""What users are told: `cases/errors/<name>/` has a spec, its documents, and every word that is said about it.

`UPDATE=1 pytest tests/test_errors.py` writes what is said now; read the difference before it is kept.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bffgen.diagnostics import render
from bffgen.pipeline import check_spec

CASES = Path(__file__).parent / "cases"
ERRORS = sorted(path.parent for path in (CASES / "errors").glob("*/spec.yaml"))
SOUND = sorted(path.parent for path in (CASES / "ok").glob("*/spec.yaml"))


def said_about(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What `bffgen check spec.yaml` finds in a folder, as it is printed there."""
    monkeypatch.chdir(folder)
    diags = check_spec(Path("spec.yaml")).diagnostics
    return render.text(diags) + render.summary(diags, "spec.yaml") + "\n"


@pytest.mark.parametrize("folder", ERRORS, ids=lambda folder: folder.name)
def test_message(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = said_about(folder, monkeypatch)
    expected = folder / "expected.txt"
    if os.environ.get("UPDATE"):
        expected.write_text(said, "utf-8")
    assert said == expected.read_text("utf-8")


@pytest.mark.parametrize("folder", SOUND, ids=lambda folder: folder.name)
def test_nothing_to_say(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert said_about(folder, monkeypatch) == "\n"
