"""One call of an endpoint: its arguments, body, headers, condition, guards and what its failures become."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from bffgen.check import values
from bffgen.check.arguments import Made, check_argument, check_body_of, sent_as
from bffgen.check.auth import auth_of, is_judged
from bffgen.check.graph import reached
from bffgen.check.lists import check_batch, check_each, check_pages, in_turn, unknown_items
from bffgen.check.media import is_download, is_text_answer
from bffgen.check.model import CheckedBatch, CheckedCall, CheckedEach, CheckedGuard, CheckedPages, CheckedUndo
from bffgen.check.names import Names
from bffgen.check.operations import bind
from bffgen.check.policies import DEFAULT_TIMEOUT, policy_of
from bffgen.check.templates import template
from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.diagnostics.suggest import closest
from bffgen.expr import tree
from bffgen.expr.assume import assume, doubts_of
from bffgen.expr.facts import present, proved
from bffgen.expr.scope import Binding, Context
from bffgen.expr.tree import Role
from bffgen.expr.walk import walk
from bffgen.openapi.model import Operation
from bffgen.source.text import Span
from bffgen.spec import model as spec
from bffgen.typesystem.model import BOOLEAN, TEXT, Null, StreamType, Type, is_nullable, nullable
from bffgen.typesystem.relations import BROKEN, is_broken

PASSING = (404, 409, 410, 412, 422, 429)


def check_call(call: spec.Call, names: Names) -> CheckedCall | None:
    """The checked call; None when its operation is unknown."""
    operation = names.operations.get(call)
    if operation is None:
        _look_over(call, names)
        return None
    itself = Binding(Role.CALL, BROKEN, call.name_span, call.name)  # that it waits for itself is told with the graph
    ctx = names.context({call.name: itself} if call.name not in names.params else None)
    when = None if call.when is None else values.condition(call.when, ctx)
    inner = assume(ctx, when, True, call.when.node.span) if when is not None and call.when is not None else ctx
    each, batch, inner = _repeated(call, inner)
    made = Made()
    bounds = bind(call, operation, names.diags, names.backends.is_write(operation, call))
    for bound in bounds:
        check_argument(bound, call, made, inner, names)
    pages = _pages(call, operation, inner, names)
    for argument in call.arguments:
        if not any(bound.argument is argument for bound in bounds):
            values.value(argument.value, inner)
    body = check_body_of(call, operation, made, inner, names)
    headers = _headers(call, inner)
    reactions = names.reactions(call.name)
    from_request_alone = call.paginate is None and not ctx.used - set(_local_lets(names))
    guards = check_guards(call, names)
    _check_after(call, ctx, names)
    backend = names.backends.whole.backends[call.backend]
    judged = is_judged(auth_of(call, backend), backend)
    return CheckedCall(
        name=call.name,
        operation=operation,
        arguments=tuple(made.arguments),
        body=body,
        headers=headers,
        when=when,
        null_arguments=tuple(made.nulls),
        guards=guards,
        reactions=reactions,
        passes=_passes(operation, from_request_alone, judged),
        timeout=call.timeout or backend.timeout or DEFAULT_TIMEOUT,
        reply=names.reply(call.name),
        type=names.call_type(call.name),
        write=names.backends.is_write(operation, call),
        needs=own_needs(ctx.used | names.reaction_needs(call.name)),
        after=frozenset(name for name, _ in call.after),
        success=_success(backend.success, call, names),
        each=in_turn(each, call.each, names.backends.is_write(operation, call)),
        batch=batch,
        pages=pages,
        items=names.given(call.name).items,
        key=names.given(call.name).key,
        item_type=names.item_type(call.name),
        undo=_undo(call, names),
        lazy=call.name in names.lazy(),
        wants_reply=False,
        span=call.operation_span,
        request=sent_as(operation, names) if body is not None else None,
        auth=auth_of(call, backend),
        judged=judged,
        policy=policy_of(call, operation, names),
    )


def _headers(call: spec.Call, ctx: Context) -> tuple[tuple[str, tree.Expr], ...]:
    place = values.Place("a header")
    return tuple((name, values.value(value, ctx, nullable(TEXT), place)) for name, (value, _) in call.headers.items())


def _pages(call: spec.Call, operation: Operation, ctx: Context, names: Names) -> CheckedPages | None:
    if call.paginate is None:
        return None
    return check_pages(call.paginate, call, operation, names.reply(call.name), ctx)


def _check_after(call: spec.Call, ctx: Context, names: Names) -> None:
    for name, span in call.after:
        _after(name, span, call, ctx, names)


def own_needs(used: Iterable[str]) -> frozenset[str]:
    """The nodes of this scope among those that were used; the others are there when the scope starts."""
    return frozenset(need for need in used if not need.startswith("^"))


def outer_needs(used: Iterable[str]) -> frozenset[str]:
    """The nodes of the scope around, by their names there."""
    return frozenset(need[1:] for need in used if need.startswith("^") and len(need) > 1)


def _repeated(call: spec.Call, ctx: Context) -> tuple[CheckedEach | None, CheckedBatch | None, Context]:
    """What the call is repeated over, and what its arguments see of one time."""
    if call.each is not None:
        made = check_each(call.each, ctx)
        return (None, None, unknown_items(call.each, ctx)) if made is None else (made[0], None, made[1])
    if call.batch is not None:
        return None, *check_batch(call.batch, ctx)
    return None, None, ctx


def _look_over(call: spec.Call, names: Names) -> None:
    """The expressions of a call without an operation: their names count as used, their mistakes are told."""
    _, _, ctx = _repeated(call, names.context())
    for argument in call.arguments:
        values.value(argument.value, ctx)
    for value in (call.body, *(value for value, _ in call.headers.values())):
        if value is not None:
            values.value(value, ctx)
    if call.when is not None:
        values.condition(call.when, ctx)


def _local_lets(names: Names) -> list[str]:
    """The lets that are made of request values alone."""
    lets = names.endpoint.let
    edges = {name: names.let(name)[1] for name in lets}
    return [name for name in lets if reached(name, edges) <= lets.keys()]


def _undo(call: spec.Call, names: Names) -> CheckedUndo | None:
    """The call that takes the write back; it may speak of what the write answered."""
    written = call.undo
    operation = names.operations.get(written) if written is not None else None
    if written is None or operation is None:
        return None
    result = Binding(Role.CALL, names.reply(call.name), call.name_span)
    read: set[str] = set()
    ctx = replace(names.context({call.name: result}), names=read)
    made = Made(may_be_skipped=True)
    for bound in bind(written, operation, names.diags, writes=True):
        check_argument(bound, written, made, ctx, names)
    body = check_body_of(written, operation, made, ctx, names)
    names.seen |= read
    nulls = tuple(made.nulls)
    return CheckedUndo(operation, tuple(made.arguments), body, call.name in read, written.operation_span, nulls)


# ---------------------------------------------------------------------------------------------- guards


def check_guards(call: spec.Call, names: Names) -> tuple[CheckedGuard, ...]:
    """A call's own guards: skipped when it is null, unless they speak of null themselves."""
    made: list[CheckedGuard] = []
    of = names.call_type(call.name)
    itself = tree.Ref(call.name, Role.CALL, of, call.name_span)
    proofs: dict[str, Type] = {}
    doubts: frozenset[str] = frozenset()
    for written in call.require:
        ctx = names.context()
        facts = {path: fact for path, fact in ctx.facts.items() if fact.origin != call.name}  # its own proofs
        ctx = replace(ctx, facts=facts, doubts=ctx.doubts | doubts).with_facts(proofs)
        aloud = _speaks_of_null(written, call.name, ctx) if is_nullable(of) else False
        inner = ctx if aloud else ctx.with_facts(present(itself))
        guard = make_guard(written, inner, not aloud)
        made.append(guard)
        proofs.update(proved(guard.that, True))
        doubts |= doubts_of(guard.that, ctx, written.that.node.span)
    return tuple(made)


def _speaks_of_null(written: spec.Guard, name: str, ctx: Context) -> bool:
    found = values.condition(written.that, replace(ctx, diags=Diagnostics(), used=set()))
    return any(
        isinstance(node, (tree.IsNull, tree.Truth)) and isinstance(node.value, tree.Ref) and node.value.name == name
        for node in walk(found)
    )


def make_guard(written: spec.Guard, ctx: Context, skip_if_null: bool = True) -> CheckedGuard:
    """`{that, status, detail, extra}`, typed; what the texts say may rely on nothing that failed."""
    that = values.condition(written.that, ctx)
    told = assume(ctx, that, False, written.that.node.span)
    detail = None if written.detail is None else template(written.detail, told)
    extra = tuple((name, values.value(value, told)) for name, value in written.extra.items())
    return CheckedGuard(that, written.status, detail, extra, own_needs(ctx.used), skip_if_null)


def call_proofs(of: Type, guards: tuple[CheckedGuard, ...]) -> Mapping[str, Type]:
    """What the guards of a call of type `of` have proved once it is there (nothing where they may be skipped)."""
    found: dict[str, Type] = {}
    for guard in guards:
        if not (is_nullable(of) and guard.skip_if_null):
            found.update(proved(guard.that, True))
    return found


# ---------------------------------------------------------------------------------------------- the rest


def _after(name: str, span: Span, call: spec.Call, ctx: Context, names: Names) -> None:
    if name in names.endpoint.calls and name != call.name:
        names.seen.add(name)
        return
    near = closest(name, [n for n in names.endpoint.calls if n != call.name])
    help_ = f"did you mean `{near}`?" if near else None
    label = Label(span, "not a call of this endpoint")
    names.diags.report_use(id(names.seen), "BFF205", f"unknown name `{name}`", label, help=help_)


def _passes(operation: Operation, from_request_alone: bool, judged: bool) -> frozenset[int]:
    """The statuses that reach the client as they are when the call fails hard."""
    documented = {response.status for response in operation.responses}
    passing = {status for status in PASSING if status in documented} if from_request_alone else set()
    if judged:
        passing |= {401, 403}
    return frozenset(passing)


def _success(written: spec.Expr | None, call: spec.Call, names: Names) -> tree.Expr | None:
    """The backend's `success`, over the answer of this call."""
    if written is None:
        return None
    reply = names.reply(call.name)
    operation = names.operations.get(call)
    if operation is not None and is_text_answer(operation):
        return None
    if is_broken(reply) or isinstance(reply, (Null, StreamType)) or is_download(reply):
        return None
    only = names.context({"answer": Binding(Role.ANSWER, reply)})
    found = values.condition(written, only)
    return found if not is_broken(found.type) else tree.Literal(True, BOOLEAN, written.node.span)
