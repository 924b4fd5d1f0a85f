"""The calls of an endpoint or block as a graph: what waits for what, and the longest chain."""

from __future__ import annotations

from functools import cached_property

from bffgen.check.model import CheckedBlock, CheckedEndpoint, CheckedEntry
from bffgen.plan.lines import call_lines
from bffgen.plan.model import CallLine
from bffgen.plan.schedule import CallNode, Schedule, schedule
from bffgen.plan.walk import CallScope
from bffgen.records import dataclass


@dataclass(frozen=True)
class Graph:
    """The calls of one scope by name, in the order written. `endpoint` is the one that the scope is, or is in."""

    endpoint: CheckedEndpoint
    scope: CallScope
    blocks: tuple[str, ...] = ()  # names of the blocks around

    @classmethod
    def of(cls, endpoint: CheckedEndpoint) -> Graph:
        return cls(endpoint, endpoint)

    @cached_property
    def plan(self) -> Schedule:
        return schedule(self.scope, self.endpoint.parallel_writes)

    @cached_property
    def entries(self) -> dict[str, CheckedEntry]:
        """The entries of the scope, the earlier steps first."""
        return {entry.name: entry for entry in sorted(self.scope.calls, key=lambda entry: self.steps[entry.name])}

    @cached_property
    def lines(self) -> dict[str, CallLine]:
        """The line of each entry of the scope."""
        found = call_lines(self.endpoint, schedule(self.endpoint))
        return {line.name: line for line in found if line.blocks == self.blocks}

    @cached_property
    def inside(self) -> dict[str, Graph]:
        """The graphs of the scope's blocks."""
        blocks = [entry for entry in self.scope.calls if isinstance(entry, CheckedBlock)]
        return {block.name: Graph(self.endpoint, block, (*self.blocks, block.name)) for block in blocks}

    @cached_property
    def instead(self) -> dict[str, tuple[str, ...]]:
        """For each call those that are made in its place when it fails."""
        return {node.key: node.instead for node in self.plan.nodes if isinstance(node, CallNode) and node.instead}

    @cached_property
    def waits(self) -> dict[str, tuple[str, ...]]:
        """For each call the calls that it waits for, also by way of a `let` or a guard."""
        nodes = {node.key: node for node in self.plan.nodes}
        calls = [key for key, node in nodes.items() if isinstance(node, CallNode)]

        def behind(key: str) -> set[str]:
            found: set[str] = set()
            for name in (*nodes[key].values, *nodes[key].waits):
                found |= {name} if name in calls else behind(name)
            return found

        users = [(user, name) for user, names in self.instead.items() for name in names]
        return {
            call.name: tuple(sorted(behind(call.name) | {u for u, n in users if n == call.name}, key=calls.index))
            for call in self.scope.calls
        }

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
