"""The command line is tested as users have it: a process, its arguments, its output, its exit code."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def environment(**extra: str) -> dict[str, str]:
    """This process's environment without what changes the output."""
    drop = ("NO_COLOR", "FORCE_COLOR", "BFFGEN_DEBUG", "BFFGEN_FORMAT")
    return {**{key: value for key, value in os.environ.items() if key not in drop}, **extra}


@pytest.fixture
def bffgen(tmp_path: Path) -> Run:
    """Run bffgen in an empty folder."""

    def run(*arguments: object, cwd: Path = tmp_path, **extra: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "bffgen", *map(str, arguments)]
        return subprocess.run(
            command,
            cwd=cwd,
            env=environment(**extra),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def produto(tmp_path: Path) -> Path:
    """A copy of the smallest example, to break; its spec."""
    shutil.copytree(ROOT / "specs/produto", tmp_path / "produto")
    return tmp_path / "produto/produto.yaml"


def replace(path: Path, old: str, new: str) -> None:
    """Edit a file; the old text must be there."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
