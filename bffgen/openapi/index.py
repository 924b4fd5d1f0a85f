"""The operations of a document by their names. Nothing but paths, methods and operationIds is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from bffgen.openapi.references import References, is_reference
from bffgen.openapi.scalars import text_at
from bffgen.records import dataclass
from bffgen.source.nodes import Node
from bffgen.typesystem.names import python_name

METHODS = frozenset("get put post delete options head patch trace query".split())


@dataclass(frozen=True, eq=False)
class Entry:
    """An operation's place: `item` is the path item (references followed), `node` what stands at the method."""

    path: str
    method: str  # upper case
    item: Node
    holder: Node  # the mapping that has the method as a key
    node: Node
    id: str | None

    @property
    def key(self) -> str:
        return self.id or self.place_key

    @property
    def place_key(self) -> str:
        return f"{self.method} {self.path}"


class Index:
    """Finds operations. Path items and operations in other files are read only when the rest has no such name."""

    def __init__(self, root: Node, references: References) -> None:
        self._root = root
        self._references = references

    def find(self, key: str) -> list[Entry]:
        """The operations that `key` names: by operationId, `GET /path`, or an operationId's Python form.

        Several share one operationId; none when the name is unknown, or is the form of different ones.
        """
        return self._find(key, self._near) or (self._find(key, self.entries) if self._is_partial else [])

    @cached_property
    def entries(self) -> list[Entry]:
        """Every operation, those in other files included."""
        return list(self._walk(follow=True))

    @cached_property
    def _near(self) -> list[Entry]:
        return list(self._walk(follow=False))

    @cached_property
    def _is_partial(self) -> bool:
        items = self._paths().values()
        return any(is_reference(item) for item in items) or any(
            is_reference(node) for item in items for method, _, node in _operations(item)
        )

    def _find(self, key: str, entries: list[Entry]) -> list[Entry]:
        if named := [entry for entry in entries if entry.id == key]:
            return named
        method, _, path = key.partition(" ")
        if placed := [entry for entry in entries if entry.method == method.upper() and _same_path(entry.path, path)]:
            return placed[:1]
        formed = [entry for entry in entries if entry.id is not None and python_name(entry.id) == key]
        return formed if len({entry.id for entry in formed}) == 1 else []

    def _paths(self) -> dict[str, Node]:
        paths = self._references.child(self._root, "paths")
        return {key: item for key, item in paths.entries().items() if not key.startswith("x-")} if paths else {}

    def _walk(self, *, follow: bool) -> Iterator[Entry]:
        for path, written in self._paths().items():
            yield from self._of_item(path, written, follow=follow)  # which may have operations beside a `$ref`
            if follow and is_reference(written) and (item := self._references.follow(written)) is not None:
                yield from self._of_item(path, item, follow=follow)

    def _of_item(self, path: str, item: Node, *, follow: bool) -> Iterator[Entry]:
        for method, holder, node in _operations(item):
            found = self._references.follow(node) if follow or not is_reference(node) else None
            if found is not None and found.kind == "mapping":
                yield Entry(path, method, item, holder, found, text_at(found, "operationId"))


def _operations(item: Node) -> Iterator[tuple[str, Node, Node]]:
    """Method, the mapping that has it as a key, and the operation, of a path item."""
    if item.kind != "mapping":
        return
    for key, node in item.entries().items():
        if key.lower() in METHODS:
            yield key.upper(), item, node
    more = item.get("additionalOperations")  # 3.2: methods that have no key of their own
    for key, node in more.entries().items() if more is not None else ():
        assert more is not None
        yield key.upper(), more, node


def _same_path(written: str, path: str) -> bool:
    return path in (written, written.partition("#")[0]) if path else False
