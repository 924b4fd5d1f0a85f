"""Functions and methods of the language.

Null rules: an argument is null only where the checker lets it (`default`, `bool`) or by a division by zero,
which carries its guard outward. Everything else takes and gives plain values.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from bffgen.expr import tree
from bffgen.expr.emit_conditions import condition, truth
from bffgen.expr.emit_context import Emitter
from bffgen.expr.emit_loops import loop_of
from bffgen.expr.emit_paths import entry, hint, looked_into, may_be_null
from bffgen.expr.emit_values import Value, attribute, call, close, item, literal, literal_number, name
from bffgen.expr.tree import LoopKind
from bffgen.typesystem.model import IterType, Kind, ListType, MapType, Scalar, Type, non_null

Function = Callable[[Emitter, tree.CallFunction], Value]


def call_function(em: Emitter, expr: tree.CallFunction) -> Value:
    return _FUNCTIONS[expr.name](em, expr)


def _applied(em: Emitter, expr: tree.CallFunction, function: str | ast.expr) -> Value:
    """The function of the arguments, under the guards of all of them."""
    args = [looked_into(em, arg) for arg in expr.args]
    options = {option: em.closed(value) for option, value in expr.options}
    guards = tuple(guard for arg in args for guard in arg.guards)
    return Value(call(function, *(arg.code for arg in args), **options), guards)


def _plain(em: Emitter, expr: tree.CallFunction) -> Value:
    """A function that Python has."""
    return _applied(em, expr, expr.name)


def _helped(em: Emitter, expr: tree.CallFunction) -> Value:
    """A function that the runtime has."""
    return _applied(em, expr, em.names.helper(expr.name))


def _iterated(em: Emitter, expr: tree.CallFunction) -> Value:
    """`zip`, `enumerate`, where the language means a list if it says so."""
    value = _plain(em, expr)
    if expr.name == "zip" and isinstance(value.code, ast.Call):  # said, as linters ask for it
        value.code.keywords.append(ast.keyword("strict", ast.Constant(False)))
    return value.but(call("list", value.code)) if isinstance(non_null(expr.type), ListType) else value


def _kind(of: Type) -> Kind | None:
    inner = non_null(of)
    return inner.kind if isinstance(inner, Scalar) else None


# ------------------------------------------------------------------------------------------------ null


def _default(em: Emitter, expr: tree.CallFunction) -> Value:
    """`x if x is not None else y`: where `x` has guards, `y` is their other branch."""
    first, fallback = expr.args
    value = em.value(first)
    nullable = may_be_null(fallback.type)
    if not value.nullable and not value.guards:
        return value
    if value.nullable and not value.path and not value.guards:
        return Value(call(em.names.helper("default"), value.code, em.closed(fallback)), nullable=nullable)
    return Value(close(em.some(value, hint(value.code)), em.branch(fallback)), nullable=nullable)


def _bool(em: Emitter, expr: tree.CallFunction) -> Value:
    (arg,) = expr.args
    value = em.value(arg)
    if value.guards or value.nullable:
        return Value(truth(value, arg.type, exact=True))
    return value if _kind(arg.type) is Kind.BOOLEAN else value.but(call("bool", value.code))


# ------------------------------------------------------------------------------------------------ lists


def _any_all(em: Emitter, expr: tree.CallFunction) -> Value:
    (arg,) = expr.args
    if isinstance(arg, tree.Loop) and not arg.nullable_source:
        looped = loop_of(em, arg, condition)
        return looped.but(call(expr.name, looped.code))
    return _plain(em, expr)


def _len(em: Emitter, expr: tree.CallFunction) -> Value:
    value = _applied(em, expr, "len")
    return value.but(call("len", _as_list(value.code.args[0]))) if _is_iter(expr) else value  # type: ignore[attr-defined]


def _list(em: Emitter, expr: tree.CallFunction) -> Value:
    value = looked_into(em, expr.args[0])
    return value.but(_as_list(value.code))


def _is_iter(expr: tree.CallFunction) -> bool:
    return isinstance(non_null(expr.args[0].type), IterType)


def _as_list(code: ast.expr) -> ast.expr:
    """What code makes, as a list: a generator expression becomes a comprehension."""
    if isinstance(code, ast.GeneratorExp):
        return ast.ListComp(code.elt, code.generators)
    return call("list", code)


def _extreme(em: Emitter, expr: tree.CallFunction) -> Value:
    """`min`, `max`: of a list null when it is empty."""
    value = _plain(em, expr)
    options = dict(expr.options)
    if len(expr.args) > 1 or not may_be_null(expr.type) or "default" in options:
        return value
    if isinstance(value.code, ast.Call):
        value.code.keywords.append(ast.keyword("default", ast.Constant(None)))
    return value.but(value.code, nullable=True)


def _end(em: Emitter, expr: tree.CallFunction) -> Value:
    """`first`, `last`: null of an empty list."""
    arg = expr.args[0]
    of = non_null(arg.type)
    base = looked_into(em, arg)
    nullable = isinstance(of, ListType) and may_be_null(of.item)
    index = literal(0 if expr.name == "first" else -1)
    if isinstance(of, ListType) and of.min_items > 0:
        return base.but(item(base.code, index), nullable=nullable, path=base.path)
    if isinstance(of, ListType) and base.path:
        filled = base.plus(*em.unproven(base.code, exact=False))
        return filled.but(item(base.code, index), nullable=nullable, path=True)
    if expr.name == "first" and isinstance(arg, tree.Loop) and arg.kind in (LoopKind.LIST, LoopKind.ITER):
        code = base.code
        made = ast.GeneratorExp(code.elt, code.generators) if isinstance(code, ast.ListComp) else code
        return base.but(call("next", made, ast.Constant(None)), nullable=True)
    return base.but(call(em.names.helper(expr.name), base.code), nullable=True)


def _join(em: Emitter, expr: tree.CallFunction) -> Value:
    texts, separator = (looked_into(em, arg) for arg in expr.args)
    return texts.plus(*separator.guards).but(call(attribute(separator.code, "join"), texts.code))


def _range(em: Emitter, expr: tree.CallFunction) -> Value:
    """Of literals it is Python's own; a range of values that come from outside is bounded."""
    value = _plain(em, expr)
    args = value.code.args if isinstance(value.code, ast.Call) else []
    if any(literal_number(arg) is None for arg in args):
        value = value.but(call(em.names.helper("bounded_range"), *args))
    return value.but(call("list", value.code)) if isinstance(non_null(expr.type), ListType) else value


# ------------------------------------------------------------------------------------------------ scalars


def _str(em: Emitter, expr: tree.CallFunction) -> Value:
    if _kind(expr.args[0].type) is Kind.TEXT:
        return looked_into(em, expr.args[0])
    return _plain(em, expr)


def _number(em: Emitter, expr: tree.CallFunction) -> Value:
    """`int`, `float`: null of a text that is no such number."""
    if _kind(expr.args[0].type) is not Kind.TEXT:
        return _plain(em, expr)
    value = _applied(em, expr, em.names.helper(f"to_{expr.name}"))
    return value.but(value.code, nullable=True)


def _duration(em: Emitter, expr: tree.CallFunction) -> Value:
    value = looked_into(em, expr.args[0])
    return value.but(call(em.names.imported("datetime", "timedelta"), **{expr.name: value.code}))


def _instant(em: Emitter, expr: tree.CallFunction) -> Value:
    return Value(name(em.names.instant(expr.name, expr.span)), path=True)


_FUNCTIONS: Mapping[str, Function] = {
    "default": _default,
    "bool": _bool,
    "any": _any_all,
    "all": _any_all,
    "len": _len,
    "list": _list,
    "min": _extreme,
    "max": _extreme,
    "first": _end,
    "last": _end,
    "join": _join,
    "range": _range,
    "zip": _iterated,
    "enumerate": _iterated,
    "sum": _plain,
    "sorted": _plain,
    "round": _plain,
    "abs": _plain,
    "str": _str,
    "int": _number,
    "float": _number,
    "unique": _helped,
    "group_by": _helped,
    "sort_by": _helped,
    "days": _duration,
    "hours": _duration,
    "minutes": _duration,
    "now": _instant,
    "today": _instant,
    "uuid4": _instant,
}

FUNCTIONS = frozenset(_FUNCTIONS)
"""The names that `CallFunction` may have."""


# ------------------------------------------------------------------------------------------------ methods


def call_method(em: Emitter, expr: tree.CallMethod) -> Value:
    """Python's own method of the same name; of null it is null."""
    base = looked_into(em, expr.base)
    of = non_null(expr.base.type)
    if isinstance(of, MapType) and expr.name == "get" and len(expr.args) == 1:
        return entry(em, base, looked_into(em, expr.args[0]), False, True)
    args = [looked_into(em, arg) for arg in expr.args]
    guards = [guard for arg in args for guard in arg.guards]
    return base.plus(*guards).but(call(attribute(base.code, expr.name), *(arg.code for arg in args)))


# ------------------------------------------------------------------------------------------------ the spec's own


def call_shape(em: Emitter, expr: tree.CallShape) -> Value:
    function = em.names.own("shape", expr.name)
    return Value(call(function, *(em.closed(arg) for _, arg in expr.args)))


def call_user(em: Emitter, expr: tree.CallUser) -> Value:
    function = em.names.own("function", expr.name)
    made = call(function)
    made.keywords = [ast.keyword(name, em.closed(arg)) for name, arg in expr.args]
    return Value(made, nullable=may_be_null(expr.type))


# ------------------------------------------------------------------------------------------------ replies


def status_of(em: Emitter, expr: tree.StatusOf) -> Value:
    reply = _reply(em, expr.call)
    return reply.but(attribute(reply.code, "status"))


def header_of(em: Emitter, expr: tree.HeaderOf) -> Value:
    reply = _reply(em, expr.call)
    headers = attribute(reply.code, "headers")
    return reply.but(call(attribute(headers, "get"), ast.Constant(expr.name)), nullable=True)


def _reply(em: Emitter, called: str) -> Value:
    reply = Value(name(em.names.reply(called)), nullable=em.names.call_may_be_null(called), path=True)
    return em.some(reply, "reply")


def convert(em: Emitter, expr: tree.Convert) -> Value:
    """The value as one of another class, through its JSON form; a date, date-time or uuid as text."""
    value = looked_into(em, expr.value)
    kind = _kind(expr.value.type)
    if kind is Kind.UUID and _kind(expr.type) is Kind.TEXT:
        return value.but(call("str", value.code))
    if kind in (Kind.DATE, Kind.DATETIME) and _kind(expr.type) is Kind.TEXT:
        plain = call(attribute(value.code, "isoformat"))
        return value.but(plain if kind is Kind.DATE else call(em.names.helper("wire_text"), value.code))
    adapter = name(em.names.adapter(non_null(expr.type)))
    return value.but(call(em.names.helper("convert"), adapter, value.code))
