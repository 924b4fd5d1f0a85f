"""Text from elsewhere, made safe to print: a terminal must never act on what a file contains."""

from __future__ import annotations

import re
import unicodedata

# the secret part of `https://name:secret@host`
_USER_INFO = re.compile(r"(?<=://)[^\s/@\"'<>]+(?=@)")


def visible(text: str, keep: str = "") -> str:
    """Control, direction and other characters that do not print as `\\u{1b}`; those in `keep` stay."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in keep else f"\\u{{{ord(char):x}}}" for char in text)


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
