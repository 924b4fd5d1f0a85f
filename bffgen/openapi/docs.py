"""What a document says about a thing beside its type: descriptions, examples, deprecation."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from bffgen.openapi.parts import sole_base
from bffgen.openapi.references import References, is_reference
from bffgen.openapi.scalars import flag, text_at
from bffgen.source.nodes import Node
from bffgen.typesystem.model import NO_DOCS, Docs

NOTHING: Any = object()
MAX_NESTED = 64
"""Deepest example or default that is used: Python reads no more than 200 brackets in each other."""


def docs_of(nodes: list[Node], references: References) -> Docs:
    """The docs of a property: what stands nearest counts, then what it refers to."""
    chain = [link for node in reversed(nodes) for link in _chain(node, references)]
    description = next((text for link in chain if (text := text_at(link, "description"))), None)
    example = next((found for link in chain if (found := example_of(link, references)) is not NOTHING), NOTHING)
    deprecated = any(flag(link, "deprecated") for link in chain)
    if description is None and example is NOTHING and not deprecated:
        return NO_DOCS
    return Docs(description, None if example is NOTHING else example, example is not NOTHING, deprecated)


def example_of(node: Node, references: References) -> Any:
    """The first example that stands at a schema, parameter or media type; `NOTHING` when there is none."""
    if (single := node.get("example")) is not None:
        return data_of(single)
    several = node.get("examples")
    if several is None:
        return NOTHING
    if several.kind == "sequence":  # JSON Schema's
        return data_of(several.elements()[0]) if several.elements() else NOTHING
    for each in several.entries().values():
        named = references.follow(each)
        if named is None or named.kind != "mapping":
            continue
        for key in ("value", "dataValue"):  # 3.2 has the second
            if (value := named.get(key)) is not None:
                return data_of(value)
    return NOTHING


def default_of(schema: Node | None, references: References) -> Any:
    """A schema's default, its own or of what it refers to; None when there is none."""
    for link in _chain(schema, references) if schema is not None else ():
        if (found := link.get("default")) is not None:
            return None if (data := data_of(found)) is NOTHING else data
    return None


def data_of(node: Node) -> Any:
    """The data of a node; `NOTHING` where JSON could not say it, or nobody could read it."""
    data = node.data()
    return data if is_sayable(data) else NOTHING


def is_sayable(data: Any) -> bool:
    """Whether numbers are finite, and nothing is nested deeper than `MAX_NESTED`."""
    level = [data]
    for _ in range(MAX_NESTED):
        if any(isinstance(one, float) and not math.isfinite(one) for one in level):
            return False
        inner = (one.values() if isinstance(one, dict) else one for one in level if isinstance(one, (dict, list)))
        level = [value for values in inner for value in values]
    return not level


def _chain(node: Node, references: References) -> Iterator[Node]:
    """A schema and what it stands for, through `$ref` and an `allOf` of one."""
    at: Node | None = node
    for _ in range(16):
        if at is None or at.kind != "mapping":
            return
        yield at
        at = references.target(at) if is_reference(at) else sole_base(at)
