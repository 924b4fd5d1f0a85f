"""Example data of a type: the document's own examples where they fit, else made up, always the same."""

from __future__ import annotations

import json
import math
from typing import Any

from bffgen.openapi.docs import is_sayable
from bffgen.openapi.fits import fits, within
from bffgen.openapi.media import is_json, may_be_json
from bffgen.openapi.model import Operation, Response
from bffgen.openapi.pattern import matching_text
from bffgen.typesystem.model import (
    BYTES,
    NO_DOCS,
    Bounds,
    Docs,
    Kind,
    ListType,
    MapType,
    Nullable,
    ObjectType,
    Scalar,
    Type,
    Union,
    Unknown,
)
from bffgen.typesystem.names import python_name

FORMATS = {
    "date-time": "2024-01-15T09:30:00Z",
    "date": "2024-01-15",
    "time": "09:30:00Z",
    "duration": "PT1H",
    "uuid": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "uri-reference": "/example",
    "email": "somebody@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "byte": "ZXhhbXBsZQ==",
    "base64": "ZXhhbXBsZQ==",
    "decimal": "1.00",
}
MAX_VALUES = 2000  # beyond it only what must be there is made
MAX_LENGTH = 10_000
MAX_INSIDE = 20  # objects within objects that are filled with more than they must have
MAX_REQUIRED_INSIDE = 60
_ABSENT: Any = object()


def sample(of: Type, docs: Docs = NO_DOCS, name: str = "") -> Any:
    """JSON data of the type, `name` being the field that it is for.

    Lists have one element, or as many as they must; optional fields are there unless they lead back to an object
    that holds them. The same type gives the same data.
    """
    try:
        return _Sampler().value(of, docs, name)
    except _Endless:
        return None


def sample_reply(operation: Operation) -> tuple[int, Any]:
    """The status and the data of a successful answer: the media type's example where it fits.

    The data is None where the answer has no content, or content that is not JSON and has no example.
    """
    response = success_response(operation)
    if response is None:
        return 200, None
    return response.status if isinstance(response.status, int) else 200, sample_of(response)


def sample_of(response: Response) -> Any:
    """The data of a documented answer, as `sample_reply` has it."""
    content = response.content
    if content.type is None:
        return None
    example = _unpacked(content.example) if content.has_example else _ABSENT
    if example is not _ABSENT and fits(example, content.type):
        return example
    return sample(content.type) if is_json_like(content.media_type) and content.type != BYTES else None


def success_response(operation: Operation) -> Response | None:
    """The documented answer that stands for success: the lowest status, one with content before one without."""
    documented = operation.success()
    return min(documented, key=lambda r: (r.type is None, str(r.status)), default=None)


def is_json_like(media_type: str | None) -> bool:
    """Whether an answer of this media type is JSON, or may be."""
    return media_type is not None and (is_json(media_type) or may_be_json(media_type))


def _unpacked(example: Any) -> Any:
    """An example; where it is JSON written as a text, what the text says."""
    if isinstance(example, str) and example.lstrip()[:1] in ("{", "["):
        try:
            data = json.loads(example)
        except (ValueError, RecursionError):
            return example
        return data if is_sayable(data) else example
    return example


class _Endless(Exception):
    """An object that must hold itself."""


class _Sampler:
    def __init__(self) -> None:
        self._inside: set[int] = set()
        self._left = MAX_VALUES

    def value(self, of: Type, docs: Docs, name: str) -> Any:
        self._left -= 1
        if docs.has_example and fits(docs.example, of):
            return docs.example
        match of:
            case Scalar():
                return _scalar(of, name)
            case Nullable(inner):
                return self._or(None, inner, name)
            case ListType(item):
                return self._list(of, item, name)
            case MapType(_, value):
                return self._map(value)
            case ObjectType():
                return self._object(of)
            case Union():
                return self._first(of, name)
            case Unknown():
                return {}
        return None

    def _or(self, instead: Any, of: Type, name: str) -> Any:
        try:
            return self.value(of, NO_DOCS, name) if self._left > 0 else instead
        except _Endless:
            return instead

    def _list(self, of: ListType, item: Type, name: str) -> list[Any]:
        if of.max_items == 0:
            return []
        if of.min_items:
            return [self.value(item, NO_DOCS, name) for _ in range(min(of.min_items, MAX_VALUES))]
        made = self._or(_Endless, item, name)
        return [] if made is _Endless else [made]

    def _map(self, value: Type) -> dict[str, Any]:
        made = self._or(_Endless, value, "value")
        return {} if made is _Endless else {"key": made}

    def _first(self, of: Union, name: str) -> Any:
        """Data of the first arm that can be made, with the tag that says so."""
        for at, arm in enumerate(of.arms):
            made = self._or(_Endless, arm, name)
            if made is not _Endless:
                return _tagged(made, of, at)
        return self.value(of.arms[0], NO_DOCS, name) if of.arms else None  # none: the item of `[]`

    def _object(self, of: ObjectType) -> dict[str, Any]:
        if id(of) in self._inside or len(self._inside) > MAX_REQUIRED_INSIDE:
            raise _Endless
        self._inside.add(id(of))
        try:
            made = {}
            for name, field in of.fields.items():
                if field.required:
                    made[name] = self.value(field.type, field.docs, name)
                elif self._left > 0 and len(self._inside) <= MAX_INSIDE:
                    self._add_optional(made, name, field.type, field.docs)
            return made
        finally:
            self._inside.discard(id(of))

    def _add_optional(self, made: dict[str, Any], name: str, of: Type, docs: Docs) -> None:
        try:
            value = self.value(of, docs, name)
        except _Endless:
            return
        if fits(value, of):
            made[name] = value


def _tagged(made: Any, of: Union, at: int) -> Any:
    """Data of an arm of a union; where the arm is one of several tags, with one of them."""
    tags = of.tags[at] if of.tag is not None and at < len(of.tags) else ()
    if not tags or not isinstance(made, dict) or made.get(of.tag) in tags:
        return made
    tagged = {**made, of.tag: tags[0]}
    return tagged if fits(tagged, of.arms[at]) else made


def _scalar(of: Scalar, name: str) -> Any:
    if of.values:
        return next((value for value in of.values if within(value, of.bounds)), of.values[0])
    if of.kind in (Kind.INTEGER, Kind.NUMBER):
        return _number(of.bounds, whole=of.kind is Kind.INTEGER)
    if of.kind is Kind.BOOLEAN:
        return True
    if of.kind in (Kind.DATE, Kind.DATETIME, Kind.UUID):
        return FORMATS[of.kind.value]
    return _text(of, name)


def _text(of: Scalar, name: str) -> str:
    bounds = of.bounds
    usual = FORMATS.get(of.format or "") or _word(name)
    if within(usual, bounds):
        return usual
    if bounds.pattern is not None:
        found = matching_text(bounds.pattern, bounds.min_length or 0, bounds.max_length)
        if found is None:
            found = next((known for known in FORMATS.values() if within(known, bounds)), None)
        if found is not None:
            return found
    shortest = min(bounds.min_length or 0, MAX_LENGTH)
    return usual.ljust(shortest, "x")[: bounds.max_length]


def _word(name: str) -> str:
    """A text for a field: what is an id is `1` everywhere, so that answers of different backends join."""
    word = python_name(name) if name else "text"
    return "1" if word.rpartition("_")[2] in ("id", "ids", "key", "number") else word.rstrip("_")


def _number(bounds: Bounds, *, whole: bool) -> int | float:
    step = bounds.multiple_of or (1 if whole else 0.5)
    low = max((x for x in (bounds.minimum, bounds.exclusive_minimum) if x is not None), default=None)
    high = min((x for x in (bounds.maximum, bounds.exclusive_maximum) if x is not None), default=None)
    start = 1 if low is None and (high is None or high >= 1) else low if low is not None else high
    assert start is not None
    start = max(start, 1) if high is None or high >= 1 else start
    first = math.ceil(start / step) * step
    between = [(low + high) / 2] if low is not None and high is not None else []
    tries = [first, first + step, first - step, start, *between, low, high]
    fitting = (x for x in tries if x is not None and within(x, bounds) and (not whole or x == int(x)))
    found = next(fitting, first)
    return int(found) if whole or found == int(found) else found
