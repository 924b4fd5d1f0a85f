"""Whether what the emitted gateway did is among what is right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bffgen.check.model import CheckedEndpoint

from .meaning.composition import Outcome, Reply, Request, expected
from .meaning.requests import NOTHING, Sent
from .project import Actual, Project

STANDARD = ("type", "title", "status", "instance")


class Disagreement(AssertionError):
    """The emitted project and the interpreter do not say the same."""


@dataclass(frozen=True)
class Example:
    """One request, and what its backends do, by call. `kept`: every backend keeps its contract and answers 2xx."""

    request: Request
    replies: Mapping[str, Reply]
    kept: bool


def compare(project: Project, endpoint: CheckedEndpoint, example: Example) -> str:
    """Why the endpoint answered what it did. Raises `Disagreement`."""
    backends = {one.name: one for one in project.gateway.backends}
    right = expected(endpoint, backends, example.request, lambda call: example.replies[call.name])
    actual = project.ask(endpoint, example.request, example.replies)
    why = next((one for one in right.outcomes if differs(one, actual, endpoint) is None), None)
    if right.shaky and actual.status == 502 and why is None:
        why = Outcome(502, {}, "overflow", problem=True)
    complaints = [*actual.errors]
    if why is None:
        complaints += [f"{differs(one, actual, endpoint)}\n  right: {one}" for one in right.outcomes]
    if (wrong := project.undocumented(endpoint, actual)) is not None:
        complaints.append(f"against its own openapi.json: {wrong}")
    if example.kept and why is not None and actual.status >= 500 and actual.status not in why.also:
        if why.because not in ("guard", "on_error", "overflow", "unsent", "refused"):
            complaints.append(f"the promise: {actual.status} although every backend kept its contract ({why.because})")
    if complaints:
        raise Disagreement("\n".join([*complaints, f"  actual: {actual}"]))
    return why.because if why is not None else ""


def differs(right: Outcome, actual: Actual, endpoint: CheckedEndpoint) -> str | None:
    """In what the answer is not this outcome; None when it is."""
    if actual.status != right.status and actual.status not in right.also:
        return f"status {actual.status} for {right.status}"
    if right.problem:
        return _problem_differs(right, actual)
    if (right.body is NOTHING) != (actual.body is NOTHING) or not same(right.body, actual.body):
        return "the body"
    degraded = ", ".join(right.degraded)
    if actual.headers.get("gateway-degraded", "") != degraded:
        return f"degraded {actual.headers.get('gateway-degraded')} for {degraded}"
    own = {name.lower() for name, _ in endpoint.headers}
    if {name: actual.headers[name] for name in own if name in actual.headers} != dict(right.headers):
        return f"headers for {right.headers}"
    return None if right.sent is None else _sent_differs(right.sent, actual.sent, endpoint)


def _problem_differs(right: Outcome, actual: Actual) -> str | None:
    if actual.media_type != "application/problem+json" or not isinstance(actual.body, dict):
        return "no problem document"
    members = {name: value for name, value in actual.body.items() if name not in STANDARD}
    if right.because == "request":
        members.pop("errors", None)
        members.pop("call", None)
        return None if not members else f"members {members}"
    if right.because in ("overflow", "broken", "breach"):
        members.pop("call", None)
    told = {name: value for name, value in right.body.items() if name not in STANDARD}
    return None if same(members, told) else f"members {members} for {told}"


def _sent_differs(right: tuple[Sent, ...], actual: tuple[Sent, ...], endpoint: CheckedEndpoint) -> str | None:
    """What was sent. Equal reads are sent once, or again after a write."""
    wanted = Counter(map(_shown, {(_shown(one), one.headers): one for one in right}.values()))
    got = Counter(map(_shown, actual))
    if wanted.keys() != got.keys():
        return f"sent {sorted((got - wanted).elements())} for {sorted((wanted - got).elements())}"
    writes = any(call.write for call in endpoint.calls)
    if not writes and any(number > wanted[one] for one, number in got.items()):
        return f"sent twice: {[one for one, number in got.items() if number > wanted[one]]}"
    for one in right:
        for header in one.headers:
            if not any(_shown(one) == _shown(other) and header in other.headers for other in actual):
                return f"header {header} was not sent"
    return None


def _shown(sent: Sent) -> str:
    body = "" if sent.body is NOTHING else f" {_canonical(sent.body)}"
    return f"{sent.method} {sent.backend} {sent.target}{body}"


def _canonical(value: Any) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{key!r}: {_canonical(value[key])}" for key in sorted(value)) + "}"
        case list():
            return "[" + ", ".join(map(_canonical, value)) + "]"
        case float() if value.is_integer() and abs(value) < 2**53:
            return repr(int(value))
    return repr(value)


def same(one: Any, other: Any) -> bool:
    """Equal as JSON; an integer and a number are told apart, as clients may."""
    match one, other:
        case dict(), dict():
            return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
        case list(), list():
            return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)
