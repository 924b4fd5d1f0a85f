"""Which forms of the language compositions have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from bffgen.check.model import (
    AnswerWith,
    CheckedBlock,
    CheckedCall,
    CheckedEndpoint,
    CheckedEntry,
    CheckedGateway,
    FailWith,
    PassOn,
    Use,
    UseOther,
)
from bffgen.expr import tree
from bffgen.typesystem.model import Union, non_null

from .meaning.needs import nodes, roots


def features(gateway: CheckedGateway) -> Counter[str]:
    """How often each form stands in a gateway."""
    found: Counter[str] = Counter()
    for endpoint in gateway.endpoints:
        found.update(_of_endpoint(endpoint))
        for node in nodes(*roots(endpoint)):
            found.update(_of_node(node))
    for shape in gateway.shapes:
        found["shape"] += 1
        for node in nodes(shape.value):
            found.update(_of_node(node))
    return found


def _of_endpoint(endpoint: CheckedEndpoint) -> Iterator[str]:
    yield f"endpoint: {endpoint.method}"
    there = {
        "require": endpoint.guards,
        "let": endpoint.lets,
        "status as an expression": endpoint.status,
        "response_headers": endpoint.headers,
        "cookies": endpoint.cookies,
        "envelope": endpoint.envelope,
        "body": endpoint.body,
        "degraded_status": endpoint.degraded_status != endpoint.statuses[0],
    }
    yield from (f"endpoint: {name}" for name, value in there.items() if value)
    yield from (f"param: {param.location}" for param in endpoint.params)
    backends = {call.operation.backend for call in _calls(endpoint)}
    yield f"endpoint: {min(len(backends), 3)}{'+' if len(backends) > 2 else ''} backends"
    for entry in _entries(endpoint):
        yield from _of_entry(entry)


def _entries(scope: CheckedEndpoint | CheckedBlock) -> Iterator[CheckedEntry]:
    for entry in scope.calls:
        yield entry
        if isinstance(entry, CheckedBlock):
            yield from _entries(entry)


def _calls(scope: CheckedEndpoint | CheckedBlock) -> Iterator[CheckedCall]:
    return (entry for entry in _entries(scope) if isinstance(entry, CheckedCall))


def _of_entry(entry: CheckedEntry) -> Iterator[str]:
    yield "call: a block" if isinstance(entry, CheckedBlock) else "call: one operation"
    there = {"for": entry.each, "when": entry.when, "key": entry.key, "after": entry.after, "require": entry.guards}
    there |= {"if": entry.each is not None and entry.each.condition, "lazy": entry.lazy, "waits": entry.needs}
    if isinstance(entry, CheckedCall):
        there |= {"batch": entry.batch, "items": entry.items, "undo": entry.undo, "write": entry.write}
        there |= {"body": entry.body, "headers": entry.headers, "success": entry.success}
        there |= {"null argument": entry.null_arguments}
        if entry.pages is not None:
            yield f"call: paginate by {entry.pages.by}"
    yield from (f"call: {name}" for name, value in there.items() if value)
    for reaction in entry.reactions:
        match reaction.action:
            case Use(tree.Literal(None)):
                yield "on_error: null"
            case Use():
                yield "on_error: default"
            case UseOther():
                yield "on_error: use"
            case PassOn():
                yield "on_error: pass"
            case AnswerWith(body=None):
                yield "on_error: status"
            case AnswerWith():
                yield "on_error: status and body"
            case FailWith():
                yield "on_error: fail"


def _of_node(node: object) -> Iterator[str]:
    match node:
        case tree.CallFunction(name) | tree.CallMethod(name=name):
            yield f"{name}()"
        case tree.Loop(kind, nullable_source=of_null):
            yield f"loop: {kind}{', maybe over null' if of_null else ''}"
        case tree.Compare(operator) | tree.Arithmetic(operator):
            yield f"operator {operator}"
        case tree.Logic(operator):
            yield f"operator {operator}"
        case tree.MakeObject(omit_null=True):
            yield "$omit_null"
        case tree.FieldOf(base) if isinstance(non_null(base.type), Union):
            yield "field of a union"
        case tree.Clause() | tree.TextPart():
            return
        case _:
            yield type(node).__name__
