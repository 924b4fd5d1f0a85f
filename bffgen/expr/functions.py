"""The functions and methods of the language: what they take, what they give."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID as Uuid

from bffgen.diagnostics.model import Label
from bffgen.diagnostics.suggest import closest
from bffgen.expr import tree
from bffgen.expr.loops import element_type, is_key
from bffgen.expr.operators import ORDERED, condition, default_for, may_be_null
from bffgen.expr.scope import Context
from bffgen.source.text import Span
from bffgen.typesystem.model import (
    BOOLEAN,
    DATE,
    DATETIME,
    DURATION,
    INTEGER,
    NUMBER,
    TEXT,
    UUID,
    IterType,
    Kind,
    ListType,
    MapType,
    Null,
    Scalar,
    SetType,
    TupleType,
    Type,
    is_nullable,
    non_null,
    nullable,
)
from bffgen.typesystem.relations import BROKEN, describe, is_broken, is_never, join

Infer = Callable[[ast.expr, Context], tree.Expr]


@dataclass(frozen=True, slots=True)
class Given:
    """A call of a function: the typed arguments beside the written ones."""

    name: str
    node: ast.Call
    args: tuple[tree.Expr, ...]
    ctx: Context

    def bad(self, at: int, message: str, help: str | None = None) -> Type:
        self.ctx.error("BFF306", self.node.args[at], message, f"{describe(self.args[at].type)}", help=help)
        return BROKEN

    def items(self, at: int = 0) -> Type | None:
        """What a loop over an argument sees; None after a message."""
        of = element_type(self.args[at].type)
        if of is None:
            self.bad(at, f"`{self.name}` takes a list, not {describe(self.args[at].type)}")
        return of

    def kind(self, at: int, *kinds: Kind) -> bool:
        of = self.args[at].type
        if isinstance(of, Scalar) and of.kind in kinds:
            return True
        self.bad(at, f"`{self.name}` takes {' or '.join(kinds)}, not {describe(of)}")
        return False


@dataclass(frozen=True, slots=True)
class Function:
    """`least` to `most` arguments; `result` types the call. `nulls`: arguments that may be null, by position."""

    least: int
    most: int
    result: Callable[[Given], Type]
    nulls: tuple[int, ...] = ()
    options: tuple[str, ...] = ()
    shown: str = ""


def _len(c: Given) -> Type:
    of = c.args[0].type
    if isinstance(of, (ListType, MapType, SetType, TupleType)) or (isinstance(of, Scalar) and of.kind is Kind.TEXT):
        return INTEGER
    help_ = f"write `len([{c.ctx.text(c.node.args[0])[1:-1]}])`" if isinstance(of, IterType) else None
    return c.bad(0, f"`len` takes a list, map, set or text, not {describe(of)}", help_)


def _sum(c: Given) -> Type:
    of = c.items()
    if of is None:
        return BROKEN
    if is_never(of):
        return INTEGER
    if isinstance(of, Scalar) and of.kind in (Kind.INTEGER, Kind.NUMBER):
        return Scalar(of.kind)
    shown = " that may be null" if is_nullable(of) else ""
    return c.bad(0, f"`sum` takes numbers, not {describe(of)}", "write `default(x, 0)` for each" if shown else None)


def _least(c: Given) -> Type:
    """`min(xs)` and `max(xs)` are null of an empty list; of two or more values they are one of them."""
    if len(c.args) > 1:
        of: Type = c.args[0].type
        for at, arg in enumerate(c.args):
            if not (isinstance(arg.type, Scalar) and arg.type.kind in ORDERED):
                return c.bad(at, f"`{c.name}` takes values that have an order, not {describe(arg.type)}")
            of = join(of, arg.type)
        if not isinstance(of, Scalar):
            return c.bad(1, f"`{c.name}` takes values of one type, not {describe(of)}")
        return Scalar(of.kind)
    item = c.items()
    if item is None:
        return BROKEN
    if not _has_order(item):
        return c.bad(0, f"`{c.name}` takes values that have an order, not {describe(item)}")
    filled = isinstance(c.args[0].type, ListType) and c.args[0].type.min_items > 0
    return item if filled else nullable(item)


def _has_order(of: Type) -> bool:
    if isinstance(of, TupleType):
        return all(map(_has_order, of.items))
    return is_never(of) or (isinstance(of, Scalar) and of.kind in ORDERED)


def _sorted(c: Given) -> Type:
    item = c.items()
    if item is None or _has_order(item):
        return ListType(item) if item else BROKEN
    return c.bad(
        0,
        f"`sorted` takes values that have an order, not {describe(item)}",
        "write `sort_by((x.field, x) for x in xs)`",
    )


def _truths(c: Given) -> Type:
    item = c.items()
    if item is None:
        return BROKEN
    if isinstance(non_null(item), Scalar) and getattr(non_null(item), "kind", None) is Kind.BOOLEAN or is_never(item):
        return BOOLEAN
    return c.bad(0, f"`{c.name}` takes conditions, not {describe(item)}", f"write `{c.name}(x > 0 for x in xs)`")


def _round(c: Given) -> Type:
    if not c.kind(0, Kind.INTEGER, Kind.NUMBER):
        return BROKEN
    if len(c.args) == 2 and not c.kind(1, Kind.INTEGER):
        return BROKEN
    return Scalar(getattr(c.args[0].type, "kind", Kind.NUMBER)) if len(c.args) == 2 else INTEGER


def _abs(c: Given) -> Type:
    return (
        Scalar(getattr(c.args[0].type, "kind", Kind.NUMBER))
        if c.kind(0, Kind.INTEGER, Kind.NUMBER, Kind.DURATION)
        else BROKEN
    )


def _str(c: Given) -> Type:
    text_part(c.args[0], None, c.ctx)
    return TEXT


def _int(c: Given) -> Type:
    if not c.kind(0, Kind.TEXT, Kind.INTEGER, Kind.NUMBER, Kind.BOOLEAN):
        return BROKEN
    return nullable(INTEGER) if getattr(c.args[0].type, "kind", None) is Kind.TEXT else INTEGER


def _float(c: Given) -> Type:
    if not c.kind(0, Kind.TEXT, Kind.INTEGER, Kind.NUMBER):
        return BROKEN
    return nullable(NUMBER) if getattr(c.args[0].type, "kind", None) is Kind.TEXT else NUMBER


def _bool(c: Given) -> Type:
    of = c.args[0].type
    if isinstance(non_null(of), Scalar) and getattr(non_null(of), "kind", None) is Kind.BOOLEAN:
        return BOOLEAN
    return c.bad(0, f"`bool` takes a boolean that may be null, not {describe(of)}")


def _default(c: Given) -> Type:
    value, other = c.args
    if isinstance(value.type, Null):
        return other.type
    if not is_nullable(value.type):
        _needless(c, value)
        return value.type
    return join(non_null(value.type), other.type)


def _needless(c: Given, value: tree.Expr) -> None:
    if isinstance(value, tree.CallFunction) and value.name == "round":
        return  # rounds that cannot be are an error of their own, so a default does no harm
    c.ctx.diags.report(
        "BFF314",
        "the default is never needed",
        Label(value.span, f"{describe(value.type)}, never null"),
        help=f"write `{c.ctx.text(c.node.args[0])}` alone",
    )


def _first(c: Given) -> Type:
    item = c.items()
    if item is None:
        return BROKEN
    filled = isinstance(c.args[0].type, ListType) and c.args[0].type.min_items > 0
    return item if filled else nullable(item)


def _unique(c: Given) -> Type:
    item = c.items()
    if item is None:
        return BROKEN
    if not is_key(non_null(item)) and not is_never(item):
        return c.bad(0, f"`unique` takes scalars, not {describe(item)}")
    return ListType(item)


def _list(c: Given) -> Type:
    item = c.items()
    return ListType(item) if item else BROKEN


def _zip(c: Given) -> Type:
    items = [c.items(at) for at in range(len(c.args))]
    return BROKEN if None in items else IterType(TupleType(tuple(item for item in items if item)))


def _range(c: Given) -> Type:
    fine = all(c.kind(at, Kind.INTEGER) for at in range(len(c.args)))
    if len(c.args) == 3 and not (isinstance(c.args[2], tree.Literal) and c.args[2].value):
        return c.bad(2, "the step of `range` is a literal integer other than 0")
    return IterType(INTEGER) if fine else BROKEN


def _enumerate(c: Given) -> Type:
    item = c.items()
    if len(c.args) == 2 and not c.kind(1, Kind.INTEGER):
        return BROKEN
    return IterType(TupleType((INTEGER, item))) if item else BROKEN


def _pairs(c: Given) -> tuple[Type, Type] | None:
    item = c.items()
    if isinstance(item, TupleType) and len(item.items) == 2:
        return item.items[0], item.items[1]
    if item is not None:
        c.bad(0, f"`{c.name}` takes pairs, not {describe(item)}", f"write `{c.name}((x.field, x) for x in xs)`")
    return None


def _group_by(c: Given) -> Type:
    pair = _pairs(c)
    if pair is None:
        return BROKEN
    found = non_null(pair[0])
    if not is_key(found):
        return c.bad(0, f"{describe(found)} cannot be a key")
    return MapType(found, ListType(pair[1], min_items=1))


def _sort_by(c: Given) -> Type:
    pair = _pairs(c)
    if pair is None:
        return BROKEN
    if not _has_order(non_null(pair[0])):
        return c.bad(0, f"{describe(pair[0])} has no order")
    return ListType(pair[1])


def _join(c: Given) -> Type:
    if not c.kind(1, Kind.TEXT):
        return BROKEN
    return _texts(c)


def _texts(c: Given) -> Type:
    item = c.items()
    if item is None:
        return BROKEN
    if is_never(item) or (isinstance(item, Scalar) and item.kind is Kind.TEXT):
        return TEXT
    return c.bad(0, f"`join` takes texts, not {describe(item)}", 'write `str(x)` or `default(x, "")` for each')


def _duration(c: Given) -> Type:
    return DURATION if c.kind(0, Kind.INTEGER, Kind.NUMBER) else BROKEN


FUNCTIONS: dict[str, Function] = {
    "len": Function(1, 1, _len, shown="len(xs)"),
    "sum": Function(1, 1, _sum, shown="sum(x.n for x in xs)"),
    "min": Function(1, 8, _least, shown="min(xs)"),
    "max": Function(1, 8, _least, shown="max(xs)"),
    "sorted": Function(1, 1, _sorted, options=("reverse",), shown="sorted(xs)"),
    "any": Function(1, 1, _truths, shown="any(x.ok for x in xs)"),
    "all": Function(1, 1, _truths, shown="all(x.ok for x in xs)"),
    "round": Function(1, 2, _round, shown="round(x, 2)"),
    "abs": Function(1, 1, _abs, shown="abs(x)"),
    "str": Function(1, 1, _str, shown="str(x)"),
    "int": Function(1, 1, _int, shown="int(x)"),
    "float": Function(1, 1, _float, shown="float(x)"),
    "bool": Function(1, 1, _bool, (0,), shown="bool(x)"),
    "default": Function(2, 2, _default, (0, 1), shown="default(x, y)"),
    "first": Function(1, 1, _first, shown="first(xs)"),
    "last": Function(1, 1, _first, shown="last(xs)"),
    "unique": Function(1, 1, _unique, shown="unique(xs)"),
    "list": Function(1, 1, _list, shown="list(xs)"),
    "zip": Function(2, 4, _zip, shown="zip(xs, ys)"),
    "range": Function(1, 3, _range, shown="range(n)"),
    "enumerate": Function(1, 2, _enumerate, shown="enumerate(xs)"),
    "group_by": Function(1, 1, _group_by, shown="group_by((x.key, x) for x in xs)"),
    "sort_by": Function(1, 1, _sort_by, options=("reverse",), shown="sort_by((x.key, x) for x in xs)"),
    "join": Function(2, 2, _join, shown='join(texts, ", ")'),
    "uuid4": Function(0, 0, lambda c: UUID, shown="uuid4()"),
    "now": Function(0, 0, lambda c: DATETIME, shown="now()"),
    "today": Function(0, 0, lambda c: DATE, shown="today()"),
    "days": Function(1, 1, _duration, shown="days(n)"),
    "hours": Function(1, 1, _duration, shown="hours(n)"),
    "minutes": Function(1, 1, _duration, shown="minutes(n)"),
}


def call(name: str, node: ast.Call, ctx: Context, infer: Infer) -> tree.Expr:
    """A call of a built-in function, all of its arguments checked."""
    function = FUNCTIONS[name]
    args = _arguments(node.args, ctx, infer)
    if args is None:
        return tree.Literal(None, BROKEN, ctx.span(node))
    if not function.least <= len(args) <= function.most:
        return ctx.error("BFF306", node, f"`{name}` is given {_count(len(args))}", help=f"write `{function.shown}`")
    for at, (arg, written) in enumerate(zip(args, node.args, strict=True)):
        if is_nullable(arg.type) and at not in function.nulls and not (name in ("round", "abs") and _by_zero(arg)):
            return may_be_null(arg, written, f"`{name}`", ctx)
    options = _options(function, name, node, ctx, infer)
    if options is None:
        return tree.Literal(None, BROKEN, ctx.span(node))
    null = name in ("round", "abs") and is_nullable(args[0].type)
    if null:
        plain = tuple(tree.Narrowed(a, False, non_null(a.type), a.span) if is_nullable(a.type) else a for a in args)
        of = function.result(Given(name, node, plain, ctx))
    else:
        of = function.result(Given(name, node, args, ctx))
    if name in ("any", "all") and not is_broken(of):
        args = (_as_truths(args[0]),)
    return tree.CallFunction(name, args, options, nullable(of) if null else of, ctx.span(node))


def _by_zero(value: tree.Expr) -> bool:
    from bffgen.expr.operators import null_by_zero

    return null_by_zero(value)


def _as_truths(arg: tree.Expr) -> tree.Expr:
    """`any(x.flag for x in xs)` with nullable flags: null is false."""
    if isinstance(arg, tree.Loop) and is_nullable(arg.element.type):
        element = tree.Truth(arg.element, BOOLEAN, arg.element.span)
        return tree.Loop(arg.kind, arg.key, element, arg.clauses, False, IterType(BOOLEAN), arg.span)
    return arg


def _arguments(nodes: list[ast.expr], ctx: Context, infer: Infer) -> tuple[tree.Expr, ...] | None:
    args = []
    for node in nodes:
        if isinstance(node, ast.Starred):
            ctx.error("BFF114", node, "an expression cannot have a `*`", "not in the language")
            return None
        args.append(infer(node, ctx))
    return None if any(is_broken(arg.type) for arg in args) else tuple(args)


def _options(
    function: Function, name: str, node: ast.Call, ctx: Context, infer: Infer
) -> tuple[tuple[str, tree.Expr], ...] | None:
    found: list[tuple[str, tree.Expr]] = []
    for keyword in node.keywords:
        if keyword.arg not in function.options:
            ctx.error("BFF306", keyword, f"`{name}` has no option `{keyword.arg}`", help=f"write `{function.shown}`")
            return None
        value = infer(keyword.value, ctx)
        found.append((keyword.arg, condition(value, keyword.value, ctx)))
    return tuple(found)


def _count(n: int) -> str:
    return "no arguments" if n == 0 else "1 argument" if n == 1 else f"{n} arguments"


# ---------------------------------------------------------------------------------------------- texts

_SAMPLES: dict[Kind, object] = {
    Kind.TEXT: "a",
    Kind.INTEGER: 1,
    Kind.NUMBER: 1.5,
    Kind.DATE: date(2026, 1, 2),
    Kind.UUID: Uuid(int=1),
}


def text_part(value: tree.Expr, spec: str | None, ctx: Context) -> tree.Expr:
    """A value that is to stand in a text: of a kind that has one plain spelling, never null."""
    of = value.type
    if is_broken(of):
        return value
    if is_nullable(of):
        shown = default_for(of)
        return ctx.error(
            "BFF303",
            value.span,
            "a part of a text may be null",
            f"{describe(of)}",
            help=f"write `default(..., {shown})`",
        )
    if isinstance(of, Scalar) and of.kind in (Kind.BOOLEAN, Kind.DATETIME):
        hint = "write `x.isoformat()`" if of.kind is Kind.DATETIME else 'write `"yes" if x else "no"`'
        return ctx.error("BFF306", value.span, f"{describe(of)} has no one spelling in a text", help=hint)
    if not (isinstance(of, Scalar) and of.kind in _SAMPLES):
        return ctx.error("BFF306", value.span, f"{describe(of)} cannot stand in a text")
    if spec:
        try:
            format(_SAMPLES[of.kind], spec)
        except ValueError as error:
            return ctx.error("BFF306", value.span, f"the format `{spec}` does not fit {describe(of)}", str(error))
        if len(spec) > 20 or any(int(n) > 200 for n in _numbers(spec)):
            return ctx.error("BFF306", value.span, f"the format `{spec}` is too wide", "200 places at most")
    return value


def _numbers(spec: str) -> list[str]:
    return [part for part in "".join(c if c.isdigit() else " " for c in spec).split() if part]


# ---------------------------------------------------------------------------------------------- methods


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a kind of value: the types of its arguments, how many may be left out, what it gives."""

    takes: tuple[Type, ...]
    gives: Type
    optional: int = 0
    literal: bool = False  # its argument must be a literal, and not empty


_TEXT_METHODS = {
    "lower": Method((), TEXT),
    "upper": Method((), TEXT),
    "title": Method((), TEXT),
    "strip": Method((TEXT,), TEXT, 1),
    "split": Method((TEXT,), ListType(TEXT, min_items=1), 0, True),
    "startswith": Method((TEXT,), BOOLEAN),
    "endswith": Method((TEXT,), BOOLEAN),
    "replace": Method((TEXT, TEXT), TEXT),
}
_DATE_METHODS = {"isoformat": Method((), TEXT), "strftime": Method((TEXT,), TEXT, 0, True)}
_DATETIME_METHODS = {**_DATE_METHODS, "date": Method((), DATE)}


def method(base: tree.Expr, node: ast.Call, name: str, where: Span, ctx: Context, infer: Infer) -> tree.Expr:
    """`base.name(...)`; the method of null is null."""
    inner = non_null(base.type)
    args = _arguments(node.args, ctx, infer)
    if args is None:
        return tree.Literal(None, BROKEN, ctx.span(node))
    if node.keywords:
        return ctx.error("BFF306", node.keywords[0], f"`{name}` has no options")
    of = _method_type(inner, name, args, node, where, ctx)
    if is_broken(of):
        return tree.Literal(None, BROKEN, ctx.span(node))
    return tree.CallMethod(base, name, args, nullable(of) if is_nullable(base.type) else of, ctx.span(node))


def _method_type(
    inner: Type, name: str, args: tuple[tree.Expr, ...], node: ast.Call, where: Span, ctx: Context
) -> Type:
    if isinstance(inner, MapType) and name in ("items", "keys", "values") and not args:
        given = {"items": TupleType((inner.key, inner.value)), "keys": inner.key, "values": inner.value}
        return IterType(given[name])
    kind = inner.kind if isinstance(inner, Scalar) else None
    if kind is Kind.TEXT and name == "join":
        if len(args) != 1:
            ctx.error("BFF306", node, "`join` takes one list", help='write `", ".join(xs)`')
            return BROKEN
        return _texts(Given("join", node, args, ctx))
    table: dict[Kind | None, dict[str, Method]] = {
        Kind.TEXT: _TEXT_METHODS,
        Kind.DATE: _DATE_METHODS,
        Kind.DATETIME: _DATETIME_METHODS,
    }
    methods = table.get(kind, {})
    if name not in methods:
        return _no_method(inner, name, methods, where, ctx)
    return _check_method(name, methods[name], kind, args, node, ctx)


def _no_method(inner: Type, name: str, methods: dict[str, Method], where: Span, ctx: Context) -> Type:
    near = closest(name, methods)
    help_ = f"did you mean `{near}`?" if near else None
    if isinstance(inner, MapType) and name == "get":
        help_ = "write `m[key]`: it is null when the key is not there"
    note = f"methods: {', '.join(f'`{m}`' for m in methods)}" if methods and not near else None
    ctx.error("BFF206", where, f"{describe(inner)} has no method `{name}`", "no such method", note=note, help=help_)
    return BROKEN


def _check_method(
    name: str, of: Method, kind: Kind | None, args: tuple[tree.Expr, ...], node: ast.Call, ctx: Context
) -> Type:
    if not len(of.takes) - of.optional <= len(args) <= len(of.takes):
        ctx.error("BFF306", node, f"`{name}` is given {_count(len(args))}")
        return BROKEN
    for arg, wanted, written in zip(args, of.takes, node.args, strict=False):
        if is_nullable(arg.type):
            may_be_null(arg, written, f"`{name}`", ctx)
            return BROKEN
        if not (isinstance(arg.type, Scalar) and arg.type.kind is Kind.TEXT):
            ctx.error("BFF306", written, f"`{name}` takes {describe(wanted)}, not {describe(arg.type)}")
            return BROKEN
        if of.literal and not (isinstance(arg, tree.Literal) and arg.value):
            ctx.error("BFF306", written, f"`{name}` takes a literal text that is not empty")
            return BROKEN
        if name == "strftime" and isinstance(arg, tree.Literal):
            return _strftime(str(arg.value), kind, written, ctx)
    return of.gives


def _strftime(form: str, kind: Kind | None, written: ast.expr, ctx: Context) -> Type:
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    try:
        moment.strftime(form)
        known = all(letter in "aAbBdHIjmMpSUwWyYzZfcxX%GuV" for letter in _directives(form))
    except (ValueError, UnicodeError):
        known = False
    if not known:
        ctx.error("BFF306", written, f"`{form}` is not a date format", help="write for example `%Y-%m-%d`")
        return BROKEN
    return TEXT


def _directives(form: str) -> list[str]:
    found, at = [], 0
    while (at := form.find("%", at)) >= 0:
        found.append(form[at + 1 : at + 2] or "!")
        at += 2
    return found
