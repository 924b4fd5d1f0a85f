"""`plan`: what an endpoint calls, in what order, and what it may answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bffgen.check.model import CheckedEndpoint
from bffgen.cli.app import PlanFormat
from bffgen.cli.compile import load_checked
from bffgen.cli.schedule import Graph
from bffgen.cli.terminal import fail
from bffgen.diagnostics.suggest import closest
from bffgen.plan.document import gateway_document

Statuses = Mapping[str, list[str]]  # by operation id


def plan(given: Path | None, wanted: str, format: PlanFormat) -> int:
    """Print the plan of one endpoint, or of all."""
    _, checked = load_checked(given)
    if checked.gateway is None:
        return 1
    endpoints = _select(checked.gateway.endpoints, wanted)
    statuses = _statuses(gateway_document(checked.gateway))
    graphs = [Graph(endpoint) for endpoint in endpoints]
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
    timeouts = {call.name: call.timeout for call in endpoint.calls}
    lines = [f"{_head(endpoint)}   within {endpoint.deadline:g} s"]
    if endpoint.summary:
        lines.append(f"  {endpoint.summary}")
    lines.append("")
    by_step = sorted(graph.lines, key=lambda line: graph.steps[line.name])
    names = max((len(line.name) for line in by_step), default=0)
    operations = max((len(line.operation) for line in by_step), default=0)
    shown = 0
    for line in by_step:
        step = graph.steps[line.name]
        lead = f"step {step}" if step != shown else ""
        shown = step
        told = ", ".join((*line.notes, f"{timeouts[line.name]:g} s"))
        lines.append(f"  {lead:<7} {line.name:<{names}}  {line.operation:<{operations}}  {told}")
    path = " -> ".join(graph.critical_path) or "nothing is called"
    lines += ["", f"  critical path  {path}", f"  answers        {', '.join(statuses[endpoint.operation_id])}"]
    return "\n".join(lines)


def _data(graph: Graph, statuses: Statuses) -> dict[str, Any]:
    endpoint = graph.endpoint
    notes = {line.name: line.notes for line in graph.lines}
    calls = [
        {
            "name": call.name,
            "operation": f"{call.operation.backend}.{call.operation.key}",
            "request": f"{call.operation.method} {call.operation.path}",
            "step": graph.steps[call.name],
            "after": list(graph.waits[call.name]),
            "optional": call.soft,
            "write": call.write,
            "timeout": call.timeout,
            "notes": list(notes[call.name]),
        }
        for call in endpoint.calls
    ]
    return {
        "endpoint": _head(endpoint),
        "operation_id": endpoint.operation_id,
        "deadline": endpoint.deadline,
        "calls": calls,
        "critical_path": list(graph.critical_path),
        "statuses": statuses[endpoint.operation_id],
    }


def _mermaid(graphs: list[Graph]) -> list[str]:
    lines = ["flowchart LR"]
    for index, graph in enumerate(graphs):
        lines += _flow(graph, f"e{index}")
    return lines


def _flow(graph: Graph, prefix: str) -> list[str]:
    """A box for each call; dotted edges lead out of calls whose failure the endpoint survives."""
    boxes = [f'  subgraph {prefix}["{_quoted(_head(graph.endpoint))}"]', f"    {prefix}_in([request])"]
    edges: list[str] = []
    arrows = {line.name: "-.->" if line.soft else "-->" for line in graph.lines}
    for line in graph.lines:
        boxes.append(f'    {prefix}_{line.name}["{_quoted(line.name)}<br/>{_quoted(line.operation)}"]')
        waits = graph.waits[line.name]
        edges += [f"    {prefix}_{name} {arrows[name]} {prefix}_{line.name}" for name in waits]
        if not waits:
            edges.append(f"    {prefix}_in --> {prefix}_{line.name}")
    awaited = {name for waits in graph.waits.values() for name in waits}
    edges += [f"    {prefix}_{name} {arrow} {prefix}_out" for name, arrow in arrows.items() if name not in awaited]
    if not graph.lines:
        edges.append(f"    {prefix}_in --> {prefix}_out")
    return [*boxes, f"    {prefix}_out([answer])", *edges, "  end"]


def _quoted(text: str) -> str:
    """Text inside a quoted Mermaid label."""
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
