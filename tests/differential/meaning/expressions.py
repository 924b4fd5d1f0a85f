"""The value of an expression. Null propagates where the language says so, and nowhere else."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from bffgen.expr import tree
from bffgen.expr.tree import Expr, LoopKind, Role
from bffgen.source.text import Span
from bffgen.typesystem.model import (
    IterType,
    Kind,
    ListType,
    MapType,
    Null,
    ObjectType,
    Scalar,
    Type,
    Unknown,
    is_nullable,
    non_null,
)

from .data import Breach, Moment, Obj, Overflow, Reader, arms, moment, write

NOW = datetime.now(UTC)


class Unsound(AssertionError):
    """A value that is not of the type that the checker gave to its expression."""


class Broken(Breach):
    """A narrowing that a reply does not keep: `kind` says card, and there is no card's number."""


@dataclass(frozen=True)
class Env:
    """What names stand for. `call(name)`, `let(name)` give their values, `reply(name)` status and headers.

    `shaky` receives a note where a number was made that is not finite: the language refuses such a number in an
    answer, and does not say what a text or a comparison makes of it.
    """

    values: Mapping[tuple[Role, str], Any]
    call: Callable[[str], Any]
    let: Callable[[str], Any]
    reply: Callable[[str], tuple[int, Mapping[str, str]] | None]
    ids: dict[Span, UUID] = field(default_factory=dict)
    shaky: list[str] = field(default_factory=list)
    shapes: Mapping[str, Expr] = field(default_factory=dict)

    def having(self, role: Role, names: Mapping[str, Any]) -> Env:
        return replace(self, values={**self.values, **{(role, name): one for name, one in names.items()}})


def evaluate(expr: Expr, env: Env) -> Any:
    """The value. Raises `Overflow`, `Broken`, and `Breach` where it is to be converted and does not fit."""
    try:
        value = _CASES[type(expr)](expr, env)
    except (OverflowError, ValueError) as error:  # a date, duration or integer beyond what there is
        raise Overflow from error
    if not conforms(value, expr.type):
        if isinstance(expr, tree.Narrowed | tree.FieldOf | tree.ElementOf):
            raise Broken(f"{expr.span.text}: {value!r} in the place of {expr.type}")
        raise Unsound(f"{expr.span.text}: {value!r} is not of {expr.type}")
    return value


def conforms(value: Any, of: Type) -> bool:
    """Whether a value is of a type, as far as one sees without looking into it."""
    if isinstance(of, Unknown):
        return True
    if value is None or isinstance(of, Null):
        return value is None and is_nullable(of)
    return any(_is(value, one) for one in arms(of))


def _is(value: Any, of: Type) -> bool:
    match of:
        case Scalar(kind, values, open):
            plain = isinstance(value, _CLASSES[kind]) and (kind is Kind.BOOLEAN) == isinstance(value, bool)
            return plain and (open or values is None or kind not in (Kind.TEXT, Kind.INTEGER) or value in values)
        case ListType(_):
            return isinstance(value, list) and len(value) >= of.min_items
        case MapType(_, _):
            return isinstance(value, dict)
        case ObjectType():
            return isinstance(value, Obj)
        case IterType(_):
            return isinstance(value, list)
        case Unknown():
            return True
    return True


_CLASSES: dict[Kind, Any] = {
    Kind.TEXT: str,
    Kind.INTEGER: int,
    Kind.NUMBER: (int, float),
    Kind.BOOLEAN: bool,
    Kind.DATE: date,
    Kind.DATETIME: Moment,
    Kind.UUID: UUID,
    Kind.DURATION: timedelta,
}


# ---------------------------------------------------------------------------------------------- names, access


def _literal(expr: tree.Literal, env: Env) -> Any:
    of = non_null(expr.type)
    kind = of.kind if isinstance(of, Scalar) and isinstance(expr.value, str) else None
    match kind:
        case Kind.DATE:
            return date.fromisoformat(str(expr.value))
        case Kind.DATETIME:
            return Moment(moment(expr.value).at)
        case Kind.UUID:
            return UUID(str(expr.value))
    return expr.value


def _ref(expr: tree.Ref, env: Env) -> Any:
    match expr.role:
        case Role.CALL:
            return env.call(expr.name)
        case Role.LET:
            return env.let(expr.name)
    return env.values[expr.role, expr.name]


def _field(expr: tree.FieldOf, env: Env) -> Any:
    base = evaluate(expr.base, env)
    if not isinstance(base, Obj):  # null, or a member of a union that is no object
        return None
    return base.fields.get(expr.name)


def _element(expr: tree.ElementOf, env: Env) -> Any:
    base, index = evaluate(expr.base, env), evaluate(expr.index, env)
    if base is None or index is None or not -len(base) <= index < len(base):
        return None
    return base[index]


def _entry(expr: tree.EntryOf, env: Env) -> Any:
    base, key = evaluate(expr.base, env), evaluate(expr.key, env)
    return None if base is None or key is None else base.get(key)


def _slice(expr: tree.SliceOf, env: Env) -> Any:
    base = evaluate(expr.base, env)
    start, stop = (None if end is None else evaluate(end, env) for end in (expr.start, expr.stop))
    return None if base is None else base[start : stop : expr.step]


# ---------------------------------------------------------------------------------------------- displays


def _object(expr: tree.MakeObject, env: Env) -> Obj:
    made: dict[str, Any] = {}
    for name, written in expr.entries:
        value = evaluate(written, env)
        declared = expr.type.fields[name]
        optional_only = not declared.required and not is_nullable(declared.type)
        if value is None and (expr.omit_null or (optional_only and not isinstance(declared.type, Unknown))):
            continue
        made[name] = value
    return Obj(made)


def _map(expr: tree.MakeMap, env: Env) -> Any:
    return {evaluate(key, env): evaluate(value, env) for key, value in expr.entries}


# ---------------------------------------------------------------------------------------------- conditions


def _compare(expr: tree.Compare, env: Env) -> bool:
    left, right = evaluate(expr.left, env), evaluate(expr.right, env)
    match expr.operator:
        case "==":
            return bool(left == right)
        case "!=":
            return bool(left != right)
        case "in" | "not in":
            among = left in right if isinstance(right, str) else any(left == one for one in right)
            return among == (expr.operator == "in")
    return bool(_ORDER[expr.operator](left, right))


_ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _truth(expr: tree.Truth, env: Env) -> bool:
    value = evaluate(expr.value, env)
    return value if isinstance(value, bool) else value is not None


def _logic(expr: tree.Logic, env: Env) -> bool:
    each = (evaluate(one, env) for one in expr.operands)
    return all(each) if expr.operator == "and" else any(each)


def _is_instance(expr: tree.IsInstance, env: Env) -> bool:
    value = evaluate(expr.value, env)
    return value is not None and conforms(value, expr.of)


# ---------------------------------------------------------------------------------------------- arithmetic, text


def _negate(expr: tree.Negate, env: Env) -> Any:
    value = evaluate(expr.value, env)
    return None if value is None else -value


def _arithmetic(expr: tree.Arithmetic, env: Env) -> Any:
    left, right = evaluate(expr.left, env), evaluate(expr.right, env)
    if left is None or right is None or (expr.operator in ("/", "//", "%") and not right):
        return None
    if isinstance(left, Moment) and isinstance(right, Moment):
        return left.at - right.at
    if isinstance(left, Moment):
        return Moment(_OPERATORS[expr.operator](left.at, right))
    if isinstance(right, Moment):
        return Moment(right.at + left)
    value = _OPERATORS[expr.operator](left, right)
    if isinstance(value, float) and value - value != 0:
        env.shaky.append(expr.span.text)
    return value


_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}


def _text(expr: tree.MakeText, env: Env) -> str:
    return "".join(part if isinstance(part, str) else _part(part, env) for part in expr.parts)


def _part(part: tree.TextPart, env: Env) -> str:
    value = evaluate(part.value, env)
    try:
        return format(value, part.format or "")
    except ValueError:  # `5` is a number, too, and has the formats of one
        return format(float(value), part.format or "")


# ---------------------------------------------------------------------------------------------- loops


def _loop(expr: tree.Loop, env: Env) -> Any:
    if expr.nullable_source and evaluate(expr.clauses[0].source, env) is None:
        return None
    if expr.kind is LoopKind.MAP:
        assert expr.key is not None
        made = {}
        for scope in _scopes(expr.clauses, env):
            key = evaluate(expr.key, scope)
            if key is not None:
                made[key] = evaluate(expr.element, scope)
        return made
    found = list(steps(expr, env))
    return set(found) if expr.kind is LoopKind.SET else found


def steps(expr: tree.Loop, env: Env) -> Iterator[Any]:
    """The elements, one after another."""
    return (evaluate(expr.element, scope) for scope in _scopes(expr.clauses, env))


def _scopes(clauses: tuple[tree.Clause, ...], env: Env) -> Iterator[Env]:
    if not clauses:
        yield env
        return
    first, rest = clauses[0], clauses[1:]
    for value in evaluate(first.source, env):
        scope = env.having(Role.LOOP, taken(first.target, value))
        if all(evaluate(condition, scope) for condition in first.conditions):
            yield from _scopes(rest, scope)


def taken(target: tree.Target, value: Any) -> dict[str, Any]:
    """The names of a loop's target with their parts of the value."""
    if target.name is not None:
        return {target.name: value}
    parts = zip(target.items, value, strict=True)
    return {name: one for part, item in parts for name, one in taken(part, item).items()}


# ---------------------------------------------------------------------------------------------- functions


def _call(expr: tree.CallFunction, env: Env) -> Any:
    name, args = expr.name, expr.args
    options = {key: bool(evaluate(value, env)) for key, value in expr.options}
    if name in ("any", "all", "first") and isinstance(args[0], tree.Loop):
        return _LAZY[name](steps(args[0], env))
    if name == "default":
        value = evaluate(args[0], env)
        return evaluate(args[1], env) if value is None else value
    if name == "uuid4":
        return env.ids.setdefault(expr.span, uuid4())
    given = [evaluate(arg, env) for arg in args]
    if name == "bool":
        return bool(given[0])
    if any(one is None for one in given):
        return None
    if name in ("int", "float") and isinstance(given[0], str):
        return _read(int if name == "int" else float, given[0])
    if name in ("days", "hours", "minutes"):
        return timedelta(**{name: given[0]})
    value = FUNCTIONS[name](*given, **options)
    if isinstance(value, float) and value - value != 0:
        env.shaky.append(expr.span.text)
    return value


def _read(how: Callable[[str], Any], text: str) -> Any:
    try:
        number = how(text)
    except ValueError:
        return None
    return number if number - number == 0 and len(text) <= 400 else None


def _least(sign: int) -> Callable[..., Any]:
    def found(*values: Any) -> Any:
        every = list(values[0]) if len(values) == 1 else list(values)
        best = every[0] if every else None
        for one in every[1:]:
            best = one if (one < best if sign < 0 else one > best) else best
        return best

    return found


def _group(pairs: Any) -> dict[Any, list[Any]]:
    made: dict[Any, list[Any]] = {}
    for key, value in pairs:
        if key is not None:
            made.setdefault(key, []).append(value)
    return made


def _order(pairs: Any, reverse: bool = False) -> list[Any]:
    def compare(one: Any, other: Any) -> int:
        if isinstance(one, tuple):
            parts = (compare(a, b) for a, b in zip(one, other, strict=True))
            return next((found for found in parts if found), 0)
        if one is None or other is None:
            return (one is None) - (other is None)
        return (int(one > other) - int(one < other)) * (-1 if reverse else 1)

    def by_key(one: Any, other: Any) -> int:
        return compare(one[0], other[0])

    return [value for _, value in sorted(pairs, key=functools.cmp_to_key(by_key))]


def _unique(values: Any) -> list[Any]:
    made: list[Any] = []
    for value in values:
        if value not in made:
            made.append(value)
    return made


def _range(*bounds: int) -> list[int]:
    numbers = range(*bounds)
    if len(numbers) > 10_000:
        raise Overflow
    return list(numbers)


_LAZY: dict[str, Callable[[Iterator[Any]], Any]] = {"any": any, "all": all, "first": lambda values: next(values, None)}

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "len": len,
    "sum": sum,
    "min": _least(-1),
    "max": _least(1),
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
    "last": lambda values: next(reversed(list(values)), None),
    "unique": _unique,
    "zip": lambda *lists: list(zip(*lists, strict=False)),
    "enumerate": lambda values, start=0: list(enumerate(values, start)),
    "range": _range,
    "group_by": _group,
    "sort_by": _order,
    "join": lambda texts, separator: separator.join(texts),
    "now": lambda: Moment(NOW),
    "today": lambda: NOW.date(),
}


def _method(expr: tree.CallMethod, env: Env) -> Any:
    base = evaluate(expr.base, env)
    given = [evaluate(arg, env) for arg in expr.args]
    if base is None:
        return None
    if isinstance(base, dict):
        return list(getattr(base, expr.name)())
    value = getattr(base.at if isinstance(base, Moment) else base, expr.name)(*given)
    return value


def _status(expr: tree.StatusOf, env: Env) -> int | None:
    found = env.reply(expr.call)
    return None if found is None else found[0]


def _header(expr: tree.HeaderOf, env: Env) -> str | None:
    found = env.reply(expr.call)
    return None if found is None else found[1].get(expr.name)


def _shape(expr: tree.CallShape, env: Env) -> Any:
    return evaluate(
        env.shapes[expr.name], env.having(Role.SHAPE, {name: evaluate(one, env) for name, one in expr.args})
    )


def _convert(expr: tree.Convert, env: Env) -> Any:
    """The same JSON as a value of another type. What that type does not take, an enum's new member, is a breach."""
    value = evaluate(expr.value, env)
    return None if value is None else Reader(closed=True).read(write(value, expr.value.type), non_null(expr.type))


_CASES: dict[type, Callable[[Any, Env], Any]] = {
    tree.Literal: _literal,
    tree.Ref: _ref,
    tree.FieldOf: _field,
    tree.ElementOf: _element,
    tree.EntryOf: _entry,
    tree.SliceOf: _slice,
    tree.MakeList: lambda expr, env: [evaluate(one, env) for one in expr.items],
    tree.MakeTuple: lambda expr, env: tuple(evaluate(one, env) for one in expr.items),
    tree.MakeSet: lambda expr, env: {evaluate(one, env) for one in expr.items},
    tree.MakeMap: _map,
    tree.MakeObject: _object,
    tree.Compare: _compare,
    tree.IsNull: lambda expr, env: (evaluate(expr.value, env) is None) != expr.negated,
    tree.IsInstance: _is_instance,
    tree.Truth: _truth,
    tree.Logic: _logic,
    tree.Not: lambda expr, env: not evaluate(expr.value, env),
    tree.Negate: _negate,
    tree.Arithmetic: _arithmetic,
    tree.Choice: lambda expr, env: evaluate(expr.then if evaluate(expr.test, env) else expr.other, env),
    tree.MakeText: _text,
    tree.Loop: _loop,
    tree.CallFunction: _call,
    tree.CallMethod: _method,
    tree.CallShape: _shape,
    tree.Narrowed: lambda expr, env: evaluate(expr.value, env),
    tree.StatusOf: _status,
    tree.HeaderOf: _header,
    tree.Convert: _convert,
}
