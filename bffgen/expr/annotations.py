"""Types written as Python annotations: `list[reviews.Review] | None`."""

from __future__ import annotations

import ast

from bffgen.diagnostics.suggest import closest
from bffgen.expr.scope import Context
from bffgen.typesystem.model import (
    BOOLEAN,
    BYTES,
    DATE,
    DATETIME,
    INTEGER,
    NULL,
    NUMBER,
    TEXT,
    UUID,
    Kind,
    ListType,
    MapType,
    Scalar,
    Type,
)
from bffgen.typesystem.relations import join_all

SCALAR_NAMES = {
    "str": TEXT,
    "int": INTEGER,
    "float": NUMBER,
    "bool": BOOLEAN,
    "date": DATE,
    "datetime": DATETIME,
    "uuid": UUID,
    "bytes": BYTES,
}


def annotation(node: ast.expr, ctx: Context) -> Type | None:
    """A type written as a Python annotation; None after a message."""
    match node:
        case ast.Constant(value=None):
            return NULL
        case ast.Name(id=name) if name in SCALAR_NAMES:
            return SCALAR_NAMES[name]
        case ast.Name(id=name) if (schema := ctx.scope.schema(name)) is not None:
            return schema
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            arms = [annotation(left, ctx), annotation(right, ctx)]
            return None if None in arms else join_all([arm for arm in arms if arm is not None])
        case ast.Subscript(value=ast.Name(id="list"), slice=item):
            of = annotation(item, ctx)
            return of and ListType(of)
        case ast.Subscript(value=ast.Name(id="dict"), slice=ast.Tuple(elts=[ast.Name(id="str"), value])):
            of = annotation(value, ctx)
            return of and MapType(TEXT, of)
        case ast.Subscript(value=ast.Name(id="Literal"), slice=values):
            return _literals(values, ctx)
        case ast.Attribute(value=ast.Name()) | ast.Subscript(value=ast.Name()) if not _is_python(node.value):
            return ctx.scope.type_named(node, ctx)
    _unknown_type(node, ctx)
    return None


def _unknown_type(node: ast.expr, ctx: Context) -> None:
    help_ = _help(node, ctx)
    names = ", ".join(f"`{name}`" for name in SCALAR_NAMES)
    note = f"types are {names}, `list[T]`, `dict[str, T]`, `T | None`, `Literal[...]` and `backend.Schema`"
    message = f"unknown type `{ctx.text(node)}`"
    ctx.error("BFF207", node, message, "not a type", note=None if help_ else note, help=help_)


_FOREIGN = {
    "string": "str",
    "text": "str",
    "integer": "int",
    "long": "int",
    "number": "float",
    "double": "float",
    "decimal": "float",
    "boolean": "bool",
    "date-time": "datetime",
    "timestamp": "datetime",
    "null": "None",
    "array": "list[str]",
    "list": "list[str]",
    "dict": "dict[str, str]",
    "object": "dict[str, str]",
    "UUID": "uuid",
    "guid": "uuid",
}
_GENERIC = ("Optional", "List", "Dict", "Union", "Annotated", "set", "Set", "tuple", "Tuple", "list", "dict")


def _is_python(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in _GENERIC


def _help(node: ast.expr, ctx: Context) -> str | None:
    match node:
        case ast.Subscript(value=ast.Name(id="Optional"), slice=inner):
            return f"write `{ctx.text(inner)} | None`"
        case ast.Subscript(value=ast.Name(id="Union"), slice=ast.Tuple(elts=arms)):
            return f"write `{' | '.join(map(ctx.text, arms))}`"
        case ast.Subscript(value=ast.Name(id="List" | "set" | "Set"), slice=inner):
            return f"write `list[{ctx.text(inner)}]`"
        case ast.Name(id=name):
            known = [*SCALAR_NAMES, *ctx.scope.schemas()]
            meant = _FOREIGN.get(name) or _FOREIGN.get(name.lower()) or closest(name, known)
            return f"write `{meant}`" if meant else None
    return None


def _literals(values: ast.expr, ctx: Context) -> Type | None:
    items = values.elts if isinstance(values, ast.Tuple) else [values]
    found = [item.value for item in items if isinstance(item, ast.Constant)]
    if len(found) == len(items) and found:
        if all(isinstance(value, str) for value in found):
            return Scalar(Kind.TEXT, tuple(str(value) for value in found))
        if all(type(value) is int for value in found):
            return Scalar(Kind.INTEGER, tuple(value for value in found if isinstance(value, int)))
    names = [item.id for item in items if isinstance(item, ast.Name)]
    texts = ", ".join(f'"{name}"' for name in names)
    help_ = f"put quotes around texts: `Literal[{texts}]`" if len(names) == len(items) else None
    ctx.error("BFF207", values, "`Literal[...]` holds texts or integers of one kind", help=help_)
    return None
