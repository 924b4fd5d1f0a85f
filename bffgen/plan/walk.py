"""Walking and rewriting typed expressions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any, get_args

from bffgen.check.model import (
    AnswerWith,
    CheckedCall,
    CheckedEndpoint,
    CheckedGuard,
    CheckedReaction,
    Use,
)
from bffgen.expr.tree import Clause, Expr, HeaderOf, Ref, Role, StatusOf, Target, TextPart

_NODES = (*get_args(Expr), Clause, TextPart, Target)


def walk(*exprs: Expr | None) -> Iterator[Any]:
    """Every node of the expressions, clauses and targets of loops included, in the order written."""
    for expr in exprs:
        if expr is not None:
            yield from _walk(expr)


def _walk(node: Any) -> Iterator[Any]:
    if isinstance(node, tuple):
        for item in node:
            yield from _walk(item)
    elif isinstance(node, _NODES):
        yield node
        for field in fields(node):
            if field.name not in ("type", "span"):
                yield from _walk(getattr(node, field.name))


def rewrite(node: Any, changes: Mapping[int, Expr]) -> Any:
    """The tree with other expressions in the place of some, which are told by their `id()`."""
    if id(node) in changes:
        return changes[id(node)]
    if isinstance(node, tuple):
        made = tuple(rewrite(item, changes) for item in node)
        return node if all(a is b for a, b in zip(made, node, strict=True)) else made
    if not isinstance(node, _NODES):
        return node
    changed = {}
    for field in fields(node):
        old = getattr(node, field.name)
        if field.name not in ("type", "span") and (new := rewrite(old, changes)) is not old:
            changed[field.name] = new
    return replace(node, **changed) if changed else node


def referred(exprs: Iterable[Expr | None]) -> frozenset[str]:
    """Names of the calls and lets that the expressions mention."""
    found = set()
    for node in walk(*exprs):
        if isinstance(node, Ref) and node.role in (Role.CALL, Role.LET):
            found.add(node.name)
        elif isinstance(node, (StatusOf, HeaderOf)):
            found.add(node.call)
    return frozenset(found)


def guard_exprs(guard: CheckedGuard) -> Iterator[Expr | None]:
    yield guard.that
    yield guard.detail
    for _, value in guard.extra:
        yield value


def reaction_exprs(reaction: CheckedReaction) -> Iterator[Expr | None]:
    match reaction.action:
        case Use(value):
            yield value
        case AnswerWith(_, detail, extra, body):
            yield detail
            yield body
            for _, value in extra:
                yield value


def request_exprs(call: CheckedCall) -> Iterator[Expr | None]:
    """What a call needs to be made."""
    yield call.when
    yield from call.null_arguments
    for argument in call.arguments:
        yield argument.value
    yield call.body
    for _, value in call.headers:
        yield value


def call_exprs(call: CheckedCall) -> Iterator[Expr | None]:
    """Everything that a call evaluates, its guards excepted."""
    yield from request_exprs(call)
    for reaction in call.reactions:
        yield from reaction_exprs(reaction)


def answer_exprs(endpoint: CheckedEndpoint) -> Iterator[Expr | None]:
    """What the successful answer is made of."""
    yield endpoint.response
    yield endpoint.status
    for _, value in endpoint.headers:
        yield value
    for cookie in endpoint.cookies:
        yield cookie.value


def endpoint_exprs(endpoint: CheckedEndpoint) -> Iterator[Expr | None]:
    """Every expression of an endpoint."""
    for let in endpoint.lets:
        yield let.value
    for guard in endpoint.guards:
        yield from guard_exprs(guard)
    for call in endpoint.calls:
        yield from call_exprs(call)
        for guard in call.guards:
            yield from guard_exprs(guard)
    yield from answer_exprs(endpoint)
