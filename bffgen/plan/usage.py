"""What a gateway uses of its backends: operations, parameters, fields read, and objects passed on whole.

A field is read when an expression names it. An object is passed whole when its type reaches an answer or a
request: then all its fields are needed. Whole is a property of the type and not of the value, and is decided
with caution: one place that passes an object whole makes it whole everywhere.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bffgen.check.model import (
    AnswerWith,
    CheckedBlock,
    CheckedCall,
    CheckedEndpoint,
    CheckedEntry,
    CheckedGateway,
    CheckedGuard,
    CheckedReaction,
    CheckedShape,
    CheckedUndo,
    PassOn,
    Use,
    UseOther,
    leaves,
)
from bffgen.expr import tree
from bffgen.expr.tree import Expr
from bffgen.plan.shapes import ClassKey, fields_of, holds_object, merged, place
from bffgen.plan.walk import CallScope, list_exprs, undo_exprs
from bffgen.records import dataclass
from bffgen.typesystem.model import ListType, ObjectType, Type, Union, Unknown, non_null
from bffgen.typesystem.relations import objects_in, parts

_NODES = tree.Expr.__args__
_PASSED = (tree.Clause, tree.TextPart)
_COMPARED = ("==", "!=", "in", "not in")


@dataclass(frozen=True, eq=False)
class Usage:
    """`reads`: wire names by object, sorted. `classes`: every object and merged union that is decoded or built.

    `operations`: backend -> operation -> what is sent (`query.limit`, `body`), sorted.
    """

    reads: Mapping[ObjectType, tuple[str, ...]]
    whole: frozenset[ObjectType]
    classes: tuple[ClassKey, ...]
    operations: Mapping[str, Mapping[str, tuple[str, ...]]]
    narrowed: frozenset[ObjectType]  # members that a union is narrowed to
    joined: frozenset[ObjectType]  # objects on their own that an expression joins to a union

    def is_whole(self, key: ClassKey) -> bool:
        """Whether a class keeps all fields, and absent apart from null."""
        return key in self.whole if isinstance(key, ObjectType) else any(one in self.whole for one in key)

    def kept(self, key: ClassKey) -> tuple[str, ...]:
        """The wire names of the fields of a class, in its order."""
        fields = fields_of(key)
        if self.is_whole(key):
            return tuple(fields)
        members = (key,) if isinstance(key, ObjectType) else key
        read = {name for member in members for name in self.reads.get(member, ())}
        return tuple(name for name in fields if name in read)


def find_usage(gateway: CheckedGateway) -> Usage:
    """The usage of the whole gateway."""
    strict = frozenset(backend.name for backend in gateway.backends if backend.validate == "strict")
    walk = _Walk(strict, {shape.name: dict(shape.parameters) for shape in gateway.shapes})
    for endpoint in gateway.endpoints:
        walk.endpoint(endpoint)
    walk.envelope(gateway.envelope)
    walk.claims(gateway)
    for shape in gateway.shapes:
        walk.shape(shape)
    classes = walk.reach()
    reads = {of: tuple(sorted(walk.reads[of])) for of in sorted(walk.reads, key=place)}
    narrowed, joined = frozenset(walk.narrowed), frozenset(walk.joined)
    return Usage(reads, frozenset(walk.whole), tuple(classes), _operations(gateway), narrowed, joined)


class _Walk:
    """Marks of one walk over all expressions. `decoded` are the types of replies, `built` of what we make."""

    def __init__(self, strict: frozenset[str], shapes: Mapping[str, Mapping[str, Type]]) -> None:
        self.strict = strict
        self.shapes = shapes
        self.reads: dict[ObjectType, set[str]] = {}
        self.whole: set[ObjectType] = set()
        self.narrowed: set[ObjectType] = set()
        self.joined: set[ObjectType] = set()
        self.decoded: list[Type] = []
        self.built: list[Type] = []

    def envelope(self, envelope: Expr | None) -> None:
        self._pass(envelope)

    def claims(self, gateway: CheckedGateway) -> None:
        """What tokens say is read whole: it is checked before anything else is done."""
        self._take(*(scheme.claims for scheme in gateway.schemes if scheme.jwt is not None and scheme.claims.fields))
        for endpoint in gateway.endpoints:
            if endpoint.access is not None and endpoint.reads_claims:
                self._take(endpoint.access.claims)

    def shape(self, shape: CheckedShape) -> None:
        self._pass(shape.value)
        self.decoded += [of for _, of in shape.parameters]

    def endpoint(self, endpoint: CheckedEndpoint) -> None:
        self.envelope(endpoint.envelope)
        self._scope(endpoint)
        self._read(endpoint.status, *(cookie.value for cookie in endpoint.cookies))
        self._pass(endpoint.response, *(value for _, value in endpoint.headers))
        self._take(*(param.type for param in endpoint.params), *([endpoint.body] if endpoint.body else []))

    def _scope(self, scope: CallScope) -> None:
        entries = {entry.name: entry for entry in scope.calls}
        for entry in scope.calls:
            if isinstance(entry, CheckedBlock):
                self._scope(entry)
                self._read(entry.value, entry.when)
            else:
                self._call(entry)
            self._read(*list_exprs(entry))
            for reaction in entry.reactions:
                self._reaction(reaction)
                if isinstance(reaction.action, UseOther):
                    self._replaced(entry, entries[reaction.action.call])
        for let in scope.lets:
            self._read(let.value)
        self._guards(scope.guards)

    def _call(self, call: CheckedCall) -> None:
        self.decoded.append(call.reply)
        if call.operation.backend in self.strict:  # what is not read is checked, too
            self._take(call.reply)
        self._read(call.when, call.success, *call.null_arguments)
        self._pass(call.body, *(value for _, value in call.headers), *(sent.value for sent in call.arguments))
        self._guards(call.guards)
        if call.undo is not None:
            self._pass(*undo_exprs(call.undo))

    def _replaced(self, entry: CheckedEntry, other: CheckedEntry) -> None:
        """The two calls of which one takes the other's place: their types join."""
        if isinstance(non_null(entry.item_type), Unknown):  # then the value is JSON, all of it
            self._take(other.type)
        self.joined.update(of for of in map(non_null, (entry.item_type, other.type)) if isinstance(of, ObjectType))

    def _reaction(self, reaction: CheckedReaction) -> None:
        if reaction.error_body is not None:
            self.decoded.append(reaction.error_body)
        match reaction.action:
            case Use(value):
                self._read(value)
            case PassOn(bodies):
                given = [body for _, body in bodies if body is not None]
                self.decoded += given
                self._take(*given)
            case AnswerWith(_, detail, extra, body):
                self._read(detail)
                self._pass(body, *(value for _, value in extra))

    def _guards(self, guards: Iterable[CheckedGuard]) -> None:
        for guard in guards:
            self._read(guard.that, guard.detail)
            self._pass(*(value for _, value in guard.extra))

    def _pass(self, *values: Expr | None) -> None:
        """Values that leave the gateway."""
        self._read(*values)
        self._take(*(value.type for value in values if value is not None))

    def _read(self, *values: Expr | None) -> None:
        """Everything that is read or taken whole inside of expressions."""
        for value in values:
            for node in nodes_of(value) if value is not None else ():
                self._node(node)

    def _node(self, node: Expr) -> None:
        match node:
            case tree.FieldOf(base, name):
                for of in objects_in(base.type):
                    if name in of.fields:
                        self.reads.setdefault(of, set()).add(name)
            case tree.MakeObject(entries, _, of):
                if of.backend is None or of.request:
                    self._take(of, *(value.type for _, value in entries))
                else:
                    self.reads.setdefault(of, set()).update(name for name, _ in entries)
                    self.decoded.append(of)
            case tree.Narrowed(value, _, of) if isinstance(non_null(value.type), Union):
                members = set(objects_in(of))
                if members != set(objects_in(value.type)):  # and not null alone was left out
                    self.narrowed.update(members)
            case tree.Choice() | tree.MakeList() | tree.CallFunction("default") | tree.CallShape():
                self._join(node)
            case tree.Convert(value, of):
                self._take(value.type, of)
            case tree.Compare(operator, left, right) if operator in _COMPARED and holds_object(left.type):
                self._take(left.type, right.type)
            case tree.CallFunction("unique", args):
                self._take(*(arg.type for arg in args))

    def _join(self, node: tree.Choice | tree.MakeList | tree.CallFunction | tree.CallShape) -> None:
        """Objects that become one of several types here."""
        given: list[tuple[Expr, Type]]
        match node:
            case tree.CallShape(name, args):
                given = [(value, self.shapes[name][parameter]) for parameter, value in args]
            case tree.MakeList(items, ListType(item)):
                given = [(value, item) for value in items]
            case tree.Choice(_, then, other):
                given = [(then, node.type), (other, node.type)]
            case _:
                given = [(value, node.type) for value in node.args] if isinstance(node, tree.CallFunction) else []
        into = [non_null(value.type) for value, of in given if isinstance(non_null(of), Union)]
        self.joined.update(of for of in into if isinstance(of, ObjectType))

    def _take(self, *types: Type) -> None:
        """Mark objects whole, with all that is inside of them."""
        self.built.extend(types)
        work = list(types)
        while work:
            of = work.pop()
            if not isinstance(of, ObjectType):
                work.extend(parts(of))
            elif of not in self.whole:
                self.whole.add(of)
                work.extend(field.type for field in of.fields.values())

    def reach(self) -> list[ClassKey]:
        """The classes of all types reached, when every union with a whole member is whole."""
        while True:
            found = self._reached()
            partly = [key for key in found if isinstance(key, frozenset) and 0 < len(key & self.whole) < len(key)]
            if not partly:
                return found
            for key in partly:
                self._take(*sorted(key, key=place))

    def _reached(self) -> list[ClassKey]:
        found: dict[ClassKey, None] = {}
        unions: list[frozenset[ObjectType]] = []  # of what was found
        for types, decoded in ((self.decoded, True), (self.built, False)):
            work = list(reversed(types))
            while work:
                of = work.pop()
                members = merged(of) if isinstance(of, Union) else frozenset()
                if not decoded and not any(members <= one for one in unions):
                    members = frozenset()
                key: ClassKey | None = members or (of if isinstance(of, ObjectType) else None)
                if not decoded and isinstance(of, ObjectType) and of not in found and any(of in one for one in unions):
                    continue
                if members and isinstance(of, Union):
                    work.extend(part for part in parts(of) if not isinstance(part, ObjectType) or part not in members)
                if key is None:
                    work.extend(parts(of))
                elif key not in found:
                    found[key] = None
                    unions += [key] if isinstance(key, frozenset) else []
                    work.extend(self._kept_types(key))
        return list(found)

    def _kept_types(self, key: ClassKey) -> Iterator[Type]:
        members = (key,) if isinstance(key, ObjectType) else tuple(key)
        whole = any(member in self.whole for member in members)
        read = {name for member in members for name in self.reads.get(member, ())}
        fields = fields_of(key)
        return (fields[name].type for name in fields if whole or name in read)


def nodes_of(value: Expr) -> Iterator[Expr]:
    """An expression and every one inside of it."""
    work: list[Any] = [value]
    while work:
        item = work.pop()
        if isinstance(item, tuple):
            work.extend(item)
        elif isinstance(item, (*_NODES, *_PASSED)):
            work.extend(getattr(item, field.name) for field in dataclasses.fields(item))  # type: ignore[arg-type]
            if isinstance(item, _NODES):
                yield item


def _operations(gateway: CheckedGateway) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    used: dict[str, dict[str, set[str]]] = {}
    calls = [call for endpoint in gateway.endpoints for call in leaves(endpoint.calls)]
    made: list[CheckedCall | CheckedUndo] = [*calls, *(call.undo for call in calls if call.undo is not None)]
    for call in made:
        sent = used.setdefault(call.operation.backend, {}).setdefault(call.operation.key, set())
        sent.update(f"{argument.parameter.location}.{argument.parameter.name}" for argument in call.arguments)
        sent.update(["body"] if call.body is not None else [])
        pages = call.pages.parameter if isinstance(call, CheckedCall) and call.pages is not None else None
        sent.update([f"{pages.location}.{pages.name}"] if pages is not None else [])
    return {
        backend: {key: tuple(sorted(sent)) for key, sent in sorted(operations.items())}
        for backend, operations in sorted(used.items())
    }
