"""YAML values -> typed expressions: scalars, sequences, mappings with their directives, texts with holes."""

from __future__ import annotations

import ast
from dataclasses import replace

from bffgen.check.fit import fit
from bffgen.diagnostics.model import Label
from bffgen.diagnostics.suggest import closest
from bffgen.expr import access, loops, operators, tree
from bffgen.expr.assume import assume
from bffgen.expr.check import infer, make_object, narrowed
from bffgen.expr.parse import SourceText, parse, parse_loop
from bffgen.expr.retarget import joined
from bffgen.expr.scope import Context, broken
from bffgen.expr.tree import LoopKind
from bffgen.records import dataclass
from bffgen.source.json_text import looks_like_json
from bffgen.source.text import Span
from bffgen.spec import model as spec
from bffgen.typesystem.model import (
    BOOLEAN,
    NULL,
    NUMBER,
    TEXT,
    Kind,
    ListType,
    MapType,
    ObjectType,
    Scalar,
    Type,
    Union,
    Unknown,
    is_nullable,
    non_null,
    nullable,
)
from bffgen.typesystem.names import field_named
from bffgen.typesystem.relations import an, describe, is_broken, object_name


def source_text(written: spec.Expr) -> SourceText:
    """An expression of the spec, with the places of its text."""
    node, offset = written.node, written.offset
    return SourceText(written.text, lambda start, end: node.part(offset + start, offset + end))


def expression(written: spec.Expr, ctx: Context) -> tree.Expr:
    """The typed form of one expression."""
    parsed = parse(source_text(written), ctx.diags)
    if parsed is None:
        return broken(written.node.span)
    _warn_quoted_name(written, parsed.tree, ctx)
    return infer(parsed.tree, replace(ctx, parsed=parsed))


def _warn_quoted_name(written: spec.Expr, tree_: ast.expr, ctx: Context) -> None:
    if isinstance(tree_, ast.Name) and _is_in_quotes(written, tree_.id) and ctx.scope.find(tree_.id):
        ctx.diags.report(
            "BFF409",
            f"the quoted text is read as the name `{tree_.id}`",
            Label(written.node.span, "quotes do not make a text here"),
            help=f"for the name write `{tree_.id}`; for a text write `\"'{tree_.id}'\"`",
        )


def _is_in_quotes(written: spec.Expr, text: str) -> bool:
    """Whether a scalar is exactly `text` in quotes that the user could have left out: not a block, not JSON."""
    node = written.node
    span = node.span
    in_quotes = node.quoted and node.file.text[span.start] in "\"'" and node.text == text
    return in_quotes and not looks_like_json(node.file.text)


def condition(written: spec.Expr | spec.Const, ctx: Context) -> tree.Expr:
    """An expression that is to be true or false."""
    if isinstance(written, spec.Const):
        if isinstance(written.value, bool):
            return tree.Literal(written.value, BOOLEAN, written.node.span)
        ctx.diags.report("BFF304", f"`{written.value}` is not a condition", written.node.span)
        return broken(written.node.span)
    parsed = parse(source_text(written), ctx.diags)
    if parsed is None:
        return broken(written.node.span)
    inner = replace(ctx, parsed=parsed)
    return operators.condition(infer(parsed.tree, inner), parsed.tree, inner)


@dataclass(frozen=True, slots=True)
class Place:
    """What messages call the place of a value ("parameter `id` of ..."), and where it is declared."""

    what: str = "this"
    why: Label | None = None

    def fit(self, made: tree.Expr, wanted: Type | None, span: Span, ctx: Context, shown: str = "") -> tree.Expr:
        return made if wanted is None else fit(made, wanted, span, ctx, shown, self.what, self.why)


HERE = Place()


def value(written: spec.Value, ctx: Context, wanted: Type | None = None, place: Place = HERE) -> tree.Expr:
    """The typed form of a YAML value; when a type is `wanted`, one that fits it (or a message)."""
    match written:
        case spec.Const():
            return _constant(written, wanted, ctx, place)
        case spec.Expr():
            return place.fit(expression(written, ctx), wanted, written.node.span, ctx, written.text)
        case spec.ListValue():
            return _list(written, ctx, wanted, place)
        case spec.ObjectValue():
            return _mapping(written, ctx, wanted, place)


def _constant(written: spec.Const, wanted: Type | None, ctx: Context, place: Place) -> tree.Expr:
    span, given = written.node.span, written.value
    of: Type = NULL
    if isinstance(given, bool):
        of = BOOLEAN
    elif isinstance(given, int):
        of = Scalar(Kind.INTEGER, (given,)) if -(2**63) <= given < 2**63 else NUMBER
    elif isinstance(given, float):
        of = NUMBER
    return place.fit(tree.Literal(given, of, span), wanted, span, ctx, written.node.text)


def _list(written: spec.ListValue, ctx: Context, wanted: Type | None, place: Place) -> tree.Expr:
    inner = non_null(wanted) if wanted is not None else None
    item_wanted = inner.item if isinstance(inner, ListType) else None
    item_place = Place(f"an item of {place.what}", place.why)
    items = tuple(value(item, ctx, item_wanted, item_place) for item in written.items)
    of = item_wanted
    if of is None:
        items, of = joined(items)
    made = tree.MakeList(items, ListType(of, len(items)), written.node.span)
    return made if item_wanted else place.fit(made, wanted, written.node.span, ctx)


# ---------------------------------------------------------------------------------------------- mappings


def _mapping(written: spec.ObjectValue, ctx: Context, wanted: Type | None, place: Place) -> tree.Expr:
    if written.loop is not None:
        return _for(written, written.loop, ctx, wanted, place)
    if written.condition is not None:
        test = condition(written.condition, ctx)
        then = _object(
            written, assume(ctx, test, True, written.condition.span), non_null(wanted) if wanted else None, place
        )
        other = tree.Literal(None, NULL, written.node.span)
        made = tree.Choice(test, then, other, nullable(then.type), written.node.span)
        return place.fit(made, wanted, written.node.span, ctx)
    return _object(written, ctx, wanted, place)


def _for(written: spec.ObjectValue, loop: spec.Expr, ctx: Context, wanted: Type | None, place: Place) -> tree.Expr:
    """`$for: x in xs` with `$if`: a list of what the rest of the mapping says."""
    clause = parse_loop(source_text(loop), ctx.diags)
    span = written.node.span
    if clause is None:
        return broken(span)
    parts, parsed = clause
    made = loops.clause(parts.target, parts.iter, parts.ifs, replace(ctx, parsed=parsed), infer, True)
    if made is None:
        return broken(span)
    one, inner = made
    if written.condition is not None:
        test = condition(written.condition, inner)
        one = replace(one, conditions=(*one.conditions, test))
        inner = assume(inner, test, True, written.condition.span)
    list_wanted = non_null(wanted) if wanted is not None else None
    item_wanted = list_wanted.item if isinstance(list_wanted, ListType) else None
    element = _object(written, inner, item_wanted, place)
    holds_null = is_nullable(one.source.type)
    of: Type = ListType(element.type, loops.least_items([one]))
    result = tree.Loop(LoopKind.LIST, None, element, (one,), holds_null, nullable(of) if holds_null else of, span)
    return place.fit(result, wanted, span, ctx)


def _object(written: spec.ObjectValue, ctx: Context, wanted: Type | None, place: Place) -> tree.Expr:
    target = _target(written, wanted)
    if isinstance(target, ObjectType):
        return typed_object(written, target, ctx)
    if isinstance(target, (MapType, Unknown)):
        return _as_map(written, target, ctx)
    return place.fit(_own_object(written, ctx), wanted, written.node.span, ctx)


def _target(written: spec.ObjectValue, wanted: Type | None) -> Type | None:
    """What the mapping is to be: of a union the first object that takes its keys."""
    inner = non_null(wanted) if wanted is not None else None
    if not isinstance(inner, Union):
        return inner
    keys = {key for key, _, _ in written.entries}
    for arm in inner.arms:
        if isinstance(arm, ObjectType):
            needed = {name for name, field in arm.fields.items() if field.required}
            if needed <= keys and all(field_named(arm, key) for key in keys):
                return arm
    return next((arm for arm in inner.arms if isinstance(arm, ObjectType)), inner)


def typed_object(written: spec.ObjectValue, target: ObjectType, ctx: Context, partial: bool = False) -> tree.Expr:
    """A mapping where an object of a backend is wanted: its fields are known, each is checked against its own.

    `partial` is for the value that stands in for a failed call: what must be there is decided by what is read.
    """
    entries: dict[str, tree.Expr] = {}
    unknown: list[str] = []
    for key, where, item in _produced(written, ctx, target):
        field = field_named(target, key)
        if field is None:
            access.no_field(target, key, where, ctx)
            unknown.append(key)
            if not isinstance(item, tree.Expr):
                value(item, ctx)
            continue
        allowed = field.type if field.required else nullable(field.type)
        why = Label(field.span, f"{describe(non_null(field.type))} expected") if field.span else None
        place = Place(f"`{field.name}` of `{object_name(target)}`", why)
        if isinstance(item, tree.Expr):
            entries[field.name] = place.fit(item, allowed, where, ctx)
        else:
            entries[field.name] = value(item, ctx, allowed, place)
    missing = [name for name, field in target.fields.items() if field.required and name not in entries]
    misspelt = {closest(key, target.fields) for key in unknown}
    missing = [name for name in missing if name not in misspelt]
    if missing and not partial:
        declared = target.fields[missing[0]].span
        labels = [Label(declared, "declared here: required")] if declared else []
        ctx.diags.report(
            "BFF209",
            f"`{object_name(target)}` needs the field `{missing[0]}`",
            Label(_first_line(written), "does not set it"),
            *labels,
            note=f"also missing: {', '.join(f'`{n}`' for n in missing[1:])}" if missing[1:] else None,
            help=f"add `{missing[0]}: ...`",
        )
    return tree.MakeObject(tuple(entries.items()), written.omit_null, target, written.node.span)


def _first_line(written: spec.ObjectValue) -> Span:
    """A mapping's first key: a span over the whole of it would cover everything inside."""
    return written.entries[0][1] if written.entries else written.node.span


def _as_map(written: spec.ObjectValue, target: MapType | Unknown, ctx: Context) -> tree.Expr:
    wanted = target.value if isinstance(target, MapType) else None
    entries: list[tuple[tree.Expr, tree.Expr]] = []
    for key, where, item in _produced(written, ctx, None):
        made = item if isinstance(item, tree.Expr) else value(item, ctx.inside(key), wanted)
        entries.append((tree.Literal(key, TEXT, where), made))
    return tree.MakeMap(
        tuple(entries), target if isinstance(target, MapType) else MapType(TEXT, target), written.node.span
    )


def _own_object(written: spec.ObjectValue, ctx: Context) -> tree.Expr:
    ctx = replace(ctx, hint=written.name or ctx.hint)
    entries: list[tuple[str, tree.Expr]] = []
    spans: list[Span] = []
    for key, where, item in _produced(written, ctx, None):
        entries.append((key, item if isinstance(item, tree.Expr) else value(item, ctx.inside(key))))
        spans.append(where)
    return make_object(entries, written.omit_null, written.node.span, spans, written.name or ctx.hint)


def _produced(
    written: spec.ObjectValue, ctx: Context, target: ObjectType | None
) -> list[tuple[str, Span, spec.Value | tree.Expr]]:
    """All fields of the mapping, its picks first; two producers of one field are an error (BFF312)."""
    own = {key for key, _, _ in written.entries}
    found: list[tuple[str, Span, spec.Value | tree.Expr]] = []
    seen: dict[str, Span] = {}
    for pick in written.picks:
        found.extend(_picked(pick, own, seen, ctx))
    for key, where, item in written.entries:
        if key in seen:
            _twice(key, where, seen[key], ctx)
        seen[key] = where
        found.append((key, where, item))
    return found


def _picked(pick: spec.Pick, own: set[str], seen: dict[str, Span], ctx: Context) -> list[tuple[str, Span, tree.Expr]]:
    source = expression(pick.source, ctx)
    if is_broken(source.type):
        return []
    objects = non_null(source.type)
    span = pick.source.node.span
    if not isinstance(objects, (ObjectType, Union)):
        ctx.diags.report("BFF305", f"`$pick` takes an object, not {an(source.type)}", span)
        return []
    found: list[tuple[str, Span, tree.Expr]] = []
    if pick.fields == "all":
        names = list(dict.fromkeys(n for obj in _objects(objects) for n in obj.fields))
        wanted = [(name, span) for name in names if name not in own and name not in seen]
    else:
        wanted = list(pick.fields)
    for name, where in wanted:
        made = narrowed(access.field(source, name, where, ctx), ctx)
        key = made.name if isinstance(made, tree.FieldOf) else name
        if isinstance(made, tree.Narrowed) and isinstance(made.value, tree.FieldOf):
            key = made.value.name
        if key in seen:
            _twice(key, where, seen[key], ctx)
        seen[key] = where
        found.append((key, where, made))
    return found


def _objects(of: Type) -> list[ObjectType]:
    return [obj for obj in (of.arms if isinstance(of, Union) else (of,)) if isinstance(obj, ObjectType)]


def _twice(key: str, where: Span, first: Span, ctx: Context) -> None:
    ctx.diags.report(
        "BFF312",
        f"the field `{key}` is produced twice",
        Label(where, "again here"),
        Label(first, "first here"),
    )
