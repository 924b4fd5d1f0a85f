"""The graph of an endpoint: cycles, order of writes, calls that nothing uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bffgen.check.mentions import where_waiting
from bffgen.check.model import CheckedBlock, CheckedCall, CheckedEndpoint, CheckedEntry, CheckedGuard, UseOther, leaves
from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.spec import model as spec

Edges = Mapping[str, frozenset[str]]


def edges_of(endpoint: CheckedEndpoint | CheckedBlock) -> Edges:
    """What each node of an endpoint or block waits for: calls and lets by name, guards as `guard:0`."""
    found = {call.name: _waits(call) for call in endpoint.calls}
    found |= {let.name: let.needs for let in endpoint.lets}
    found |= {f"guard:{at}": guard.needs for at, guard in enumerate(endpoint.guards)}
    return found


def _waits(call: CheckedEntry) -> frozenset[str]:
    if isinstance(call, CheckedBlock):
        return call.needs | call.after
    inside = frozenset(need for guard in call.guards for need in guard.needs) - {call.name}
    return call.needs | call.after | inside


def reached(start: str, edges: Edges) -> frozenset[str]:
    """Everything that `start` waits for, directly or not."""
    found: set[str] = set()
    stack = [start]
    while stack:
        for need in edges.get(stack.pop(), frozenset()):
            if need not in found:
                found.add(need)
                stack.append(need)
    return frozenset(found)


def order_writes(
    calls: tuple[CheckedEntry, ...], guards: tuple[CheckedGuard, ...], parallel: bool
) -> tuple[CheckedEntry, ...]:
    """A write starts when guards, those of the calls above it too, have passed and the writes above are done."""
    edges: dict[str, frozenset[str]] = {call.name: _waits(call) for call in calls}
    edges |= {f"guard:{at}": guard.needs for at, guard in enumerate(guards)}
    made: list[CheckedEntry] = []
    for at, call in enumerate(calls):
        if call.write:
            first = {f"guard:{n}" for n in range(len(guards))} | {
                c.name for c in calls[:at] if isinstance(c, CheckedCall) and c.guards
            }
            first = {node for node in first if call.name not in reached(node, edges)}
            call = replace(call, needs=call.needs | first)
        made.append(call)
    return tuple(made)


def unused(endpoint: CheckedEndpoint, written: spec.Endpoint, seen: frozenset[str], diags: Diagnostics) -> None:
    """Calls that nothing uses (BFF405)."""
    for call in endpoint.calls:
        looked_at = isinstance(call, CheckedCall) and (call.guards or call.lazy)
        if call.name not in seen and not call.write and not looked_at:
            where = written.calls[call.name].name_span
            diags.report("BFF405", f"call `{call.name}` is never used", Label(where, "its answer reaches nothing"))


def check_graph(endpoint: CheckedEndpoint, written: spec.Endpoint, diags: Diagnostics) -> None:
    """Report cycles, more writes than there may be, writes in a GET, calls that cannot finish in time."""
    check_cycles(endpoint, written, diags)
    writes = [call for call in leaves(endpoint.calls) if call.write]
    if endpoint.method in ("GET", "HEAD"):
        for call in writes:
            diags.report(
                "BFF406",
                f"`{call.operation.key}` changes something, and a {endpoint.method} may not",
                Label(call.span, f"a {call.operation.method}"),
                Label(endpoint.span, "clients and caches repeat this at will"),
                help="if it only reads, say so: `read: true` on the call, or `reads:` of the backend",
            )
    if len(writes) > 1 and not any(call.undo for call in writes):
        diags.report(
            "BFF416",
            "two writes, and nothing takes the first back when the second fails",
            Label(writes[1].span, "may fail"),
            Label(writes[0].span, "has happened then"),
            help=f"add `undo: backend.operation(...)` to `{writes[0].name}`",
        )
    for entry in written.calls.values():
        if isinstance(entry, spec.Call) and entry.timeout is not None and entry.timeout > endpoint.deadline:
            diags.report(
                "BFF408",
                f"call `{entry.name}` may take {entry.timeout:g} s, the endpoint has {endpoint.deadline:g} s",
                Label(entry.timeout_span or entry.name_span, "longer than the deadline"),
                help="raise `deadline:` of the endpoint, or lower `timeout:`",
            )


def reads_after_writes(endpoint: CheckedEndpoint, diags: Diagnostics) -> None:
    """A read below a write to the same backend, that does not wait for it, may see what was there before (BFF411)."""
    edges = edges_of(endpoint)
    calls = [call for call in endpoint.calls if isinstance(call, CheckedCall)]
    for at, write in enumerate(calls):
        for read in calls[at + 1 :] if write.write else ():
            same = read.operation.backend == write.operation.backend and not read.write
            if same and write.name not in reached(read.name, edges) and read.name not in reached(write.name, edges):
                diags.report(
                    "BFF411",
                    f"call `{read.name}` reads what `{write.name}` may change, and does not wait for it",
                    Label(read.span, "may see what was there before"),
                    Label(write.span, "the write"),
                    help=f"add `after: [{write.name}]`, or write the read above it",
                )


def check_cycles(
    endpoint: CheckedEndpoint | CheckedBlock, written: spec.Endpoint | spec.Block, diags: Diagnostics
) -> None:
    """Report the calls of an endpoint or block that wait for themselves (BFF401)."""
    edges = _in_order(endpoint, _with_instead(endpoint))
    told: set[str] = set()
    for call in endpoint.calls:
        if call.name in told or call.name not in reached(call.name, edges):
            continue
        ring = _ring(call.name, edges)
        told.update(ring)
        first, *rest = [_waits_label(at, ring, written) for at in range(len(ring))]
        diags.report("BFF401", waiting(ring), first, *rest, note=ONCE)


def _in_order(scope: CheckedEndpoint | CheckedBlock, edges: Edges) -> Edges:
    """The edges, and from each guard over calls to those above it: they are checked in order."""
    calls = {call.name for call in scope.calls}
    moving = [key for key in (f"guard:{at}" for at in range(len(scope.guards))) if reached(key, edges) & calls]
    return {**edges, **{key: edges[key] | set(moving[:at]) for at, key in enumerate(moving)}}


def _with_instead(endpoint: CheckedEndpoint | CheckedBlock) -> Edges:
    """The edges, and from a call to those that are made in its place: it waits for them when it fails."""
    edges = dict(edges_of(endpoint))
    for call in endpoint.calls:
        edges[call.name] |= {r.action.call for r in call.reactions if isinstance(r.action, UseOther)}
    return edges


ONCE = "an endpoint runs each call once, so its calls cannot form a cycle"


def waiting(ring: list[str]) -> str:
    """What to say of nodes that wait for each other in a circle."""
    shown = [_shown(node) for node in ring]
    if len(shown) == 1:
        return f"{shown[0]} waits for itself"
    return f"{', '.join(shown[:-1])} and {shown[-1]} wait for each other"


def _shown(node: str) -> str:
    return "a guard" if node.startswith("guard:") else f"`{node}`"


def _waits_label(at: int, ring: list[str], written: spec.Endpoint | spec.Block) -> Label:
    node, after = ring[at], ring[(at + 1) % len(ring)]
    where = where_waiting(node, after, written)
    if where is None and node.startswith("guard:"):
        where = written.require[int(node.removeprefix("guard:"))].that.node.span
    if where is None:
        around = written.name_span if isinstance(written, spec.Block) else written.span
        where = written.calls[node].name_span if node in written.calls else around
    return Label(where, f"{_shown(node)} waits for {'itself' if node == after else _shown(after)}")


def _ring(start: str, edges: Edges) -> list[str]:
    """A shortest way from a node back to itself."""
    ways: list[list[str]] = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for need in sorted(edges.get(way[-1], frozenset())):
            if need == start:
                return way
            if need not in seen:
                seen.add(need)
                ways.append([*way, need])
    return [start]
