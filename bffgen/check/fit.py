"""Whether a value may stand where a type is wanted; what has to be converted when it may."""

from __future__ import annotations

from bffgen.check.displays import as_wanted
from bffgen.diagnostics.model import Label
from bffgen.diagnostics.suggest import closest
from bffgen.expr import tree
from bffgen.expr.assume import is_doubted
from bffgen.expr.nulls import why_null
from bffgen.expr.operators import default_for
from bffgen.expr.quotes import in_place
from bffgen.expr.retarget import retarget
from bffgen.expr.scope import Context, broken
from bffgen.records import dataclass
from bffgen.source.text import Span
from bffgen.typesystem.model import (
    IterType,
    Kind,
    ListType,
    Scalar,
    SetType,
    Type,
    Unknown,
    non_null,
)
from bffgen.typesystem.relations import Mismatch, an, assign, describe, is_broken, object_name, objects_in


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
    given = as_wanted(given, wanted, ctx)
    if is_broken(given.type):
        return given
    mismatch = assign(given.type, wanted)
    if mismatch is None:
        return retarget(given, wanted)
    where = given.span if given.span.file is span.file else span
    if mismatch.null_alone and is_doubted(given, ctx):
        return broken(where)
    _Misfit(mismatch, given, wanted, where, what, (why,) if why else (), shown).report(ctx)
    return broken(where)


@dataclass(frozen=True, slots=True)
class _Misfit:
    """A value that does not fit, and everything that its message may say."""

    mismatch: Mismatch
    given: tree.Expr
    wanted: Type
    where: Span
    what: str
    labels: tuple[Label, ...]
    shown: str

    def report(self, ctx: Context) -> None:
        of = non_null(self.wanted)
        if self.mismatch.missing:
            self._missing_field(ctx)
        elif self.mismatch.null_alone:
            self._null(ctx)
        elif isinstance(self.given, tree.Literal) and isinstance(of, Scalar) and of.values:
            self._no_member(of.values, ctx)
        else:
            self._wrong_type(of, ctx)

    def _missing_field(self, ctx: Context) -> None:
        of = self.mismatch.wanted
        names = " or ".join(f"`{object_name(o)}`" for o in objects_in(of)) or describe(of)
        message = f"{self.what} takes {names}, which needs the field `{self.mismatch.missing}`"
        label = Label(self.where, f"{describe(self.mismatch.given)} has no such field")
        ctx.diags.report("BFF301", message, label, *self.labels)

    def _null(self, ctx: Context) -> None:
        path = self.mismatch.path.lstrip(".")
        at = f" in `{path}`" if path.strip("[]") else " inside of it" if path else ""
        other = default_for(self.wanted)
        help_ = f"write `default({self.shown}, {other})`" if self.shown and other != "..." and not at else None
        message = f"{self.what} takes {an(self.wanted)}, which is never null"
        why = () if at else why_null(self.given, ctx)
        label = Label(self.where, f"may be null{at}")
        ctx.diags.report("BFF303", message, label, *self.labels, *why, help=in_place(help_, self.where))

    def _no_member(self, members: tuple[object, ...], ctx: Context) -> None:
        value = getattr(self.given, "value", None)
        near = closest(str(value), map(str, members))
        ctx.diags.report(
            "BFF311",
            f"{self.what} does not take `{value}`",
            Label(self.where, "not a member"),
            *self.labels,
            note=f"members: {', '.join(f'`{member}`' for member in members[:12])}",
            help=f"did you mean `{near}`?" if near else None,
        )

    def _wrong_type(self, of: Type, ctx: Context) -> None:
        path = self.mismatch.path.lstrip(".")
        inside = f" (in `{path}`: {describe(self.mismatch.given)})" if path.strip("[]") else ""
        message = f"{self.what} takes {an(of)}, not {an(self.given.type)}{inside}"
        help_, note = _way_out(self.given, of, self.shown)
        label = Label(self.where, describe(self.given.type))
        ctx.diags.report("BFF301", message, label, *self.labels, note=note, help=in_place(help_, self.where))


def _way_out(given: tree.Expr, wanted: Type, shown: str) -> tuple[str | None, str | None]:
    """An expression that fits, or a fact that may lead to one; neither where nothing is written."""
    inner = non_null(given.type)
    if not shown:
        return None, None
    if isinstance(inner, Unknown):
        return "say what the call answers: `as: backend.Schema`", None
    if isinstance(inner, IterType) and isinstance(wanted, ListType):
        bare = shown[1:-1] if shown.startswith("(") and shown.endswith(")") else shown
        return f"write `[{bare}]`" if " for " in shown else f"write `list({shown})`", None
    if isinstance(inner, SetType) and shown.startswith("{") and assign(inner.item, wanted) is None:
        return f"write `{shown[1:-1].strip()}`: a name stands without braces", None
    if isinstance(wanted, ListType) and not isinstance(inner, ListType) and assign(inner, wanted.item) is None:
        return f"write `([{shown}])`", None
    if (
        isinstance(wanted, Scalar)
        and wanted.kind is Kind.TEXT
        and wanted.values is None
        and isinstance(inner, ListType)
    ):
        return _joined(inner, given, shown)
    if isinstance(wanted, Scalar) and isinstance(inner, Scalar) and inner is given.type:
        return _converted(given, inner.kind, wanted.kind, shown)
    return None, None


def _joined(of: ListType, given: tree.Expr, shown: str) -> tuple[str | None, str | None]:
    """One text of many: ids with commas between them, as half of the batch operations have it."""
    if of is not given.type or not isinstance(of.item, Scalar):
        return None, None
    if of.item.kind is Kind.TEXT:
        return f'write `",".join({shown})`', None
    if of.item.kind is Kind.INTEGER:
        return f'write `",".join(str(item) for item in {shown})`', None
    return None, None


def _converted(given: tree.Expr, kind: Kind, wanted: Kind, shown: str) -> tuple[str | None, str | None]:
    numbers = (Kind.INTEGER, Kind.NUMBER)
    value = given.value if isinstance(given, tree.Literal) else None
    if wanted is Kind.TEXT and kind in numbers:
        return (f"write `str({shown})`" if value is None else f'write `"{value}"`'), None
    if wanted is Kind.INTEGER and kind is Kind.NUMBER and value is None:
        return f"write `round({shown})`", None
    if wanted in numbers and kind is Kind.TEXT:
        if isinstance(value, str) and value.removeprefix("-").isdecimal() and value.isascii():
            return f"write `{value}`", None
        function = "int" if wanted is Kind.INTEGER else "float"
        return None, f"`{function}({shown})` reads a text as a number: null where it is none" if value is None else None
    return None, None
