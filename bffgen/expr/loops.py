"""Comprehensions and `$for`: what can be looped over, what a loop binds."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace

from bffgen.expr import tree
from bffgen.expr.assume import assume
from bffgen.expr.operators import condition, may_be_null
from bffgen.expr.scope import Binding, Context
from bffgen.expr.tree import LoopKind, Role, Target
from bffgen.typesystem.model import (
    BOOLEAN,
    BYTES,
    IterType,
    Kind,
    ListType,
    MapType,
    Scalar,
    SetType,
    TupleType,
    Type,
    is_nullable,
    non_null,
)
from bffgen.typesystem.relations import BROKEN, an, holds_broken, is_broken

Infer = Callable[[ast.expr, Context], tree.Expr]
Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


def comprehension(node: Comprehension, kind: LoopKind, ctx: Context, infer: Infer) -> tree.Expr:
    clauses: list[tree.Clause] = []
    inner = ctx
    for generator in node.generators:
        if generator.is_async:
            return ctx.error("BFF114", node, "an expression cannot have `async for`")
        made = clause(generator.target, generator.iter, generator.ifs, inner, infer)
        if made is None:
            return tree.Literal(None, BROKEN, ctx.span(node))
        written, inner = made
        clauses.append(written)
    if isinstance(node, ast.DictComp):
        found = infer(node.key, inner)
        if is_nullable(found.type) and is_key(non_null(found.type)):
            found, inner = _without_null(found, clauses, inner)
        found = key(found, node.key, inner)
        element = infer(node.value, inner)
        of: Type = plain_keys(MapType(found.type, element.type))
        return tree.Loop(kind, found, element, tuple(clauses), False, of, ctx.span(node))
    element = infer(node.elt, inner)
    if kind is LoopKind.SET:
        if is_nullable(element.type) and is_key(non_null(element.type)):
            element, inner = _without_null(element, clauses, inner)
        element = key(element, node.elt, inner)
    of = _collected(kind, element.type, clauses)
    return tree.Loop(kind, None, element, tuple(clauses), False, of, ctx.span(node))


def _collected(kind: LoopKind, element: Type, clauses: list[tree.Clause]) -> Type:
    if kind is LoopKind.LIST:
        return ListType(element, least_items(clauses))
    return SetType(element) if kind is LoopKind.SET else IterType(element)


def least_items(clauses: list[tree.Clause]) -> int:
    """How many elements a list has at least that these clauses make: as many as its source, if none is left out."""
    of = clauses[0].source.type
    plain = len(clauses) == 1 and not clauses[0].conditions
    return of.min_items if plain and isinstance(of, ListType) else 0


def _without_null(found: tree.Expr, clauses: list[tree.Clause], ctx: Context) -> tuple[tree.Expr, Context]:
    """Null keys are left out: the last clause gets a condition that says so."""
    there = tree.IsNull(found, True, BOOLEAN, found.span)
    clauses[-1] = replace(clauses[-1], conditions=(*clauses[-1].conditions, there))
    return tree.Narrowed(found, False, non_null(found.type), found.span), assume(ctx, there, True)


def clause(
    target: ast.expr,
    source: ast.expr,
    conditions: list[ast.expr],
    ctx: Context,
    infer: Infer,
    nullable_source: bool = False,
) -> tuple[tree.Clause, Context] | None:
    """`for target in source if conditions`: the clause, and what its body sees; None after a message."""
    over = infer(source, ctx)
    if is_broken(over.type):
        return None
    if is_nullable(over.type) and not nullable_source:
        may_be_null(over, source, "a loop", ctx)
        return None
    item = element_type(non_null(over.type))
    if item is None:
        hint = f"write `{ctx.text(source)}.items()`" if isinstance(over.type, MapType) else None
        if over.type == BYTES:
            hint = "a backend's JSON lines or events are read with `stream: lines` or `stream: events` of the endpoint"
        ctx.error("BFF305", source, f"cannot loop over {an(over.type)}", "only lists and maps", help=hint)
        return None
    bound: dict[str, Binding] = {}
    made = _bind(target, item, ctx, bound)
    if made is None:
        return None
    inner = ctx.with_names(bound)
    checked: list[tree.Expr] = []
    for written in conditions:
        test = condition(infer(written, inner), written, inner)
        checked.append(test)
        inner = assume(inner, test, True, inner.span(written))
    return tree.Clause(made, over, tuple(checked)), inner


def element_type(of: Type) -> Type | None:
    """What a loop over a value of this type sees, None when it cannot be looped over. A map gives its keys."""
    match of:
        case ListType(item) | SetType(item) | IterType(item):
            return item
        case MapType(found, _):
            return found
    return None


def _bind(target: ast.expr, of: Type, ctx: Context, bound: dict[str, Binding]) -> Target | None:
    if isinstance(target, ast.Name):
        if not _free(target.id, target, ctx, bound):
            return None
        bound[target.id] = Binding(Role.LOOP, of, ctx.span(target))
        return Target(target.id, (), of)
    if isinstance(target, ast.Tuple) and all(isinstance(e, (ast.Name, ast.Tuple)) for e in target.elts):
        if not isinstance(of, TupleType) or len(of.items) != len(target.elts):
            ctx.error("BFF305", target, f"{an(of)} cannot be taken apart into {len(target.elts)} names")
            return None
        made = [_bind(part, item, ctx, bound) for part, item in zip(target.elts, of.items, strict=True)]
        return None if None in made else Target(None, tuple(part for part in made if part), of)
    ctx.error("BFF114", target, "a loop binds names", "not a name")
    return None


def _free(name: str, target: ast.expr, ctx: Context, bound: dict[str, Binding]) -> bool:
    from bffgen.expr.results import FUNCTIONS  # functions need loops for their generators

    if name == "_" and name not in bound:
        return True
    hidden = ctx.scope.find(name) or bound.get(name)
    if hidden or name in FUNCTIONS or name in RESERVED:
        what = "hides a function" if name in FUNCTIONS else "hides another name"
        what = "is a reserved word" if name in RESERVED else what
        ctx.error("BFF208", target, f"`{name}` {what}", "already has a meaning", help="choose another name")
        return False
    if name.startswith("_"):
        ctx.error("BFF108", target, f"`{name}` begins with an underscore", help="choose another name")
        return False
    return True


RESERVED = ("body", "claims", "degraded", "batch", "item", "answer", "error")


def key(value: tree.Expr, written: ast.expr, ctx: Context) -> tree.Expr:
    """A key of a map or member of a set: a scalar, or a tuple of them. Null keys are left out by the loop."""
    of = value.type
    if holds_broken(of):
        return value
    if is_nullable(of):
        return may_be_null(value, written, "a key", ctx)
    if not is_key(of):
        return ctx.error("BFF305", written, f"{an(of)} cannot be a key", "a key is a scalar or a tuple of scalars")
    return value


def is_key(of: Type) -> bool:
    """Whether values of this type can be keys."""
    if isinstance(of, TupleType):
        return all(is_key(item) for item in of.items)
    return isinstance(of, Scalar)


def plain_keys(of: MapType) -> MapType:
    """A map whose keys were literals: its key type is the scalar itself."""
    if isinstance(of.key, Scalar) and of.key.values and not of.key.open and of.key.kind in (Kind.TEXT, Kind.INTEGER):
        return replace(of, key=Scalar(of.key.kind))
    return of
