"""Values for the enums of a request: an unknown member fails the call before it is sent.

An enum in a reply is open, so its static type is `str`; a request's model asks for `Literal[...]`.
"""

from __future__ import annotations

from typing import Any

from bffgen.expr.tree import Choice, Convert, Expr, Loop, MakeList, MakeObject
from bffgen.plan.walk import rewrite, walk
from bffgen.typesystem.model import Kind, ListType, Null, Nullable, ObjectType, Scalar, Type, nullable


def enums_checked(expr: Expr) -> Any:
    """The expression with every field of a request that is an enum converted to it, where that is in doubt."""
    changes: dict[int, Expr] = {}
    for node in walk(expr):
        if isinstance(node, MakeObject) and node.type.request:
            for name, value in node.entries:
                wanted = _enum(node.type, name)
                if wanted is not None and not _is_sure(value):
                    of = nullable(wanted) if isinstance(value.type, Nullable) else wanted
                    changes[id(value)] = Convert(value, of, value.span)
    return rewrite(expr, changes)


def _enum(of: ObjectType, name: str) -> Type | None:
    """The type of a field that is an enum of texts, or a list of them."""
    declared = of.fields[name].type if name in of.fields else None
    inner = declared.of if isinstance(declared, Nullable) else declared
    item = inner.item if isinstance(inner, ListType) else inner
    return inner if isinstance(item, Scalar) and item.kind is Kind.TEXT and _is_closed(item) else None


def _is_sure(value: Expr) -> bool:
    """Whether only members can come; what a list is made of tells more than its type."""
    match value:
        case MakeList(items):
            return all(map(_is_sure, items))
        case Loop(element=element):
            return _is_sure(element)
        case Choice(_, then, other):
            return _is_sure(then) and _is_sure(other)
    return _is_closed(value.type) or isinstance(value.type, Null)


def _is_closed(of: Type) -> bool:
    inner = of.of if isinstance(of, Nullable) else of
    if isinstance(inner, ListType):
        return _is_closed(inner.item)
    return isinstance(inner, Scalar) and inner.values is not None and not inner.open
