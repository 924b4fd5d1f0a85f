"""Whether generated models are what was asked for, and nothing else.

They consist of imports, the planned classes with the planned fields under the planned aliases, and annotations of
known names and constants. Text of a document that became anything else would be a statement, a name or a call
that is not on the list: it is refused here whatever the generator does with it.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Set

from bffgen.plan.schemas import ClassPlan
from bffgen.render.documents import EMPTY_NAME

_BUILTINS = frozenset("str list dict None".split())
_INSIDE = (
    ast.Name,
    ast.Load,
    ast.Subscript,
    ast.Tuple,
    ast.BinOp,
    ast.BitOr,
    ast.Constant,
    ast.Call,
    ast.keyword,
    ast.UnaryOp,
    ast.USub,
)
_KEYWORDS = frozenset("alias ge gt le lt multiple_of min_length max_length pattern".split())


class RenderError(Exception):
    """Models that are not what was asked for: a bug. `text` is what the generator made."""

    def __init__(self, why: str, text: str) -> None:
        super().__init__(why)
        self.text = text


def inspect(tree: ast.Module, plans: Mapping[str, ClassPlan], text: str) -> dict[str, str]:
    """The module of every imported name. Raises RenderError. `plans` are the classes by their names in the text."""
    sources = {
        alias.name: node.module
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    inspector = _Inspector(sources.keys() | plans.keys() | _BUILTINS, text)
    made = [name for node in tree.body if (name := inspector.statement(node, plans))]
    if sorted(made) != sorted(plans):
        raise RenderError(f"classes that differ: {sorted(set(plans) ^ set(made))}", text)
    return sources


class _Inspector:
    def __init__(self, known: Set[str], text: str) -> None:
        self._known = known
        self._text = text

    def statement(self, node: ast.stmt, plans: Mapping[str, ClassPlan]) -> str | None:
        """The name of the class that a statement of the module makes."""
        match node:
            case ast.ImportFrom(names=names, level=0) if all(alias.asname is None for alias in names):
                return None
            case ast.ClassDef(name, [ast.Name(id="Model")], [], decorator_list=[]) if name in plans:
                self._class(plans[name], node)
                return name
            case ast.Expr(ast.Call(ast.Attribute(ast.Name(id=name), "model_rebuild"), [], [])) if name in plans:
                return None
        raise self._error("an unexpected statement", node)

    def _class(self, plan: ClassPlan, node: ast.ClassDef) -> None:
        fields: dict[str, str] = {}
        for inner in node.body:
            match inner:
                case ast.Expr(ast.Constant(str())) | ast.Pass():
                    continue
                case ast.Assign([ast.Name(id="model_config")], ast.Call(ast.Name(id="ConfigDict"), [], settings)):
                    if not all(isinstance(one.value, ast.Constant) for one in settings):
                        raise self._error("an unexpected setting", inner)
                case ast.AnnAssign(ast.Name(id=name), annotation, value) if _is_default(value):
                    fields[name] = self._alias(annotation, name)
                case _:
                    raise self._error("an unexpected statement", inner)
        wanted = {entry.attribute: entry.field.name for entry in plan.fields}
        if fields != wanted:
            raise self._error(f"fields {sorted(fields.items() ^ wanted.items())} differ", node)

    def _alias(self, annotation: ast.expr, name: str) -> str:
        """The name on the wire of a field whose annotation this is."""
        alias = name
        for node in ast.walk(annotation):
            good = isinstance(node, _INSIDE) and (not isinstance(node, ast.Name) or node.id in self._known)
            if isinstance(node, ast.Call):
                good = good and isinstance(node.func, ast.Name) and node.func.id == "Field"
                good = good and all(_is_ellipsis(one) for one in node.args)
                good = good and all(one.arg in _KEYWORDS for one in node.keywords)
                given = [ast.literal_eval(one.value) for one in node.keywords if one.arg == "alias"]
                alias = given[0] if given else alias
            if not good:
                raise self._error("an unexpected annotation", annotation)
        return "" if alias == EMPTY_NAME else alias

    def _error(self, why: str, node: ast.AST) -> RenderError:
        return RenderError(f"{why}: {ascii(ast.unparse(node))[:300]}", self._text)


def _is_default(value: ast.expr | None) -> bool:
    match value:
        case None | ast.Name(id="MISSING") | ast.Constant(None):
            return True
    return False


def _is_ellipsis(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is ...
