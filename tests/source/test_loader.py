"""Files that can be read and files that cannot: each a located message, none a traceback."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from bffgen.diagnostics.model import Diagnostics
from bffgen.source.loader import MAX_BYTES, Loader
from bffgen.source.text import SourceFile, Span

ASKED = Span(SourceFile("spec.yaml", "openapi: there\n"), 9, 14)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spec" / "backends").mkdir(parents=True)
    return Path("spec")


def finding(root: Path, reference: str) -> str:
    """The one finding about a file that cannot be read: where it was asked for, its code and message."""
    diags = Diagnostics()
    assert Loader(root, diags).load(reference, ASKED) is None
    (found,) = diags.sorted()
    assert found.primary.span == ASKED
    return f"{found.code} {found.message}" + (f" | {found.help}" if found.help else "")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            b"\n<!DOCTYPE html><html>",
            "BFF106 `spec/x.json` looks like an HTML page, not like a document in YAML or JSON",
        ),
        (b"<HTML lang=en>", "BFF106 `spec/x.json` looks like an HTML page, not like a document in YAML or JSON"),
        (b"\x7fELF\x02\x01\x00", "BFF106 `spec/x.json` is a binary file"),
        (b"a: 1\nb: \xe9t\xe9", "BFF106 `spec/x.json` is not UTF-8 text: byte 0xE9 in line 2"),
        ("a: 1".encode("utf-16"), "BFF106 `spec/x.json` is UTF-16 | save the file as UTF-8"),
        (b"", "BFF106 `spec/x.json` is empty"),
        (b"\xef\xbb\xbf \n", "BFF106 `spec/x.json` is empty"),
    ],
)
def test_a_file_that_is_no_document(root: Path, content: bytes, expected: str) -> None:
    (root / "x.json").write_bytes(content)
    assert finding(root, "x.json") == expected


def test_a_missing_file_names_one_that_is_there(root: Path) -> None:
    (root / "catalog.yaml").write_text("a: 1")
    assert finding(root, "catalogue.yaml") == (
        "BFF106 there is no file `spec/catalogue.yaml` | did you mean `catalog.yaml`?"
    )
    assert finding(root, "nowhere/x.yaml") == "BFF106 there is no file `spec/nowhere/x.yaml`"


def test_folders_and_pipes_are_no_files(root: Path) -> None:
    assert finding(root, "backends") == "BFF106 `spec/backends` is a folder, not a file"
    os.mkfifo(root / "pipe")
    assert finding(root, "pipe") == "BFF106 `spec/pipe` is not a regular file"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file(root: Path) -> None:
    (root / "x.yaml").write_text("a: 1")
    (root / "x.yaml").chmod(0)
    assert finding(root, "x.yaml") == "BFF106 `spec/x.yaml` cannot be read: permission denied"


def test_a_large_file_is_not_read(root: Path) -> None:
    with (root / "x.yaml").open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    assert finding(root, "x.yaml") == "BFF107 `spec/x.yaml` is larger than 32 MiB"


@pytest.mark.parametrize("reference", ["../out.yaml", "backends/../../out.yaml", "link.yaml", "folder/out.yaml"])
def test_nothing_outside_of_the_root_is_read(root: Path, reference: str) -> None:
    Path("out.yaml").write_text("a: 1")
    (root / "link.yaml").symlink_to("../out.yaml")
    (root / "folder").symlink_to("..")
    help_ = "put the file into that folder, or the spec into one above both"
    assert finding(root, reference) == f"BFF602 `{reference}` leads outside of the spec's folder | {help_}"


@pytest.mark.parametrize("reference", ["/etc/passwd", "\\\\host\\share\\x"])
def test_absolute_paths_are_refused(root: Path, reference: str) -> None:
    assert finding(root, reference).startswith("BFF602")


@pytest.mark.parametrize("reference", ["https://me:pw@x.org/a.json", "file:///etc/passwd", "//x.org/a", "data:,x"])
def test_nothing_is_fetched_and_no_secret_is_shown(root: Path, reference: str) -> None:
    found = finding(root, reference)
    assert found.startswith("BFF505") and "pw" not in found


@pytest.mark.parametrize("reference", ["", " ", "a\0b", "x" * 5000, "loop.yaml"])
def test_paths_that_no_system_has(root: Path, reference: str) -> None:
    (root / "loop.yaml").symlink_to("loop.yaml")
    assert finding(root, reference).startswith("BFF106")


def test_files_are_read_once_relative_to_who_asks_and_hashed(root: Path) -> None:
    raw = b"\xef\xbb\xbfa: 1\r\n"
    (root / "a.yaml").write_bytes(raw)
    (root / "backends" / "b.yaml").write_text("b: 1")
    loader = Loader(root, Diagnostics())
    b = loader.load("backends/b.yaml")
    assert b is not None
    a = loader.load("../a.yaml", beside=b.file)
    assert a is not None and a is loader.load("./a.yaml") and a is loader.load(root / "a.yaml")
    assert a.data() == {"a": 1}
    assert a.file.path == "spec/a.yaml"
    assert loader.files == {
        "backends/b.yaml": hashlib.sha256(b"b: 1").hexdigest(),
        "a.yaml": hashlib.sha256(raw).hexdigest(),
    }


def test_a_broken_file_is_reported_once_whoever_asks(root: Path) -> None:
    (root / "x.yaml").write_text("a: b: c")
    diags = Diagnostics()
    loader = Loader(root, diags)
    assert loader.load("x.yaml", ASKED) is None and loader.load("x.yaml", Span(ASKED.file, 0, 7)) is None
    (found,) = diags.sorted()
    assert (found.code, found.primary.span.file.path) == ("BFF101", "spec/x.yaml")


def test_a_missing_spec_is_reported_without_a_place(root: Path) -> None:
    diags = Diagnostics()
    assert Loader(root, diags).load(root / "spec.yaml") is None
    (found,) = diags.sorted()
    assert (found.message, found.primary.span.file.path) == ("there is no file `spec/spec.yaml`", "spec/spec.yaml")
