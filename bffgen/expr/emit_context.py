"""The emitter's state while one expression is printed: names, and where a walrus may stand."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from typing import Any, Protocol

from bffgen.expr.emit_values import Guard, Value, close, conjuncts, has_walrus, name, not_none, walrus
from bffgen.expr.tree import Expr, Role
from bffgen.records import dataclass
from bffgen.source.text import Span
from bffgen.typesystem.model import ObjectType, Type


class Names(Protocol):
    """Python names for what an expression mentions. Asking for one registers the import that it needs."""

    def ref(self, role: Role, name: str) -> str:
        """A value in scope."""

    def attribute(self, owner: Type, field: str) -> str:
        """The attribute of a field of an object, or of a union of objects; `owner` is never nullable."""

    def missing(self, owner: Type, field: str) -> bool:
        """Whether the attribute holds `MISSING` when the field is absent."""

    def loose(self, of: ObjectType, field: str) -> bool:
        """Whether a value of the object may be of the class of a union, in which the field may be null."""

    def model(self, of: ObjectType) -> str:
        """The class to construct; it takes its fields by attribute name."""

    def classes(self, of: ObjectType) -> Sequence[str]:
        """The classes that a value of the object may have: of a union narrowed to it the union's own, too."""

    def holders(self, of: Type, field: str) -> Sequence[str] | None:
        """The classes of a value, never null, that have the field; None where it is of one of them for certain."""

    def adapter(self, of: Type) -> str:
        """A module-level `TypeAdapter` of a non-null type."""

    def own(self, kind: str, name: str) -> str:
        """The function of a `shape`, or a `function` of the user's."""

    def helper(self, name: str) -> str:
        """A function of the runtime: of values.py, or `given`, `convert`."""

    def imported(self, module: str, name: str) -> str:
        """Something of a library, such as ("datetime", "timedelta")."""

    def fresh(self, base: str) -> str:
        """An unused local name like `base`, which may be any text that is an identifier."""

    def instant(self, kind: str, span: Span) -> str:
        """A local that is bound once a request.

        `now` (aware datetime, UTC) and `today` (date, UTC) are one each, `uuid4` (UUID) is one for each place
        (`span`) that it is written at.
        """

    def reply(self, call: str) -> str:
        """A local: the `Reply[T]` of a call, or `Reply[T] | None` where `call_may_be_null`."""

    def call_may_be_null(self, call: str) -> bool:
        """Whether the local that `reply` names may be None."""


Emit = Callable[["Emitter", Any], Value]


@dataclass(frozen=True, slots=True)
class Binding:
    """A value that needs a name where Python forbids the walrus: `for name in (code,)`."""

    name: str
    code: ast.expr


@dataclass(eq=False)
class Emitter:
    """Prints expressions. `table` has the function for each kind of node.

    `bindings` is None where a walrus may stand. In a comprehension's source Python forbids it, everywhere
    inside; there the values that need names are collected, and the nearest comprehension or branch
    binds them.
    `proven` holds tests (dumped, walruses as plain names) that an enclosing conditional has made; `named` the
    names that were given to values so far, which hold where `proven` has `name is not None`.
    """

    names: Names
    table: Mapping[type, Emit]
    bindings: list[Binding] | None = None
    proven: frozenset[str] = field(default_factory=frozenset)
    named: list[tuple[str, str]] = field(default_factory=list)

    def value(self, expr: Expr) -> Value:
        return self.table[type(expr)](self, expr)

    def closed(self, expr: Expr) -> ast.expr:
        """The whole value, null included."""
        return close(self.value(expr))

    def branch(self, expr: Expr) -> ast.expr:
        """The whole value where it is not always evaluated: what it binds stays inside."""
        return self.enclosed(lambda: self.closed(expr))

    def enclosed(self, make: Callable[[], ast.expr]) -> ast.expr:
        """Code that binds its own names."""
        if self.bindings is None:
            return make()
        with self.collecting() as bindings:
            code = make()
        if not bindings:
            return code
        return ast.Call(name("next"), [ast.GeneratorExp(code, clauses(bindings))], [])

    def some(self, value: Value, hint: str) -> Value:
        """The value under the guard that it is not null, as code that may be looked into."""
        if not value.nullable:
            return value
        if value.path:
            return Value(value.code, value.guards, path=True).plus(*self.unproven(not_none(value.code)))
        return self.bind(value, hint, not_none)

    def unproven(self, test: ast.expr, exact: bool = True) -> list[Guard]:
        """The test as a guard, unless an enclosing conditional has made it."""
        return [] if ast.dump(test) in self.proven else [Guard(test, exact)]

    def bind(self, value: Value, hint: str, test: Callable[[ast.expr], ast.expr]) -> Value:
        """A name for the value, under its guards and a test of it that is false for null."""
        local = self.names.fresh(hint)
        self.named.append((ast.dump(value.code), local))
        if self.bindings is None:
            guards = (*value.guards, Guard(test(walrus(local, value.code))))
            return Value(name(local), guards, path=True)
        self.bindings.append(Binding(local, close(value)))
        tests = [not_none(name(local))] if value.guards else []  # null where the guards failed
        guards = tuple(Guard(one) for one in [*tests, test(name(local))])
        return Value(name(local), guards, path=True)

    def already(self, expr: Expr) -> Value | None:
        """The value by the name that a test before has given to it."""
        if not self.named:
            return None
        count = len(self.bindings or ())
        value = self.value(expr)
        del (self.bindings or [])[count:]
        dumped = ast.dump(value.code)
        for code, local in self.named:
            if code == dumped and not value.guards and ast.dump(not_none(name(local))) in self.proven:
                return Value(name(local), path=True)
        return None

    def source(self, value: Value, hint: str) -> Value:
        """The value as code that may stand in a comprehension's source: without a walrus in it."""
        return self.bind(value, hint, not_none) if has_walrus(value.code) else value

    @contextmanager
    def collecting(self) -> Iterator[list[Binding]]:
        """Inside, no walrus is printed; the block gets what has to be bound instead."""
        outer, made = self.bindings, list[Binding]()
        self.bindings = made
        try:
            yield made
        finally:
            self.bindings = outer

    @contextmanager
    def inside(self, *tests: ast.expr) -> Iterator[None]:
        """Inside, the tests are known to hold."""
        outer = self.proven
        self.proven = outer | {ast.dump(_unnamed(one)) for test in tests for one in conjuncts(test)}
        try:
            yield
        finally:
            self.proven = outer


def _unnamed(test: ast.expr) -> ast.expr:
    """`(x := f()) is not None` as `x is not None`, and `bool(xs)` as `xs`."""
    match test:
        case ast.Compare(left=ast.NamedExpr(target=target)):
            return ast.Compare(name(target.id), test.ops, test.comparators)
        case ast.Call(func=ast.Name(id="bool"), args=[tested]):
            return tested
    return test


def clauses(bindings: list[Binding]) -> list[ast.comprehension]:
    """`for name in (code,)` for each."""
    targets = [(ast.Name(one.name, ast.Store()), ast.Tuple([one.code], ast.Load())) for one in bindings]
    return [ast.comprehension(target, source, [], 0) for target, source in targets]
