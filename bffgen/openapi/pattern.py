"""A text that matches a regular expression, for the simple ones that documents have."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic_core import SchemaValidator

MAX_PATTERN = 4096
MAX_REPEAT = 1000
MAX_INNER = 20
MAX_TEXT = 1000
UNREADABLE = (re.error, RecursionError, OverflowError)
CATEGORIES = {c.CATEGORY_DIGIT: "1", c.CATEGORY_WORD: "a", c.CATEGORY_SPACE: " ", c.CATEGORY_NOT_DIGIT: "a"}
CATEGORIES |= {c.CATEGORY_NOT_SPACE: "a", c.CATEGORY_NOT_WORD: "-"}
PREFERRED = "a1A-_. /:@"


def matching_text(pattern: str, shortest: int = 0, longest: int | None = None) -> str | None:
    """A text within the lengths that the pattern finds; None when none was found easily."""
    try:
        parsed = _parser.parse(pattern)
        for extra in (0, 1, 2, 4, 8, min(shortest, MAX_REPEAT)) if _is_tame(parsed) else ():
            text = _text(parsed, extra)
            text += "a" * min(shortest - len(text), MAX_TEXT)
            if len(text) >= shortest and (longest is None or len(text) <= longest) and matches(pattern, text):
                return text
    except (*UNREADABLE, _Beyond):
        pass
    return None


def matches(pattern: str, text: str) -> bool:
    """Whether the pattern finds the text. What no engine here reads is let pass.

    A pattern with which Python might never be done is for the validator's own engine, which takes linear time.
    """
    try:
        if not _is_tame(_parser.parse(pattern)):
            return keeps_pattern(pattern, text)
        return len(text) > MAX_TEXT or bool(re.search(pattern, text))
    except UNREADABLE:
        return True


def compiles(pattern: str) -> bool:
    """Whether the validator's own engine takes the pattern; it has no look-around and no back-references."""
    return _validator(pattern) is not None


def keeps_pattern(pattern: str, text: str) -> bool:
    """Whether the validator finds the pattern in the text; one that it does not take is not checked."""
    validator = _validator(pattern)
    return validator is None or bool(validator.isinstance_python(text))


@lru_cache(maxsize=1024)
def _validator(pattern: str) -> SchemaValidator | None:
    from pydantic_core import SchemaError, SchemaValidator, core_schema

    if len(pattern) > MAX_PATTERN or not pattern.isprintable():
        return None
    try:
        return SchemaValidator(core_schema.str_schema(pattern=pattern))
    except (SchemaError, ValueError):
        return None


def is_tame(pattern: str) -> bool:
    """Whether Python reads the pattern, and is done with any text in good time."""
    try:
        return _is_tame(_parser.parse(pattern))
    except UNREADABLE:
        return False


def _is_tame(items: Iterable[Any], repeated: bool = False) -> bool:
    """Whether repetitions within repetitions are short: `(a+)+` takes exponential time."""
    for op, argument in items:
        if op in (c.MAX_REPEAT, c.MIN_REPEAT):
            most = int(argument[1])
            if (repeated and most > MAX_INNER) or not _is_tame(argument[2], repeated or most > 1):
                return False
        elif op is c.SUBPATTERN and not _is_tame(argument[3], repeated):
            return False
        elif op is c.BRANCH and not all(_is_tame(branch, repeated) for branch in argument[1]):
            return False
    return True


class _Beyond(Exception):
    """The pattern is not a simple one."""


def _text(items: Iterable[Any], extra: int) -> str:
    """A text for a parsed pattern, each repetition made `extra` times more often than it must where it may."""
    return "".join(_piece(op, argument, extra) for op, argument in items)


def _piece(op: Any, argument: Any, extra: int) -> str:
    if op is c.LITERAL:
        return chr(argument)
    if op is c.ANY:
        return "a"
    if op is c.AT or op is c.ASSERT_NOT:
        return ""
    if op is c.NOT_LITERAL:
        return "b" if argument == ord("a") else "a"
    if op is c.IN:
        return _member(argument)
    if op in (c.MAX_REPEAT, c.MIN_REPEAT):
        least, most, inner = argument
        count: int = min(least + extra, int(most), max(MAX_REPEAT, least))
        return _text(inner, extra) * count
    if op is c.SUBPATTERN:
        return _text(argument[3], extra)
    if op is c.BRANCH:
        return _text(argument[1][0], extra)
    raise _Beyond


def _member(choices: list[tuple[Any, Any]]) -> str:
    """A character of a class such as `[a-z0-9_]`, or outside of `[^...]`."""
    if choices[0][0] is c.NEGATE:
        return next((char for char in PREFERRED if not any(_holds(choice, char) for choice in choices[1:])), "~")
    preferred = next((char for char in PREFERRED if any(_holds(choice, char) for choice in choices)), None)
    if preferred is not None:
        return preferred
    op, argument = choices[0]
    return chr(argument[0] if op is c.RANGE else argument) if op in (c.RANGE, c.LITERAL) else CATEGORIES[argument]


def _holds(choice: tuple[Any, Any], char: str) -> bool:
    op, argument = choice
    if op is c.LITERAL:
        return bool(ord(char) == argument)
    if op is c.RANGE:
        return bool(argument[0] <= ord(char) <= argument[1])
    is_word = char.isalnum() or char == "_"
    known: dict[Any, bool] = {
        c.CATEGORY_DIGIT: char.isdigit(),
        c.CATEGORY_NOT_DIGIT: not char.isdigit(),
        c.CATEGORY_SPACE: char.isspace(),
        c.CATEGORY_NOT_SPACE: not char.isspace(),
        c.CATEGORY_WORD: is_word,
        c.CATEGORY_NOT_WORD: not is_word,
    }
    return known.get(argument, False)
