"""Objects that an expression makes on the spot, `dict(a=x)`, where an object with known fields is wanted."""

from __future__ import annotations

from dataclasses import replace

from bffgen.expr import tree
from bffgen.expr.access import no_field
from bffgen.expr.check import make_object
from bffgen.expr.literals import read_as
from bffgen.expr.scope import Context, broken
from bffgen.source.text import Span
from bffgen.typesystem.model import ListType, MapType, ObjectType, Type, is_nullable, non_null, nullable
from bffgen.typesystem.names import field_named
from bffgen.typesystem.relations import is_broken, join_all


def as_wanted(given: tree.Expr, wanted: Type, ctx: Context) -> tree.Expr:
    """`given` with the fields of its displays named as `wanted` names them (`from_` is `from`), and literals read.

    A field that `wanted` does not have would be lost without a word: a broken value after a message.
    """
    inner = non_null(wanted)
    match given:
        case tree.MakeObject() if isinstance(inner, ObjectType) and given.type is not inner:
            return _object(given, inner, ctx)
        case tree.MakeList(items) if isinstance(inner, ListType):
            made = [as_wanted(item, inner.item, ctx) for item in items]
            of = ListType(join_all([item.type for item in made]), len(made))
            return given if _same(made, items) else _unless_broken(replace(given, items=tuple(made), type=of), made)
        case tree.MakeMap(entries) if isinstance(inner, MapType):
            made = [as_wanted(value, inner.value, ctx) for _, value in entries]
            if _same(made, [value for _, value in entries]) or not isinstance(given.type, MapType):
                return given
            pairs = tuple((key, value) for (key, _), value in zip(entries, made, strict=True))
            of_map = replace(given.type, value=join_all([value.type for value in made]))
            return _unless_broken(replace(given, entries=pairs, type=of_map), made)
        case tree.Loop(element=element) if isinstance(inner, ListType):
            one, whole = as_wanted(element, inner.item, ctx), non_null(given.type)
            if one is element or not isinstance(whole, ListType):
                return given
            of_list: Type = replace(whole, item=one.type)
            of_list = nullable(of_list) if is_nullable(given.type) else of_list
            return _unless_broken(replace(given, element=one, type=of_list), [one])
        case tree.Choice(then=then, other=other):
            made = [as_wanted(then, wanted, ctx), as_wanted(other, wanted, ctx)]
            if _same(made, [then, other]):
                return given
            joined = join_all([branch.type for branch in made])
            return _unless_broken(replace(given, then=made[0], other=made[1], type=joined), made)
    return read_as(given, wanted)


def _object(given: tree.MakeObject, wanted: ObjectType, ctx: Context) -> tree.Expr:
    entries, spans = [], []
    for name, value in given.entries:
        where = given.type.fields[name].span or value.span
        field = field_named(wanted, name)
        if field is None:
            no_field(wanted, name, _of_name(where, name), ctx)
            return broken(given.span)
        entries.append((field.name, as_wanted(value, field.type, ctx)))
        spans.append(where)
    made = make_object(entries, given.omit_null, given.span, spans, given.type.name)
    return _unless_broken(made, [value for _, value in entries])


def _of_name(where: Span, name: str) -> Span:
    """The place of the name alone, in `name=value`."""
    alone = Span(where.file, where.start, where.start + len(name))
    return alone if where.file.text[alone.start : alone.end] == name else where


def _same(made: list[tree.Expr], before: tuple[tree.Expr, ...] | list[tree.Expr]) -> bool:
    return all(one is other for one, other in zip(made, before, strict=True))


def _unless_broken(made: tree.Expr, parts: list[tree.Expr]) -> tree.Expr:
    return broken(made.span) if any(is_broken(part.type) for part in parts) else made
