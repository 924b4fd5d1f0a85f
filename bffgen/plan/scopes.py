"""The calls of an endpoint or block as Python: a graph of coroutines inside of one `async with`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bffgen.check.model import CheckedBlock, CheckedCall, CheckedEntry, CheckedGuard, CheckedLet, leaves
from bffgen.expr.emit import condition, emit
from bffgen.expr.tree import Expr, Not, Ref, Role
from bffgen.plan.answers import passed_statuses
from bffgen.plan.blocks import check_guard, composed
from bffgen.plan.calls import CallWriter
from bffgen.plan.emitted_names import EndpointNames
from bffgen.plan.operations import Clients
from bffgen.plan.quote import called, code, constant, name, quote
from bffgen.plan.reactions import Failing
from bffgen.plan.repeats import EachWriter
from bffgen.plan.requests import Place
from bffgen.plan.schedule import CallNode, GuardNode, LetNode, Schedule, schedule
from bffgen.plan.traits import Traits, adds_key, key_parameter
from bffgen.plan.walk import CallScope, entry_exprs, guard_exprs, referred, request_exprs, walk
from bffgen.records import dataclass
from bffgen.typesystem.model import BOOLEAN, Null, Type

Block = list[ast.stmt]


@dataclass(frozen=True, eq=False)
class Around:
    """What is around a scope. `numbers` are locals for the places of the items that it is repeated for.

    `from_request` are lets over request values alone; `by_client`: all that it is repeated for is the client's, too.
    """

    clients: Clients
    traits: Traits
    parallel_writes: bool
    numbers: tuple[str, ...] = ()
    from_request: frozenset[str] = frozenset()
    by_client: bool = True


class ScopeWriter:
    """Writes what comes before the calls of a scope, and the calls."""

    def __init__(self, scope: CallScope, plan: Schedule, names: EndpointNames, around: Around) -> None:
        self.scope = scope
        self.plan = plan
        self.names = names
        self.module = names.module
        self.calls = {call.name: call for call in scope.calls}
        self.lets = {let.name: let for let in scope.lets}
        self.nodes = {node.key: node for node in plan.nodes}
        steps = frozenset(step.name for step in plan.before if isinstance(step, CheckedLet)) if around.by_client else ()
        self.around = replace(around, from_request=around.from_request.union(steps))
        awaited = {key for node in plan.nodes for key in (*node.values, *node.waits, *getattr(node, "late", ()))}
        self.handles = awaited | set(plan.results)

    # -------------------------------------------------------------------------------------------------- before

    def before(self) -> list[Block]:
        """Guards and lets over what is there when the scope starts, in paragraphs."""
        made: list[Block] = []
        previous: type | None = None
        for step in self.plan.before:
            if type(step) is not previous:
                made.append([])
            previous = type(step)
            if isinstance(step, CheckedGuard):
                made[-1] += composed([*guard_exprs(step)], check_guard(step, self.names), self.module)
            else:
                made[-1] += composed([step.value], self.bound(step), self.module)
        return made

    def bound(self, let: CheckedLet) -> Block:
        return quote("local = value", local=self.names.value(let.name), value=emit(let.value, self.names))

    # ----------------------------------------------------------------------------------------------- the graph

    def started(self) -> Block:
        """Every node of the graph, started as soon as what it needs is there."""
        made: Block = []
        for node in self.plan.nodes:
            if isinstance(node, CallNode):
                made += self._entry_node(node)
            elif isinstance(node, LetNode):
                made += self._let_node(node)
            else:
                made += self._guard_node(node)
        return made

    def _handled(self, key: str, starting: ast.expr) -> Block:
        if key in self.handles:
            return quote("handle = starting", handle=self.names.handle(key), starting=starting)
        return [ast.Expr(starting)]

    def _starting(self, key: str, coroutine: ast.expr, **options: ast.expr) -> ast.Call:
        return called(f"{self.names.calls}.start", constant(key), coroutine, **options)

    def _entry_node(self, node: CallNode) -> Block:
        entry = node.call
        if isinstance(entry, CheckedBlock):
            body = self._awaited(node.values, node.waits, [*entry_exprs(entry)]) + self._block(entry)
            result = self.module.annotation(entry.type)
        else:
            number = self._number(entry)
            writer = CallWriter(entry, self.names, self._place(number), number)
            if writer.is_plain and not (node.values or node.waits):
                starting = self._starting(entry.name, writer.request.request(), **self._options(entry))
                return self._handled(node.key, starting)
            guarded = [expr for guard in entry.guards for expr in guard_exprs(guard)]
            body = self._awaited(node.values, node.waits, [*entry_exprs(entry), *guarded])
            body += self._call(node, entry, writer)
            result = writer.result
        made = self._function(self._fetching(entry), result, body)
        return made if entry.lazy else made + self._handled(node.key, self._fetched(entry.name))

    def _call(self, node: CallNode, call: CheckedCall, writer: CallWriter) -> Block:
        guards = self._call_guards(node, call)
        if not guards:
            return writer.body(returns=True)
        return self._asked(call, writer) + guards + quote("return local", local=writer.local)

    def _asked(self, call: CheckedCall, writer: CallWriter) -> Block:
        """The call's local, bound. Where it may not be made and a guard wants to know, that is a function within."""
        leaves_early = call.when is not None or call.null_arguments
        if not leaves_early or all(guard.skip_if_null for guard in call.guards):
            return writer.body(returns=False)
        asked = self.names.derived(call.name, "ask_{}")
        made = self._function(asked, writer.result, writer.body(returns=True))
        return made + writer.give(ast.Await(called(asked)), returns=False)

    def _fetching(self, entry: CheckedEntry) -> str:
        return self.names.derived(entry.name, "send_{}" if entry.write else "fetch_{}")

    def _fetched(self, key: str) -> ast.expr:
        """The call started: `calls.start("price", fetch_price())`."""
        entry = self.calls[key]
        options = self._options(entry) if isinstance(entry, CheckedCall) else {}
        return self._starting(key, called(self._fetching(entry)), **options)

    def _place(self, number: str | None) -> Place:
        numbers = (*self.around.numbers, number) if number is not None else self.around.numbers
        return Place(self.around.clients, self.around.traits, self._fetched, numbers)

    def _number(self, entry: CheckedEntry) -> str | None:
        """A local for the item's place in the list, where the key of a write is made of it."""
        keyed = [call for call in leaves((entry,)) if key_parameter(call) is not None or adds_key(call)]
        if entry.each is None or not keyed:
            return None
        depth = len(self.around.numbers)
        return self.names.machinery("number" if not depth else f"number_{depth + 1}")

    def _options(self, call: CheckedCall) -> dict[str, ast.expr]:
        options: dict[str, ast.expr] = {}
        passed = list(passed_statuses(call))
        if passed:
            options["passes"] = ast.Set([constant(status) for status in passed])
        over = [call.each.source if call.each else None, call.batch.keys if call.batch else None]
        from_request = referred([*request_exprs(call), *over]) <= self.around.from_request and self.around.by_client
        if from_request and call.pages is None and _reads_request(call):
            options["direct"] = constant(True)
        return options

    def _let_node(self, node: LetNode) -> Block:
        exprs: list[Expr | None] = [node.let.value]
        value = emit(node.let.value, self.names)
        body = self._awaited(node.values, node.waits, exprs)
        body += composed(exprs, quote("return value", value=value), self.module)
        function = self.names.derived(node.key, "compute_{}")
        made = self._function(function, self.module.annotation(node.let.value.type), body)
        return made + self._handled(node.key, self._starting(node.key, called(function)))

    def _guard_node(self, node: GuardNode) -> Block:
        exprs = [expr for guard in node.guards for expr in guard_exprs(guard)]
        body = self._awaited(node.values, node.waits, exprs)
        for guard in node.guards:
            body += composed([*guard_exprs(guard)], check_guard(guard, self.names), self.module)
        function = self.names.derived(node.key, "check_guards")
        made = self._function(function, constant(None), body)
        return made + self._handled(node.key, called(f"{self.names.calls}.check", called(function)))

    def _function(self, function: str, result: ast.expr, body: Block) -> Block:
        return quote("async def function() -> result:\n    body", function=function, result=result, body=body)

    def _call_guards(self, node: CallNode, call: CheckedCall) -> Block:
        """The guards of a call, once it has answered."""
        if not call.guards:
            return []
        exprs = [expr for guard in call.guards for expr in guard_exprs(guard)]
        tested = call.may_be_null and any(guard.skip_if_null for guard in call.guards)
        made = self._value_of_reply(call, exprs, tested) if call.wants_reply else []
        read = [key for key in node.late if key in referred(exprs)]
        made += self._awaited(read, [key for key in node.late if key not in read], exprs)
        for guard in call.guards:
            present = self._present(guard, call)
            made += composed([*guard_exprs(guard)], check_guard(guard, self.names, present), self.module)
        return made

    def _present(self, guard: CheckedGuard, call: CheckedCall) -> ast.expr | None:
        """The test that the guard's call is not null, where a null one is not to be checked."""
        if not guard.skip_if_null or not call.may_be_null:
            return None
        return code("local is not None", local=self.names.value(call.name))

    # -------------------------------------------------------------------------------------------------- blocks

    def _block(self, block: CheckedBlock) -> Block:
        """`when`, then the block's scope: once, or for each item."""
        made: Block = []
        if block.when is not None:
            unless = condition(Not(block.when, BOOLEAN, block.span), self.names)
            made += quote("if unless:\n    return None", unless=unless)
        number = self._number(block)
        inside = self._caught(block, self._inside(block, number))
        if block.each is None:
            return made + inside
        before, value = EachWriter(block, block.each, self.names, number).written(inside)
        return made + before + quote("return value", value=value)

    def _inside(self, block: CheckedBlock, number: str | None) -> Block:
        """One time through a block: what comes before its calls, the calls, and its value returned."""
        plan = schedule(block, self.around.parallel_writes)
        own = self.names.inside(block)
        by_client = self.around.by_client and (block.each is None or block.each.client_list)
        read = referred(entry_exprs(block)) & (self.calls.keys() | self.lets.keys())
        around = replace(self.around, numbers=self._place(number).numbers, by_client=by_client and not read)
        inner = ScopeWriter(block, plan, own, around)
        before = [line for paragraph in inner.before() for line in paragraph]
        within = constant(block.timeout) if block.timeout is not None else None
        opened = self.module.runtime("blocks", "block")
        entered = called(opened, name(self.names.calls), constant(block.name), within=within)
        calls = quote(
            "async with entered as inner:\n    nodes", entered=entered, inner=own.calls, nodes=inner.started()
        )
        exprs: list[Expr | None] = [block.value, *(let.value for let in plan.after)]
        results = inner.results(exprs)
        value = [line for let in plan.after for line in inner.bound(let)]
        value += quote("return value", value=emit(block.value, own))
        return before + calls + results + composed(exprs, value, self.module)

    def _caught(self, block: CheckedBlock, tried: Block) -> Block:
        def give(value: ast.expr) -> Block:
            return quote("return value", value=value)

        return Failing(block, self.names, "", give, self._fetched).caught(tried)

    # ------------------------------------------------------------------------------------------ awaited values

    def results(self, exprs: list[Expr | None]) -> Block:
        """The values of nodes that the scope's own value is made of, once all of them have ended."""
        made: Block = []
        for key in self.plan.results:
            made += self._bind(key, code("handle.result()", handle=self.names.handle(key)), exprs)
        return made

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
        if isinstance(call, CheckedCall) and call.wants_reply:
            return quote("local = value", local=self.names.reply(key), value=value) + self._value_of_reply(call, exprs)
        local = self.names.value(key)
        if isinstance(self._type(key), Null):  # type checkers refuse the value of what gives none
            return [ast.Expr(value), *quote("local = None", local=local)]
        return quote("local = value", local=local, value=value)

    def _type(self, key: str) -> Type:
        return self.calls[key].type if key in self.calls else self.lets[key].value.type

    def _value_of_reply(self, call: CheckedCall, exprs: list[Expr | None], tested: bool = False) -> Block:
        if not tested and call.name not in _read(exprs):
            return []
        source = "local = reply.value"
        if call.may_be_null:
            source += " if reply is not None else None"
        return quote(source, local=self.names.value(call.name), reply=self.names.reply(call.name))


def _read(exprs: Iterable[Expr | None]) -> set[str]:
    """The calls whose values are read, and not only status or headers."""
    return {node.name for node in walk(*exprs) if isinstance(node, Ref) and node.role is Role.CALL}


def _reads_request(call: CheckedCall) -> bool:
    """Whether a value of the client's, or one made of some, is sent."""
    roles = (Role.PARAM, Role.BODY, Role.LET, Role.LOOP, Role.BATCH)
    return any(isinstance(node, Ref) and node.role in roles for node in walk(*request_exprs(call)))
