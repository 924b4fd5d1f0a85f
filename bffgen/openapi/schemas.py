"""Schemas of any version as types. A schema reached twice is the same type; recursion goes through objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from bffgen.diagnostics.model import Diagnostics
from bffgen.openapi.discriminator import Families, discriminator_of
from bffgen.openapi.files import Files, is_file
from bffgen.openapi.lazy import Hint, LazyFields
from bffgen.openapi.model import Encoding
from bffgen.openapi.objects import Objects
from bffgen.openapi.parts import (
    Parts,
    all_of,
    alternatives,
    is_object,
    is_structural,
    parts_of,
    properties,
    required_names,
    sole_base,
)
from bffgen.openapi.references import References, is_reference, name_at
from bffgen.openapi.scalars import (
    KINDS,
    admits_null,
    has_values,
    length,
    listed_values,
    meet,
    only_null,
    scalar,
    text_at,
    type_words,
    unbounded,
)
from bffgen.source.nodes import Node
from bffgen.source.text import Span
from bffgen.typesystem.model import (
    BYTES,
    NULL,
    TEXT,
    UNKNOWN,
    Field,
    ListType,
    MapType,
    ObjectType,
    Type,
    Union,
    Unknown,
    non_null,
    nullable,
)
from bffgen.typesystem.relations import BROKEN

MAX_DEPTH = 100  # of schemas within schemas that are not objects, references included
MAX_ENUM = 50_000  # members
MAX_PATTERN = 4096  # characters
MAX_ARMS = 1000  # of a union


class Schemas:
    """The types of a backend's schemas.

    `siblings` says that keys beside `$ref` count (3.1 and later); `assumed` that a non-nullable property of a
    reply is taken as required, `bounded` that a reply keeps its bounds; `named` gives the named schemas of a
    document by its root. A type for a request has closed enums and no `readOnly`; one for a reply has open enums
    and no `writeOnly`.
    """

    def __init__(
        self,
        backend: str,
        references: References,
        diags: Diagnostics,
        named: Callable[[Node], Mapping[str, Node]],
        *,
        siblings: bool,
        assumed: bool = False,
        bounded: bool = True,
    ) -> None:
        self._backend = backend
        self._bounded = bounded
        self._references = references
        self._diags = diags
        self._siblings = siblings
        self._objects = Objects(backend, references, self.type_of, assumed=assumed)
        self._tags = self._objects.tags
        self._families = Families(references, named)
        self._files = Files(references)
        self._types: dict[tuple[Node, bool], Type] = {}
        self._active: dict[tuple[Node, bool], int] = {}  # being converted, with the containers around each
        self._containers = 0

    def type_of(self, schema: Node | None, hint: Hint, *, request: bool) -> Type:
        """The type of a schema; `Unknown` for `true`, `{}` and what is no schema."""
        if schema is None or schema.kind != "mapping":
            return UNKNOWN
        key = (schema, request)
        if key in self._types:
            return self._types[key]
        if key in self._active or len(self._active) > MAX_DEPTH:
            return self._recursive(key)
        self._active[key] = self._containers
        try:
            made = self._converted(schema, hint, request)
        finally:
            del self._active[key]
        return self._types.setdefault(key, made if request or self._bounded else unbounded(made))

    def _recursive(self, key: tuple[Node, bool]) -> Type:
        """A schema inside itself: fine below a list or map (though it has no type then), else without meaning."""
        asked_by, _ = next(reversed(self._active))
        if key not in self._active:
            return self._beyond(f"schemas refer to each other more than {MAX_DEPTH} deep", key[0].span)
        if self._active.get(key) == self._containers and is_reference(asked_by):
            self._references.circular(asked_by)
            return BROKEN
        return UNKNOWN

    def _beyond(self, message: str, span: Span) -> Type:
        """What breaks a budget is reported (BFF107), and has no type."""
        self._diags.report("BFF107", message, span)
        return BROKEN

    def _converted(self, schema: Node, hint: Hint, request: bool) -> Type:
        if (members := schema.get("enum")) is not None and len(members.elements()) > MAX_ENUM:
            return self._beyond(f"an enum of more than {MAX_ENUM} members", schema.key("enum"))
        if (pattern := schema.get("pattern")) is not None and len(pattern.text) > MAX_PATTERN:
            return self._beyond(f"a pattern of more than {MAX_PATTERN} characters", schema.key("pattern"))
        if is_reference(schema):
            made = self._referred(schema, hint, request)
        elif has_values(schema):
            made = listed_values(schema, open=not request)
        elif only_null(schema):
            made = NULL
        elif not request and (children := self._families.children(schema)):
            made = self._family(schema, children, hint)
        elif all_of(schema) or (properties(schema) and alternatives(schema)):
            made = self._composed(schema, hint, request)
        elif alternatives(schema) and not properties(schema):
            made = self._one_of(schema, hint, request)
        else:
            made = self._by_words(schema, hint, request)
        return nullable(made) if admits_null(schema) else made

    def _referred(self, schema: Node, hint: Hint, request: bool) -> Type:
        target = self._references.target(schema)
        if target is None:
            return BROKEN
        if self._siblings and is_structural(schema):
            return self._composed(schema, hint, request)
        name = name_at(target)
        return self.type_of(target, Hint.of(name) if name else hint, request=request)

    def _composed(self, schema: Node, hint: Hint, request: bool) -> Type:
        """`allOf`, keys beside `$ref`, alternatives beside properties."""
        base = None if is_reference(schema) else sole_base(schema)
        if base is not None and not self._families.is_child(schema, base):
            made = self.type_of(base, hint, request=request)
            return self._by_words(schema, hint, request) if isinstance(made, Unknown) and made is not BROKEN else made
        parts = parts_of(schema, self._references)
        if parts.describes_object or any(map(is_object, parts.possible)):
            made = self._object(parts, schema, hint, request)
            return nullable(made) if parts.admits_null else made
        made = UNKNOWN
        target = self._references.target(schema) if is_reference(schema) else None
        for member in (*all_of(schema), *([target] if target is not None else ())):
            made = meet(made, self.type_of(member, hint, request=request))
        return meet(made, self._own(schema, hint, request))

    def _own(self, schema: Node, hint: Hint, request: bool) -> Type:
        """What the keys of a schema beside `allOf` and `$ref` say."""
        if has_values(schema):
            return listed_values(schema, open=not request)
        return self._one_of(schema, hint, request) if alternatives(schema) else self._by_words(schema, hint, request)

    def _by_words(self, schema: Node, hint: Hint, request: bool) -> Type:
        words = type_words(schema)
        if not words and required_names(schema):
            words = ["object"]
        if not words:
            return UNKNOWN
        arms = [self._of_word(word, schema, hint, request) for word in words]
        return arms[0] if len(arms) == 1 else self._tags.union(arms)

    def _of_word(self, word: str, schema: Node, hint: Hint, request: bool) -> Type:
        if word == "object":
            return self._object(Parts((schema,)), schema, hint, request)
        if word == "array":
            return self._list(schema, hint, request)
        if word == "file":
            return BYTES
        return scalar(schema, word, open=not request) if word in KINDS else UNKNOWN

    def _one_of(self, schema: Node, hint: Hint, request: bool) -> Type:
        nodes = alternatives(schema)
        arms = [
            self.type_of(node, hint.inside(_arm_name(node, at)) if len(nodes) > 1 else hint, request=request)
            for at, node in enumerate(nodes, 1)
        ]
        if sum(len(of.arms) if isinstance(of := non_null(arm), Union) else 1 for arm in arms) > MAX_ARMS:
            return self._beyond(f"more than {MAX_ARMS} alternatives", schema.span)
        told = discriminator_of(schema)
        made = self._tags.union(arms, told, [self._tags.values_of(told, node) for node in nodes])
        return self._by_words(schema, hint, request) if isinstance(made, Unknown) and made is not BROKEN else made

    def _family(self, parent: Node, children: Mapping[Node, list[str]], hint: Hint) -> Type:
        """A parent with a discriminator, in a reply: one of its children. It is among them where its mapping says."""
        parts = parts_of(parent, self._references)
        if not parts.describes_object:
            return self._object(parts, parent, hint, False)
        arms = [
            self._object(parts, parent, hint, False)
            if child == parent
            else self.type_of(child, Hint.of(name_at(child) or f"{hint.name} option {at}"), request=False)
            for at, child in enumerate(children, 1)
        ]
        told = discriminator_of(parent)
        return self._tags.union(arms, told, [said or self._tags.values_of(told, c) for c, said in children.items()])

    def _list(self, schema: Node, hint: Hint, request: bool) -> Type:
        shortest, longest = length(schema, "minItems"), length(schema, "maxItems")
        if shortest is not None and longest is not None and shortest > longest:
            shortest = longest = None
        items = schema.get("items")
        nodes = list((schema.get("prefixItems") or schema).elements())
        nodes += items.elements() if items is not None else []  # a tuple of older JSON Schema
        if items is not None and items.kind == "mapping":
            nodes.append(items)
        inside = [self._contained(node, hint.inside("item"), request) for node in nodes]
        return ListType(self._tags.union(inside) if inside else UNKNOWN, shortest or 0, longest)

    def _contained(self, schema: Node, hint: Hint, request: bool) -> Type:
        self._containers += 1
        try:
            return self.type_of(schema, hint, request=request)
        finally:
            self._containers -= 1

    def _object(self, parts: Parts, schema: Node, hint: Hint, request: bool) -> Type:
        further = parts.further()
        if parts.properties or parts.required or parts.is_closed:
            return self._objects.make(parts, schema, hint, request)
        value = self._contained(further, hint.inside("value"), request) if further is not None else UNKNOWN
        return MapType(TEXT, value)

    # ------------------------------------------------------------------------------------------------- bytes

    def is_file(self, schema: Node) -> bool:
        """Whether a schema is of bytes rather than of a value in JSON."""
        return schema.kind == "mapping" and is_file(schema)

    def multipart(self, schema: Node | None, hint: Hint, encoding: Mapping[str, Encoding]) -> Type:
        """The type of a multipart body: that of its schema, with `bytes` for the fields that hold files."""
        made = self.type_of(schema, hint, request=True)
        whole = non_null(made)
        parts = self._objects.parts.get(whole) if isinstance(whole, ObjectType) else None
        if not isinstance(whole, ObjectType) or parts is None:
            return made
        found = parts

        def make(name: str) -> Field:
            owners = found.properties.get(name)
            said = encoding[name].content_type if name in encoding else None
            file = self._files.type_of(properties(owners[-1])[name], said) if owners else None
            return replace(whole.fields[name], type=file) if file is not None else whole.fields[name]

        return replace(whole, make_fields=lambda: LazyFields(tuple(whole.fields), make))


def _arm_name(schema: Node, at: int) -> str:
    return text_at(schema, "title") or f"option {at}"
