"""Forms that look like calls and take names or types: `status(call)`, `header(call, "ETag")`, `isinstance(x, T)`."""

from __future__ import annotations

import ast
from collections.abc import Callable

from bffgen.diagnostics.model import Label
from bffgen.diagnostics.suggest import closest
from bffgen.expr import access, tree
from bffgen.expr.annotations import annotation
from bffgen.expr.quotes import in_place
from bffgen.expr.results import FUNCTIONS
from bffgen.expr.scope import Context, broken
from bffgen.expr.tree import Role
from bffgen.typesystem.model import (
    BOOLEAN,
    INTEGER,
    TEXT,
    Kind,
    ObjectType,
    Scalar,
    Type,
    Union,
    Unknown,
    is_nullable,
    non_null,
    nullable,
)
from bffgen.typesystem.relations import BROKEN, an, is_broken

Infer = Callable[[ast.expr, Context], tree.Expr]

_WORDS = {"null": "None", "true": "True", "false": "False", "undefined": "None", "nil": "None"}


def unknown_name(node: ast.Name, ctx: Context) -> tree.Expr:
    name, near, label, note, help_ = node.id, closest(node.id, ctx.scope.names()), "not in scope", None, None
    message = f"unknown name `{name}`"
    if name in _WORDS:
        message, label, help_ = f"`{name}` is `{_WORDS[name]}` here", "", f"write `{_WORDS[name]}`"
    elif ctx.scope.is_backend(name):
        message = f"backend `{name}` cannot be used in an expression"
        label = "a backend stands in the head of a call only"
        help_ = f"add a call under `calls`: `name: {name}.operation(...)`, and use its name here"
    elif name in FUNCTIONS:
        message, label = f"`{name}` is a function", f"call it: `{name}(...)`"
    elif name in ctx.scope.own_names():
        message, label = f"`{name}` is a shape or a function", f"call it: `{name}(...)`"
    elif name in _ELSEWHERE:
        message, note, help_ = f"`{name}` is not in scope here", _ELSEWHERE[name], _REMEDIES.get(name)
    elif near or (near := closest(name, ("True", "False", "None"))):
        help_ = f"did you mean `{near}`?"
    else:
        names, help_ = sorted(set(ctx.scope.names())), _as_text(node, ctx)
        note = f"names in scope: {', '.join(f'`{n}`' for n in names)}" if 0 < len(names) <= 12 else None
    span = ctx.span(node)
    ctx.diags.report_use(id(ctx.names), "BFF205", message, Label(span, label), note=note, help=in_place(help_, span))
    return broken(span)


_ELSEWHERE = {
    "claims": "an endpoint without `security` has no `claims`",
    "error": "`error` is there in the entries of `on_error`",
    "answer": "`answer` is there in `success` of a backend",
    "degraded": "`degraded` is there in the response, its status, headers and cookies, beside calls",
    "item": "`item` is there in `key` of a call",
    "batch": "`batch` is there in the arguments of a call with `batch`",
}
_REMEDIES = {"claims": "say who may call: `security: user`, with a scheme that declares its `claims`"}


def _as_text(node: ast.Name, ctx: Context) -> str | None:
    """A bare word that may have been meant as a text: alone, or where a value ends."""
    span = ctx.span(node)
    if span.file.text[span.start - 1 : span.start] == "{":  # in a text already
        return None
    if ctx.parsed.tree is node:
        return f'if a text was meant, write `"\'{node.id}\'"` or `("{node.id}")`'
    after = ctx.after(node)
    return None if after in (".", "[", "(") else f'if a text was meant, write `"{node.id}"`'


_FOREIGN = {
    "length": "write `len(x)`",
    "count": "write `len(x)`",
    "size": "write `len(x)`",
    "map": "write `[f(x) for x in xs]`",
    "filter": "write `[x for x in xs if ...]`",
    "reduce": "write `sum(...)`, `min(...)`, `max(...)`, `any(...)` or `all(...)`",
    "coalesce": "write `default(x, y)`",
    "ifnull": "write `default(x, y)`",
    "nvl": "write `default(x, y)`",
    "concat": 'write `f"{a}{b}"` or `a + b`',
    "format": 'write `f"{x}"`',
    "set": "write `unique(xs)`",
    "reversed": "write `xs[::-1]`",
    "uuid": "write `uuid4()`",
    "date": "write `x.date()`",
    "string": "write `str(x)`",
    "number": "write `float(x)`",
}


def unknown_function(node: ast.Name, ctx: Context) -> None:
    near = closest(node.id, (*FUNCTIONS, "dict", "header", "isinstance", "status", *ctx.scope.own_names()))
    help_ = _FOREIGN.get(node.id.lower()) or (f"did you mean `{near}`?" if near else None)
    ctx.error("BFF206", node, f"unknown function `{node.id}`", "not a function of the language", help=help_)


def is_instance(node: ast.Call, ctx: Context, infer: Infer) -> tree.Expr:
    """`isinstance(x, T)`: which arm of a union a value is."""
    if len(node.args) != 2 or node.keywords:
        return ctx.error("BFF306", node, "`isinstance` takes a value and a type", help="write `isinstance(x, T)`")
    value, wanted = infer(node.args[0], ctx), annotation(node.args[1], ctx)
    if is_broken(value.type) or wanted is None or is_broken(wanted):
        return tree.Literal(None, BROKEN, ctx.span(node))
    inner = non_null(value.type)
    arms = inner.arms if isinstance(inner, Union) else (inner,)
    if wanted not in arms:
        return ctx.error(
            "BFF306",
            node.args[1],
            f"{an(value.type)} is never {an(wanted)}",
            "always false",
            note=f"it is {an(inner)}",
        )
    objects = [arm for arm in arms if isinstance(arm, ObjectType)]
    if not isinstance(wanted, ObjectType) or len(objects) == 1:
        return tree.IsInstance(value, wanted, BOOLEAN, ctx.span(node))
    return _by_tag(value, inner, wanted, node, ctx)


def _by_tag(value: tree.Expr, of: Type, wanted: Type, node: ast.Call, ctx: Context) -> tree.Expr:
    """Objects of a union are told apart by its discriminator."""
    if not isinstance(of, Union) or not of.tag or not of.tags or not of.tags[of.arms.index(wanted)]:
        return ctx.error(
            "BFF306",
            node,
            "these objects cannot be told apart: their union has no discriminator",
            help="compare a field that only one of them has: `x.field is not None`",
        )
    span = ctx.span(node)
    tag = access.field(value, of.tag, span, ctx)
    tests: list[tree.Expr] = []
    for known in of.tags[of.arms.index(wanted)]:
        literal = tree.Literal(known, Scalar(Kind.TEXT, (known,)), span)
        tests.append(tree.Compare("==", tag, literal, BOOLEAN, span))
    return tests[0] if len(tests) == 1 else tree.Logic("or", tuple(tests), BOOLEAN, span)


def of_reply(name: str, node: ast.Call, ctx: Context) -> tree.Expr:
    """`status(call)` and `header(call, "ETag")`."""
    shown = "`status(call)`" if name == "status" else '`header(call, "ETag")`'
    takes = 1 if name == "status" else 2
    first = node.args[0] if node.args else None
    binding = ctx.scope.find(first.id) if isinstance(first, ast.Name) else None
    if len(node.args) != takes or node.keywords or not isinstance(first, ast.Name) or binding is None:
        if isinstance(first, ast.Name) and binding is None:
            return unknown_name(first, ctx)
        return ctx.error("BFF306", node, f"`{name}` takes the name of a call", help=f"write {shown}")
    if is_broken(binding.type):
        return broken(ctx.span(node))
    if binding.role is not Role.CALL:
        return ctx.error("BFF306", first, f"`{first.id}` is not a call", help=f"write {shown}")
    ctx.names.add(first.id)
    ctx.used.add(first.id)
    absent = is_nullable(binding.type) or (isinstance(binding.type, Unknown) and binding.nulls is not None)
    if name == "status":
        return tree.StatusOf(first.id, nullable(INTEGER) if absent else INTEGER, ctx.span(node))
    return _header(first.id, node.args[1], node, ctx)


def _header(call: str, written: ast.expr, node: ast.Call, ctx: Context) -> tree.Expr:
    wanted = written.value if isinstance(written, ast.Constant) else None
    if not isinstance(wanted, str):
        help_ = f'write `header({call}, "ETag")`'
        return ctx.error("BFF306", written, "`header` takes a literal name", help=help_)
    found = ctx.scope.header(call, wanted)
    if found is None:
        names = list(ctx.scope.headers(call))
        near = closest(wanted, names)
        return ctx.error(
            "BFF210",
            written,
            f"the operation of `{call}` documents no response header `{wanted}`",
            "not in its document",
            note=f"documented: {', '.join(f'`{n}`' for n in names[:8])}" if names and not near else None,
            help=f"did you mean `{near}`?" if near else None,
        )
    return tree.HeaderOf(call, found, nullable(TEXT), ctx.span(node))
