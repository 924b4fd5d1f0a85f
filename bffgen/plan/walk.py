"""Walking and rewriting typed expressions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, get_args

from bffgen.check.model import (
    AnswerWith,
    CheckedBlock,
    CheckedCall,
    CheckedEndpoint,
    CheckedEntry,
    CheckedGuard,
    CheckedReaction,
    CheckedUndo,
    Use,
)
from bffgen.expr.tree import Clause, Expr, HeaderOf, Ref, Role, StatusOf, Target, TextPart
from bffgen.expr.walk import part_names

CallScope = CheckedEndpoint | CheckedBlock
"""What has calls, lets and guards of its own, and makes one value of them."""

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
        for name in part_names(node):
            yield from _walk(getattr(node, name))


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
    for name in part_names(node):
        old = getattr(node, name)
        if (new := rewrite(old, changes)) is not old:
            changed[name] = new
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


def own_guards(entry: CheckedEntry) -> tuple[CheckedGuard, ...]:
    """The guards that are checked when the entry has answered; those of a block are inside of it."""
    return entry.guards if isinstance(entry, CheckedCall) else ()


def request_exprs(call: CheckedCall) -> Iterator[Expr | None]:
    """What a call needs to be made, one time."""
    yield call.when
    yield from call.null_arguments
    for argument in call.arguments:
        yield argument.value
    yield call.body
    for _, value in call.headers:
        yield value


def list_exprs(entry: CheckedEntry) -> Iterator[Expr | None]:
    """What an entry is repeated over, and what is made of its answers."""
    if entry.each is not None:
        yield entry.each.source
        yield entry.each.condition
    yield entry.key
    if isinstance(entry, CheckedCall):
        yield entry.items
        yield entry.batch.keys if entry.batch is not None else None
        if entry.pages is not None:
            yield entry.pages.next
            yield entry.pages.until


def undo_exprs(undo: CheckedUndo) -> Iterator[Expr | None]:
    for argument in undo.arguments:
        yield argument.value
    yield undo.body


def call_exprs(call: CheckedCall) -> Iterator[Expr | None]:
    """Everything that a call evaluates, its guards excepted."""
    yield from request_exprs(call)
    yield from list_exprs(call)
    if call.undo is not None:
        yield from undo_exprs(call.undo)
    for reaction in call.reactions:
        yield from reaction_exprs(reaction)


def entry_exprs(entry: CheckedEntry) -> Iterator[Expr | None]:
    """Everything that an entry evaluates, a call's guards excepted; all that is inside of a block."""
    if isinstance(entry, CheckedCall):
        yield from call_exprs(entry)
        return
    yield entry.when
    yield from list_exprs(entry)
    for reaction in entry.reactions:
        yield from reaction_exprs(reaction)
    yield from scope_exprs(entry)


def result_exprs(scope: CallScope) -> Iterator[Expr | None]:
    """What a block's value or an endpoint's successful answer is made of."""
    if isinstance(scope, CheckedBlock):
        yield scope.value
        return
    yield scope.response
    yield scope.status
    for _, value in scope.headers:
        yield value
    for cookie in scope.cookies:
        yield cookie.value


def scope_exprs(scope: CallScope) -> Iterator[Expr | None]:
    """Every expression inside of an endpoint or block."""
    for let in scope.lets:
        yield let.value
    for guard in scope.guards:
        yield from guard_exprs(guard)
    for entry in scope.calls:
        yield from entry_exprs(entry)
        for guard in own_guards(entry):
            yield from guard_exprs(guard)
    yield from result_exprs(scope)


def scopes(scope: CallScope) -> Iterator[CallScope]:
    """An endpoint or block and every block inside of it."""
    yield scope
    for entry in scope.calls:
        if isinstance(entry, CheckedBlock):
            yield from scopes(entry)
