"""Every code has a case, a page and a place where it is reported; nothing is reported that has no code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bffgen.diagnostics.catalog import CODES, Severity
from bffgen.diagnostics.explain import page
from bffgen.pipeline import check_spec
from bffgen.spec import keys

ROOT = Path(__file__).resolve().parents[1]
CASES = ROOT / "tests/cases"
EXPECTED = {path.parent.name: path.read_text("utf-8") for path in (CASES / "errors").glob("*/expected.txt")}
SOURCES = {path: path.read_text("utf-8") for path in (ROOT / "bffgen").rglob("*.py") if path.name != "catalog.py"}


def codes_in(text: str) -> set[str]:
    return set(re.findall(r"\bBFF\d{3}\b", text))


@pytest.mark.parametrize("code", CODES)
def test_a_code_has_a_case(code: str) -> None:
    severity = CODES[code].severity
    assert any(f"{severity}[{code}]: " in text for text in EXPECTED.values())


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_reported_somewhere(code: str) -> None:
    assert any(code in codes_in(text) for text in SOURCES.values())


def test_only_codes_of_the_catalog_are_used() -> None:
    assert set().union(*map(codes_in, SOURCES.values())) <= CODES.keys()
    assert set().union(*map(codes_in, EXPECTED.values())) <= CODES.keys()


def test_every_key_that_does_not_work_yet_says_so() -> None:
    text = EXPECTED["later-keys"]
    tables = [table for table in vars(keys).values() if isinstance(table, keys.Table)]
    later = [(table.what, key.name) for table in tables for key in table.keys.values() if key.later]
    assert later
    for what, name in later:
        assert text.count(f"error[BFF109]: `{name}` of {what} is not there yet\n") == 1, (what, name)
    assert text.count("error[") == len(later)


# ------------------------------------------------------------------------------------------ explain


@pytest.mark.parametrize("code", CODES)
def test_a_page_has_its_title_its_cause_and_two_examples(code: str) -> None:
    text = page(code)
    assert text.startswith(f"# {code}: {CODES[code].title}\n\n")
    verb = "This warns:" if CODES[code].severity is Severity.WARNING else "This is refused:"
    cause, _, examples = text.partition(f"\n\n{verb}\n\n```")
    assert cause.count("\n") in range(2, 9)
    assert len(re.findall(r"^```(?:yaml|sh)$", text, re.M)) == 2
    assert "\n```\n\nThis works:\n\n```" in examples
    assert all(len(line) <= 120 for line in text.splitlines())


BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.M | re.S)
HEAD = "bffgen: 1\nname: shop\nbackends:\n  shop: {openapi: shop.yaml}\nendpoints:\n"
COMPLETE = [code for code in CODES if re.search(r"^```yaml\n(?:GET|POST|PUT|PATCH|DELETE) /", page(code), re.M)]


def said_about(endpoints: str, folder: Path) -> set[str]:
    """The codes of what is found in endpoints over the document of the explain pages."""
    indented = "".join(f"  {line}\n" for line in endpoints.splitlines())
    (folder / "shop.yaml").write_text((CASES / "explain/shop.yaml").read_text("utf-8"), "utf-8")
    (folder / "spec.yaml").write_text(HEAD + indented, "utf-8")
    return {found.code for found in check_spec(folder / "spec.yaml").diagnostics.sorted()}


@pytest.mark.parametrize("code", COMPLETE)
def test_the_examples_of_a_page_do_what_it_says(code: str, tmp_path: Path) -> None:
    refused, works = BLOCK.findall(page(code))
    assert said_about(refused, tmp_path) == {code}
    assert said_about(works, tmp_path) == set()


def test_most_pages_have_examples_that_are_run() -> None:
    assert len(COMPLETE) >= 35
