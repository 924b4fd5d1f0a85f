"""What waits for what in an endpoint or block: calls, lets and guards as a graph."""

from __future__ import annotations

from collections.abc import Iterable

from bffgen.check.model import CheckedLet, UseOther
from bffgen.plan.walk import CallScope, entry_exprs, own_guards, referred


class Graph:
    """`static` are lets over what is there when the scope starts: request values, and what is around a block.

    `groups` has the node of each guard over calls, by its number.
    """

    def __init__(self, scope: CallScope) -> None:
        self.scope = scope
        self.calls = {call.name: call for call in scope.calls}
        self.lets = {let.name: let for let in scope.lets}
        self.static = self._static()
        self.moving = [i for i, guard in enumerate(scope.guards) if not self.is_static(guard.needs)]
        self.groups = self._guard_groups()

    def own(self, needs: Iterable[str]) -> frozenset[str]:
        """Those among the names that are nodes of this scope: what is around it is there already."""
        return frozenset(n for n in needs if n in self.calls or n in self.lets or n.startswith("guard:"))

    def let_needs(self, let: CheckedLet) -> frozenset[str]:
        return self.own(let.needs | referred([let.value]))

    def _static(self) -> frozenset[str]:
        """Lets over request values alone."""
        static: set[str] = set()
        while True:
            more = {
                name
                for name, let in self.lets.items()
                if name not in static and self._over(self.let_needs(let), static)
            }
            if not more:
                return frozenset(static)
            static |= more

    def _over(self, needs: Iterable[str], static: set[str]) -> bool:
        guards = self.scope.guards
        return all(
            self._over(guards[int(need[6:])].needs, static) if need.startswith("guard:") else need in static
            for need in needs
        )

    def is_static(self, needs: Iterable[str]) -> bool:
        return self._over(needs, set(self.static))

    def needs(self, key: str) -> frozenset[str]:
        """What a call or let must wait for, itself excepted: names, and guards that are not static."""
        if key in self.lets:
            needs = self.let_needs(self.lets[key])
        else:
            call = self.calls[key]
            needs = self.own(call.needs | call.after | referred(entry_exprs(call))) - {key}
        return frozenset(need for need in needs if not self.is_static([need]))

    def reaches(self, start: str, goal: str, seen: set[str] | None = None) -> bool:
        """Whether `start` waits for `goal`, however indirectly; guards count with what they read."""
        seen = set() if seen is None else seen
        if start == goal:
            return True
        if start in seen:
            return False
        seen.add(start)
        if start.startswith("guard:"):
            needs = self.scope.guards[int(start[6:])].needs
        else:
            needs = self.needs(start)
            needs |= self._guard_needs(start) | self._instead(start)
        return any(self.reaches(need, goal, seen) for need in sorted(needs - {start}))

    def _guard_needs(self, key: str) -> frozenset[str]:
        guards = own_guards(self.calls[key]) if key in self.calls else ()
        return frozenset(need for guard in guards for need in guard.needs)

    def _instead(self, key: str) -> frozenset[str]:
        """The calls that are made in the place of one."""
        reactions = self.calls[key].reactions if key in self.calls else ()
        return frozenset(r.action.call for r in reactions if isinstance(r.action, UseOther))

    def live(self, needs: Iterable[str]) -> frozenset[str]:
        """The nodes of this scope that are not there from the start."""
        return frozenset(need for need in self.own(needs) if not self.is_static([need]))

    def _guard_groups(self) -> dict[int, str]:
        """The node of each guard over calls: one for all, another one where a guard waits for an earlier one."""
        groups: dict[int, str] = {}
        current: list[int] = []
        number = 1
        for index in self.moving:
            needs = sorted(self.live(self.scope.guards[index].needs))
            after_write = any(self.reaches(n, c.name) for n in needs for c in self.scope.calls if c.write)
            waits = any(self.reaches(need, f"guard:{other}") for need in needs for other in current)
            if current and (waits or after_write):
                number, current = number + 1, []
            current.append(index)
            groups[index] = f"guards:{number}"
        return groups

    def node_of(self, need: str) -> str:
        return self.groups[int(need[6:])] if need.startswith("guard:") else need
