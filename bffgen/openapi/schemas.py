"""Schemas of any version as types. A schema reached twice is the same type; recursion goes through objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bffgen.diagnostics.model import Diagnostics
from bffgen.openapi.docs import docs_of
from bffgen.openapi.lazy import Hint, LazyFields
from bffgen.openapi.parts import (
    Parts,
    all_of,
    alternatives,
    is_marked,
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
    merge_scalars,
    only_null,
    scalar,
    text_at,
    type_words,
)
from bffgen.openapi.tags import tags_of
from bffgen.source.nodes import Node
from bffgen.typesystem.model import (
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
    is_nullable,
    non_null,
    nullable,
    union,
)
from bffgen.typesystem.relations import BROKEN

MAX_DEPTH = 100  # of schemas within schemas that are not objects


class Schemas:
    """The types of a backend's schemas.

    `siblings` says that keys beside `$ref` count (3.1 and later); `assumed` that a non-nullable property of a
    reply is taken as required. A type for a request has closed enums and no `readOnly`; one for a reply has open
    enums and no `writeOnly`.
    """

    def __init__(
        self,
        backend: str,
        references: References,
        diags: Diagnostics,
        *,
        siblings: bool,
        assumed: bool = False,
    ) -> None:
        self._backend = backend
        self._references = references
        self._diags = diags
        self._siblings = siblings
        self._assumed = assumed
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
        return self._types.setdefault(key, made)

    def _recursive(self, key: tuple[Node, bool]) -> Type:
        """A schema inside itself: fine below a list or map (though it has no type then), else without meaning."""
        asked_by, _ = next(reversed(self._active))
        if self._active.get(key) == self._containers and is_reference(asked_by):
            self._references.circular(asked_by)
            return BROKEN
        return UNKNOWN

    def _converted(self, schema: Node, hint: Hint, request: bool) -> Type:
        if is_reference(schema):
            made = self._referred(schema, hint, request)
        elif has_values(schema):
            made = listed_values(schema, open=not request)
        elif only_null(schema):
            made = NULL
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
        if base is not None:
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
        return arms[0] if len(arms) == 1 else _union(arms)

    def _of_word(self, word: str, schema: Node, hint: Hint, request: bool) -> Type:
        if word == "object":
            return self._object(Parts((schema,)), schema, hint, request)
        if word == "array":
            return self._list(schema, hint, request)
        return scalar(schema, word, open=not request) if word in KINDS else UNKNOWN

    def _one_of(self, schema: Node, hint: Hint, request: bool) -> Type:
        nodes = alternatives(schema)
        arms = [
            self.type_of(node, hint.inside(_arm_name(node, at)) if len(nodes) > 1 else hint, request=request)
            for at, node in enumerate(nodes, 1)
        ]
        made = _union(arms)
        if isinstance(made, Unknown):
            return self._by_words(schema, hint, request) if made is not BROKEN else made
        inner = non_null(made)
        if isinstance(inner, Union) and (tagged := tags_of(schema, nodes, arms, inner, self._references)):
            inner = replace(inner, tag=tagged[0], tags=tagged[1])
        return nullable(inner) if is_nullable(made) else inner

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
        return ListType(_union(inside) if inside else UNKNOWN, shortest or 0, longest)

    def _contained(self, schema: Node, hint: Hint, request: bool) -> Type:
        self._containers += 1
        try:
            return self.type_of(schema, hint, request=request)
        finally:
            self._containers -= 1

    def _object(self, parts: Parts, schema: Node, hint: Hint, request: bool) -> Type:
        further = parts.further()
        if not parts.properties and not parts.required and not parts.is_closed:
            value = self._contained(further, hint.inside("value"), request) if further is not None else UNKNOWN
            return MapType(TEXT, value)

        def make_extra() -> Type | None:
            return self.type_of(further, hint.inside("value"), request=request) if further is not None else None

        return ObjectType(
            hint.name,
            self._backend,
            lambda: self._fields(parts, hint, request),
            make_extra,
            text_at(schema, "description"),
            lambda: self._references.key_of(schema),
            request,
        )

    def _fields(self, parts: Parts, hint: Hint, request: bool) -> Mapping[str, Field]:
        dropped = "readOnly" if request else "writeOnly"
        names = [
            name
            for name, owners in parts.properties.items()
            if not any(is_marked(properties(owner)[name], dropped, self._references) for owner in owners)
        ]
        names += [name for name in parts.required if name not in parts.properties]
        return LazyFields(tuple(names), lambda name: self._field(name, parts, hint, request))

    def _field(self, name: str, parts: Parts, hint: Hint, request: bool) -> Field:
        owners = parts.properties.get(name)
        required = name in parts.required
        if not owners:  # more often a slip of the document than a promise: a reply is not refused for it
            return Field(name, UNKNOWN, required and request)
        nodes = [properties(owner)[name] for owner in owners]
        certain = parts.is_certain(name)
        made = self._property(nodes, certain, hint.inside(name), request)
        if self._assumed and certain and not request:
            required = required or not (is_nullable(made) or isinstance(made, Unknown))
        where = owners[-1].get("properties")
        assert where is not None
        return Field(name, made, required, docs_of(nodes, self._references), lambda: where.key(name))

    def _property(self, nodes: list[Node], certain: bool, hint: Hint, request: bool) -> Type:
        """A property that several parts declare: all of them hold, or (of alternatives) one of them."""
        types = [self.type_of(node, hint, request=request) for node in nodes]
        if not certain:
            return _union(types)
        made = types[0]
        for other in types[1:]:
            made = self._both(made, other, hint)
        return made

    def _both(self, one: Type, other: Type, hint: Hint) -> Type:
        if not (isinstance(one, ObjectType) and isinstance(other, ObjectType)) or one is other:
            return meet(one, other)
        first, second = one, other

        def make_fields() -> Mapping[str, Field]:
            def make(name: str) -> Field:
                has, also = first.fields.get(name), second.fields.get(name)
                if has is None or also is None:
                    return has or also or Field(name, UNKNOWN, False)
                both = self._both(has.type, also.type, hint.inside(name))
                return replace(also, type=both, required=has.required or also.required)

            return LazyFields((*first.fields, *(n for n in second.fields if n not in first.fields)), make)

        return replace(second, name=hint.name, make_fields=make_fields)


def _union(types: list[Type]) -> Type:
    """One of several types, scalars that make one scalar merged."""
    if any(of is BROKEN for of in types):
        return BROKEN
    flat = [arm for of in types for arm in (_arms(non_null(of)))]
    made = union(tuple(merge_scalars([arm for arm in flat if arm != NULL])))
    return nullable(made) if any(map(is_nullable, types)) else made


def _arms(of: Type) -> tuple[Type, ...]:
    return of.arms if isinstance(of, Union) else (of,)


def _arm_name(schema: Node, at: int) -> str:
    return text_at(schema, "title") or f"option {at}"
