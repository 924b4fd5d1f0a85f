"""Objects: the fields that the parts of a schema declare, each made when it is looked up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from bffgen.openapi.docs import docs_of
from bffgen.openapi.lazy import Hint, LazyFields
from bffgen.openapi.parts import Parts, is_marked, properties
from bffgen.openapi.references import References
from bffgen.openapi.scalars import meet, text_at
from bffgen.openapi.tags import Tags
from bffgen.source.nodes import Node
from bffgen.typesystem.model import (
    UNKNOWN,
    Field,
    ObjectType,
    Type,
    Unknown,
    is_nullable,
)


class TypeOf(Protocol):
    def __call__(self, schema: Node | None, hint: Hint, *, request: bool) -> Type: ...


class Objects:
    """Makes the objects and maps of a backend; `parts` are what each object was made of."""

    def __init__(self, backend: str, references: References, type_of: TypeOf, *, assumed: bool) -> None:
        self._backend = backend
        self._references = references
        self._type_of = type_of
        self._assumed = assumed
        self.parts: dict[ObjectType, Parts] = {}
        self.tags = Tags(references, self.parts, assumed=assumed)

    def make(self, parts: Parts, schema: Node, hint: Hint, request: bool) -> ObjectType:
        further = parts.further()

        def make_extra() -> Type | None:
            return self._type_of(further, hint.inside("value"), request=request) if further is not None else None

        made = ObjectType(
            hint.name,
            self._backend,
            lambda: self._fields(parts, hint, request),
            make_extra,
            text_at(schema, "description"),
            lambda: self._references.key_of(schema),
            request,
        )
        self.parts[made] = parts
        return made

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
        assumable = not required and certain and not request and not (is_nullable(made) or isinstance(made, Unknown))
        if assumable and self._assumed:
            required, assumable = True, False
        where = owners[-1].get("properties")
        assert where is not None
        return Field(name, made, required, docs_of(nodes, self._references), lambda: where.key(name), assumable)

    def _property(self, nodes: list[Node], certain: bool, hint: Hint, request: bool) -> Type:
        """A property that several parts declare: all of them hold, or (of alternatives) one of them."""
        types = [self._type_of(node, hint, request=request) for node in nodes]
        if not certain:
            return self.tags.union(types)
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
