"""Every status that an endpoint can answer, and with what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from bffgen.check.media import is_raw, is_upload
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
from bffgen.plan.blocks import may_overflow
from bffgen.plan.secured import refused_with
from bffgen.plan.walk import CallScope, own_guards, scope_exprs
from bffgen.records import dataclass
from bffgen.typesystem.model import Type

PROBLEM = "Problem"
JSON = "application/json"

Status = int | str  # 404, 4XX, default


@dataclass(frozen=True, slots=True)
class Answers:
    """`problems` are statuses with a problem document; `bodies` what else a status may carry, by media type."""

    successes: tuple[int, ...]
    problems: frozenset[Status]
    bodies: Mapping[Status, Mapping[str, tuple[Type, ...]]]
    degrades: bool


@dataclass(slots=True)
class _Found:
    problems: set[Status] = field(default_factory=set)
    bodies: dict[Status, dict[str, list[Type]]] = field(default_factory=dict)

    def body(self, status: Status, media_type: str, of: Type | None) -> None:
        listed = self.bodies.setdefault(status, {})
        if of is not None:
            listed.setdefault(media_type, []).append(of)


def refusals(has_body: bool) -> tuple[int, ...]:
    """What a request may get from what stands in front of every endpoint, before anything is called."""
    with_body = (408, 413, 415, 417) if has_body else ()
    return tuple(sorted((400, 414, 421, 431, 503, *with_body)))


def answers_of(endpoint: CheckedEndpoint) -> Answers:
    """What the endpoint can answer."""
    found = _Found()
    if endpoint.params or endpoint.body is not None:
        found.problems.add(422)
    if endpoint.body is not None:
        found.problems.add(413)
    if is_raw(endpoint.body) or is_upload(endpoint.body):
        found.problems.add(415)
    if endpoint.calls or any(map(may_overflow, scope_exprs(endpoint))):
        found.problems.add(502)
    found.problems.update(refused_with(endpoint.access))
    if endpoint.rate is not None:
        found.problems.add(429)
    _scope(endpoint, found)
    degrades = degrades_at_all(endpoint)
    successes: dict[int, None] = dict.fromkeys(endpoint.statuses)
    if degrades:
        successes.setdefault(endpoint.degraded_status)
    bodies = {key: {m: tuple(types) for m, types in by.items()} for key, by in found.bodies.items()}
    return Answers(tuple(successes), frozenset(found.problems), bodies, degrades)


def degrades_at_all(scope: CallScope) -> bool:
    """Whether the endpoint may answer without one of its calls."""
    return any(call.soft or (isinstance(call, CheckedBlock) and degrades_at_all(call)) for call in scope.calls)


def _scope(scope: CallScope, found: _Found) -> None:
    for guard in (*scope.guards, *(guard for call in scope.calls for guard in own_guards(call))):
        found.problems.add(guard.status)
    for entry in scope.calls:
        if isinstance(entry, CheckedBlock):
            _scope(entry, found)
        _entry(entry, found)


def _entry(call: CheckedEntry, found: _Found) -> None:
    if call.each is not None and call.each.client_list and call.each.limit is not None:
        found.problems.add(422)
    if fails_hard(call):
        found.problems.update((503, 504))
        if isinstance(call, CheckedCall):
            found.problems.update(passed_statuses(call))
            found.problems.update((401, 403) if call.judged else ())
    for reaction in call.reactions:
        match reaction.action:
            case AnswerWith(status, _, _, None):
                found.problems.add(status)
            case AnswerWith(status, _, _, body) if body is not None:
                found.body(status, JSON, body.type)
            case PassOn(bodies):
                for passed, of in bodies:
                    found.body(passed, _media_type(call, passed), of)


def fails_hard(call: CheckedEntry) -> bool:
    """Whether some failure of the call is answered with its own problem."""
    actions = {reaction.when: reaction.action for reaction in call.reactions}
    return isinstance(actions.get("else"), (FailWith, PassOn, type(None))) or any(
        isinstance(action, (FailWith, PassOn)) for action in actions.values()
    )


def is_soft(call: CheckedEntry) -> bool:
    """Whether the endpoint lives with every failure of the call."""
    return (
        bool(call.reactions)
        and all(isinstance(r.action, (Use, UseOther)) for r in call.reactions)
        and not fails_hard(call)
    )


def passed_statuses(call: CheckedCall) -> Iterator[int]:
    """The statuses that pass to the client where nothing else is said about them."""
    said = {reaction.when: reaction.action for reaction in call.reactions}
    for status in sorted(call.passes):
        action = said.get(status) or said.get(f"{status // 100}xx") or said.get("else")
        if action is None or isinstance(action, FailWith):
            yield status


def _media_type(call: CheckedEntry, status: Status) -> str:
    for response in call.operation.responses if isinstance(call, CheckedCall) else ():
        if str(response.status).lower() == str(status).lower():
            return (response.media_type or JSON).split(";")[0].strip().lower()
    return JSON
