"""When each part of an endpoint runs: before the calls, as a node among them, or after.

Everything that a call can wait for is a node: the call itself with its guards, a `let` that another node needs,
and groups of the endpoint's guards. A node starts when what it needs is there, so the time is the critical path.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bffgen.check.model import CheckedBlock, CheckedEntry, CheckedGuard, CheckedLet, UseOther
from bffgen.plan.graph import Graph
from bffgen.plan.walk import CallScope, entry_exprs, guard_exprs, own_guards, referred, result_exprs
from bffgen.records import dataclass


@dataclass(frozen=True, eq=False, slots=True)
class CallNode:
    """A call or block. `values` are the nodes whose values it reads, `waits` those that it only waits for.

    `late` are nodes that the call's own guards read, once it has answered. `instead` are calls that are made in
    its place when it fails, and only then.
    """

    call: CheckedEntry
    values: tuple[str, ...]
    waits: tuple[str, ...]
    late: tuple[str, ...]
    instead: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.call.name


@dataclass(frozen=True, eq=False, slots=True)
class LetNode:
    let: CheckedLet
    values: tuple[str, ...]
    waits: tuple[str, ...]

    @property
    def key(self) -> str:
        return self.let.name


@dataclass(frozen=True, eq=False, slots=True)
class GuardNode:
    """Guards of the scope that are checked one after another."""

    key: str
    guards: tuple[CheckedGuard, ...]
    values: tuple[str, ...]
    waits: tuple[str, ...]


Node = CallNode | LetNode | GuardNode


def guards_of(node: Node) -> tuple[CheckedGuard, ...]:
    """The guards that a node checks, in order."""
    if isinstance(node, CallNode):
        return own_guards(node.call)
    return node.guards if isinstance(node, GuardNode) else ()


@dataclass(frozen=True, eq=False, slots=True)
class Schedule:
    """`before` runs first, in order; `nodes` start in order; `after` are lets that only the answer needs.

    `results` are the nodes whose values the answer needs.
    """

    before: tuple[CheckedLet | CheckedGuard, ...]
    nodes: tuple[Node, ...]
    after: tuple[CheckedLet, ...]
    results: tuple[str, ...]


def schedule(scope: CallScope, parallel_writes: bool = False) -> Schedule:
    """When the parts of an endpoint or block run, those inside of its blocks excepted."""
    return _Scheduler(scope, parallel_writes or getattr(scope, "parallel_writes", False)).schedule()


class _Scheduler:
    def __init__(self, scope: CallScope, parallel_writes: bool) -> None:
        self.scope = scope
        self.parallel_writes = parallel_writes
        self.graph = Graph(scope)

    def schedule(self) -> Schedule:
        before = self._before()
        started = self._started_lets()
        nodes: list[Node] = [*self._guard_nodes(), *map(self._let_node, started)]
        nodes += map(self._call_node, self.graph.calls.values())
        after = self._lets_after({let.name for let in started})
        read = referred([*result_exprs(self.scope), *(let.value for let in after)])
        names = [*self.graph.calls, *(let.name for let in started)]
        return Schedule(before, _ordered(nodes), after, tuple(name for name in names if name in read))

    def _started_lets(self) -> list[CheckedLet]:
        """Lets over calls that another node reads: computed once, as soon as they can be."""
        wanted: set[str] = set()

        def add(needs: Iterable[str]) -> None:
            for need in needs:
                if need in self.graph.lets and need not in self.graph.static and need not in wanted:
                    wanted.add(need)
                    add(self.graph.let_needs(self.graph.lets[need]))

        for call in self.graph.calls.values():
            add(self.graph.needs(call.name))
            for guard in own_guards(call):
                add(guard.needs)
        for index in self.graph.moving:
            add(self.scope.guards[index].needs)
        return [let for let in self.graph.lets.values() if let.name in wanted]

    def _lets_after(self, started: set[str]) -> tuple[CheckedLet, ...]:
        order: dict[str, CheckedLet] = {}

        def add(names: Iterable[str]) -> None:
            for name in sorted(set(names) - self.graph.static - started - order.keys()):
                if name in self.graph.lets:
                    add(self.graph.let_needs(self.graph.lets[name]))
                    order[name] = self.graph.lets[name]

        add(referred(result_exprs(self.scope)))
        return tuple(order.values())

    def _let_node(self, let: CheckedLet) -> LetNode:
        values = self.graph.live(referred([let.value]))
        waits = {self.graph.node_of(need) for need in self.graph.live(self.graph.let_needs(let)) - values}
        return LetNode(let, self._in_order(values), tuple(sorted(waits)))

    def _guard_nodes(self) -> list[GuardNode]:
        made, previous = list[GuardNode](), tuple[str, ...]()
        for key in dict.fromkeys(self.graph.groups.values()):
            guards = tuple(self.scope.guards[i] for i in self.graph.moving if self.graph.groups[i] == key)
            made.append(self._guard_node(key, guards, previous))
            previous = (key,)
        return made

    def _guard_node(self, key: str, guards: tuple[CheckedGuard, ...], waits: tuple[str, ...]) -> GuardNode:
        values = self.graph.live(referred(expr for guard in guards for expr in guard_exprs(guard)))
        more = {self.graph.node_of(n) for guard in guards for n in self.graph.live(guard.needs) - values} - {key}
        return GuardNode(key, guards, self._in_order(values), (*waits, *sorted(more - set(waits))))

    def _call_node(self, call: CheckedEntry) -> CallNode:
        values = self.graph.live(referred(entry_exprs(call))) - {call.name}
        waits = {self.graph.node_of(need) for need in self.graph.needs(call.name) - values} | self._write_waits(call)
        late = self.graph.live(n for guard in own_guards(call) for n in guard.needs) - values - {call.name}
        instead = tuple(r.action.call for r in call.reactions if isinstance(r.action, UseOther))
        return CallNode(call, self._in_order(values), tuple(sorted(waits - values)), self._in_order(late), instead)

    def _write_waits(self, call: CheckedEntry) -> set[str]:
        """A write starts only when the endpoint's guards and those of the calls above it have passed."""
        if not call.write:
            return set()
        waits = {key for index, key in self.graph.groups.items() if not self.graph.reaches(f"guard:{index}", call.name)}
        for above in self.scope.calls:
            if above.name == call.name:
                return waits
            first = _is_guarded(above) or (above.write and not self.parallel_writes)
            if first and not above.lazy and not self.graph.reaches(above.name, call.name):
                waits.add(above.name)
        return waits

    def _in_order(self, names: Iterable[str]) -> tuple[str, ...]:
        wanted = {self.graph.node_of(name) for name in names}
        known = [*self.graph.calls, *self.graph.lets]
        return tuple(sorted(wanted, key=lambda name: (known.index(name) if name in known else -1, name)))

    def _before(self) -> tuple[CheckedLet | CheckedGuard, ...]:
        """Guards in order, each after the lets that it reads; lets that nothing reads are left out."""
        used = {need for needs in self._all_needs() for need in needs}
        order: dict[str, CheckedLet | CheckedGuard] = {}

        def add(key: str) -> None:
            if key in order or not (key.startswith("guard:") or key in self.graph.static):
                return
            step: CheckedLet | CheckedGuard
            if key.startswith("guard:"):
                step = self.scope.guards[int(key[6:])]
                needs = step.needs
            else:
                step = self.graph.lets[key]
                needs = self.graph.let_needs(step)
            for need in sorted(needs):
                add(need)
            order[key] = step

        for index, guard in enumerate(self.scope.guards):
            if self.graph.is_static(guard.needs):
                add(f"guard:{index}")
        for name in self.graph.lets:
            if name in self.graph.static and name in used:
                add(name)
        return tuple(order.values())

    def _all_needs(self) -> Iterable[frozenset[str]]:
        yield from (self.graph.let_needs(let) for let in self.graph.lets.values())
        yield from (guard.needs for guard in self.scope.guards)
        for call in self.scope.calls:
            yield call.needs | referred(entry_exprs(call))
            yield from (guard.needs for guard in own_guards(call))
        yield referred(result_exprs(self.scope))


def _is_guarded(entry: CheckedEntry) -> bool:
    """Whether a guard of the entry's own, or inside of it, can end the endpoint."""
    if isinstance(entry, CheckedBlock):
        return bool(entry.guards) or any(map(_is_guarded, entry.calls))
    return bool(entry.guards)


def _ordered(nodes: list[Node]) -> tuple[Node, ...]:
    """Each node after those that it waits for, otherwise as they come; waits that another implies are left out."""
    by_key = {node.key: node for node in nodes}
    order: dict[str, Node] = {}

    def add(key: str) -> None:
        if key in order:
            return
        node = by_key[key]
        for need in (*_awaited(node), *(node.instead if isinstance(node, CallNode) else ())):
            add(need)
        order[key] = node

    for node in sorted(nodes, key=lambda node: isinstance(node, LetNode)):
        add(node.key)
    behind = {key: _behind(key, by_key) for key in by_key}
    return tuple(_reduced(node, behind) for node in order.values())


def _awaited(node: Node) -> tuple[str, ...]:
    return (*node.values, *node.waits, *(node.late if isinstance(node, CallNode) else ()))


def _behind(key: str, by_key: dict[str, Node]) -> frozenset[str]:
    """All that is there when the node is."""
    found: set[str] = set()
    work = [key]
    while work:
        for need in _awaited(by_key[work.pop()]):
            if need not in found:
                found.add(need)
                work.append(need)
    return frozenset(found)


def _reduced(node: Node, behind: dict[str, frozenset[str]]) -> Node:
    others = [*node.values, *node.waits]
    waits = tuple(w for w in node.waits if not any(w in behind[other] for other in others if other != w))
    if waits == node.waits:
        return node
    if isinstance(node, CallNode):
        return replace(node, waits=waits)
    if isinstance(node, LetNode):
        return LetNode(node.let, node.values, waits)
    return GuardNode(node.key, node.guards, node.values, waits)
