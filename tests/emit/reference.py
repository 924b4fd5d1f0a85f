"""What an expression means, said as directly as possible: the emitted code must agree with it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import cmp_to_key
from typing import Any

from pydantic import MISSING

from bffgen.expr import tree
from bffgen.expr.tree import Expr, LoopKind
from bffgen.typesystem.model import Field, Kind, Scalar, is_nullable, non_null

from . import sample

Env = Mapping[str, Any]

ARITHMETIC = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}
COMPARE = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda a, b: any(a == one for one in b),
    "not in": lambda a, b: all(a != one for one in b),
}


def evaluate(expr: Expr, env: Env) -> Any:  # noqa: C901  (one case a node)
    match expr:
        case tree.Literal(value):
            return value
        case tree.Ref(name):
            return env[name]
        case tree.Narrowed(value) | tree.Convert(value):
            return evaluate(value, env)
        case tree.FieldOf(base, name):
            return field(evaluate(base, env), name)
        case tree.ElementOf(base, index):
            return element(evaluate(base, env), evaluate(index, env))
        case tree.EntryOf(base, key):
            found = evaluate(base, env)
            return None if found is None else found.get(evaluate(key, env))
        case tree.SliceOf(base, start, stop, step):
            whole = evaluate(base, env)
            bounds = [None if end is None else evaluate(end, env) for end in (start, stop)]
            return None if whole is None else whole[bounds[0] : bounds[1] : step]
        case tree.MakeList(items):
            return [evaluate(one, env) for one in items]
        case tree.MakeTuple(items):
            return tuple(evaluate(one, env) for one in items)
        case tree.MakeSet(items):
            return {evaluate(one, env) for one in items}
        case tree.MakeMap(entries):
            return {evaluate(key, env): evaluate(value, env) for key, value in entries}
        case tree.MakeObject(entries, omit_null, of):
            values = {name: evaluate(value, env) for name, value in entries}
            optional = {name for name in values if not takes_null(of.fields[name])}
            kept = {k: v for k, v in values.items() if not (v is None and (omit_null or k in optional))}
            return getattr(sample, of.name)(**kept)
        case tree.Compare(sign, left, right):
            return COMPARE[sign](evaluate(left, env), evaluate(right, env))
        case tree.IsNull(value, negated):
            return (evaluate(value, env) is None) != negated
        case tree.Truth(value):
            found = evaluate(value, env)
            return found if isinstance(found, bool) else found is not None
        case tree.Logic(sign, operands):
            each = (evaluate(one, env) for one in operands)
            return all(each) if sign == "and" else any(each)
        case tree.Not(value):
            return not evaluate(value, env)
        case tree.Negate(value):
            found = evaluate(value, env)
            return None if found is None else -found
        case tree.Arithmetic(sign, left, right):
            a, b = evaluate(left, env), evaluate(right, env)
            if a is None or b is None or (sign in ("/", "//", "%") and not b):
                return None
            return ARITHMETIC[sign](a, b)
        case tree.Choice(test, then, other):
            return evaluate(then if evaluate(test, env) else other, env)
        case tree.MakeText(parts):
            return "".join(one if isinstance(one, str) else part(one, env) for one in parts)
        case tree.Loop():
            return loop(expr, env)
        case tree.CallFunction(name, args):
            return call(expr, name, [evaluate(one, env) for one in args], env)
        case tree.CallMethod(base, name, args):
            found = evaluate(base, env)
            return None if found is None else getattr(found, name)(*(evaluate(one, env) for one in args))
    raise AssertionError(expr)


def takes_null(of: Field) -> bool:
    return of.required or is_nullable(of.type)


def field(base: Any, name: str) -> Any:
    found = None if base is None else getattr(base, f"{name}_" if name == "id" else name)
    return None if found is MISSING else found


def element(values: Any, index: Any) -> Any:
    if values is None or index is None:
        return None
    return dict(enumerate(values)).get(index if index >= 0 else index + len(values))


def part(one: tree.TextPart, env: Env) -> str:
    return format(evaluate(one.value, env), one.format or "")


def loop(expr: tree.Loop, env: Env) -> Any:
    if expr.nullable_source and evaluate(expr.clauses[0].source, env) is None:
        return None
    scopes = list(bound(expr.clauses, env))
    if expr.kind is LoopKind.MAP:
        assert expr.key is not None
        return {evaluate(expr.key, scope): evaluate(expr.element, scope) for scope in scopes}
    made = [evaluate(expr.element, scope) for scope in scopes]
    return set(made) if expr.kind is LoopKind.SET else made


def bound(clauses: tuple[tree.Clause, ...], env: Env) -> Iterator[Env]:
    if not clauses:
        yield env
        return
    for value in evaluate(clauses[0].source, env):
        scope = {**env, **taken(clauses[0].target, value)}
        if all(evaluate(one, scope) for one in clauses[0].conditions):
            yield from bound(clauses[1:], scope)


def taken(target: tree.Target, value: Any) -> dict[str, Any]:
    if target.name is not None:
        return {target.name: value}
    pairs = zip(target.items, value, strict=True)
    return {name: one for part, item in pairs for name, one in taken(part, item).items()}


# ------------------------------------------------------------------------------------------------ functions


def call(expr: tree.CallFunction, name: str, args: list[Any], env: Env) -> Any:
    options = {key: evaluate(value, env) for key, value in expr.options}
    if name == "default":
        return args[1] if args[0] is None else args[0]
    if name == "bool":
        return bool(args[0])
    if any(arg is None for arg in args):
        return None
    if name in ("int", "float") and kind(expr.args[0]) is Kind.TEXT:
        return read(int if name == "int" else float, args[0])
    if name in ("days", "hours", "minutes"):
        return timedelta(**{name: args[0]})
    return FUNCTIONS[name](*args, **options)


def kind(expr: Expr) -> Kind | None:
    of = non_null(expr.type)
    return of.kind if isinstance(of, Scalar) else None


def read(how: Callable[[str], Any], text: str) -> Any:
    try:
        number = how(text)
    except ValueError:
        return None
    return number if number - number == 0 else None


def extreme(sign: int) -> Callable[..., Any]:
    def found(*values: Any) -> Any:
        every = list(values[0]) if len(values) == 1 else list(values)
        best = every[0] if every else None
        for one in every[1:]:
            best = one if (one < best if sign < 0 else one > best) else best
        return best

    return found


def group_by(pairs: Any) -> dict[Any, list[Any]]:
    keys = [key for key, _ in pairs if key is not None]
    return {key: [value for other, value in pairs if other == key] for key in keys}


def sort_by(pairs: Any, reverse: bool = False) -> list[Any]:
    def order(one: tuple[Any, Any], other: tuple[Any, Any]) -> int:
        a, b = one[0], other[0]
        if a is None or b is None:
            return (a is None) - (b is None)
        return ((a > b) - (a < b)) * (-1 if reverse else 1)

    return [value for _, value in sorted(pairs, key=cmp_to_key(order))]


def unique(values: Any) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "len": len,
    "sum": sum,
    "min": extreme(-1),
    "max": extreme(1),
    "sorted": sorted,
    "any": any,
    "all": all,
    "round": round,
    "abs": abs,
    "str": str,
    "int": int,
    "float": float,
    "list": list,
    "first": lambda values: next(iter(values), None),
    "last": lambda values: next(iter(list(values)[::-1]), None),
    "unique": unique,
    "zip": lambda *lists: list(zip(*lists, strict=False)),
    "enumerate": lambda values: list(enumerate(values)),
    "range": lambda *bounds: list(range(*bounds)),
    "group_by": group_by,
    "sort_by": sort_by,
    "join": lambda texts, separator: separator.join(texts),
}
