"""One endpoint: parameters, guards, calls, lets, and what it answers."""

from __future__ import annotations

from dataclasses import replace

from bffgen.check import graph, values
from bffgen.check.answers import answerable, statuses
from bffgen.check.calls import call_proofs, check_call, check_guards, make_guard
from bffgen.check.fit import fit
from bffgen.check.mentions import mentioned_names
from bffgen.check.model import (
    CheckedCall,
    CheckedCookie,
    CheckedEndpoint,
    CheckedGuard,
    CheckedLet,
)
from bffgen.check.names import Names, operation_id
from bffgen.check.operations import Backends
from bffgen.check.params import check_body, check_params, collect_uses, unused
from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.expr import tree
from bffgen.expr.assume import doubts_of
from bffgen.expr.facts import proved
from bffgen.expr.results import FUNCTIONS
from bffgen.expr.scope import Binding, Context, Fact
from bffgen.expr.tree import Role
from bffgen.expr.walk import walk
from bffgen.source.text import Span
from bffgen.spec import model as spec
from bffgen.typesystem.model import (
    INTEGER,
    NO_DOCS,
    TEXT,
    Field,
    Kind,
    MapType,
    ObjectType,
    Scalar,
    Type,
    nullable,
)

DEFAULT_DEADLINE = 5.0  # seconds

UNSEEN = frozenset(
    f"BFF{number}" for number in (107, 113, 114, 115, 201, 202, 203, 204, 205, 206, 209, 401)
)  # mistakes after which a name may be used although no use of it was seen


def check_endpoint(endpoint: spec.Endpoint, backends: Backends) -> CheckedEndpoint:
    """The checked endpoint; with messages, whatever could be made of it."""
    before = backends.diags.count
    _hidden(endpoint, backends.diags)
    operations = {name: backends.operation(call) for name, call in endpoint.calls.items()}
    uses = collect_uses(endpoint, operations)
    params = check_params(endpoint, uses, backends)
    body, body_required = check_body(endpoint, operation_id(endpoint), uses, backends)
    names = Names(endpoint, operations, backends, params, body, body_required)
    guards = _guards(endpoint, names)
    _call_facts(endpoint, names)
    made = {name: check_call(call, names) for name, call in endpoint.calls.items()}
    calls = tuple(call for call in made.values() if call is not None)
    lets = tuple(CheckedLet(name, *names.let(name)) for name in endpoint.let)
    answer = _Answer(endpoint, names, {call.name: call for call in calls})
    replies = _replies(answer, calls, lets, guards)
    calls = tuple(replace(call, wants_reply=call.name in replies) for call in calls)
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
        calls=graph.order_writes(calls, guards),
        lets=lets,
        guards=guards,
        response=answer.response,
        status=answer.status,
        statuses=answer.statuses,
        headers=answer.headers,
        cookies=answer.cookies,
        deadline=endpoint.deadline or DEFAULT_DEADLINE,
        degraded_status=endpoint.degraded_status or answer.statuses[0],
        named_models={},
        span=endpoint.span,
    )
    graph.check_graph(checked, endpoint, backends.diags)
    codes = backends.diags.codes(since=before)
    if not codes & (UNSEEN | {"BFF302"}):
        backends.diags.take(uses.doubts)
    seen = mentioned_names(endpoint) | names.seen
    if not codes & UNSEEN:
        unused(endpoint, params, seen, backends.diags)
    if not codes:  # a warning may be about what an error is about
        graph.reads_after_writes(checked, backends.diags)
        graph.unused(checked, endpoint, seen, backends.diags)
    return replace(checked, named_models=_named(checked))


def _hidden(endpoint: spec.Endpoint, diags: Diagnostics) -> None:
    """A name never hides another, or a function (BFF208)."""
    seen: dict[str, Span] = {}
    spans = [(name, endpoint.params[name].name_span) for name in endpoint.params]
    spans += [(name, endpoint.span) for name in endpoint.path_params if name not in endpoint.params]
    spans += [(name, call.name_span) for name, call in endpoint.calls.items()]
    spans += [(name, span) for name, (_, span) in endpoint.let.items()]
    for name, span in spans:
        if name in seen:
            labels = Label(span, "again here"), Label(seen[name], "first here")
            diags.report("BFF208", f"`{name}` hides another name", *labels, help="choose another name")
        elif name in FUNCTIONS or name in ("dict", "status", "header", "isinstance"):
            diags.report(
                "BFF208",
                f"`{name}` hides the function `{name}`",
                Label(span, "a function of the language"),
                help=f"choose another name; for a parameter: `{name}_: {{name: {name}}}`",
            )
        seen.setdefault(name, span)


# ---------------------------------------------------------------------------------------------- guards


def _guards(endpoint: spec.Endpoint, names: Names) -> tuple[CheckedGuard, ...]:
    """The endpoint's guards in order; what one proves is known from there on, everywhere."""
    made: list[CheckedGuard] = []
    for at, written in enumerate(endpoint.require):
        ctx = names.context()
        guard = make_guard(written, ctx)
        names.doubts |= doubts_of(guard.that, ctx, written.that.node.span)
        made.append(replace(guard, needs=guard.needs - {f"guard:{n}" for n in range(at)}))
        for path, of in proved(guard.that, True).items():
            names.facts[path] = Fact(of, f"guard:{at}")
    return tuple(made)


def _call_facts(endpoint: spec.Endpoint, names: Names) -> None:
    """What the calls' own guards prove holds for whoever waits for the call."""
    silent = Names(
        endpoint,
        names.operations,
        replace(names.backends, diags=Diagnostics()),
        names.params,
        names.body,
        names.body_required,
        dict(names.facts),
    )
    for name, call in endpoint.calls.items():
        if not call.require or names.operations.get(name) is None:
            continue
        guards = check_guards(call, silent)
        for path, of in call_proofs(silent.call_type(name), guards).items():
            names.facts.setdefault(path, Fact(of, name))
        for guard, written in zip(guards, call.require, strict=True):
            names.doubts |= doubts_of(guard.that, silent.context(), written.that.node.span)


# ---------------------------------------------------------------------------------------------- answer


class _Answer:
    """Response, status, headers and cookies: what is evaluated once every call is there."""

    def __init__(self, endpoint: spec.Endpoint, names: Names, calls: dict[str, CheckedCall]) -> None:
        ctx = names.context(
            {"degraded": Binding(Role.DEGRADED, _degraded(endpoint, calls))} if endpoint.calls else None
        )
        self.response = None if endpoint.response is None else values.value(endpoint.response, ctx)
        if self.response is not None:
            answerable(self.response, ctx)
        self.status, self.statuses = statuses(endpoint, self.response is not None, ctx)
        self.headers = tuple(
            (name, _header_value(value, span, ctx)) for name, (value, span) in endpoint.response_headers.items()
        )
        self.cookies = tuple(_cookie(name, cookie, span, ctx) for name, (cookie, span) in endpoint.cookies.items())


def _replies(
    answer: _Answer,
    calls: tuple[CheckedCall, ...],
    lets: tuple[CheckedLet, ...],
    guards: tuple[CheckedGuard, ...],
) -> set[str]:
    """The calls whose status or headers are asked for, anywhere."""
    roots = [
        answer.response,
        answer.status,
        *(v for _, v in answer.headers),
        *(c.value for c in answer.cookies),
    ]
    roots += [let.value for let in lets]
    roots += [root for guard in guards for root in (guard.that, guard.detail)]
    for call in calls:
        roots += [argument.value for argument in call.arguments]
        roots += [call.body, call.when, *(value for _, value in call.headers)]
        roots += [root for guard in call.guards for root in (guard.that, guard.detail)]
    nodes = (node for root in roots if root is not None for node in walk(root))
    return {node.call for node in nodes if isinstance(node, (tree.StatusOf, tree.HeaderOf))}


def _degraded(endpoint: spec.Endpoint, calls: dict[str, CheckedCall]) -> Type:
    """`degraded`: from the name of a call to how it failed."""
    fields = {
        "kind": Field("kind", TEXT, True, NO_DOCS),
        "status": Field("status", nullable(INTEGER), True, NO_DOCS),
    }
    soft = tuple(name for name, call in calls.items() if call.soft)
    known = soft and len(calls) == len(endpoint.calls)  # of a call without an operation nothing is known
    key = Scalar(Kind.TEXT, soft, True) if known else TEXT
    return MapType(key, ObjectType("degraded", None, lambda: fields))


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
