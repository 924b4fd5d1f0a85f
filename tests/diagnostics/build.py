"""Diagnostics made by hand, for the tests here."""

from __future__ import annotations

from textwrap import dedent

from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.source.text import SourceFile, Span


def file(text: str, path: str = "specs/shop.yaml") -> SourceFile:
    return SourceFile(path, dedent(text))


def find(source: SourceFile, text: str, label: str = "", nth: int = 1) -> Label:
    """A label at the nth place where a text stands."""
    at = -1
    for _ in range(nth):
        at = source.text.index(text, at + 1)
    return Label(Span(source, at, at + len(text)), label)


def one(
    code: str, message: str, primary: Label, *more: Label, note: str | None = None, help: str | None = None
) -> Diagnostics:
    diags = Diagnostics()
    diags.report(code, message, primary, *more, note=note, help=help)
    return diags
