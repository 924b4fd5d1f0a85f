"""What an expression makes of sample data: known beforehand for the emitted tests, as far as it is plain.

Data is as in JSON. Whatever would need a clock, dates or more of Python than it is worth raises `Unsure`.
"""

from __future__ import annotations

import math
import operator
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bffgen.expr import tree
from bffgen.expr.tree import Expr, LoopKind, Role
from bffgen.typesystem.model import Kind, Scalar, TupleType, Type, non_null

Env = Mapping[tuple[Role, str], Any]


class Unsure(Exception):
    """The value cannot be told beforehand."""


def evaluate(expr: Expr, env: Env) -> Any:
    """The value. Raises `Unsure`."""
    handler = _HANDLERS.get(type(expr))
    if handler is None:
        raise Unsure
    return handler(expr, env)


def truth(expr: Expr, env: Env) -> bool | None:
    """Whether a condition holds; None when that cannot be told."""
    try:
        return bool(evaluate(expr, env))
    except Unsure:
        return None


def _ref(expr: tree.Ref, env: Env) -> Any:
    try:
        return env[expr.role, expr.name]
    except KeyError:
        raise Unsure from None


def _field(expr: tree.FieldOf, env: Env) -> Any:
    base = evaluate(expr.base, env)
    if base is None:
        return None
    if not isinstance(base, dict):
        raise Unsure
    return base.get(expr.name)


def _element(expr: tree.ElementOf, env: Env) -> Any:
    base, index = evaluate(expr.base, env), evaluate(expr.index, env)
    if base is None or index is None:
        return None
    return base[index] if -len(base) <= index < len(base) else None


def _entry(expr: tree.EntryOf, env: Env) -> Any:
    base, key = evaluate(expr.base, env), evaluate(expr.key, env)
    return None if base is None or key is None else base.get(key)


def _slice(expr: tree.SliceOf, env: Env) -> Any:
    base = evaluate(expr.base, env)
    start, stop = (evaluate(end, env) if end is not None else None for end in (expr.start, expr.stop))
    return None if base is None else base[start : stop : expr.step]


def _compare(expr: tree.Compare, env: Env) -> bool:
    if _is_moment(expr.left.type) or _is_moment(expr.right.type):
        raise Unsure
    left, right = evaluate(expr.left, env), evaluate(expr.right, env)
    if expr.operator in ("in", "not in"):
        return (right is not None and left in right) == (expr.operator == "in")
    if expr.operator in ("==", "!="):
        return bool(left == right) == (expr.operator == "==")
    return left is not None and right is not None and bool(_COMPARISONS[expr.operator](left, right))


def _is_moment(of: Type) -> bool:
    inner = non_null(of)
    return isinstance(inner, Scalar) and inner.kind in (Kind.DATE, Kind.DATETIME, Kind.DURATION, Kind.UUID)


_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _truth(expr: tree.Truth, env: Env) -> bool:
    value = evaluate(expr.value, env)
    return value if isinstance(value, bool) else value is not None


def _logic(expr: tree.Logic, env: Env) -> bool:
    """Decided by the first operand that decides, even after one that cannot be told."""
    decides, unsure = expr.operator == "or", False
    for operand in expr.operands:
        known = truth(operand, env)
        if known is decides:
            return decides
        unsure = unsure or known is None
    if unsure:
        raise Unsure
    return not decides


def _arithmetic(expr: tree.Arithmetic, env: Env) -> Any:
    if any(_is_moment(side.type) for side in (expr, expr.left, expr.right)):
        raise Unsure
    left, right = evaluate(expr.left, env), evaluate(expr.right, env)
    if left is None or right is None or (expr.operator in ("/", "//", "%") and not right):
        return None
    try:
        value = _ARITHMETIC[expr.operator](left, right)
    except (ArithmeticError, TypeError):
        raise Unsure from None
    if isinstance(value, float) and not math.isfinite(value):
        raise Unsure
    return value


_ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}


def _negate(expr: tree.Negate, env: Env) -> Any:
    value = evaluate(expr.value, env)
    return None if value is None else -value


def _choice(expr: tree.Choice, env: Env) -> Any:
    return evaluate(expr.then if evaluate(expr.test, env) else expr.other, env)


def _text(expr: tree.MakeText, env: Env) -> str:
    return "".join(part if isinstance(part, str) else _part(part, env) for part in expr.parts)


def _part(part: tree.TextPart, env: Env) -> str:
    value = evaluate(part.value, env)
    if part.format or isinstance(value, (bool, float)) or not isinstance(value, (str, int)):
        raise Unsure
    return str(value)


def _object(expr: tree.MakeObject, env: Env) -> Any:
    made = {name: evaluate(value, env) for name, value in expr.entries}
    return {name: value for name, value in made.items() if not (expr.omit_null and value is None)}


def _map(expr: tree.MakeMap, env: Env) -> Any:
    return {evaluate(key, env): evaluate(value, env) for key, value in expr.entries}


def _loop(expr: tree.Loop, env: Env) -> Any:
    if expr.nullable_source and evaluate(expr.clauses[0].source, env) is None:
        return None
    scopes = list(_scopes(expr.clauses, env))
    if expr.kind is LoopKind.MAP and expr.key is not None:
        pairs = [(evaluate(expr.key, scope), evaluate(expr.element, scope)) for scope in scopes]
        return {key: value for key, value in pairs if key is not None}
    return [evaluate(expr.element, scope) for scope in scopes]


def _scopes(clauses: tuple[tree.Clause, ...], env: Env) -> Iterator[Env]:
    if not clauses:
        yield env
        return
    first, *rest = clauses
    for value in evaluate(first.source, env) or []:
        scope = ChainMap(bound(first.target, value), env)  # type: ignore[arg-type]
        if all(evaluate(condition, scope) for condition in first.conditions):
            yield from _scopes(tuple(rest), scope)


def bound(target: tree.Target, value: Any) -> dict[tuple[Role, str], Any]:
    if target.name is not None:
        return {(Role.LOOP, target.name): value}
    if not isinstance(value, (list, tuple)) or len(value) != len(target.items):
        raise Unsure
    pairs = zip(target.items, value, strict=True)
    return {key: one for item, part in pairs for key, one in bound(item, part).items()}


def _function(expr: tree.CallFunction, env: Env) -> Any:
    if expr.name == "default":
        first = evaluate(expr.args[0], env)
        return evaluate(expr.args[1], env) if first is None else first
    function = _FUNCTIONS.get(expr.name)
    if function is None or expr.options or len(expr.args) != 1:
        raise Unsure
    value = evaluate(expr.args[0], env)
    if value is None or (_is_moment(expr.args[0].type) and expr.name != "len"):
        raise Unsure
    try:
        return function(value)
    except (TypeError, ValueError, ArithmeticError):
        raise Unsure from None


_FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
    "len": len,
    "sum": sum,
    "any": any,
    "all": all,
    "abs": abs,
    "list": list,
    "first": lambda values: values[0] if values else None,
    "last": lambda values: values[-1] if values else None,
    "min": lambda values: min(values) if values else None,
    "max": lambda values: max(values) if values else None,
    "unique": lambda values: list(dict.fromkeys(values)),
}


def _method(expr: tree.CallMethod, env: Env) -> Any:
    base = evaluate(expr.base, env)
    args = [evaluate(arg, env) for arg in expr.args]
    if base is None:
        return None
    if isinstance(base, str) and expr.name in _TEXT_METHODS and not _is_moment(expr.base.type):
        return getattr(base, expr.name)(*args)
    if isinstance(base, dict) and expr.name in ("keys", "values"):
        return list(getattr(base, expr.name)())
    if isinstance(base, dict) and expr.name == "items" and isinstance(getattr(expr.type, "item", None), TupleType):
        return list(base.items())
    raise Unsure


_TEXT_METHODS = frozenset("lower upper strip split startswith endswith replace title".split())

_HANDLERS: Mapping[type, Callable[[Any, Env], Any]] = {
    tree.Literal: lambda expr, env: expr.value,
    tree.Ref: _ref,
    tree.FieldOf: _field,
    tree.ElementOf: _element,
    tree.EntryOf: _entry,
    tree.SliceOf: _slice,
    tree.MakeList: lambda expr, env: [evaluate(item, env) for item in expr.items],
    tree.MakeTuple: lambda expr, env: tuple(evaluate(item, env) for item in expr.items),
    tree.MakeSet: lambda expr, env: [evaluate(item, env) for item in expr.items],
    tree.MakeMap: _map,
    tree.MakeObject: _object,
    tree.Compare: _compare,
    tree.IsNull: lambda expr, env: (evaluate(expr.value, env) is None) != expr.negated,
    tree.Truth: _truth,
    tree.Logic: _logic,
    tree.Not: lambda expr, env: not evaluate(expr.value, env),
    tree.Negate: _negate,
    tree.Arithmetic: _arithmetic,
    tree.Choice: _choice,
    tree.MakeText: _text,
    tree.Loop: _loop,
    tree.CallFunction: _function,
    tree.CallMethod: _method,
    tree.Narrowed: lambda expr, env: evaluate(expr.value, env),
    tree.Convert: lambda expr, env: evaluate(expr.value, env),
}
