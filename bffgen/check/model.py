"""The gateway with every name resolved and every expression typed. From here on only bugs can fail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from bffgen.check.access import CheckedAccess, CheckedScheme
from bffgen.check.example import CheckedExample
from bffgen.check.passed import CheckedProxy, CheckedStream
from bffgen.check.rates import CheckedRate
from bffgen.expr.tree import Expr, Target
from bffgen.openapi.model import Operation, Parameter, RequestBody
from bffgen.records import dataclass
from bffgen.source.text import Span
from bffgen.spec.auth import NO_AUTH, Auth, Tls
from bffgen.spec.edge import Cors
from bffgen.spec.http import Http
from bffgen.spec.policies import CallPolicies, Policies
from bffgen.spec.seeing import Seeing
from bffgen.typesystem.model import Docs, ListType, Null, ObjectType, Type, is_nullable


@dataclass(frozen=True, eq=False, slots=True)
class CheckedGuard:
    """`that` is a bool; when it is false the endpoint answers a problem with `status` and `detail` (text).

    `needs` are the calls and lets that the guard's expressions refer to. A call's guard is skipped when the call
    is null (`skip_if_null`), unless it speaks of null itself.
    """

    that: Expr
    status: int
    detail: Expr | None
    extra: tuple[tuple[str, Expr], ...]
    needs: frozenset[str]
    skip_if_null: bool = True


@dataclass(frozen=True, eq=False, slots=True)
class FailWith:
    """The endpoint fails with the failure's own problem."""


@dataclass(frozen=True, eq=False, slots=True)
class Use:
    """The call's value is this; `Literal(None)` for `on_error: null`."""

    value: Expr


@dataclass(frozen=True, eq=False, slots=True)
class UseOther:
    """Another call of the scope takes the failed one's place; it is made only then (`lazy`)."""

    call: str


@dataclass(frozen=True, eq=False, slots=True)
class PassOn:
    """The backend's status and documented body answer. `body` by documented status; None: no content."""

    bodies: tuple[tuple[int | str, Type | None], ...]


@dataclass(frozen=True, eq=False, slots=True)
class AnswerWith:
    """An answer of our own: a problem with `detail` and `extra`, or `body`."""

    status: int
    detail: Expr | None
    extra: tuple[tuple[str, Expr], ...]
    body: Expr | None


Action = FailWith | Use | UseOther | PassOn | AnswerWith


@dataclass(frozen=True, eq=False, slots=True)
class CheckedReaction:
    """`when` is a status, a class like `4xx`, a failure kind, or `else`. Most specific first in the table.

    `error_body` is the type of `error.body` here when an expression reads it, else None.
    """

    when: int | str
    action: Action
    error_body: Type | None


@dataclass(frozen=True, eq=False, slots=True)
class CheckedArgument:
    parameter: Parameter
    value: Expr
    omit_null: bool  # the value may be null, the parameter is optional: then it is not sent


@dataclass(frozen=True, eq=False, slots=True)
class CheckedUndo:
    """Takes a write back; it cannot where a null argument is null. `reads_result`: it needs what the write answered."""

    operation: Operation
    arguments: tuple[CheckedArgument, ...]
    body: Expr | None
    reads_result: bool
    span: Span
    null_arguments: tuple[Expr, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class CheckedEach:
    """Once for each item of `source`, a non-null list; an item of which `condition` is false gives null.

    `limit` bounds the items where the list itself does not; `client_list` says that the list is the client's,
    so that too many are the client's mistake (422).
    """

    target: Target
    source: Expr
    condition: Expr | None
    limit: int | None
    concurrency: int
    client_list: bool


@dataclass(frozen=True, eq=False, slots=True)
class CheckedBatch:
    """`keys` is a list or loop of scalars that may hold null and repeats; `batch` is of type `chunk`."""

    keys: Expr
    chunk: ListType
    size: int


@dataclass(frozen=True, eq=False, slots=True)
class CheckedPages:
    """All pages. `next` (for a cursor) and `until` are over `Ref("answer", Role.ANSWER)` of type `reply`.

    `start` is the number of the first page (`page`) or how many items the first request skips (`offset`).
    """

    by: Literal["cursor", "page", "offset", "link"]
    parameter: Parameter | None
    next: Expr | None
    until: Expr | None
    max_pages: int
    start: int


@dataclass(frozen=True, eq=False, slots=True)
class CheckedCall:
    """One backend call of an endpoint.

    With `each`, `batch` or `pages` the operation is called several times: arguments, body and headers speak of one
    time (of the loop's variables, of `batch`). `items` (over `answer`) takes the list out of one answer, `key` (over
    `item`, a `Ref` of `Role.ITEM`) makes a map of the list. `reactions` speak of one item with `each`, else of the
    whole. `item_type` is what one item gives with `each`, else what the name holds but for `when`.

    `reply` is the type of a successful answer (nullable for a documented 204 beside a 200; `Null` for no content
    at all); `type` is the type of the call's name, with what `when`, `on_error` and null arguments add to it.
    `needs` are the calls and lets that must be there first: references of arguments, `when` and `on_error`
    values, `after`, and what proved a narrowing (`"guard:3"` is the fourth of the endpoint's own guards).
    `null_arguments` are values of required arguments that may be null: then the call is not made and is null.
    `passes` are the statuses that pass to the client when the call fails hard.
    """

    name: str
    operation: Operation
    arguments: tuple[CheckedArgument, ...]
    body: Expr | None
    headers: tuple[tuple[str, Expr], ...]
    when: Expr | None
    null_arguments: tuple[Expr, ...]
    guards: tuple[CheckedGuard, ...]
    reactions: tuple[CheckedReaction, ...]
    passes: frozenset[int]
    timeout: float  # seconds
    reply: Type
    type: Type
    write: bool
    needs: frozenset[str]
    after: frozenset[str]
    success: Expr | None  # the backend's `success`: a bool over Ref("answer", Role.ANSWER) of type `reply`
    each: CheckedEach | None
    batch: CheckedBatch | None
    pages: CheckedPages | None
    items: Expr | None
    key: Expr | None
    item_type: Type
    undo: CheckedUndo | None
    lazy: bool  # made only in the place of a call that failed
    wants_reply: bool  # status(call) or header(call, ...) is used in this endpoint
    span: Span
    request: RequestBody | None = None  # what `body` is sent as
    auth: Auth = NO_AUTH
    judged: bool = False  # the backend's 401 and 403 speak of the client's credentials
    policy: CallPolicies | None = None  # None: the backend's

    @property
    def soft(self) -> bool:
        """Whether any failure of this call leaves the endpoint alive."""
        return any(isinstance(reaction.action, (Use, UseOther)) for reaction in self.reactions)

    @property
    def may_be_null(self) -> bool:
        """Whether the name may hold null; of a value without a declared type only where the call may not be made."""
        to_null = (isinstance(r.action, Use) and isinstance(r.action.value.type, Null) for r in self.reactions)
        return is_nullable(self.type) or self.when is not None or any(to_null)


@dataclass(frozen=True, eq=False, slots=True)
class CheckedBlock:
    """Calls with a scope of their own and one `value`. `needs` are nodes of the scope around it.

    Inside, `needs` of calls, lets and guards name nodes of the block alone: what is around it is there when the
    block starts. `reactions`, `each` and `key` are as those of a call; `reply` is the type of `value`.
    """

    name: str
    each: CheckedEach | None
    key: Expr | None
    when: Expr | None
    reactions: tuple[CheckedReaction, ...]
    calls: tuple[CheckedCall | CheckedBlock, ...]
    lets: tuple[CheckedLet, ...]
    guards: tuple[CheckedGuard, ...]
    value: Expr
    reply: Type
    item_type: Type
    type: Type
    timeout: float | None  # seconds
    needs: frozenset[str]
    after: frozenset[str]
    lazy: bool  # made only in the place of a call that failed
    span: Span

    @property
    def soft(self) -> bool:
        """Whether any failure inside leaves the scope around it alive."""
        return any(isinstance(reaction.action, (Use, UseOther)) for reaction in self.reactions)

    @property
    def may_be_null(self) -> bool:
        """Whether the name may hold null."""
        return is_nullable(self.type) or self.when is not None

    @property
    def write(self) -> bool:
        """Whether something inside writes."""
        return any(call.write for call in self.calls)


CheckedEntry = CheckedCall | CheckedBlock


@dataclass(frozen=True, eq=False, slots=True)
class CheckedLet:
    name: str
    value: Expr
    needs: frozenset[str]


@dataclass(frozen=True, eq=False, slots=True)
class CheckedParam:
    """A parameter of the endpoint. `default` is plain data; required: neither optional nor defaulted."""

    name: str
    wire_name: str
    location: Literal["path", "query", "header", "cookie"]
    type: Type  # without null
    required: bool
    default: Any
    has_default: bool
    docs: Docs


@dataclass(frozen=True, eq=False, slots=True)
class CheckedCookie:
    name: str
    value: Expr
    secure: bool
    http_only: bool
    same_site: str
    max_age: int | None
    path: str


@dataclass(frozen=True, eq=False, slots=True)
class CheckedEndpoint:
    """One endpoint. `calls` in the order written. `statuses` are the success statuses, the usual one first.

    `guards` are the endpoint's own; `needs` of the first ones may be empty (request values alone).
    """

    method: str
    path: str
    operation_id: str
    summary: str | None
    description: str | None
    tags: tuple[str, ...]
    deprecated: bool
    params: tuple[CheckedParam, ...]
    body: Type | None
    body_required: bool
    calls: tuple[CheckedEntry, ...]
    lets: tuple[CheckedLet, ...]
    guards: tuple[CheckedGuard, ...]
    response: Expr | None
    status: Expr | None  # None: always statuses[0]
    statuses: tuple[int, ...]
    headers: tuple[tuple[str, Expr], ...]
    cookies: tuple[CheckedCookie, ...]
    deadline: float  # seconds
    degraded_status: int
    parallel_writes: bool
    named_models: Mapping[ObjectType, str]  # $name
    span: Span
    media_types: tuple[str, ...] = ()  # of a `response` that is a call's bytes; empty: JSON
    stream: CheckedStream | None = None  # then `response` is a loop over the call's items
    examples: tuple[CheckedExample, ...] = ()
    envelope: Expr | None = None  # over `Role.ENVELOPE`, for answers and problems
    access: CheckedAccess | None = None  # None: everybody may call
    reads_claims: bool = False
    rate: CheckedRate | None = None


@dataclass(frozen=True, eq=False, slots=True)
class CheckedBackend:
    name: str
    url: str
    validate: Literal["lenient", "strict", "off"]
    forward_headers: tuple[str, ...]
    timeout: float | None
    document: str  # its path as the spec has it
    policies: Policies = Policies()
    auth: Auth = NO_AUTH
    judged: bool = False  # its 401 and 403 speak of the client's credentials
    tls: Tls | None = None


@dataclass(frozen=True, eq=False, slots=True)
class CheckedShape:
    """A shape that endpoints use: a function of its parameters, which `value` has as `Ref`s of `Role.SHAPE`."""

    name: str
    parameters: tuple[tuple[str, Type], ...]
    value: Expr
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class CheckedFunctions:
    """The user's file of functions: its text, and the names of the functions in use."""

    text: str
    names: tuple[str, ...]


@dataclass(frozen=True, eq=False, slots=True)
class CheckedGateway:
    name: str
    version: str
    title: str
    description: str | None
    backends: tuple[CheckedBackend, ...]
    endpoints: tuple[CheckedEndpoint, ...]
    proxies: tuple[CheckedProxy, ...] = ()
    shapes: tuple[CheckedShape, ...] = ()
    functions: CheckedFunctions | None = None
    http: Http = Http()
    seeing: Seeing = Seeing()
    envelope: Expr | None = None  # of problems outside of the endpoints
    cors: Cors | None = None
    schemes: tuple[CheckedScheme, ...] = ()


def leaves_by_path(entries: tuple[CheckedEntry, ...], before: str = "") -> Iterator[tuple[str, CheckedCall]]:
    """Every backend call with its path: `price`, `rows.price`."""
    for entry in entries:
        if isinstance(entry, CheckedBlock):
            yield from leaves_by_path(entry.calls, f"{before}{entry.name}.")
        else:
            yield before + entry.name, entry


def leaves(entries: tuple[CheckedEntry, ...]) -> Iterator[CheckedCall]:
    """Every backend call, those inside of blocks too, in the order written."""
    return (call for _, call in leaves_by_path(entries))
