"""The plan of an endpoint in words: one line for each call, for docstrings and the README."""

from __future__ import annotations

from bffgen.check.model import AnswerWith, CheckedCall, CheckedEndpoint, FailWith, PassOn, Use
from bffgen.expr.tree import Literal
from bffgen.plan.model import CallLine
from bffgen.plan.schedule import CallNode, Schedule


def call_lines(endpoint: CheckedEndpoint, plan: Schedule) -> tuple[CallLine, ...]:
    """The calls in the order written."""
    nodes = {node.key: node for node in plan.nodes}
    calls = {call.name for call in endpoint.calls}
    return tuple(_line(call, nodes[call.name], calls) for call in endpoint.calls)


def _line(call: CheckedCall, node: object, calls: set[str]) -> CallLine:
    assert isinstance(node, CallNode)
    awaited = (*node.values, *node.waits)
    waits = tuple(key for key in awaited if key in calls)
    notes = [_need(call)]
    if call.write:
        notes.append("a write")
    if waits:
        notes.append("after " + ", ".join(waits))
    if any(key not in calls for key in awaited):
        notes.append("after what it is made of" if not any(key.startswith("guards:") for key in awaited) else "after the guards")
    if call.when is not None:
        notes.append("only when asked for")
    if call.passes:
        notes.append(", ".join(map(str, sorted(call.passes))) + " passes through")
    notes += _reactions(call)
    return CallLine(call.name, f"{call.operation.backend}.{call.operation.key}", tuple(notes), waits, call.soft)


def _need(call: CheckedCall) -> str:
    if not call.soft:
        return "required"
    whole = [r.action for r in call.reactions if r.when == "else"]
    if len(call.reactions) == 1 and whole and isinstance(whole[0], Use):
        return "optional, else null" if _is_null(whole[0]) else "optional, else a default"
    return "optional"


def _is_null(action: Use) -> bool:
    return isinstance(action.value, Literal) and action.value.value is None


def _reactions(call: CheckedCall) -> list[str]:
    """What the table says, unless `_need` has said it all."""
    if len(call.reactions) == 1 and call.reactions[0].when == "else" and isinstance(call.reactions[0].action, Use):
        return []
    said = []
    for reaction in call.reactions:
        match reaction.action:
            case Use() as action:
                said.append(f"{reaction.when}: {'null' if _is_null(action) else 'a default'}")
            case AnswerWith(status):
                said.append(f"{reaction.when}: answers {status}")
            case PassOn():
                said.append(f"{reaction.when}: passes on")
            case FailWith():
                said.append(f"{reaction.when}: fails")
    return said


def plan_text(method: str, path: str, lines: tuple[CallLine, ...]) -> str:
    """The docstring of an endpoint's module."""
    title = f"{method} {path}"
    if not lines:
        return title
    names = max(len(line.name) for line in lines)
    operations = max(len(line.operation) for line in lines)
    rows = [f"{line.name:{names}}  {line.operation:{operations}}  {', '.join(line.notes)}" for line in lines]
    return "\n".join([title, "", *rows])
