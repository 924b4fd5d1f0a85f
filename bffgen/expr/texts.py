"""Values in texts: which kinds have one plain spelling, which formats fit them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import date
from uuid import UUID as Uuid

from bffgen.expr import tree
from bffgen.expr.assume import is_doubted
from bffgen.expr.nulls import why_null
from bffgen.expr.operators import default_for
from bffgen.expr.scope import Context, broken
from bffgen.typesystem.model import (
    Kind,
    Null,
    Scalar,
    is_nullable,
)
from bffgen.typesystem.relations import an, describe, is_broken

Infer = Callable[[ast.expr, Context], tree.Expr]


_SAMPLES: dict[Kind, object] = {
    Kind.TEXT: "a",
    Kind.INTEGER: 1,
    Kind.NUMBER: 1.5,
    Kind.DATE: date(2026, 1, 2),
    Kind.UUID: Uuid(int=1),
}


def text_part(value: tree.Expr, spec: str | None, ctx: Context) -> tree.Expr:
    """A value that is to stand in a text: of a kind that has one plain spelling, never null."""
    of = value.type
    if is_broken(of):
        return value
    if isinstance(of, Null):
        return ctx.error("BFF303", value.span, "this part of a text is always null", "null")
    if is_nullable(of) and is_doubted(value, ctx):
        return broken(value.span)
    if is_nullable(of):
        help_ = f"write `default({value.span.text}, {default_for(of)})`"
        label, why = describe(of), why_null(value, ctx)
        return ctx.error("BFF303", value.span, "a part of a text may be null", label, *why, help=help_)
    if isinstance(of, Scalar) and of.kind in (Kind.BOOLEAN, Kind.DATETIME):
        shown = value.span.text
        hint = f"{shown}.isoformat()" if of.kind is Kind.DATETIME else f'"yes" if {shown} else "no"'
        return ctx.error("BFF306", value.span, f"{an(of)} has no one spelling in a text", help=f"write `{hint}`")
    if not (isinstance(of, Scalar) and of.kind in _SAMPLES):
        return ctx.error("BFF306", value.span, f"{an(of)} cannot stand in a text")
    return _formatted(value, of.kind, spec, ctx) if spec else value


def _formatted(value: tree.Expr, kind: Kind, spec: str, ctx: Context) -> tree.Expr:
    if len(spec) > 20 or any(int(n) > 200 for n in _numbers(spec)):
        return ctx.error("BFF306", value.span, f"the format `{spec}` is too wide", "200 places at most")
    try:
        format(_SAMPLES[kind], spec)
        why = "not every integer is a character" if spec.endswith("c") and kind is Kind.INTEGER else None
    except (ValueError, TypeError):
        why = "not one of its formats"
    if why:
        return ctx.error("BFF306", value.span, f"the format `{spec}` does not fit {an(value.type)}", why)
    return value


def _numbers(spec: str) -> list[str]:
    return [part for part in "".join(c if c.isdigit() else " " for c in spec).split() if part]
