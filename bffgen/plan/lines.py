"""The plan of an endpoint in words: one line for each call, for docstrings and the README."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from bffgen.check.model import AnswerWith, CheckedCall, CheckedEndpoint, FailWith, PassOn, Use
from bffgen.expr.tree import Literal
from bffgen.plan.answers import passed_statuses
from bffgen.plan.model import CallLine
from bffgen.plan.schedule import CallNode, GuardNode, Node, Schedule

LINE_LENGTH = 96


def call_lines(endpoint: CheckedEndpoint, plan: Schedule) -> tuple[CallLine, ...]:
    """The calls in the order written."""
    nodes = {node.key: node for node in plan.nodes}
    return tuple(_line(call, nodes) for call in endpoint.calls)


def _line(call: CheckedCall, nodes: Mapping[str, Node]) -> CallLine:
    node = nodes[call.name]
    waits, guarded = _waits(node, nodes)
    notes = [_need(call)]
    if call.write:
        notes.append("a write")
    if waits:
        notes.append("after " + ", ".join(waits))
    if guarded:
        notes.append("after the guards")
    if call.when is not None:
        notes.append("not always")
    passed = [str(status) for status in passed_statuses(call)]
    if passed:
        notes.append(f"{', '.join(passed)} {'passes' if len(passed) == 1 else 'pass'} through")
    notes += _reactions(call)
    return CallLine(call.name, f"{call.operation.backend}.{call.operation.key}", tuple(notes), waits, call.soft)


def _waits(node: Node, nodes: Mapping[str, Node]) -> tuple[tuple[str, ...], bool]:
    """The calls that a node waits for, those of a `let` in its place; and whether for guards, too."""
    found: dict[str, None] = {}
    guarded = False
    for key in (*node.values, *node.waits):
        other = nodes[key]
        if isinstance(other, CallNode):
            found[key] = None
        else:
            guarded = guarded or isinstance(other, GuardNode)
            inner, more = _waits(other, nodes)
            found.update(dict.fromkeys(inner))
            guarded = guarded or more
    return tuple(found), guarded


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
    rows = [_row(line, names, operations) for line in lines]
    return "\n".join([title, "", *rows])


def _row(line: CallLine, names: int, operations: int) -> str:
    """The line; notes that are too many go on below."""
    start = f"{line.name:{names}}  {line.operation:{operations}}  "
    notes = ", ".join(note.replace(" ", _GLUE) for note in line.notes)
    wrapped = textwrap.wrap(notes, max(30, LINE_LENGTH - len(start)))
    return (start + f"\n{' ' * len(start)}".join(wrapped)).replace(_GLUE, " ")


_GLUE = "\0"  # keeps the words of a note on one line
