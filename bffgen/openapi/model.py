"""Operations of a backend as its OpenAPI document declares them, of whatever version, in our own types.

Types are made when first looked at, so that what a composition does not use is never converted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from functools import cached_property
from typing import Any, Literal

from bffgen.openapi.media import is_form, is_multipart
from bffgen.openapi.media import is_json as is_json
from bffgen.records import dataclass
from bffgen.source.text import Span
from bffgen.typesystem.model import Docs, Place, Type, located

Location = Literal["path", "query", "header", "cookie"]
Style = Literal["simple", "label", "matrix", "form", "spaceDelimited", "pipeDelimited", "deepObject"]
KeyPlace = Literal["query", "header", "cookie"]
SchemeKind = Literal["apiKey", "http", "oauth2", "openIdConnect", "mutualTLS"]


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


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a field of a form is written.

    `content_type` is of the field's part in a multipart body; None leaves it to the type: JSON for objects,
    `application/octet-stream` for bytes, text for the rest. `style` and `explode` are those of a query parameter;
    a `style` of None means that nothing is said: a multipart body then has a part for each member of a list, a
    URL-encoded one a pair.
    """

    content_type: str | None = None
    style: Style | None = None
    explode: bool = True
    allow_reserved: bool = False


@dataclass(frozen=True, eq=False)
class RequestBody:
    """`media_type` as the document has it; `application/json` where it says `*/*`. See `is_json`.

    The type of a form is an object; its fields that hold files are `bytes` or lists of them. `encoding` has the
    fields of a form of which the document says how they are written. Text is `text`, anything else that is not
    JSON is `bytes`.
    """

    media_type: str
    make_type: Callable[[], Type] = field(repr=False)
    required: bool
    docs: Docs
    place: Place = field(repr=False)
    encoding: Mapping[str, Encoding] = field(default_factory=dict)

    @cached_property
    def type(self) -> Type:
        return self.make_type()

    @property
    def is_json(self) -> bool:
        return is_json(self.media_type)

    @property
    def is_form(self) -> bool:
        """Whether the body is a form, URL-encoded or multipart."""
        return is_form(self.media_type)

    @property
    def is_multipart(self) -> bool:
        return is_multipart(self.media_type)

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
    """What a response holds: see `Response`.

    `item_type` is what a stream is made of: one JSON line, or the data of one event. None where the media type is
    not one of a stream.
    """

    media_type: str | None = None
    type: Type | None = None
    headers: Mapping[str, Header] = field(default_factory=dict)  # by lower-case name
    description: str | None = None
    example: Any = None
    has_example: bool = False
    item_type: Type | None = None


@dataclass(frozen=True, eq=False)
class Response:
    """One line of `responses`. `status` is 200, `2XX` or `default`.

    `type` is None when there is no content, `Unknown` when there is JSON without a schema, `text` for `text/...`
    and `bytes` for any other media type. `contents` has every media type that is offered, `content` first.
    """

    status: int | str
    make_content: Callable[[], Content] = field(repr=False)
    place: Place = field(repr=False)
    make_others: Callable[[], tuple[Content, ...]] = field(default=lambda: (), repr=False)

    @cached_property
    def content(self) -> Content:
        return self.make_content()

    @cached_property
    def contents(self) -> tuple[Content, ...]:
        return (self.content, *self.make_others()) if self.content.media_type is not None else ()

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
    fixed query that stood in the key (`?beta=true`), as pairs. `server` is where the operation is when the document
    says that it is not where the backend is: a full URL, or a path where the document's own servers are paths.
    `bodies` has every media type that is taken, `body` first. `security` are alternatives, each the names of the
    schemes that it asks for together; empty when there is nothing to show.
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
    server: str | None = None
    bodies: tuple[RequestBody, ...] = ()
    security: tuple[tuple[str, ...], ...] = ()

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


@dataclass(frozen=True, eq=False, slots=True)
class SecurityScheme:
    """A credential that a document asks for.

    `scheme` is of `http`: `basic`, `bearer`; `location` and `parameter` are where an `apiKey` goes.
    """

    name: str
    kind: SchemeKind
    scheme: str | None = None
    location: KeyPlace | None = None
    parameter: str | None = None


@dataclass(frozen=True, slots=True)
class InlineParameter:
    """A parameter of an operation that the spec declares."""

    name: str
    location: Location
    required: bool
    type: Type
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class InlineOperation:
    """An operation that the spec declares because the document omits it.

    `body` and `params` are types for a request, `response` one for a reply. `path` may hold `#...` and `?...`
    as a document's may; a variable of it that has no parameter is a text. `response` None: there is no content.
    `status` None: 200, or any 2xx where there is no content.
    """

    method: str
    path: str
    span: Span
    id: str | None = None
    params: tuple[InlineParameter, ...] = ()
    body: Type | None = None
    body_required: bool = True
    response: Type | None = None
    status: int | None = None

    @property
    def key(self) -> str:
        """What the operation is called: its id, else `GET /path`."""
        return self.id or f"{self.method.upper()} {self.path}"
