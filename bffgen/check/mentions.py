"""Every name that an endpoint mentions, before anything is known of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bffgen.check.templates import holes
from bffgen.check.values import source_text
from bffgen.diagnostics.model import Diagnostics
from bffgen.expr.parse import parse, parse_loop
from bffgen.spec import model as spec


def mentioned_names(endpoint: spec.Endpoint) -> frozenset[str]:
    """The names in all expressions of an endpoint, loop variables among them."""
    return frozenset(name for value in _values(endpoint) for name in _names(value))


def _names(written: spec.Value) -> Iterator[str]:
    match written:
        case spec.Expr():
            parsed = parse(source_text(written), Diagnostics())  # what is wrong with it is said when it is checked
            yield from _names_in(parsed.tree) if parsed else ()
        case spec.ListValue(items):
            for item in items:
                yield from _names(item)
        case spec.ObjectValue():
            yield from _names_of_mapping(written)


def _names_of_mapping(written: spec.ObjectValue) -> Iterator[str]:
    clause = parse_loop(source_text(written.loop), Diagnostics()) if written.loop else None
    if clause:
        yield from _names_in(clause[1].tree)
    for value in (written.condition, *(pick.source for pick in written.picks)):
        yield from _names(value) if value else ()
    for _, _, item in written.entries:
        yield from _names(item)


def _names_in(tree: ast.expr) -> Iterator[str]:
    return (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))


def _values(endpoint: spec.Endpoint) -> Iterator[spec.Value]:
    for call in endpoint.calls.values():
        yield from _values_of_call(call)
    for guard in endpoint.require:
        yield from _values_of_guard(guard)
    for value in (endpoint.response, endpoint.status):
        if value is not None:
            yield value
    yield from (value for value, _ in endpoint.let.values())
    yield from (value for value, _ in endpoint.response_headers.values())
    yield from (cookie.value for cookie, _ in endpoint.cookies.values())


def _values_of_call(call: spec.Call) -> Iterator[spec.Value]:
    yield from (argument.value for argument in call.arguments)
    yield from (value for value in (call.body, call.when) if value is not None)
    yield from (value for value, _ in call.headers.values())
    for guard in call.require:
        yield from _values_of_guard(guard)
    for entry in call.on_error:
        match entry.reaction:
            case spec.Default(value):
                yield value
            case spec.Answer(_, detail, extra, body):
                yield from holes(detail)
                yield from extra.values()
                if body is not None:
                    yield body


def _values_of_guard(guard: spec.Guard) -> Iterator[spec.Value]:
    yield guard.that
    yield from holes(guard.detail)
    yield from guard.extra.values()
