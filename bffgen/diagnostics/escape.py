"""Text from elsewhere, made safe to print: a terminal must never act on what a file contains."""

from __future__ import annotations

import re
import unicodedata

# the secret part of `https://name:secret@host`
_USER_INFO = re.compile(r"(?<=://)[^\s/@\"'<>]+(?=@)")
_INVISIBLE = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))


def visible(text: str, keep: str = "") -> str:
    """Control, formatting and direction characters as `\\u{1b}`; those in `keep` stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char in keep else _visible_character(char) for char in text)


def _visible_character(char: str) -> str:
    return f"\\u{{{ord(char):x}}}" if unicodedata.category(char) in _INVISIBLE else char


def redacted(text: str) -> str:
    """The same text, as long as before, without the credentials in its addresses."""
    return _USER_INFO.sub(lambda found: "*" * len(found[0]), text) if "@" in text else text


def padding(text: str) -> str:
    """White space as wide as a text that was printed: tabs stay, wide characters take two columns."""
    return "".join("\t" if char == "\t" else " " * width(char) for char in text)


def width(char: str) -> int:
    """The columns that a terminal gives a character."""
    if char.isascii():
        return 1
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1
