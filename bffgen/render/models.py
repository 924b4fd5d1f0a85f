"""Models, as datamodel-code-generator writes them and the plan wants them.

All modules are generated at once, from one document, and taken apart again: `inspection` holds that they are what
the plan asked for, then each class goes to its module, under its own name, with the imports that it needs.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeGuard

from bffgen.plan.files import HEADER
from bffgen.plan.schemas import WIRE, ModelModule, ModelRef
from bffgen.render import generator
from bffgen.render.documents import EMPTY_NAME, Bounded, Label, aliases, document, labels
from bffgen.render.inspection import RenderError, inspect
from bffgen.typesystem.model import TEXT, Kind, MapType, ObjectType, Type
from bffgen.typesystem.relations import parts as parts_of

__all__ = ["RenderError", "start_models"]

_STANDARD = ("datetime", "enum", "typing", "uuid")


def start_models(modules: Sequence[ModelModule]) -> Callable[[], dict[str, str]]:
    """Begin to render. What it returns waits for the modules by path, not yet formatted.

    That one raises RenderError, which is a bug.
    """
    if not modules:
        return dict
    shown = labels(modules)
    inner: dict[Bounded, str] = {}
    generated = generator.start_models(document(shown, inner), aliases(shown), f"{modules[0].runtime}.Model")
    return lambda: _parted(modules, generated(), shown, inner)


def _parted(
    modules: Sequence[ModelModule], text: object, shown: Mapping[ModelRef, Label], inner: Mapping[Bounded, str]
) -> dict[str, str]:
    if not isinstance(text, str):
        raise RenderError("not one module", str(text))
    tree = ast.parse(text)
    sources = inspect(tree, {label.text: label.plan for label in shown.values()}, text)
    lines = text.split("\n")
    names = {name: of for of, name in inner.items()}
    return {module.path: _Module(module, shown, sources, names).text(tree, lines) for module in modules}


class _Module:
    """Prints one module out of the generated text. `sources` says where the text imports each name from."""

    def __init__(
        self,
        module: ModelModule,
        shown: Mapping[ModelRef, Label],
        sources: Mapping[str, str],
        bounded: Mapping[str, Bounded],
    ) -> None:
        self._module = module
        self._bounded = {name: _annotation(*of, module.runtime) for name, of in bounded.items()}
        self._sources = sources
        mine = [label for label in shown.values() if label.module is module]
        self._own = {label.text: label.plan.name for label in mine}
        self._keys = {
            (label.text, e.attribute): [*_map_keys(e.field.type)] for label in mine for e in label.plan.fields
        }
        local = {ref: name for name, ref in module.borrowed.items()}
        self._borrowed = {shown[ref].text: (ref, name) for ref, name in local.items()}
        self._imports: dict[str, set[str]] = {}

    def text(self, tree: ast.Module, lines: list[str]) -> str:
        """The module's text."""
        parts = []
        for node in tree.body:
            match node:
                case ast.ClassDef(name=name) if name in self._own:
                    parts.append(self._class(node, lines))
                case ast.Expr(ast.Call(ast.Attribute(ast.Name(id=name)))) if name in self._own:
                    parts.append(f"{self._own[name]}.model_rebuild()")
        body = "\n\n\n".join(parts)
        return f"{HEADER}\n\nfrom __future__ import annotations\n\n{self._import_block()}\n\n\n{body}\n"

    def _class(self, node: ast.ClassDef, lines: list[str]) -> str:
        """A class: its documentation as it is, fields and settings without idle parts."""
        parts = [f"class {self._own[node.name]}({self._name('Model')}):"]
        for inner in node.body:
            if isinstance(inner, ast.AnnAssign):
                parts.append("    " + ast.unparse(self._keyed(node.name, self._field(inner))))
            elif isinstance(inner, ast.Assign):
                parts += [f"    {shown}"] if (shown := self._settings(inner)) else []
            else:
                parts += lines[inner.lineno - 1 : inner.end_lineno]
        return "\n".join([*parts, "    pass"] if len(parts) == 1 else parts)

    def _settings(self, node: ast.Assign) -> str:
        """`model_config = ...` without `arbitrary_types_allowed`: none of our types is arbitrary."""
        assert isinstance(node.value, ast.Call)
        node.value.keywords = [one for one in node.value.keywords if one.arg != "arbitrary_types_allowed"]
        if not node.value.keywords:
            return ""
        self._name("ConfigDict")
        return ast.unparse(node)

    def _field(self, node: ast.AnnAssign) -> ast.AnnAssign:
        """A field with the names of this module, without a `Field(...)` that says nothing."""
        match node.annotation:
            case ast.Subscript(ast.Name(id="Annotated"), ast.Tuple([of, ast.Call(keywords=[])])):
                node.annotation = of
        for one in (inner for part in (node.annotation, node.value) if part for inner in ast.walk(part)):
            match one:
                case ast.keyword("alias", ast.Constant(value)):
                    one.value = ast.Constant("" if value == EMPTY_NAME else value)
                case ast.Call():
                    one.args = []
                case ast.Name():
                    one.id = self._name(one.id)
        if self._bounded:
            node.annotation = _Put(self._bounded, self._use).visit(node.annotation)
        return node

    def _keyed(self, of_class: str, node: ast.AnnAssign) -> ast.AnnAssign:
        """A field whose maps have the keys that they have in Python: JSON Schema knows texts alone."""
        assert isinstance(node.target, ast.Name)
        keys = self._keys[of_class, node.target.id]
        if all(key == TEXT for key in keys):
            return node
        maps = [one for one in _in_order(node.annotation) if _is_map(one)]
        for made, key in zip(maps, keys, strict=True):
            assert isinstance(made.slice, ast.Tuple)
            annotation = self._module.models.annotation(key, wire=True)
            made.slice.elts[0] = annotation.expr
            self._use({name: source for source, name in annotation.imports})
        return node

    def _use(self, names: Mapping[str, str]) -> None:
        for name, source in names.items():
            self._imports.setdefault(source, set()).add(name)

    def _name(self, name: str) -> str:
        """The name that a name of the generated text has in this module; it is imported if need be."""
        if name in self._own:
            return self._own[name]
        if name in self._borrowed:
            ref, local = self._borrowed[name]
            shown = ref.name if ref.name == local else f"{ref.name} as {local}"
            self._imports.setdefault(ref.module, set()).add(shown)
            return local
        if name in self._sources and name not in self._bounded:
            self._imports.setdefault(self._sources[name], set()).add(name)
        return name

    def _import_block(self) -> str:
        """The imports in isort's order: standard library, installed, the project's own."""
        package = self._module.module.partition(".")[0]
        groups: list[list[str]] = [[], [], []]
        for source, names in sorted(self._imports.items()):
            own = source.partition(".")[0] == package
            group = groups[2 if own else 0 if source in _STANDARD else 1]
            group += [f"from {source} import {shown}" for shown in _lines(names)]
        return "\n\n".join("\n".join(group) for group in groups if group)


_FIELD_OPTIONS = {
    "minimum": "ge",
    "exclusiveMinimum": "gt",
    "maximum": "le",
    "exclusiveMaximum": "lt",
    "multipleOf": "multiple_of",
    "minLength": "min_length",
    "maxLength": "max_length",
    "pattern": "pattern",
}


def _annotation(kind: Kind, bounds: tuple[tuple[str, object], ...], runtime: str) -> tuple[ast.expr, Mapping[str, str]]:
    """`Annotated[Integer, Field(ge=1)]`, and where its names are imported from."""
    base = WIRE.get(kind, "str")
    options = ", ".join(f"{_FIELD_OPTIONS[keyword]}={ascii(value)}" for keyword, value in bounds)
    used = {"Annotated": "typing", "Field": "pydantic"} | ({base: runtime} if kind in WIRE else {})
    return ast.parse(f"Annotated[{base}, Field({options})]", mode="eval").body, used


def _map_keys(of: Type) -> Iterator[Type]:
    """The types of the keys of all maps in a type, in the order in which they are printed."""
    if isinstance(of, MapType):
        yield of.key
    if not isinstance(of, ObjectType):
        for part in parts_of(of):
            yield from _map_keys(part)


def _in_order(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _in_order(child)


def _is_map(node: ast.AST) -> TypeGuard[ast.Subscript]:
    return isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "dict"


class _Put(ast.NodeTransformer):
    """Puts the annotations of bounded elements in the place of their names."""

    def __init__(
        self, bounded: Mapping[str, tuple[ast.expr, Mapping[str, str]]], use: Callable[[Mapping[str, str]], None]
    ) -> None:
        self._bounded = bounded
        self._use = use

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self._bounded:
            return node
        made, used = self._bounded[node.id]
        self._use(used)
        return made


def _lines(names: Iterable[str]) -> Iterator[str]:
    """What is imported of one module, line by line: a name that has another one here stands alone."""
    listed = _isorted(names)
    plain = [name for name in listed if " as " not in name]
    for name in listed:
        if " as " in name:
            yield name
        elif name == plain[0]:
            yield ", ".join(plain)


def _isorted(names: Iterable[str]) -> list[str]:
    """Constants, classes, then the rest, as ruff sorts members."""

    def key(name: str) -> tuple[int, str, str]:
        bare = name.partition(" ")[0]
        kind = 0 if bare.isupper() and len(bare) > 1 else 1 if bare[:1].isupper() else 2
        return kind, bare.lower(), name

    return sorted(names, key=key)
