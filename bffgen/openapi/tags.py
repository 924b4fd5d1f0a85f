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

    def union(
        self, types: list[Type], told: Discriminator | None = None, values: list[list[str]] | None = None
    ) -> Type:
        """One of several types, tagged where it can be; scalars that make one scalar are merged.

        `told` is the discriminator that stands beside them, and `values` what it says of each of `types`.
        """
        if any(of is BROKEN for of in types):
            return BROKEN
        flat = [arm for of in types for arm in arms_of(of)]
        made = plain_union(tuple(merge_scalars([arm for arm in flat if arm != NULL])))
        inner = non_null(made)
        if isinstance(inner, Union):
            inner = self._tagged(inner, types, told, values or [])
        return nullable(inner) if is_nullable(made) or any(map(is_nullable, types)) else inner

    def values_of(self, told: Discriminator | None, node: Node) -> list[str]:
        """What a discriminator says of a schema: the values of its mapping, else none but its name."""
        target = self._references.target(node) if is_reference(node) else node
        name = schema_name(target) if told is not None and target is not None else None
        return told.values_of(name) or [name] if told is not None and name else []

    def _tagged(self, made: Union, types: list[Type], told: Discriminator | None, values: list[list[str]]) -> Union:
        objects = [arm for arm in made.arms if isinstance(arm, ObjectType)]
        if len(objects) != len(made.arms):
            return made
        if told is not None:
            found = self._by_discriminator(objects, types, told, values)
            return replace(made, tag=told.name, tags=tuple(tuple(found[id(arm)]) for arm in objects))
        nested = [inner for of in types if isinstance(inner := non_null(of), Union) and inner.tag]
        names = dict.fromkeys([*(inner.tag for inner in nested if inner.tag), *self._constants(objects[0])])
        for name in names:
            fixed = self._fixed(name, objects, nested)
            if fixed is not None:
                return replace(made, tag=name, tags=fixed)
        return made

    def _by_discriminator(
        self, objects: list[ObjectType], types: list[Type], told: Discriminator, said: list[list[str]]
    ) -> Values:
        """What a discriminator says of each object, else what it fixes itself, else what a union within says."""
        values: Values = {id(arm): {} for arm in objects}
        for of, listed in zip(map(non_null, types), said, strict=True):
            if isinstance(of, ObjectType) and id(of) in values:
                is_mapped = any(value in told.mapping for value in listed)
                fixed = None if is_mapped else self._fixed_value(of, told.name)
                values[id(of)].update(dict.fromkeys([fixed] if fixed is not None else listed))
            elif isinstance(of, Union):
                _add_nested(values, of, told.name)
        return values

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
