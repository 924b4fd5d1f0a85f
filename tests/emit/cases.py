"""Trees whose code stands in `expected/`, one line each in this order, to be judged by eye."""

from __future__ import annotations

from bffgen.expr import tree
from bffgen.expr.tree import Expr, LoopKind
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
    ListType,
    MapType,
    TupleType,
    nullable,
)

from .build import (
    CARD,
    CARD_PAYMENT,
    ITEM,
    ORDER,
    SPAN,
    a_list,
    a_map,
    a_set,
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
    make,
    method,
    minus,
    not_,
    path,
    ref,
    text,
    truth,
)

ITEMS = path("order", "items")
I = loop_ref("i", ITEM)  # noqa: E741
O = loop_ref("o", ORDER)  # noqa: E741
GENERATOR = LoopKind.ITER
PRICE = entry(ref("prices"), ref("word"))
THE_CUSTOMER = known(ref("customer"))
BY_ID = fn(
    "group_by",
    loop(a_tuple(path(O, "id"), O), clause("o", ref("orders")), kind=GENERATOR),
    of=MapType(INTEGER, ListType(ORDER, min_items=1)),
)
PAIRS = method(ref("prices"), "items", of=IterType(TupleType((TEXT, ITEM))))

PATHS = [
    path("order", "id"),
    path("customer", "address", "city"),
    path("customer", "address", "country", "name"),
    path("customer", "note"),
    path("customer", "home", "city"),
    element(ITEMS, 0),
    path(element(ITEMS, 0), "sku"),
    path(element(path("customer", "friends"), -1), "code"),
    path(element(ITEMS, 2), "sku"),
    element(ITEMS, ref("limit")),
    element(ITEMS, 1, within=True),
    path(entry(ref("prices"), ref("key")), "sku"),
    path(entry(path("order", "extras"), path("customer", "nick")), "origin", "code"),
    entry(ref("prices"), ref("word"), within=True),
    path(ref("payment"), "number"),
    cut(path("order", "notes"), None, lit(3)),
    cut(ref("word"), lit(1), ref("n"), -1),
]

NULL = [
    default(path("customer", "address", "city"), lit("nowhere")),
    default(path("customer", "nick"), path("customer", "name")),
    default(entry(ref("rates"), ref("word")), lit(0.5)),
    default(path(PRICE, "discount"), lit(0.0)),
    default(path("customer", "note"), lit("")),
    default(ref("items"), a_list()),
    known(path(known(ref("customer"), True), "nick"), True),
    path(known(ref("customer"), True), "address", "city"),
    path(known(PRICE, True), "sku"),
    path(known(ref("payment"), of=CARD_PAYMENT), "number"),
    choice(is_null(ref("customer"), True), path(THE_CUSTOMER, "name"), lit("guest")),
    choice(is_null(ref("customer")), lit("guest"), path(THE_CUSTOMER, "name")),
    choice(is_null(PRICE, True), path(known(PRICE), "sku"), ref("word")),
    choice(
        cmp(path("customer", "address", "zip"), "==", ref("word")),
        path(known(path(THE_CUSTOMER, "address")), "city"),
        lit(None),
    ),
    choice(cmp(ref("word"), "in", ref("prices")), path(entry(ref("prices"), ref("word"), True), "sku"), lit("")),
]

TESTS = [
    cmp(path("customer", "name"), "==", lit("Ann")),
    cmp(path("customer", "nick"), "!=", lit("Ann")),
    cmp(path("customer", "nick"), "==", ref("key")),
    cmp(path("customer", "nick"), "in", a_tuple(lit("a"), lit("b"))),
    cmp(path("customer", "nick"), "not in", ref("prices")),
    cmp(path("order", "placed"), "<", fn("now", of=DATETIME)),
    is_null(path("customer", "address", "zip")),
    is_null(element(ITEMS, 0), negated=True),
    is_null(element(path("order", "notes"), 0), negated=True),
    logic(
        "and",
        is_null(element(path("order", "notes"), 0), negated=True),
        cmp(element(known(path("order", "notes")), 0), "==", lit("a")),
    ),
    truth(ref("maybe")),
    truth(path("customer", "vip")),
    truth(path("order", "notes")),
    not_(truth(ref("maybe"))),
    not_(cmp(ref("n"), "==", lit(1))),
    not_(cmp(ref("n"), "<", lit(1))),
    logic("and", ref("flag"), truth(path("customer", "vip")), logic("or", is_null(ref("key")), ref("flag"))),
    choice(truth(ref("maybe")), lit(1), lit(2)),
    choice(truth(path("customer", "vip")), lit("gold"), lit(None)),
    fn("bool", path("customer", "vip"), of=BOOLEAN),
]

SUMS = [
    arith(
        arith(
            fn("sum", loop(path(I, "price"), clause("i", ITEMS), kind=GENERATOR), of=NUMBER),
            "/",
            fn("len", ITEMS, of=INTEGER),
        ),
        "*",
        lit(2),
    ),
    default(arith(ref("total"), "/", ref("n")), lit(0.0)),
    arith(ref("total"), "//", fn("abs", ref("n"), of=INTEGER)),
    arith(arith(ref("n"), "-", lit(1)), "%", lit(7), nonzero=True),
    fn("round", arith(ref("total"), "/", ref("n")), lit(2), of=nullable(NUMBER)),
    arith(minus(ref("n")), "*", minus(lit(2))),
    arith(arith(ref("word"), "+", lit("-")), "+", ref("word")),
    arith(path("order", "placed"), "+", fn("days", ref("n"), of=DURATION)),
    arith(a_list(ref("word")), "+", default(path("order", "notes"), a_list())),
]

TEXTS = [
    text("no product ", ref("word")),
    text((ref("total"), ".2f"), " of ", ref("n"), " {"),
    text((ref("total"), ".3")),
    text(ref("word"), ': "it\'s"\n'),
    text("by ", fn("join", a_list(lit("a")), lit(", "), of=TEXT)),
    text("by ", fn("join", a_list(lit("it's")), lit(", "), of=TEXT)),
    text(fn("today", of=DATE), " ", fn("uuid4", of=UUID)),
    method(method(path("order", "due"), "isoformat"), "upper"),
    method(path("order", "placed"), "strftime", lit("%d.%m.%Y")),
    method(ref("key"), "split", lit(","), of=ListType(TEXT)),
    fn("str", ref("n"), of=TEXT),
]

LOOPS = [
    loop(path(I, "sku"), clause("i", ITEMS, truth(path(I, "origin")))),
    loop(path(I, "sku"), clause("i", ref("items")), nullable_source=True),
    loop(path(I, "sku"), clause("i", default(ref("items"), a_list()))),
    loop(path(I, "sku"), clause("i", default(path(element(ref("orders"), 2), "items"), a_list()))),
    loop(path(I, "sku"), clause("i", path(element(ref("orders"), 2), "items")), nullable_source=True),
    loop(
        path(I, "sku"),
        clause(
            "i",
            choice(
                is_null(ref("limit"), negated=True),
                default(path(element(ref("orders"), known(ref("limit"))), "items"), a_list()),
                a_list(),
            ),
        ),
    ),
    loop(
        path(entry(ref("prices"), path(I, "sku")), "origin", "code"),
        clause("o", ref("orders")),
        clause("i", path(O, "items"), cmp(path(I, "quantity"), ">", lit(0))),
    ),
    loop(
        a_tuple(loop_ref("k", TEXT), path(loop_ref("v", ITEM), "price")), clause(("k", "v"), PAIRS), kind=LoopKind.SET
    ),
    loop(I, clause("i", ITEMS), kind=LoopKind.MAP, key=path(I, "sku")),
    loop(
        fn("len", loop_ref("g", ListType(ORDER)), of=INTEGER),
        clause("g", a_list(default(entry(BY_ID, ref("n")), a_list()))),
    ),
    fn("any", loop(truth(path(I, "origin")), clause("i", ITEMS), kind=GENERATOR), of=BOOLEAN),
    fn("all", loop(path(I, "gift"), clause("i", ITEMS), kind=GENERATOR), of=BOOLEAN),
]

FUNCTIONS = [
    fn("len", loop(path(I, "sku"), clause("i", ITEMS)), of=INTEGER),
    fn("max", loop(path(I, "price"), clause("i", ITEMS), kind=GENERATOR), of=nullable(NUMBER)),
    fn("min", ref("n"), lit(3), of=INTEGER),
    path(fn("first", ITEMS, of=nullable(ITEM)), "sku"),
    fn("first", loop(path(I, "sku"), clause("i", ITEMS), kind=GENERATOR), of=nullable(TEXT)),
    fn("last", loop(path(I, "sku"), clause("i", ITEMS), kind=GENERATOR), of=nullable(TEXT)),
    fn("unique", loop(path(I, "sku"), clause("i", ITEMS), kind=GENERATOR), of=ListType(TEXT)),
    fn(
        "sort_by",
        loop(a_tuple(path(I, "discount"), I), clause("i", ITEMS), kind=GENERATOR),
        of=ListType(ITEM),
        reverse=lit(True),
    ),
    path(element(default(entry(BY_ID, ref("n")), a_list()), 0), "id"),
    fn("int", ref("word"), of=nullable(INTEGER)),
    default(fn("float", ref("word"), of=nullable(NUMBER)), lit(0.0)),
    loop(loop_ref("x", INTEGER), clause("x", fn("range", lit(3), of=IterType(INTEGER)))),
    loop(loop_ref("x", INTEGER), clause("x", fn("range", ref("n"), of=IterType(INTEGER)))),
    loop(
        a_tuple(loop_ref("x", INTEGER), path(I, "sku")),
        clause(("x", "i"), fn("enumerate", ITEMS, of=IterType(TupleType((INTEGER, ITEM))))),
    ),
]

OBJECTS = [
    make(CARD, title=ref("word"), city=path("customer", "address", "city")),
    make(CARD, title=ref("word"), city=ref("key"), badge=path("customer", "note")),
    make(CARD, omit_null=True, title=ref("word"), badge=path(PRICE, "origin", "name")),
    choice(is_null(PRICE, True), make(CARD, title=path(known(PRICE), "sku"), city=lit(None)), lit(None)),
    a_map((ref("word"), lit(1)), (lit("b"), ref("n"))),
    a_set(lit(1), ref("n")),
    tree.StatusOf("hard", INTEGER, SPAN),
    tree.HeaderOf("hard", "etag", nullable(TEXT), SPAN),
    tree.HeaderOf("soft", "etag", nullable(TEXT), SPAN),
    tree.Convert(element(ITEMS, 0), nullable(ITEM), SPAN),
]

CASES: dict[str, list[Expr]] = {
    "paths": PATHS,
    "null": NULL,
    "tests": TESTS,
    "sums": SUMS,
    "texts": TEXTS,
    "loops": LOOPS,
    "functions": FUNCTIONS,
    "objects": OBJECTS,
}
