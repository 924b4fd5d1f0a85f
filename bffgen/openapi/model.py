"""Operations of a backend as its OpenAPI document declares them, of whatever version, in our own types.

Types are made when first looked at, so that what a composition does not use is never converted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from bffgen.source.text import Span
from bffgen.typesystem.model import Docs, Place, Type, located

Location = Literal["path", "query", "header", "cookie"]
ANY_MEDIA = ("", "*/*", "application/*")  # media types that may be JSON
Style = Literal["simple", "label", "matrix", "form", "spaceDelimited", "pipeDelimited", "deepObject"]


@dataclass(frozen=True, eq=False, slots=True)
class Value:
    """What a parameter's schema says."""

    type: Type
    docs: Docs
    default: Any  # None when there is none


@dataclass(frozen=True, eq=False)
class Parameter:
    """A parameter of an operation. `json` says that it is one JSON text (`content: application/json`)."""

    name: str
    location: Location
    required: bool
    make_value: Callable[[], Value] = field(repr=False)
    style: Style
    explode: bool
    allow_reserved: bool
    json: bool
    place: Place = field(repr=False)

    @cached_property
    def _value(self) -> Value:
        return self.make_value()

    @property
    def type(self) -> Type:
        return self._value.type

    @property
    def docs(self) -> Docs:
        return self._value.docs

    @property
    def default(self) -> Any:
        return self._value.default

    @property
    def span(self) -> Span:
        """Of its name in the document."""
        return located(self.place)


@dataclass(frozen=True, eq=False)
class RequestBody:
    """`media_type` as the document has it; `application/json` where it says `*/*`. See `is_json`."""

    media_type: str
    make_type: Callable[[], Type] = field(repr=False)
    required: bool
    docs: Docs
    place: Place = field(repr=False)

    @cached_property
    def type(self) -> Type:
        return self.make_type()

    @property
    def is_json(self) -> bool:
        return is_json(self.media_type)

    @property
    def span(self) -> Span:
        return located(self.place)


@dataclass(frozen=True, eq=False, slots=True)
class Header:
    """A response header that the document declares."""

    name: str
    type: Type
    required: bool
    docs: Docs


@dataclass(frozen=True, eq=False, slots=True)
class Content:
    """What a response holds: see `Response`."""

    media_type: str | None = None
    type: Type | None = None
    headers: Mapping[str, Header] = field(default_factory=dict)  # by lower-case name
    description: str | None = None
    example: Any = None
    has_example: bool = False


@dataclass(frozen=True, eq=False)
class Response:
    """One line of `responses`. `status` is 200, `2XX` or `default`.

    `type` is None when there is no content, `Unknown` when there is content without a schema or not in JSON.
    """

    status: int | str
    make_content: Callable[[], Content] = field(repr=False)
    place: Place = field(repr=False)

    @cached_property
    def content(self) -> Content:
        return self.make_content()

    @property
    def media_type(self) -> str | None:
        return self.content.media_type

    @property
    def type(self) -> Type | None:
        return self.content.type

    @property
    def headers(self) -> Mapping[str, Header]:
        return self.content.headers

    @property
    def description(self) -> str | None:
        return self.content.description

    @property
    def span(self) -> Span:
        return located(self.place)


@dataclass(frozen=True, eq=False)
class Operation:
    """`key` is what the footprint and messages call it: its operationId, else `GET /path`.

    `path` is the template as the document has it, without the parts that are not sent (`#...`); `query` is a
    fixed query that stood in the key (`?beta=true`), as pairs.
    """

    backend: str
    id: str | None
    key: str
    method: str  # upper case
    path: str
    query: tuple[tuple[str, str], ...]
    summary: str | None
    description: str | None
    parameters: tuple[Parameter, ...]
    body: RequestBody | None
    responses: tuple[Response, ...]
    place: Place = field(repr=False)

    @property
    def span(self) -> Span:
        """Of the operationId's value, else of the method's key."""
        return located(self.place)

    def success(self) -> tuple[Response, ...]:
        """The documented 2xx answers; where there is none, `default` stands for them."""
        explicit = tuple(r for r in self.responses if str(r.status).startswith("2"))
        return explicit or tuple(r for r in self.responses if r.status == "default")

    def failure(self, status: int) -> Response | None:
        """What the document says of a failed answer with `status`: exactly, by class, or by default."""
        for wanted in (status, f"{status // 100}XX", "default"):
            for response in self.responses:
                if response.status == wanted:
                    return response
        return None


def is_json(media_type: str) -> bool:
    """Whether a media type is JSON: `application/json`, `text/json`, `application/problem+json; charset=utf-8`."""
    bare = media_type.partition(";")[0].strip().lower()
    return bare in ("application/json", "text/json") or bare.endswith("+json")
