"""What one call sends: its arguments as Python, whether it is sent at all, and how a write is."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import replace

from bffgen.check.model import CheckedCall
from bffgen.expr.emit import condition, emit
from bffgen.expr.facts import path, proved
from bffgen.expr.tree import Expr, FieldOf, IsNull, Logic, Loop, Narrowed, Ref, Role
from bffgen.plan.blocks import composed, in_composing, may_fail
from bffgen.plan.emitted_names import EndpointNames
from bffgen.plan.enums import enums_checked
from bffgen.plan.operations import Clients
from bffgen.plan.quote import called, code, constant, name, quote
from bffgen.plan.traits import KEY, Traits, adds_key, key_parameter
from bffgen.plan.walk import referred, request_exprs, rewrite, undo_exprs, walk
from bffgen.records import dataclass
from bffgen.typesystem.model import BOOLEAN, Kind, ObjectType, Scalar, non_null


@dataclass(frozen=True, eq=False)
class Place:
    """Where a call stands: how another one of its scope is started, and the numbers of the items around it."""

    clients: Clients
    traits: Traits
    start: Callable[[str], ast.expr]
    numbers: tuple[str, ...] = ()


class RequestWriter:
    """Writes what one call sends."""

    def __init__(self, call: CheckedCall, names: EndpointNames, place: Place) -> None:
        self.call = call
        self.names = names
        self.module = names.module
        self.place = place
        self.backend, self.used = place.clients.by_call[call]
        self.null_locals: list[tuple[str, Expr]] = []
        self.changes = {**self._proved_around(), **self._name_null_arguments()}

    def _name_null_arguments(self) -> dict[int, Expr]:
        """Locals for the values that decide whether the call is made, unless a name says it already."""
        changes: dict[int, Expr] = {}
        for index, value in enumerate(self.call.null_arguments):
            if isinstance(value, Ref):
                continue
            key = f"null:{self.call.name}:{index}"
            self.names.local(self._hint(value), key)
            self.null_locals.append((key, value))
            changes[id(value)] = Ref(key, Role.LOOP, value.type, value.span)
        return changes

    def _proved_around(self) -> dict[int, Expr]:
        """What is proved outside of the function that sends: type checkers cannot see it in there."""
        call = self.call
        known: set[str] = set()
        if call.when is not None and (call.each or call.batch or call.pages):
            known.update(proved(call.when, True))
        if call.each is not None and isinstance(call.each.source, Loop):
            clause = call.each.source.clauses[0]
            known.update(name for test in clause.conditions for name in proved(test, True))
        nodes = [node for node in walk(*request_exprs(call)) if isinstance(node, Narrowed)] if known else []
        return {id(n): replace(n, proven_elsewhere=True) for n in nodes if path(n.value) in known}

    def _hint(self, value: Expr) -> str:
        for argument in self.call.arguments:
            if any(node is value for node in walk(argument.value)):
                return argument.parameter.name
        return value.name if isinstance(value, FieldOf) else "needed"

    def _emit(self, expr: Expr) -> ast.expr:
        return emit(enums_checked(rewrite(expr, self.changes)), self.names)

    # ------------------------------------------------------------------------------------------ whether to send

    def skipping(self) -> list[ast.stmt]:
        """Leaving early where a required argument is null."""
        made: list[ast.stmt] = []
        for key, value in self.null_locals:
            made += quote("local = value", local=self.names.ref(Role.LOOP, key), value=emit(value, self.names))
        nulls = self.call.null_arguments
        tests = [IsNull(rewrite(value, self.changes), False, BOOLEAN, value.span) for value in nulls]
        if tests:
            whole: Expr = tests[0] if len(tests) == 1 else Logic("or", tuple(tests), BOOLEAN, self.call.span)
            made += quote("if missing:\n    return None", missing=condition(whole, self.names))
        return composed(nulls, made, self.module)

    def composes(self) -> bool:
        """Whether a value that is sent has to be made in a way that may fail."""
        return any(may_fail(expr) for expr in request_exprs(self.call))

    # ------------------------------------------------------------------------------------------------- sending

    def answer(self) -> tuple[list[ast.stmt], ast.expr]:
        """What goes before, and the answer, awaited; a write is awaited to its end whatever happens meanwhile."""
        prepared, made = self._prepared()
        request: ast.expr = self.request(prepared)
        if self.call.write:
            request = self._written(request, made)
        return made, ast.Await(request)

    def _prepared(self) -> tuple[dict[int, str], list[ast.stmt]]:
        """Locals for values that may turn out impossible: then nothing is sent and the call has failed."""
        values = [argument.value for argument in self.call.arguments]
        values += [value for _, value in self.call.headers]
        values += [self.call.body] if self.call.body is not None else []
        risky = [value for value in values if may_fail(value)]
        hints = {id(argument.value): argument.parameter.name for argument in self.call.arguments}
        hints |= {id(self.call.body): _body_hint(self.call)}
        locals_ = {id(value): self.names.fresh(hints.get(id(value), "header")) for value in risky}
        made = [line for v in risky for line in quote("local = value", local=locals_[id(v)], value=self._emit(v))]
        return locals_, in_composing(made, self.module) if made else []

    def request(self, prepared: Mapping[int, str] | None = None) -> ast.Call:
        """`backends.catalog.get_product(id_=product_id)`, a coroutine."""
        call, options, made = self.call, dict[str, ast.expr](), prepared or {}

        def sent(expr: Expr) -> ast.expr:
            return name(made[id(expr)]) if id(expr) in made else self._emit(expr)

        for argument in call.arguments:
            options[self.used.argument(argument.parameter)] = sent(argument.value)
        if call.body is not None:
            options["body"] = sent(call.body)
        headers = [(header, sent(value)) for header, value in call.headers]
        headers += [(KEY, self._key())] if adds_key(call) else []
        if headers:
            keys: list[ast.expr | None] = [constant(header) for header, _ in headers]
            options["extra_headers"] = ast.Dict(keys, [value for _, value in headers])
        if call.pages is not None:
            options[self.used.page_argument(call.pages)] = name(self.page_local)
        if (parameter := key_parameter(call)) is not None:
            options[self.used.argument(parameter)] = self._key_of(parameter.type)
        if call.timeout != self.backend.timeout:
            options["within"] = constant(call.timeout)
        if call.policy is not None:
            options["policy"] = constant(self.backend.call_policies[call])
        method = code("backends.attribute.method", attribute=self.backend.attribute, method=self.used.method)
        return called(method, **options)

    @property
    def page_local(self) -> str:
        """The local of the function for one page that says which one."""
        pages = self.call.pages
        return self.names.machinery(pages.by if pages is not None and pages.by != "link" else "query")

    # -------------------------------------------------------------------------------------------------- writes

    def _key(self, always_told: bool = False) -> ast.expr:
        """The idempotency key of this write: with arguments where the endpoint has another one."""
        made = called(self.module.runtime("idempotency", "idempotency_key"))
        if self.place.traits.records or always_told:
            made.args += [constant(self.call.name), *map(name, self.place.numbers)]
            made.args += [constant("undo")] if self.call in self.place.clients.undone else []
        return made

    def _key_of(self, of: object) -> ast.expr:
        if isinstance(of, Scalar) and non_null(of) == of and of.kind is Kind.UUID:
            return called(self.module.imported("uuid", "UUID"), self._key(always_told=True))
        return self._key()

    def _written(self, request: ast.expr, before: list[ast.stmt]) -> ast.expr:
        if not self.place.traits.records:
            return called(self.module.runtime("tasks", "uncancelled"), request)
        sent = called("writes.send", constant(self.call.name), request)
        if self.call.undo is not None:
            writer = RequestWriter(self.place.clients.undos[self.call], self.names, self.place)
            reads = self.call.name in referred(undo_exprs(self.call.undo))
            function = writer.taking_back(self.call, reads, before)
            if reads and self.call.wants_reply:
                function = code("lambda reply: function(reply.value)", function=function)
            sent.keywords.append(ast.keyword("undo_with" if reads else "undo", function))
        return sent

    def taking_back(self, write: CheckedCall, reads: bool, before: list[ast.stmt]) -> ast.expr:
        """The function that takes a write back: a line, or one of its own that gives up where an argument is null."""
        parameter = ast.arg(self.names.value(write.name))
        skipping = self.skipping()
        if not skipping:
            return ast.Lambda(ast.arguments([], [parameter] if reads else [], None, [], [], None, []), self.request())
        made = quote(
            """
            def take_back() -> Undo | None:
                skipping
                return request
            """,
            take_back=(local := self.names.fresh(f"undo_{write.name}")),
            Undo=self.module.runtime("undo", "Undo"),
            skipping=skipping,
            request=self.request(),
        )
        if reads:
            parameter.annotation = self.module.annotation(write.reply)
            assert isinstance(made[0], ast.FunctionDef)
            made[0].args.args.append(parameter)
        before += made
        return name(local)


def _body_hint(call: CheckedCall) -> str:
    of = call.body.type if call.body is not None else None
    return of.name if isinstance(of, ObjectType) else "sent"
