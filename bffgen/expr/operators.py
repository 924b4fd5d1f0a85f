"""Comparison, logic, choice, arithmetic."""

from __future__ import annotations

import ast
from collections.abc import Callable

from bffgen.diagnostics.suggest import closest
from bffgen.expr import tree
from bffgen.expr.access import check_key, comparable
from bffgen.expr.assume import assume, is_doubted
from bffgen.expr.literals import read_as
from bffgen.expr.nulls import why_null
from bffgen.expr.retarget import joined
from bffgen.expr.scope import Context, broken
from bffgen.source.text import Span
from bffgen.typesystem.model import (
    BOOLEAN,
    TEXT,
    IterType,
    Kind,
    ListType,
    MapType,
    Null,
    Nullable,
    ObjectType,
    Scalar,
    SetType,
    TupleType,
    Type,
    is_nullable,
    non_null,
)
from bffgen.typesystem.relations import BROKEN, an, describe, is_broken, join

Infer = Callable[[ast.expr, Context], tree.Expr]

_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}
ORDERED = (Kind.TEXT, Kind.INTEGER, Kind.NUMBER, Kind.DATE, Kind.DATETIME, Kind.DURATION, Kind.UUID)


# ---------------------------------------------------------------------------------------------- conditions


def condition(value: tree.Expr, written: ast.expr, ctx: Context) -> tree.Expr:
    """`value` as a bool: a bool, a nullable bool (null is false), or a nullable value tested for null."""
    of = value.type
    if is_broken(of) or of == BOOLEAN or (isinstance(of, Scalar) and of.kind is Kind.BOOLEAN):
        return value
    if is_nullable(of):
        return tree.Truth(value, BOOLEAN, value.span)
    message = f"{an(of)} is not a condition"
    if as_condition(of, "x") == "True":
        return ctx.error("BFF304", written, message, "never null", help="leave it out: it is never null")
    help_ = f"write `{as_condition(of, ctx.text(written))}`"
    return ctx.error("BFF304", written, message, "neither true nor false", help=help_)


def as_condition(of: Type, shown: str) -> str:
    """What was probably meant by a value that is used as a condition; `True` where it is never null."""
    match of:
        case Nullable():
            return f"{shown} is not None"
        case ListType() | MapType() | SetType():
            return f"len({shown}) > 0"
        case Scalar(Kind.TEXT):
            return f'{shown} != ""'
        case Scalar(Kind.INTEGER | Kind.NUMBER):
            return f"{shown} != 0"
    return "True"


def logic(node: ast.BoolOp, ctx: Context, infer: Infer) -> tree.Expr:
    is_and = isinstance(node.op, ast.And)
    operands: list[tree.Expr] = []
    inner = ctx
    for written in node.values:
        value = infer(written, inner)
        if not is_and and not _is_boolish(value.type) and not is_broken(value.type) and not operands:
            return ctx.error(
                "BFF304",
                written,
                f"`or` takes conditions, not {an(value.type)}",
                help=f"write `{_instead(value.type, ctx.text(written), ctx.text(node.values[-1]))}`",
            )
        operand = condition(value, written, inner)
        operands.append(operand)
        inner = assume(inner, operand, is_and, ctx.span(written))
    return tree.Logic("and" if is_and else "or", tuple(operands), BOOLEAN, ctx.span(node))


def _instead(of: Type, shown: str, other: str) -> str:
    """What `x or y` is in a language whose `or` takes booleans only."""
    return f"default({shown}, {other})" if is_nullable(of) else f"{shown} if {as_condition(of, shown)} else {other}"


def _is_boolish(of: Type) -> bool:
    inner = non_null(of)
    return isinstance(inner, Scalar) and inner.kind is Kind.BOOLEAN or isinstance(inner, ObjectType) and is_nullable(of)


def choice(node: ast.IfExp, ctx: Context, infer: Infer) -> tree.Expr:
    test = condition(infer(node.test, ctx), node.test, ctx)
    then = infer(node.body, assume(ctx, test, True, ctx.span(node.test)))
    other = infer(node.orelse, assume(ctx, test, False, ctx.span(node.test)))
    (then, other), of = joined([then, other])
    return tree.Choice(test, then, other, of, ctx.span(node))


# ---------------------------------------------------------------------------------------------- comparison


def compare(node: ast.Compare, ctx: Context, infer: Infer) -> tree.Expr:
    """A comparison; `a < b < c` becomes `a < b and b < c` (values never change, so that is the same)."""
    links: list[tree.Expr] = []
    left_node, inner = node.left, ctx
    for operator, right_node in zip(node.ops, node.comparators, strict=True):
        link = _link(left_node, operator, right_node, inner, infer, ctx.span(node))
        inner = assume(inner, link, True)
        links.append(link)
        left_node = right_node
    return links[0] if len(links) == 1 else tree.Logic("and", tuple(links), BOOLEAN, ctx.span(node))


def _link(
    left_node: ast.expr, op: ast.cmpop, right_node: ast.expr, ctx: Context, infer: Infer, span: Span
) -> tree.Expr:
    left, right = infer(left_node, ctx), infer(right_node, ctx)
    if isinstance(op, (ast.Is, ast.IsNot)):
        return _is_none(left, right, isinstance(op, ast.IsNot), (left_node, right_node), ctx, span)
    operator = _COMPARE[type(op)]
    left, right = read_as(left, right.type), read_as(right, left.type)
    if is_broken(left.type) or is_broken(right.type):
        return tree.Compare(operator, left, right, BOOLEAN, span)
    if operator in ("==", "!="):
        return _equal(operator, left, right, (left_node, right_node), ctx, span)
    if operator in ("in", "not in"):
        return _member(operator, left, right, (left_node, right_node), ctx, span)
    for value, written in ((left, left_node), (right, right_node)):
        if is_nullable(value.type):
            return may_be_null(value, written, f"`{operator}`", ctx)
    a, b = left.type, right.type
    if not _orderable(a, b):
        message = f"`{operator}` cannot compare {an(a)} with {an(b)}"
        return ctx.error("BFF305", span, message, "no order between these")
    return tree.Compare(operator, left, right, BOOLEAN, span)


def _orderable(a: Type, b: Type) -> bool:
    if isinstance(a, TupleType) and isinstance(b, TupleType):
        return len(a.items) == len(b.items) and all(map(_orderable, a.items, b.items))
    return isinstance(a, Scalar) and isinstance(b, Scalar) and comparable(a, b) and a.kind in ORDERED


def _is_none(
    left: tree.Expr,
    right: tree.Expr,
    negated: bool,
    nodes: tuple[ast.expr, ast.expr],
    ctx: Context,
    span: Span,
) -> tree.Expr:
    if not isinstance(right, tree.Literal) or right.value is not None:
        help_ = f"write `{ctx.text(nodes[0])} {'!=' if negated else '=='} {ctx.text(nodes[1])}`"
        return ctx.error("BFF305", span, "`is` is for `None` alone", help=help_)
    return tree.IsNull(left, negated, BOOLEAN, span)


def _equal(
    operator: str,
    left: tree.Expr,
    right: tree.Expr,
    nodes: tuple[ast.expr, ast.expr],
    ctx: Context,
    span: Span,
) -> tree.Expr:
    for value, node in ((left, nodes[0]), (right, nodes[1])):
        if isinstance(value.type, Null):
            word = "is None" if operator == "==" else "is not None"
            other = ctx.text(nodes[1] if node is nodes[0] else nodes[0])
            return ctx.error("BFF305", span, f"null is not compared with `{operator}`", help=f"write `{other} {word}`")
    if not comparable(left.type, right.type):
        message = f"{an(left.type)} never equals {an(right.type)}"
        return ctx.error("BFF305", span, message, f"`{operator}` is always the same here")
    check_member(left, right, nodes[1], ctx)
    check_member(right, left, nodes[0], ctx)
    return tree.Compare(operator, left, right, BOOLEAN, span)


def check_member(enum: tree.Expr, literal: tree.Expr, node: ast.expr, ctx: Context) -> None:
    """A literal that is compared with an enum is one of its known members (BFF311)."""
    of = non_null(enum.type)
    if not (isinstance(of, Scalar) and of.values and isinstance(literal, tree.Literal)) or isinstance(
        enum, tree.Literal
    ):
        return
    if literal.value is None or literal.value in of.values:
        return
    near = closest(str(literal.value), [str(value) for value in of.values])
    known = ", ".join(f"`{value}`" for value in of.values[:12])
    ctx.error(
        "BFF311",
        node,
        f"`{literal.value}` is not a member of the enum",
        "never equal",
        note=f"members: {known}",
        help=f"did you mean `{near}`?" if near else None,
    )


def _member(
    operator: str,
    left: tree.Expr,
    right: tree.Expr,
    nodes: tuple[ast.expr, ast.expr],
    ctx: Context,
    span: Span,
) -> tree.Expr:
    if is_nullable(right.type):
        return may_be_null(right, nodes[1], f"the right side of `{operator}`", ctx)
    of = right.type
    match of:
        case ListType(item) | SetType(item) | IterType(item):
            items: Type = item
        case MapType(key, _):
            items = key
        case TupleType(elements):
            items = BROKEN
            for element in elements:
                items = element if items is BROKEN else join(items, element)
        case Scalar(Kind.TEXT):
            items = TEXT
            if is_nullable(left.type):
                return may_be_null(left, nodes[0], f"the left side of `{operator}` in a text", ctx)
        case _:
            return ctx.error("BFF305", nodes[1], f"{an(of)} holds no members", "a list, map, set or text is needed")
    if not comparable(left.type, items):
        return ctx.error("BFF305", nodes[0], f"{an(left.type)} is never in {an(of)}", "always the same")
    if isinstance(of, MapType):
        check_key(of, left, nodes[0], ctx)
    if isinstance(right, (tree.MakeList, tree.MakeTuple, tree.MakeSet)):
        written = nodes[1].elts if isinstance(nodes[1], (ast.List, ast.Tuple, ast.Set)) else ()
        for member, node in zip(right.items, written, strict=False):
            check_member(left, member, node, ctx)
    return tree.Compare(operator, left, right, BOOLEAN, span)


def may_be_null(value: tree.Expr, written: ast.expr, where: str, ctx: Context) -> tree.Expr:
    """The message for a null where none may be; the help shows `default`."""
    if is_doubted(value, ctx):
        return broken(value.span)
    return ctx.error(
        "BFF303",
        written,
        f"{where} takes a value that is never null",
        f"{describe(value.type)}",
        *why_null(value, ctx),
        help=f"write `default({ctx.text(written)}, {default_for(value.type)})`",
    )


def default_for(of: Type) -> str:
    """A value of the type, to show in a help."""
    match non_null(of):
        case ListType():
            return "[]"
        case MapType():
            return "{}"
        case Scalar(Kind.INTEGER | Kind.NUMBER, values):
            return str(values[0]) if values else "0"
        case Scalar(Kind.BOOLEAN):
            return "False"
        case Scalar(Kind.TEXT, values):
            return f'"{values[0]}"' if values else '""'
    return "..."
