"""Statements that several parts of an endpoint are made of: guards, refusals, what may fail to be made."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from bffgen.check.model import CheckedGuard
from bffgen.expr.emit import condition, emit
from bffgen.expr.tree import Arithmetic, CallFunction, CallShape, CallUser, Convert, Expr, MakeObject, Not
from bffgen.plan.emitted_names import EndpointNames, Module
from bffgen.plan.quote import called, code, constant, quote
from bffgen.plan.walk import walk
from bffgen.typesystem.model import BOOLEAN


def may_fail(expr: Expr | None) -> bool:
    """Whether making the value may fail for some data: a number too large, a member that an enum does not have."""
    return any(
        isinstance(node, (MakeObject, Convert, Arithmetic, CallShape, CallUser)) or _is_risky(node)
        for node in walk(expr)
    )


def may_overflow(expr: Expr | None) -> bool:
    """Whether a computed number may be too large."""
    return any(isinstance(node, Arithmetic) or _is_risky(node) for node in walk(expr))


def _is_risky(node: object) -> bool:
    return isinstance(node, CallFunction) and node.name in _RISKY


_RISKY = frozenset({"int", "round", "range", "sum", "str", "days", "hours", "minutes"})


def composed(exprs: Sequence[Expr | None], block: list[ast.stmt], module: Module) -> list[ast.stmt]:
    """The statements, inside of `composing` where one of the expressions may fail."""
    return in_composing(block, module) if any(map(may_fail, exprs)) else block


def in_composing(block: list[ast.stmt], module: Module) -> list[ast.stmt]:
    return quote("with composing():\n    block", composing=module.runtime("failures", "composing"), block=block)


def refusal(status: int, detail: Expr | None, extra: Sequence[tuple[str, Expr]], names: EndpointNames) -> ast.expr:
    """`Refusal(409, "...", extra={...})`."""
    made = called(names.module.runtime("failures", "Refusal"), constant(status))
    if detail is not None:
        made.args.append(emit(detail, names))
    if extra:
        keys: list[ast.expr | None] = [constant(key) for key, _ in extra]
        made.keywords.append(ast.keyword("extra", ast.Dict(keys, [emit(value, names) for _, value in extra])))
    return made


def answer_of(status: int, body: Expr, names: EndpointNames) -> ast.expr:
    """An answer with a body of our own."""
    content = code(
        "adapter.dump_json(body, by_alias=True)", adapter=names.module.adapter(body.type), body=emit(body, names)
    )
    return called(names.module.runtime("failures", "Answer"), constant(status), content)


def check_guard(guard: CheckedGuard, names: EndpointNames, present: ast.expr | None = None) -> list[ast.stmt]:
    """`if not that: raise Refusal(...)`; with `present` only where it is true."""
    broken: ast.expr = condition(Not(guard.that, BOOLEAN, guard.that.span), names)
    if present is not None:
        broken = ast.BoolOp(ast.And(), [present, broken])
    made = refusal(guard.status, guard.detail, guard.extra, names)
    return quote("if broken:\n    raise made", broken=broken, made=made)


def partly_made(expr: Expr, names: EndpointNames) -> ast.expr:
    """A value in the place of an answer: its objects may lack fields that nothing reads of them."""
    partial = {names.model(n.type) for n in walk(expr) if isinstance(n, MakeObject) and _lacks(n, names)}
    return _Partial(partial).visit(emit(expr, names))  # type: ignore[no-any-return]


def _lacks(made: MakeObject, names: EndpointNames) -> bool:
    """Whether the class asks for a field that the object has not."""
    given = {name for name, _ in made.entries}
    models = names.module.models
    kept = {name for key in models.keys(made.type) for name in models.usage.kept(key)}
    return any(field.required and name in kept - given for name, field in made.type.fields.items())


class _Partial(ast.NodeTransformer):
    """`Thing(...)` becomes `Thing.model_construct(...)`, which asks for nothing."""

    def __init__(self, classes: set[str]) -> None:
        self._classes = classes

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in self._classes:
            node.func = ast.Attribute(node.func, "model_construct", ast.Load())
        return node
