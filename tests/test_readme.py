"""What the README shows is what comes out."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bffgen.cli.app import app

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
STOREFRONT = ROOT / "specs/storefront"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def console(command: str) -> str:
    """What the README shows below a command."""
    for block in blocks("console"):
        head, _, shown = block.partition("\n")
        if head == f"$ {command}":
            return shown
    raise AssertionError(f"no block of the README shows `{command}`")


@pytest.fixture
def tour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The README's first spec beside the storefront's documents."""
    shutil.copytree(STOREFRONT / "backends", tmp_path / "backends")
    spec = tmp_path / "storefront.yaml"
    spec.write_text(blocks("yaml")[0])
    monkeypatch.chdir(tmp_path)
    return spec


def run(*arguments: str) -> str:
    return CliRunner().invoke(app, [*arguments]).output


def test_the_spec_is_sound(tour: Path) -> None:
    assert "all sound" in run("check", tour.name)


def test_the_message(tour: Path) -> None:
    tour.write_text(tour.read_text().replace("price.amount", "price.ammount"))
    assert run("check", tour.name) == console("bffgen check storefront.yaml")


def test_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(STOREFRONT)
    endpoint = "GET /customers/{customer_id}"
    assert run("plan", "storefront.yaml", "-e", endpoint) == console(f'bffgen plan -e "{endpoint}"')


def test_the_emitted_endpoint() -> None:
    (shown,) = (block for block in blocks("python") if "@router" in block)
    emitted = ROOT / "generated_example/storefront/endpoints/get_products_product_id.py"
    assert shown in emitted.read_text()
