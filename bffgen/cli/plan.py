"""`plan`: what an endpoint calls, in what order, and what it may answer."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from bffgen.check.model import CheckedCall, CheckedEndpoint
from bffgen.cli.app import PlanFormat
from bffgen.cli.compile import load_checked
from bffgen.cli.schedule import Schedule, policy
from bffgen.cli.terminal import fail
from bffgen.diagnostics.suggest import closest


def plan(given: Path | None, wanted: str, format: PlanFormat) -> int:
    """Print the plan of one endpoint, or of all."""
    _, checked = load_checked(given)
    if checked.gateway is None:
        return 1
    endpoints = _select(checked.gateway.endpoints, wanted)
    if format is PlanFormat.JSON:
        print(json.dumps([_data(Schedule(endpoint)) for endpoint in endpoints], indent=2, ensure_ascii=False))
    elif format is PlanFormat.MERMAID:
        print("\n".join(_mermaid(endpoints)))
    else:
        print("\n\n".join(_text(Schedule(endpoint)) for endpoint in endpoints))
    sys.stdout.flush()
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


def _head(endpoint: CheckedEndpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


def _target(call: CheckedCall) -> str:
    return f"{call.operation.backend}.{call.operation.key}"


def _text(schedule: Schedule) -> str:
    endpoint = schedule.endpoint
    lines = [f"{_head(endpoint)}   within {endpoint.deadline:g} s"]
    if endpoint.summary:
        lines.append(f"  {endpoint.summary}")
    lines.append("")
    by_step = sorted(endpoint.calls, key=lambda call: schedule.steps[call.name])
    names = max((len(call.name) for call in by_step), default=0)
    targets = max((len(_target(call)) for call in by_step), default=0)
    shown = 0
    for call in by_step:
        step = schedule.steps[call.name]
        lead = f"step {step}" if step != shown else ""
        shown = step
        waits = schedule.waits[call.name]
        after = f"; after {', '.join(waits)}" if waits else ""
        told = f"{policy(call)}; {call.timeout:g} s{after}"
        lines.append(f"  {lead:<7} {call.name:<{names}}  {_target(call):<{targets}}  {told}")
    path = schedule.critical_path
    hops = f" ({len(path)} in a row of {len(endpoint.calls)})" if path else "nothing is called"
    lines += ["", f"  critical path  {' -> '.join(path)}{hops}"]
    lines.append(f"  answers        {', '.join(map(str, schedule.statuses))}")
    return "\n".join(lines)


def _data(schedule: Schedule) -> dict[str, Any]:
    endpoint = schedule.endpoint
    calls = [
        {
            "name": call.name,
            "operation": _target(call),
            "request": f"{call.operation.method} {call.operation.path}",
            "step": schedule.steps[call.name],
            "after": list(schedule.waits[call.name]),
            "policy": policy(call),
            "timeout": call.timeout,
            "write": call.write,
        }
        for call in endpoint.calls
    ]
    return {
        "endpoint": _head(endpoint),
        "operation_id": endpoint.operation_id,
        "deadline": endpoint.deadline,
        "calls": calls,
        "critical_path": list(schedule.critical_path),
        "statuses": list(schedule.statuses),
    }


def _mermaid(endpoints: tuple[CheckedEndpoint, ...]) -> list[str]:
    lines = ["flowchart LR"]
    for index, endpoint in enumerate(endpoints):
        lines += _flow(Schedule(endpoint), f"e{index}")
    return lines


def _flow(schedule: Schedule, prefix: str) -> list[str]:
    """A box for each call; dotted edges lead out of calls whose failure the endpoint survives."""
    endpoint = schedule.endpoint
    lines = [f'  subgraph {prefix}["{_quoted(_head(endpoint))}"]', f"    {prefix}_in([request])"]
    edges: list[str] = []
    awaited: set[str] = set()
    arrows = {call.name: "-.->" if policy(call).startswith("optional") else "-->" for call in endpoint.calls}
    for call in endpoint.calls:
        label = f"{_quoted(call.name)}<br/>{_quoted(_target(call))}"
        lines.append(f'    {prefix}_{call.name}["{label}"]')
        waits = schedule.waits[call.name]
        awaited |= set(waits)
        edges += [f"    {prefix}_{name} {arrows[name]} {prefix}_{call.name}" for name in waits]
        if not waits:
            edges.append(f"    {prefix}_in --> {prefix}_{call.name}")
    lines.append(f"    {prefix}_out([answer])")
    for name, arrow in arrows.items():
        if name not in awaited:
            edges.append(f"    {prefix}_{name} {arrow} {prefix}_out")
    if not endpoint.calls:
        edges.append(f"    {prefix}_in --> {prefix}_out")
    return [*lines, *edges, "  end"]


def _quoted(text: str) -> str:
    """Text inside a quoted Mermaid label."""
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
