"""The published document's side of types: JSON Schema (2020-12) and its components."""

from __future__ import annotations

import math
import re
from enum import IntEnum
from typing import Any

from bffgen.check.model import CheckedGateway
from bffgen.plan.shapes import is_open_map, merged
from bffgen.typesystem.model import (
    Bounds,
    Docs,
    Kind,
    ListType,
    MapType,
    Null,
    Nullable,
    ObjectType,
    Scalar,
    Type,
    Union,
)
from bffgen.typesystem.names import class_name
from bffgen.typesystem.relations import is_never

Schema = dict[str, Any]

_JSON_TYPES = {Kind.INTEGER: "integer", Kind.NUMBER: "number", Kind.BOOLEAN: "boolean"}
_FORMATS = {Kind.DATE: "date", Kind.DATETIME: "date-time", Kind.UUID: "uuid", Kind.BYTES: "binary"}
_KEYWORDS = {
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusive_minimum": "exclusiveMinimum",
    "exclusive_maximum": "exclusiveMaximum",
    "multiple_of": "multipleOf",
    "min_length": "minLength",
    "max_length": "maxLength",
}
_CLIENT_ONLY = re.compile(r"[\ud800-\udfff]")


class _Held(IntEnum):
    """Which bounds the gateway vouches for: all of what it is sent; of answers those of fields, without patterns."""

    NONE = 0
    FIELDS = 1
    ALL = 2


class Contract:
    """Schemas of the published document; an object becomes a component when it is first met.

    A name says where a schema comes from, and does not change when something is added elsewhere:
    `<Backend><Schema>` for what a backend answers, with `Input` behind for what is sent to it, and for the
    gateway's own models `$name`, or the operation and field they stand at.
    """

    def __init__(self, gateway: CheckedGateway) -> None:
        self._given = {of: name for one in gateway.endpoints for of, name in one.named_models.items()}
        self._names: dict[ObjectType, str] = {}
        self._components: dict[str, Schema] = {}
        self._waiting: list[ObjectType] = []  # named, and not described yet

    def schema(self, of: Type, docs: Docs | None = None) -> Schema:
        """The schema of a type, with the docs of where it stands."""
        made = self._schema(of, _Held.ALL)
        self._describe()
        return _documented(made, docs) if docs else made

    def components(self) -> dict[str, Schema]:
        """`components.schemas`: all objects met so far and those inside of them, by name."""
        self._describe()
        return dict(sorted(self._components.items()))

    def name(self, of: ObjectType) -> str:
        """The component of an object."""
        if of not in self._names:
            base = self._given.get(of) or self._own_name(of)
            name, number = base, 2
            while name in self._components:
                name, number = f"{base}{number}", number + 1
            self._names[of] = name
            self._components[name] = {}
            self._waiting.append(of)
        return self._names[of]

    def _describe(self) -> None:
        """Describe the objects that were named, and those inside of them, however deep they are."""
        while self._waiting:
            of = self._waiting.pop()
            self._components[self._names[of]].update(self._object(of))

    def _own_name(self, of: ObjectType) -> str:
        if of.backend is None:
            return class_name(of.name)
        return class_name(of.backend) + class_name(of.name) + ("Input" if of.request else "")

    def _schema(self, of: Type, held: _Held) -> Schema:
        inside = held if held is _Held.ALL else _Held.NONE
        match of:
            case Scalar():
                return _scalar(of, held)
            case ListType(item):
                sizes = {"minItems": of.min_items or None, "maxItems": of.max_items}
                return {"type": "array", "items": self._schema(item, inside), **_given(sizes if held else {})}
            case MapType(_, value):
                return {"type": "object", "additionalProperties": self._schema(value, inside)}
            case Nullable(inner):
                return _or_null(self._schema(inner, held))
            case Null():
                return {"type": "null"}
            case ObjectType():
                return {"$ref": f"#/components/schemas/{self.name(of)}"}
            case Union() if not is_never(of):
                return self._union(of, inside)
            case _:
                return {}

    def _union(self, of: Union, held: _Held) -> Schema:
        """The arms. A reply may have members that are newer than its document: they are objects, too."""
        arms = [self._schema(arm, held) for arm in of.arms]
        if merged(of) and not any(map(is_open_map, of.arms)):
            arms.append({"type": "object", "description": "A kind that the document does not know yet."})
        return {"anyOf": arms}

    def _object(self, of: ObjectType) -> Schema:
        held = _Held.ALL if of.request else _Held.FIELDS
        fields = {f.name: _documented(self._schema(f.type, held), f.docs) for f in of.fields.values()}
        made: Schema = {"type": "object", "properties": fields}
        if required := [field.name for field in of.fields.values() if field.required]:
            made["required"] = required
        if of.extra is not None:
            made["additionalProperties"] = self._schema(of.extra, _Held.NONE) or True
        return _documented(made, Docs(description=of.description)) if of.description else made


def _scalar(of: Scalar, held: _Held) -> Schema:
    made: Schema = {"type": _JSON_TYPES.get(of.kind, "string")}
    if shown := _FORMATS.get(of.kind) or of.format:
        made["format"] = shown
    if of.values and of.open:
        known = ", ".join(_text(str(value)) for value in of.values)
        made["description"] = f"Known values: {known}"
    elif of.values:
        made["enum"] = [_text(value) if isinstance(value, str) else value for value in of.values]
    return {**made, **_bounds(of.bounds, of.kind, held)}


def _bounds(bounds: Bounds, kind: Kind, held: _Held) -> Schema:
    if held is _Held.NONE:
        return {}
    found = _given({keyword: getattr(bounds, name) for name, keyword in _KEYWORDS.items()})
    numeric = kind in (Kind.INTEGER, Kind.NUMBER)
    found = {k: v for k, v in found.items() if k.endswith("Length") != numeric and _sensible(k, v)}
    if held is _Held.ALL and kind is Kind.TEXT and bounds.pattern and len(bounds.pattern) <= 4096:
        found["pattern"] = _text(bounds.pattern)
    return found


def _sensible(keyword: str, value: float) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return False
    return value > 0 if keyword == "multipleOf" else value >= 0 if keyword.endswith("Length") else True


def _or_null(made: Schema) -> Schema:
    if not made or made.get("type") == "null":
        return made
    if isinstance(made.get("type"), str) and "enum" not in made:
        return {**made, "type": [made["type"], "null"]}
    if "anyOf" in made:
        return {**made, "anyOf": [*made["anyOf"], {"type": "null"}]}
    return {"anyOf": [made, {"type": "null"}]}


def _documented(made: Schema, docs: Docs) -> Schema:
    notes: Schema = {}
    if docs.description:
        known = made.get("description")
        notes["description"] = _text(docs.description) + (f"\n\n{known}" if known and "$ref" not in made else "")
    if docs.has_example:
        notes["examples"] = [docs.example]
    if docs.deprecated:
        notes["deprecated"] = True
    return {**made, **notes} if notes else made


def _given(values: Schema) -> Schema:
    return {key: value for key, value in values.items() if value is not None}


def _text(value: str) -> str:
    """Text that JSON can hold: lone surrogates are replaced."""
    return _CLIENT_ONLY.sub("?", value)
