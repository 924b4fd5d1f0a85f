"""The rules of ARCHITECTURE.md that a machine can hold."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "bffgen").rglob("*.py"))


def test_layers(tmp_path: Path) -> None:
    code = "from importlinter.cli import lint_imports_command as run; run()"
    done = subprocess.run(
        [sys.executable, "-c", code, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 kept, 0 broken" in done.stdout


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_and_functions_stay_small(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= 60, f"{node.name} has {lines} lines"


@pytest.mark.parametrize(("path", "lines"), [("bffgen/ARCHITECTURE.md", 150), ("bffgen/pipeline.py", 100)])
def test_what_must_fit_on_a_screen(path: str, lines: int) -> None:
    assert (ROOT / path).read_text("utf-8").count("\n") <= lines


def test_only_the_loader_and_the_output_touch_files() -> None:
    """`open`, `read_text` and their kin stand in the modules whose work they are."""
    allowed = ("source/loader.py", "output/", "render/", "cli/", "dev/", "diagnostics/explain")
    verbs = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "mkdir", "unlink"}
    found = []
    for path in MODULES:
        name = path.relative_to(ROOT / "bffgen").as_posix()
        if name.startswith(allowed):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                called = node.func
                verb = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
                if verb in verbs:
                    found.append(f"{name}:{node.lineno} {verb}")
    assert found == []
