"""Tests: comparison, null, truth, logic, choice.

A test over `a.b` with a nullable `a` is printed as `a is not None and a.b == "x"`, which is what a person
writes and what type checkers narrow by. A *condition* is only tested for truth (`if`, `and`, `not`), so
a nullable bool or a list may stand there plainly; elsewhere its code must be a bool (`exact`).
"""

from __future__ import annotations

import ast
from functools import partial

from bffgen.expr import tree
from bffgen.expr.emit_context import Emitter
from bffgen.expr.emit_paths import hint, may_be_null, one_of
from bffgen.expr.emit_values import (
    Guard,
    Value,
    as_bool,
    call,
    close,
    compare,
    conjunction,
    name,
    negate,
    not_none,
    tidy,
)
from bffgen.typesystem.model import (
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
    non_null,
)

_COMPARISONS: dict[str, type[ast.cmpop]] = {
    "==": ast.Eq,
    "!=": ast.NotEq,
    "<": ast.Lt,
    "<=": ast.LtE,
    ">": ast.Gt,
    ">=": ast.GtE,
    "in": ast.In,
    "not in": ast.NotIn,
}
_NEGATED = {"==": "!=", "!=": "==", "in": "not in", "not in": "in"}
_REVERSED = {"<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def condition(em: Emitter, expr: tree.Expr) -> ast.expr:
    """Code that is true when the bool `expr` is."""
    return test(em, expr, exact=False)


def boolean(em: Emitter, expr: tree.Expr) -> Value:
    """The bool itself."""
    return Value(test(em, expr, exact=True))


def guard(em: Emitter, expr: tree.Expr, negated: bool = False) -> Guard:
    """The bool `expr` as a guard."""
    code = condition(em, expr)
    code = conjunction(ast.And(), _failed(code)) if negated else code
    return Guard(code, exact=_is_exact(code))


def test(em: Emitter, expr: tree.Expr, exact: bool) -> ast.expr:
    """The bool `expr`, as code that is a bool (`exact`) or is only tested for truth."""
    match expr:
        case tree.IsNull(value, negated):
            return null_test(_named(em, value), negated, exact)
        case tree.Truth(value) if _is_bool(value.type):
            return truth(em.value(value), value.type, exact)
        case tree.Truth(value):
            return null_test(_named(em, value), True, exact)
        case tree.Not(value):
            return _not(em, value, exact)
        case tree.Logic(operator, operands):
            return _logic(em, operator, operands, exact)
        case tree.Compare(operator, left, right):
            return _compare(em, operator, left, right, exact)
        case tree.IsInstance(value, of):
            return _is_instance(em, value, of, exact)
    plain = em.value(expr)
    return truth(plain, expr.type, exact) if plain.guards or plain.nullable else plain.code


def _named(em: Emitter, expr: tree.Expr) -> Value:
    """A value to test for null, with a name for what follows; `emit` drops names that nothing uses."""
    value = em.value(expr)
    return em.some(value, hint(value.code)) if not value.path and em.bindings is None else value


def _is_exact(code: ast.expr) -> bool:
    """Whether the value of this test is a bool, as far as its form shows."""
    if isinstance(code, ast.BoolOp):
        return all(map(_is_exact, code.values))
    return isinstance(code, ast.Compare) or (isinstance(code, ast.UnaryOp) and isinstance(code.op, ast.Not))


def _fails(one: Guard, exact: bool) -> ast.expr:
    """Code that says that a guard does not hold."""
    code = negate(one.test)
    return code if not exact or _is_exact(code) else call("bool", code)


def null_test(value: Value, negated: bool, exact: bool) -> ast.expr:
    """`value is None`, negated `is not None`: the guards are a part of the test."""
    itself = [Guard(not_none(value.code))] if value.nullable else []
    guards = tidy([*value.guards, *itself], exact and negated)
    if not guards:
        return ast.Constant(negated)
    if negated:
        return conjunction(ast.And(), [as_bool(one) if exact else one.test for one in guards])
    return conjunction(ast.Or(), [_fails(one, exact) for one in guards])


def truth(value: Value, of: Type, exact: bool) -> ast.expr:
    """A nullable bool is true when it is there and true, any other value when it is there."""
    inner = non_null(of)
    if not (isinstance(inner, Scalar) and inner.kind is Kind.BOOLEAN):
        return null_test(value, True, exact)
    plain = value.code
    if exact and value.nullable:
        plain = compare(plain, ast.Is(), ast.Constant(True))
    return _both(value.guards, plain, exact)


def _both(guards: tuple[Guard, ...], last: ast.expr, exact: bool) -> ast.expr:
    kept = tidy(guards, exact)
    return conjunction(ast.And(), [*(as_bool(one) if exact else one.test for one in kept), last])


def _not(em: Emitter, value: tree.Expr, exact: bool) -> ast.expr:
    match value:
        case tree.IsNull(inner, negated):
            return null_test(_named(em, inner), not negated, exact)
        case tree.Compare(operator, left, right) if operator in _NEGATED:
            return _compare(em, _NEGATED[operator], left, right, exact)
        case tree.Compare(operator, left, right) if operator in _REVERSED and _is_total(left.type, right.type):
            return _compare(em, _REVERSED[operator], left, right, exact)
        case tree.Not(inner):
            return test(em, inner, exact)
        case tree.Truth(inner) if not _is_bool(inner.type):
            return null_test(_named(em, inner), False, exact)
    return negate(condition(em, value))


def _is_total(*types: Type) -> bool:
    """Whether one of two values is always the greater or both are equal: not so with a number, which may be NaN."""
    return all(isinstance(of, Scalar) and of.kind is not Kind.NUMBER for of in types)


def _is_instance(em: Emitter, value: tree.Expr, of: Type, exact: bool) -> ast.expr:
    """`isinstance(x, str)`; an `int` that is a `bool` is none where the union has both."""
    found = em.value(value)
    tests: list[ast.expr] = [call("isinstance", found.code, _class(em, of))]
    inner = non_null(value.type)
    arms = inner.arms if isinstance(inner, Union) else ()
    if isinstance(of, Scalar) and of.kind in (Kind.INTEGER, Kind.NUMBER) and any(map(_is_bool, arms)):
        tests.append(ast.UnaryOp(ast.Not(), call("isinstance", found.code, name("bool"))))
    whole = tests[0] if len(tests) == 1 else conjunction(ast.And(), tests)
    return _both(found.guards, whole, exact)


def _class(em: Emitter, of: Type) -> ast.expr:
    match of:
        case ObjectType():
            return one_of(em.names.classes(of))
        case ListType():
            return name("list")
        case Scalar(Kind.NUMBER):
            return ast.Tuple([name("int"), name("float")], ast.Load())
        case Scalar(Kind.UUID):
            return name(em.names.imported("uuid", "UUID"))
        case Scalar(Kind.DATE | Kind.DATETIME):
            return name(em.names.imported("datetime", "date" if of.kind is Kind.DATE else "datetime"))
        case Scalar(kind):
            return name({Kind.INTEGER: "int", Kind.BOOLEAN: "bool"}.get(kind, "str"))
    return name("dict")


def _is_bool(of: Type) -> bool:
    inner = non_null(of)
    return isinstance(inner, Scalar) and inner.kind is Kind.BOOLEAN


def _logic(em: Emitter, operator: str, operands: tuple[tree.Expr, ...], exact: bool) -> ast.expr:
    tests = [test(em, operands[0], exact)]
    for operand in operands[1:]:
        with em.inside(*(tests if operator == "and" else map(negate, tests))):
            tests.append(em.enclosed(partial(test, em, operand, exact)))
    return conjunction(ast.And() if operator == "and" else ast.Or(), tests)


# ------------------------------------------------------------------------------------------------ comparison


def _compare(em: Emitter, operator: str, left: tree.Expr, right: tree.Expr, exact: bool) -> ast.expr:
    one, other = em.value(left), em.value(right)
    sign = _COMPARISONS[operator]()
    if operator in ("==", "!=") and any(isinstance(side, ast.Constant) for side in (one.code, other.code)):
        if any(isinstance(getattr(side, "value", None), bool) for side in (left, right)):
            sign = ast.Is() if operator == "==" else ast.IsNot()  # as linters want it of `True` and `False`
    if operator in ("in", "not in"):
        other = em.some(other, "found")
        if one.guards and not may_be_null(_member_type(right.type)):
            return _guarded(sign, one, other, exact)
        return _guarded(sign, Value(close(one)), other, exact)
    if operator in ("==", "!=") and _may_be_null(one) and _may_be_null(other):
        return compare(close(one), sign, close(other))
    return _guarded(sign, one, other, exact)


def _may_be_null(value: Value) -> bool:
    return value.nullable or bool(value.guards)


def _guarded(sign: ast.cmpop, one: Value, other: Value, exact: bool) -> ast.expr:
    """The comparison where the guards hold; elsewhere null equals nothing that is not null."""
    code = compare(one.code, sign, other.code)
    guards = (*one.guards, *other.guards)
    if isinstance(sign, (ast.NotEq, ast.NotIn, ast.IsNot)):
        return conjunction(ast.Or(), [*(_fails(one, exact) for one in tidy(guards)), code])
    return _both(guards, code, exact)


def _member_type(of: Type) -> Type:
    match non_null(of):
        case ListType(item) | SetType(item) | IterType(item):
            return item
        case MapType(key, _):
            return key
        case TupleType(items):
            return next((item for item in items if may_be_null(item)), items[0] if items else of)
    return of


# ------------------------------------------------------------------------------------------------ choice


def choice(em: Emitter, expr: tree.Choice) -> Value:
    """`then if test else other`; where one side is null the test is a guard like any other."""
    for side, empty, negated in ((expr.then, expr.other, False), (expr.other, expr.then, True)):
        if isinstance(empty, tree.Literal) and empty.value is None and em.bindings is None:
            first = guard(em, expr.test, negated)
            with em.inside(first.test):
                value = em.value(side)
            return Value(value.code, (first, *value.guards), value.nullable)
    tested = condition(em, expr.test)
    with em.inside(tested):
        then = em.branch(expr.then)
    with em.inside(*_failed(tested)):
        other = em.branch(expr.other)
    nullable = any(may_be_null(side.type) for side in (expr.then, expr.other))
    return Value(ast.IfExp(tested, then, other), nullable=nullable)


def _failed(tested: ast.expr) -> list[ast.expr]:
    """What holds where a test does not."""
    parts = tested.values if isinstance(tested, ast.BoolOp) and isinstance(tested.op, ast.Or) else [tested]
    return [negate(part) for part in parts]
