"""Names that a spec gives: what may be one."""

from __future__ import annotations

import keyword
import re

RESERVED = frozenset({"body", "claims", "degraded", "batch", "item", "answer", "error"})
MAX_NAME = 64

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_GATEWAY = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\Z")
_OPERATION_ID = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*\Z")
_TYPE = re.compile(r"[A-Z][A-Za-z0-9]*\Z")


def why_no_name(name: str) -> str | None:
    """What is wrong with the name of a backend, parameter, call or `let`; None when nothing is."""
    if name in RESERVED:
        return "a reserved word"
    if keyword.iskeyword(name):
        return "a keyword of Python"
    if not _NAME.match(name):
        return "letters, digits and `_` after a first letter make a name"
    return _too_long(name)


def _too_long(name: str) -> str | None:
    return f"longer than {MAX_NAME} characters" if len(name) > MAX_NAME else None


def suggestion(name: str) -> str | None:
    """A name like `name` that can be used."""
    if name in RESERVED or keyword.iskeyword(name):
        return name + "_"
    fixed = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")
    return fixed if fixed != name and len(fixed) > 1 and why_no_name(fixed) is None else None


def why_no_gateway_name(name: str) -> str | None:
    return _too_long(name) if _GATEWAY.match(name) else "letters, digits, `-` and `_` after a first letter"


def why_no_operation_id(name: str) -> str | None:
    return _too_long(name) if _OPERATION_ID.match(name) else "letters, digits, `_`, `.` and `-`"


def why_no_type_name(name: str) -> str | None:
    return _too_long(name) if _TYPE.match(name) else "a type's name is one capitalised word, such as `Review`"


def is_header(name: str) -> bool:
    """Whether a text is a field name of HTTP, which cookies' names are too."""
    return _HEADER.match(name) is not None
