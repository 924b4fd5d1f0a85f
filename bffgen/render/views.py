"""Pieces of the plan as code, in the form that the templates print."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bffgen.plan.imports import Import
from bffgen.plan.model import ArgumentPlan, BackendPlan, ConstantPlan, EndpointPlan, MethodPlan
from bffgen.render.code import Code, docstring, dotted, expression, identifier, joined, literal, statements

View = Mapping[str, Any]


def imports(lines: Sequence[Import]) -> list[View]:
    """`from module import name, other as local`, a line for each module."""
    by_module: dict[str, list[Code]] = {}
    for line in lines:
        by_module.setdefault(line.module, []).append(_imported(line))
    return [{"module": dotted(module), "names": joined(names, ", ")} for module, names in by_module.items()]


def _imported(line: Import) -> Code:
    name = identifier(line.name)
    return name if line.name == line.local else joined([name, identifier(line.local)], " as ")


def constants(plans: Sequence[ConstantPlan]) -> list[Code]:
    return [statements([_constant(plan)]) for plan in plans]


def _constant(plan: ConstantPlan) -> ast.stmt:
    target = ast.Name(plan.name, ast.Store())
    if plan.annotation is None:
        return ast.Assign([target], plan.value)
    return ast.AnnAssign(target, plan.annotation, plan.value, 1)


def arguments(plans: Iterable[ArgumentPlan], *, keyword_only: bool = False) -> Code:
    """The parameters of a function, as they stand between the parentheses."""
    args = [ast.arg(plan.name, plan.annotation) for plan in plans]
    defaults = [plan.default for plan in plans]
    given = [default for default in defaults if default is not None]
    made = (
        ast.arguments([], [], None, args, defaults, None, [])
        if keyword_only
        else ast.arguments([], args, None, [], [], None, given)
    )
    return statements_of_arguments(made)


def statements_of_arguments(made: ast.arguments) -> Code:
    """`ast` prints arguments as a part of a lambda or function only: print one and take them out."""
    return expression(ast.Call(ast.Name("f", ast.Load()), [], []))


def endpoint(plan: EndpointPlan, text: str) -> View:
    return {
        "plan": docstring(text),
        "imports": imports(plan.imports),
        "constants": constants(plan.constants),
        "route": literal(plan.route),
        "methods": literal(list(plan.methods)),
        "operation_id": literal(plan.operation_id),
        "status": plan.status,
        "function": function(plan),
    }
