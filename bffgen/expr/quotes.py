"""Helps that can be pasted: with the quotes that the place they are for lets have."""

from __future__ import annotations

import re

from bffgen.source.text import Span

_BEGINS_WITH_TEXT = re.compile(r'`(".*)`')


def in_place(help: str | None, span: Span) -> str | None:
    """A help for a place: inside of double quotes (YAML's, or those of a text) it has single ones.

    Where YAML would take the first quote for its own, the whole stands in single ones.
    """
    if help is None or '"' not in help or "'" in help:
        return help
    line, column = span.file.place(span.start)
    before = span.file.line(line)[: column - 1]
    if before.rstrip().endswith((":", "-")):
        return _BEGINS_WITH_TEXT.sub(r"`'\1'`", help)
    return help.replace('"', "'") if before.count('"') % 2 else help
