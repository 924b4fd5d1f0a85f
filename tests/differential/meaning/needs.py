"""Which fields of the backends' replies an endpoint needs: those that it reads, and all of what it passes on."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any, get_args

from bffgen.check.model import AnswerWith, CheckedEndpoint, CheckedGuard, PassOn, Use
from bffgen.expr import tree
from bffgen.typesystem.model import ObjectType, Type
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

    def __init__(self, endpoint: CheckedEndpoint) -> None:
        self._reads: set[tuple[ObjectType, str]] = set()
        self._whole: set[ObjectType] = set()
        passed, read = _roots(endpoint)
        self._pass(one.type for one in passed)
        self._pass(of for call in endpoint.calls for of in _handed_on(call.reactions))
        for node in nodes(tuple(passed), tuple(read)):
            self._node(node)

    def __call__(self, of: ObjectType, name: str) -> bool:
        return of in self._whole or (of, name) in self._reads

    def is_read(self, of: ObjectType, name: str) -> bool:
        """Whether an expression names the field."""
        return (of, name) in self._reads

    def is_whole(self, of: ObjectType) -> bool:
        return of in self._whole

    def _node(self, node: Any) -> None:
        match node:
            case tree.FieldOf(base, name):
                self._reads.update((of, name) for of in objects_in(base.type))
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


def _roots(endpoint: CheckedEndpoint) -> tuple[list[tree.Expr], list[tree.Expr]]:
    """Expressions whose value leaves the gateway, and those that are only looked at."""
    passed: list[tree.Expr | None] = [endpoint.response, *(value for _, value in endpoint.headers)]
    read: list[tree.Expr | None] = [endpoint.status, *(let.value for let in endpoint.lets)]
    read += [cookie.value for cookie in endpoint.cookies]
    for call in endpoint.calls:
        passed += [call.body, *(one.value for one in call.arguments), *(value for _, value in call.headers)]
        read += [call.when, call.success, *call.null_arguments]
        for reaction in call.reactions:
            match reaction.action:
                case Use(value):
                    read.append(value)
                case AnswerWith(_, detail, extra, body):
                    read.append(detail)
                    passed += [body, *(value for _, value in extra)]
    for guard in _guards(endpoint):
        read += [guard.that, guard.detail]
        passed += [value for _, value in guard.extra]
    return [one for one in passed if one is not None], [one for one in read if one is not None]


def _guards(endpoint: CheckedEndpoint) -> Iterator[CheckedGuard]:
    yield from endpoint.guards
    for call in endpoint.calls:
        yield from call.guards


def _handed_on(reactions: Iterable[Any]) -> Iterator[Type]:
    for reaction in reactions:
        if isinstance(reaction.action, PassOn):
            yield from (of for _, of in reaction.action.bodies if of is not None)
