"""Schemas of bytes: what is sent as it is in a part of a multipart body, or as a whole body."""

from __future__ import annotations

from bffgen.openapi.media import is_form, is_json, is_text
from bffgen.openapi.parts import alternatives
from bffgen.openapi.references import References
from bffgen.openapi.scalars import admits_null, length, only_null, text_at, type_words
from bffgen.source.nodes import Node
from bffgen.typesystem.model import BYTES, ListType, Type, nullable, union

MAX_DEPTH = 8


class Files:
    """Tells the schemas of bytes, in the ways of every version."""

    def __init__(self, references: References) -> None:
        self._references = references

    def type_of(self, written: Node, media_type: str | None = None) -> Type | None:
        """`bytes`, or lists of them, where a property of a form is that; None for anything else.

        `media_type` is what `encoding` says of the property.
        """
        return self._type_of(written, media_type, 0)

    def _type_of(self, written: Node, media_type: str | None, depth: int) -> Type | None:
        schema = self._references.follow(written)
        if schema is None or schema.kind != "mapping" or depth > MAX_DEPTH:
            return None
        if is_file(schema, media_type):
            return nullable(BYTES) if admits_null(schema) else BYTES
        if arms := alternatives(schema):
            return self._one_of(arms, media_type, depth)
        items = schema.get("items")
        if type_words(schema) == ["array"] and items is not None:
            inner = self._type_of(items, media_type, depth + 1)
            made = ListType(inner, length(schema, "minItems") or 0, length(schema, "maxItems")) if inner else None
            return nullable(made) if made is not None and admits_null(schema) else made
        return None

    def _one_of(self, arms: list[Node], media_type: str | None, depth: int) -> Type | None:
        found = [self._type_of(arm, media_type, depth + 1) for arm in arms if not only_null(arm)]
        known = [of for of in found if of is not None]
        if not known or len(known) != len(found):
            return None
        made = union(tuple(known))
        return nullable(made) if len(found) < len(arms) else made


def is_file(schema: Node, media_type: str | None = None) -> bool:
    """Whether a schema is of bytes: `format: binary` (3.0), `type: file` (2.0), a `contentMediaType` (3.1)."""
    words = type_words(schema)
    if words == ["file"] or (text_at(schema, "format") == "binary" and words in ([], ["string"])):
        return True
    if words not in ([], ["string"]) or schema.get("contentEncoding") is not None or schema.get("$ref") is not None:
        return False
    if text_at(schema, "format") is not None or schema.get("enum") is not None:
        return False
    said = text_at(schema, "contentMediaType") or (media_type or "").partition(",")[0]
    structured = any(schema.get(key) is not None for key in ("anyOf", "oneOf", "allOf", "properties"))
    return bool(said) and not structured and not (is_json(said) or is_text(said) or is_form(said) or "xml" in said)
