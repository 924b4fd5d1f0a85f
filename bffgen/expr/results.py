"""What each function of the language gives for the arguments that it is given."""

from __future__ import annotations

import ast
from collections.abc import Callable

from bffgen.diagnostics.model import Label
from bffgen.expr import tree
from bffgen.expr.loops import element_type, is_key
from bffgen.expr.operators import ORDERED, as_condition, default_for
from bffgen.expr.scope import Context
from bffgen.expr.texts import text_part
from bffgen.records import dataclass
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
from bffgen.typesystem.relations import BROKEN, an, describe, holds_broken, is_never, join

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
        if of is not None and holds_broken(of):
            return None
        if of is None:
            self.bad(at, f"`{self.name}` takes a list, not {an(self.args[at].type)}")
        return of

    def filled(self, at: int = 0) -> Type | None:
        """What a loop over an argument sees, never null; None after a message."""
        of = self.items(at)
        if of is None or not is_nullable(of):
            return of
        node, message = self.node.args[at], f"`{self.name}` takes values that are never null"
        if isinstance(node, (ast.GeneratorExp, ast.ListComp)):
            help_ = f"write `default({self.each(at)}, {default_for(of)})`"
            self.ctx.error("BFF303", node.elt, message, describe(of), help=help_)
        else:
            help_ = f"leave the nulls out: `[x for x in {self.ctx.text(node)} if x is not None]`"
            self.ctx.error("BFF303", node, message, describe(self.args[at].type), help=help_)
        return None

    def each(self, at: int = 0) -> str:
        """How an element of an argument is written; `x` where it is not."""
        node = self.node.args[at]
        return self.ctx.text(node.elt) if isinstance(node, (ast.GeneratorExp, ast.ListComp)) else "x"

    def whole(self, at: int = 0) -> str:
        """How an argument is written; `xs` where it makes its elements itself."""
        node = self.node.args[at]
        return "xs" if isinstance(node, (ast.GeneratorExp, ast.ListComp)) else self.ctx.text(node)

    def loop(self, at: int = 0) -> str:
        """The loop over an argument: what stands after `for`."""
        node = self.node.args[at]
        if isinstance(node, (ast.GeneratorExp, ast.ListComp)):
            return f"{self.ctx.text(node.generators[0].target)} in {self.ctx.text(node.generators[0].iter)}"
        return f"x in {self.ctx.text(node)}"

    def kind(self, at: int, *kinds: Kind) -> bool:
        of = self.args[at].type
        if isinstance(of, Scalar) and of.kind in kinds:
            return True
        self.bad(at, f"`{self.name}` takes {' or '.join(an(Scalar(k)) for k in kinds)}, not {an(of)}")
        return False


def _len(c: Given) -> Type:
    of = c.args[0].type
    if isinstance(of, (ListType, MapType, SetType, TupleType)) or (isinstance(of, Scalar) and of.kind is Kind.TEXT):
        return INTEGER
    help_ = f"write `len([{c.ctx.text(c.node.args[0])[1:-1]}])`" if isinstance(of, IterType) else None
    return c.bad(0, f"`len` takes a list, map, set or text, not {an(of)}", help_)


def _sum(c: Given) -> Type:
    of = c.filled()
    if of is None:
        return BROKEN
    if is_never(of):
        return INTEGER
    if isinstance(of, Scalar) and of.kind in (Kind.INTEGER, Kind.NUMBER):
        return Scalar(of.kind)
    return c.bad(0, f"`sum` takes numbers, not {describe(of)}")


def _least(c: Given) -> Type:
    """`min(xs)` and `max(xs)` are null of an empty list; of two or more values they are one of them."""
    if len(c.args) > 1:
        of: Type = c.args[0].type
        for at, arg in enumerate(c.args):
            if not (isinstance(arg.type, Scalar) and arg.type.kind in ORDERED):
                return c.bad(at, f"`{c.name}` takes values that have an order, not {an(arg.type)}")
            of = join(of, arg.type)
        if not isinstance(of, Scalar):
            return c.bad(1, f"`{c.name}` takes values of one type, not {an(of)}")
        return Scalar(of.kind)
    item = c.filled()
    if item is None:
        return BROKEN
    if not _has_order(item):
        return c.bad(0, f"`{c.name}` takes values that have an order, not {an(item)}")
    return item if _least_items(c) > 0 else nullable(item)


def _has_order(of: Type) -> bool:
    if isinstance(of, TupleType):
        return all(map(_has_order, of.items))
    return is_never(of) or (isinstance(of, Scalar) and of.kind in ORDERED)


def _sorted(c: Given) -> Type:
    item = c.filled()
    if item is None or _has_order(item):
        return ListType(item, _least_items(c)) if item else BROKEN
    return c.bad(
        0,
        f"`sorted` takes values that have an order, not {an(item)}",
        f"write `sort_by((x.field, x) for x in {c.whole()})`",
    )


def _truths(c: Given) -> Type:
    item = c.items()
    if item is None:
        return BROKEN
    if isinstance(non_null(item), Scalar) and getattr(non_null(item), "kind", None) is Kind.BOOLEAN or is_never(item):
        return BOOLEAN
    hint = as_condition(item, c.each())
    return c.bad(0, f"`{c.name}` takes conditions, not {an(item)}", f"write `{c.name}({hint} for {c.loop()})`")


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
    return c.bad(0, f"`bool` takes a boolean that may be null, not {an(of)}")


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
    return item if _least_items(c) > 0 else nullable(item)


def _unique(c: Given) -> Type:
    item = c.items()
    if item is None:
        return BROKEN
    if not is_key(non_null(item)) and not is_never(item):
        return c.bad(0, f"`unique` takes scalars, not {an(item)}")
    return ListType(item, min(_least_items(c), 1))


def _list(c: Given) -> Type:
    item = c.items()
    return ListType(item, _least_items(c)) if item else BROKEN


def _least_items(c: Given) -> int:
    of = c.args[0].type
    return of.min_items if isinstance(of, ListType) else 0


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
        c.bad(0, f"`{c.name}` takes pairs, not {an(item)}", f"write `{c.name}((x.field, x) for x in {c.whole()})`")
    return None


def _group_by(c: Given) -> Type:
    pair = _pairs(c)
    if pair is None:
        return BROKEN
    found = non_null(pair[0])
    if not is_key(found):
        return c.bad(0, f"{an(found)} cannot be a key")
    return MapType(found, ListType(pair[1], min_items=1))


def _sort_by(c: Given) -> Type:
    pair = _pairs(c)
    if pair is None:
        return BROKEN
    if not _has_order(non_null(pair[0])):
        return c.bad(0, f"{an(pair[0])} has no order")
    return ListType(pair[1])


def _join(c: Given) -> Type:
    if not c.kind(1, Kind.TEXT):
        return BROKEN
    return texts(c)


def texts(c: Given) -> Type:
    item = c.filled()
    if item is None:
        return BROKEN
    if is_never(item) or (isinstance(item, Scalar) and item.kind is Kind.TEXT):
        return TEXT
    node, help_ = c.node.args[0], f"write `str({c.each()})`"
    if not isinstance(node, (ast.GeneratorExp, ast.ListComp)):
        help_ = f"write `(str(x) for x in {c.whole()})`"
    where = node.elt if isinstance(node, (ast.GeneratorExp, ast.ListComp)) else node
    c.ctx.error("BFF306", where, f"`join` takes texts, not {an(item)}", describe(item), help=help_)
    return BROKEN


def _duration(c: Given) -> Type:
    return DURATION if c.kind(0, Kind.INTEGER, Kind.NUMBER) else BROKEN


@dataclass(frozen=True, slots=True)
class Function:
    """`least` to `most` arguments; `result` types the call. `nulls`: arguments that may be null, by position."""

    least: int
    most: int
    result: Callable[[Given], Type]
    nulls: tuple[int, ...] = ()
    options: tuple[str, ...] = ()
    shown: str = ""


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
