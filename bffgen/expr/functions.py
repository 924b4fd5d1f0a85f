"""Calls of functions: how many arguments, which may be null, which options; `results` has the types."""

from __future__ import annotations

import ast
from collections.abc import Callable

from bffgen.diagnostics.suggest import closest
from bffgen.expr import tree
from bffgen.expr.access import filled
from bffgen.expr.arithmetic import null_by_zero
from bffgen.expr.operators import condition, may_be_null
from bffgen.expr.results import FUNCTIONS, Function, Given
from bffgen.expr.retarget import as_joined
from bffgen.expr.scope import Context
from bffgen.typesystem.model import (
    BOOLEAN,
    IterType,
    is_nullable,
    non_null,
    nullable,
)
from bffgen.typesystem.relations import BROKEN, is_broken

_OF_FILLED = ("first", "last", "min", "max", "len")
"""Functions that give more of a list that is not empty."""

Infer = Callable[[ast.expr, Context], tree.Expr]


def call(name: str, node: ast.Call, ctx: Context, infer: Infer) -> tree.Expr:
    """A call of a built-in function, all of its arguments checked."""
    function = FUNCTIONS[name]
    args = arguments(node.args, ctx, infer)
    if args is None:
        return tree.Literal(None, BROKEN, ctx.span(node))
    if not function.least <= len(args) <= function.most:
        return ctx.error("BFF306", node, f"`{name}` is given {count(len(args))}", help=f"write `{function.shown}`")
    for at, (arg, written) in enumerate(zip(args, node.args, strict=True)):
        if is_nullable(arg.type) and at not in function.nulls and not (name in ("round", "abs") and null_by_zero(arg)):
            return may_be_null(arg, written, f"`{name}`", ctx)
    if name in _OF_FILLED and len(args) == 1:
        args = (filled(args[0], ctx),)
    options = _options(function, name, node, ctx, infer)
    if options is None:
        return tree.Literal(None, BROKEN, ctx.span(node))
    null = name in ("round", "abs") and is_nullable(args[0].type)
    if null:
        plain = tuple(tree.Narrowed(a, False, non_null(a.type), a.span) if is_nullable(a.type) else a for a in args)
        of = function.result(Given(name, node, plain, ctx))
    else:
        of = function.result(Given(name, node, args, ctx))
    if name in ("any", "all") and not is_broken(of):
        args = (_as_truths(args[0]),)
    if name == "default":
        args = tuple(as_joined(arg, of) for arg in args)
    return tree.CallFunction(name, args, options, nullable(of) if null else of, ctx.span(node))


def _as_truths(arg: tree.Expr) -> tree.Expr:
    """`any(x.flag for x in xs)` with nullable flags: null is false."""
    if isinstance(arg, tree.Loop) and is_nullable(arg.element.type):
        element = tree.Truth(arg.element, BOOLEAN, arg.element.span)
        return tree.Loop(arg.kind, arg.key, element, arg.clauses, False, IterType(BOOLEAN), arg.span)
    return arg


def arguments(nodes: list[ast.expr], ctx: Context, infer: Infer) -> tuple[tree.Expr, ...] | None:
    args = []
    for node in nodes:
        if isinstance(node, ast.Starred):
            ctx.error("BFF114", node, "an expression cannot have a `*`", "not in the language")
            return None
        args.append(infer(node, ctx))
    return None if any(is_broken(arg.type) for arg in args) else tuple(args)


def _options(
    function: Function, name: str, node: ast.Call, ctx: Context, infer: Infer
) -> tuple[tuple[str, tree.Expr], ...] | None:
    found: list[tuple[str, tree.Expr]] = []
    for keyword in node.keywords:
        if keyword.arg not in function.options:
            near = closest(keyword.arg or "", function.options)
            where = ctx.name_span(keyword)
            help_ = f"did you mean `{near}`?" if near else f"write `{function.shown}`"
            ctx.error("BFF306", where, f"`{name}` has no option `{keyword.arg}`", help=help_)
            return None
        value = infer(keyword.value, ctx)
        found.append((keyword.arg, condition(value, keyword.value, ctx)))
    return tuple(found)


def count(n: int) -> str:
    return "no arguments" if n == 0 else "1 argument" if n == 1 else f"{n} arguments"
