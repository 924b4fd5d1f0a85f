"""Plain YAML against a type: each place where it does not fit."""

from __future__ import annotations

from collections.abc import Iterator

from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.diagnostics.suggest import closest
from bffgen.openapi.fits import fits
from bffgen.records import dataclass
from bffgen.source.nodes import Node
from bffgen.source.text import Span
from bffgen.spec.reader import is_null, kind_of, shown
from bffgen.typesystem.model import (
    ListType,
    MapType,
    Null,
    Nullable,
    ObjectType,
    Scalar,
    Type,
    Union,
    Unknown,
)
from bffgen.typesystem.names import field_named
from bffgen.typesystem.relations import an, is_broken, object_name


@dataclass(frozen=True, slots=True)
class Misfit:
    """A place, what is wrong with it, and where the document says so."""

    span: Span
    message: str
    label: str
    declared: Span | None = None
    help: str | None = None

    def report(self, code: str, diags: Diagnostics) -> None:
        labels = [Label(self.declared, "declared here")] if self.declared else []
        diags.report(code, self.message, Label(self.span, self.label), *labels, help=self.help)


def misfits(node: Node, of: Type, what: str, declared: Span | None = None) -> Iterator[Misfit]:
    """Where plain data is not of a type, but for fields that it leaves out. `what` names the data."""
    if is_broken(of) or isinstance(of, Unknown):
        return
    if isinstance(of, (Null, Nullable)) and is_null(node):
        return
    if isinstance(of, Nullable):
        yield from misfits(node, of.of, what, declared)
        return
    match of:
        case ObjectType() if node.kind == "mapping":
            yield from _in_object(node, of)
        case MapType(_, value) if node.kind == "mapping":
            for key, item in node.entries().items():
                yield from misfits(item, value, f"`{shown(key)}`", declared)
        case ListType(item) if node.kind == "sequence":
            for each in node.elements():
                yield from misfits(each, item, f"an item of {what}", declared)
        case Union(arms):
            if all(any(True for _ in misfits(node, arm, what)) for arm in arms):
                yield _wrong(node, of, what, declared)
        case _:
            if not isinstance(of, Scalar) or not fits(node.data(), of):
                yield _wrong(node, of, what, declared)


def _in_object(node: Node, of: ObjectType) -> Iterator[Misfit]:
    for key, item in node.entries().items():
        field = of.fields.get(key)
        if field is not None:
            yield from misfits(item, field.type, f"`{field.name}` of `{object_name(of)}`", field.span)
        elif of.extra is not None:
            yield from misfits(item, of.extra, f"`{shown(key)}`")
        else:
            meant = field_named(of, key)
            near = meant.name if meant else closest(key, of.fields)
            yield Misfit(
                node.key(key),
                f"`{object_name(of)}` has no field `{shown(key)}`",
                "no such field",
                of.fields[near].span if near else None,
                f"did you mean `{near}`?" if near else None,
            )


def _wrong(node: Node, of: Type, what: str, declared: Span | None) -> Misfit:
    bounded = isinstance(of, Scalar) and fits(node.data(), Scalar(of.kind))
    label = "outside of what it may be" if bounded else f"{an(of)} is needed"
    return Misfit(node.span, f"{what} cannot be {kind_of(node)}", label, declared)
