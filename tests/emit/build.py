"""Typed trees by hand, and the names that the emitted code uses. The types mirror `sample`."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bffgen.expr import tree
from bffgen.expr.emit import emit
from bffgen.expr.emit_print import unparse
from bffgen.expr.tree import Expr, LoopKind, Role
from bffgen.source.text import SourceFile, Span
from bffgen.typesystem.model import (
    BOOLEAN,
    DATE,
    DATETIME,
    DURATION,
    INTEGER,
    NULL,
    NUMBER,
    TEXT,
    UNKNOWN,
    Field,
    IterType,
    Kind,
    ListType,
    MapType,
    ObjectType,
    Scalar,
    SetType,
    TupleType,
    Type,
    Union,
    is_nullable,
    non_null,
    nullable,
)
from bffgen.typesystem.relations import join, join_all, objects_in

SPAN = Span(SourceFile("spec.yaml", ""), 0, 0)


def an_object(name: str, /, **fields: Type) -> ObjectType:
    """Nullable fields are optional."""
    made = {key: Field(key, of, not is_nullable(of)) for key, of in fields.items()}
    return ObjectType(name, "shop", lambda: made)


COUNTRY = an_object("Country", code=TEXT, name=nullable(TEXT))
ADDRESS = an_object("Address", city=TEXT, zip=nullable(TEXT), country=nullable(COUNTRY))
CUSTOMER = an_object(
    "Customer",
    id=INTEGER,
    name=TEXT,
    nick=nullable(TEXT),
    vip=nullable(BOOLEAN),
    address=nullable(ADDRESS),
    note=nullable(TEXT),
    home=nullable(ADDRESS),
    tags=ListType(TEXT),
    friends=ListType(nullable(COUNTRY)),
)
ITEM = an_object(
    "Item",
    sku=TEXT,
    price=NUMBER,
    quantity=INTEGER,
    discount=nullable(NUMBER),
    gift=BOOLEAN,
    origin=nullable(COUNTRY),
)
ORDER = an_object(
    "Order",
    id=INTEGER,
    items=ListType(ITEM),
    customer=nullable(CUSTOMER),
    notes=nullable(ListType(TEXT)),
    by_sku=MapType(TEXT, ITEM),
    extras=nullable(MapType(TEXT, ITEM)),
    placed=DATETIME,
    due=nullable(DATE),
)
CARD_PAYMENT = an_object("CardPayment", kind=TEXT, number=TEXT)
BANK_PAYMENT = an_object("BankPayment", kind=TEXT, iban=TEXT)
PAYMENT = Union((CARD_PAYMENT, BANK_PAYMENT), "kind", (("card",), ("bank",)))
CARD = ObjectType(
    "Card",
    None,
    lambda: {
        "title": Field("title", TEXT, True),
        "city": Field("city", nullable(TEXT), True),
        "badge": Field("badge", TEXT, False),
    },
)

VALUES: dict[str, Type] = {
    "order": ORDER,
    "customer": nullable(CUSTOMER),
    "orders": ListType(ORDER),
    "items": nullable(ListType(ITEM)),
    "prices": MapType(TEXT, ITEM),
    "rates": MapType(TEXT, nullable(NUMBER)),
    "n": INTEGER,
    "total": NUMBER,
    "limit": nullable(INTEGER),
    "word": TEXT,
    "key": nullable(TEXT),
    "flag": BOOLEAN,
    "maybe": nullable(BOOLEAN),
    "payment": PAYMENT,
    "anything": UNKNOWN,
}

ANNOTATIONS = {
    "order": "Order",
    "customer": "Customer | None",
    "orders": "list[Order]",
    "items": "list[Item] | None",
    "prices": "dict[str, Item]",
    "rates": "dict[str, float | None]",
    "n": "int",
    "total": "float",
    "limit": "int | None",
    "word": "str",
    "key": "str | None",
    "flag": "bool",
    "maybe": "bool | None",
    "payment": "Payment",
    "anything": "JsonValue",
}


@dataclass
class SampleNames:
    """Names over `sample`; remembers what was asked for, as imports."""

    taken: set[str] = field(default_factory=lambda: set(VALUES))
    imports: set[tuple[str, str]] = field(default_factory=set)
    null_calls: frozenset[str] = frozenset({"soft"})

    def ref(self, role: Role, name: str) -> str:
        return name

    def attribute(self, owner: Type, field: str) -> str:
        return f"{field}_" if field == "id" else field

    def missing(self, owner: Type, field: str) -> bool:
        return (owner is CUSTOMER and field in ("note", "home")) or (owner is CARD and field == "badge")

    def loose(self, of: ObjectType, field: str) -> bool:
        return False

    def model(self, of: ObjectType) -> str:
        return self.imported("sample", of.name)

    def classes(self, of: ObjectType) -> list[str]:
        return [self.model(of)]

    def holders(self, of: Type, field: str) -> list[str] | None:
        objects = list(objects_in(of))
        arms = of.arms if isinstance(of, Union) else (of,)
        if len(objects) == len(arms):  # they are one class, which has the fields of all
            return None
        return [self.model(one) for one in objects if field in one.fields]

    def adapter(self, of: Type) -> str:
        return f"{next(objects_in(of)).name.upper()}_ADAPTER"

    def own(self, kind: str, name: str) -> str:
        return self.imported("own", name)

    def helper(self, name: str) -> str:
        return self.imported("types" if name in ("given", "convert", "wire_text") else "values", name)

    def imported(self, module: str, name: str) -> str:
        self.imports.add((module, name))
        return name

    def fresh(self, base: str) -> str:
        name, n = base, 2
        while name in self.taken:
            name, n = f"{base}_{n}", n + 1
        self.taken.add(name)
        return name

    def instant(self, kind: str, span: Span) -> str:
        return kind

    def reply(self, call: str) -> str:
        return f"{call}_reply"

    def call_may_be_null(self, call: str) -> bool:
        return call in self.null_calls


# ------------------------------------------------------------------------------------------------ trees


def ref(name: str, of: Type | None = None, role: Role = Role.CALL) -> Expr:
    return tree.Ref(name, role, of if of is not None else VALUES[name], SPAN)


def loop_ref(name: str, of: Type) -> Expr:
    return tree.Ref(name, Role.LOOP, of, SPAN)


def lit(value: Any) -> Expr:
    kinds = {bool: BOOLEAN, str: TEXT, int: INTEGER, float: NUMBER, type(None): NULL}
    return tree.Literal(value, kinds[type(value)], SPAN)


def _through(base: Expr, of: Type) -> Type:
    return nullable(of) if is_nullable(base.type) else of


def path(base: Expr | str, *fields: str) -> Expr:
    """`base.a.b`"""
    made = ref(base) if isinstance(base, str) else base
    for name in fields:
        types = [arm.fields[name].type for arm in objects_in(made.type) if name in arm.fields]
        of = join_all(types)
        of = of if len(types) == len(list(objects_in(made.type))) else nullable(of)
        made = tree.FieldOf(made, name, _through(made, of), SPAN)
    return made


def element(base: Expr, index: Expr | int, within: bool = False) -> Expr:
    at = lit(index) if isinstance(index, int) else index
    of = non_null(base.type)
    item = of.item if isinstance(of, ListType) else TEXT
    return tree.ElementOf(base, at, within, _through(base, item if within else nullable(item)), SPAN)


def entry(base: Expr, key: Expr, within: bool = False) -> Expr:
    of = non_null(base.type)
    assert isinstance(of, MapType)
    return tree.EntryOf(base, key, within, _through(base, of.value if within else nullable(of.value)), SPAN)


def cut(base: Expr, start: Expr | None, stop: Expr | None, step: int | None = None) -> Expr:
    return tree.SliceOf(base, start, stop, step, base.type, SPAN)


def is_null(value: Expr, negated: bool = False) -> Expr:
    return tree.IsNull(value, negated, BOOLEAN, SPAN)


def truth(value: Expr) -> Expr:
    return tree.Truth(value, BOOLEAN, SPAN)


def not_(value: Expr) -> Expr:
    return tree.Not(value, BOOLEAN, SPAN)


def logic(operator: str, *operands: Expr) -> Expr:
    return tree.Logic(operator, operands, BOOLEAN, SPAN)


def cmp(left: Expr, operator: str, right: Expr) -> Expr:
    return tree.Compare(operator, left, right, BOOLEAN, SPAN)


def known(value: Expr, elsewhere: bool = False, of: Type | None = None) -> Expr:
    return tree.Narrowed(value, elsewhere, of or non_null(value.type), SPAN)


def choice(test: Expr, then: Expr, other: Expr) -> Expr:
    return tree.Choice(test, then, other, join(then.type, other.type), SPAN)


def arith(left: Expr, operator: str, right: Expr, nonzero: bool = False) -> Expr:
    of, other = non_null(left.type), non_null(right.type)
    if isinstance(of, Scalar) and isinstance(other, Scalar):
        if operator == "/" or (Kind.NUMBER in (of.kind, other.kind)):
            of = NUMBER
        elif {of.kind, other.kind} & {Kind.DATE, Kind.DATETIME}:
            of = DURATION if of == other else of
    null = is_nullable(left.type) or is_nullable(right.type) or (operator in ("/", "//", "%") and not nonzero)
    return tree.Arithmetic(operator, left, right, nonzero, nullable(of) if null else of, SPAN)


def minus(value: Expr) -> Expr:
    return tree.Negate(value, value.type, SPAN)


def text(*parts: str | Expr | tuple[Expr, str]) -> Expr:
    made = tuple(
        part if isinstance(part, str) else tree.TextPart(*(part if isinstance(part, tuple) else (part, None)))
        for part in parts
    )
    return tree.MakeText(made, TEXT, SPAN)


def a_list(*items: Expr) -> Expr:
    return tree.MakeList(items, ListType(join_all([one.type for one in items])), SPAN)


def a_tuple(*items: Expr) -> Expr:
    return tree.MakeTuple(items, TupleType(tuple(one.type for one in items)), SPAN)


def a_set(*items: Expr) -> Expr:
    return tree.MakeSet(items, SetType(join_all([one.type for one in items])), SPAN)


def a_map(*entries: tuple[Expr, Expr]) -> Expr:
    of = MapType(join_all([k.type for k, _ in entries]), join_all([v.type for _, v in entries]))
    return tree.MakeMap(entries, of, SPAN)


def make(of: ObjectType, omit_null: bool = False, **entries: Expr) -> Expr:
    return tree.MakeObject(tuple(entries.items()), omit_null, of, SPAN)


def target(of: Type, *names: Any) -> tree.Target:
    """One name, or several (nested tuples) for a tuple."""
    if len(names) == 1 and isinstance(names[0], str):
        return tree.Target(names[0], (), of)
    assert isinstance(of, TupleType)
    parts = tuple(
        target(item, *(name if isinstance(name, tuple) else (name,)))
        for item, name in zip(of.items, names, strict=True)
    )
    return tree.Target(None, parts, of)


def item_of(source: Expr) -> Type:
    of = non_null(source.type)
    if isinstance(of, MapType):
        return of.key
    assert isinstance(of, (ListType, SetType, IterType))
    return of.item


def clause(names: Any, source: Expr, *conditions: Expr) -> tree.Clause:
    bound = names if isinstance(names, tuple) else (names,)
    return tree.Clause(target(item_of(source), *bound), source, conditions)


def loop(
    element: Expr,
    *clauses: tree.Clause,
    kind: LoopKind = LoopKind.LIST,
    key: Expr | None = None,
    nullable_source: bool = False,
) -> Expr:
    types: dict[LoopKind, Type] = {
        LoopKind.LIST: ListType(element.type),
        LoopKind.SET: SetType(element.type),
        LoopKind.ITER: IterType(element.type),
    }
    of: Type = types[kind] if key is None else MapType(key.type, element.type)
    of = nullable(of) if nullable_source else of
    return tree.Loop(kind, key, element, clauses, nullable_source, of, SPAN)


def fn(name: str, *args: Expr, of: Type, **options: Expr) -> Expr:
    return tree.CallFunction(name, args, tuple(options.items()), of, SPAN)


def default(value: Expr, fallback: Expr) -> Expr:
    return fn("default", value, fallback, of=join(non_null(value.type), fallback.type))


def method(base: Expr, name: str, *args: Expr, of: Type = TEXT) -> Expr:
    return tree.CallMethod(base, name, args, _through(base, of), SPAN)


# ------------------------------------------------------------------------------------------------ code


def code(expr: Expr, names: SampleNames | None = None) -> str:
    return unparse(emit(expr, names or SampleNames()))


def formatted(source: str) -> str:
    """As the one final `ruff format` prints it."""
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "110", "-"]
    done = subprocess.run(command, input=source, capture_output=True, text=True, check=True)
    return done.stdout


ROOT = Path(__file__).resolve().parents[2]
