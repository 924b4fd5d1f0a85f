"""Python syntax tree -> typed tree: the one place that says what an expression may be and what it means."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from bffgen.expr import access, arithmetic, functions, loops, operators, special, tree
from bffgen.expr.facts import path
from bffgen.expr.methods import method
from bffgen.expr.own import call_own
from bffgen.expr.results import FUNCTIONS
from bffgen.expr.retarget import joined
from bffgen.expr.scope import Context, broken
from bffgen.expr.special import unknown_name
from bffgen.expr.texts import text_part
from bffgen.typesystem.model import (
    BOOLEAN,
    NULL,
    NUMBER,
    TEXT,
    Field,
    Kind,
    ListType,
    MapType,
    ObjectType,
    Scalar,
    SetType,
    TupleType,
    Unknown,
    is_nullable,
)
from bffgen.typesystem.relations import is_broken, join_all


def infer(node: ast.expr, ctx: Context) -> tree.Expr:
    """The typed form of `node`; a broken value after a message when it has none."""
    handler = _HANDLERS.get(type(node))
    if handler is None:
        return _refused(node, ctx)
    return handler(node, ctx)


def _refused(node: ast.expr, ctx: Context) -> tree.Expr:
    form = _FORMS.get(type(node), "this")
    help_ = "name the value under `let`" if isinstance(node, ast.NamedExpr) else None
    return ctx.error("BFF114", node, f"an expression cannot have {form}", "not in the language", help=help_)


_FORMS: dict[type[ast.expr], str] = {
    ast.Lambda: "a `lambda`",
    ast.Await: "`await`",
    ast.Yield: "`yield`",
    ast.YieldFrom: "`yield`",
    ast.NamedExpr: "an assignment `:=`",
    ast.Starred: "a `*`",
    ast.Slice: "a slice outside of `[ ]`",
}


def _constant(node: ast.Constant, ctx: Context) -> tree.Expr:
    span = ctx.span(node)
    match node.value:
        case None:
            return tree.Literal(None, NULL, span)
        case bool():
            return tree.Literal(node.value, BOOLEAN, span)
        case str():
            if any("\ud800" <= char <= "\udfff" for char in node.value):
                return ctx.error("BFF113", node, "a text cannot hold half of a surrogate pair")
            return tree.Literal(node.value, Scalar(Kind.TEXT, (node.value,)), span)
        case int():
            if not -(2**63) <= node.value < 2**63:
                return ctx.error("BFF305", node, "an integer has 64 bits", "too large")
            return tree.Literal(node.value, Scalar(Kind.INTEGER, (node.value,)), span)
        case float():
            if node.value in (float("inf"), float("-inf")):
                return ctx.error("BFF305", node, "a number must be finite", "too large")
            return tree.Literal(node.value, NUMBER, span)
    return ctx.error("BFF114", node, f"an expression cannot have `{ctx.text(node)}`", "not a JSON value")


def _name(node: ast.Name, ctx: Context) -> tree.Expr:
    binding = ctx.scope.find(node.id)
    if binding is None:
        return unknown_name(node, ctx)
    ctx.names.add(node.id)
    if binding.needs:
        ctx.used.add(binding.needs)
    return narrowed(tree.Ref(node.id, binding.role, binding.type, ctx.span(node)), ctx)


def narrowed(node: tree.Expr, ctx: Context) -> tree.Expr:
    """`node` with the type that is known of it here."""
    name = path(node)
    fact = ctx.facts.get(name) if name else None
    if fact is None or fact.type == node.type or (not is_nullable(node.type) and is_nullable(fact.type)):
        return node
    if fact.origin:
        ctx.used.add(fact.origin)
    return tree.Narrowed(node, fact.origin is not None, fact.type, node.span)


def _attribute(node: ast.Attribute, ctx: Context) -> tree.Expr:
    base = infer(node.value, ctx)
    if is_broken(base.type):
        return base
    return narrowed(access.field(base, node.attr, ctx.parsed.tail(node), ctx), ctx)


def _subscript(node: ast.Subscript, ctx: Context) -> tree.Expr:
    base = infer(node.value, ctx)
    if is_broken(base.type):
        return base
    return narrowed(access.subscript(base, node, ctx, infer), ctx)


def _list(node: ast.List, ctx: Context) -> tree.Expr:
    items, of = joined(_items(node.elts, ctx))
    return tree.MakeList(items, ListType(of, len(items)), ctx.span(node))


def _tuple(node: ast.Tuple, ctx: Context) -> tree.Expr:
    items = _items(node.elts, ctx)
    return tree.MakeTuple(items, TupleType(tuple(i.type for i in items)), ctx.span(node))


def _set(node: ast.Set, ctx: Context) -> tree.Expr:
    if isinstance(node.elts[0], (ast.Set, ast.Dict)):
        return ctx.error("BFF114", node, "an expression stands without `{{ }}`", help="leave the braces out")
    items = _items(node.elts, ctx)
    for item, written in zip(items, node.elts, strict=True):
        loops.key(item, written, ctx)
    return tree.MakeSet(items, SetType(join_all([i.type for i in items])), ctx.span(node))


def _items(nodes: list[ast.expr], ctx: Context) -> tuple[tree.Expr, ...]:
    return tuple(infer(item, ctx) for item in nodes)


def _dict(node: ast.Dict, ctx: Context) -> tree.Expr:
    entries: list[tuple[tree.Expr, tree.Expr]] = []
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            return ctx.error("BFF114", node, "an expression cannot have `**`", "not in the language")
        entries.append((loops.key(infer(key, ctx), key, ctx), infer(value, ctx)))
    values, of = joined([value for _, value in entries])
    made = tuple((key, value) for (key, _), value in zip(entries, values, strict=True))
    kind = MapType(join_all([k.type for k, _ in entries]), of)
    return tree.MakeMap(made, loops.plain_keys(kind), ctx.span(node))


def _text(node: ast.JoinedStr, ctx: Context) -> tree.Expr:
    parts: list[str | tree.TextPart] = []
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(str(part.value))
        elif isinstance(part, ast.FormattedValue):
            parts.append(_text_part(part, ctx))
    return tree.MakeText(tuple(parts), TEXT, ctx.span(node))


def _text_part(part: ast.FormattedValue, ctx: Context) -> tree.TextPart:
    # Before Python 3.12 nodes inside an f-string have no true places: they point at the whole of it.
    value = infer(part.value, ctx)
    if part.conversion not in (-1, 115):
        ctx.error("BFF114", part.value, "a part of a text cannot have `!r` or `!a`")
    spec = None
    if isinstance(part.format_spec, ast.JoinedStr):
        if not all(isinstance(piece, ast.Constant) for piece in part.format_spec.values):
            ctx.error("BFF114", part.value, "a format after `:` must be literal")
        else:
            spec = "".join(str(piece.value) for piece in part.format_spec.values if isinstance(piece, ast.Constant))
    return tree.TextPart(text_part(value, spec, ctx), spec)


def _call(node: ast.Call, ctx: Context) -> tree.Expr:
    if isinstance(node.func, ast.Attribute):
        base = infer(node.func.value, ctx)
        if is_broken(base.type):
            return base
        return method(base, node, node.func.attr, ctx.parsed.tail(node.func), ctx, infer)
    if not isinstance(node.func, ast.Name):
        return ctx.error("BFF114", node.func, "only a function or a method can be called")
    name = node.func.id
    if name == "dict":
        return _object(node, ctx)
    if name in ("status", "header"):
        return special.of_reply(name, node, ctx)
    if name == "isinstance":
        return special.is_instance(node, ctx, infer)
    if name not in FUNCTIONS:
        if own := ctx.scope.own(name):
            return call_own(own, node, ctx, infer)
        if ctx.scope.find(name):
            return ctx.error("BFF206", node, f"`{name}` is a value, not a function", help=f"write `{name}`")
        special.unknown_function(node.func, ctx)
        return broken(ctx.span(node))
    return functions.call(name, node, ctx, infer)


def _object(node: ast.Call, ctx: Context) -> tree.Expr:
    """`dict(a=x)`: an object with these fields."""
    if node.args:
        return ctx.error(
            "BFF306",
            node,
            "`dict` takes fields by name",
            help="write `dict(a=x, b=y)`, or `{k: v for k, v in ...}`",
        )
    entries: list[tuple[str, tree.Expr]] = []
    for keyword in node.keywords:
        if keyword.arg is None:
            return ctx.error("BFF114", node, "an expression cannot have `**`", "not in the language")
        entries.append((keyword.arg, infer(keyword.value, ctx.inside(keyword.arg))))
    return make_object(entries, False, ctx.span(node), [ctx.span(k) for k in node.keywords], ctx.hint)


def make_object(
    entries: list[tuple[str, tree.Expr]], omit_null: bool, span: Any, spans: list[Any], name: str = ""
) -> tree.Expr:
    """An object of the gateway's own with these fields; with `omit_null` the nullable ones are optional."""
    fields: dict[str, Field] = {}
    for (key, value), where in zip(entries, spans, strict=True):
        optional = omit_null and (is_nullable(value.type) or isinstance(value.type, Unknown))
        of = value.type
        if optional:
            of = getattr(of, "of", of)
        fields[key] = Field(key, of, not optional, access.docs_of(value), where)
    made = ObjectType(name, None, lambda: fields, place=span)
    return tree.MakeObject(tuple(entries), omit_null, made, span)


def _choice(node: ast.IfExp, ctx: Context) -> tree.Expr:
    return operators.choice(node, ctx, infer)


_HANDLERS: dict[type[ast.expr], Callable[[Any, Context], tree.Expr]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.List: _list,
    ast.Tuple: _tuple,
    ast.Set: _set,
    ast.Dict: _dict,
    ast.JoinedStr: _text,
    ast.Call: _call,
    ast.IfExp: _choice,
    ast.BoolOp: lambda node, ctx: operators.logic(node, ctx, infer),
    ast.UnaryOp: lambda node, ctx: arithmetic.unary(node, ctx, infer),
    ast.BinOp: lambda node, ctx: arithmetic.arithmetic(node, ctx, infer),
    ast.Compare: lambda node, ctx: operators.compare(node, ctx, infer),
    ast.ListComp: lambda node, ctx: loops.comprehension(node, tree.LoopKind.LIST, ctx, infer),
    ast.SetComp: lambda node, ctx: loops.comprehension(node, tree.LoopKind.SET, ctx, infer),
    ast.GeneratorExp: lambda node, ctx: loops.comprehension(node, tree.LoopKind.ITER, ctx, infer),
    ast.DictComp: lambda node, ctx: loops.comprehension(node, tree.LoopKind.MAP, ctx, infer),
}
