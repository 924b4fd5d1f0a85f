"""The function of an endpoint: guards, calls as a graph, the answer."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from bffgen.check.model import CheckedCall, CheckedEndpoint, CheckedGuard, CheckedLet
from bffgen.expr.emit import emit
from bffgen.expr.tree import Expr, Ref, Role
from bffgen.plan.answers import passed_statuses
from bffgen.plan.blocks import check_guard, composed, in_composing
from bffgen.plan.calls import CallWriter
from bffgen.plan.emitted_names import EndpointNames
from bffgen.plan.operations import Clients
from bffgen.plan.quote import called, code, constant, name, quote
from bffgen.plan.schedule import CallNode, GuardNode, LetNode, Schedule
from bffgen.plan.walk import answer_exprs, call_exprs, guard_exprs, referred, request_exprs, walk
from bffgen.typesystem.model import Null, Type, is_nullable

Block = list[ast.stmt]


class EndpointWriter:
    """Writes the body of one endpoint's function, in paragraphs."""

    def __init__(self, endpoint: CheckedEndpoint, plan: Schedule, names: EndpointNames, clients: Clients) -> None:
        self.endpoint = endpoint
        self.plan = plan
        self.names = names
        self.module = names.module
        self.clients = clients
        self.calls = {call.name: call for call in endpoint.calls}
        self.lets = {let.name: let for let in endpoint.lets}
        self.degrades = any(call.soft for call in endpoint.calls)
        awaited = {key for node in plan.nodes for key in (*node.values, *node.waits, *getattr(node, "late", ()))}
        self.handles = awaited | set(plan.results)

    def paragraphs(self) -> tuple[Sequence[ast.stmt], ...]:
        before, block, answer = self._before(), self._fan_out(), self._answer()
        return tuple(part for part in (self._instants(), *before, block, *answer) if part)

    # ----------------------------------------------------------------------------------------- before, instants

    def _before(self) -> list[Block]:
        made: list[Block] = []
        previous: type | None = None
        for step in self.plan.before:
            if type(step) is not previous:
                made.append([])
            previous = type(step)
            if isinstance(step, CheckedGuard):
                made[-1] += composed([*guard_exprs(step)], check_guard(step, self.names), self.module)
            else:
                made[-1] += composed([step.value], self._bound(step), self.module)
        return made

    def _bound(self, let: CheckedLet) -> Block:
        return quote("local = value", local=self.names.value(let.name), value=emit(let.value, self.names))

    def _instants(self) -> Block:
        """One instant for the whole request; today is the day of now."""
        made: Block = []
        now: str | None = None
        for kind, local in sorted(self.names.instants()):
            if kind == "uuid4":
                value: ast.expr = called(self.module.imported("uuid", "uuid4"))
            elif now is not None and kind == "today":
                value = code("now.date()", now=now)
            else:
                source = "datetime.now(UTC)" + (".date()" if kind == "today" else "")
                imported = self.module.imported
                value = code(source, datetime=imported("datetime", "datetime"), UTC=imported("datetime", "UTC"))
            now = local if kind == "now" else now
            made += quote("local = value", local=local, value=value)
        return made

    # ------------------------------------------------------------------------------------------------ the graph

    def _fan_out(self) -> Block:
        if not self.plan.nodes:
            return []
        nodes: Block = []
        for node in self.plan.nodes:
            if isinstance(node, CallNode):
                nodes += self._call_node(node)
            elif isinstance(node, LetNode):
                nodes += self._let_node(node)
            else:
                nodes += self._guard_node(node)
        shared = _reads_twice(self.endpoint.calls)
        entered = called(
            self.module.runtime("fan_out", "fan_out"),
            deadline=constant(self.endpoint.deadline),
            share=constant(True) if shared else None,
        )
        return quote("async with entered as calls:\n    nodes", entered=entered, nodes=nodes)

    def _started(self, key: str, starting: ast.expr) -> Block:
        if key in self.handles:
            return quote("handle = starting", handle=self.names.handle(key), starting=starting)
        return [ast.Expr(starting)]

    def _call_node(self, node: CallNode) -> Block:
        call = node.call
        writer = CallWriter(call, self.names, self.clients)
        options = self._options(call)
        if self._is_direct(node) and not writer.composes():
            starting = called("calls.start", constant(call.name), writer.request(), **options)
            return self._started(node.key, starting)
        body = self._awaited(node.values, node.waits, [*call_exprs(call)])
        guards = self._call_guards(node)
        body += writer.skipping() + writer.asking(returns=not guards)
        if guards:
            body += [*guards, *quote("return local", local=writer.local)]
        function = self.names.derived(node.key, "send_{}" if call.write else "fetch_{}")
        made = self._function(function, writer.result, body)
        return made + self._started(node.key, called("calls.start", constant(call.name), called(function), **options))

    def _options(self, call: CheckedCall) -> dict[str, ast.expr]:
        options: dict[str, ast.expr] = {}
        passed = list(passed_statuses(call))
        if passed:
            options["passes"] = ast.Set([constant(status) for status in passed])
        read = referred(request_exprs(call))
        static = {step.name for step in self.plan.before if isinstance(step, CheckedLet)}
        if read <= static and (call.arguments or call.body is not None):
            options["direct"] = constant(True)
        return options

    def _is_direct(self, node: CallNode) -> bool:
        """Whether the call needs nothing but to be sent: no coroutine of its own."""
        call = node.call
        waits = (*node.values, *node.waits, *call.guards, *call.reactions, *call.null_arguments)
        return not waits and call.when is None and not call.write

    def _let_node(self, node: LetNode) -> Block:
        exprs: list[Expr | None] = [node.let.value]
        value = emit(node.let.value, self.names)
        body = self._awaited(node.values, node.waits, exprs)
        body += composed(exprs, quote("return value", value=value), self.module)
        function = self.names.derived(node.key, "compute_{}")
        made = self._function(function, self.module.annotation(node.let.value.type), body)
        return made + self._started(node.key, called("calls.start", constant(node.key), called(function)))

    def _guard_node(self, node: GuardNode) -> Block:
        exprs = [expr for guard in node.guards for expr in guard_exprs(guard)]
        body = self._awaited(node.values, node.waits, exprs)
        for guard in node.guards:
            checked = check_guard(guard, self.names)
            body += composed([*guard_exprs(guard)], checked, self.module)
        function = self.names.derived(node.key, "check_guards")
        made = self._function(function, constant(None), body)
        return made + self._started(node.key, called("calls.check", called(function)))

    def _function(self, function: str, result: ast.expr, body: Block) -> Block:
        return quote("async def function() -> result:\n    body", function=function, result=result, body=body)

    def _call_guards(self, node: CallNode) -> Block:
        """The guards of a call, once it has answered."""
        call = node.call
        if not call.guards:
            return []
        exprs = [expr for guard in call.guards for expr in guard_exprs(guard)]
        made = self._value_of_reply(call, exprs) if call.wants_reply else []
        made += self._awaited(node.late, (), exprs)
        for guard in call.guards:
            present = self._present(guard, call)
            made += composed([*guard_exprs(guard)], check_guard(guard, self.names, present), self.module)
        return made

    def _present(self, guard: CheckedGuard, call: CheckedCall) -> ast.expr | None:
        """The test that the guard's call is not null, where a null one is not to be checked."""
        if not guard.skip_if_null or not is_nullable(call.type):
            return None
        return code("local is not None", local=self.names.value(call.name))

    # ------------------------------------------------------------------------------------------- awaited values

    def _awaited(self, values: Sequence[str], waits: Sequence[str], exprs: Iterable[Expr | None]) -> Block:
        """Waiting for nodes, and binding the values that the expressions read."""
        made: Block = []
        exprs = list(exprs)
        for key in waits:
            made += quote("await handle", handle=self.names.handle(key))
        for key in values:
            made += self._bind(key, code("await handle", handle=self.names.handle(key)), exprs)
        return made

    def _bind(self, key: str, value: ast.expr, exprs: list[Expr | None]) -> Block:
        call = self.calls.get(key)
        if call is not None and call.wants_reply:
            return quote("local = value", local=self.names.reply(key), value=value) + self._value_of_reply(call, exprs)
        local = self.names.value(key)
        if isinstance(self._type(key), Null):  # type checkers refuse the value of what gives none
            return [ast.Expr(value), *quote("local = None", local=local)]
        return quote("local = value", local=local, value=value)

    def _type(self, key: str) -> Type:
        return self.calls[key].type if key in self.calls else self.lets[key].value.type

    def _value_of_reply(self, call: CheckedCall, exprs: list[Expr | None]) -> Block:
        if call.name not in _read(exprs):
            return []
        source = "local = reply.value"
        if is_nullable(call.type):
            source += " if reply is not None else None"
        return quote(source, local=self.names.value(call.name), reply=self.names.reply(call.name))

    # ----------------------------------------------------------------------------------------------- the answer

    def _answer(self) -> list[Block]:
        endpoint, exprs = self.endpoint, [*answer_exprs(self.endpoint), *(let.value for let in self.plan.after)]
        results: Block = []
        for key in self.plan.results:
            results += self._bind(key, code("handle.result()", handle=self.names.handle(key)), exprs)
        if any(isinstance(node, Ref) and node.role is Role.DEGRADED for node in walk(*exprs)):
            results += quote("degraded = calls.degraded")
        composing: Block = [line for let in self.plan.after for line in self._bound(let)]
        plain = isinstance(endpoint.response, Ref) and not composing
        if endpoint.response is not None and not plain:
            composing += quote("answer = value", value=emit(endpoint.response, self.names))
        composing += self._status() + self._headers() + self._cookies()
        block = in_composing(composing, self.module) if composing else []
        end = [*block, *self._finish(plain)]
        return [results, end] if block else [results + end]

    def _status(self) -> Block:
        if self.endpoint.status is None:
            return []
        return quote("response.status_code = value", value=emit(self.endpoint.status, self.names))

    def _headers(self) -> Block:
        made: Block = []
        for header, value in self.endpoint.headers:
            setter = called(self.module.runtime("answers", "set_header"), name("response"), constant(header))
            setter.args.append(emit(value, self.names))
            made.append(ast.Expr(setter))
        return made

    def _cookies(self) -> Block:
        made: Block = []
        for cookie in self.endpoint.cookies:
            options: dict[str, ast.expr | None] = {
                "secure": constant(False) if not cookie.secure else None,
                "http_only": constant(False) if not cookie.http_only else None,
                "same_site": constant(cookie.same_site.lower()) if cookie.same_site.lower() != "lax" else None,
                "max_age": constant(cookie.max_age) if cookie.max_age is not None else None,
                "path": constant(cookie.path) if cookie.path != "/" else None,
            }
            value = emit(cookie.value, self.names)
            setter = self.module.runtime("answers", "set_cookie")
            made.append(ast.Expr(called(setter, name("response"), constant(cookie.name), value, **options)))
        return made

    def _finish(self, plain: bool) -> Block:
        made: Block = []
        if self.degrades:
            own = self.endpoint.degraded_status != self.endpoint.statuses[0]
            status = constant(self.endpoint.degraded_status) if own else None
            made.append(ast.Expr(called("calls.finish", name("response"), degraded_status=status)))
        if self.endpoint.response is None:
            return made
        if plain:
            return made + quote("return value", value=emit(self.endpoint.response, self.names))
        return made + quote("return answer")

    @property
    def uses_response(self) -> bool:
        endpoint = self.endpoint
        return self.degrades or endpoint.status is not None or bool(endpoint.headers or endpoint.cookies)


def _read(exprs: Iterable[Expr | None]) -> set[str]:
    """The calls whose values are read, and not only status or headers."""
    return {node.name for node in walk(*exprs) if isinstance(node, Ref) and node.role is Role.CALL}


def _reads_twice(calls: Sequence[CheckedCall]) -> bool:
    """Whether one operation that only reads is called more than once."""
    reads = [id(call.operation) for call in calls if not call.write]
    return len(reads) != len(set(reads))
