"""`plan`: what an endpoint calls, in what order, and what it may answer."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bffgen.check.cost import cost_of
from bffgen.check.cost import told as told_cost
from bffgen.check.model import CheckedBlock, CheckedCall, CheckedEndpoint, CheckedEntry
from bffgen.cli.app import PlanFormat
from bffgen.cli.compile import load_checked
from bffgen.cli.schedule import Graph
from bffgen.cli.terminal import fail
from bffgen.diagnostics.suggest import closest
from bffgen.plan.document import gateway_document
from bffgen.plan.lines import repeats
from bffgen.plan.model import CallLine

Statuses = Mapping[str, list[str]]  # by operation id


def plan(given: Path | None, wanted: str, format: PlanFormat) -> int:
    """Print the plan of one endpoint, or of all."""
    _, checked = load_checked(given)
    if checked.gateway is None:
        return 1
    endpoints = _select(checked.gateway.endpoints, wanted)
    statuses = _statuses(gateway_document(checked.gateway))
    graphs = [Graph.of(endpoint) for endpoint in endpoints]
    if format is PlanFormat.JSON:
        print(json.dumps([_data(graph, statuses) for graph in graphs], indent=2, ensure_ascii=False))
    elif format is PlanFormat.MERMAID:
        print("\n".join(_mermaid(graphs)))
    else:
        print("\n\n".join(_text(graph, statuses) for graph in graphs))
    return 0


def _select(endpoints: tuple[CheckedEndpoint, ...], wanted: str) -> tuple[CheckedEndpoint, ...]:
    if not wanted:
        return endpoints
    named = {_head(endpoint): endpoint for endpoint in endpoints}
    named |= {endpoint.operation_id: endpoint for endpoint in endpoints}
    if wanted not in named:
        near = closest(wanted, list(named))
        raise fail(f"no endpoint `{wanted}`" + (f"; did you mean `{near}`?" if near else ""))
    return (named[wanted],)


def _statuses(document: Mapping[str, Any]) -> Statuses:
    """Every status of every operation, as the gateway's own document states them."""
    return {
        operation["operationId"]: sorted(operation["responses"])
        for methods in document["paths"].values()
        for operation in methods.values()
        if isinstance(operation, dict) and "operationId" in operation
    }


def _head(endpoint: CheckedEndpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


def _text(graph: Graph, statuses: Statuses) -> str:
    endpoint = graph.endpoint
    lines = [f"{_head(endpoint)}   within {endpoint.deadline:g} s"]
    if endpoint.summary:
        lines.append(f"  {endpoint.summary}")
    rows = list(_rows(graph))
    names = max((len(line.shown) for _, line, _ in rows), default=0)
    operations = max((len(line.operation) for _, line, _ in rows), default=0)
    lines.append("")
    for lead, line, told in rows:
        lines.append(f"  {lead:<7} {line.shown:<{names}}  {line.operation:<{operations}}  {told}")
    path = " -> ".join(graph.critical_path) or "nothing is called"
    cost = told_cost(cost_of(endpoint), endpoint.deadline)
    lines += ["", f"  critical path  {path}", f"  costs          {cost}"]
    return "\n".join([*lines, f"  answers        {', '.join(statuses[endpoint.operation_id])}"])


def _rows(graph: Graph) -> Iterator[tuple[str, CallLine, str]]:
    """The step of each call where it changes, its line and its notes; those of a block below it."""
    shown = 0
    for name, entry in graph.entries.items():
        step = graph.steps[name]
        lead = f"step {step}" if step != shown and not graph.blocks else ""
        shown = step
        line = graph.lines[name]
        seconds = [f"{entry.timeout:g} s"] if entry.timeout is not None else []
        yield lead, line, ", ".join((*line.notes, *seconds))
        if name in graph.inside:
            yield from _rows(graph.inside[name])


def _data(graph: Graph, statuses: Statuses) -> dict[str, Any]:
    endpoint, cost = graph.endpoint, cost_of(graph.endpoint)
    return {
        "endpoint": _head(endpoint),
        "operation_id": endpoint.operation_id,
        "deadline": endpoint.deadline,
        "calls": [_entry_data(entry, graph) for entry in graph.scope.calls],
        "critical_path": list(graph.critical_path),
        "costs": {
            "calls_at_least": cost.least,
            "calls_at_most": _finite(cost.most),
            "hops": _finite(cost.hops),
            "seconds": _finite(cost.seconds),
        },
        "statuses": statuses[endpoint.operation_id],
    }


def _finite(value: float) -> float | None:
    """The number; None where nothing bounds it."""
    return None if math.isinf(value) else value


def _entry_data(entry: CheckedEntry, graph: Graph) -> dict[str, Any]:
    made: dict[str, Any] = {"name": entry.name}
    if isinstance(entry, CheckedBlock):
        inside = graph.inside[entry.name]
        made["calls"] = [_entry_data(inner, inside) for inner in entry.calls]
    else:
        made["operation"] = f"{entry.operation.backend}.{entry.operation.key}"
        made["request"] = f"{entry.operation.method} {entry.operation.path}"
    made |= {
        "step": graph.steps[entry.name],
        "after": list(graph.waits[entry.name]),
        "optional": entry.soft,
        "write": entry.write,
        "timeout": entry.timeout,
    }
    return made | _repeated_data(entry) | {"notes": list(graph.lines[entry.name].notes)}


def _repeated_data(entry: CheckedEntry) -> dict[str, Any]:
    """What an entry is repeated over."""
    if entry.each is not None:
        return {"for": " ".join(entry.each.source.span.text.split()), "limit": entry.each.limit}
    if isinstance(entry, CheckedCall) and entry.batch is not None:
        return {"batch": entry.batch.size}
    if isinstance(entry, CheckedCall) and entry.pages is not None:
        return {"max_pages": entry.pages.max_pages}
    return {}


def _mermaid(graphs: list[Graph]) -> list[str]:
    lines = ["flowchart LR"]
    for index, graph in enumerate(graphs):
        lines += _flow(graph, f"e{index}")
    return lines


def _flow(graph: Graph, prefix: str) -> list[str]:
    """A box for each call; dotted edges lead out of calls whose failure the endpoint survives."""
    head = [f'  subgraph {prefix}["{_quoted(_head(graph.endpoint))}"]', f"    {prefix}_in([request])"]
    boxes, edges = _boxes(graph, prefix, f"{prefix}_in", f"{prefix}_out")
    if not graph.scope.calls:
        edges.append(f"    {prefix}_in --> {prefix}_out")
    return [*head, *boxes, f"    {prefix}_out([answer])", *edges, "  end"]


def _boxes(graph: Graph, prefix: str, start: str, end: str | None) -> tuple[list[str], list[str]]:
    """The boxes and edges of a scope whose first calls start after `start`, and whose last ones lead to `end`."""
    boxes: list[str] = []
    edges: list[str] = []
    arrows = {entry.name: "-.->" if entry.soft else "-->" for entry in graph.scope.calls}
    for entry in graph.scope.calls:
        line, box = graph.lines[entry.name], f"{prefix}_{entry.name}"
        told = "<br/>".join(_quoted(text) for text in (entry.name, line.operation, *repeats(entry)))
        boxes.append(f'    {box}["{told}"]')
        if entry.name in graph.inside:
            inner, more = _boxes(graph.inside[entry.name], box, box, None)
            boxes += [f'    subgraph {box}_block["{_quoted(entry.name)}"]', *inner, "    end"]
            edges += more
        waits = graph.waits[entry.name]
        edges += [f"    {prefix}_{name} {arrows[name]} {box}" for name in waits]
        edges += [] if waits else [f"    {start} --> {box}"]
    awaited = {name for waits in graph.waits.values() for name in waits}
    if end is not None:
        edges += [f"    {prefix}_{name} {arrow} {end}" for name, arrow in arrows.items() if name not in awaited]
    return boxes, edges


def _quoted(text: str) -> str:
    """Text inside a quoted Mermaid label."""
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
