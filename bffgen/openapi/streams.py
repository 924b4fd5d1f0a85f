"""What a stream of JSON lines or server-sent events is made of."""

from __future__ import annotations

from bffgen.openapi.lazy import Hint
from bffgen.openapi.media import EVENTS, bare
from bffgen.openapi.parts import alternatives, parts_of
from bffgen.openapi.references import References
from bffgen.openapi.scalars import only_null, type_words
from bffgen.openapi.schemas import Schemas
from bffgen.source.nodes import Node
from bffgen.typesystem.model import TEXT, UNKNOWN, Type, union

EVENT_FIELDS = frozenset({"data", "event", "id", "retry", "comment"})


def item_type(key: str, media: Node, hint: Hint, references: References, schemas: Schemas) -> Type:
    """The type of one item: a JSON line, or the data of an event.

    It is `itemSchema`'s (3.2); older documents have the item, or the list of them, as `schema`. The text of a
    whole stream of JSON lines (`type: string`) says nothing of a line.
    """
    made = _Items(references, schemas, hint.inside("item"), is_events=bare(key) == EVENTS)
    if (item := media.get("itemSchema")) is not None:
        return made.type_of(item)
    schema = references.follow(media.get("schema"))
    if schema is None or schema.kind != "mapping":
        return made.anything
    words = type_words(schema)
    if words == ["array"]:
        items = schema.get("items")
        return made.type_of(items) if items is not None and items.kind == "mapping" else made.anything
    return made.anything if words == ["string"] else made.type_of(media.get("schema") or schema)


class _Items:
    def __init__(self, references: References, schemas: Schemas, hint: Hint, *, is_events: bool) -> None:
        self._references = references
        self._schemas = schemas
        self._hint = hint
        self._is_events = is_events
        self.anything: Type = TEXT if is_events else UNKNOWN

    def type_of(self, item: Node) -> Type:
        """The type of an item by its schema."""
        if not self._is_events:
            return self._schemas.type_of(item, self._hint, request=False)
        return self._event(item, 0)

    def _event(self, written: Node, depth: int) -> Type:
        """The data of an event, where the schema is of the whole event (3.2), else what the schema says."""
        node = self._references.follow(written)
        if node is None or depth > 4:
            return self.anything
        arms = [arm for arm in alternatives(node) if not only_null(arm)]
        if arms and all(self._is_envelope(arm) for arm in arms):
            return union(tuple(self._event(arm, depth + 1) for arm in arms))
        if not self._is_envelope(node):
            return self._schemas.type_of(written, self._hint, request=False)
        data = parts_of(node, self._references).properties["data"][-1]
        declared = data.get("properties")
        assert declared is not None
        return self._data(declared.entries()["data"])

    def _data(self, data: Node) -> Type:
        content = data.get("contentSchema")
        return self._schemas.type_of(content if content is not None else data, self._hint, request=False)

    def _is_envelope(self, written: Node) -> bool:
        """Whether a schema describes an event with its `data`, rather than the data itself."""
        node = self._references.follow(written)
        if node is None or node.kind != "mapping":
            return False
        names = parts_of(node, self._references).properties.keys()
        return "data" in names and names <= EVENT_FIELDS
