"""Whether what the emitted gateway did is among what is right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from bffgen.check.model import CheckedCall, CheckedEndpoint, leaves
from bffgen.expr import tree
from bffgen.openapi.model import Operation

from .meaning.composition import UNSAID, expected
from .meaning.needs import nodes
from .meaning.outcomes import Outcome, Reply, Request
from .meaning.requests import NOTHING, Sent, shown
from .project import Actual, Project, is_for

STANDARD = ("type", "title", "status", "instance")
WRITES = ("applied", "undone", "undo_failed", "unknown")


class Disagreement(AssertionError):
    """The emitted project and the interpreter do not say the same."""


def operation_name(operation: Operation) -> str:
    return f"{operation.backend}.{operation.id}"


@dataclass(frozen=True)
class Example:
    """One request, and what its backends do: for each operation replies, one of which answers a request.

    `injected`: what is wrong with replies; empty where every backend keeps its contract and answers 2xx.
    """

    request: Request
    replies: Mapping[str, tuple[Reply, ...]]
    injected: tuple[str, ...] = ()

    def reply(self, operation: Operation, sent: Sent) -> Reply:
        """Equal requests get equal replies, in whatever order they come."""
        options = self.replies[operation_name(operation)]
        return options[crc32(shown(sent).encode("utf-8", "replace")) % len(options)]


def compare(project: Project, endpoint: CheckedEndpoint, example: Example) -> str:
    """Why the endpoint answered what it did. Raises `Disagreement`."""
    right = expected(project.gateway, endpoint, example.request, example.reply)
    actual = project.ask(endpoint, example.request, example.reply)
    why = next((one for one in right.outcomes if differs(one, actual, endpoint) is None), None)
    if right.shaky and actual.status == 502 and why is None:
        why = Outcome(502, {}, "overflow", problem=True)
    if right.open and why is None:
        why = Outcome(actual.status, actual.body, "open")
    complaints = [*actual.errors]
    if why is None:
        complaints += [f"{differs(one, actual, endpoint)}\n  right: {one}" for one in right.outcomes]
    if (wrong := project.undocumented(endpoint, actual)) is not None:
        complaints.append(f"against its own openapi.json: {wrong}")
    complaints += _undoing(endpoint, actual, example)
    if not example.injected and why is not None and actual.status >= 500 and actual.status not in why.also:
        asked = ("guard", "on_error", "overflow", "limit", "repeated", "request", "open")
        if why.because not in asked and not (why.because == "unsent" and endpoint.operation_id in project.warned):
            complaints.append(f"the promise: {actual.status} although every backend kept its contract ({why.because})")
    if complaints:
        raise Disagreement("\n".join([*complaints, f"  actual: {actual}"]))
    return why.because if why is not None else ""


def differs(right: Outcome, actual: Actual, endpoint: CheckedEndpoint) -> str | None:
    """In what the answer is not this outcome; None when it is."""
    if actual.status != right.status and actual.status not in right.also:
        return f"status {actual.status} for {right.status}"
    if right.problem and endpoint.envelope is None:
        return _problem_differs(right, actual)
    if (right.body is NOTHING) != (actual.body is NOTHING) or not same(right.body, actual.body):
        return "the body"
    degraded = ", ".join(right.degraded)
    if actual.headers.get("gateway-degraded", "") != degraded:
        return f"degraded {actual.headers.get('gateway-degraded')} for {degraded}"
    own = {name.lower() for name, _ in endpoint.headers}
    if not right.problem and {n: actual.headers[n] for n in own if n in actual.headers} != dict(right.headers):
        return f"headers for {right.headers}"
    if actual.cookies != right.cookies:
        return f"cookies {actual.cookies} for {right.cookies}"
    return None if right.asked is None else _sent_differs(right, actual)


def _problem_differs(right: Outcome, actual: Actual) -> str | None:
    if actual.media_type != "application/problem+json" or not isinstance(actual.body, dict):
        return "no problem document"
    hidden = {*STANDARD, *WRITES}
    members = {name: value for name, value in actual.body.items() if name not in hidden}
    if right.because == "request":
        members.pop("errors", None)
        members.pop("call", None)
        return None if not members else f"members {members}"
    if right.because in UNSAID:
        members.pop("call", None)
    told = {name: value for name, value in right.body.items() if name not in hidden}
    told = {name: value for name, value in told.items() if name != "call" or right.because not in UNSAID}
    return None if same(members, told) else f"members {members} for {told}"


def _sent_differs(right: Outcome, actual: Actual) -> str | None:
    """What was sent. Equal reads are sent once, or again after a write; equal writes each."""
    asked = right.asked or ()
    got = Counter(map(shown, actual.sent))
    must = Counter(shown(one.sent) for one in asked if one.sure)
    may = Counter(shown(one.sent) for one in asked)
    written = Counter(shown(one.sent) for one in asked if one.write)
    if missing := must.keys() - got.keys():
        return f"not sent: {sorted(missing)}"
    if more := got.keys() - may.keys():
        return f"sent for nothing: {sorted(more)}"
    for one, number in got.items():
        if one in written and not must[one] <= number <= may[one]:
            return f"written {number} times for {may[one]}: {one}"
        if (
            one not in written
            and not written
            and number > len({ask.sent.headers for ask in asked if shown(ask.sent) == one})
        ):
            return f"sent {number} times: {one}"
    for ask in asked:
        for header in ask.sent.headers if ask.sure else ():
            if not any(shown(ask.sent) == shown(other) and header in other.headers for other in actual.sent):
                return f"header {header} was not sent"
    return None


def _undoing(endpoint: CheckedEndpoint, actual: Actual, example: Example) -> Iterator[str]:
    """What is wrong with how writes were taken back."""
    told = {name: actual.body[name] for name in WRITES if name in actual.body} if isinstance(actual.body, dict) else {}
    calls = [call for call in leaves(endpoint.calls) if call.write]
    undos = [call.undo for call in calls if call.undo is not None]
    if not undos or endpoint.envelope is not None:
        return
    if actual.status in endpoint.statuses or actual.status == endpoint.degraded_status:
        if any(is_for(one, undo.operation) for one in actual.sent for undo in undos):
            yield "a write was taken back although the endpoint answered"
        return
    for call in calls:
        states = [state for state, names in told.items() if isinstance(names, list) and call.name in names]
        wrote = any(is_for(one, call.operation) for one in actual.sent)
        if states and not wrote:
            yield f"{call.name} is told as {states} and was not sent"
        undone = call.undo is not None and any(is_for(one, call.undo.operation) for one in actual.sent)
        unmade = "undo_failed" in states and _needs_the_result(call)  # of an answer that does not say what is needed
        if not unmade and undone != any(state in ("undone", "undo_failed") for state in states):
            yield f"{call.name} is told as {states}; taken back: {undone}"


def _needs_the_result(call: CheckedCall) -> bool:
    """Whether the call that takes a write back is told something of what the write answered."""
    undo = call.undo
    given = [] if undo is None else [*(argument.value for argument in undo.arguments), undo.body]
    found = nodes(*(value for value in given if value is not None))
    return any(isinstance(node, tree.Ref) and node.name == call.name for node in found)


def same(one: Any, other: Any) -> bool:
    """Equal as JSON; an integer and a number are told apart, as clients may."""
    match one, other:
        case dict(), dict():
            return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
        case list(), list():
            return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)
