"""What a backend is sent: a call's arguments on the wire."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote
from uuid import UUID

from bffgen.openapi.model import Operation, Parameter

from .data import Breach, Moment, Obj, Reader, write


class _Nothing:
    def __repr__(self) -> str:
        return "NOTHING"


NOTHING: Any = _Nothing()
"""No body at all, which is not null."""

_DELIMITERS = {"form": ",", "spaceDelimited": "%20", "pipeDelimited": "%7C"}
_HEADER = re.compile(r"(?:[\x21-\x7e\x80-\xff](?:[\x20-\x7e\x80-\xff\t]*[\x21-\x7e\x80-\xff])?)?")


class Unsent(Exception):
    """A value that cannot stand where it should go, or breaks its parameter's bounds: nothing is sent."""


@dataclass(frozen=True)
class Sent:
    """A request to a backend. `headers` are those that the call sets, by lower-case name."""

    method: str
    backend: str
    target: str
    body: Any
    headers: tuple[tuple[str, str], ...] = field(repr=False)


def shown(sent: Sent) -> str:
    """A request as text; equal requests are equal as such, their headers aside."""
    body = "" if sent.body is NOTHING else f" {_canonical(sent.body)}"
    return f"{sent.method} {sent.backend} {sent.target}{body}"


def _canonical(value: Any) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{key!r}: {_canonical(value[key])}" for key in sorted(value)) + "}"
        case list():
            return "[" + ", ".join(map(_canonical, value)) + "]"
        case float() if value.is_integer() and abs(value) < 2**53:
            return repr(int(value))
    return repr(value)


def request_of(operation: Operation, values: Mapping[int, Any], body: Any) -> Sent:
    """The request, `values` being the arguments by the `id` of their parameters. Raises `Unsent`."""
    given = [(one, values[id(one)]) for one in operation.parameters if values.get(id(one)) is not None]
    for parameter, value in given:
        _keeps_bounds(parameter, value)
    path = re.sub(r"\{([^{}]*)\}", lambda found: _segment(found[1], given), operation.path)
    pairs = [(quote(name, safe=""), quote(value, safe="")) for name, value in operation.query]
    pairs += [pair for p, v in given if p.location == "query" for pair in _query(p, v)]
    cookies = [pair for p, v in given if p.location == "cookie" for pair in _query(p, v)]
    headers = {p.name.lower(): _header(p, v) for p, v in given if p.location == "header"}
    if cookies:
        headers["cookie"] = "; ".join(f"{name}={value}" for name, value in cookies)
    target = path + ("?" + "&".join(f"{name}={value}" for name, value in pairs) if pairs else "")
    if body is not NOTHING:
        body = _body(operation, body)
    return Sent(operation.method, operation.backend, target, body, tuple(sorted(headers.items())))


def _body(operation: Operation, value: Any) -> Any:
    assert operation.body is not None
    try:
        data = write(value, operation.body.type)
        Reader(closed=True).read(data, operation.body.type)
    except Breach as error:
        raise Unsent from error
    return data


def _keeps_bounds(parameter: Parameter, value: Any) -> None:
    try:
        Reader(closed=True).read(write(value, parameter.type), parameter.type)
    except Breach as error:
        raise Unsent from error


# -------------------------------------------------------------------------------------------------- places


def _segment(name: str, given: list[tuple[Parameter, Any]]) -> str:
    parameter, value = next((p, v) for p, v in given if p.location == "path" and p.name == name)
    value = _as_json(parameter, value)
    parts = _parts(value, parameter.explode, _escaped)
    spelled = ",".join(parts)
    if spelled in ("", ".", ".."):
        raise Unsent
    match parameter.style:
        case "label":
            return "." + (".".join(parts) if parameter.explode else spelled)
        case "matrix" if parameter.explode and isinstance(value, Obj | dict):
            return "".join(f";{part}" for part in parts)
        case "matrix" if parameter.explode:
            return "".join(f";{_escaped(name)}={part}" for part in parts)
        case "matrix":
            return f";{_escaped(name)}={spelled}"
    return spelled


def _query(parameter: Parameter, value: Any) -> Iterator[tuple[str, str]]:
    name, value = _escaped(parameter.name), _as_json(parameter, value)
    if parameter.style == "deepObject":
        yield from _deep(name, value)
        return
    spell = _kept if parameter.allow_reserved and parameter.location == "query" else _escaped
    parts = _parts(value, parameter.explode, spell)
    if parameter.explode and isinstance(value, Obj | dict):
        for name, member in _members(value):
            items = [one for one in member if one is not None] if isinstance(member, list) else [member]
            yield from ((_escaped(name), spell(plain_text(one))) for one in items)
    elif parameter.explode:
        yield from ((name, part) for part in parts)
    elif parts:
        yield name, _DELIMITERS[parameter.style].join(parts)


def _deep(name: str, value: Any) -> Iterator[tuple[str, str]]:
    match value:
        case Obj() | dict():
            for key, one in _members(value):
                yield from _deep(f"{name}%5B{_escaped(key)}%5D", one)
        case list():
            yield from ((name, _escaped(plain_text(one))) for one in value if one is not None)
        case _:
            yield name, _escaped(plain_text(value))


def _header(parameter: Parameter, value: Any) -> str:
    value = _as_json(parameter, value)
    return header_text(",".join(_parts(value, parameter.explode, str)))


def _as_json(parameter: Parameter, value: Any) -> Any:
    return json.dumps(write(value), separators=(",", ":"), ensure_ascii=False) if parameter.json else value


def _parts(value: Any, explode: bool, spell: Callable[[str], str]) -> list[str]:
    match value:
        case Obj() | dict():
            pairs = [(spell(name), spell(plain_text(one))) for name, one in _members(value)]
            return [f"{name}={one}" for name, one in pairs] if explode else [part for pair in pairs for part in pair]
        case list():
            return [spell(plain_text(one)) for one in value if one is not None]
    return [spell(plain_text(value))]


def _members(value: Any) -> list[tuple[str, Any]]:
    found = value.fields if isinstance(value, Obj) else value
    return [(name, one) for name, one in found.items() if one is not None]


def header_text(value: Any) -> str:
    """The value of a header. Raises `Unsent` where none can be made of it."""
    text = plain_text(value)
    if not _HEADER.fullmatch(text):
        raise Unsent
    return text


def plain_text(value: Any) -> str:
    """One value, spelled. Raises `Unsent` for a number that is not finite."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int():
            return str(value)
        case float():
            if value - value != 0:
                raise Unsent
            return format(Decimal(repr(value)), "f") if "e" in repr(value) else repr(value)
        case Moment():
            return value.written
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case Obj() | dict() | list():  # inside of another one
            return json.dumps(write(value), separators=(",", ":"), ensure_ascii=False)
    raise Unsent


def _kept(text: str) -> str:
    return _escaped(text, ":/?@!$'()*,;=")


def _escaped(text: str, safe: str = "") -> str:
    try:
        return quote(text, safe=safe)
    except UnicodeEncodeError:
        raise Unsent from None
