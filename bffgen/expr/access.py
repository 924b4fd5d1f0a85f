"""Looking into values: fields, elements, entries, slices. Null propagates through all of them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace

from bffgen.diagnostics.model import Label
from bffgen.diagnostics.suggest import closest
from bffgen.expr import tree
from bffgen.expr.assume import is_doubted
from bffgen.expr.facts import covers, known_in_range, path
from bffgen.expr.limits import limit_of
from bffgen.expr.nulls import why_null
from bffgen.expr.scope import Context, broken
from bffgen.source.text import Span
from bffgen.typesystem.model import (
    NO_DOCS,
    TEXT,
    Docs,
    Field,
    Kind,
    ListType,
    MapType,
    Null,
    ObjectType,
    Scalar,
    TupleType,
    Type,
    Union,
    Unknown,
    is_nullable,
    non_null,
    nullable,
)
from bffgen.typesystem.names import field_named, python_name
from bffgen.typesystem.relations import BROKEN, an, describe, is_broken, join_all, object_name, objects_in

Infer = Callable[[ast.expr, Context], tree.Expr]


def field(base: tree.Expr, name: str, span: Span, ctx: Context) -> tree.Expr:
    """`base.name`."""
    inner = non_null(base.type)
    if isinstance(inner, Unknown):
        return _nothing_known(f"`{name}`", span, ctx)
    found = lookup(inner, name)
    if found is None:
        return no_field(inner, name, span, ctx, base.span)
    wire_name, of = found
    whole = Span(span.file, min(base.span.start, span.start), span.end)
    return tree.FieldOf(base, wire_name, nullable(of) if is_nullable(base.type) else of, whole)


def _nothing_known(what: str, span: Span, ctx: Context) -> tree.Expr:
    return ctx.error(
        "BFF302",
        span,
        f"{what} cannot be read: the backend declares no schema for this value",
        "nothing is known of this value",
        help="say what it is on the call: `as: backend.Schema`",
    )


def lookup(of: Type, name: str) -> tuple[str, Type] | None:
    """The wire name and type of a field of an object or a union; nullable when it may be absent."""
    if isinstance(of, ObjectType):
        found = field_named(of, name)
        return None if found is None else (found.name, read_type(found))
    if isinstance(of, Union):
        have = [field_named(arm, name) if isinstance(arm, ObjectType) else None for arm in of.arms]
        there = [one for one in have if one]
        if not there:
            return None
        joined = join_all([read_type(one) for one in there])
        return there[0].name, joined if len(there) == len(have) else nullable(joined)
    return None


def read_type(of: Field) -> Type:
    """What reading a field gives: null when it is absent."""
    return of.type if of.required else nullable(of.type)


def _written(span: Span | None) -> str:
    text = span.text if span else ""
    return text if text and "\n" not in text and len(text) <= 40 else "..."


_SIZES = ("len", "length", "size", "count")


def no_field(of: Type, name: str, span: Span, ctx: Context, base: Span | None = None) -> tree.Expr:
    """Report that a value of a type has no such field; `base` is where the value is written."""
    fields = {f.name: f for obj in objects_in(of) for f in obj.fields.values()}
    shown = _written(base)
    if isinstance(of, Null):
        return ctx.error("BFF302", span, f"`{shown}` is always null here", f"so it has no field `{name}`")
    if isinstance(of, MapType):
        whole = Span(span.file, base.start, span.end) if base else span
        entry = f'write `{shown}["{name}"]`'
        return ctx.error("BFF302", whole, f"{an(of)} has no field `{name}`", "entries stand in `[ ]`", help=entry)
    if isinstance(of, ListType):
        each = f"read it from each: `[x.{name} for x in {shown}]`" if lookup(non_null(of.item), name) else None
        size = f"write `len({shown})`" if name in _SIZES else None
        return ctx.error("BFF302", span, f"a list has no field `{name}`", f"this is {an(of)}", help=size or each)
    if not fields:
        size = f"write `len({shown})`" if name in _SIZES and isinstance(of, Scalar) and of.kind is Kind.TEXT else None
        return ctx.error("BFF302", span, f"{an(of)} has no field `{name}`", "has no fields", help=size)
    whose = " or ".join(f"`{object_name(obj)}`" for obj in objects_in(of))
    near = closest(name, fields)
    labels = [Label(where, "a similar field")] if near and (where := fields[near].span) else []
    note = None if near or len(fields) > 8 else f"fields: {', '.join(f'`{f}`' for f in fields)}"
    written = near if near is None or near.isidentifier() else python_name(near)
    help_ = f"did you mean `{written}`?" if near else None
    return ctx.error("BFF302", span, f"{whose} has no field `{name}`", "no such field", *labels, note=note, help=help_)


def subscript(base: tree.Expr, node: ast.Subscript, ctx: Context, infer: Infer) -> tree.Expr:
    """`base[...]`: an element, an entry, a field with an odd name, or a slice."""
    if isinstance(node.slice, ast.Slice):
        return _slice(base, node, node.slice, ctx, infer)
    inner = non_null(base.type)
    if objects_in_any(inner) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        return field(base, node.slice.value, ctx.span(node.slice), ctx)
    if isinstance(inner, Unknown):
        return _nothing_known("an element", ctx.span(node.slice), ctx)
    key = infer(node.slice, ctx)
    if is_broken(key.type):
        return key
    if isinstance(inner, MapType):
        return _entry(base, inner, key, node, ctx)
    if isinstance(inner, ListType) or (isinstance(inner, Scalar) and inner.kind is Kind.TEXT):
        return _element(base, inner, key, node, ctx)
    if isinstance(inner, TupleType) and isinstance(key, tree.Literal) and isinstance(key.value, int):
        if -len(inner.items) <= key.value < len(inner.items):
            return tree.ElementOf(base, key, True, inner.items[key.value], ctx.span(node))
    return ctx.error(
        "BFF305",
        node.value,
        f"{an(base.type)} has no elements",
        "only lists, maps and texts have `[ ]`",
    )


def objects_in_any(of: Type) -> bool:
    return any(True for _ in objects_in(of))


def _element(base: tree.Expr, inner: Type, key: tree.Expr, node: ast.Subscript, ctx: Context) -> tree.Expr:
    index = non_null(key.type)
    if not (isinstance(index, Scalar) and index.kind is Kind.INTEGER):
        return ctx.error("BFF301", node.slice, f"an index is an integer, not {an(key.type)}")
    item = inner.item if isinstance(inner, ListType) else TEXT
    literal = _literal_int(key)
    within = literal is not None and known_in_range(filled(base, ctx).type, literal)
    of = item if within and not is_nullable(base.type) else nullable(item)
    return tree.ElementOf(base, key, within, of, ctx.span(node))


def filled(value: tree.Expr, ctx: Context) -> tree.Expr:
    """A list with as many items as a condition has proved that it has: `len(xs) > 0`."""
    name, of = path(value), value.type
    fact = ctx.facts.get(limit_of(name, "min_items")) if name and isinstance(of, ListType) else None
    if fact is None or not isinstance(fact.type, ListType) or not isinstance(of, ListType):
        return value
    if fact.type.min_items <= of.min_items:
        return value
    if fact.origin:
        ctx.used.add(fact.origin)
    return replace(value, type=replace(of, min_items=fact.type.min_items))  # type: ignore[arg-type]


def _literal_int(key: tree.Expr) -> int | None:
    if isinstance(key, tree.Negate):
        inner = _literal_int(key.value)
        return None if inner is None else -inner
    return key.value if isinstance(key, tree.Literal) and isinstance(key.value, int) else None


def _entry(base: tree.Expr, inner: MapType, key: tree.Expr, node: ast.Subscript, ctx: Context) -> tree.Expr:
    if not comparable(key.type, inner.key):
        return ctx.error("BFF301", node.slice, f"a key of this map is {an(inner.key)}, not {an(key.type)}")
    if not isinstance(base, tree.MakeMap):
        check_key(inner, key, node.slice, ctx)
    there = f"{path(base)}{{{path(key)}}}?"
    within = there in ctx.facts or (isinstance(base, tree.MakeMap) and covers(base.entries, key.type))
    fact = ctx.facts.get(there)
    if fact and fact.origin:
        ctx.used.add(fact.origin)
    of = inner.value if within and not is_nullable(base.type) else nullable(inner.value)
    return tree.EntryOf(base, key, within, of, ctx.span(node))


def check_key(of: MapType, key: tree.Expr, node: ast.expr, ctx: Context) -> None:
    """A literal key of a map whose keys are known is one of them (BFF311)."""
    known = of.key.values if isinstance(of.key, Scalar) else None
    if known is None or not isinstance(key, tree.Literal) or key.value is None or key.value in known:
        return
    near = closest(str(key.value), map(str, known))
    ctx.error(
        "BFF311",
        node,
        f"`{key.value}` is never a key of this map",
        "never there",
        note=f"keys: {', '.join(f'`{value}`' for value in known[:12])}",
        help=f"did you mean `{near}`?" if near else None,
    )


def comparable(one: Type, other: Type) -> bool:
    """Whether two values can be equal at all. Null is left out of it."""
    if is_broken(one) or is_broken(other) or isinstance(one, Null) or isinstance(other, Null):
        return True
    one, other = non_null(one), non_null(other)
    if isinstance(one, Union) or isinstance(other, Union):
        mine = one.arms if isinstance(one, Union) else (one,)
        theirs = other.arms if isinstance(other, Union) else (other,)
        return not mine or not theirs or any(comparable(a, b) for a in mine for b in theirs)
    match one, other:
        case Scalar(), Scalar():
            numbers = (Kind.INTEGER, Kind.NUMBER)
            return one.kind is other.kind or (one.kind in numbers and other.kind in numbers)
        case TupleType(), TupleType():
            return len(one.items) == len(other.items) and all(map(comparable, one.items, other.items))
        case ObjectType(), ObjectType():  # objects of two classes are never equal, whatever they hold
            return one is other
        case ListType(), ListType():
            return comparable(one.item, other.item)
    return type(one) is type(other) and not isinstance(one, Unknown)


def _slice(base: tree.Expr, node: ast.Subscript, part: ast.Slice, ctx: Context, infer: Infer) -> tree.Expr:
    inner = non_null(base.type)
    is_text = isinstance(inner, Scalar) and inner.kind is Kind.TEXT
    if not isinstance(inner, ListType) and not is_text:
        return ctx.error("BFF305", node.value, f"{an(base.type)} cannot be sliced", "only lists and texts can")
    bounds = [_bound(end, ctx, infer) if end else None for end in (part.lower, part.upper)]
    step = None
    if part.step is not None:
        step = _literal_int(infer(part.step, ctx))
        if not step:
            return ctx.error("BFF306", part.step, "the step of a slice is a literal integer other than 0")
    of: Type = TEXT if is_text else ListType(inner.item) if isinstance(inner, ListType) else BROKEN
    of = nullable(of) if is_nullable(base.type) else of
    return tree.SliceOf(base, bounds[0], bounds[1], step, of, ctx.span(node))


def _bound(node: ast.expr, ctx: Context, infer: Infer) -> tree.Expr:
    value = infer(node, ctx)
    if is_broken(value.type) or (isinstance(value.type, Scalar) and value.type.kind is Kind.INTEGER):
        return value
    if is_nullable(value.type) and is_doubted(value, ctx):
        return broken(value.span)
    if is_nullable(value.type):
        help_ = f"write `default({ctx.text(node)}, 0)`"
        label, why = describe(value.type), why_null(value, ctx)
        return ctx.error("BFF303", node, "the bound of a slice may be null", label, *why, help=help_)
    return ctx.error("BFF301", node, f"the bound of a slice is an integer, not {an(value.type)}")


def docs_of(value: tree.Expr) -> Docs:
    """What the document says about the field that a value came from."""
    match value:
        case tree.Narrowed(inner) | tree.Convert(inner):
            return docs_of(inner)
        case tree.FieldOf(base, name):
            docs = [obj.fields[name].docs for obj in objects_in(base.type) if name in obj.fields]
            return docs[0] if len(docs) == 1 else NO_DOCS
        case tree.CallFunction("default", (first, *_)):
            return replace(docs_of(first), example=None, has_example=False)
    return NO_DOCS
