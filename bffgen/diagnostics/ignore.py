"""`# bffgen: ignore[BFF405] reason` on a line silences its warnings of that code."""

from __future__ import annotations

import re

from bffgen.source.text import Span

_COMMENT = re.compile(r"(?:^|\s)#\s*bffgen:\s*ignore\[([A-Z0-9,\s]*)\]")


def is_ignored(code: str, span: Span) -> bool:
    """Whether the line at which a span starts says that `code` is to be ignored."""
    if "bffgen:" not in span.file.text:
        return False
    found = _COMMENT.search(span.file.line(span.file.place(span.start)[0]))
    return found is not None and code in re.split(r"[,\s]+", found[1])
