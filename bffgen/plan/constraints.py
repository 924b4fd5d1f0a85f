"""Types with their bounds as annotations for Pydantic: what is checked at the edge and before sending."""

from __future__ import annotations

import ast
from typing import Any

from bffgen.plan.bounds import kept_bounds
from bffgen.plan.emitted_names import Module, literal_type
from bffgen.plan.quote import called, code, constant
from bffgen.typesystem.model import Kind, ListType, MapType, Nullable, Scalar, Type

_OPTIONS = {
    "minimum": "ge",
    "exclusiveMinimum": "gt",
    "maximum": "le",
    "exclusiveMaximum": "lt",
    "multipleOf": "multiple_of",
    "minLength": "min_length",
    "maxLength": "max_length",
    "minItems": "min_length",
    "maxItems": "max_length",
    "pattern": "pattern",
}


def options(of: Type) -> dict[str, Any]:
    """The bounds of the value itself as options of `Field`, `Query` and the like."""
    return {_OPTIONS[keyword]: value for keyword, value in kept_bounds(of, patterns=True).items()}


def is_bounded(of: Type) -> bool:
    """Whether a value of the type may break a bound: there is something to check."""
    if isinstance(of, Scalar):
        return bool(options(of)) or (of.values is not None and not of.open)
    if isinstance(of, ListType):
        return bool(options(of)) or is_bounded(of.item)
    if isinstance(of, MapType):
        return is_bounded(of.value)
    return isinstance(of, Nullable) and is_bounded(of.of)


def bare(of: Type, module: Module, *, request: bool = False, wire: bool = False, item: bool = False) -> ast.expr:
    """The annotation of a type without the bounds of the value itself, with those of its items.

    With `request` for what comes as text in a URL or header, with `wire` for what comes as JSON. An `item` of a
    list of such texts keeps its plain type: a `list[Literal["a"]]` is no `list[str]`, which is what all else takes.
    """
    if isinstance(of, ListType):
        return code("list[item]", item=bounded(of.item, module, request=request, wire=wire, item=request))
    if isinstance(of, Nullable):
        return code("some | None", some=bounded(of.of, module, request=request, wire=wire, item=item))
    if isinstance(of, Scalar) and of.values and not of.open:
        return _enum(of, module, wire, item)
    if isinstance(of, Scalar) and of.kind in (Kind.DATE, Kind.DATETIME) and request:
        return module.annotation(of, wire=True)
    return module.annotation(of, wire)


def bounded(of: Type, module: Module, *, request: bool = False, wire: bool = False, item: bool = False) -> ast.expr:
    """The annotation of a type with all its bounds."""
    made, given = bare(of, module, request=request, wire=wire, item=item), field_options(of, request=request)
    if not given:
        return made
    keywords = {key: constant(value) for key, value in given.items()}
    field = called(module.imported("pydantic", "Field"), **keywords)
    return code("Annotated[made, field]", Annotated=module.imported("typing", "Annotated"), made=made, field=field)


def field_options(of: Type, *, request: bool = False) -> dict[str, Any]:
    given = options(of)
    if request and isinstance(of, Scalar) and of.kind is Kind.NUMBER:
        given["allow_inf_nan"] = False
    return given


def _enum(of: Scalar, module: Module, wire: bool, item: bool) -> ast.expr:
    """`Literal["a", "b"]`; numbers come as text, which `Literal` would not read."""
    values: list[ast.expr] = [constant(value) for value in of.values or ()]
    if of.kind is Kind.TEXT and not item:
        return literal_type(of.values or (), module)
    return code(
        "Annotated[base, AfterValidator(one_of)]",
        Annotated=module.imported("typing", "Annotated"),
        AfterValidator=module.imported("pydantic", "AfterValidator"),
        base=module.annotation(Scalar(of.kind), wire),
        one_of=called(module.runtime("arguments", "one_of"), *values),
    )
