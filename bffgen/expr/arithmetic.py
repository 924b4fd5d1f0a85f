"""Arithmetic: numbers, texts, lists, dates; `not` and `-` before a value."""

from __future__ import annotations

import ast
from collections.abc import Callable

from bffgen.expr import tree
from bffgen.expr.assume import is_doubted
from bffgen.expr.operators import condition, may_be_null
from bffgen.expr.retarget import as_joined
from bffgen.expr.scope import Context, broken
from bffgen.typesystem.model import (
    BOOLEAN,
    DURATION,
    INTEGER,
    NUMBER,
    TEXT,
    Kind,
    ListType,
    Nullable,
    Scalar,
    Type,
    Union,
    is_nullable,
    non_null,
    nullable,
)
from bffgen.typesystem.relations import an, is_broken, join

Infer = Callable[[ast.expr, Context], tree.Expr]

_ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
}


def unary(node: ast.UnaryOp, ctx: Context, infer: Infer) -> tree.Expr:
    value = infer(node.operand, ctx)
    if isinstance(node.op, ast.Not):
        return tree.Not(condition(value, node.operand, ctx), BOOLEAN, ctx.span(node))
    if not isinstance(node.op, ast.USub):
        return ctx.error("BFF114", node, f"an expression cannot have `{ctx.text(node)[:1]}` before a value")
    if is_broken(value.type):
        return value
    if isinstance(value.type, Scalar) and value.type.kind in (Kind.INTEGER, Kind.NUMBER, Kind.DURATION):
        if isinstance(value, tree.Literal) and isinstance(value.value, (int, float)):
            return tree.Literal(-value.value, _negated(value.type), ctx.span(node))
        return tree.Negate(value, Scalar(value.type.kind), ctx.span(node))
    return _bad_operand(value, node.operand, "-", ctx)


def _negated(of: Scalar) -> Scalar:
    values = tuple(-v for v in of.values if isinstance(v, int)) if of.values else None
    return Scalar(of.kind, values)


def arithmetic(node: ast.BinOp, ctx: Context, infer: Infer) -> tree.Expr:
    operator = _ARITHMETIC.get(type(node.op))
    if operator is None:
        return ctx.error("BFF114", node, "an expression has only the operators `+ - * / // %`", "not in the language")
    left, right = infer(node.left, ctx), infer(node.right, ctx)
    if is_broken(left.type) or is_broken(right.type):
        return left if is_broken(left.type) else right
    for value, written in ((left, node.left), (right, node.right)):
        if is_nullable(value.type) and not null_by_zero(value):
            return may_be_null(value, written, f"`{operator}`", ctx)
    of = _result(operator, non_null(left.type), non_null(right.type))
    if of is None and any(isinstance(non_null(v.type), Union) and is_doubted(v, ctx) for v in (left, right)):
        return broken(ctx.span(node))
    if of is None:
        help_ = None
        if operator in "+%" and Kind.TEXT in _kinds(left.type, right.type) and _are_scalars(left, right):
            help_ = _together(node, ctx)
        elif operator in "+-" and _kinds(left.type, right.type) & {Kind.DATE, Kind.DATETIME}:
            help_ = "write the number with its unit: `days(n)`, `hours(n)`, `minutes(n)`"
        message = f"`{operator}` cannot take {an(left.type)} and {an(right.type)}"
        return ctx.error("BFF305", node, message, help=help_)
    divides = operator in ("/", "//", "%")
    nonzero = divides and _is_nonzero(right)
    may_be_none = (divides and not nonzero) or is_nullable(left.type) or is_nullable(right.type)
    if isinstance(of, ListType):
        left, right = as_joined(left, of), as_joined(right, of)
    return tree.Arithmetic(operator, left, right, nonzero, nullable(of) if may_be_none else of, ctx.span(node))


def _are_scalars(*values: tree.Expr) -> bool:
    return all(isinstance(non_null(value.type), Scalar) for value in values)


def _together(node: ast.BinOp, ctx: Context) -> str:
    """A text made of both sides: `f"{a}{b}"`, in the quotes that neither has."""
    parts = [str(s.value) if isinstance(s, ast.Constant) else f"{{{ctx.text(s)}}}" for s in (node.left, node.right)]
    quote = "'" if any('"' in part for part in parts) else '"'
    return f"write `f{quote}{''.join(parts)}{quote}`"


def null_by_zero(value: tree.Expr) -> bool:
    """Whether null comes from a division alone: it is carried through a bigger sum."""
    if isinstance(value, tree.Arithmetic):
        return True
    return (
        isinstance(value, tree.CallFunction) and value.name in ("round", "abs") and all(map(null_by_zero, value.args))
    )


def _is_nonzero(value: tree.Expr) -> bool:
    if isinstance(value, tree.Literal):
        return bool(value.value)
    if isinstance(value, tree.CallFunction) and value.name == "len":
        of = value.args[0].type
        return isinstance(of, ListType) and of.min_items > 0
    return False


def _kinds(*types: Type) -> set[Kind]:
    return {inner.kind for of in types if isinstance(inner := non_null(of), Scalar)}


def _result(operator: str, left: Type, right: Type) -> Type | None:
    """The type of the sum, or None when the operator has no meaning for these operands."""
    if operator == "+" and isinstance(left, ListType) and isinstance(right, ListType):
        return ListType(join(left.item, right.item), left.min_items + right.min_items)
    if not isinstance(left, Scalar) or not isinstance(right, Scalar):
        return None
    a, b = left.kind, right.kind
    numbers = (Kind.INTEGER, Kind.NUMBER)
    if a in numbers and b in numbers:
        return INTEGER if operator != "/" and a is b is Kind.INTEGER else NUMBER
    if operator == "+" and a is b is Kind.TEXT:
        return TEXT
    return _dates(operator, a, b)


def _dates(operator: str, a: Kind, b: Kind) -> Type | None:
    dates = (Kind.DATE, Kind.DATETIME)
    if operator in "+-" and a in dates and b is Kind.DURATION:
        return Scalar(a)
    if operator == "+" and a is Kind.DURATION and b in dates:
        return Scalar(b)
    if operator == "-" and a is b and a in dates:
        return DURATION
    if operator in "+-" and a is b is Kind.DURATION:
        return DURATION
    return None


def _bad_operand(value: tree.Expr, written: ast.expr, operator: str, ctx: Context) -> tree.Expr:
    if isinstance(value.type, Nullable):
        return may_be_null(value, written, f"`{operator}`", ctx)
    return ctx.error("BFF305", written, f"`{operator}` cannot take {an(value.type)}")
