"""Bytes are passed on whole: an answer as the response, a client's body as the body of a call."""

from __future__ import annotations

from collections.abc import Iterator

from bffgen.check.media import entries, holds_download, is_download, is_file, is_raw, is_upload, sends_raw
from bffgen.check.model import (
    AnswerWith,
    CheckedBlock,
    CheckedCall,
    CheckedEndpoint,
    CheckedEntry,
    CheckedGuard,
    CheckedReaction,
    Use,
    leaves,
)
from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.expr import tree
from bffgen.expr.tree import Role
from bffgen.expr.walk import walk
from bffgen.source.text import Span
from bffgen.typesystem.model import ListType, MapType, ObjectType, StreamType, Type, Union, is_nullable, non_null
from bffgen.typesystem.relations import parts

CODE = "BFF318"


def check_passing(endpoint: CheckedEndpoint, body_span: Span, diags: Diagnostics) -> None:
    """Report bytes that are read, or passed on in parts (BFF318)."""
    _body(endpoint, body_span, diags)
    _raw(endpoint, diags)
    if endpoint.response is not None and is_download(non_null(endpoint.response.type)):
        _response(endpoint.response, diags)
    answers = {call.name for call in entries(endpoint.calls) if holds_download(call.type)}
    for expr in _expressions(endpoint):
        for node in walk(expr) if expr is not None else ():
            _node(node, answers, diags)


def _response(response: tree.Expr, diags: Diagnostics) -> None:
    if is_nullable(response.type):
        diags.report(
            CODE,
            "bytes that may be null cannot be an answer",
            Label(response.span, "bytes or null"),
            help="answer a problem where there are none: `on_error: {404: {status: 404, detail: no photo}}`",
        )
    elif not isinstance(response, tree.Ref):
        diags.report(CODE, "an answer in bytes is one call's", Label(response.span), help="write `response: name`")


def _node(node: tree.Expr, answers: set[str], diags: Diagnostics) -> None:
    if isinstance(node, tree.Ref) and node.role is Role.CALL and holds_download(node.type):
        message = f"`{node.name}` answers a stream, which is read by `$for` alone"
        help_ = f"add `stream: lines`, and begin `response:` with `$for: x in {node.name}`"
        if not isinstance(node.type, StreamType):
            message = f"`{node.name}` answers bytes, which are passed on whole or not at all"
            help_ = f"make them the whole answer: `response: {node.name}`"
        diags.report(CODE, message, Label(node.span, "read here"), help=help_)
    elif isinstance(node, (tree.StatusOf, tree.HeaderOf)) and node.call in answers:
        what = "status" if isinstance(node, tree.StatusOf) else "headers"
        diags.report(CODE, f"the {what} of `{node.call}` cannot be read: it answers bytes", Label(node.span))


def _body(endpoint: CheckedEndpoint, span: Span, diags: Diagnostics) -> None:
    """A form holds files, scalars, lists of both and JSON objects; bytes stand nowhere else."""
    of = endpoint.body
    if of is None or is_raw(of):
        return
    inner = of.fields.values() if isinstance(of, ObjectType) and is_upload(of) else ()
    deep = [field.type for field in inner if not is_file(field.type)] if inner else [of]
    if any(_is_anywhere(one, set()) for one in deep):
        message = "a file stands directly in the body, or in a list there"
        diags.report(CODE, message, Label(span, "bytes inside of something else"))


def _is_anywhere(of: Type, seen: set[int]) -> bool:
    if id(of) in seen:
        return False
    seen.add(id(of))
    if isinstance(of, ObjectType):
        return any(_is_anywhere(field.type, seen) for field in of.fields.values())
    if isinstance(of, (ListType, MapType, Union)) or is_nullable(of):
        return any(_is_anywhere(part, seen) for part in parts(of))
    return is_file(of)


def _raw(endpoint: CheckedEndpoint, diags: Diagnostics) -> None:
    """The client's body goes on once, whole, by a call that needs nothing of it."""
    if not is_raw(endpoint.body):
        return
    senders = [call for call in leaves(endpoint.calls) if sends_raw(call)]
    whole = {id(call.body) for call in senders}
    for expr in _expressions(endpoint):
        for node in walk(expr) if expr is not None else ():
            if isinstance(node, tree.Ref) and node.role is Role.BODY and id(node) not in whole:
                label = Label(node.span, "the body as it arrives")
                diags.report(CODE, "a raw body is the body of a call, or nothing", label)
    repeated = [call for call in senders if call.each or call.batch or call.pages] or senders[1:]
    inside = [b for b in entries(endpoint.calls) if isinstance(b, CheckedBlock) and b.each]
    for call in [*repeated, *(call for block in inside for call in leaves(block.calls) if sends_raw(call))][:1]:
        diags.report(CODE, "a raw body can be sent once", Label(call.span, "sends it again"))


# ---------------------------------------------------------------------------------------------- all expressions


def _expressions(endpoint: CheckedEndpoint) -> Iterator[tree.Expr | None]:
    """Every expression but a response that is bytes, or what a stream is made of."""
    response = endpoint.response
    if response is not None and not is_download(non_null(response.type)) and endpoint.stream is None:
        yield response
    if endpoint.stream is not None and isinstance(response, tree.Loop):
        yield response.element
        yield from response.clauses[0].conditions
    yield endpoint.status
    yield from (value for _, value in endpoint.headers)
    yield from (cookie.value for cookie in endpoint.cookies)
    yield from (let.value for let in endpoint.lets)
    for guard in endpoint.guards:
        yield from _of_guard(guard)
    for entry in endpoint.calls:
        yield from _of_entry(entry)


def _of_entry(entry: CheckedEntry) -> Iterator[tree.Expr | None]:
    yield from (entry.when, entry.key)
    if entry.each is not None:
        yield from (entry.each.source, entry.each.condition)
    for reaction in entry.reactions:
        yield from _of_reaction(reaction)
    for guard in entry.guards:
        yield from _of_guard(guard)
    if isinstance(entry, CheckedBlock):
        yield entry.value
        yield from (let.value for let in entry.lets)
        for call in entry.calls:
            yield from _of_entry(call)
    else:
        yield from _of_call(entry)


def _of_call(call: CheckedCall) -> Iterator[tree.Expr | None]:
    yield from (argument.value for argument in call.arguments)
    yield from (call.body, call.items, *call.null_arguments, *(value for _, value in call.headers))
    yield call.batch.keys if call.batch is not None else None
    if call.undo is not None:
        yield from (argument.value for argument in call.undo.arguments)
        yield call.undo.body


def _of_reaction(reaction: CheckedReaction) -> Iterator[tree.Expr | None]:
    match reaction.action:
        case Use(value):
            yield value
        case AnswerWith(_, detail, extra, body):
            yield from (detail, body, *(value for _, value in extra))


def _of_guard(guard: CheckedGuard) -> Iterator[tree.Expr | None]:
    yield from (guard.that, guard.detail, *(value for _, value in guard.extra))
