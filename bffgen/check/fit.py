"""Whether a value may stand where a type is wanted; what has to be converted when it may."""

from __future__ import annotations

from dataclasses import replace

from bffgen.diagnostics.model import Label
from bffgen.expr import tree
from bffgen.expr.operators import default_for
from bffgen.expr.scope import Context, broken
from bffgen.source.text import Span
from bffgen.typesystem.model import (
    IterType,
    Kind,
    ListType,
    MapType,
    Nullable,
    ObjectType,
    Scalar,
    Type,
    Union,
    Unknown,
    is_nullable,
    non_null,
)
from bffgen.typesystem.relations import Mismatch, assign, describe, is_broken, object_name, objects_in


def fit(
    given: tree.Expr,
    wanted: Type,
    span: Span,
    ctx: Context,
    shown: str,
    what: str = "this",
    why: Label | None = None,
) -> tree.Expr:
    """`given` as a value of `wanted`, converted where classes differ; a broken value after a message.

    `shown` is the expression as written (for a help), `what` names the place, `why` labels its declaration.
    """
    if is_broken(given.type) or is_broken(wanted):
        return given
    mismatch = assign(given.type, wanted)
    if mismatch is None:
        return retarget(given, wanted)
    labels = (why,) if why else ()
    where = given.span if given.span.file is span.file else span
    if mismatch.missing:
        _missing_field(mismatch, where, ctx, what, labels)
    elif mismatch.null_alone:
        at = f" in `{mismatch.path.lstrip('.')}`" if mismatch.path else ""
        help_ = f"write `default({shown}, {default_for(wanted)})`" if shown and not at else None
        message = f"{what} takes {describe(wanted)}, which is never null"
        ctx.diags.report("BFF303", message, Label(where, f"may be null{at}"), *labels, help=help_)
    else:
        _wrong_type(mismatch, given, wanted, where, ctx, what, labels, shown)
    return broken(where)


def _missing_field(mismatch: Mismatch, where: Span, ctx: Context, what: str, labels: tuple[Label, ...]) -> None:
    names = " or ".join(f"`{object_name(o)}`" for o in objects_in(mismatch.wanted)) or describe(mismatch.wanted)
    message = f"{what} takes {names}, which needs the field `{mismatch.missing}`"
    ctx.diags.report("BFF301", message, Label(where, f"{describe(mismatch.given)} has no such field"), *labels)


def _wrong_type(
    mismatch: Mismatch,
    given: tree.Expr,
    wanted: Type,
    where: Span,
    ctx: Context,
    what: str,
    labels: tuple[Label, ...],
    shown: str,
) -> None:
    if isinstance(given, tree.Literal) and isinstance(wanted_enum := non_null(wanted), Scalar) and wanted_enum.values:
        known = ", ".join(f"`{v}`" for v in wanted_enum.values[:12])
        message = f"{what} does not take `{given.value}`"
        ctx.diags.report("BFF311", message, Label(where, "not a member"), *labels, note=f"members: {known}")
        return
    inside = f" (in `{mismatch.path.lstrip('.')}`: {describe(mismatch.given)})" if mismatch.path else ""
    message = f"{what} takes {describe(wanted)}, not {describe(given.type)}{inside}"
    ctx.diags.report(
        "BFF301", message, Label(where, describe(given.type)), *labels, help=_help(given.type, wanted, shown)
    )


def _help(given: Type, wanted: Type, shown: str) -> str | None:
    inner, want = non_null(given), non_null(wanted)
    if not shown:
        return None
    if isinstance(inner, Unknown):
        return "say what the call answers: `as: backend.Schema`"
    if isinstance(inner, IterType) and isinstance(want, ListType):
        return f"write `[{shown}]`" if " for " in shown else f"write `list({shown})`"
    if isinstance(want, Scalar) and want.kind is Kind.TEXT and isinstance(inner, Scalar):
        return f"write `str({shown})`" if inner.kind in (Kind.INTEGER, Kind.NUMBER) else None
    if isinstance(want, Scalar) and want.kind is Kind.INTEGER and isinstance(inner, Scalar) and inner.kind is Kind.TEXT:
        return f"write `int({shown})`, which is null for a text that is no integer"
    if isinstance(want, ListType) and not isinstance(inner, ListType):
        return f"write `([{shown}])`"
    return None


def retarget(given: tree.Expr, wanted: Type) -> tree.Expr:
    """`given`, of a type assignable to `wanted`, as a value of the classes that `wanted` names.

    What is made on the spot is made of the wanted class; an object that exists already is converted.
    """
    if not _differs(given.type, wanted):
        return given
    inner = non_null(wanted)
    match given:
        case tree.MakeObject(entries):
            if isinstance(inner, ObjectType):
                fields = {f.name: f for f in inner.fields.values()}
                made = tuple((n, retarget(v, fields[n].type)) for n, v in entries if n in fields)
                return replace(given, entries=made, type=inner)
        case tree.MakeList(items) if isinstance(inner, ListType):
            return replace(given, items=tuple(retarget(i, inner.item) for i in items), type=inner)
        case tree.Loop(element=element) if isinstance(inner, ListType):
            made_loop = replace(given, element=retarget(element, inner.item))
            return replace(made_loop, type=wanted if is_nullable(given.type) else inner)
        case tree.Choice(then=then, other=other):
            return replace(
                given,
                then=retarget(then, wanted),
                other=retarget(other, wanted),
                type=_with_null(given, inner),
            )
        case tree.MakeMap(entries_) if isinstance(inner, MapType):
            return replace(given, entries=tuple((k, retarget(v, inner.value)) for k, v in entries_), type=inner)
    return tree.Convert(given, _with_null(given, inner), given.span)


def _with_null(given: tree.Expr, inner: Type) -> Type:
    return Nullable(inner) if is_nullable(given.type) else inner


def _differs(given: Type, wanted: Type) -> bool:
    """Whether the two name different classes somewhere."""
    given, wanted = non_null(given), non_null(wanted)
    match given, wanted:
        case ObjectType(), _:
            return given is not wanted and not isinstance(wanted, Unknown)
        case ListType(), ListType():
            return _differs(given.item, wanted.item)
        case MapType(), MapType():
            return _differs(given.value, wanted.value)
        case Union(), _ if any(isinstance(arm, ObjectType) for arm in given.arms):
            return given is not wanted
    return False
