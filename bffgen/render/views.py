"""Pieces of the plan as code, in the form that the templates print."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from bffgen.plan.edge_model import GatesPlan
from bffgen.plan.imports import Import
from bffgen.plan.lines import plan_text
from bffgen.plan.model import (
    ArgumentPlan,
    BackendPlan,
    ConstantPlan,
    EndpointPlan,
    FunctionPlan,
    MethodPlan,
    ProxyPlan,
    ShapesPlan,
)
from bffgen.plan.quote import called, constant
from bffgen.render.code import Code, docstring, dotted, expression, identifier, joined, literal, statements

View = Mapping[str, Any]


def endpoint_view(plan: EndpointPlan) -> View:
    """An endpoint's module."""
    return {
        "plan": docstring(plan_text(plan.method, plan.path, plan.lines, plan.cost)),
        "imports": import_views(plan.imports),
        "constants": [_constant(one) for one in plan.constants],
        "route": literal(plan.route),
        "route_class": identifier("GatedRoute" if plan.gates else "EndpointRoute"),
        "gates": gates_view(plan.gates),
        "methods": literal(list(plan.methods)),
        "operation_id": literal(plan.operation_id),
        "status": plan.status,
        "function": identifier(plan.function),
        "arguments": [_argument(one) for one in plan.arguments],
        "result": expression(plan.result),
        "about": docstring(plan.about or f"{plan.method} {plan.path}", 4),
        "envelope": [_function(one) for one in plan.envelope],
        "bare": plan.bare,
        "response_class": expression(plan.response_class) if plan.response_class is not None else None,
        "paragraphs": [statements(paragraph) for paragraph in plan.paragraphs],
    }


def gates_view(gates: GatesPlan) -> list[Code]:
    """What stands before an endpoint: `Access(("user", ("orders:read",)))`."""
    rate, found = gates.rate, list[ast.expr]()
    if gates.ways:
        found.append(called("Access", *(ast.parse(literal(way), mode="eval").body for way in gates.ways)))
    if rate is not None:
        claim = constant(rate.claim) if rate.claim is not None else None
        plain = [constant(value) for value in (rate.name, rate.limit, rate.seconds, rate.per)]
        found.insert(0 if rate.per == "address" else 1, called("RateLimit", *plain, claim=claim))
    return [expression(gate) for gate in found]


def proxies_view(plans: Sequence[ProxyPlan]) -> View:
    """The module of the routes that pass through."""
    return {
        "backends": [identifier(name) for name in sorted({plan.backend for plan in plans})],
        "secured": any(plan.gates.ways for plan in plans),
        "limited": any(plan.gates.rate is not None for plan in plans),
        "gated": any(plan.gates for plan in plans),
        "open": any(not plan.gates for plan in plans),
        "proxies": [
            {
                "path": literal(plan.path),
                "to": literal(plan.to) if plan.to is not None else None,
                "backend": identifier(plan.backend),
                "methods": literal(plan.methods),
                "documented": literal(plan.documented) if plan.documented is not None else None,
                "headers": literal(frozenset(plan.headers)) if plan.headers else None,
                "gates": gates_view(plan.gates),
            }
            for plan in plans
        ],
    }


def client_view(plan: BackendPlan) -> View:
    """A backend's client, in a module of its own."""
    return {
        "about": docstring(f"The {plan.name} backend: the operations in use."),
        "imports": import_views(plan.imports),
        "constants": [_constant(one) for one in plan.constants],
        "class_name": identifier(plan.class_name),
        "client": identifier(plan.client),
        "others": [identifier(one.name.removeprefix("_")) for one in plan.auth.clients[1:]],
        "methods": [_method(one) for one in plan.methods],
    }


def _method(plan: MethodPlan) -> View:
    return {
        "name": identifier(plan.name),
        "arguments": [_argument(one) for one in plan.arguments],
        "result": expression(plan.result),
        "about": docstring(plan.about, 8),
        "body": statements(plan.body),
    }


def shapes_view(plan: ShapesPlan) -> View:
    """The module of shapes."""
    return {
        "imports": import_views(plan.imports),
        "constants": [_constant(one) for one in plan.constants],
        "functions": [_function(one) for one in plan.functions],
    }


def _function(plan: FunctionPlan) -> View:
    return {
        "name": identifier(plan.name),
        "arguments": [_argument(argument) for argument in plan.arguments],
        "result": expression(plan.result),
        "about": docstring(plan.about, 4),
        "body": statements(plan.body),
    }


def import_views(lines: Sequence[Import]) -> list[list[View]]:
    """`from module import name, other`, aliases each on their own; the library, packages, this package."""
    sections: list[dict[str, list[Import]]] = [{}, {}, {}]
    for line in lines:
        sections[_section(line.module)].setdefault(line.module, []).append(line)
    return [
        [
            view
            for module, listed in sorted(section.items(), key=lambda item: natural(item[0]))
            for view in _module_imports(module, listed)
        ]
        for section in sections
        if section
    ]


def _module_imports(module: str, lines: Sequence[Import]) -> list[View]:
    """As import sorters have it: by the first name of each statement."""
    plain = sorted((line for line in lines if line.name == line.local), key=_rank)
    groups = [[line] for line in lines if line.name != line.local] + ([plain] if plain else [])
    return [
        {"module": dotted(module), "names": joined([_imported(line) for line in group], ", ")}
        for group in sorted(groups, key=lambda group: _rank(group[0]))
    ]


def _rank(line: Import) -> tuple[object, ...]:
    """Constants, classes, functions, each by name."""
    constant = line.name.isupper() and len(line.name) > 1
    kind = 0 if constant else 1 if line.name[0].isupper() else 2
    return kind, natural(line.name), line.local


def natural(name: str) -> tuple[object, ...]:
    """What to sort a name by: `e2` comes before `e10`, and case counts last."""
    parts = re.split(r"(\d+)", name.lower())
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in parts), name


def _section(module: str) -> int:
    if module.startswith("."):
        return 2
    return 0 if module.partition(".")[0] in sys.stdlib_module_names else 1


def _imported(line: Import) -> Code:
    name = identifier(line.name)
    return name if line.name == line.local else joined([name, identifier(line.local)], " as ")


def _constant(plan: ConstantPlan) -> Code:
    target = ast.Name(plan.name, ast.Store())
    if plan.annotation is None:
        return statements([ast.Assign([target], plan.value)])
    return statements([ast.AnnAssign(target, plan.annotation, plan.value, 1)])


def _argument(plan: ArgumentPlan) -> Code:
    """`name: annotation = default`."""
    declared = joined([identifier(plan.name), expression(plan.annotation)], ": ")
    return declared if plan.default is None else joined([declared, expression(plan.default)], " = ")
