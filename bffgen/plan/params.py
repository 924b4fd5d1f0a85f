"""The parameters of an endpoint as FastAPI reads them."""

from __future__ import annotations

import ast
import re
from datetime import date, datetime
from typing import Any

from bffgen.check.model import CheckedEndpoint, CheckedParam
from bffgen.expr.tree import Role
from bffgen.plan.constraints import bare, bounded, field_options
from bffgen.plan.emitted_names import EndpointNames, Module
from bffgen.plan.model import ArgumentPlan
from bffgen.plan.passing import streamed_body, takes_stream
from bffgen.plan.quote import called, code, constant, name
from bffgen.plan.security import claims_argument
from bffgen.typesystem.model import Kind, ListType, ObjectType, Scalar, Type

_CLASSES = {"path": "Path", "query": "Query", "header": "Header", "cookie": "Cookie"}


def plan_arguments(endpoint: CheckedEndpoint, names: EndpointNames, uses_response: bool) -> tuple[ArgumentPlan, ...]:
    """The parameters of the endpoint's function, the ones without a default first."""
    module = names.module
    made: list[ArgumentPlan] = []
    if endpoint.calls:
        made.append(ArgumentPlan("backends", name(module.imported(f"{module.package}.backends", "BackendsDep"))))
    if uses_response:
        made.append(ArgumentPlan("response", name(module.imported("fastapi", "Response"))))
    if endpoint.access is not None and endpoint.reads_claims:
        made.append(claims_argument(endpoint.access, module))
    made += [_param(param, names) for param in endpoint.params]
    if endpoint.body is not None:
        made.append(streamed_body(endpoint, module) if takes_stream(endpoint) else _body(endpoint, module))
    return tuple(sorted(made, key=lambda argument: argument.default is not None))


def _param(param: CheckedParam, names: EndpointNames) -> ArgumentPlan:
    module, local = names.module, names.ref(Role.PARAM, param.name)
    options = {key: constant(value) for key, value in field_options(param.type, request=True).items()}
    if param.location != "path" and (param.wire_name != local or param.location == "header"):
        options = {"alias": constant(param.wire_name), **options}
    made = bare(param.type, module, request=True)
    default: ast.expr | None = None
    if param.has_default and param.default is not None:
        default = _default(param, local, module)
    elif not param.required:
        made, default = code("made | None", made=made), constant(None)
    source = called(module.imported("fastapi", _CLASSES[param.location]), **options)
    annotated = module.imported("typing", "Annotated")
    return ArgumentPlan(local, code("Annotated[made, source]", Annotated=annotated, made=made, source=source), default)


def _default(param: CheckedParam, local: str, module: Module) -> ast.expr:
    """The default as code: what is no plain literal is a constant of the module."""
    value = _value(param.default, param.type, module)
    if isinstance(value, (ast.Constant, ast.UnaryOp)):
        return value
    said = bare(param.type, module, request=True) if isinstance(value, ast.List) else None  # `[]` says nothing
    return name(module.constant(f"_{local.upper()}", value, said))


def _value(value: Any, of: Type, module: Module) -> ast.expr:
    if isinstance(value, list) and isinstance(of, ListType):
        return ast.List([_value(item, of.item, module) for item in value], ast.Load())
    kind = of.kind if isinstance(of, Scalar) else None
    if isinstance(value, (date, datetime)):
        value = value.isoformat()
    if kind is Kind.DATE:
        return called(code("date.fromisoformat", date=module.imported("datetime", "date")), constant(value))
    if kind is Kind.DATETIME:
        adapter = module.adapter(of)
        return called(code("adapter.validate_python", adapter=adapter), constant(value))
    if kind is Kind.UUID:
        return called(module.imported("uuid", "UUID"), constant(value))
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value < 0:
        return ast.UnaryOp(ast.USub(), constant(-value))
    return constant(value)


def _body(endpoint: CheckedEndpoint, module: Module) -> ArgumentPlan:
    assert endpoint.body is not None
    plain = isinstance(endpoint.body, (Scalar, ListType))
    made = bounded(endpoint.body, module, wire=True) if plain else module.annotation(endpoint.body, wire=True)
    default = None
    if not endpoint.body_required:
        made, default = code("made | None", made=made), constant(None)
    if not isinstance(endpoint.body, ObjectType):
        source = called(module.imported("fastapi", "Body"))
        annotated = module.imported("typing", "Annotated")
        made = code("Annotated[made, source]", Annotated=annotated, made=made, source=source)
    return ArgumentPlan("body", made, default)


def route(endpoint: CheckedEndpoint, names: EndpointNames) -> str:
    """The path with the function's names for its variables."""
    locals_ = {p.wire_name: names.ref(Role.PARAM, p.name) for p in endpoint.params if p.location == "path"}
    return re.sub(r"\{([^{}]*)\}", lambda found: "{" + locals_.get(found[1], found[1]) + "}", endpoint.path)
