"""The nodes of a document that a JSONPath query selects. No more of the document is read than the query asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bffgen.openapi.overlay import path as tree
from bffgen.openapi.pattern import is_tame
from bffgen.records import dataclass
from bffgen.source.nodes import Node

NOTHING: Any = object()
MAX_VISITED = 2_000_000  # nodes, in one query


class TooMuch(Exception):
    """A query that would visit more nodes than a document may have."""


@dataclass(frozen=True, slots=True)
class Place:
    """A node, and where it hangs; the root hangs nowhere."""

    node: Node
    holder: Node | None
    key: str


def select(query: tree.Query, root: Node) -> list[Place]:
    """The selected places, in the order of the RFC; one that is selected twice stands once. Raises `TooMuch`."""
    found = _Evaluation(root).places(query, root)
    return list({id(place.node): place for place in found}.values())


class _Evaluation:
    def __init__(self, root: Node) -> None:
        self._root = root
        self._visited = 0

    def places(self, query: tree.Query, current: Node) -> list[Place]:
        found = [Place(self._root if query.from_root else current, None, "")]
        for segment in query.segments:
            found = [inner for place in found for inner in self._segment(segment, place)]
        return found

    def _segment(self, segment: tree.Segment, place: Place) -> Iterator[Place]:
        todo = [place]
        while todo:
            at = todo.pop()
            members = list(self._members(at.node))
            for selector in segment.selectors:
                yield from self._selected(selector, at.node, members)
            if not segment.descends:
                return
            todo += reversed(members)

    def _members(self, node: Node) -> Iterator[Place]:
        if node.kind == "mapping":
            pairs = list(node.entries().items())
        else:
            pairs = [(str(at), member) for at, member in enumerate(node.elements())]
        self._visited += len(pairs)
        if self._visited > MAX_VISITED:
            raise TooMuch
        return (Place(member, node, key) for key, member in pairs)

    def _selected(self, selector: tree.Selector, node: Node, members: list[Place]) -> list[Place]:
        is_list = node.kind == "sequence"
        match selector:
            case tree.Name(name):
                return [] if is_list else [place for place in members if place.key == name]
            case tree.Index(at):
                inside = is_list and -len(members) <= at < len(members)
                return [members[at]] if inside else self._keyed(node, members, at)
            case tree.Slice(start, stop, step):
                return members[start:stop:step] if is_list and step else []
            case tree.Wildcard():
                return members
            case tree.Filter(test):
                return [place for place in members if self._holds(test, place.node)]

    def _keyed(self, node: Node, members: list[Place], at: int) -> list[Place]:
        """`[200]` of a mapping: keys are texts, but `responses[200]` is what one writes."""
        return [place for place in members if place.key == str(at)] if node.kind == "mapping" else []

    # ----------------------------------------------------------------------------------------------- filters

    def _holds(self, test: tree.Test, current: Node) -> bool:
        match test:
            case tree.Or(tests):
                return any(self._holds(each, current) for each in tests)
            case tree.And(tests):
                return all(self._holds(each, current) for each in tests)
            case tree.Not(inner):
                return not self._holds(inner, current)
            case tree.Query():
                return bool(self.places(test, current))
            case tree.Call():
                return self._call(test, current) is True
            case tree.Comparison(operator, left, right):
                return _compare(operator, self._value(left, current), self._value(right, current))

    def _value(self, of: tree.Query | tree.Literal | tree.Call, current: Node) -> Any:
        match of:
            case tree.Literal(value):
                return value
            case tree.Call():
                return self._call(of, current)
            case tree.Query():
                found = self.places(of, current)
                return _data(found[0].node) if len(found) == 1 else NOTHING

    def _call(self, call: tree.Call, current: Node) -> Any:
        first = call.arguments[0]
        if call.name == "count":
            return len(self.places(first, current)) if isinstance(first, tree.Query) else NOTHING
        value = self._value(first, current)
        if call.name == "value":
            return value
        if call.name == "length":
            return len(value) if isinstance(value, str | list | dict) else NOTHING
        return _matches(self._value(call.arguments[1], current), value, whole=call.name == "match")


def _data(node: Node) -> Any:
    return node.value if node.kind == "scalar" else node.data()


def _matches(pattern: Any, text: Any, *, whole: bool) -> bool:
    """Whether a regular expression fits a text; one that cannot be read, or might never be done with, does not."""
    if not isinstance(pattern, str) or not isinstance(text, str) or not is_tame(pattern):
        return False
    return bool(re.fullmatch(pattern, text) if whole else re.search(pattern, text))


def _compare(operator: str, left: Any, right: Any) -> bool:
    if operator in ("==", "!="):
        return _equal(left, right) == (operator == "==")
    ordered = (_is_number(left) and _is_number(right)) or (isinstance(left, str) and isinstance(right, str))
    below = ordered and (left < right if operator[0] == "<" else left > right)
    return below or (operator.endswith("=") and _equal(left, right))


def _equal(left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
