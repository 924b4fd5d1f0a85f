"""The plan of an endpoint in words: one line for each call, for docstrings and the README."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from bffgen.check.model import (
    AnswerWith,
    CheckedBlock,
    CheckedCall,
    CheckedEndpoint,
    CheckedEntry,
    FailWith,
    PassOn,
    Use,
    UseOther,
)
from bffgen.expr.tree import Literal, Target
from bffgen.plan.answers import passed_statuses
from bffgen.plan.model import CallLine
from bffgen.plan.schedule import CallNode, GuardNode, Node, Schedule, schedule
from bffgen.plan.walk import CallScope

LINE_LENGTH = 96


def call_lines(endpoint: CheckedEndpoint, plan: Schedule) -> tuple[CallLine, ...]:
    """The calls in the order written, those of a block below it."""
    return _scope_lines(endpoint, plan, (), endpoint.parallel_writes)


def _scope_lines(scope: CallScope, plan: Schedule, blocks: tuple[str, ...], parallel: bool) -> tuple[CallLine, ...]:
    nodes = {node.key: node for node in plan.nodes}
    users = {used: node.key for node in plan.nodes if isinstance(node, CallNode) for used in node.instead}
    made: list[CallLine] = []
    for entry in scope.calls:
        made.append(_line(entry, nodes, users.get(entry.name), blocks))
        if isinstance(entry, CheckedBlock):
            made += _scope_lines(entry, schedule(entry, parallel), (*blocks, entry.name), parallel)
    return tuple(made)


def _line(entry: CheckedEntry, nodes: Mapping[str, Node], user: str | None, blocks: tuple[str, ...]) -> CallLine:
    waits, guarded = _waits(nodes[entry.name], nodes)
    notes = [_need(entry) if user is None else f"only in place of {user}", *repeats(entry)]
    if entry.write:
        notes.append("a write")
    if isinstance(entry, CheckedCall) and entry.undo is not None:
        notes.append(f"taken back by {entry.undo.operation.backend}.{entry.undo.operation.key}")
    if waits:
        notes.append("after " + ", ".join(waits))
    if guarded:
        notes.append("after the guards")
    if entry.when is not None:
        notes.append("not always")
    if isinstance(entry, CheckedCall):
        passed = [str(status) for status in passed_statuses(entry)]
        if passed:
            notes.append(f"{', '.join(passed)} {'passes' if len(passed) == 1 else 'pass'} through")
    notes += _reactions(entry)
    return CallLine(entry.name, operation_of(entry), tuple(notes), waits, entry.soft, blocks)


def operation_of(entry: CheckedEntry) -> str:
    """`catalog.getProduct`; the names of the calls of a block."""
    if isinstance(entry, CheckedBlock):
        return "(" + ", ".join(inner.name for inner in entry.calls) + ")"
    return f"{entry.operation.backend}.{entry.operation.key}"


def repeats(entry: CheckedEntry) -> list[str]:
    """How often an entry is made: `for i in cart.items, at most 50`."""
    if entry.each is not None:
        said = f"for {_target(entry.each.target)} in {_plain(entry.each.source.span.text)}"
        most = f", at most {entry.each.limit}" if entry.each.limit is not None else ""
        return [said + most]
    if isinstance(entry, CheckedCall) and entry.batch is not None:
        return [f"keys {_plain(entry.batch.keys.span.text)}, {entry.batch.size} at a time"]
    if isinstance(entry, CheckedCall) and entry.pages is not None:
        return [f"all pages, at most {entry.pages.max_pages}"]
    return []


def _plain(text: str) -> str:
    return textwrap.shorten(" ".join(text.split()), 60, placeholder="...")


def _target(target: Target) -> str:
    return target.name or ", ".join(map(_target, target.items))


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


def _need(call: CheckedEntry) -> str:
    if not call.soft:
        return "required"
    whole = [r.action for r in call.reactions if r.when == "else"]
    if len(call.reactions) == 1 and whole and isinstance(whole[0], UseOther):
        return f"else {whole[0].call}"
    if len(call.reactions) == 1 and whole and isinstance(whole[0], Use):
        return "optional, else null" if _is_null(whole[0]) else "optional, else a default"
    return "optional"


def _is_null(action: Use) -> bool:
    return isinstance(action.value, Literal) and action.value.value is None


def _reactions(call: CheckedEntry) -> list[str]:
    """What the table says, unless `_need` has said it all."""
    if (
        len(call.reactions) == 1
        and call.reactions[0].when == "else"
        and isinstance(call.reactions[0].action, (Use, UseOther))
    ):
        return []
    said = []
    for reaction in call.reactions:
        match reaction.action:
            case Use() as action:
                said.append(f"{reaction.when}: {'null' if _is_null(action) else 'a default'}")
            case UseOther(other):
                said.append(f"{reaction.when}: {other}")
            case AnswerWith(status):
                said.append(f"{reaction.when}: answers {status}")
            case PassOn():
                said.append(f"{reaction.when}: passes on")
            case FailWith():
                said.append(f"{reaction.when}: fails")
    return said


def plan_text(method: str, path: str, lines: tuple[CallLine, ...], cost: str = "") -> str:
    """The docstring of an endpoint's module."""
    title = f"{method} {path}"
    if not lines:
        return title
    names = max(len(line.shown) for line in lines)
    operations = max(len(line.operation) for line in lines)
    rows = [_row(line, names, operations) for line in lines]
    return "\n".join([title, "", *rows, *(["", *textwrap.wrap(f"In all {cost}.", LINE_LENGTH)] if cost else [])])


def _row(line: CallLine, names: int, operations: int) -> str:
    """The line; notes that are too many go on below."""
    start = f"{line.shown:{names}}  {line.operation:{operations}}  "
    width = max(30, LINE_LENGTH - len(start))
    notes = ", ".join(note.replace(" ", _GLUE) if len(note) < width else note for note in line.notes)
    wrapped = textwrap.wrap(notes, width)
    return (start + f"\n{' ' * len(start)}".join(wrapped)).replace(_GLUE, " ")


_GLUE = "\0"  # keeps the words of a note on one line, if they fit
