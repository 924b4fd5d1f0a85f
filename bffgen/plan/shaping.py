"""What is made of a backend's answer: the list in it, and a map of that list by key."""

from __future__ import annotations

import ast

from bffgen.check.model import CheckedCall, CheckedEntry
from bffgen.expr.emit import emit
from bffgen.expr.tree import Expr
from bffgen.plan.emitted_names import EndpointNames
from bffgen.plan.quote import called, code, name, quote
from bffgen.typesystem.model import ListType, MapType, Type, is_nullable, non_null


def items_type(call: CheckedCall) -> Type:
    """The type of the list in one answer; of the answer itself where nothing is said."""
    return call.items.type if call.items is not None else call.reply


def is_shaped(call: CheckedCall) -> bool:
    """Whether one answer is not what one call gives."""
    return call.items is not None or (call.key is not None and call.each is None)


def shaped(call: CheckedCall, answer: ast.expr, names: EndpointNames) -> tuple[list[ast.stmt], ast.expr]:
    """What a call that is made once gives, of the answer that the local `answer` holds: statements and a value."""
    if call.key is None or call.each is not None:
        return [], answer if call.items is None else emit(call.items, names)
    items = answer if call.items is None else emit(call.items, names)
    if not is_nullable(items_type(call)):
        return [], by_key(call, items, items_type(call), names)
    local = names.fresh("found")
    made = by_key(call, name(local), items_type(call), names)
    bound = quote("local = items", local=local, items=items)
    return bound, code("None if local is None else made", local=local, made=made)


def by_key(entry: CheckedEntry, items: ast.expr, of: Type, names: EndpointNames) -> ast.expr:
    """A map of the items by the entry's key; the first of equal keys stays."""
    assert entry.key is not None
    if isinstance(non_null(of), MapType):
        items = called(ast.Attribute(items, "values", ast.Load()))
    return called(names.module.runtime("lookups", "by_key"), items, of_item(entry.key, names))


def of_item(expr: Expr, names: EndpointNames) -> ast.expr:
    """`lambda item: item.id`."""
    return _function("item", emit(expr, names))


def of_answer(expr: Expr, names: EndpointNames) -> ast.expr:
    """`lambda answer: answer.next`."""
    return _function("answer", emit(expr, names))


def _function(parameter: str, value: ast.expr) -> ast.expr:
    arguments = ast.arguments([], [ast.arg(parameter)], None, [], [], None, [])
    return ast.Lambda(arguments, value)


def as_list(items: ast.expr, of: Type) -> ast.expr:
    """The list of one answer of several: none where it is null."""
    if not is_nullable(of):
        return items
    empty: ast.expr = ast.List([], ast.Load()) if isinstance(non_null(of), ListType) else ast.Dict([], [])
    return ast.BoolOp(ast.Or(), [items, empty])
