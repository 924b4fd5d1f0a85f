"""Modules of models as one small JSON Schema document: what datamodel-code-generator renders.

Objects, lists, maps, scalars, null and unions, and nothing else. Every name in it is one that the plan has
allocated; text of the backend's document is in descriptions, aliases and enum values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bffgen.plan.bounds import kept_bounds
from bffgen.plan.schemas import WIRE, ClassPlan, FieldPlan, ModelModule, ModelRef
from bffgen.records import dataclass
from bffgen.render.code import clean
from bffgen.typesystem.model import (
    Kind,
    ListType,
    MapType,
    Null,
    Nullable,
    ObjectType,
    Scalar,
    Type,
    Union,
    is_nullable,
    non_null,
)
from bffgen.typesystem.relations import is_never

Schema = dict[str, Any]
EMPTY_NAME = "\ue000"
"""Stands for the property whose name is empty, until the fields are printed."""

KNOWN_LIMIT = 30
"""Most known values of an open enum that a description lists."""

_ANYTHING: Schema = {"type": "object", "customTypePath": "pydantic.JsonValue"}
_LITERALS = (Kind.TEXT, Kind.INTEGER)


@dataclass(frozen=True, eq=False, slots=True)
class Label:
    """A class in the document that all modules share: `M2User` is `User` of the third module."""

    text: str
    module: ModelModule
    plan: ClassPlan


def labels(modules: Sequence[ModelModule]) -> dict[ModelRef, Label]:
    """The label of every class, in the order of modules and classes. One document for all is the fastest."""
    found = [(number, module, plan) for number, module in enumerate(modules) for plan in module.classes]
    return {
        ModelRef(module.module, plan.name): Label(f"M{number}{plan.name}", module, plan)
        for number, module, plan in found
    }


Bounded = tuple[Kind, tuple[tuple[str, Any], ...]]
"""A scalar with bounds that stands inside of a list or map: its kind and the keywords of JSON Schema."""


def document(shown: Mapping[ModelRef, Label], inner: dict[Bounded, str]) -> Schema:
    """The document of all classes. `inner` receives a name for each scalar whose bounds the generator would lose."""
    schemas = {label.text: _Printer(label.module, shown, inner).model(label.plan) for label in shown.values()}
    info = {"title": "models", "version": "1"}
    return {"openapi": "3.1.0", "info": info, "paths": {}, "components": {"schemas": schemas}}


def aliases(shown: Mapping[ModelRef, Label]) -> dict[str, str]:
    """The attributes that differ from their properties, as datamodel-code-generator takes them."""
    entries = [(label.text, entry) for label in shown.values() for entry in label.plan.fields]
    return {f"{name}.{wire_name(e)}": e.attribute for name, e in entries if e.attribute != e.field.name}


def wire_name(entry: FieldPlan) -> str:
    """The property of a field; the generator would lose a name without letters."""
    return entry.field.name or EMPTY_NAME


class _Printer:
    def __init__(self, module: ModelModule, shown: Mapping[ModelRef, Label], inner: dict[Bounded, str]) -> None:
        self._inner = inner
        self._runtime = module.runtime
        self._models = module.models
        self._labels = shown

    def model(self, plan: ClassPlan) -> Schema:
        fields = {wire_name(entry): self._field(entry, plan) for entry in plan.fields}
        made: Schema = {"type": "object", "properties": fields}
        if required := [wire_name(entry) for entry in plan.fields if entry.field.required]:
            made["required"] = required
        if plan.extra:
            made["additionalProperties"] = True
        if plan.description and (text := clean(plan.description)):
            made["description"] = text
        return made

    def _field(self, entry: FieldPlan, plan: ClassPlan) -> Schema:
        of, required = entry.field.type, entry.field.required
        projected = not (required or plan.whole)
        made = self._schema(non_null(of), plan)
        made.update({} if plan.own else kept_bounds(non_null(of), patterns=plan.request))
        if is_nullable(of) or projected:
            made = _or_null(made)
        if projected:
            made["default"] = None
        if text := described(entry.field.docs.description, of if not plan.request else None):
            made["description"] = text
        return made

    def _schema(self, of: Type, plan: ClassPlan) -> Schema:
        match of:
            case Scalar():
                return self._scalar(of, plan)
            case ListType(item):
                return {"type": "array", "items": self._item(item, plan)}
            case MapType(_, value):
                return {"type": "object", "additionalProperties": self._item(value, plan)}
            case Nullable(inner):
                return _or_null(self._schema(inner, plan), nested=True)
            case Null():
                return {"type": "null"}
            case ObjectType() | Union() if not is_never(of):
                return self._either(of, plan)
            case _:
                return dict(_ANYTHING)

    def _item(self, of: Type, plan: ClassPlan) -> Schema:
        """An element. The generator makes a class of its own for one with bounds; a name stands in for it."""
        scalar = non_null(of)
        found = kept_bounds(scalar, patterns=True) if plan.request and isinstance(scalar, Scalar) else {}
        if not found or not isinstance(scalar, Scalar):
            return self._schema(of, plan)
        name = self._inner.setdefault((scalar.kind, tuple(sorted(found.items()))), f"Bounded{len(self._inner)}")
        made = {"type": "object", "customTypePath": f"{self._runtime}.{name}"}
        return {"anyOf": [made, {"type": "null"}]} if is_nullable(of) else made

    def _scalar(self, of: Scalar, plan: ClassPlan) -> Schema:
        if plan.request and of.values and not of.open and of.kind in _LITERALS:
            return {"type": "integer" if of.kind is Kind.INTEGER else "string", "enum": list(of.values)}
        if of.kind in WIRE:
            json_type = {Kind.INTEGER: "integer", Kind.NUMBER: "number", Kind.BOOLEAN: "boolean"}.get(of.kind, "string")
            return {"type": json_type, "customTypePath": f"{self._runtime}.{WIRE[of.kind]}"}
        if of.kind is Kind.BYTES:
            return {"type": "string", "customTypePath": "fastapi.UploadFile"}
        return {"type": "string", "format": "uuid"} if of.kind is Kind.UUID else {"type": "string"}

    def _either(self, of: ObjectType | Union, plan: ClassPlan) -> Schema:
        refs = [self._models.refs[key] for key in self._models.keys(of)]
        arms: list[Schema] = [{"$ref": f"#/components/schemas/{self._labels[ref].text}"} for ref in refs]
        arms += [self._schema(arm, plan) for arm in self._models.other_arms(of)]
        if not arms:
            return dict(_ANYTHING)
        return arms[0] if len(arms) == 1 else {"anyOf": arms}


def _or_null(made: Schema, *, nested: bool = False) -> Schema:
    """The schema or null. A scalar that stands in a field says so by `nullable`, or its bounds would be lost."""
    if made == _ANYTHING or made.get("type") == "null":
        return made
    if "anyOf" in made:
        return {**made, "anyOf": [*made["anyOf"], {"type": "null"}]}
    if nested or "$ref" in made or "properties" in made:
        return {"anyOf": [made, {"type": "null"}]}
    return {**made, "nullable": True}


def described(text: str | None, of: Type | None) -> str:
    """A field's description with the known values of an open enum."""
    lines = [clean(text)] if text else []
    scalar = non_null(of) if of is not None else None
    scalar = scalar.item if isinstance(scalar, ListType) else scalar
    if isinstance(scalar, Scalar) and scalar.values:
        shown = [clean(str(value), 80).replace("\n", " ") for value in scalar.values[:KNOWN_LIMIT]]
        lines.append("Known values: " + ", ".join(shown) + (", ..." if len(scalar.values) > KNOWN_LIMIT else "."))
    return clean("\n\n".join(lines))
