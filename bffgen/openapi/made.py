"""Nodes that stand in no file as they are: put together of nodes that do, whose places they have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from bffgen.source.node import Kind, Node
from bffgen.source.text import SourceFile, Span


class _Made(Node):
    """A node in the place of `origin`."""

    def __init__(self, origin: Node) -> None:
        self._origin = origin
        self.path = origin.path

    @property
    def file(self) -> SourceFile:
        return self._origin.file

    @property
    def span(self) -> Span:
        return self._origin.span

    @property
    def value(self) -> bool | int | float | str | None:
        return None

    @property
    def text(self) -> str:
        return ""

    @property
    def quoted(self) -> bool:
        return False

    def entries(self) -> Mapping[str, Node]:
        return {}

    def elements(self) -> Sequence[Node]:
        return ()

    def key(self, key: str) -> Span:
        return self.span

    def key_node(self, key: str) -> Node:
        return MadeScalar(self._origin, key)

    def part(self, start: int, end: int) -> Span:
        return self.span


class MadeMapping(_Made):
    """A mapping whose entries are made when it is looked into.

    A key stands where `keys` says, else where the origin has one of that name, else where its value stands.
    """

    def __init__(
        self,
        origin: Node,
        entries: Mapping[str, Node] | Callable[[], Mapping[str, Node]],
        keys: Mapping[str, Span] | None = None,
    ) -> None:
        super().__init__(origin)
        self._make = entries
        self._keys = keys or {}

    @property
    def kind(self) -> Kind:
        return "mapping"

    @cached_property
    def _entries(self) -> Mapping[str, Node]:
        return self._make() if callable(self._make) else self._make

    def entries(self) -> Mapping[str, Node]:
        return self._entries

    def key(self, key: str) -> Span:
        if key in self._keys:
            return self._keys[key]
        if self._origin.get(key) is not None or key not in self._entries:
            return self._origin.key(key)
        return self._entries[key].span

    def data(self) -> Any:
        return {key: node.data() for key, node in self._entries.items()}


class MadeList(_Made):
    """A sequence of nodes from anywhere."""

    def __init__(self, origin: Node, elements: Sequence[Node]) -> None:
        super().__init__(origin)
        self._elements = elements

    @property
    def kind(self) -> Kind:
        return "sequence"

    def elements(self) -> Sequence[Node]:
        return self._elements

    def data(self) -> Any:
        return [node.data() for node in self._elements]


class MadeScalar(_Made):
    """A text or a truth value."""

    def __init__(self, origin: Node, value: str | bool) -> None:
        super().__init__(origin)
        self._value = value

    @property
    def kind(self) -> Kind:
        return "scalar"

    @property
    def value(self) -> bool | int | float | str | None:
        return self._value

    @property
    def text(self) -> str:
        return str(self._value)

    @property
    def quoted(self) -> bool:
        return isinstance(self._value, str)

    def data(self) -> Any:
        return self._value
