"""Envelopes as functions of the project: one that wraps an answer or a problem, and one for problems alone."""

from __future__ import annotations

import ast

from bffgen.check.envelope import DEGRADED, PROBLEM
from bffgen.expr.emit import emit
from bffgen.expr.tree import Choice, Expr, FieldOf, IsNull, Literal, MakeObject, Narrowed, Ref, Role, Target, Truth
from bffgen.plan.emitted_names import Module, ModuleNames
from bffgen.plan.instants import bind_instants
from bffgen.plan.model import ArgumentPlan, FunctionPlan
from bffgen.plan.names import local_name
from bffgen.plan.quote import code, constant, name, quote
from bffgen.plan.walk import rewrite, walk
from bffgen.source.text import Span
from bffgen.typesystem.model import BOOLEAN, NULL, TEXT, MapType, Type, is_nullable, nullable

_WORDS = ("status", "response", "problem", "degraded")


def plan_envelope(envelope: Expr, response: Type | None, module: Module, names: tuple[str, str]) -> list[FunctionPlan]:
    """The functions of an envelope: `wrapped(status, response, problem, degraded)`, `wrapped_problem(problem)`."""
    emitted = EnvelopeNames(envelope, module)
    made = emit(_copied(envelope), emitted)
    body = [*bind_instants(emitted.instants(), module), *quote("return made", made=made)]
    document = name(module.runtime("problems", "ProblemDocument"))
    if stands_whole(module):
        degraded = module.annotation(MapType(TEXT, DEGRADED))
    else:
        mapping = module.imported("collections.abc", "Mapping")
        degraded = code("M[str, D]", M=mapping, D=module.runtime("fan_out", "Degraded"))
    annotations = [
        name("int"),
        module.annotation(NULL if response is None else nullable(response)),
        code("document | None", document=document),
        degraded,
    ]
    arguments = tuple(ArgumentPlan(word, of) for word, of in zip(_WORDS, annotations, strict=True))
    result = module.annotation(envelope.type)
    whole = FunctionPlan(names[0], "What the client gets.", arguments, result, body)
    inner = quote("return wrapped(problem.status, None, problem, {})", wrapped=names[0])
    about = "A problem as the client gets it."
    return [whole, FunctionPlan(names[1], about, (ArgumentPlan("problem", document),), result, inner)]


def wrapping(function: str, status: ast.expr, response: ast.expr | None, degraded: ast.expr | None) -> ast.expr:
    """The call that wraps an answer."""
    return code(
        "function(status, response, None, degraded)",
        function=function,
        status=status,
        response=response or constant(None),
        degraded=degraded or ast.Dict([], []),
    )


def stands_whole(module: Module) -> bool:
    """Whether an entry of `degraded` is a model: somewhere it is answered as a whole."""
    return DEGRADED in module.models.refs


def degraded_calls(module: Module) -> ast.expr:
    """`degraded`: as the runtime has it, or as models where it may be answered as a whole."""
    if not stands_whole(module):
        return code("calls.degraded")
    return code(
        "{name: Model(kind=soft.kind, status=soft.status) for name, soft in calls.degraded.items()}",
        Model=module.annotation(DEGRADED),
    )


def _copied(envelope: Expr) -> Expr:
    """The envelope with the problem, where it stands as a whole, copied into a model of its own."""
    looked_into: set[int] = set()
    for node in walk(envelope):
        inner = node.base if isinstance(node, FieldOf) else node.value if isinstance(node, (IsNull, Truth)) else None
        while inner is not None:
            looked_into.add(id(inner))
            inner = inner.value if isinstance(inner, Narrowed) else None
    changes: dict[int, Expr] = {}
    for node in walk(envelope):
        if _is_problem(node) and id(node) not in looked_into:
            changes[id(node)] = _copy(node)
    made: Expr = rewrite(envelope, changes)
    return made


def _is_problem(node: object) -> bool:
    if isinstance(node, Narrowed):
        return _is_problem(node.value)
    return isinstance(node, Ref) and node.role is Role.ENVELOPE and node.name == "problem"


def _copy(problem: Expr) -> Expr:
    span = problem.span
    there = Narrowed(problem, False, PROBLEM, span) if is_nullable(problem.type) else problem
    fields = PROBLEM.fields
    entries = tuple((key, FieldOf(there, key, field.type, span)) for key, field in fields.items())
    made = MakeObject(entries, False, PROBLEM, span)
    if there is problem:
        return made
    test = IsNull(problem, True, BOOLEAN, span)
    return Choice(test, made, Literal(None, NULL, span), problem.type, span)


class EnvelopeNames(ModuleNames):
    """Names in the function that wraps."""

    def __init__(self, envelope: Expr, module: Module) -> None:
        super().__init__(module)
        module.scope.reserve(*_WORDS)
        words = {node.name for node in walk(envelope) if isinstance(node, Target) and node.name is not None}
        self._locals = {word: module.scope.take(local_name(word)) for word in sorted(words)}
        self._instants: dict[object, tuple[str, str]] = {}

    def ref(self, role: Role, name: str) -> str:
        return name if role is Role.ENVELOPE else self._locals[name]

    def instant(self, kind: str, span: Span) -> str:
        key: object = (kind, span) if kind == "uuid4" else kind
        if key not in self._instants:
            local = self.fresh({"now": "now", "today": "today", "uuid4": "new_id"}[kind])
            self._instants[key] = (kind, local)
        return self._instants[key][1]

    def instants(self) -> tuple[tuple[str, str], ...]:
        return tuple(self._instants.values())

    def reply(self, call: str) -> str:
        raise AssertionError("an envelope has no calls")

    def call_may_be_null(self, call: str) -> bool:
        raise AssertionError("an envelope has no calls")
