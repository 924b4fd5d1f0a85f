"""Every spec under `specs/` generates a project that is typed, clean and passes its own tests; one is committed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SPECS = sorted(path for path in ROOT.glob("specs/*/*.yaml") if path.stem == path.parent.name)


def run(cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module", params=SPECS, ids=lambda path: path.stem)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp(request.param.stem) / "out"
    run(ROOT, "-m", "bffgen", "generate", str(request.param), "-o", str(out))
    return out


def test_there_are_examples() -> None:
    assert {
        "produto",
        "storefront",
        "bookinfo",
        "discord",
        "sockshop",
        "museum",
        "prisoner",
        "pokemon",
        "artist",
        "airflow",
    } <= {path.stem for path in SPECS}


def test_passes_its_own_tests(project: Path) -> None:
    run(project, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist")


def test_is_typed_and_clean(project: Path) -> None:
    run(project, "-m", "ruff", "check", ".")
    run(project, "-m", "ruff", "format", "--check", ".")
    run(project, "-m", "mypy", "--strict", ".")


def test_the_committed_example_is_what_the_compiler_makes() -> None:
    run(ROOT, "-m", "bffgen", "generate", "specs/storefront/storefront.yaml", "-o", "generated_example", "--check")
