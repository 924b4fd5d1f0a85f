"""Types written as Python annotations: `list[reviews.Review] | None`."""

from __future__ import annotations

import ast

from bffgen.expr.scope import Context
from bffgen.typesystem.model import (
    BOOLEAN,
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
}


def annotation(node: ast.expr, ctx: Context) -> Type | None:
    """A type written as a Python annotation; None after a message."""
    match node:
        case ast.Constant(value=None):
            return NULL
        case ast.Name(id=name) if name in SCALAR_NAMES:
            return SCALAR_NAMES[name]
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            arms = [annotation(left, ctx), annotation(right, ctx)]
            return None if None in arms else join_all([arm for arm in arms if arm is not None])
        case ast.Subscript(value=ast.Name(id="list"), slice=item):
            of = annotation(item, ctx)
            return of and ListType(of)
        case ast.Subscript(value=ast.Name(id="dict"), slice=ast.Tuple(elts=[_, value])):
            of = annotation(value, ctx)
            return of and MapType(TEXT, of)
        case ast.Subscript(value=ast.Name(id="Literal"), slice=values):
            return _literals(values, ctx)
        case ast.Attribute() | ast.Subscript():
            return ctx.scope.type_named(node, ctx)
    names = ", ".join(f"`{name}`" for name in SCALAR_NAMES)
    ctx.error(
        "BFF207",
        node,
        f"unknown type `{ctx.text(node)}`",
        "not a type",
        note=f"types are {names}, `list[T]`, `dict[str, T]`, `T | None`, `Literal[...]` and `backend.Schema`",
    )
    return None


def _literals(values: ast.expr, ctx: Context) -> Type | None:
    items = values.elts if isinstance(values, ast.Tuple) else [values]
    found = [item.value for item in items if isinstance(item, ast.Constant)]
    if len(found) == len(items) and found:
        if all(isinstance(value, str) for value in found):
            return Scalar(Kind.TEXT, tuple(str(value) for value in found))
        if all(type(value) is int for value in found):
            return Scalar(Kind.INTEGER, tuple(value for value in found if isinstance(value, int)))
    ctx.error("BFF207", values, "`Literal[...]` holds texts or integers of one kind")
    return None
