"""What `make lint` says, held: ruff's rules and format, mypy's strict mode. (Import contracts: test_architecture.)"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("command", ["ruff check", "ruff format --check", "mypy"])
def test_clean(command: str, tmp_path: Path) -> None:
    cache = ["--cache-dir", str(tmp_path)] if command == "mypy" else ["--no-cache", "."]
    asked = [sys.executable, "-m", *command.split(), *cache]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
