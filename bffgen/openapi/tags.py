"""Discriminators: which values of a property tell the arms of a union apart."""

from __future__ import annotations

from urllib.parse import unquote

from bffgen.openapi.references import References, is_reference, name_at
from bffgen.openapi.scalars import text_at
from bffgen.source.nodes import Node
from bffgen.typesystem.model import ObjectType, Scalar, Type, Union, non_null


def tags_of(
    schema: Node, nodes: list[Node], arms: list[Type], made: Union, references: References
) -> tuple[str, tuple[tuple[str, ...], ...]] | None:
    """The discriminator's property and its values arm by arm; None where there is none, or an arm is no object."""
    discriminator = schema.get("discriminator")
    name = text_at(discriminator, "propertyName") if discriminator is not None else None
    if discriminator is None or name is None or not all(isinstance(arm, ObjectType) for arm in made.arms):
        return None
    mapping = _mapping(discriminator)
    tags: dict[int, dict[str, None]] = {id(arm): {} for arm in made.arms}
    for node, arm in zip(nodes, map(non_null, arms), strict=True):
        if isinstance(arm, ObjectType) and id(arm) in tags:
            tags[id(arm)].update(dict.fromkeys(_values(node, arm, name, mapping, references)))
    return name, tuple(tuple(values) for values in tags.values())


def _mapping(discriminator: Node) -> dict[str, str]:
    """The value of the property by the schema's name, or file's, that it stands for."""
    found = discriminator.get("mapping")
    return {value: _tail(node.text) for value, node in found.entries().items()} if found is not None else {}


def _values(node: Node, arm: ObjectType, name: str, mapping: dict[str, str], references: References) -> list[str]:
    target = references.target(node) if is_reference(node) else None
    schema_name = name_at(target) if target is not None else None
    if mapped := [value for value, meant in mapping.items() if meant == schema_name]:
        return mapped
    field = arm.fields.get(name)
    of = non_null(field.type) if field is not None else None
    if isinstance(of, Scalar) and of.values is not None and len(of.values) == 1:
        return [str(of.values[0])]
    return [schema_name] if schema_name else []


def _tail(text: str) -> str:
    """The name at the end of a reference, or the name of a schema that stands for one."""
    where, _, fragment = text.partition("#")
    if fragment:
        return unquote(fragment.rpartition("/")[2]).replace("~1", "/").replace("~0", "~")
    if "/" in where or where.endswith((".json", ".yaml", ".yml")):
        return where.rpartition("/")[2].partition(".")[0]
    return where
