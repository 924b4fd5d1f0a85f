"""The spec as written: nothing resolved, nothing typed, every part with the place it stands at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from bffgen.records import dataclass
from bffgen.source.nodes import Node
from bffgen.source.text import Span
from bffgen.spec.access import Access, Security
from bffgen.spec.auth import Auth, Tls
from bffgen.spec.edge import Cors, RateLimit
from bffgen.spec.example import Example
from bffgen.spec.http import Http
from bffgen.spec.operation import DeclaredOperation
from bffgen.spec.operation import TypeText as TypeText
from bffgen.spec.policies import OwnPolicies, Policies
from bffgen.spec.proxy import Proxy
from bffgen.spec.seeing import Seeing

# ---------------------------------------------------------------------------------------------- values


@dataclass(frozen=True, eq=False, slots=True)
class Expr:
    """An expression in the Python subset, not yet parsed.

    `node` is the YAML scalar and `text` a part of its text that starts at `offset` (an expression in parentheses
    keeps them; white space around it is left out).
    """

    text: str
    node: Node
    offset: int = 0

    def part(self, start: int, end: int) -> Span:
        """Where a piece of `text` stands."""
        return self.node.part(self.offset + start, self.offset + end)

    @property
    def span(self) -> Span:
        return self.part(0, len(self.text))


@dataclass(frozen=True, eq=False, slots=True)
class Const:
    """A YAML number, boolean or null where an expression may stand."""

    value: int | float | bool | None
    node: Node


@dataclass(frozen=True, eq=False, slots=True)
class ListValue:
    """A YAML sequence: a list of values."""

    items: tuple[Value, ...]
    node: Node


@dataclass(frozen=True, eq=False, slots=True)
class Pick:
    """`$pick`: from each source (an expression) the named fields, or `all`."""

    source: Expr
    fields: tuple[tuple[str, Span], ...] | Literal["all"]


@dataclass(frozen=True, eq=False, slots=True)
class ObjectValue:
    """A YAML mapping: an object, or with `$for` a list of them.

    `loop` is the text of `$for` ("r in reviews.items"), parsed with the expressions.
    """

    entries: tuple[tuple[str, Span, Value], ...]
    node: Node
    loop: Expr | None = None
    condition: Expr | None = None
    picks: tuple[Pick, ...] = ()
    name: str | None = None  # $name
    omit_null: bool = False


Value = Expr | Const | ListValue | ObjectValue


@dataclass(frozen=True, eq=False, slots=True)
class Template:
    """A text for people with `{expression}` parts: `no product {product_id}`. `{{` and `}}` are braces."""

    text: str
    node: Node


# ---------------------------------------------------------------------------------------------- calls


@dataclass(frozen=True, eq=False, slots=True)
class Guard:
    """`{that:, status:, detail:}`: when `that` is not true the endpoint answers a problem with `status`."""

    that: Expr | Const
    status: int
    detail: Template | None
    extra: Mapping[str, Value]
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Fail:
    """The endpoint fails; the default."""

    span: Span | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Default:
    """The failed call gets this value: `null`, or `{default: value}`."""

    value: Value
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Pass:
    """The backend's status and documented body are the answer."""

    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Answer:
    """An answer of our own: a problem (`detail`, `extra`), or a body."""

    status: int
    detail: Template | None
    extra: Mapping[str, Value]
    body: Value | None
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class UseCall:
    """Another call of the endpoint takes its place: it is made only then."""

    name: str
    span: Span


Reaction = Fail | Default | Pass | Answer | UseCall

FAILURE_KINDS = ("timeout", "unreachable", "tls", "invalid", "refused", "limit", "open")


@dataclass(frozen=True, eq=False, slots=True)
class OnErrorEntry:
    """A line of the `on_error` table: `when` is a status (404), a class (`4xx`), a kind, or `else`."""

    when: int | str
    reaction: Reaction
    span: Span  # of the key


@dataclass(frozen=True, eq=False, slots=True)
class ForEach:
    """`for: x in xs`, with `if`, `limit` and `concurrency`: once for each item, a list of the results in order."""

    clause: Expr
    condition: Expr | Const | None
    limit: int | None
    concurrency: int | None
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Batch:
    """`batch: r.author_id for r in reviews.items`: keys collected for one call, in chunks of `size`."""

    clause: Expr
    size: int
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Paginate:
    """All pages of a list: by a `cursor` parameter and its `next` value, a `page` or `offset` number, or a link."""

    by: Literal["cursor", "page", "offset", "link"]
    parameter: str | None
    parameter_span: Span
    next: Expr | None
    until: Expr | Const | None
    max_pages: int
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Call:
    """A call of a backend operation.

    `target` is the text before the arguments: `catalog.getProduct` or `orders["GET /orders/{id}"]`, split into
    `backend` and `operation` (an operationId or `METHOD /path`). `arguments` joins the ones in the head and those
    under `args:`; a head's argument is an `Expr` whose node is the head's scalar and whose text is a slice of it,
    with `offset` telling where it starts (see `Argument`).
    """

    name: str
    name_span: Span
    backend: str
    backend_span: Span
    operation: str
    operation_span: Span
    arguments: tuple[Argument, ...]
    body: Value | None
    headers: Mapping[str, tuple[Value, Span]]
    as_type: TypeText | None
    when: Expr | Const | None
    require: tuple[Guard, ...]
    after: tuple[tuple[str, Span], ...]
    on_error: tuple[OnErrorEntry, ...]  # one `else` entry for the short forms; empty: fail
    timeout: float | None  # seconds
    timeout_span: Span | None
    read: bool | None
    node: Node
    each: ForEach | None = None
    batch: Batch | None = None
    paginate: Paginate | None = None
    items: Expr | None = None
    key: Expr | None = None
    undo: Call | None = None
    auth: Auth | None = None  # its backend's
    auth_span: Span | None = None
    policies: OwnPolicies | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Block:
    """Calls with a scope of their own and one value, under the entry's own `for`, `when`, `on_error`, `key`."""

    name: str
    name_span: Span
    calls: Mapping[str, Entry]
    let: Mapping[str, tuple[Value, Span]]
    require: tuple[Guard, ...]
    value: Value
    each: ForEach | None
    key: Expr | None
    when: Expr | Const | None
    after: tuple[tuple[str, Span], ...]
    on_error: tuple[OnErrorEntry, ...]
    timeout: float | None  # seconds
    node: Node


Entry = Call | Block


@dataclass(frozen=True, eq=False, slots=True)
class Argument:
    """`name` is the parameter's own name, its Python form, or `location.name` where two share one."""

    name: str
    name_span: Span
    value: Value


# ---------------------------------------------------------------------------------------------- endpoints


@dataclass(frozen=True, eq=False, slots=True)
class Param:
    """A parameter of an endpoint. `location` is None until it is known whether the path has it: then `query`."""

    name: str
    name_span: Span
    location: Literal["query", "header", "cookie"] | None
    wire_name: str | None
    type: TypeText | None
    default: Node | None
    description: str | None
    example: Node | None
    deprecated: bool
    node: Node


@dataclass(frozen=True, eq=False, slots=True)
class Cookie:
    value: Value
    secure: bool = True
    http_only: bool = True
    same_site: Literal["lax", "strict", "none"] = "lax"
    max_age: int | None = None
    path: str = "/"


@dataclass(frozen=True, eq=False, slots=True)
class Endpoint:
    """`path` is the template as written, `path_params` its variables in order."""

    method: str
    path: str
    path_params: tuple[str, ...]
    span: Span  # of the key `GET /products/{product_id}`
    summary: str | None
    description: str | None
    tags: tuple[str, ...]
    operation_id: str | None
    operation_id_span: Span | None
    deprecated: bool
    params: Mapping[str, Param]
    body: TypeText | Mapping[str, TypeText] | None
    body_span: Span | None
    calls: Mapping[str, Entry]
    let: Mapping[str, tuple[Value, Span]]
    require: tuple[Guard, ...]
    response: Value | None
    status: Expr | Const | None
    response_headers: Mapping[str, tuple[Value, Span]]
    cookies: Mapping[str, tuple[Cookie, Span]]
    deadline: float | None  # seconds
    degraded_status: int | None
    node: Node
    parallel_writes: bool = False
    stream: Literal["lines", "events"] | None = None
    stream_span: Span | None = None
    examples: tuple[Example, ...] = ()
    envelope: Value | None = None  # `Const(None)`: none, although the gateway has one
    security: Access | None = None
    rate_limit: RateLimit | Literal["none"] | None = None
    policies: OwnPolicies | None = None  # of its reads


@dataclass(frozen=True, eq=False, slots=True)
class Shape:
    """A typed mapping that is used as a function: `params` are names, types and places of its `$of`."""

    name: str
    name_span: Span
    params: Mapping[str, tuple[TypeText, Span]]
    value: ObjectValue


@dataclass(frozen=True, eq=False, slots=True)
class Backend:
    name: str
    name_span: Span
    openapi: str  # as written, relative to the spec's folder
    openapi_span: Span
    url: str | None
    url_span: Span | None
    presence: Literal["declared", "assumed"]
    validate: Literal["lenient", "strict", "off"]
    success: Expr | None
    reads: tuple[tuple[str, Span], ...]
    forward_headers: tuple[tuple[str, Span], ...]
    timeout: float | None  # seconds
    overlay: str | None = None
    overlay_span: Span | None = None
    operations: tuple[DeclaredOperation, ...] = ()
    policies: Policies = Policies()
    auth: Auth | None = None
    auth_span: Span | None = None
    tls: Tls | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Spec:
    name: str
    version: str
    title: str | None
    description: str | None
    backends: Mapping[str, Backend]
    endpoints: tuple[Endpoint, ...]
    node: Node
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    envelope: Value | None = None
    contract: str | None = None  # the path of a document, relative to the spec's folder
    contract_span: Span | None = None
    functions: str | None = None  # as written, relative to the spec's folder
    functions_span: Span | None = None
    proxies: tuple[Proxy, ...] = ()
    http: Http = Http()
    cors: Cors | None = None
    security: Security | None = None
    rate_limit: RateLimit | None = None
    seeing: Seeing = Seeing()
