"""An endpoint's calls as a graph: what waits for what, and the longest chain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from bffgen.check.model import CheckedEndpoint
from bffgen.plan.lines import call_lines
from bffgen.plan.model import CallLine
from bffgen.plan.schedule import CallNode, schedule


@dataclass(frozen=True)
class Graph:
    """The calls of one endpoint by name, in the order written."""

    endpoint: CheckedEndpoint

    @cached_property
    def lines(self) -> tuple[CallLine, ...]:
        return call_lines(self.endpoint, schedule(self.endpoint))

    @cached_property
    def waits(self) -> dict[str, tuple[str, ...]]:
        """For each call the calls that it waits for, also by way of a `let` or a guard."""
        nodes = {node.key: node for node in schedule(self.endpoint).nodes}
        calls = [key for key, node in nodes.items() if isinstance(node, CallNode)]

        def behind(key: str) -> set[str]:
            found: set[str] = set()
            for name in (*nodes[key].values, *nodes[key].waits):
                found |= {name} if name in calls else behind(name)
            return found

        return {call.name: tuple(sorted(behind(call.name), key=calls.index)) for call in self.endpoint.calls}

    @cached_property
    def steps(self) -> dict[str, int]:
        """How long the chain up to each call is, itself counted: 1 for those that start at once."""
        found: dict[str, int] = {}

        def step(name: str) -> int:
            if name not in found:
                found[name] = 1 + max((step(before) for before in self.waits[name]), default=0)
            return found[name]

        for name in self.waits:
            step(name)
        return found

    @property
    def critical_path(self) -> tuple[str, ...]:
        """The longest chain of calls: their latencies add up, all others run beside them."""
        if not self.steps:
            return ()
        path = [max(self.steps, key=lambda name: self.steps[name])]
        while self.waits[path[-1]]:
            path.append(max(self.waits[path[-1]], key=lambda name: self.steps[name]))
        return tuple(reversed(path))
