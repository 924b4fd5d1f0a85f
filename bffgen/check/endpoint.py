"""One endpoint: parameters, guards, calls, lets, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bffgen.check import graph, values
from bffgen.check.answers import answerable, statuses
from bffgen.check.cost import check_deadline
from bffgen.check.envelope import DEGRADED, check_envelope
from bffgen.check.examples import check_examples
from bffgen.check.fit import fit
from bffgen.check.media import is_download, media_types, passed_statuses, sources
from bffgen.check.mentions import mentioned_names
from bffgen.check.model import (
    CheckedBlock,
    CheckedCookie,
    CheckedEndpoint,
    CheckedEntry,
    CheckedGuard,
    CheckedLet,
)
from bffgen.check.names import Names, operation_id
from bffgen.check.operations import Backends
from bffgen.check.params import check_body, check_params, collect_uses, unused
from bffgen.check.passing import check_passing
from bffgen.check.rates import check_rate, rate_of
from bffgen.check.scopes import check_scope, only_instead, replies_in, replies_of_scope, with_replies
from bffgen.check.streams import check_stream
from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.expr import tree
from bffgen.expr.results import FUNCTIONS
from bffgen.expr.scope import Binding, Context
from bffgen.expr.tree import Role
from bffgen.expr.walk import walk
from bffgen.source.text import Span
from bffgen.spec import model as spec
from bffgen.typesystem.model import (
    TEXT,
    Kind,
    MapType,
    ObjectType,
    Scalar,
    Type,
    nullable,
)
from bffgen.typesystem.names import class_name

DEFAULT_DEADLINE = 5.0  # seconds

UNSEEN = frozenset(
    f"BFF{number}" for number in (107, 113, 114, 115, 201, 202, 203, 204, 205, 206, 209, 401)
)  # mistakes after which a name may be used although no use of it was seen


def check_endpoint(endpoint: spec.Endpoint, backends: Backends) -> CheckedEndpoint:
    """The checked endpoint; with messages, whatever could be made of it."""
    before = backends.diags.count
    _hidden(endpoint, backends.own.names(), backends.diags)
    operations = dict(backends.operations(endpoint.calls))
    uses = collect_uses(endpoint, operations, backends.own.signature)
    params = check_params(endpoint, uses, backends)
    body, body_required = check_body(endpoint, operation_id(endpoint), uses, backends)
    names = Names(endpoint, endpoint, operations, backends, params, body, body_required)
    guards, calls, lets = check_scope(names)
    answer = _Answer(endpoint, names, {call.name: call for call in calls})
    calls = with_replies(calls, _read_replies(answer, calls, lets, guards), backends.diags)
    checked = CheckedEndpoint(
        method=endpoint.method,
        path=endpoint.path,
        operation_id=operation_id(endpoint),
        summary=endpoint.summary,
        description=endpoint.description,
        tags=endpoint.tags,
        deprecated=endpoint.deprecated,
        params=tuple(params.values()),
        body=body,
        body_required=body_required,
        calls=graph.order_writes(calls, guards, endpoint.parallel_writes),
        lets=lets,
        guards=guards,
        response=answer.response,
        status=answer.status,
        statuses=answer.statuses,
        headers=answer.headers,
        cookies=answer.cookies,
        deadline=endpoint.deadline or DEFAULT_DEADLINE,
        degraded_status=endpoint.degraded_status or answer.statuses[0],
        parallel_writes=endpoint.parallel_writes,
        named_models={},
        span=endpoint.span,
        media_types=answer.media_types,
        stream=check_stream(endpoint, answer.response, calls, backends.diags),
    )
    check_passing(checked, endpoint.body_span or endpoint.span, backends.diags)
    graph.check_graph(checked, endpoint, backends.diags)
    check_deadline(checked, endpoint, backends.diags)
    only_instead(checked, names)
    codes = backends.diags.codes(since=before)
    if not codes & (UNSEEN | {"BFF302"}):
        backends.diags.take(uses.doubts)
    seen = mentioned_names(endpoint) | names.seen
    if not codes & UNSEEN:
        unused(endpoint, params, seen, backends.diags)
    if not codes:  # a warning may be about what an error is about
        graph.reads_after_writes(checked, backends.diags)
        graph.unused(checked, endpoint, seen, backends.diags)
    checked = _gated(replace(checked, envelope=answer.envelope, reads_claims="claims" in seen), endpoint, backends)
    wrapped = answer.envelope or answer.response
    answers = wrapped.type if wrapped is not None else None
    examples = check_examples(endpoint, checked, answers, backends.diags)
    return replace(checked, named_models=_named(checked), examples=examples)


def _gated(checked: CheckedEndpoint, endpoint: spec.Endpoint, backends: Backends) -> CheckedEndpoint:
    """The endpoint with what stands before it: who may call, and how often."""
    access = backends.accesses.of(endpoint.security) if backends.accesses is not None else None
    if endpoint.rate_limit is not None and endpoint.rate_limit != "none":
        check_rate(endpoint.rate_limit, [access], backends.diags)
    rate = rate_of(endpoint.rate_limit, backends.whole.rate_limit, checked.operation_id)
    return replace(checked, access=access, rate=rate)


def _hidden(endpoint: spec.Endpoint, own: Mapping[str, Span], diags: Diagnostics) -> None:
    """A name never hides another, or a function (BFF208)."""
    seen: dict[str, Span] = {}
    spans = [(name, endpoint.params[name].name_span) for name in endpoint.params]
    spans += [(name, endpoint.span) for name in endpoint.path_params if name not in endpoint.params]
    spans += _names_in(endpoint)
    for name, span in spans:
        if name in seen:
            labels = Label(span, "again here"), Label(seen[name], "first here")
            diags.report("BFF208", f"`{name}` hides another name", *labels, help="choose another name")
        elif name in own:
            labels = Label(span, "again here"), Label(own[name], "first here")
            diags.report("BFF208", f"`{name}` hides the function `{name}`", *labels, help="choose another name")
        elif name in FUNCTIONS or name in ("dict", "status", "header", "isinstance"):
            diags.report(
                "BFF208",
                f"`{name}` hides the function `{name}`",
                Label(span, "a function of the language"),
                help=f"choose another name; for a parameter: `{name}_: {{name: {name}}}`",
            )
        seen.setdefault(name, span)


def _names_in(scope: spec.Endpoint | spec.Block) -> list[tuple[str, Span]]:
    """Calls and lets with their places; those of a block may stand in another block again."""
    found = [(name, entry.name_span) for name, entry in scope.calls.items()]
    found += [(name, span) for name, (_, span) in scope.let.items()]
    for entry in scope.calls.values():
        if isinstance(entry, spec.Block):
            outer = {name for name, _ in found}
            found += [(name, span) for name, span in _names_in(entry) if name in outer]
    return found


# ---------------------------------------------------------------------------------------------- answer


class _Answer:
    """Response, status, headers and cookies: what is evaluated once every call is there."""

    def __init__(self, endpoint: spec.Endpoint, names: Names, calls: dict[str, CheckedEntry]) -> None:
        ctx = names.context(
            {"degraded": Binding(Role.DEGRADED, _degraded(endpoint, calls))} if endpoint.calls else None
        )
        self.response = None if endpoint.response is None else values.value(endpoint.response, ctx)
        if self.response is not None:
            answerable(self.response, ctx)
        self.envelope = _envelope(endpoint, self.response, calls, names)
        has_body = self.response is not None or self.envelope is not None
        self.status, self.statuses = statuses(endpoint, has_body, ctx)
        self.media_types = self._bytes(endpoint, tuple(calls.values()))
        self.headers = tuple(
            (name, _header_value(value, span, ctx)) for name, (value, span) in endpoint.response_headers.items()
        )
        self.cookies = tuple(_cookie(name, cookie, span, ctx) for name, (cookie, span) in endpoint.cookies.items())

    def _bytes(self, endpoint: spec.Endpoint, calls: tuple[CheckedEntry, ...]) -> tuple[str, ...]:
        """The media types of an answer in bytes, whose statuses are its call's own; none for JSON."""
        response = self.response
        if not isinstance(response, tree.Ref) or not is_download(response.type):
            return ()
        operations = [call.operation for call in sources(response.name, calls)]
        if endpoint.status is None and operations:
            self.statuses = tuple(dict.fromkeys(s for one in operations for s in passed_statuses(one)))
        return tuple(dict.fromkeys(media_type for one in operations for media_type in media_types(one)))


def _envelope(
    endpoint: spec.Endpoint, response: tree.Expr | None, calls: dict[str, CheckedEntry], names: Names
) -> tree.Expr | None:
    """The endpoint's envelope, or that of all; an answer that is passed on or streamed has none."""
    backends = names.backends
    written = endpoint.envelope or backends.whole.envelope
    if written is None or (isinstance(written, spec.Const) and written.value is None):
        return None
    if endpoint.stream is not None or (response is not None and is_download(response.type)):
        if endpoint.envelope is not None:
            message = "an answer that is no single JSON value has no envelope"
            backends.diags.report("BFF308", message, Label(endpoint.envelope.node.span))
        return None
    of, hint = response.type if response is not None else None, f"{class_name(operation_id(endpoint))}Envelope"
    return check_envelope(written, of, _degraded(endpoint, calls), hint, backends.own, backends.diags)


def _read_replies(
    answer: _Answer,
    calls: tuple[CheckedEntry, ...],
    lets: tuple[CheckedLet, ...],
    guards: tuple[CheckedGuard, ...],
) -> set[str]:
    """The calls whose status or headers are asked for, anywhere in the endpoint's own scope."""
    roots = [
        answer.response,
        answer.status,
        *(v for _, v in answer.headers),
        *(c.value for c in answer.cookies),
    ]
    return replies_in(roots) | replies_of_scope(calls, lets, guards)


def _degraded(endpoint: spec.Endpoint, calls: dict[str, CheckedEntry]) -> Type:
    known = len(calls) == len(endpoint.calls)  # of a call without an operation nothing is known
    return degraded_type(tuple(name for name, call in calls.items() if _may_degrade(call)) if known else ())


def _may_degrade(entry: CheckedEntry) -> bool:
    """Whether an entry can stand in `degraded`: what is softened in a block counts for the block."""
    return entry.soft or (isinstance(entry, CheckedBlock) and any(map(_may_degrade, entry.calls)))


def degraded_type(soft: tuple[str, ...]) -> Type:
    """`degraded`: from the name of a call to how it failed."""
    return MapType(Scalar(Kind.TEXT, soft, True) if soft else TEXT, DEGRADED)


def _header_value(written: spec.Value, span: Span, ctx: Context) -> tree.Expr:
    found = values.value(written, ctx)
    if isinstance(found.type, Scalar) and found.type.kind in (Kind.INTEGER, Kind.NUMBER):
        return found
    shown = written.text if isinstance(written, spec.Expr) else ""
    return fit(found, nullable(TEXT), span, ctx, shown, "a header")


def _cookie(name: str, written: spec.Cookie, span: Span, ctx: Context) -> CheckedCookie:
    value = values.value(written.value, ctx, nullable(TEXT), values.Place("a cookie"))
    return CheckedCookie(
        name, value, written.secure, written.http_only, written.same_site, written.max_age, written.path
    )


def _named(endpoint: CheckedEndpoint) -> dict[ObjectType, str]:
    """Objects with a `$name`."""
    if endpoint.response is None:
        return {}
    made = (node for node in walk(endpoint.response) if isinstance(node, tree.MakeObject))
    return {node.type: node.type.name for node in made if node.type.backend is None}
