"""Methods of texts, dates and maps."""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import UTC, datetime

from bffgen.diagnostics.suggest import closest
from bffgen.expr import tree
from bffgen.expr.assume import is_doubted
from bffgen.expr.functions import arguments, count
from bffgen.expr.operators import may_be_null
from bffgen.expr.results import FUNCTIONS, Given, texts
from bffgen.expr.scope import Context, broken
from bffgen.records import dataclass
from bffgen.source.text import Span
from bffgen.typesystem.model import (
    BOOLEAN,
    DATE,
    TEXT,
    IterType,
    Kind,
    ListType,
    MapType,
    Scalar,
    TupleType,
    Type,
    Union,
    is_nullable,
    non_null,
    nullable,
)
from bffgen.typesystem.relations import BROKEN, an, is_broken

Infer = Callable[[ast.expr, Context], tree.Expr]


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a kind of value: the types of its arguments, how many may be left out, what it gives."""

    takes: tuple[Type, ...]
    gives: Type
    optional: int = 0
    literal: bool = False  # its argument must be a literal, and not empty


_TEXT_METHODS = {
    "lower": Method((), TEXT),
    "upper": Method((), TEXT),
    "title": Method((), TEXT),
    "strip": Method((TEXT,), TEXT, 1),
    "split": Method((TEXT,), ListType(TEXT, min_items=1), 0, True),
    "startswith": Method((TEXT,), BOOLEAN),
    "endswith": Method((TEXT,), BOOLEAN),
    "replace": Method((TEXT, TEXT), TEXT),
}
_DATE_METHODS = {"isoformat": Method((), TEXT), "strftime": Method((TEXT,), TEXT, 0, True)}
_DATETIME_METHODS = {**_DATE_METHODS, "date": Method((), DATE)}


def method(base: tree.Expr, node: ast.Call, name: str, where: Span, ctx: Context, infer: Infer) -> tree.Expr:
    """`base.name(...)`; the method of null is null."""
    inner = non_null(base.type)
    args = arguments(node.args, ctx, infer)
    if args is None:
        return tree.Literal(None, BROKEN, ctx.span(node))
    if node.keywords:
        return ctx.error("BFF306", node.keywords[0], f"`{name}` has no options")
    if isinstance(inner, Union) and is_doubted(base, ctx):
        return broken(ctx.span(node))
    of = _method_type(inner, name, args, node, where, ctx)
    if is_broken(of):
        return tree.Literal(None, BROKEN, ctx.span(node))
    return tree.CallMethod(base, name, args, nullable(of) if is_nullable(base.type) else of, ctx.span(node))


def _method_type(
    inner: Type, name: str, args: tuple[tree.Expr, ...], node: ast.Call, where: Span, ctx: Context
) -> Type:
    if isinstance(inner, MapType) and name in ("items", "keys", "values") and not args:
        given = {"items": TupleType((inner.key, inner.value)), "keys": inner.key, "values": inner.value}
        return IterType(given[name])
    kind = inner.kind if isinstance(inner, Scalar) else None
    if kind is Kind.TEXT and name == "join":
        if len(args) != 1:
            ctx.error("BFF306", node, "`join` takes one list", help='write `", ".join(xs)`')
            return BROKEN
        if is_nullable(args[0].type):
            may_be_null(args[0], node.args[0], "`join`", ctx)
            return BROKEN
        return texts(Given("join", node, args, ctx))
    table: dict[Kind | None, dict[str, Method]] = {
        Kind.TEXT: _TEXT_METHODS,
        Kind.DATE: _DATE_METHODS,
        Kind.DATETIME: _DATETIME_METHODS,
    }
    methods = table.get(kind, {})
    if name not in methods:
        return _no_method(inner, name, methods, node, where, ctx)
    return _check_method(name, methods[name], kind, args, node, ctx)


def _no_method(inner: Type, name: str, methods: dict[str, Method], node: ast.Call, where: Span, ctx: Context) -> Type:
    near = closest(name, methods)
    help_ = f"did you mean `{near}`?" if near else None
    if name in FUNCTIONS and isinstance(node.func, ast.Attribute):
        where, help_ = ctx.span(node), f"write `{name}({ctx.text(node.func.value)})`"
    if isinstance(inner, MapType) and name == "get":
        help_ = "write `m[key]`: it is null when the key is not there"
    note = f"methods: {', '.join(f'`{m}`' for m in methods)}" if methods and not near else None
    ctx.error("BFF206", where, f"{an(inner)} has no method `{name}`", "no such method", note=note, help=help_)
    return BROKEN


def _check_method(
    name: str, of: Method, kind: Kind | None, args: tuple[tree.Expr, ...], node: ast.Call, ctx: Context
) -> Type:
    if not len(of.takes) - of.optional <= len(args) <= len(of.takes):
        ctx.error("BFF306", node, f"`{name}` is given {count(len(args))}")
        return BROKEN
    for arg, wanted, written in zip(args, of.takes, node.args, strict=False):
        if is_nullable(arg.type):
            may_be_null(arg, written, f"`{name}`", ctx)
            return BROKEN
        if not (isinstance(arg.type, Scalar) and arg.type.kind is Kind.TEXT):
            ctx.error("BFF306", written, f"`{name}` takes {an(wanted)}, not {an(arg.type)}")
            return BROKEN
        if of.literal and not (isinstance(arg, tree.Literal) and arg.value):
            ctx.error("BFF306", written, f"`{name}` takes a literal text that is not empty")
            return BROKEN
        if name == "strftime" and isinstance(arg, tree.Literal):
            return _strftime(str(arg.value), kind, written, ctx)
    return of.gives


def _strftime(form: str, kind: Kind | None, written: ast.expr, ctx: Context) -> Type:
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    try:
        moment.strftime(form)
        known = all(letter in "aAbBdHIjmMpSUwWyYzZfcxX%GuV" for letter in _directives(form))
    except (ValueError, UnicodeError):
        known = False
    if not known:
        ctx.error("BFF306", written, f"`{form}` is not a date format", help="write for example `%Y-%m-%d`")
        return BROKEN
    return TEXT


def _directives(form: str) -> list[str]:
    found, at = [], 0
    while (at := form.find("%", at)) >= 0:
        found.append(form[at + 1 : at + 2] or "!")
        at += 2
    return found
