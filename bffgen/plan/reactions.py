"""What the failures of a call or block become, as the handlers of its `except`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from bffgen.check.model import AnswerWith, CheckedCall, CheckedEntry, CheckedReaction, FailWith, PassOn, Use, UseOther
from bffgen.expr.tree import Expr, FieldOf, Literal, MakeList, MakeMap, MakeObject, Ref, Role
from bffgen.plan.answers import JSON, media_type_of
from bffgen.plan.blocks import answer_of, composed, in_composing, may_overflow, partly_made, refusal
from bffgen.plan.emitted_names import EndpointNames
from bffgen.plan.quote import called, code, constant, name, quote
from bffgen.plan.walk import rewrite, walk
from bffgen.records import dataclass
from bffgen.typesystem.model import Null, ObjectType, Type, Unknown, is_nullable, non_null

Give = Callable[[ast.expr], list[ast.stmt]]


@dataclass(frozen=True, eq=False)
class Failing:
    """The failures of one entry.

    `give` returns a value or binds it to `local`; `instead` starts a call that takes a failed one's place.
    """

    entry: CheckedEntry
    names: EndpointNames
    local: str
    give: Give
    instead: Callable[[str], ast.expr]

    @property
    def wants_reply(self) -> bool:
        return isinstance(self.entry, CheckedCall) and self.entry.wants_reply

    def caught(self, tried: list[ast.stmt]) -> list[ast.stmt]:
        """The statements, in a `try` where the spec says what becomes of a failure."""
        if all(isinstance(reaction.action, FailWith) for reaction in self.entry.reactions):
            return tried
        handlers = self._reactions()
        named = any(isinstance(n, ast.Name) and n.id == "failure" for line in handlers for n in ast.walk(line))
        made = quote(
            """
            try:
                tried
            except BackendFailure as failure:
                handlers
            """,
            tried=tried,
            handlers=handlers,
            BackendFailure=self.names.module.runtime("failures", "BackendFailure"),
        )
        if not named and isinstance(made[0], ast.Try):
            made[0].handlers[0].name = None
        return made

    def _reactions(self) -> list[ast.stmt]:
        made: list[ast.stmt] = []
        for reaction in self.entry.reactions:
            body = self._reaction(reaction)
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
        return _as_branches(tests, last) if assigns(tests, self.local) else tests + last

    def _reaction(self, reaction: CheckedReaction) -> list[ast.stmt]:
        action = reaction.action
        if isinstance(action, PassOn):
            exact = [body for status, body in action.bodies if status == reaction.when]
            return self._passed(reaction.when, exact[0]) if exact else self._passing(action)
        changes, bound = self._error_body(reaction)
        if isinstance(action, Use):
            softened = called(f"{self.names.calls}.soften", constant(self.entry.name), name("failure"))
            value = partly_made(rewrite(action.value, changes), self.names)
            given = self.give(self._replied(action.value, value))
            if not _is_known(action.value):
                given = composed([action.value], given, self.names.module)
            return [ast.Expr(softened), *bound, *given]
        if isinstance(action, UseOther):
            other: ast.expr = ast.Await(self.instead(action.call))
            if isinstance(non_null(self.entry.type), Unknown):  # what the other answers is of a class, maybe
                other = called(self.names.module.runtime("values", "as_json"), other)
            return self.give(self._replied(None, other))
        if isinstance(action, AnswerWith):
            answering = self._answering(action, changes)
            told = [action.detail, action.body, *(value for _, value in action.extra)]
            if any(map(may_overflow, told)):
                answering = in_composing(answering, self.names.module)
            return [*bound, *answering]
        return quote("raise")

    def _replied(self, expr: Expr | None, value: ast.expr) -> ast.expr:
        """A value in the place of an answer; with its status and headers where those are asked for."""
        if not self.wants_reply or (isinstance(expr, Literal) and expr.value is None):
            return value
        return code(
            "Reply(value, failure.status or 0, Headers())",
            Reply=self.names.module.runtime("replies", "Reply"),
            Headers=self.names.module.imported("httpx", "Headers"),
            value=value,
        )

    def _error_body(self, reaction: CheckedReaction) -> tuple[dict[int, Expr], list[ast.stmt]]:
        """What the reaction says of `error`, as locals: `error.body`, read once, and a status that is there."""
        exprs: list[Expr | None] = []
        match reaction.action:
            case Use(value):
                exprs = [value]
            case AnswerWith(_, detail, extra, body):
                exprs = [detail, body, *(value for _, value in extra)]
        changes: dict[int, Expr] = {}
        bound: dict[str, list[ast.stmt]] = {}
        fields = [node for node in walk(*exprs) if isinstance(node, FieldOf) and _is_error(node.base)]
        changes.update({id(node): self._error_field(node, reaction, bound) for node in fields})
        bases = {id(node.base) for node in fields}
        for node in walk(*exprs):
            if _is_error(node) and id(node) not in bases and isinstance(node.type, ObjectType):
                of, span = node.type, node.span
                parts = [FieldOf(node, key, field.type, span) for key, field in of.fields.items()]
                entries = tuple((one.name, self._error_field(one, reaction, bound)) for one in parts)
                changes[id(node)] = MakeObject(entries, False, of, span)
        return changes, sum((bound[key] for key in sorted(bound)), [])

    def _error_field(self, node: FieldOf, reaction: CheckedReaction, bound: dict[str, list[ast.stmt]]) -> Expr:
        """A field of `error`, which may need a local that is `bound` first."""
        if node.name == "body" and reaction.error_body is not None:
            local = self._body_local(reaction)
            bound["body"] = self._read_body(local, reaction.error_body)
            return Ref(local, Role.ERROR, node.type, node.span)
        if node.name == "status" and isinstance(reaction.when, int):
            return Literal(reaction.when, node.type, node.span)
        if node.name == "status" and isinstance(node.type, Null):
            return Literal(None, node.type, node.span)
        if node.name == "status" and not is_nullable(node.type):
            bound["status"] = quote("error_status = failure.status or 502")
            return Ref("error_status", Role.ERROR, node.type, node.span)
        return node

    def _read_body(self, local: str, of: Type) -> list[ast.stmt]:
        if isinstance(of, Null):
            return quote("local = None", local=local)
        source = "local = failure.body(adapter)"
        if is_nullable(of):
            source += " if failure.content else None"
        return quote(source, local=local, adapter=self.names.module.adapter(of))

    def _body_local(self, reaction: CheckedReaction) -> str:
        """`error_body`; with the status where the bodies of an entry have several types, as a local has one."""
        read = [one.error_body for one in self.entry.reactions if one.error_body is not None]
        return "error_body" if all(of == read[0] for of in read) else f"error_body_{reaction.when}"

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
        answer = self.names.module.runtime("failures", "Answer")
        code_ = constant(status) if isinstance(status, int) else code("failure.status or 502")
        if body is None:
            return quote("raise Answer(code) from failure", Answer=answer, code=code_)
        adapter = name(self.names.module.adapter(body))
        content = code("adapter.dump_json(failure.body(adapter), by_alias=True)", adapter=adapter)
        media_type = media_type_of(self.entry, status)
        options = {"media_type": constant(media_type)} if media_type != JSON else {}
        return quote("raise made from failure", made=called(answer, code_, content, **options))


def _is_known(expr: Expr) -> bool:
    """Whether a value is made of literals alone: that it fits has been checked."""
    return all(isinstance(node, (Literal, MakeList, MakeMap, MakeObject)) for node in walk(expr))


def _is_error(base: Expr) -> bool:
    return isinstance(base, Ref) and base.role is Role.ERROR


def assigns(statements: Sequence[ast.stmt], local: str) -> list[bool]:
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
