"""What a schema is put together of: `allOf`, `$ref` with keys beside it, alternatives beside properties."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import cached_property

from bffgen.openapi.references import References, is_reference
from bffgen.openapi.scalars import admits_null, flag, type_words
from bffgen.records import dataclass
from bffgen.source.nodes import Node

# Keywords that say more of a value than its bare type, or words for people, do.
STRUCTURAL = frozenset(
    "properties additionalProperties patternProperties required items prefixItems allOf oneOf anyOf enum const "
    "format pattern minLength maxLength minimum maximum minItems maxItems".split()
)


@dataclass(frozen=True, eq=False)
class Parts:
    """The schemas that hold for every value, and those that hold for some (`oneOf`, `anyOf`); references followed."""

    certain: tuple[Node, ...]
    possible: tuple[Node, ...] = field(default=())

    @cached_property
    def describes_object(self) -> bool:
        return any(map(is_object, self.certain))

    @cached_property
    def admits_null(self) -> bool:
        """Whether every part that speaks of the type lets null pass."""
        typed = [part for part in self.certain if type_words(part)]
        return bool(typed) and all(map(admits_null, typed))

    @cached_property
    def required(self) -> dict[str, None]:
        """The names that `required` lists, in order."""
        return {name: None for part in self.certain for name in required_names(part)}

    @cached_property
    def properties(self) -> dict[str, list[Node]]:
        """The parts that declare a property, by its name. Where certain ones do, the possible ones do not count."""
        found: dict[str, list[Node]] = {}
        for part in self.certain:
            for name in properties(part):
                found.setdefault(name, []).append(part)
        sure = set(found)
        for part in self.possible:
            for name in properties(part):
                if name not in sure:
                    found.setdefault(name, []).append(part)
        return found

    def is_certain(self, name: str) -> bool:
        """Whether a declared property is declared for every value."""
        return any(part in self.certain for part in self.properties.get(name, ()))

    def further(self) -> Node | None:
        """The schema of properties that are not declared; the node may be `true`. None when nothing is said."""
        for part in self.certain:
            extra = part.get("additionalProperties")
            if extra is not None and (extra.kind == "mapping" or extra.value is True):
                return extra
            patterns = part.get("patternProperties")
            if patterns is not None and len(patterns.entries()) == 1:
                return next(iter(patterns.entries().values()))
        return None

    @cached_property
    def is_closed(self) -> bool:
        """Whether `additionalProperties` is false."""
        found = (part.get("additionalProperties") for part in self.certain)
        return any(extra is not None and extra.kind == "scalar" and extra.value is False for extra in found)


def parts_of(schema: Node, references: References) -> Parts:
    """Gather the parts of a schema. One that contains itself contributes once."""
    seen: dict[Node, None] = {}
    certain = list(_conjuncts(schema, references, seen))
    possible: list[Node] = []
    todo = [arm for part in certain for arm in alternatives(part)]
    while todo:
        found = list(_conjuncts(todo.pop(0), references, seen))
        possible += found
        todo += [arm for part in found for arm in alternatives(part)]
    return Parts(tuple(certain), tuple(possible))


def _conjuncts(schema: Node, references: References, seen: dict[Node, None]) -> Iterator[Node]:
    """A schema and what it refers to by `$ref` and `allOf`, bases first."""
    todo: list[tuple[Node, bool]] = [(schema, False)]
    while todo:
        node, gathered = todo.pop()
        if gathered:
            yield node
            continue
        if node.kind != "mapping" or node in seen:
            continue
        seen[node] = None
        bases = all_of(node)
        if is_reference(node):
            target = references.target(node)
            bases = ([target] if target is not None else []) + bases
        todo += [(node, True), *((base, False) for base in reversed(bases))]


def all_of(schema: Node) -> list[Node]:
    return _members(schema, "allOf")


def alternatives(schema: Node) -> list[Node]:
    """The members of `oneOf`, else of `anyOf`."""
    return _members(schema, "oneOf") or _members(schema, "anyOf")


def properties(schema: Node) -> Mapping[str, Node]:
    """The declared properties as written. A property may be called `$ref`."""
    found = schema.get("properties")
    return found.entries() if found is not None else {}


def required_names(schema: Node) -> list[str]:
    found = schema.get("required")
    return [node.text for node in found.elements() if node.kind == "scalar"] if found is not None else []


def is_object(schema: Node) -> bool:
    """Whether the schema's own keys, without `allOf` and the like, say that it is an object."""
    extra = schema.get("additionalProperties")
    return bool(properties(schema)) or "object" in type_words(schema) or (extra is not None and extra.kind == "mapping")


def is_structural(schema: Node) -> bool:
    """Whether the schema's own keys, `$ref` and `type` apart, say more than words for people do."""
    return any(key in STRUCTURAL for key in schema.entries())


def sole_base(schema: Node) -> Node | None:
    """The only member of `allOf` that says something, where the schema itself adds nothing but words and null."""
    if any(key in STRUCTURAL and key != "allOf" for key in schema.entries()):
        return None
    telling = [member for member in all_of(schema) if is_reference(member) or is_structural(member)]
    telling = telling or [member for member in all_of(schema) if type_words(member)]
    return telling[0] if len(telling) == 1 else None


def is_marked(schema: Node, key: str, references: References) -> bool:
    """Whether `readOnly` or the like is true of a schema or of what it refers to."""
    chain: Node | None = schema
    for _ in range(8):
        if chain is None or flag(chain, key):
            return chain is not None
        chain = references.peek(chain) if is_reference(chain) else None
    return False


def _members(schema: Node, key: str) -> list[Node]:
    found = schema.get(key)
    return [node for node in found.elements() if node.kind == "mapping"] if found is not None else []
