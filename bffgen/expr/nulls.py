"""Why a value may be null: the place that says so, for the messages about it."""

from __future__ import annotations

from dataclasses import replace

from bffgen.diagnostics.model import Label
from bffgen.expr import tree
from bffgen.expr.facts import covers
from bffgen.expr.scope import Context
from bffgen.typesystem.model import Field, Scalar, Type, Union, is_nullable, non_null
from bffgen.typesystem.relations import objects_in


def why_null(value: tree.Expr, ctx: Context) -> tuple[Label, ...]:
    """The declaration of the first thing on the way to a value that may be null; none where it says nothing."""
    match value:
        case tree.Narrowed(inner) | tree.Truth(inner):
            return why_null(inner, ctx)
        case tree.Ref(name):
            binding = ctx.scope.find(name)
            return (binding.nulls,) if binding and binding.nulls else ()
        case tree.FieldOf(base, name):
            return why_null(base, ctx) if is_nullable(base.type) else _why_field(base, name)
        case tree.EntryOf(tree.MakeMap(entries), key) if covers(entries, _closed(key.type)):
            return (Label(key.span, "an enum in a reply is open: it may hold another value"),)
        case tree.ElementOf(base) | tree.EntryOf(base) | tree.SliceOf(base) | tree.CallMethod(base):
            return why_null(base, ctx) if is_nullable(base.type) else ()
    return ()


def _closed(of: Type) -> Type:
    return replace(of, open=False) if isinstance(of, Scalar) else of


def _why_field(base: tree.Expr, name: str) -> tuple[Label, ...]:
    fields = [obj.fields.get(name) for obj in objects_in(base.type) if obj.backend is not None]
    for found in fields:
        if found is not None and (why := _reason(found)) and found.span is not None:
            return (Label(found.span, why),)
    others = isinstance(whole := non_null(base.type), Union) and len(whole.arms) > len(fields)
    known = [found for found in fields if found is not None and found.span is not None]
    if known and (others or len(known) < len(fields)) and known[0].span is not None:
        return (Label(known[0].span, "only some of the alternatives have it"),)
    return ()


def _reason(found: Field) -> str | None:
    if found.assumable:
        return "not required: null when it is absent, unless its backend has `presence: assumed`"
    if not found.required:
        return "not required: null when it is absent"
    return "may be null" if is_nullable(found.type) else None
