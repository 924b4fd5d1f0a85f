"""Discriminators: the property that says which schema a value is of, and the schemas that hang on a parent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import unquote

from bffgen.openapi.parts import all_of, alternatives
from bffgen.openapi.references import References, is_reference, name_at
from bffgen.openapi.scalars import text_at
from bffgen.records import dataclass
from bffgen.source.nodes import Node

TAG_KEYS = ("x-ms-discriminator-value", "x-discriminator-value")  # what a child of a 2.0 document is called


@dataclass(frozen=True, slots=True)
class Discriminator:
    """`mapping` has the schema (a name, or a reference) of each value that is listed."""

    name: str
    mapping: Mapping[str, Node]

    def values_of(self, schema: str | None) -> list[str]:
        """The values that are listed for the schema of a name."""
        return [value for value, node in self.mapping.items() if schema and _tail(node.text) == schema]


def discriminator_of(schema: Node) -> Discriminator | None:
    """A schema's own discriminator; in 2.0 it is the name of the property alone."""
    found = schema.get("discriminator")
    if found is None:
        return None
    if found.kind == "scalar":
        return Discriminator(found.value, {}) if isinstance(found.value, str) and found.value else None
    name, mapping = text_at(found, "propertyName"), found.get("mapping")
    if not name:
        return None
    entries = mapping.entries() if mapping is not None else {}
    return Discriminator(name, {value: node for value, node in entries.items() if node.kind == "scalar"})


def schema_name(schema: Node) -> str | None:
    """What a discriminator calls a schema when nothing is listed for it."""
    for key in TAG_KEYS:
        if (text := text_at(schema, key)) is not None:
            return text
    return name_at(schema)


class Families:
    """Finds the children of a schema that has a discriminator but lists no alternatives.

    They are those that its mapping names; without a mapping, the named schemas that are `allOf` it. `named` gives
    the named schemas of a document by its root: their `allOf` is looked at once, when the first parent is reached.
    """

    def __init__(self, references: References, named: Callable[[Node], Mapping[str, Node]]) -> None:
        self._references = references
        self._named = named
        self._extended: dict[Node, dict[Node, list[Node]]] = {}  # by root: the schemas that are `allOf` a schema
        self._children: dict[Node, Mapping[Node, list[str]]] = {}

    def children(self, parent: Node) -> Mapping[Node, list[str]]:
        """The schemas that a value of `parent` may be of, with the discriminator's values that are listed for each.

        Empty where it is no such parent.
        """
        if parent.get("discriminator") is None or alternatives(parent):
            return {}
        if parent not in self._children:
            self._children[parent] = self._find(parent)
        return self._children[parent]

    def is_child(self, schema: Node, base: Node) -> bool:
        """Whether `base` is the parent of a schema, rather than another name for what it describes."""
        parent = self._references.follow(base)
        return parent is not None and parent.kind == "mapping" and schema in self._descendants(parent)

    def _find(self, parent: Node) -> Mapping[Node, list[str]]:
        told = discriminator_of(parent)
        if told is None:
            return {}
        found: dict[Node, list[str]] = {}
        for value, written in told.mapping.items():
            if (child := self._mapped(written)) is not None:
                found.setdefault(child, []).append(value)
        return found if told.mapping else {child: [] for child in self._descendants(parent)}

    def _mapped(self, written: Node) -> Node | None:
        """The schema that a mapping's value means: a reference, or the name of a schema."""
        root = self._references.root_of(written)
        named = self._named(root).get(written.text)
        found = named if named is not None else self._references.meant(written)
        followed = self._references.follow(found)
        return followed if followed is not None and followed.kind == "mapping" else None

    def _descendants(self, parent: Node) -> tuple[Node, ...]:
        """The named schemas that are `allOf` the parent, or of one that is."""
        if parent.get("discriminator") is None:
            return ()
        found: dict[Node, None] = {}
        todo = [parent]
        while todo:
            for child in self._extensions(todo.pop(0)):
                if child not in found and child != parent:
                    found[child] = None
                    todo.append(child)
        return tuple(found)

    def _extensions(self, parent: Node) -> list[Node]:
        roots = dict.fromkeys((self._references.root, self._references.root_of(parent)))
        return [child for root in roots for child in self._extensions_in(root).get(parent, ())]

    def _extensions_in(self, root: Node) -> dict[Node, list[Node]]:
        if root not in self._extended:
            found: dict[Node, list[Node]] = {}
            for schema in self._named(root).values():
                for base in all_of(schema) if schema.kind == "mapping" else ():
                    target = self._references.peek(base) if is_reference(base) else None
                    if target is not None:
                        found.setdefault(target, []).append(schema)
            self._extended[root] = found
        return self._extended[root]


def _tail(text: str) -> str:
    """The name at the end of a reference, or the name of a schema that stands for one."""
    where, _, fragment = text.partition("#")
    if fragment:
        return unquote(fragment.rpartition("/")[2]).replace("~1", "/").replace("~0", "~")
    if "/" in where or where.endswith((".json", ".yaml", ".yml")):
        return where.rpartition("/")[2].partition(".")[0]
    return where
