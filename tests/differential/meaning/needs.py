"""Which fields of the backends' replies an endpoint needs: those that it reads, and all of what it passes on."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any, get_args

from bffgen.check.model import (
    AnswerWith,
    CheckedBlock,
    CheckedCall,
    CheckedEndpoint,
    CheckedEntry,
    CheckedGateway,
    CheckedGuard,
    PassOn,
    Use,
    UseOther,
)
from bffgen.expr import tree
from bffgen.typesystem.model import MapType, ObjectType, Type, Unknown, non_null
from bffgen.typesystem.relations import objects_in, parts

_NODES = (*get_args(tree.Expr), tree.Clause, tree.TextPart)


def nodes(*roots: Any) -> Iterator[Any]:
    """Every expression inside of these, themselves included."""
    for root in roots:
        if isinstance(root, tuple):
            yield from nodes(*root)
        elif isinstance(root, _NODES):
            yield root
            names = [field.name for field in dataclasses.fields(root) if field.name not in ("type", "span")]
            yield from nodes(*(getattr(root, name) for name in names))


class Needs:
    """`needs(of, name)`: whether a broken field fails the call that answers it."""

    def __init__(self, gateway: CheckedGateway, endpoint: CheckedEndpoint) -> None:
        self._reads: set[tuple[ObjectType, str]] = set()
        self._whole: set[ObjectType] = set()
        passed, read = _roots(endpoint)
        self._pass(one.type for one in passed)
        self._pass(of for entry in _entries(endpoint) for of in _handed_on(entry.reactions))
        self._pass(_as_json(endpoint))
        self._shapes = {shape.name: shape.value for shape in gateway.shapes}
        self._nodes((*passed, *read))

    def __call__(self, of: ObjectType, name: str) -> bool:
        return of in self._whole or (of, name) in self._reads

    def is_read(self, of: ObjectType, name: str) -> bool:
        """Whether an expression names the field."""
        return (of, name) in self._reads

    def is_whole(self, of: ObjectType) -> bool:
        return of in self._whole

    def _nodes(self, exprs: Any) -> None:
        for node in nodes(exprs):
            self._node(node)

    def _node(self, node: Any) -> None:
        match node:
            case tree.CallShape(name) if name in self._shapes:
                self._nodes(self._shapes.pop(name))
            case tree.FieldOf(base, name):
                self._reads.update((of, name) for of in objects_in(base.type))
            case tree.Compare("in" | "not in", left, right) if isinstance(of := non_null(right.type), MapType):
                self._pass((left.type, of.key))  # its keys alone are looked at
            case tree.Compare("==" | "!=" | "in" | "not in", left, right):
                self._pass((left.type, right.type))
            case tree.CallFunction("unique", args):
                self._pass(arg.type for arg in args)
            case tree.Convert(value):
                self._pass((value.type,))

    def _pass(self, types: Iterable[Type]) -> None:
        work = list(types)
        while work:
            of = work.pop()
            if not isinstance(of, ObjectType):
                work += parts(of)
            elif of not in self._whole:
                self._whole.add(of)
                work += [field.type for field in of.fields.values()]


def roots(endpoint: CheckedEndpoint) -> list[tree.Expr]:
    """Every expression of an endpoint, shapes left out."""
    passed, read = _roots(endpoint)
    return [*passed, *read]


def _roots(endpoint: CheckedEndpoint) -> tuple[list[tree.Expr], list[tree.Expr]]:
    """Expressions whose value leaves the gateway, and those that are only looked at."""
    passed: list[tree.Expr | None] = [endpoint.response, *(value for _, value in endpoint.headers), endpoint.envelope]
    read: list[tree.Expr | None] = [endpoint.status, *(cookie.value for cookie in endpoint.cookies)]
    for scope in _scopes(endpoint):
        read += [let.value for let in scope.lets]
        if isinstance(scope, CheckedBlock):
            read.append(scope.value)
        for entry in scope.calls:
            of_entry = _of_entry(entry)
            passed += of_entry[0]
            read += of_entry[1]
    for guard in _guards(endpoint):
        read += [guard.that, guard.detail]
        passed += [value for _, value in guard.extra]
    return [one for one in passed if one is not None], [one for one in read if one is not None]


def _of_entry(entry: CheckedEntry) -> tuple[list[tree.Expr | None], list[tree.Expr | None]]:
    passed: list[tree.Expr | None] = []
    read: list[tree.Expr | None] = [entry.when, entry.key]
    if entry.each is not None:
        read += [entry.each.source, entry.each.condition]
    if isinstance(entry, CheckedCall):
        passed += [entry.body, *(one.value for one in entry.arguments), *(value for _, value in entry.headers)]
        read += [entry.success, entry.items, *entry.null_arguments]
        read += [entry.batch.keys] if entry.batch is not None else []
        read += [entry.pages.next, entry.pages.until] if entry.pages is not None else []
        if entry.undo is not None:
            passed += [entry.undo.body, *(one.value for one in entry.undo.arguments)]
    for reaction in entry.reactions:
        match reaction.action:
            case Use(value):
                read.append(value)
            case AnswerWith(_, detail, extra, body):
                read.append(detail)
                passed += [body, *(value for _, value in extra)]
    return passed, read


def _scopes(scope: CheckedEndpoint | CheckedBlock) -> Iterator[CheckedEndpoint | CheckedBlock]:
    yield scope
    for entry in scope.calls:
        if isinstance(entry, CheckedBlock):
            yield from _scopes(entry)


def _entries(endpoint: CheckedEndpoint) -> Iterator[CheckedEntry]:
    for scope in _scopes(endpoint):
        yield from scope.calls


def _guards(endpoint: CheckedEndpoint) -> Iterator[CheckedGuard]:
    for scope in _scopes(endpoint):
        yield from scope.guards
        for entry in scope.calls:
            yield from entry.guards if isinstance(entry, CheckedCall) else ()


def _as_json(endpoint: CheckedEndpoint) -> Iterator[Type]:
    """What takes the place of a failed call of which nothing is known: it is JSON then, all of it."""
    for scope in _scopes(endpoint):
        types = {entry.name: entry.type for entry in scope.calls}
        for entry in scope.calls:
            if isinstance(non_null(entry.item_type), Unknown):
                yield from (types[r.action.call] for r in entry.reactions if isinstance(r.action, UseOther))


def _handed_on(reactions: Iterable[Any]) -> Iterator[Type]:
    for reaction in reactions:
        if isinstance(reaction.action, PassOn):
            yield from (of for _, of in reaction.action.bodies if of is not None)
