"""What users are told: `cases/errors/<name>/` has a spec, its documents, and every word that is said about it.

A folder with `commands.txt` is about these commands; any other about `bffgen check spec.yaml`.

`UPDATE=1 pytest tests/test_errors.py` writes what is said now; read the difference before it is kept.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bffgen.diagnostics import render
from bffgen.pipeline import check_spec

CASES = Path(__file__).parent / "cases"
ERRORS = sorted(path.parent for path in (CASES / "errors").glob("*/spec.yaml"))
RUN = [folder for folder in ERRORS if (folder / "commands.txt").exists()]
CHECKED = [folder for folder in ERRORS if folder not in RUN]
SOUND = sorted(path.parent for path in (CASES / "ok").glob("*/spec.yaml"))


def said_about(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What `bffgen check spec.yaml` finds in a folder, as it is printed there."""
    monkeypatch.chdir(folder)
    diags = check_spec(Path("spec.yaml")).diagnostics
    return render.text(diags) + render.summary(diags, "spec.yaml") + "\n"


def said_by(commands: str, folder: Path) -> str:
    """Commands, one a line, run in a folder: each with what it prints and the exit code that is not 0."""
    bffgen = f'"{sys.executable}" -m bffgen'
    text = ""
    for line in commands.splitlines():
        command = re.sub(r"^bffgen\b", lambda _: bffgen, line)
        done = subprocess.run(
            command, shell=True, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        text += f"$ {line}\n{done.stdout}" + (f"exit {done.returncode}\n" if done.returncode else "")
    return text


def compare(said: str, expected: Path) -> None:
    if os.environ.get("UPDATE"):
        expected.write_text(said, "utf-8")
    assert said == expected.read_text("utf-8")


@pytest.mark.parametrize("folder", CHECKED, ids=lambda folder: folder.name)
def test_message(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compare(said_about(folder, monkeypatch), folder / "expected.txt")


@pytest.mark.parametrize("folder", RUN, ids=lambda folder: folder.name)
def test_message_of_commands(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "case")
    compare(said_by((folder / "commands.txt").read_text("utf-8"), tmp_path / "case"), folder / "expected.txt")


@pytest.mark.parametrize("folder", SOUND, ids=lambda folder: folder.name)
def test_nothing_to_say(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert said_about(folder, monkeypatch) == "\n"
