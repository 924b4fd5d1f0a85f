"""The imports of one emitted module: only what is used, each under a name that nothing else has."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable
from dataclasses import dataclass

from bffgen.plan.names import Scope
from bffgen.plan.quote import copied


@dataclass(frozen=True, slots=True, order=True)
class Import:
    """`from module import name as local`."""

    module: str
    name: str
    local: str


class Imports:
    """Collects what a module imports. A name that is taken already comes under an alias.

    `scope` has the module's and its functions' own names. The module is two levels inside of `package`, and
    imports what is in the package by its relative name.
    """

    def __init__(self, scope: Scope, package: str) -> None:
        self._scope = scope
        self._package = package
        self._locals: dict[tuple[str, str], str] = {}

    def name(self, module: str, name: str) -> str:
        """The local name of `module.name`; from the first time on it is imported."""
        key = (module, name)
        if key not in self._locals:
            self._locals[key] = self._scope.take(name, prefix=_prefix(module, name))
        return self._locals[key]

    def adopt(self, expr: ast.expr, imports: Iterable[tuple[str, str]]) -> ast.expr:
        """The expression with its imports made, under the names that they have here."""
        renamed = {name: self.name(module, name) for module, name in sorted(imports)}
        changed = {name: local for name, local in renamed.items() if name != local}
        return _Renamed(changed).visit(copied(expr)) if changed else expr

    def sorted(self, used: Container[str] | None = None) -> tuple[Import, ...]:
        """Ordered by module and name; only those that are `used`, if it is said which."""
        found = [
            Import(self._relative(module), name, local)
            for (module, name), local in self._locals.items()
            if used is None or local in used
        ]
        return tuple(sorted(found))

    def _relative(self, module: str) -> str:
        inside = module.removeprefix(f"{self._package}.")
        return f"..{inside}" if inside != module else module


def _prefix(module: str, name: str) -> str:
    """What tells two classes of one name apart: the module's last part (`CatalogProduct`)."""
    last = module.rpartition(".")[2]
    return last.title().replace("_", "") if name[:1].isupper() else f"{last}_"


class _Renamed(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self._names.get(node.id, node.id)
        return node
