"""Models: the only importer of datamodel-code-generator.

Its output is taken apart again: it must consist of imports, the classes and fields that the plan asked for, and
annotations made of known names; then the imports are printed in order. What it says otherwise is a bug of ours or
its own, never output.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Sequence

from bffgen.plan.files import HEADER
from bffgen.plan.schemas import ClassPlan, ModelModule
from bffgen.render.documents import EMPTY_NAME, aliases, document

_STANDARD = ("__future__", "datetime", "enum", "typing", "uuid")
_BUILTINS = frozenset("str list dict None".split())
_INSIDE = (
    ast.Name, ast.Load, ast.Subscript, ast.Tuple, ast.BinOp, ast.BitOr, ast.Constant, ast.Call, ast.keyword,
    ast.UnaryOp, ast.USub,
)  # fmt: skip
_FIELD_KEYWORDS = frozenset(
    "alias ge gt le lt multiple_of min_length max_length pattern default description deprecated".split()
)


class RenderError(Exception):
    """Models that are not what was asked for: a bug. `text` is what the generator made."""

    def __init__(self, why: str, text: str) -> None:
        super().__init__(why)
        self.text = text


def render_models(modules: Sequence[ModelModule]) -> dict[str, str]:
    """The modules by path, not yet formatted. Raises RenderError."""
    return {module.path: _printed(module, _generated(module)) for module in modules}


def _generated(module: ModelModule) -> str:
    from datamodel_code_generator import LiteralType, PythonVersion, generate
    from datamodel_code_generator.enums import DataModelType, InputFileType, TargetPydanticVersion

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = generate(
            document(module),
            input_file_type=InputFileType.OpenAPI,
            output_model_type=DataModelType.PydanticV2BaseModel,
            target_python_version=PythonVersion.PY_311,
            target_pydantic_version=TargetPydanticVersion.V2_14,
            base_class=f"{module.runtime}.Model",
            aliases=aliases(module),
            custom_file_header=HEADER,
            formatters=[],
            disable_timestamp=True,
            use_double_quotes=True,
            use_annotated=True,
            field_constraints=True,
            use_exact_imports=True,
            use_standard_collections=True,
            use_union_operator=True,
            use_schema_description=True,
            use_field_description=True,
            use_single_line_docstring=True,
            strict_nullable=True,
            use_missing_sentinel=True,
            enum_field_as_literal=LiteralType.All,
            disable_appending_item_suffix=True,
            treat_dot_as_module=False,
            strict_refs=True,
            allow_remote_refs=False,
        )
    if not isinstance(made, str):
        raise RenderError(f"{module.path}: not one module", str(made))
    return made


def _printed(module: ModelModule, text: str) -> str:
    """The generator's text, checked, with its imports in order and settings that say nothing left out."""
    tree = ast.parse(text)
    lines = text.split("\n")
    _check(module, tree, text)
    imports = _imports(module, tree)
    kept = [_source(lines, node) for node in tree.body if not isinstance(node, ast.ImportFrom)]
    body = "\n\n\n".join(part for part in kept)
    return f"{HEADER}\n\n{_import_block(imports, _used(ast.parse(body)), module)}\n\n\n{body}\n"


def _source(lines: list[str], node: ast.stmt) -> str:
    """The lines of a statement. Of a class: its documentation as it is, fields and settings without idle parts."""
    assert node.end_lineno is not None
    if not isinstance(node, ast.ClassDef):
        return "\n".join(lines[node.lineno - 1 : node.end_lineno])
    parts = [lines[node.lineno - 1]]
    for inner in node.body:
        if isinstance(inner, ast.AnnAssign):
            parts.append("    " + ast.unparse(_plain_field(inner)))
        elif isinstance(inner, ast.Assign):
            parts += [f"    {shown}"] if (shown := _settings(inner)) else []
        else:
            parts += lines[inner.lineno - 1 : inner.end_lineno]
    return "\n".join([*parts, "    pass"] if len(parts) == 1 else parts)


def _settings(node: ast.Assign) -> str:
    """`model_config = ...` without `arbitrary_types_allowed`: none of our types is arbitrary."""
    assert isinstance(node.value, ast.Call)
    node.value.keywords = [one for one in node.value.keywords if one.arg != "arbitrary_types_allowed"]
    return ast.unparse(node) if node.value.keywords else ""


def _plain_field(node: ast.AnnAssign) -> ast.AnnAssign:
    """A field without the `Field(...)` that says nothing."""
    match node.annotation:
        case ast.Subscript(ast.Name(id="Annotated"), ast.Tuple([of, ast.Call(keywords=[])])):
            node.annotation = of
    for one in ast.walk(node.annotation):
        if isinstance(one, ast.keyword) and one.arg == "alias" and isinstance(one.value, ast.Constant):
            one.value = ast.Constant("" if one.value.value == EMPTY_NAME else one.value.value)
        if isinstance(one, ast.Call):
            one.args = []
    return node


# ------------------------------------------------------------------------------------------------- the check


def _check(module: ModelModule, tree: ast.Module, text: str) -> None:
    """Raises RenderError for anything that was not asked for."""
    plans = {plan.name: plan for plan in module.classes}
    imported = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    known = imported | plans.keys() | _BUILTINS
    made = []
    for node in tree.body:
        match node:
            case ast.ImportFrom(level=0):
                continue
            case ast.ClassDef(name=name, bases=[ast.Name(id="Model")], keywords=[], decorator_list=[]) if (
                name in plans
            ):
                made.append(name)
                _check_class(plans[name], node, known, text)
            case ast.Expr(ast.Call(ast.Attribute(ast.Name(id=name), "model_rebuild"), [], [])) if (
                name in plans
            ):
                continue
            case _:
                raise RenderError(f"{module.path}: an unexpected statement: {ast.unparse(node)[:200]}", text)
    if sorted(made) != sorted(plans):
        raise RenderError(f"{module.path}: classes {sorted(set(plans) ^ set(made))} differ", text)


def _check_class(plan: ClassPlan, node: ast.ClassDef, known: Iterable[str], text: str) -> None:
    fields: dict[str, str] = {}
    for inner in node.body:
        match inner:
            case ast.Expr(ast.Constant(str())) | ast.Pass():
                continue
            case ast.Assign(
                [ast.Name(id="model_config")], ast.Call(ast.Name(id="ConfigDict"), [], keywords)
            ) if all(isinstance(one.value, ast.Constant) for one in keywords):
                continue
            case ast.AnnAssign(ast.Name(id=name), annotation, value):
                fields[name] = _wire(_check_annotation(annotation, known, text), name)
                if value is not None and not _default(value):
                    raise RenderError(f"{plan.name}.{name}: default {ast.unparse(value)[:100]}", text)
            case _:
                raise RenderError(f"{plan.name}: an unexpected statement: {ast.unparse(inner)[:200]}", text)
    wanted = {entry.attribute: entry.field.name for entry in plan.fields}
    if fields != wanted:
        raise RenderError(f"{plan.name}: fields {sorted(fields.items() ^ wanted.items())} differ", text)


def _wire(alias: str | None, name: str) -> str:
    return name if alias is None else alias


def _ellipsis(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is ...


def _default(value: ast.expr) -> bool:
    return (isinstance(value, ast.Name) and value.id == "MISSING") or (
        isinstance(value, ast.Constant) and value.value is None
    )


def _check_annotation(annotation: ast.expr, known: Iterable[str], text: str) -> str | None:
    """The alias in an annotation; raises RenderError when it is made of anything but known names and constants."""
    alias: str | None = None
    for node in ast.walk(annotation):
        bad = not isinstance(node, _INSIDE) or (isinstance(node, ast.Name) and node.id not in known)
        if isinstance(node, ast.Call):
            bad = (
                bad
                or not (isinstance(node.func, ast.Name) and node.func.id == "Field")
                or not all(map(_ellipsis, node.args))
            )
            bad = bad or any(one.arg not in _FIELD_KEYWORDS for one in node.keywords)
            alias = next((ast.literal_eval(one.value) for one in node.keywords if one.arg == "alias"), alias)
            alias = "" if alias == EMPTY_NAME else alias
        if bad:
            raise RenderError(f"an unexpected annotation: {ast.unparse(annotation)[:200]}", text)
    return alias


# ----------------------------------------------------------------------------------------------- the imports


def _imports(module: ModelModule, tree: ast.Module) -> dict[str, set[str]]:
    """What the text imports: module -> `name` or `name as local`."""
    found: dict[str, set[str]] = {}
    for node in tree.body:
        if not isinstance(node, ast.ImportFrom) or node.module is None:
            continue
        for alias in node.names:
            ref = module.borrowed.get(alias.name)
            borrowed = ref is not None and ref.module == node.module and ref.name != alias.name
            shown = f"{ref.name} as {alias.name}" if borrowed and ref else alias.name
            found.setdefault(node.module, set()).add(shown)
    return found


def _import_block(imports: dict[str, set[str]], used: set[str], module: ModelModule) -> str:
    """The imports of names that are used, in isort's order: standard library, installed, the project's own."""
    package = module.module.partition(".")[0]
    groups: list[list[str]] = [[], [], [], []]
    for source, names in sorted(imports.items()):
        kept = [name for name in names if name.rpartition(" ")[2] in used or source == "__future__"]
        if not kept:
            continue
        own = source.partition(".")[0] == package
        group = 0 if source == "__future__" else 3 if own else 1 if source in _STANDARD else 2
        groups[group].append(f"from {source} import {', '.join(sorted(kept, key=_isort_key))}")
    return "\n\n".join("\n".join(group) for group in groups if group)


def _isort_key(name: str) -> tuple[int, str, str]:
    """Constants, classes, then the rest, as ruff sorts members."""
    bare = name.partition(" ")[0]
    kind = 0 if bare.isupper() and len(bare) > 1 else 1 if bare[:1].isupper() else 2
    return kind, bare.lower(), name


def _used(tree: ast.Module) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
