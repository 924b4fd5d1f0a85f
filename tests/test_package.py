"""What is installed finds its templates: a wheel inside itself, a checkout beside itself."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
WHERE = "from bffgen.render.environment import templates; print(templates())"


def _python(*arguments: object, **extra: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *map(str, arguments)]
    environment = {**os.environ, **extra}
    return subprocess.run(
        command, cwd=ROOT.parent, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's files, built without the network, and nothing of the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    built = _python("-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    assert built.returncode == 0, built.stderr + built.stdout
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def test_the_wheel_brings_its_templates(unpacked: Path) -> None:
    done = _python("-c", WHERE, PYTHONPATH=str(unpacked))
    assert done.stdout.strip() == str(unpacked / "bffgen/templates"), done.stderr
    shipped = {str(path.relative_to(ROOT / "templates")) for path in (ROOT / "templates").rglob("*.*")}
    missing = {
        name for name in shipped if "__pycache__" not in name and not (unpacked / "bffgen/templates" / name).exists()
    }
    assert missing == set()


def test_the_wheel_works_on_its_own(unpacked: Path, tmp_path: Path) -> None:
    spec = ROOT / "specs/produto/produto.yaml"
    done = _python("-m", "bffgen", "generate", spec, "-o", tmp_path / "out", PYTHONPATH=str(unpacked))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out/main.py").is_file()
    explained = _python("-m", "bffgen", "explain", "BFF302", PYTHONPATH=str(unpacked))
    assert explained.returncode == 0, explained.stderr
    started = _python("-m", "bffgen", "init", tmp_path / "new", PYTHONPATH=str(unpacked))
    assert started.returncode == 0, started.stderr


def test_a_checkout_finds_its_templates() -> None:
    done = _python("-c", WHERE, PYTHONPATH=str(ROOT))
    assert done.stdout.strip() == str(ROOT / "templates"), done.stderr
