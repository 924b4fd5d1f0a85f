"""Why Python cannot read a text, in our words: its own differ by version, and know no other language."""

from __future__ import annotations

import keyword
import re

from bffgen.records import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong from `start` to `end` of a text: a few words, and what to write instead."""

    start: int
    end: int
    words: str
    help: str | None = None


# What other languages have, where Python stops at it.
_FOREIGN = (
    ("&&", "write `and`"),
    ("||", "write `or`"),
    ("?.", "write `.`: the field of null is null"),
    ("??", "write `default(a, b)`"),
    ("?", "write `a if condition else b`"),
    ("=>", "write `[f(x) for x in xs]`"),
    ("${", "write the expression without `${ }`"),
    ("===", "write `==`"),
    ("!==", "write `!=`"),
    ("!", "write `not`"),
    ("$", "write the name without `$`"),
    ("\u201c", 'write `"`'),
    ("\u201d", 'write `"`'),
    ("\u2018", "write `'`"),
    ("\u2019", "write `'`"),
)

_REASONS = (
    (r"'(.)' was never closed", "`{}` is never closed"),
    (r"unmatched '(.)'", "`{}` closes nothing"),
    (r"closing parenthesis '(.)' does not match opening parenthesis '(.)'", "`{}` does not close `{}`"),
    (r"unterminated", "this text has no end"),
    (r"expected 'else'", "an `if` needs its `else`"),
    (r"forgot a comma", "a comma is missing after this"),
    (r"leading zeros", "a number does not begin with `0`"),
    (r"invalid \w+ literal", "a name does not begin with a digit"),
    (r"f-string", "what stands in the `{{ }}` of this text cannot be read"),
)

_SENTENCE = re.compile(r"\w+(?:,? \w+)+[.!?]?")
_WORDS = {"and", "or", "not", "in", "is", "if", "else", "for", "lambda"}
_TOKEN = re.compile(r"\w+|.", re.DOTALL)
_LAST = re.compile(r"(\w+|.)\Z", re.DOTALL)


def fault_of(error: SyntaxError, text: str) -> Fault:
    """What Python found in `text`, the one line that it was given."""
    message = error.msg or ""
    size = len(text.rstrip())
    at = max((error.offset or 0) - 1, 0)
    if not error.offset or at >= size:
        last = _LAST.search(text[:size])
        return Fault(last.start() if last else 0, max(size, 1), _reason(message) or "something is missing after this")
    token = _TOKEN.match(text, at)
    end = token.end() if token else at + 1
    for sign, help in _FOREIGN:
        found = text.find(sign, max(at - len(sign) + 1, 0), at + len(sign))
        if found >= 0:
            return Fault(found, found + len(sign), "not of this language", help)
    return _by_token(text, at, end, message)


def _by_token(text: str, at: int, end: int, message: str) -> Fault:
    word = text[at:end]
    if word == "=" and not _reason(message):
        return Fault(at, end, "not a comparison", "write `==`")
    if keyword.iskeyword(word) and text[:at].rstrip().endswith("."):
        return Fault(at, end, "a keyword of Python", f"write `{word}_`")
    if _SENTENCE.fullmatch(text.strip()) and not set(text.split()) & _WORDS:
        return Fault(at, end, "not expected here", f'if a text was meant, write `("{text.strip()}")`')
    return Fault(at, end, _reason(message) or "not expected here")


def _reason(message: str) -> str | None:
    for theirs, ours in _REASONS:
        found = re.search(theirs, message)
        if found:
            return ours.format(*found.groups())
    return None
