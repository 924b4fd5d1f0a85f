"""Where parameters and the body are used, and so what they are: types flow from operations down to names."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import field
from dataclasses import replace as changed

from bffgen.check.mentions import paths_in
from bffgen.check.values import source_text
from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.expr.parse import parse, parse_loop
from bffgen.expr.scope import Signature
from bffgen.records import dataclass
from bffgen.source.text import Span
from bffgen.spec import model as spec
from bffgen.typesystem.model import (
    NO_DOCS,
    TEXT,
    Bounds,
    Docs,
    Kind,
    ListType,
    MapType,
    ObjectType,
    Scalar,
    Type,
    Union,
    is_nullable,
    non_null,
)
from bffgen.typesystem.names import field_named
from bffgen.typesystem.relations import an, describe

_SpanOf = Callable[[ast.expr], Span]


@dataclass(frozen=True, eq=False, slots=True)
class Use:
    """A place that says what a value must be: the type asked for, whether it may be left out, and the words for it."""

    type: Type
    required: bool
    docs: Docs
    span: Span  # in the spec
    declared: Span | None  # in the backend's document
    where: str  # "parameter `id` of `catalog.getProduct`"


@dataclass(frozen=True, eq=False, slots=True)
class Wanted:
    """What is asked for at a place: flows down through the forms that pass a value on unchanged."""

    type: Type
    required: bool
    docs: Docs
    declared: Span | None
    where: str

    def inside(self, of: Type, required: bool, docs: Docs, declared: Span | None) -> Wanted:
        return Wanted(of, required, docs, declared, self.where)


@dataclass
class Uses:
    """Uses by name, those of the body by path: `("body", "customer", "id")`."""

    found: dict[tuple[str, ...], list[Use]] = field(default_factory=dict)
    unseen: set[tuple[str, ...]] = field(default_factory=set)  # paths whose use stands at something unknown
    doubts: Diagnostics = field(default_factory=Diagnostics)  # told only where every use could be seen
    takes_bytes: bool = False  # the endpoint's `body:` says that files come in

    def add(self, path: tuple[str, ...], use: Use) -> None:
        self.found.setdefault(path, []).append(use)

    def of(self, *path: str) -> list[Use]:
        return self.found.get(path, [])

    def below(self, name: str) -> Mapping[tuple[str, ...], list[Use]]:
        return {path[1:]: uses for path, uses in self.found.items() if path[0] == name and len(path) > 1}


class Flow:
    """Walks values of the spec together with the types that are wanted of them."""

    def __init__(self, uses: Uses, own: Callable[[str], Signature | None] = lambda name: None) -> None:
        self.uses = uses
        self._own = own
        self._silent = Diagnostics()  # syntax is reported when the expression is checked

    def value(self, written: spec.Value, wanted: Wanted) -> None:
        inner = non_null(wanted.type)
        match written:
            case spec.Expr():
                parsed = parse(source_text(written), self._silent)
                if parsed is not None:
                    self._node(parsed.tree, wanted, parsed.span)
            case spec.ListValue(items) if isinstance(inner, ListType):
                for item in items:
                    self.value(item, changed(wanted, type=inner.item))
            case spec.ObjectValue():
                if written.loop is not None and isinstance(inner, ListType):
                    self._loop(written.loop)
                    inner = inner.item
                self._entries(written, inner, wanted)

    def _loop(self, loop: spec.Expr) -> None:
        parse_loop(source_text(loop), self._silent)

    def _entries(self, written: spec.ObjectValue, inner: Type, wanted: Wanted) -> None:
        for key, _, item in written.entries:
            if isinstance(inner, MapType):
                self.value(item, changed(wanted, type=inner.value, required=True))
            for arm in inner.arms if isinstance(inner, Union) else (inner,):
                found = field_named(arm, key) if isinstance(arm, ObjectType) else None
                if found:
                    self.value(item, wanted.inside(found.type, found.required, found.docs, found.span))
                    break
            else:
                self.uses.unseen |= set() if isinstance(inner, MapType) else set(paths_in([item]))

    def _node(self, node: ast.expr, wanted: Wanted, span: _SpanOf) -> None:
        inner = non_null(wanted.type)
        match node:
            case ast.Name(id=name):
                self._use((name,), node, wanted, span)
            case ast.Attribute():
                path = _path(node)
                if path and path[0] == "body":
                    self._use(path, node, wanted, span)
            case ast.IfExp(body=then, orelse=other):
                self._node(then, wanted, span)
                self._node(other, wanted, span)
            case ast.Call(func=ast.Name(id="default"), args=[value, other]):
                self._node(value, changed(wanted, required=False), span)
                self._node(other, wanted, span)
            case ast.Call(func=ast.Name(id="dict"), keywords=keywords):
                self._fields(keywords, inner, wanted, span)
            case ast.Call(func=ast.Name(id=name)) if (signature := self._own(name)) is not None:
                self._arguments(node, signature, span)
            case ast.List(elts=items) if isinstance(inner, ListType):
                for item in items:
                    self._node(item, changed(wanted, type=inner.item), span)
            case ast.Set(elts=[one]):  # `{id}` as in a template, which never fits: the message speaks of that alone
                self._node(one, wanted, span)
            case ast.ListComp(elt=element) if isinstance(inner, ListType):
                self._node(element, changed(wanted, type=inner.item), span)

    def _arguments(self, node: ast.Call, signature: Signature, span: _SpanOf) -> None:
        """What a shape or function takes."""
        named = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        given = dict(zip((p.name for p in signature.parameters if p.positional), node.args, strict=False)) | named
        for parameter in signature.parameters:
            if parameter.name in given:
                required, where = not is_nullable(parameter.type), f"`{parameter.name}` of `{signature.name}`"
                wanted = Wanted(parameter.type, required, NO_DOCS, parameter.span, where)
                self._node(given[parameter.name], wanted, span)

    def _fields(self, keywords: list[ast.keyword], inner: Type, wanted: Wanted, span: _SpanOf) -> None:
        for keyword in keywords:
            found = field_named(inner, keyword.arg) if isinstance(inner, ObjectType) and keyword.arg else None
            if found:
                self._node(keyword.value, wanted.inside(found.type, found.required, found.docs, found.span), span)

    def _use(self, path: tuple[str, ...], node: ast.expr, wanted: Wanted, span: _SpanOf) -> None:
        self.uses.add(path, Use(wanted.type, wanted.required, wanted.docs, span(node), wanted.declared, wanted.where))


def _path(node: ast.expr) -> tuple[str, ...] | None:
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        base = _path(node.value)
        return None if base is None else (*base, node.attr)
    return None


# ---------------------------------------------------------------------------------------------- agreement


@dataclass(frozen=True, slots=True)
class Agreed:
    type: Type  # without null
    required: bool
    docs: Docs


def agree(name: str, uses: list[Use], diags: Diagnostics) -> Agreed | None:
    """The one type that all uses ask for, the bounds of all of them together; None after a message (BFF310)."""
    first = uses[0]
    of = non_null(first.type)
    for use in uses[1:]:
        met = meet(of, non_null(use.type))
        if met is None:
            _disagree(name, first, use, diags)
            return None
        of = met
    docs = next((use.docs for use in uses if use.docs.description), first.docs)
    return Agreed(of, any(use.required for use in uses), docs)


def _disagree(name: str, first: Use, other: Use, diags: Diagnostics) -> None:
    labels = [Label(first.span, f"{describe(non_null(first.type))} for {first.where}")]
    labels += [Label(use.declared, describe(non_null(use.type))) for use in (first, other) if use.declared]
    diags.report(
        "BFF310",
        f"`{name}` is used as {an(non_null(first.type))} and as {an(non_null(other.type))}",
        Label(other.span, f"{describe(non_null(other.type))} for {other.where}"),
        *labels,
        help=_as_text(name, first, other),
    )


def _as_text(name: str, *uses: Use) -> str | None:
    kinds = {of.kind for use in uses if isinstance(of := non_null(use.type), Scalar)}
    if kinds not in ({Kind.TEXT, Kind.INTEGER}, {Kind.TEXT, Kind.NUMBER}):
        return None
    text = next(use for use in uses if getattr(non_null(use.type), "kind", None) is Kind.TEXT)
    return f"write `str({name})` for {text.where}"


def meet(one: Type, other: Type) -> Type | None:
    """The values that fit both types; None when there is no such type."""
    if one is other:
        return one
    match one, other:
        case Scalar(), Scalar():
            return _meet_scalars(one, other)
        case ListType(), ListType():
            item = meet(non_null(one.item), non_null(other.item))
            most = [n for n in (one.max_items, other.max_items) if n is not None]
            least = max(one.min_items, other.min_items)
            return item and ListType(item, least, min(most) if most else None)
    return one if one == other else None


def _meet_scalars(one: Scalar, other: Scalar) -> Type | None:
    kinds = {one.kind, other.kind}
    if len(kinds) == 1:
        kind = one.kind
    elif kinds == {Kind.INTEGER, Kind.NUMBER}:
        kind = Kind.INTEGER
    elif TEXT.kind in kinds and kinds - {Kind.TEXT} <= {Kind.UUID, Kind.DATE, Kind.DATETIME}:
        kind = next(iter(kinds - {Kind.TEXT}))
    else:
        return None
    values = one.values if other.values is None else other.values
    if one.values is not None and other.values is not None:
        values = tuple(value for value in one.values if value in other.values)
        if not values:
            return None
    return Scalar(kind, values, False, one.format or other.format, _meet_bounds(one.bounds, other.bounds))


def _meet_bounds(one: Bounds, other: Bounds) -> Bounds:
    def tight(name: str, pick: type | object) -> object:
        found = [v for v in (getattr(one, name), getattr(other, name)) if v is not None]
        return pick(found) if found else None  # type: ignore[operator]

    largest = {n: tight(n, max) for n in ("minimum", "exclusive_minimum", "min_length")}
    smallest = {n: tight(n, min) for n in ("maximum", "exclusive_maximum", "max_length")}
    return Bounds(
        **largest,  # type: ignore[arg-type]
        **smallest,  # type: ignore[arg-type]
        multiple_of=one.multiple_of or other.multiple_of,
        pattern=one.pattern or other.pattern,
    )
