"""What may be an answer: types that JSON has, statuses that are known beforehand."""

from __future__ import annotations

from bffgen.check import values
from bffgen.check.media import holds_download, is_raw
from bffgen.diagnostics.model import Label
from bffgen.expr import tree
from bffgen.expr.scope import Context
from bffgen.openapi.contents import BODILESS
from bffgen.spec import model as spec
from bffgen.typesystem.model import (
    IterType,
    Kind,
    ListType,
    MapType,
    Nullable,
    ObjectType,
    Scalar,
    SetType,
    TupleType,
    Type,
    Union,
)
from bffgen.typesystem.relations import an, describe, is_broken


def answerable(value: tree.Expr, ctx: Context) -> None:
    """Report every value of a response that JSON does not have (BFF308), where it is made."""
    if holds_download(value.type) or is_raw(value.type):  # what is wrong with bytes, `check_passing` tells
        return
    if isinstance(value, tree.MakeObject):
        for _, inner in value.entries:
            answerable(inner, ctx)
        return
    if isinstance(value, tree.MakeList):
        for inner in value.items:
            answerable(inner, ctx)
        return
    if isinstance(value, tree.Loop) and value.kind is tree.LoopKind.LIST:
        answerable(value.element, ctx)
        return
    found = _not_json(value.type, set())
    if found is not None:
        ctx.diags.report(
            "BFF308",
            f"{an(found)} cannot reach an answer",
            Label(value.span, describe(value.type)),
            help=_way_out(found, value.span.text if found is value.type else "..."),
        )


def _way_out(of: Type, shown: str) -> str | None:
    match of:
        case Scalar(Kind.BYTES):
            return "bytes are a whole answer, or none: `response: name`"
        case IterType(TupleType(items)) | SetType(TupleType(items)):
            names = ", ".join("abcdefgh"[: len(items)])
            parts = ", ".join(f"{name}={name}" for name in "abcdefgh"[: len(items)])
            return f"name the parts: `[dict({parts}) for {names} in {shown}]`"
        case IterType() if shown.startswith("(") and " for " in shown:
            return f"write `[{shown[1:-1]}]`"
        case IterType() | SetType():
            return f"write `list({shown})`"
        case TupleType():
            return "name its parts: `dict(a=x, b=y)`"
        case Scalar(Kind.DURATION):
            return "compare it with `days(n)`, or answer the two dates"
        case MapType():
            return "JSON has text keys only: write `str(key)`"
    return None


def _not_json(of: Type, seen: set[int]) -> Type | None:
    """The first part of a type that JSON does not have."""
    if is_broken(of) or id(of) in seen:
        return None
    match of:
        case IterType() | SetType() | TupleType():
            return of
        case Scalar(Kind.DURATION | Kind.BYTES):
            return of
        case MapType(key, value):
            is_text = isinstance(key, Scalar) and key.kind in (Kind.TEXT, Kind.UUID, Kind.DATE, Kind.INTEGER)
            return _not_json(value, seen) if is_text or is_broken(key) or isinstance(key, Union) else of
        case ListType(inner) | Nullable(inner):
            return _not_json(inner, seen)
        case Union(arms):
            return next((found for arm in arms if (found := _not_json(arm, seen))), None)
        case ObjectType() if of.backend is None:
            seen.add(id(of))
            return next((found for f in of.fields.values() if (found := _not_json(f.type, seen))), None)
    return None


def statuses(endpoint: spec.Endpoint, has_response: bool, ctx: Context) -> tuple[tree.Expr | None, tuple[int, ...]]:
    """The expression of the success status, if it is one, and every status that it can be."""
    usual = 200 if has_response else 204
    if endpoint.status is None:
        return None, (usual,)
    if isinstance(endpoint.status, spec.Const):
        found: list[object] = [endpoint.status.value]
        made = None
    else:
        made = values.expression(endpoint.status, ctx)
        found = _leaves(made)
    fine = tuple(dict.fromkeys(s for s in found if isinstance(s, int) and not isinstance(s, bool) and 200 <= s < 400))
    if len(fine) != len(dict.fromkeys(found)) and not (made is not None and is_broken(made.type)):
        ctx.diags.report(
            "BFF110",
            "`status` is a success status, or a choice between some",
            endpoint.status.node.span,
            help="write for example `201`, or `201 if made.created else 200`",
        )
    if has_response and any(status in BODILESS for status in fine):
        ctx.diags.report("BFF110", "an answer with this status has no body", endpoint.status.node.span)
    return made, fine or (usual,)


def _leaves(value: tree.Expr) -> list[object]:
    if isinstance(value, tree.Choice):
        return [*_leaves(value.then), *_leaves(value.other)]
    return [value.value if isinstance(value, tree.Literal) else "?"]
