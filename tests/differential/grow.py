"""Expressions, grown from the names in scope: the checker says what each new one is, or that it is none.

A growth has a pool of typed expressions. A step puts some of them together in one of the language's forms; what the
checker takes joins the pool. So any form may hold any other, and most of what comes out is well typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bffgen.diagnostics.model import Diagnostics
from bffgen.expr import tree
from bffgen.expr.check import infer
from bffgen.expr.facts import proved
from bffgen.expr.operators import condition
from bffgen.expr.parse import SourceText, parse
from bffgen.expr.scope import Binding, Context, Scope
from bffgen.source.text import SourceFile, Span
from bffgen.typesystem.model import (
    TEXT,
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
)
from bffgen.typesystem.names import python_name
from bffgen.typesystem.relations import assign, is_broken, is_never, objects_in

from .dice import Dice
from .meaning.data import within
from .replies import DATES, MOMENTS, TEXTS

LONGEST = 400  # characters of one expression


@dataclass(frozen=True)
class Grown:
    """An expression of the language with its type. `tight`: it needs no parentheses."""

    text: str
    node: tree.Expr
    tight: bool

    @property
    def type(self) -> Type:
        return self.node.type

    @property
    def inner(self) -> str:
        return self.text if self.tight else f"({self.text})"


def typed(text: str, ctx: Context, as_condition: bool = False) -> tree.Expr | None:
    """The expression as the checker has it; None where it has a message about it."""
    file, diags = SourceFile("expression", text), Diagnostics()
    parsed = parse(SourceText(text, lambda start, end: Span(file, start, end)), diags)
    if parsed is None:
        return None
    inner = replace(ctx, parsed=parsed, diags=diags)
    made = infer(parsed.tree, inner)
    made = condition(made, parsed.tree, inner) if as_condition else made
    return None if diags.has_errors or is_broken(made.type) else made


def context(names: Mapping[str, Binding], type_named: Callable[[Any, Context], Type | None], headers: Any) -> Context:
    """A scope of these names. `headers` maps calls to the response headers that they document."""
    scope = Scope(
        names.get,
        lambda: names,
        type_named=type_named,
        header=lambda call, name: name.lower() if name.lower() in headers.get(call, ()) else None,
        headers=lambda call: headers.get(call, ()),
    )
    return Context(scope, Diagnostics(), None)  # type: ignore[arg-type]  # each expression brings its own text


Is = Callable[[Type], bool]


def kind(*kinds: Kind) -> Is:
    return lambda of: isinstance(of, Scalar) and of.kind in kinds


def null(of: Type) -> bool:
    return is_nullable(of)


def listed(of: Type) -> bool:
    return isinstance(of, ListType) and not is_never(of.item)


def list_of(inside: Is) -> Is:
    return lambda of: isinstance(of, ListType) and inside(of.item)


number = kind(Kind.INTEGER, Kind.NUMBER)
text = kind(Kind.TEXT)
boolean = kind(Kind.BOOLEAN)
moment = kind(Kind.DATETIME)
day = kind(Kind.DATE)
key = kind(Kind.TEXT, Kind.INTEGER, Kind.UUID, Kind.DATE)
spelled = kind(Kind.TEXT, Kind.INTEGER, Kind.NUMBER, Kind.DATE, Kind.UUID)
ordered = kind(Kind.TEXT, Kind.INTEGER, Kind.NUMBER, Kind.DATE, Kind.DATETIME, Kind.UUID)


def answerable(of: Type) -> bool:
    """Whether JSON has values of the type."""
    match of:
        case IterType() | SetType() | TupleType() | Scalar(Kind.DURATION | Kind.BYTES):
            return False
        case ListType(item):
            return answerable(item)
        case MapType(found, value):
            return answerable(value) and key(found)
        case Union(arms):
            return all(map(answerable, arms))
        case ObjectType(backend=None):
            return all(answerable(field.type) for field in of.fields.values())
    return answerable(non_null(of)) if is_nullable(of) and non_null(of) is not of else True


class Growth:
    """Expressions over some names. `calls` are those of them that have a status and headers."""

    def __init__(
        self, dice: Dice, ctx: Context, names: Iterable[str], calls: Mapping[str, Iterable[str]], level: int = 0
    ):
        self.dice = dice
        self.ctx = ctx
        self.level = level
        self.pool: list[Grown] = []
        self.rejected = 0
        self.calls = calls
        self.loops = 0
        for name in names:
            self.add(name)

    # ------------------------------------------------------------------------------------------- the pool

    def add(self, written: str, tight: bool = True) -> Grown | None:
        """The expression, if the checker takes it."""
        if len(written) > LONGEST:
            return None
        node = typed(written, self.ctx)
        if node is None:
            self.rejected += 1
            return None
        made = Grown(written, node, tight)
        self.pool.append(made)
        return made

    def find(self, fits: Is) -> Grown | None:
        """One of the pool; the youngest are found more often than others."""
        found = [one for one in self.pool if fits(one.type)]
        if not found:
            return None
        return self.dice.one(found[-6:] if self.dice.chance(40) else found)

    def fitting(self, wanted: Type) -> Grown | None:
        """One of the pool that may stand where a type is wanted."""
        return self.find(lambda of: assign(of, wanted) is None and not is_never(of))

    def inside(self, names: Iterable[str], ctx: Context) -> Growth:
        """A growth over more names, with some of what is here."""
        sub = Growth(self.dice, ctx, names, self.calls, self.level + 1)
        sub.loops = self.loops + 1
        for one in self.dice.some(self.pool, 0, 4):
            sub.add(one.text, one.tight)
        for name in names:
            if (base := typed(name, ctx)) is not None:
                sub.look_into(Grown(name, base, True), 2)
        return sub

    def look_into(self, base: Grown, depth: int = 3) -> None:
        """Some of what can be read from a value."""
        if depth == 0:
            return
        fields = sorted({name for one in objects_in(base.type) for name in one.fields})
        for name in self.dice.some(fields, 1, 3 if depth > 1 else 2):
            if (made := self.add(f"{base.inner}{access(name)}")) is not None:
                self.look_into(made, depth - 1)
        if isinstance(non_null(base.type), ListType) and (made := self.add(f"{base.inner}[0]")) is not None:
            self.look_into(made, depth - 1)

    # ------------------------------------------------------------------------------------------- loops, facts

    def loop(self, nullable: bool = False) -> tuple[str, Growth] | None:
        """`x in xs` with what its body sees; for `$for` the list may be null."""
        over = self.find(lambda of: listed(non_null(of)) if nullable else listed(of))
        if self.dice.chance(20):
            over = self.find(lambda of: isinstance(of, MapType)) or over
        if over is None or self.level > 1:
            return None
        name, of = f"v{self.loops}", non_null(over.type)
        source = over.text
        bound = {name: Binding(tree.Role.LOOP, getattr(of, "item", TEXT))}
        target = name
        if isinstance(of, MapType):
            source, target = f"{over.inner}.items()", f"{name}, {name}w"
            bound = {name: Binding(tree.Role.LOOP, of.key), f"{name}w": Binding(tree.Role.LOOP, of.value)}
        sub = self.inside(list(bound), self.ctx.with_names(bound))
        return f"{target} in {source}", sub

    def knowing(self) -> tuple[str, Growth] | None:
        """A condition, and a growth where it holds."""
        found = self.find(null)
        made: str | None = None
        if found is not None and not isinstance(found.node, tree.Literal):
            made = f"{found.inner} is not None"
            if isinstance(non_null(found.type), ObjectType) and self.dice.chance(30):
                made = found.text
        if made is None or self.dice.chance(25):
            test = self.find(boolean)
            made = test.inner if test is not None else made
        node = typed(made, self.ctx, as_condition=True) if made is not None else None
        if made is None or node is None:
            return None
        sub = Growth(self.dice, self.ctx.with_facts(proved(node, True)), (), self.calls, self.level + 1)
        sub.loops = self.loops
        for one in self.dice.some(self.pool, 1, 5):
            sub.add(one.text, one.tight)
        if found is not None and (base := sub.add(found.text, found.tight)) is not None:
            sub.look_into(base, 2)
        return made, sub


def access(name: str) -> str:
    """A field as one writes it."""
    plain = python_name(name)
    return f".{plain}" if name.isidentifier() else f'["{name}"]'


def literal(dice: Dice, of: Type) -> str:
    """A literal of a type, within its bounds."""
    inner = non_null(of)
    match inner:
        case Scalar(_, values) if values:
            return repr(dice.one(values))
        case Scalar(Kind.INTEGER):
            return str(_bounded(dice, inner, [0, 1, 2, 3, -1, 10, 1000]))
        case Scalar(Kind.NUMBER):
            return str(_bounded(dice, inner, [0.5, 1, 0, 2.5, -3, 100.0]))
        case Scalar(Kind.BOOLEAN):
            return dice.one(["True", "False"])
        case Scalar(Kind.DATE):
            return repr(dice.one(DATES[:3]))
        case Scalar(Kind.DATETIME):
            return repr(dice.one(MOMENTS[:3]))
        case Scalar(Kind.UUID):
            return '"3fa85f64-5717-4562-b3fc-2c963f66afa6"'
        case Scalar():
            return repr(_bounded(dice, inner, TEXTS[:8]))
        case ListType():
            return "[]"
        case MapType():
            return "{}"
    return repr(dice.one(TEXTS[:8]))


def _bounded(dice: Dice, of: Scalar, options: list[Any]) -> Any:
    fitting = [value for value in options if within(value, of.bounds)]
    return dice.one(fitting) if fitting and not dice.chance(5) else dice.one(options)
