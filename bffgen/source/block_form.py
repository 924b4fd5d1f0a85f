"""A `{ }` mapping that YAML reads wrongly, printed the way that works."""

from __future__ import annotations

import re

_OPEN = {"(": ")", "[": "]", "{": "}"}


def block_form(text: str) -> str | None:
    """`{call: f(a, b), when: x}` as lines `call: f(a, b)` and `when: x`; None when unclear."""
    inner = _inner(text)
    if inner is None:
        return None
    lines = []
    for piece in _pieces(inner):
        found = re.match(r"\s*([\w$.-]+)\s*:\s+(.*\S)\s*\Z", piece, re.DOTALL)
        if not found:
            return None
        needs_parentheses = found[2][0] in "\"'[{" and not _closed(found[2])
        lines.append(f"{found[1]}: ({found[2]})" if needs_parentheses else f"{found[1]}: {found[2]}")
    return "\n".join(lines) or None


def _inner(text: str) -> str | None:
    """What stands between the first `{` and its `}`."""
    end = _balanced_end(text)
    return text[1 : end - 1] if end else None


def _closed(value: str) -> bool:
    if value[0] in "\"'":
        return re.fullmatch(rf"{value[0]}[^{value[0]}]*{value[0]}", value) is not None
    return _balanced_end(value) == len(value)


def _balanced_end(text: str) -> int | None:
    depth: list[str] = []
    for at, char in _bare(text):
        if char in _OPEN:
            depth.append(_OPEN[char])
        elif depth and char == depth[-1]:
            depth.pop()
            if not depth:
                return at + 1
    return None


def _pieces(text: str) -> list[str]:
    cuts, depth = [-1], 0
    for at, char in _bare(text):
        depth += (char in "([{") - (char in ")]}")
        if char == "," and depth == 0:
            cuts.append(at)
    ends = [*cuts[1:], len(text)]
    return [piece for start, end in zip(cuts, ends, strict=True) if (piece := text[start + 1 : end]).strip()]


def _bare(text: str) -> list[tuple[int, str]]:
    """The characters outside of quotes, with their offsets."""
    quote, bare = "", []
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        else:
            bare.append((at, char))
    return bare


def unbalanced(text: str) -> bool:
    """Whether a text opens a bracket that it does not close, or the reverse."""
    depth = 0
    for _, char in _bare(text):
        depth += (char in "([{") - (char in ")]}")
        if depth < 0:
            return True
    return depth != 0
