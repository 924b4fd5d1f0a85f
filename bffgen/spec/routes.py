"""Keys of endpoints: `GET /products/{product_id}`, by a grammar of our own."""

from __future__ import annotations

import re

from bffgen.records import dataclass
from bffgen.source.similar import closest
from bffgen.spec.names import suggestion, why_no_name

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PROXIED = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY")
OTHER_METHODS = ("HEAD", "OPTIONS", "TRACE", "CONNECT", "QUERY")

_LITERAL = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@-]*\Z")
_OF_OTHERS = re.compile(r":([A-Za-z_]\w*)|<(?:\w+:)?([A-Za-z_]\w*)>")  # `:id` of Express, `<int:id>` of Flask
_SEGMENT = re.compile(r"([^{}]*)(?:\{([^{}]*)\}([^{}]*))?\Z")


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str
    variables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a key, from `start` to `end` of its text."""

    code: str
    message: str
    start: int
    end: int
    note: str | None = None
    help: str | None = None


def parse_route(text: str) -> Route | Fault:
    """Read `METHOD /path`; variables are whole segments or stand beside literal text, each name once."""
    method, _, path = text.partition(" ")
    if method not in METHODS:
        return _method_fault(method, path, len(text))
    at = len(method) + 1
    if not path.startswith("/"):
        return Fault("BFF111", "a path begins with `/`", at if path else 0, len(text), help=_slashed(method, path))
    found = _path_variables(text, at)
    return found if isinstance(found, Fault) else Route(method, path, found)


def parse_template(text: str) -> Route | Fault:
    """Read the path of a proxy: the last segment may be a tail, `{path:path}`, which has slashes in it."""
    if not text.startswith("/"):
        help_ = f"write `/{text}`" if text and not text[0].isspace() and "://" not in text else None
        return Fault("BFF111", "a path begins with `/`", 0, len(text), help=help_)
    head, _, last = text.rpartition("/")
    tail = _TAIL.match(last)
    if tail is None:
        found = _path_variables(text, 0)
        return found if isinstance(found, Fault) else Route("", text, found)
    plain = f"{head}/{{{tail[1]}}}"
    found = _path_variables(plain, 0)
    return found if isinstance(found, Fault) else Route("", text, found)


_TAIL = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*):path\}\Z")


def _path_variables(text: str, at: int) -> tuple[str, ...] | Fault:
    """The variables of the path that begins at `at`."""
    path = text[at:]
    variables: list[str] = []
    for segment in path[1:].split("/"):
        at += 1
        fault = _segment_fault(segment, at, variables, last=at + len(segment) == len(text))
        if fault:
            return fault
        at += len(segment)
    return tuple(variables)


def _slashed(method: str, path: str) -> str | None:
    return f"write `{method} /{path}`" if path and not path[0].isspace() and "://" not in path else None


def _method_fault(method: str, path: str, size: int) -> Fault:
    if method.startswith("/") or not method:
        message = "an endpoint is `METHOD /path`, with one space"
        return Fault("BFF111", message, 0, size, help=f"write `GET {method}`" if method else None)
    upper = method.upper()
    note = f"an endpoint has one of the methods {', '.join(f'`{name}`' for name in METHODS)}"
    alike = [name for name in METHODS if name[0] == upper[:1] and upper not in OTHER_METHODS]
    meant = upper if upper in METHODS else closest(method, alike)
    help = f"write `{meant} {path}`" if meant else None
    if method == "HEAD":
        note = "an endpoint of method `GET` answers `HEAD` too"
    return Fault("BFF111", f"`{method}` is not a method that an endpoint has", 0, len(method), note, help)


def _segment_fault(segment: str, at: int, variables: list[str], last: bool) -> Fault | None:
    end = at + len(segment)
    if segment in (".", "..") or (not segment and not last):
        what = f"segment `{segment}`" if segment else "empty segment"
        return Fault("BFF111", f"a path has no {what}", max(at - 1, 0), max(end, at))
    if of_others := _OF_OTHERS.fullmatch(segment):
        name = of_others[1] or of_others[2]
        return Fault("BFF111", "a variable of a path stands in braces", at, end, help=f"write `{{{name}}}`")
    found = _SEGMENT.match(segment)
    if not found:
        return Fault("BFF111", f"`{segment}` is not a segment of a path", at, end, note=_RULE)
    for literal in (found[1], found[3] or ""):
        if not _LITERAL.match(literal):
            return _literal_fault(literal, at + segment.index(literal))
    return _variable_fault(found[2], at + len(found[1]) + 1, variables) if found[2] is not None else None


_RULE = "a segment has at most one `{variable}`"


def _literal_fault(literal: str, at: int) -> Fault:
    offset, bad = next((index, char) for index, char in enumerate(literal) if not _LITERAL.match(char))
    note = "a query is no part of a path: its parameters stand under `params`" if bad == "?" else None
    return Fault("BFF111", f"`{bad}` cannot stand in a path", at + offset, at + offset + 1, note)


def _variable_fault(name: str, at: int, variables: list[str]) -> Fault | None:
    end = at + max(len(name), 1)
    if not name:
        return Fault("BFF111", "a variable without a name", at, end)
    if ":" in name:
        plain = name.partition(":")[0]
        return Fault("BFF111", "a variable has no converter", at, end, help=f"write `{{{plain}}}`")
    why = why_no_name(name)
    if why:
        other = suggestion(name)
        return Fault("BFF108", f"`{name}` cannot be a name", at, end, why, f"write `{other}`" if other else None)
    if name in variables:
        return Fault("BFF111", f"variable `{name}` stands twice in the path", at, end)
    variables.append(name)
    return None
