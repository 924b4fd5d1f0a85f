"""A document with changes laid over it: each node stands where it came from, in the document or in the overlay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bffgen.source.node import Kind, Node
from bffgen.source.text import SourceFile, Span


class Overlaid(Node):
    """A node of the document that results. What is not looked into is not resolved, changed or not.

    `file` is the document, to which references are relative, also where the node comes from the overlay; `span` is
    where it is written. Nodes are changed while actions are applied, and `settle` ends that.
    """

    __slots__ = ("_children", "_file", "_origin", "_sources")

    def __init__(self, origin: Node, file: SourceFile, path: tuple[str, ...] = ()) -> None:
        self._origin = origin
        self._file = file
        self.path = path
        self._children: dict[str, Overlaid] | None = None
        self._sources: dict[str, Node] = {}  # the mapping of the overlay in which a key is written

    @property
    def file(self) -> SourceFile:
        return self._file

    @property
    def kind(self) -> Kind:
        return self._origin.kind

    @property
    def span(self) -> Span:
        return self._origin.span

    @property
    def value(self) -> bool | int | float | str | None:
        return self._origin.value

    @property
    def text(self) -> str:
        return self._origin.text

    @property
    def quoted(self) -> bool:
        return self._origin.quoted

    @property
    def flow(self) -> bool:
        return self._origin.flow

    def entries(self) -> Mapping[str, Node]:
        return self._members() if self.kind == "mapping" else {}

    def elements(self) -> Sequence[Node]:
        return list(self._members().values()) if self.kind == "sequence" else ()

    def get(self, key: str) -> Node | None:
        if self._children is None and self.kind == "mapping" and self._origin.get(key) is None:
            return None
        return self.entries().get(key)

    def key(self, key: str) -> Span:
        return self._sources.get(key, self._origin).key(key)

    def key_node(self, key: str) -> Node:
        return self._sources.get(key, self._origin).key_node(key)

    def part(self, start: int, end: int) -> Span:
        return self._origin.part(start, end)

    def data(self) -> Any:
        if self.kind == "mapping":
            return {key: child.data() for key, child in self._members().items()}
        return [child.data() for child in self._members().values()] if self.kind == "sequence" else self.value

    def _members(self) -> dict[str, Overlaid]:
        if self._children is None:
            origin = self._origin
            pairs = origin.entries().items() if self.kind == "mapping" else _numbered(origin.elements())
            self._children = {key: Overlaid(child, self._file, (*self.path, key)) for key, child in pairs}
        return self._children

    # ----------------------------------------------------------------------------------------------- changes

    def update(self, changes: Node) -> None:
        """Lay a mapping over this one, or add to this list: a list's members, or anything else as one member."""
        if self.kind == "sequence":
            added = changes.elements() if changes.kind == "sequence" else [changes]
            for node in added:
                self._put(str(len(self._members())), node)
            return
        for key, change in changes.entries().items():
            self._change(key, change, changes)

    def _change(self, key: str, change: Node, holder: Node) -> None:
        """Mappings are merged, lists joined; anything else is replaced. A null changes no mapping or list."""
        have = self._members().get(key)
        if have is not None and have.kind != "scalar":
            if change.kind == have.kind:
                return have.update(change)
            if change.kind == "scalar" and change.value is None:
                return None
        self._put(key, change)
        self._sources[key] = holder
        return None

    def replace(self, key: str, change: Node) -> None:
        """Put another value in the place of a member."""
        self._put(key, change)

    def remove(self, child: Node) -> None:
        """Take a member out; those behind it in a list move up."""
        kept = {key: node for key, node in self._members().items() if node is not child}
        self._children = dict(_numbered(kept.values())) if self.kind == "sequence" else kept

    def copy(self) -> Overlaid:
        """The node as it is now, whatever happens to it later."""
        made = Overlaid(self._origin, self._file)
        made._sources = dict(self._sources)
        if self._children is not None:
            made._children = {key: child.copy() for key, child in self._children.items()}
        return made

    def settle(self, path: tuple[str, ...] = ()) -> None:
        """Tell each node that was reached where it stands now."""
        todo = [(self, path)]
        while todo:
            node, place = todo.pop()
            node.path = place
            todo += [(child, (*place, key)) for key, child in (node._children or {}).items()]

    def _put(self, key: str, node: Node) -> None:
        self._members()[key] = node.copy() if isinstance(node, Overlaid) else Overlaid(node, self._file)


def _numbered(nodes: Any) -> Any:
    return ((str(at), node) for at, node in enumerate(nodes))
