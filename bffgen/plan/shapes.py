"""What becomes a class: objects, and unions of objects that are read as one.

A union of objects in a reply is decoded into one class: a field is optional unless every member requires it. So
members that the document does not know are read, too, and no value is taken for the wrong member: tried one by
one, the first member that demands little would swallow the others and drop their fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bffgen.typesystem.model import Docs, Field, MapType, ObjectType, Type, Union, Unknown
from bffgen.typesystem.relations import join_all, parts

ClassKey = ObjectType | frozenset[ObjectType]
"""An object, or the members of a union that is one class."""


def place(of: ObjectType) -> tuple[str, int, bool, str]:
    """Where an object stands: the same in every run, and independent of what else is used."""
    span = of.span
    return (span.file.path, span.start, of.request, of.name) if span else ("", 0, of.request, of.name)


def merged(of: Union) -> frozenset[ObjectType]:
    """The members that a union decodes as one class; empty when its arms stay apart.

    An object without declared fields counts as a member without fields when another arm is an object. Objects of the
    gateway's own and those that it sends are no members: they come to a union by a join of two values.
    """
    objects = frozenset(arm for arm in of.arms if isinstance(arm, ObjectType) and not is_made(arm))
    return objects if len(objects) > 1 or (objects and any(map(is_open_map, of.arms))) else frozenset()


def is_made(of: ObjectType) -> bool:
    """Whether the gateway makes the object: its own, or one that it sends."""
    return of.backend is None or of.request


def is_open_map(of: Type) -> bool:
    return isinstance(of, MapType) and isinstance(of.value, Unknown)


def other_arms(of: Union) -> tuple[Type, ...]:
    """The arms of a merged union that are no part of its class."""
    return tuple(arm for arm in of.arms if not isinstance(arm, ObjectType) and not is_open_map(arm))


def fields_of(key: ClassKey) -> Mapping[str, Field]:
    """The fields of a class by wire name, in the order of the document.

    A merged class has the fields of all its members, joined, in the order of their names.
    """
    if isinstance(key, ObjectType):
        return key.fields
    members = sorted(key, key=place)
    names = sorted({name for member in members for name in member.fields})
    return {name: _joined(name, [member.fields.get(name) for member in members]) for name in names}


def _joined(name: str, found: list[Field | None]) -> Field:
    there = [field for field in found if field]
    required = len(there) == len(found) > 1 and all(field.required for field in there)
    docs = next((field.docs for field in there if field.docs.description), Docs())
    return Field(name, join_all([field.type for field in there]), required, docs)


def inner_types(types: Iterable[Type]) -> Iterator[Type]:
    """The types and what is inside of them, down to objects, whose fields are not entered."""
    work = list(types)
    while work:
        of = work.pop()
        yield of
        if not isinstance(of, ObjectType):
            work.extend(parts(of))


def holds_object(of: Type) -> bool:
    return any(isinstance(inner, ObjectType) for inner in inner_types((of,)))
