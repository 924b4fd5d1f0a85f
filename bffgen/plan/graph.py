"""What waits for what in an endpoint: calls, lets and guards as a graph."""

from __future__ import annotations

from collections.abc import Iterable

from bffgen.check.model import CheckedEndpoint, CheckedLet
from bffgen.plan.walk import call_exprs, referred


class Graph:
    """`static` are lets over request values alone. `groups` has the node of each guard over calls, by its number."""

    def __init__(self, endpoint: CheckedEndpoint) -> None:
        self.endpoint = endpoint
        self.calls = {call.name: call for call in endpoint.calls}
        self.lets = {let.name: let for let in endpoint.lets}
        self.static = self._static()
        self.moving = [i for i, guard in enumerate(endpoint.guards) if not self.is_static(guard.needs)]
        self.groups = self._guard_groups()

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

    def is_static(self, needs: Iterable[str]) -> bool:
        return self._over(needs, set(self.static))

    def needs(self, key: str) -> frozenset[str]:
        """What a call or let must wait for, itself excepted: names, and guards that are not static."""
        if key in self.lets:
            needs = let_needs(self.lets[key])
        else:
            call = self.calls[key]
            needs = call.needs | call.after | referred(call_exprs(call)) - {key}
        return frozenset(need for need in needs if need not in self.static and not self.is_static([need]))

    def reaches(self, start: str, goal: str, seen: set[str] | None = None) -> bool:
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
            needs = self.needs(start)
            needs |= {n for guard in getattr(self.calls.get(start), "guards", ()) for n in guard.needs}
        return any(self.reaches(need, goal, seen) for need in sorted(needs - {start}))

    def live(self, needs: Iterable[str]) -> frozenset[str]:
        return frozenset(need for need in needs if not self.is_static([need]))

    def _guard_groups(self) -> dict[int, str]:
        """The node of each guard over calls: one for all, another one where a guard waits for an earlier one."""
        groups: dict[int, str] = {}
        current: list[int] = []
        number = 1
        for index in self.moving:
            needs = sorted(self.live(self.endpoint.guards[index].needs))
            after_write = any(self.reaches(n, c.name) for n in needs for c in self.endpoint.calls if c.write)
            waits = any(self.reaches(need, f"guard:{other}") for need in needs for other in current)
            if current and (waits or after_write):
                number, current = number + 1, []
            current.append(index)
            groups[index] = f"guards:{number}"
        return groups

    def node_of(self, need: str) -> str:
        return self.groups[int(need[6:])] if need.startswith("guard:") else need


def let_needs(let: CheckedLet) -> frozenset[str]:
    return let.needs | referred([let.value])
