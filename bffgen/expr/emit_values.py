"""What the emitter carries: Python code together with the conditions under which it may be evaluated.

A nullable access such as `a.b.c` is not printed at once as a conditional. It is a `Value`: the code `a.b.c`
and the guards `a is not None`, `a.b is not None`. Whatever is built on it adds code and guards, and only at
the last moment do all guards become ONE conditional.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable
from dataclasses import replace

from bffgen.records import dataclass
from bffgen.typesystem.model import LiteralValue

_LONGEST_DECIMAL = 10**4000  # Python refuses to print or read decimal integers of more than 4,300 digits


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition. `exact` when its value is a bool; else it is only tested for truth (`xs` of `xs[0]`)."""

    test: ast.expr
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Value:
    """`code` may be evaluated where the guards hold; where one does not, the value is null.

    `nullable`: the code itself may be null even where the guards hold. `path`: a name, or attributes and
    literal indexes of one: cheap, safe to repeat, and narrowed by type checkers after a test. Guards are
    ordered: each may rely on those before it.
    """

    code: ast.expr
    guards: tuple[Guard, ...] = ()
    nullable: bool = False
    path: bool = False

    def but(self, code: ast.expr, *, nullable: bool = False, path: bool = False) -> Value:
        """Other code under the same guards."""
        return Value(code, self.guards, nullable, path)

    def plus(self, *guards: Guard) -> Value:
        """The same code under further guards, which come last."""
        return replace(self, guards=(*self.guards, *guards))


def name(identifier: str) -> ast.Name:
    return ast.Name(identifier, ast.Load())


def attribute(base: ast.expr, field: str) -> ast.Attribute:
    return ast.Attribute(base, field, ast.Load())


def item(base: ast.expr, index: ast.expr) -> ast.Subscript:
    return ast.Subscript(base, index, ast.Load())


def call(function: str | ast.expr, *args: ast.expr, **options: ast.expr) -> ast.Call:
    called = name(function) if isinstance(function, str) else function
    return ast.Call(called, list(args), [ast.keyword(key, value) for key, value in options.items()])


def compare(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> ast.Compare:
    return ast.Compare(left, [operator], [right])


def not_none(code: ast.expr) -> ast.Compare:
    return compare(code, ast.IsNot(), ast.Constant(None))


def is_none(code: ast.expr) -> ast.Compare:
    return compare(code, ast.Is(), ast.Constant(None))


def walrus(identifier: str, code: ast.expr) -> ast.NamedExpr:
    return ast.NamedExpr(ast.Name(identifier, ast.Store()), code)


def has_walrus(code: ast.expr) -> bool:
    return any(isinstance(node, ast.NamedExpr) for node in ast.walk(code))


def literal(value: LiteralValue | None) -> ast.expr:
    """The constant as code that Python can read back (not `nan`, nor thousands of digits)."""
    if value is None or isinstance(value, (bool, str)):
        return ast.Constant(value)
    if isinstance(value, float) and not math.isfinite(value):
        return call("float", ast.Constant(str(value)))
    if value < 0 or (value == 0 and math.copysign(1, value) < 0):
        return ast.UnaryOp(ast.USub(), literal(-value))
    if isinstance(value, int) and value >= _LONGEST_DECIMAL:
        return call("int", ast.Constant(f"{value:x}"), ast.Constant(16))
    return ast.Constant(value)


def literal_number(code: ast.expr) -> int | float | None:
    """The number that code is a literal of."""
    if isinstance(code, ast.UnaryOp) and isinstance(code.op, ast.USub):
        number = literal_number(code.operand)
        return None if number is None else -number
    if isinstance(code, ast.Constant) and type(code.value) in (int, float):
        return code.value  # type: ignore[return-value]
    return None


def tidy(guards: Iterable[Guard], exact: bool = False) -> list[Guard]:
    """Guards without repeats, and `xs` instead of `xs is not None` where it must be true anyway.

    Not so where they have to be `exact`: type checkers do not learn from `bool(xs)` that `xs` is there.
    """
    guards = list(guards)
    true = set() if exact else {ast.dump(guard.test) for guard in guards}
    kept: dict[str, Guard] = {}
    for guard in guards:
        test = guard.test
        if isinstance(test, ast.Compare) and type(test.ops[0]) is ast.IsNot and ast.dump(test.left) in true:
            guard = Guard(test.left, exact=False)
        kept.setdefault(ast.dump(guard.test), guard)
    return list(kept.values())


def conjuncts(test: ast.expr) -> list[ast.expr]:
    """The operands of `a and b and c`; of any other test the test itself."""
    return test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]


def conjunction(operator: ast.boolop, tests: Iterable[ast.expr]) -> ast.expr:
    """`a and b and c`, or with `or`; operands of the same operator are flattened. At least one test."""
    flat: list[ast.expr] = []
    for test in tests:
        same = isinstance(test, ast.BoolOp) and type(test.op) is type(operator)
        flat.extend(test.values if isinstance(test, ast.BoolOp) and same else [test])
    return flat[0] if len(flat) == 1 else ast.BoolOp(operator, flat)


def all_of(guards: Iterable[Guard], *last: ast.expr) -> ast.expr:
    """The guards, and then what may rely on them, as a condition (tested for truth)."""
    return conjunction(ast.And(), [*(guard.test for guard in tidy(guards)), *last])


def as_bool(guard: Guard) -> ast.expr:
    """The guard as code whose value is a bool."""
    return guard.test if guard.exact else call("bool", guard.test)


_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}


def negate(test: ast.expr) -> ast.expr:
    """`not test`, said as `is not`, `!=`, `not in` where Python has a word for it."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    if isinstance(test, ast.Compare) and type(test.ops[0]) in _OPPOSITE:
        return ast.Compare(test.left, [_OPPOSITE[type(test.ops[0])]()], test.comparators)
    if isinstance(test, ast.Constant) and isinstance(test.value, bool):
        return ast.Constant(not test.value)
    return ast.UnaryOp(ast.Not(), test)


def close(value: Value, other: ast.expr | None = None) -> ast.expr:
    """One conditional of all guards: the value where they hold, `other` (null) where not."""
    if not value.guards:
        return value.code
    return ast.IfExp(all_of(value.guards), value.code, other if other is not None else ast.Constant(None))
