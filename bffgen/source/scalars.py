"""Plain scalars by the YAML 1.2 core schema: null, booleans, integers and floats; all else is text."""

from __future__ import annotations

import re

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_FIRST = frozenset("0123456789+-.~ntfNTF")
_INT = re.compile(r"[-+]?[0-9]+\Z|0o[0-7]+\Z|0x[0-9a-fA-F]+\Z").match
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z").match
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z").match
_MAX_DIGITS = 4000  # Python refuses to read or print much longer integers


def plain(text: str) -> bool | int | float | str | None:
    """The value of an unquoted scalar."""
    if text and text[0] not in _FIRST:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT(text):
        return _integer(text)
    if _FLOAT(text):
        return float(text)
    if _SPECIAL(text):
        return float(text.lower().replace(".", ""))
    return text


def _integer(text: str) -> int | str:
    if len(text) > _MAX_DIGITS:
        return text
    return int(text, 0) if text[:2] in ("0x", "0o") else int(text)
