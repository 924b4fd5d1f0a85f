"""The shapes of a spec as functions of the project."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bffgen.check.model import CheckedGateway, CheckedShape
from bffgen.expr.emit import emit
from bffgen.expr.tree import Role, Target
from bffgen.plan.emitted_names import Module, ModuleNames
from bffgen.plan.imports import Import
from bffgen.plan.model import ArgumentPlan, FunctionPlan, ShapesPlan
from bffgen.plan.names import local_name, package_name
from bffgen.plan.quote import quote
from bffgen.plan.schemas import Models
from bffgen.plan.walk import walk
from bffgen.source.text import Span
from bffgen.typesystem.names import python_name


def function_name(shape: str) -> str:
    """The function of a shape: `ReviewCard` is `review_card`."""
    return local_name(python_name(shape))


def plan_shapes(gateway: CheckedGateway, models: Models) -> ShapesPlan | None:
    """The module of all shapes; None without any."""
    if not gateway.shapes:
        return None
    module = Module(models, package_name(gateway.name))
    functions = [function_name(shape.name) for shape in gateway.shapes]
    module.scope.reserve(*functions)
    words = {name for shape in gateway.shapes for name in _words(shape)}
    locals_ = {word: local_name(word) if local_name(word) not in functions else f"{word}_" for word in words}
    module.scope.reserve(*locals_.values())
    plans = tuple(_plan(shape, module, locals_) for shape in gateway.shapes)
    imports = tuple(nearer(line) for line in module.imports.sorted())
    return ShapesPlan(imports, module.constants(), tuple(sorted(plans, key=lambda plan: plan.name)))


def _words(shape: CheckedShape) -> Iterator[str]:
    """Everything that has a name in a shape."""
    yield from (name for name, _ in shape.parameters)
    yield from (node.name for node in walk(shape.value) if isinstance(node, Target) and node.name is not None)


def _plan(shape: CheckedShape, module: Module, locals_: dict[str, str]) -> FunctionPlan:
    names = ShapeNames(module, locals_)
    arguments = tuple(ArgumentPlan(locals_[name], module.annotation(of)) for name, of in shape.parameters)
    body: list[ast.stmt] = quote("return value", value=emit(shape.value, names))
    about = f"The shape `{shape.name}`."
    return FunctionPlan(function_name(shape.name), about, arguments, module.annotation(shape.value.type), tuple(body))


def nearer(line: Import) -> Import:
    """The import as a module of the package itself has it, not one of a package inside of it."""
    module = line.module[1:] if line.module.startswith("..") else line.module
    return Import(module, line.name, line.local)


class ShapeNames(ModuleNames):
    """Names in the functions of shapes."""

    def __init__(self, module: Module, locals_: dict[str, str]) -> None:
        super().__init__(module)
        self._locals = locals_

    def own(self, kind: str, name: str) -> str:
        return function_name(name) if kind == "shape" else super().own(kind, name)

    def ref(self, role: Role, name: str) -> str:
        return self._locals[name]

    def instant(self, kind: str, span: Span) -> str:
        raise AssertionError("a shape has no instants")

    def reply(self, call: str) -> str:
        raise AssertionError("a shape has no calls")

    def call_may_be_null(self, call: str) -> bool:
        raise AssertionError("a shape has no calls")
