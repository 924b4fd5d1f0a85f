"""Which values of which property tell the arms of a union apart: a discriminator's, or those that the arms fix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from bffgen.openapi.discriminator import Discriminator, schema_name
from bffgen.openapi.parts import Parts, properties
from bffgen.openapi.references import References, is_reference
from bffgen.openapi.scalars import merge_scalars, sole_text
from bffgen.source.nodes import Node
from bffgen.typesystem.model import (
    NULL,
    ObjectType,
    Type,
    Union,
    is_nullable,
    non_null,
    nullable,
)
from bffgen.typesystem.model import union as plain_union
from bffgen.typesystem.relations import BROKEN

Values = dict[int, dict[str, None]]  # of a property, by the id of the arm that has them


class Tags:
    """Makes unions. `parts` are the schemas that each object is made of."""

    def __init__(self, references: References, parts: Mapping[ObjectType, Parts], *, assumed: bool) -> None:
        self._references = references
        self._parts = parts
        self._assumed = assumed

    def union(self, types: list[Type], nodes: list[Node] | None = None, told: Discriminator | None = None) -> Type:
        """One of several types, tagged where it can be; scalars that make one scalar are merged.

        `nodes` are the schemas of `types`; `told` is the discriminator that stands beside them.
        """
        if any(of is BROKEN for of in types):
            return BROKEN
        flat = [arm for of in types for arm in arms_of(of)]
        made = plain_union(tuple(merge_scalars([arm for arm in flat if arm != NULL])))
        inner = non_null(made)
        if isinstance(inner, Union):
            inner = self._tagged(inner, types, nodes or [], told)
        return nullable(inner) if is_nullable(made) or any(map(is_nullable, types)) else inner

    def _tagged(self, made: Union, types: list[Type], nodes: list[Node], told: Discriminator | None) -> Union:
        objects = [arm for arm in made.arms if isinstance(arm, ObjectType)]
        if len(objects) != len(made.arms):
            return made
        if told is not None:
            values = self._by_discriminator(objects, types, nodes, told)
            return replace(made, tag=told.name, tags=tuple(tuple(values[id(arm)]) for arm in objects))
        nested = [inner for of in types if isinstance(inner := non_null(of), Union) and inner.tag]
        names = dict.fromkeys([*(inner.tag for inner in nested if inner.tag), *self._constants(objects[0])])
        for name in names:
            found = self._fixed(name, objects, nested)
            if found is not None:
                return replace(made, tag=name, tags=found)
        return made

    def _by_discriminator(
        self, objects: list[ObjectType], types: list[Type], nodes: list[Node], told: Discriminator
    ) -> Values:
        values: Values = {id(arm): {} for arm in objects}
        for node, of in zip(nodes, map(non_null, types), strict=True):
            if isinstance(of, ObjectType) and id(of) in values:
                values[id(of)].update(dict.fromkeys(self._told(node, of, told)))
            elif isinstance(of, Union):
                _add_nested(values, of, told.name)
        for arm in objects:
            if not values[id(arm)] and (fixed := self._fixed_value(arm, told.name)):
                values[id(arm)][fixed] = None
        return values

    def _told(self, node: Node, arm: ObjectType, told: Discriminator) -> list[str]:
        """The values that a discriminator has for an arm: by its mapping, as the arm fixes it, or its name."""
        target = self._references.target(node) if is_reference(node) else node
        name = schema_name(target) if target is not None else None
        if mapped := told.values_of(name):
            return mapped
        if fixed := self._fixed_value(arm, told.name):
            return [fixed]
        return [name] if name else []

    def _fixed(self, name: str, objects: list[ObjectType], nested: list[Union]) -> tuple[tuple[str, ...], ...] | None:
        """The values of a property that each arm has for itself alone; None where an arm has none."""
        values: Values = {id(arm): {} for arm in objects}
        for inner in nested:
            _add_nested(values, inner, name)
        for arm in objects:
            if not values[id(arm)] and (fixed := self._constants(arm).get(name)) is not None:
                values[id(arm)][fixed] = None
        found = tuple(tuple(values[id(arm)]) for arm in objects)
        return found if all(found) and _all_differ(value for each in found for value in each) else None

    def _constants(self, arm: ObjectType) -> dict[str, str]:
        """The required properties of an object that can only be one text."""
        parts = self._parts.get(arm)
        names = parts.properties if parts is not None else ()
        asked = (name for name in names if parts is not None and (self._assumed or name in parts.required))
        return {name: fixed for name in asked if (fixed := self._fixed_value(arm, name)) is not None}

    def _fixed_value(self, arm: ObjectType, name: str) -> str | None:
        """The only text that a property can be, for sure."""
        parts = self._parts.get(arm)
        if parts is None or not parts.is_certain(name):
            return None
        found = [self._fixed_text(properties(owner)[name]) for owner in parts.properties[name]]
        return next((fixed for fixed in reversed(found) if fixed is not None), None)

    def _fixed_text(self, schema: Node) -> str | None:
        at: Node | None = schema
        for _ in range(8):
            if at is None or at.kind != "mapping":
                return None
            if not is_reference(at):
                return sole_text(at)
            at = self._references.peek(at)
        return None


def arms_of(of: Type) -> tuple[Type, ...]:
    """The arms of a union, or the type itself; without null."""
    inner = non_null(of)
    return inner.arms if isinstance(inner, Union) else (inner,)


def _add_nested(values: Values, of: Union, name: str) -> None:
    if of.tag != name:
        return
    for arm, tags in zip(of.arms, of.tags, strict=True):
        if id(arm) in values:
            values[id(arm)].update(dict.fromkeys(tags))


def _all_differ(values: Iterable[str]) -> bool:
    listed = list(values)
    return len(listed) == len(set(listed))
