"""Random well-typed trees and values for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import strategies as st
from pydantic import MISSING

from bffgen.expr import tree
from bffgen.expr.tree import Expr, LoopKind
from bffgen.typesystem.model import (
    BOOLEAN,
    INTEGER,
    NUMBER,
    TEXT,
    ListType,
    MapType,
    Nullable,
    ObjectType,
    Type,
    is_nullable,
    non_null,
    nullable,
)

from . import sample
from .build import (
    COUNTRY,
    CUSTOMER,
    ITEM,
    ORDER,
    VALUES,
    a_list,
    a_tuple,
    arith,
    choice,
    clause,
    cmp,
    cut,
    default,
    element,
    entry,
    fn,
    is_null,
    known,
    lit,
    logic,
    loop,
    loop_ref,
    method,
    minus,
    not_,
    path,
    ref,
    text,
    truth,
)

# ------------------------------------------------------------------------------------------------ values


def or_none(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One in four is null."""
    return st.integers(0, 3).flatmap(lambda n: values if n else st.none())


words = st.sampled_from(["", "a", "b", "ab", "7", "-2", "1.5", "x y"])
numbers = st.sampled_from([0.0, 1.0, -1.5, 2.0, 0.25, 10.0])
small = st.integers(-3, 3)
countries = st.builds(sample.Country, code=words, name=or_none(words))
addresses = st.builds(sample.Address, city=words, zip=or_none(words), country=or_none(countries))
customers = st.builds(
    sample.Customer,
    id_=small,
    name=words,
    nick=or_none(words),
    vip=or_none(st.booleans()),
    address=or_none(addresses),
    note=st.just(MISSING) | words,
    home=st.just(MISSING) | or_none(addresses),
    tags=st.lists(words, max_size=3),
    friends=st.lists(or_none(countries), max_size=2),
)
items = st.builds(
    sample.Item,
    sku=words,
    price=numbers,
    quantity=small,
    discount=or_none(numbers),
    gift=st.booleans(),
    origin=or_none(countries),
)
maps = st.dictionaries(words, items, max_size=3)
orders = st.builds(
    sample.Order,
    id_=small,
    items=st.lists(items, max_size=3),
    customer=or_none(customers),
    notes=or_none(st.lists(words, max_size=2)),
    by_sku=maps,
    extras=or_none(maps),
    placed=st.just(datetime(2026, 1, 2, tzinfo=UTC)),
    due=or_none(st.just(date(2026, 3, 4))),
)
environments = st.fixed_dictionaries(
    {
        "order": orders,
        "customer": or_none(customers),
        "orders": st.lists(orders, max_size=2),
        "items": or_none(st.lists(items, max_size=3)),
        "prices": maps,
        "rates": st.dictionaries(words, or_none(numbers), max_size=3),
        "n": small,
        "total": numbers,
        "limit": or_none(small),
        "word": words,
        "key": or_none(words),
        "flag": st.booleans(),
        "maybe": or_none(st.booleans()),
        "payment": st.just(sample.Payment(kind="card", number="1")),
        "anything": or_none(small),
    }
)

# ------------------------------------------------------------------------------------------------ paths

Draw = Callable[[st.SearchStrategy[Any]], Any]


def reach(base: Expr, depth: int) -> Iterator[Expr]:
    """The value and all that can be read from it."""
    yield base
    of = non_null(base.type)
    if not depth:
        return
    if isinstance(of, ObjectType):
        for name in of.fields:
            yield from reach(path(base, name), depth - 1)
    elif isinstance(of, ListType):
        for index in (lit(0), lit(-1), lit(2), ref("n"), ref("limit")):
            yield from reach(element(base, index), depth - 1)
    elif isinstance(of, MapType):
        for key in (ref("word"), ref("key"), path("customer", "nick")):
            yield from reach(entry(base, key), depth - 1)


def by_type(values: Iterator[Expr]) -> list[tuple[Type, Expr]]:
    return [(non_null(one.type), one) for one in values]


OUTER = by_type(one for name in VALUES if name not in ("payment", "anything") for one in reach(ref(name), 4))


def narrowed(expr: Expr, elsewhere: bool) -> Expr:
    """The path once it is known not to be null, nor anything on the way to it."""
    match expr:
        case tree.FieldOf(base, name):
            expr = path(narrowed(base, elsewhere), name)
        case tree.ElementOf(base, index):
            expr = element(narrowed(base, elsewhere), narrowed(index, elsewhere))
        case tree.EntryOf(base, key):
            expr = entry(narrowed(base, elsewhere), narrowed(key, elsewhere))
    return known(expr, elsewhere) if is_nullable(expr.type) else expr


# ------------------------------------------------------------------------------------------------ trees


@dataclass
class Trees:
    """Draws expressions of a wanted type."""

    draw: Draw
    elsewhere: bool = True  # whether to draw proofs that stand outside of the expression
    seen: list[tuple[Type, Expr]] = field(default_factory=lambda: list(OUTER))
    loops: int = 0

    def one(self, *ways: Callable[[], Expr]) -> Expr:
        return self.draw(st.sampled_from(ways))()

    def paths(self, want: Type, null: bool = True) -> list[Expr]:
        return [one for of, one in self.seen if of == want and (null or not is_nullable(one.type))]

    def path(self, want: Type) -> Expr:
        return self.draw(st.sampled_from(self.paths(want)))

    def sure(self, want: Type, depth: int) -> Expr:
        """A value that is never null."""
        value = self.maybe(want, depth)
        return (
            default(value, a_list() if isinstance(want, ListType) else self.leaf(want))
            if is_nullable(value.type)
            else value
        )

    def leaf(self, want: Type) -> Expr:
        plain = self.paths(want, null=False)
        if isinstance(want, ListType):
            return a_list(lit("a"))
        values = {TEXT: words, INTEGER: small, NUMBER: numbers}
        if want in values:
            return lit(self.draw(values[want]))
        return self.draw(st.sampled_from(plain))

    def maybe(self, want: Type, depth: int) -> Expr:
        """A value of the type, or null."""
        if depth <= 0:
            return self.one(
                lambda: self.path(want), lambda: self.path(want) if isinstance(want, ObjectType) else self.leaf(want)
            )
        ways = [lambda: self.path(want), lambda: self.path(want), lambda: self.choice(want, depth)]
        made = {
            TEXT: self.text,
            INTEGER: self.integer,
            NUMBER: self.number,
            BOOLEAN: self.boolean,
            ListType(TEXT): self.texts,
        }.get(want)
        if made:
            ways += [lambda: made(depth - 1)] * 3
        if want in (ITEM, COUNTRY, ORDER, CUSTOMER):
            ways.append(lambda: self.end(want, depth - 1))
        return self.one(*ways)

    def end(self, want: Type, depth: int) -> Expr:
        lists = self.paths(ListType(want))
        if not lists:
            return self.path(want)
        source = self.draw(st.sampled_from(lists))
        source = default(source, a_list()) if is_nullable(source.type) else source
        name = self.draw(st.sampled_from(["first", "last"]))
        return fn(name, source, of=nullable(want))

    def choice(self, want: Type, depth: int) -> Expr:
        """Often with a narrowing: `a.b.c if a.b is not None else ...`."""
        other = self.one(lambda: lit(None), lambda: self.maybe(want, depth - 1))
        if self.draw(st.booleans()):
            return choice(self.boolean(depth - 1), self.maybe(want, depth - 1), other)
        holders = [one for _, one in self.seen if is_nullable(one.type) and not isinstance(one, tree.SliceOf)]
        holder = self.draw(st.sampled_from(holders))
        of = non_null(holder.type)
        there = narrowed(holder, self.elsewhere and self.draw(st.booleans()))
        inside = [one for one in reach(there, 2) if non_null(one.type) == want]
        if not inside:
            return choice(self.boolean(depth - 1), self.path(want), other)
        then = self.draw(st.sampled_from(inside))
        tests = [is_null(holder, True), not_(is_null(holder))]
        if of in (TEXT, INTEGER):
            tests.append(cmp(holder, "==", self.leaf(of)))
        elif of != BOOLEAN:
            tests.append(truth(holder))
        test = self.draw(st.sampled_from(tests))
        if self.draw(st.booleans()):
            test = logic("and", test, self.boolean(0))
        return choice(test, then, other)

    # ---------------------------------------------------------------------------------------- by type

    def text(self, depth: int) -> Expr:
        t, sure = self.maybe, self.sure
        return self.one(
            lambda: method(t(TEXT, depth), self.draw(st.sampled_from(["lower", "upper", "strip", "title"]))),
            lambda: arith(sure(TEXT, depth), "+", sure(TEXT, depth)),
            lambda: text("a ", sure(TEXT, depth), "{'}", sure(INTEGER, depth), (sure(NUMBER, depth), ".2f")),
            lambda: fn("join", sure(ListType(TEXT), depth), lit(", "), of=TEXT),
            lambda: fn("first", sure(ListType(TEXT), depth), of=nullable(TEXT)),
            lambda: fn("max", sure(ListType(TEXT), depth), of=nullable(TEXT)),
            lambda: element(t(TEXT, depth), self.draw(st.sampled_from([0, 1, -1]))),
            lambda: cut(t(TEXT, depth), None, sure(INTEGER, depth)),
            lambda: path(self.maybe(ITEM, depth), "origin", "code"),
            lambda: path(self.maybe(ITEM, depth), "sku"),
            lambda: default(t(TEXT, depth), t(TEXT, depth)) if depth else self.path(TEXT),
        )

    def integer(self, depth: int) -> Expr:
        sure = self.sure
        return self.one(
            lambda: fn("len", sure(ListType(TEXT), depth), of=INTEGER),
            lambda: fn("len", path("order", "items"), of=INTEGER),
            lambda: arith(sure(INTEGER, depth), self.operator(), sure(INTEGER, depth)),
            lambda: fn("int", sure(TEXT, depth), of=nullable(INTEGER)),
            lambda: fn("round", sure(NUMBER, depth), of=INTEGER),
            lambda: fn("abs", self.division(depth, "//", INTEGER), of=nullable(INTEGER)),
            lambda: minus(sure(INTEGER, depth)),
            lambda: path(self.maybe(ITEM, depth), "quantity"),
            lambda: self.each(INTEGER, "sum", INTEGER, depth),
        )

    def number(self, depth: int) -> Expr:
        sure = self.sure
        return self.one(
            lambda: self.division(depth, "/", NUMBER),
            lambda: arith(self.division(depth, "/", NUMBER), "*", sure(NUMBER, depth)),
            lambda: arith(sure(NUMBER, depth), self.operator(), sure(NUMBER, depth)),
            lambda: fn("float", sure(TEXT, depth), of=nullable(NUMBER)),
            lambda: self.each(NUMBER, "max", nullable(NUMBER), depth),
            lambda: self.each(NUMBER, "sum", NUMBER, depth),
            lambda: entry(ref("rates"), self.maybe(TEXT, depth)),
        )

    def operator(self) -> str:
        return str(self.draw(st.sampled_from(["+", "-", "*", "//", "%"])))

    def division(self, depth: int, operator: str, of: Type) -> Expr:
        by = self.one(lambda: self.sure(of, depth), lambda: fn("len", path("order", "items"), of=INTEGER))
        return arith(self.sure(of, depth), operator, by)

    def boolean(self, depth: int) -> Expr:
        """A bool, never null."""
        if depth <= 0:
            return self.one(lambda: ref("flag"), lambda: truth(ref("maybe")))
        kind = self.draw(st.sampled_from([TEXT, INTEGER, NUMBER]))
        anything = self.draw(st.sampled_from([TEXT, INTEGER, ITEM, COUNTRY, ListType(TEXT)]))
        b, d = self.boolean, depth - 1
        return self.one(
            lambda: cmp(self.path(kind), self.sign("==", "!="), self.maybe(kind, d)),
            lambda: cmp(self.sure(kind, d), self.sign("<", "<=", ">", ">="), self.sure(kind, d)),
            lambda: cmp(self.maybe(TEXT, d), self.sign("in", "not in"), self.sure(ListType(TEXT), d)),
            lambda: cmp(self.path(TEXT), self.sign("in", "not in"), a_list(lit("a"), lit(None))),
            lambda: is_null(self.maybe(anything, d), self.draw(st.booleans())),
            lambda: self.truth(d),
            lambda: not_(b(d)),
            lambda: not_(self.truth(d)),
            lambda: logic(self.sign("and", "or"), b(d), b(d)),
            lambda: self.each(BOOLEAN, self.sign("any", "all"), BOOLEAN, d),
            lambda: fn("bool", self.path(BOOLEAN), of=BOOLEAN),
        )

    def sign(self, *signs: str) -> str:
        return str(self.draw(st.sampled_from(signs)))

    def truth(self, depth: int) -> Expr:
        of = self.draw(st.sampled_from([BOOLEAN, ITEM, COUNTRY]))
        value = self.maybe(of, depth)
        return truth(value) if isinstance(value.type, Nullable) else is_null(value, True)

    # ---------------------------------------------------------------------------------------- loops

    def texts(self, depth: int) -> Expr:
        sure = self.sure
        return self.one(
            lambda: self.loop(TEXT, LoopKind.LIST, depth, sure=True),
            lambda: self.loop(TEXT, LoopKind.LIST, depth, sure=True, nullable_source=True),
            lambda: cut(self.maybe(ListType(TEXT), depth), sure(INTEGER, depth), None),
            lambda: fn("sorted", sure(ListType(TEXT), depth), of=ListType(TEXT), reverse=lit(True)),
            lambda: fn("unique", self.loop(TEXT, LoopKind.ITER, depth, sure=True), of=ListType(TEXT)),
            lambda: arith(sure(ListType(TEXT), depth), "+", sure(ListType(TEXT), depth)),
            lambda: method(self.maybe(TEXT, depth), "split", lit(" "), of=ListType(TEXT)),
            lambda: self.sorted_by(depth),
            lambda: self.grouped(depth),
        )

    def pairs(self, depth: int) -> Expr:
        source, name, item = self.source()
        with_item = self.seen
        self.seen = [*by_type(reach(loop_ref(name, item), 3)), *with_item]
        made = a_tuple(self.maybe(TEXT, depth), self.sure(TEXT, depth))
        self.seen = with_item
        return loop(made, clause(name, source), kind=LoopKind.ITER)

    def sorted_by(self, depth: int) -> Expr:
        return fn("sort_by", self.pairs(depth), of=ListType(TEXT), reverse=lit(self.draw(st.booleans())))

    def grouped(self, depth: int) -> Expr:
        groups = fn("group_by", self.pairs(depth), of=MapType(TEXT, ListType(TEXT)))
        return entry(groups, self.maybe(TEXT, depth))

    def each(self, item: Type, function: str, of: Type, depth: int) -> Expr:
        return fn(function, self.loop(item, LoopKind.ITER, depth, sure=item != BOOLEAN), of=of)

    def source(self, sure: bool = True) -> tuple[Expr, str, Type]:
        """A list to loop over, and what the loop binds."""
        lists = [(of, one) for of, one in self.seen if isinstance(of, ListType)]
        of, source = self.draw(st.sampled_from(lists))
        if is_nullable(source.type) and sure:
            source = default(source, a_list())
        self.loops += 1
        return source, f"x{self.loops}", of.item

    def loop(self, want: Type, kind: LoopKind, depth: int, sure: bool = False, nullable_source: bool = False) -> Expr:
        outer = self.seen
        source, name, item = self.source(sure=not nullable_source)
        if want == TEXT and self.draw(st.booleans()) and depth > 0 and not nullable_source:
            source, item = self.sure(ListType(TEXT), depth - 1), TEXT
        self.seen = [*by_type(reach(loop_ref(name, item), 3)) * 3, *outer]
        conditions = (self.boolean(depth - 1),) if self.draw(st.booleans()) else ()
        made = self.sure(want, depth - 1) if sure else self.maybe(want, depth - 1)
        if want == BOOLEAN and isinstance(made.type, Nullable):
            made = truth(made)
        self.seen = outer
        return loop(made, clause(name, source, *conditions), kind=kind, nullable_source=nullable_source)


WANTED = [TEXT, INTEGER, NUMBER, BOOLEAN, ListType(TEXT), ITEM, COUNTRY]


@st.composite
def trees(draw: Draw, elsewhere: bool = True) -> Expr:
    return Trees(draw, elsewhere).maybe(draw(st.sampled_from(WANTED)), draw(st.integers(1, 4)))
