"""What is known of a value beside its type: the bounds that it keeps whatever the backends answer.

Read from where the value comes from (the document's own bounds), how it is made, and what conditions have proved.
What is not said here is not known: a bound that is told is kept by every value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from bffgen.check.lists import most_items
from bffgen.expr import tree
from bffgen.expr.facts import path, proved
from bffgen.expr.limits import DIMENSIONS, limit_of
from bffgen.expr.loops import element_type
from bffgen.expr.scope import Fact
from bffgen.records import dataclass
from bffgen.typesystem.model import (
    NO_BOUNDS,
    Bounds,
    Kind,
    ListType,
    LiteralValue,
    Scalar,
    Type,
    non_null,
)
from bffgen.typesystem.relations import BROKEN, join

_KEEPING = ("unique", "list", "sorted")
_SPELLED = {Kind.DATE: Bounds(min_length=10, max_length=10), Kind.UUID: Bounds(min_length=36, max_length=36)}


@dataclass(frozen=True, eq=False)
class Known:
    """Reads values at one place. `facts` are what is proved there; `used` hears of the guards that proved it.

    `stands_for` are the expressions behind names: those of `let`, the keys of a `batch`.
    """

    facts: Mapping[str, Fact]
    used: Callable[[str], object]
    stands_for: Callable[[tree.Ref], tree.Expr | None]

    def where(self, test: tree.Expr, truth: bool) -> Known:
        """The same where a condition came out as `truth`."""
        more = {name: Fact(of) for name, of in proved(test, truth).items()}
        return replace(self, facts={**self.facts, **more}) if more else self

    def inside(self, clauses: tuple[tree.Clause, ...]) -> Known:
        """What an element of a loop may rely on."""
        inner = self
        for clause in clauses:
            for test in clause.conditions:
                inner = inner.where(test, True)
        return inner

    def type(self, value: tree.Expr) -> Type:
        """The type of a value, null apart, with all bounds that are known of it."""
        return self._limited(value, non_null(self._made(value)))

    def excluded(self, value: tree.Expr) -> frozenset[LiteralValue]:
        """Values that it is proved not to have."""
        while isinstance(value, (tree.Narrowed, tree.Convert)):
            value = value.value
        found = self._fact(value, "not")
        return frozenset(found.values or ()) if isinstance(found, Scalar) else frozenset()

    # ------------------------------------------------------------------------------------------ by facts

    def _fact(self, value: tree.Expr, dimension: str) -> Type | None:
        name = path(value)
        fact = self.facts.get(limit_of(name, dimension)) if name else None
        if fact is not None and fact.origin:
            self.used(fact.origin)
        return fact.type if fact is not None else None

    def _limited(self, value: tree.Expr, of: Type) -> Type:
        """With the bounds that conditions have proved of this very value."""
        facts = [fact for dimension in DIMENSIONS if (fact := self._fact(value, dimension)) is not None]
        for fact in facts if path(value) else ():
            if isinstance(of, Scalar) and isinstance(fact, Scalar):
                if fact.values is not None and fact is self._fact(value, "values"):
                    of = replace(of, values=fact.values, open=False)
                of = replace(of, bounds=_tighter(of.bounds, fact.bounds))
            elif isinstance(of, ListType) and isinstance(fact, ListType):
                most = [size for size in (of.max_items, fact.max_items) if size is not None]
                of = replace(of, min_items=max(of.min_items, fact.min_items), max_items=min(most, default=None))
        return of

    # ---------------------------------------------------------------------------------- by how it is made

    def _made(self, value: tree.Expr) -> Type:
        match value:
            case tree.Narrowed(inner):
                return self._narrowed(value, inner)
            case tree.Convert(inner):
                return _spelled(self.type(inner), non_null(value.type))
            case tree.Literal(given) if given is not None:
                return Scalar(_kind(value.type), (given,)) if isinstance(value.type, Scalar) else value.type
            case tree.Ref():
                behind = self.stands_for(value)
                return value.type if behind is None else self.type(behind)
            case tree.Choice(test, then, other):
                return join(self.where(test, True).type(then), self.where(test, False).type(other))
            case tree.MakeText(parts):
                return Scalar(Kind.TEXT, bounds=Bounds(min_length=sum(len(p) for p in parts if isinstance(p, str))))
            case tree.StatusOf():
                return Scalar(Kind.INTEGER, bounds=Bounds(minimum=100, maximum=599))
            case tree.CallFunction():
                return self._function(value)
            case tree.CallMethod(base, "strip"):
                return _no_longer(self.type(base))
            case tree.Arithmetic():
                return self._sum(value)
        return self._collection(value)

    def _narrowed(self, value: tree.Expr, inner: tree.Expr) -> Type:
        of, made = non_null(value.type), self.type(inner)
        return made if type(of) is type(made) else of

    def _collection(self, value: tree.Expr) -> Type:
        match value:
            case tree.MakeList(items) if items:
                item: Type = self.type(items[0])
                for other in items[1:]:
                    item = join(item, self.type(other))
                return ListType(item, len(items), len(items))
            case tree.Loop(element=element, clauses=clauses) if isinstance(non_null(value.type), ListType):
                of = non_null(value.type)
                assert isinstance(of, ListType)
                return ListType(self.inside(clauses).type(element), of.min_items, most_items(value))
            case tree.SliceOf(base, _, stop, None) if isinstance(non_null(value.type), ListType):
                return ListType(self.element(base), 0, most_items(value))
            case tree.SliceOf(base, start, stop, None):
                return self._cut(base, start, stop)
            case tree.ElementOf(base) if isinstance(non_null(base.type), ListType):
                return self.element(base)
        return value.type

    def _cut(self, base: tree.Expr, start: tree.Expr | None, stop: tree.Expr | None) -> Type:
        """A part of a text."""
        whole = self.type(base)
        found, end = _no_longer(whole), stop.value if isinstance(stop, tree.Literal) else None
        if not isinstance(end, int) or end < 0 or not isinstance(found, Scalar) or not isinstance(whole, Scalar):
            return found
        least = min(lengths(whole)[0], end) if start is None else 0
        return replace(found, bounds=_tighter(found.bounds, Bounds(min_length=least, max_length=end)))

    def element(self, value: tree.Expr) -> Type:
        """What is known of each element of a list."""
        if isinstance(value, tree.Loop):
            return self.inside(value.clauses).type(value.element)
        return element_type(self.type(value)) or BROKEN

    def _function(self, value: tree.CallFunction) -> Type:
        match value.name, value.args:
            case "default", (first, second):
                return join(self.type(first), self.type(second))
            case (("first" | "last" | "min" | "max"), (whole,)):
                return self.element(whole)
            case (("min" | "max"), args):
                return self._nearest(value.name, [self.type(arg) for arg in args], non_null(value.type))
            case name, (whole,) if name in _KEEPING:
                of = non_null(value.type)
                least = of.min_items if isinstance(of, ListType) else 0
                return ListType(self.element(whole), least, most_items(value))
            case (("len" | "abs"), _):
                return Scalar(_kind(value.type), bounds=Bounds(minimum=0))
        return value.type

    def _nearest(self, name: str, each: list[Type], of: Type) -> Type:
        """`min(x, 100)` is at most 100, and at least what all of them are at least."""
        ends = [_ends(one) for one in each]
        lows, highs = [low for low, _ in ends], [high for _, high in ends]
        known_lows, known_highs = [x for x in lows if x is not None], [x for x in highs if x is not None]
        all_lows, all_highs = len(known_lows) == len(each), len(known_highs) == len(each)
        if name == "min":
            low = min(known_lows) if all_lows else None
            return _between(of, low, min(known_highs, default=None))
        return _between(of, max(known_lows, default=None), max(known_highs) if all_highs else None)

    def _sum(self, value: tree.Arithmetic) -> Type:
        of = non_null(value.type)
        (low, high), (less, more) = _ends(self.type(value.left)), _ends(self.type(value.right))
        if value.operator == "+":
            return _between(of, _added(low, less), _added(high, more))
        if value.operator == "-":
            return _between(of, _added(low, more, -1), _added(high, less, -1))
        if value.operator == "*" and low is not None and less is not None and low >= 0 and less >= 0:
            return _between(of, low * less, high * more if high is not None and more is not None else None)
        if value.operator == "%" and less is not None and less == more and less > 0:
            return _between(of, 0, less)
        return of


Number = int | float


def _kind(of: Type) -> Kind:
    return of.kind if isinstance(of, Scalar) else Kind.TEXT


def _spelled(given: Type, wanted: Type) -> Type:
    """A value as another class: a date, spelled, is a text of ten characters."""
    if not isinstance(given, Scalar) or not isinstance(wanted, Scalar) or given.kind is wanted.kind:
        return given if type(given) is type(wanted) else wanted
    if wanted.kind is Kind.TEXT and given.kind in _SPELLED:
        return Scalar(Kind.TEXT, bounds=_SPELLED[given.kind])
    return Scalar(Kind.TEXT, bounds=Bounds(min_length=3)) if wanted.kind is Kind.TEXT else wanted


def _no_longer(of: Type) -> Type:
    """A part of a text."""
    longest = lengths(of)[1] if isinstance(of, Scalar) else None
    return Scalar(Kind.TEXT, bounds=Bounds(max_length=longest))


def lengths(of: Scalar) -> tuple[int, int | None]:
    """How long a text is, at least and at most."""
    if of.values and not of.open:
        sizes = [len(str(value)) for value in of.values]
        return min(sizes), max(sizes)
    return of.bounds.min_length or 0, of.bounds.max_length


def _ends(of: Type) -> tuple[Number | None, Number | None]:
    """The least and the greatest of a number."""
    if not isinstance(of, Scalar) or of.kind not in (Kind.INTEGER, Kind.NUMBER):
        return None, None
    if of.values and not of.open:
        numbers = [value for value in of.values if isinstance(value, (int, float))]
        return min(numbers), max(numbers)
    lows = [x for x in (of.bounds.minimum, of.bounds.exclusive_minimum) if x is not None]
    highs = [x for x in (of.bounds.maximum, of.bounds.exclusive_maximum) if x is not None]
    return max(lows, default=None), min(highs, default=None)


def _added(one: Number | None, other: Number | None, sign: int = 1) -> Number | None:
    return None if one is None or other is None else one + sign * other


def _between(of: Type, low: Number | None, high: Number | None) -> Type:
    return replace(of, values=None, bounds=Bounds(minimum=low, maximum=high)) if isinstance(of, Scalar) else of


_GREATER = ("minimum", "exclusive_minimum", "min_length")
_LESS = ("maximum", "exclusive_maximum", "max_length")


def _tighter(one: Bounds, other: Bounds) -> Bounds:
    """The bounds of a value that keeps both."""
    if NO_BOUNDS in (one, other):
        return other if one == NO_BOUNDS else one
    made = one
    for names, nearest in ((_GREATER, max), (_LESS, min)):
        for name in names:
            both = [value for value in (getattr(one, name), getattr(other, name)) if value is not None]
            made = replace(made, **{name: nearest(both) if both else None})
    return made
