"""When each part of an endpoint runs: before the calls, as a node among them, or after.

Everything that a call can wait for is a node: the call itself with its guards, a `let` that another node needs,
and groups of the endpoint's guards. A node starts when what it needs is there, so the time is the critical path.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bffgen.check.model import CheckedCall, CheckedEndpoint, CheckedGuard, CheckedLet
from bffgen.plan.walk import answer_exprs, call_exprs, guard_exprs, referred


@dataclass(frozen=True, eq=False, slots=True)
class CallNode:
    """A call. `values` are the nodes whose values it reads, `waits` those that it only waits for.

    `guards` are the call's own that it checks itself, after its answer; `late` what those read beside.
    """

    call: CheckedCall
    values: tuple[str, ...]
    waits: tuple[str, ...]
    guards: tuple[CheckedGuard, ...]
    late: tuple[str, ...]

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
    """Guards that are checked one after another. `owner` is the call whose guards they are, if they are one's."""

    key: str
    guards: tuple[CheckedGuard, ...]
    values: tuple[str, ...]
    waits: tuple[str, ...]
    owner: str | None = None


Node = CallNode | LetNode | GuardNode


@dataclass(frozen=True, eq=False, slots=True)
class Schedule:
    """`before` runs first, in order; `nodes` start in order; `after` are lets that only the answer needs.

    `results` are the nodes whose values the answer needs.
    """

    before: tuple[CheckedLet | CheckedGuard, ...]
    nodes: tuple[Node, ...]
    after: tuple[CheckedLet, ...]
    results: tuple[str, ...]


def schedule(endpoint: CheckedEndpoint) -> Schedule:
    return _Scheduler(endpoint).schedule()


class _Scheduler:
    def __init__(self, endpoint: CheckedEndpoint) -> None:
        self.endpoint = endpoint
        self.calls = {call.name: call for call in endpoint.calls}
        self.lets = {let.name: let for let in endpoint.lets}
        self.static = self._static()
        self.moving = [i for i, guard in enumerate(endpoint.guards) if not self._is_static(guard.needs)]
        self.detached = {
            call.name: tuple(g for g in call.guards if self._leads_back(g, call.name)) for call in endpoint.calls
        }
        self.groups = self._guard_groups()

    # ------------------------------------------------------------------------------- what is known beforehand

    def _static(self) -> frozenset[str]:
        """Lets over request values alone."""
        static: set[str] = set()
        while True:
            more = {
                name for name, let in self.lets.items() if name not in static and self._over(let_needs(let), static)
            }
            if not more:
                return frozenset(static)
            static |= more

    def _over(self, needs: Iterable[str], static: set[str]) -> bool:
        guards = self.endpoint.guards
        return all(
            self._over(guards[int(need[6:])].needs, static) if need.startswith("guard:") else need in static
            for need in needs
        )

    def _is_static(self, needs: Iterable[str]) -> bool:
        return self._over(needs, set(self.static))

    def _before(self) -> tuple[CheckedLet | CheckedGuard, ...]:
        """Guards in order, each after the lets that it reads; lets that nothing reads are left out."""
        used = {need for needs in self._all_needs() for need in needs}
        order: dict[str, CheckedLet | CheckedGuard] = {}

        def add(key: str) -> None:
            if key in order or not (key.startswith("guard:") or key in self.static):
                return
            step: CheckedLet | CheckedGuard
            if key.startswith("guard:"):
                step = self.endpoint.guards[int(key[6:])]
                needs = step.needs
            else:
                step = self.lets[key]
                needs = let_needs(step)
            for need in sorted(needs):
                add(need)
            order[key] = step

        for index, guard in enumerate(self.endpoint.guards):
            if self._is_static(guard.needs):
                add(f"guard:{index}")
        for name in self.lets:
            if name in self.static and name in used:
                add(name)
        return tuple(order.values())

    def _all_needs(self) -> Iterable[frozenset[str]]:
        yield from (let_needs(let) for let in self.lets.values())
        yield from (guard.needs for guard in self.endpoint.guards)
        for call in self.endpoint.calls:
            yield call.needs | referred(call_exprs(call))
            yield from (guard.needs for guard in call.guards)
        yield referred(answer_exprs(self.endpoint))

    # ---------------------------------------------------------------------------------------------- the graph

    def _needs(self, key: str) -> frozenset[str]:
        """What a call or let must wait for, itself excepted: names, and guards that are not static."""
        if key in self.lets:
            needs = let_needs(self.lets[key])
        else:
            call = self.calls[key]
            needs = call.needs | call.after | referred(call_exprs(call)) - {key}
        return frozenset(need for need in needs if need not in self.static and not self._is_static([need]))

    def _reaches(self, start: str, goal: str, seen: set[str] | None = None) -> bool:
        """Whether `start` waits for `goal`, however indirectly; guards count with what they read."""
        seen = set() if seen is None else seen
        if start == goal:
            return True
        if start in seen:
            return False
        seen.add(start)
        if start.startswith("guard:"):
            needs = self.endpoint.guards[int(start[6:])].needs
        else:
            needs = self._needs(start)
            needs |= {n for guard in getattr(self.calls.get(start), "guards", ()) for n in guard.needs}
        return any(self._reaches(need, goal, seen) for need in sorted(needs - {start}))

    def _leads_back(self, guard: CheckedGuard, name: str) -> bool:
        """Whether a call's guard reads something that itself waits for the call."""
        return any(self._reaches(need, name) for need in sorted(self._live(guard.needs) - {name}))

    def _live(self, needs: Iterable[str]) -> frozenset[str]:
        return frozenset(need for need in needs if not self._is_static([need]))

    def _guard_groups(self) -> dict[int, str]:
        """The node of each guard over calls: one for all, another one where a guard waits for an earlier one."""
        groups: dict[int, str] = {}
        current: list[int] = []
        number = 1
        for index in self.moving:
            needs = sorted(self._live(self.endpoint.guards[index].needs))
            after_write = any(self._reaches(n, c.name) for n in needs for c in self.endpoint.calls if c.write)
            waits = any(self._reaches(need, f"guard:{other}") for need in needs for other in current)
            if current and (waits or after_write):
                number, current = number + 1, []
            current.append(index)
            groups[index] = f"guards:{number}"
        return groups

    def _key(self, need: str) -> str:
        return self.groups[int(need[6:])] if need.startswith("guard:") else need

    # -------------------------------------------------------------------------------------------------- nodes

    def schedule(self) -> Schedule:
        before = self._before()
        started = self._started_lets()
        nodes = [*self._guard_nodes(), *(self._let_node(let) for let in started), *map(self._call_node, self.calls.values())]
        nodes += [node for name in self.calls for node in self._detached_nodes(name)]
        after = self._lets_after({let.name for let in started})
        read = referred([*answer_exprs(self.endpoint), *(let.value for let in after)])
        names = [*self.calls, *(let.name for let in started)]
        return Schedule(before, _ordered(nodes), after, tuple(name for name in names if name in read))

    def _started_lets(self) -> list[CheckedLet]:
        """Lets over calls that another node reads: computed once, as soon as they can be."""
        wanted: set[str] = set()

        def add(needs: Iterable[str]) -> None:
            for need in needs:
                if need in self.lets and need not in self.static and need not in wanted:
                    wanted.add(need)
                    add(let_needs(self.lets[need]))

        for call in self.calls.values():
            add(self._needs(call.name))
            for guard in call.guards:
                add(guard.needs)
        for index in self.moving:
            add(self.endpoint.guards[index].needs)
        return [let for let in self.lets.values() if let.name in wanted]

    def _lets_after(self, started: set[str]) -> tuple[CheckedLet, ...]:
        order: dict[str, CheckedLet] = {}

        def add(names: Iterable[str]) -> None:
            for name in sorted(names):
                if name in self.lets and name not in self.static and name not in started and name not in order:
                    add(let_needs(self.lets[name]))
                    order[name] = self.lets[name]

        add(referred(answer_exprs(self.endpoint)))
        return tuple(order.values())

    def _let_node(self, let: CheckedLet) -> LetNode:
        values = self._live(referred([let.value]))
        waits = {self._key(need) for need in self._live(let_needs(let)) - values}
        return LetNode(let, self._in_order(values), tuple(sorted(waits)))

    def _guard_nodes(self) -> list[GuardNode]:
        made, previous = list[GuardNode](), tuple[str, ...]()
        for key in dict.fromkeys(self.groups.values()):
            guards = tuple(self.endpoint.guards[i] for i in self.moving if self.groups[i] == key)
            made.append(self._guard_node(key, guards, previous, None))
            previous = (key,)
        return made

    def _detached_nodes(self, name: str) -> list[GuardNode]:
        guards = self.detached[name]
        return [self._guard_node(f"guards:{name}", guards, (name,), name)] if guards else []

    def _guard_node(
        self, key: str, guards: tuple[CheckedGuard, ...], waits: tuple[str, ...], owner: str | None
    ) -> GuardNode:
        values = self._live(referred(expr for guard in guards for expr in guard_exprs(guard)))
        if owner is not None:
            values |= {owner}
        more = {self._key(n) for guard in guards for n in self._live(guard.needs) - values} - {key}
        return GuardNode(key, guards, self._in_order(values), (*waits, *sorted(more - set(waits))), owner)

    def _call_node(self, call: CheckedCall) -> CallNode:
        values = self._live(referred(call_exprs(call))) - {call.name}
        waits = {self._key(need) for need in self._needs(call.name) - values} | self._write_waits(call)
        guards = tuple(guard for guard in call.guards if guard not in self.detached[call.name])
        late = self._live(n for guard in guards for n in guard.needs) - values - {call.name}
        return CallNode(call, self._in_order(values), tuple(sorted(waits - values)), guards, self._in_order(late))

    def _write_waits(self, call: CheckedCall) -> set[str]:
        """A write starts only when the endpoint's guards and those of the calls above it have passed."""
        if not call.write:
            return set()
        waits = {key for index, key in self.groups.items() if not self._reaches(f"guard:{index}", call.name)}
        for above in self.endpoint.calls:
            if above.name == call.name:
                return waits
            if (above.guards or above.write) and not self._reaches(above.name, call.name):
                waits.add(above.name)
                waits.update([f"guards:{above.name}"] if self.detached[above.name] else [])
        return waits

    def _in_order(self, names: Iterable[str]) -> tuple[str, ...]:
        wanted = {self._key(name) for name in names}
        known = [*self.calls, *self.lets]
        return tuple(sorted(wanted, key=lambda name: (known.index(name) if name in known else -1, name)))


def let_needs(let: CheckedLet) -> frozenset[str]:
    return let.needs | referred([let.value])


def _ordered(nodes: list[Node]) -> tuple[Node, ...]:
    """Each node after those that it waits for, otherwise as they come; waits that another implies are left out."""
    by_key = {node.key: node for node in nodes}
    order: dict[str, Node] = {}

    def add(key: str) -> None:
        if key in order:
            return
        node = by_key[key]
        for need in _awaited(node):
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
        return CallNode(node.call, node.values, waits, node.guards, node.late)
    if isinstance(node, LetNode):
        return LetNode(node.let, node.values, waits)
    return GuardNode(node.key, node.guards, node.values, waits, node.owner)
