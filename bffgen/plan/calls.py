"""The call of an endpoint as Python: awaiting what it needs, asking the backend, what happens on a failure."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from bffgen.check.model import (
    AnswerWith,
    CheckedCall,
    CheckedReaction,
    FailWith,
    PassOn,
    Use,
)
from bffgen.expr.emit import condition, emit
from bffgen.expr.tree import (
    Expr,
    FieldOf,
    IsNull,
    Literal,
    Logic,
    Not,
    Ref,
    Role,
)
from bffgen.plan.blocks import answer_of, in_composing, may_fail, partly_made, refusal
from bffgen.plan.emitted_names import EndpointNames
from bffgen.plan.enums import enums_checked
from bffgen.plan.operations import Clients
from bffgen.plan.quote import called, code, constant, name, quote
from bffgen.plan.walk import request_exprs, rewrite, walk
from bffgen.typesystem.model import BOOLEAN, Null, ObjectType, Type, is_nullable

JSON = "application/json"


class CallWriter:
    """Writes the parts of one call's coroutine."""

    def __init__(self, call: CheckedCall, names: EndpointNames, clients: Clients) -> None:
        self.call = call
        self.names = names
        self.module = names.module
        self.backend, self.used = clients.by_call[call]
        self.null_locals: list[tuple[str, Expr]] = []
        self.changes = self._name_null_arguments()

    @property
    def result(self) -> ast.expr:
        """The annotation of what the coroutine returns."""
        if not self.call.wants_reply:
            return self.module.annotation(self.call.type)
        reply = self.module.runtime("replies", "Reply")
        made = code("Reply[T]", Reply=reply, T=self.module.annotation(self.call.reply))
        return code("made | None", made=made) if is_nullable(self.call.type) else made

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

    def _hint(self, value: Expr) -> str:
        for argument in self.call.arguments:
            if any(node is value for node in walk(argument.value)):
                return argument.parameter.name
        return value.name if isinstance(value, FieldOf) else "needed"

    def _emit(self, expr: Expr) -> ast.expr:
        return emit(enums_checked(rewrite(expr, self.changes)), self.names)

    # ------------------------------------------------------------------------------------------------ asking

    def skipping(self) -> list[ast.stmt]:
        """Leaving early where the call is not to be made."""
        made: list[ast.stmt] = []
        if self.call.when is not None:
            unless = condition(Not(self.call.when, BOOLEAN, self.call.span), self.names)
            made += quote("if unless:\n    return None", unless=unless)
        for key, value in self.null_locals:
            made += quote("local = value", local=self.names.ref(Role.LOOP, key), value=emit(value, self.names))
        tests = [IsNull(rewrite(value, self.changes), False, BOOLEAN, value.span) for value in self.call.null_arguments]
        if tests:
            whole: Expr = tests[0] if len(tests) == 1 else Logic("or", tuple(tests), BOOLEAN, self.call.span)
            made += quote("if missing:\n    return None", missing=condition(whole, self.names))
        return made

    def composes(self) -> bool:
        """Whether a value that is sent has to be made in a way that may fail."""
        return any(may_fail(expr) for expr in request_exprs(self.call))

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

    def request(self, prepared: Mapping[int, str] | None = None) -> ast.expr:
        """`backends.catalog.get_product(id_=product_id)`, a coroutine."""
        call, options, made = self.call, dict[str, ast.expr](), prepared or {}

        def sent(expr: Expr) -> ast.expr:
            return name(made[id(expr)]) if id(expr) in made else self._emit(expr)

        for argument in call.arguments:
            options[self.used.argument(argument.parameter)] = sent(argument.value)
        if call.body is not None:
            options["body"] = sent(call.body)
        if call.headers:
            keys: list[ast.expr | None] = [constant(header) for header, _ in call.headers]
            options["extra_headers"] = ast.Dict(keys, [sent(value) for _, value in call.headers])
        if call.timeout != self.backend.timeout:
            options["within"] = constant(call.timeout)
        method = code("backends.attribute.method", attribute=self.backend.attribute, method=self.used.method)
        return called(method, **options)

    def _asked(self, returns: bool) -> list[ast.stmt]:
        """The answer, awaited; a write is awaited to its end whatever happens meanwhile."""
        prepared, made = self._prepared()
        request: ast.expr = self.request(prepared)
        if self.call.write:
            request = called(self.module.runtime("tasks", "uncancelled"), request)
        return made + self._give(code("await request", request=request), returns)

    # ---------------------------------------------------------------------------------------------- failing

    def asking(self, returns: bool) -> list[ast.stmt]:
        """Asking, and what happens on a failure. The value is returned, or bound to the call's local."""
        if not self.call.reactions or all(isinstance(r.action, FailWith) for r in self.call.reactions):
            return self._asked(returns)
        handlers = self._reactions(returns)
        made = quote(
            """
            try:
                give
            except BackendFailure as failure:
                handlers
            """,
            give=self._asked(returns),
            handlers=handlers,
            BackendFailure=self.module.runtime("failures", "BackendFailure"),
        )
        if returns:
            return made
        local, declared = self.local, ast.AnnAssign(ast.Name(self.local, ast.Store()), self.result, None, 1)
        return [declared, *made] if any(_assigns(handlers, local)) else made

    @property
    def local(self) -> str:
        """What the coroutine binds: the reply, or the value."""
        return self.names.reply(self.call.name) if self.call.wants_reply else self.names.value(self.call.name)

    def _give(self, value: ast.expr, returns: bool) -> list[ast.stmt]:
        if returns:
            return quote("return value", value=value)
        if isinstance(self.call.type, Null) and not self.call.wants_reply:
            return [ast.Expr(value), *quote("local = None", local=self.local)]
        return quote("local = value", local=self.local, value=value)

    def _reactions(self, returns: bool) -> list[ast.stmt]:
        made: list[ast.stmt] = []
        for reaction in self.call.reactions:
            body = self._reaction(reaction, returns)
            if reaction.when == "else":
                return self._ended(made, body)
            matched = called("failure.matches", constant(reaction.when))
            last = made[-1] if made else None
            if isinstance(last, ast.If) and ast.dump(ast.Module(last.body, [])) == ast.dump(ast.Module(body, [])):
                last.test.args.append(constant(reaction.when))  # type: ignore[attr-defined]
                continue
            made += quote("if matched:\n    body", matched=matched, body=body)
        return self._ended(made, quote("raise"))

    def _ended(self, tests: list[ast.stmt], last: list[ast.stmt]) -> list[ast.stmt]:
        """The tests and what is left; branches where one of them ends with a value and not by leaving."""
        return _as_branches(tests, last) if _assigns(tests, self.local) else tests + last

    def _reaction(self, reaction: CheckedReaction, returns: bool) -> list[ast.stmt]:
        action = reaction.action
        if isinstance(action, PassOn):
            exact = [body for status, body in action.bodies if status == reaction.when]
            return self._passed(reaction.when, exact[0]) if exact else self._passing(action)
        changes, bound = self._error_body(reaction)
        if isinstance(action, Use):
            softened = called("calls.soften", constant(self.call.name), name("failure"))
            value = partly_made(rewrite(action.value, changes), self.names)
            return [ast.Expr(softened), *bound, *self._give(self._replied(action.value, value), returns)]
        if isinstance(action, AnswerWith):
            return [*bound, *self._answering(action, changes)]
        return quote("raise")

    def _replied(self, expr: Expr, value: ast.expr) -> ast.expr:
        """A value in the place of an answer; with its status and headers where those are asked for."""
        if not self.call.wants_reply or (isinstance(expr, Literal) and expr.value is None):
            return value
        return code(
            "Reply(value, failure.status or 0, Headers())",
            Reply=self.module.runtime("replies", "Reply"),
            Headers=self.module.imported("httpx", "Headers"),
            value=value,
        )

    def _error_body(self, reaction: CheckedReaction) -> tuple[dict[int, Expr], list[ast.stmt]]:
        """`error.body` read once, where the reaction speaks of it."""
        exprs: list[Expr | None] = []
        match reaction.action:
            case Use(value):
                exprs = [value]
            case AnswerWith(_, detail, extra, body):
                exprs = [detail, body, *(value for _, value in extra)]
        changes: dict[int, Expr] = {}
        for node in walk(*exprs):
            if isinstance(node, FieldOf) and node.name == "body" and _is_error(node.base):
                changes[id(node)] = Ref("error_body", Role.ERROR, node.type, node.span)
        if not changes or reaction.error_body is None:
            return changes, []
        of = reaction.error_body
        if isinstance(of, Null):
            return changes, quote("error_body = None")
        source = "error_body = failure.body(adapter)"
        if is_nullable(of):
            source += " if failure.content else None"
        return changes, quote(source, adapter=self.module.adapter(of))

    def _answering(self, action: AnswerWith, changes: dict[int, Expr]) -> list[ast.stmt]:
        if action.body is not None:
            made = answer_of(action.status, rewrite(action.body, changes), self.names)
            return quote("raise made from failure", made=made)
        extra = tuple((key, rewrite(value, changes)) for key, value in action.extra)
        detail = rewrite(action.detail, changes) if action.detail is not None else None
        return quote("raise made from failure", made=refusal(action.status, detail, extra, self.names))

    def _passing(self, action: PassOn) -> list[ast.stmt]:
        """The backend's status and its documented body, as they are; what is not documented fails."""
        made: list[ast.stmt] = []
        for status, body in action.bodies:
            matched: ast.expr = called(
                "failure.matches", constant(status.lower() if isinstance(status, str) else status)
            )
            if status == "default":
                matched = code("failure.kind == 'status'")
            made += quote("if matched:\n    body", matched=matched, body=self._passed(status, body))
        return made + quote("raise")

    def _passed(self, status: int | str, body: Type | None) -> list[ast.stmt]:
        answer = self.module.runtime("failures", "Answer")
        code_ = constant(status) if isinstance(status, int) else code("failure.status or 502")
        if body is None:
            return quote("raise Answer(code) from failure", Answer=answer, code=code_)
        adapter = name(self.module.adapter(body))
        content = code("adapter.dump_json(failure.body(adapter), by_alias=True)", adapter=adapter)
        media_type = _media_type(self.call, status)
        options = {"media_type": constant(media_type)} if media_type != JSON else {}
        return quote("raise made from failure", made=called(answer, code_, content, **options))


def _is_error(base: Expr) -> bool:
    return isinstance(base, Ref) and base.role is Role.ERROR


def _body_hint(call: CheckedCall) -> str:
    of = call.body.type if call.body is not None else None
    return of.name if isinstance(of, ObjectType) else "sent"


def _media_type(call: CheckedCall, status: int | str) -> str:
    for response in call.operation.responses:
        if str(response.status).lower() == str(status).lower():
            return (response.media_type or JSON).split(";")[0].strip().lower()
    return JSON


def _assigns(statements: Sequence[ast.stmt], local: str) -> list[bool]:
    return [
        True
        for statement in statements
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == local
    ]


def _as_branches(tests: Sequence[ast.stmt], last: list[ast.stmt]) -> list[ast.stmt]:
    """`if ...: elif ...: else:` of statements that are ifs, so that none falls through into the next."""
    for statement in reversed(tests):
        assert isinstance(statement, ast.If)
        statement.orelse = last
        last = [statement]
    return last
