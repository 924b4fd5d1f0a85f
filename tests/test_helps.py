"""A help that shows what to write is an edit: pasted over what is underlined, it makes the mistake go away."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bffgen.diagnostics.model import Diagnostic
from bffgen.pipeline import check_spec

CASES = Path(__file__).parent / "cases/errors"
HELP = re.compile(r"(?:did you mean|write) `([^`]+)`\??")
GENERAL = re.compile(r"\.\.\.|\bxs?\b|\ba\b.*\bb\b|\bcall\b\(|\bcondition\b")  # a form, not an edit


def findings() -> Iterator[tuple[str, int, str]]:
    for expected in sorted(CASES.glob("*/expected.txt")):
        helps = re.findall(r"^ += help: (.*)$", expected.read_text("utf-8"), re.M)
        for at, help in enumerate(helps):
            found = HELP.fullmatch(help)
            if found and not GENERAL.search(found[1]) and not (expected.parent / "commands.txt").exists():
                yield expected.parent.name, at, found[1]


FINDINGS = list(findings())


def found_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Diagnostic]:
    monkeypatch.chdir(folder)
    return check_spec(Path("spec.yaml")).diagnostics.sorted()


def pasted(text: str, start: int, end: int, edit: str) -> str:
    """`edit` over a piece of a text; what stands around the piece already is not written twice."""
    before, after = text[:start], text[end:]
    line = before.rpartition("\n")[2]
    if (key := re.match(r"\s*(?:- )?([\w-]+: )", line)) and edit.startswith(key[1]):  # a whole line
        return before[: len(before) - len(line) + key.start(1)] + edit + "\n" + after.partition("\n")[2]
    if (step := edit.find("[")) > 0 and before.endswith(f"{edit[:step]}."):  # `a.` becomes `a["b"]`
        return before[:-1] + edit[step:] + after
    shared = max(n for n in range(len(edit) + 1) if before.endswith(edit[:n]))
    rest = edit[shared:]
    trailing = shared and max(n for n in range(len(rest) + 1) if after.startswith(rest[len(rest) - n :]))
    return before + rest[: len(rest) - trailing] + after


def test_there_are_helps_to_paste() -> None:
    assert len(FINDINGS) >= 90


@pytest.mark.parametrize(("name", "at", "edit"), FINDINGS, ids=[f"{name}-{edit}" for name, _, edit in FINDINGS])
def test_a_pasted_help_mends(name: str, at: int, edit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "case"
    shutil.copytree(CASES / name, folder)
    found = [one for one in found_in(folder, monkeypatch) if one.help][at]
    span = found.primary.span
    path = folder / span.file.path
    path.write_text(pasted(span.file.text, span.start, span.end, edit), "utf-8")
    left = found_in(folder, monkeypatch)
    line = span.file.place(span.start)[0]
    here = {(one.code, one.message) for one in left if one.primary.span.file.place(one.primary.span.start)[0] == line}
    assert (found.code, found.message) not in here
    assert not {code for code, _ in here} & {"BFF101", "BFF113", "BFF114"}, path.read_text("utf-8").splitlines()[
        line - 1
    ]
