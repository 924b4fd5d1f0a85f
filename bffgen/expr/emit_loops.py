"""Comprehensions, and displays of lists, maps, sets and objects."""

from __future__ import annotations

import ast
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import TypeVar

from bffgen.expr import tree
from bffgen.expr.emit_conditions import condition
from bffgen.expr.emit_context import Binding, Emitter, clauses
from bffgen.expr.emit_paths import hint, looked_into
from bffgen.expr.emit_values import Value, call, close, name
from bffgen.expr.tree import LoopKind, Role, Target
from bffgen.typesystem.model import is_nullable

T = TypeVar("T")
Print = Callable[[Emitter, tree.Expr], ast.expr]


def loop(em: Emitter, expr: tree.Loop) -> Value:
    return loop_of(em, expr, Emitter.closed)


def loop_of(em: Emitter, expr: tree.Loop, element: Print) -> Value:
    """The comprehension; `element` prints what it makes."""
    if not expr.nullable_source:
        return Value(_comprehension(em, expr, None, element))
    source = looked_into(em, expr.clauses[0].source)
    source = em.source(source, hint(source.code))
    with em.inside(*(guard.test for guard in source.guards)):
        return source.but(_comprehension(em, expr, source.code, element))


def _comprehension(em: Emitter, expr: tree.Loop, source: ast.expr | None, element: Print) -> ast.expr:
    made: list[ast.comprehension] = []
    with ExitStack() as proofs:
        for clause in expr.clauses:
            first = clause is expr.clauses[0]
            made += _clause(em, clause, source if first else None, proofs)
        if expr.kind is LoopKind.MAP and expr.key is not None:
            return _map(em, expr.key, expr.element, made)
        code, bindings = _inside(em, lambda: element(em, expr.element))
    of = {LoopKind.LIST: ast.ListComp, LoopKind.SET: ast.SetComp}.get(expr.kind, ast.GeneratorExp)
    return of(code, made + clauses(bindings))


def _clause(em: Emitter, clause: tree.Clause, source: ast.expr | None, proofs: ExitStack) -> list[ast.comprehension]:
    """`for x in xs if a if b`, and what has to be bound between; the conditions join the proofs."""
    made: list[ast.comprehension] = []
    if source is None:
        with em.collecting() as bindings:
            source = em.closed(clause.source)
        made += clauses(bindings)
    made.append(ast.comprehension(_target(em, clause.target), source, [], 0))
    for written in clause.conditions:
        test, bindings = _inside(em, partial(condition, em, written))
        made += clauses(bindings)
        made[-1].ifs.append(test)
        proofs.enter_context(em.inside(test))
    return made


def _map(em: Emitter, key: tree.Expr, value: tree.Expr, made: list[ast.comprehension]) -> ast.expr:
    """`{key: value for ...}`; null keys are left out."""
    found, bindings = _inside(em, lambda: looked_into(em, key))
    made += clauses(bindings)
    made[-1].ifs.extend(guard.test for guard in found.guards)
    code, bindings = _inside(em, lambda: em.closed(value))
    return ast.DictComp(found.code, code, made + clauses(bindings))


def _inside(em: Emitter, make: Callable[[], T]) -> tuple[T, list[Binding]]:
    """Something of a comprehension, and what it has to bind where the walrus is forbidden."""
    if em.bindings is None:
        return make(), []
    with em.collecting() as bindings:
        return make(), bindings


def _target(em: Emitter, target: Target) -> ast.expr:
    if target.name is not None:
        return ast.Name(em.names.ref(Role.LOOP, target.name), ast.Store())
    return ast.Tuple([_target(em, part) for part in target.items], ast.Store())


# ------------------------------------------------------------------------------------------------ displays


def make_list(em: Emitter, expr: tree.MakeList) -> Value:
    return Value(ast.List([em.closed(part) for part in expr.items], ast.Load()))


def make_tuple(em: Emitter, expr: tree.MakeTuple) -> Value:
    return Value(ast.Tuple([em.closed(part) for part in expr.items], ast.Load()))


def make_set(em: Emitter, expr: tree.MakeSet) -> Value:
    items = {ast.dump(code): code for code in map(em.closed, expr.items)}  # linters refuse what stands there twice
    return Value(ast.Set(list(items.values())) if items else call("set"))


def make_map(em: Emitter, expr: tree.MakeMap) -> Value:
    keys: list[ast.expr | None] = [em.closed(key) for key, _ in expr.entries]
    return Value(ast.Dict(keys, [em.closed(value) for _, value in expr.entries]))


def make_object(em: Emitter, expr: tree.MakeObject) -> Value:
    """`Model(field=value, ...)`; a null that leaves its field out is `MISSING`."""
    made: dict[str, ast.expr] = {}
    for field, written in expr.entries:
        value = em.value(written)
        if (value.nullable or value.guards) and _left_out(em, expr, field):
            code = close(em.some(value, hint(value.code)), name(em.names.imported("pydantic", "MISSING")))
        else:
            code = close(value)
        made[em.names.attribute(expr.type, field)] = code
    return Value(call(em.names.model(expr.type), **made))


def _left_out(em: Emitter, expr: tree.MakeObject, field: str) -> bool:
    """Whether null leaves the field out: asked for, or the field is optional and takes no null."""
    if expr.omit_null:
        return True
    declared = expr.type.fields.get(field)
    takes_null = declared is None or is_nullable(declared.type)
    return not takes_null and em.names.missing(expr.type, field)
