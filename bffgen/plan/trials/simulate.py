"""What an endpoint answers to sample data, told beforehand for the emitted tests."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bffgen.check.model import (
    AnswerWith,
    CheckedArgument,
    CheckedCall,
    CheckedEndpoint,
    CheckedGuard,
    CheckedReaction,
    PassOn,
    Use,
)
from bffgen.expr.tree import Expr, Role
from bffgen.plan.answers import passed_statuses
from bffgen.plan.constraints import is_bounded
from bffgen.plan.schedule import CallNode, GuardNode, Schedule
from bffgen.plan.trials.evaluate import Unsure, evaluate, truth
from bffgen.plan.trials.samples import Data, is_accepted, operation_label
from bffgen.typesystem.model import is_nullable

Fault = int | str
"""A status that a backend fails with, or `timeout`, `unreachable`, `invalid`."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`statuses` that the endpoint may answer: one where it is sure. `made`: whether each call is made."""

    statuses: frozenset[int]
    degraded: frozenset[str]
    made: Mapping[str, bool | None]
    succeeds: bool  # for sure
    data: Data = field(compare=False)  # with the values that calls came to have

    @property
    def sure(self) -> bool:
        return len(self.statuses) == 1


def simulate(
    endpoint: CheckedEndpoint,
    plan: Schedule,
    data: Data,
    credentials: frozenset[str],
    faults: Mapping[str, Fault] | None = None,
) -> Outcome:
    """The outcome when the operations in `faults` fail so. `credentials`: backends that get the client's own."""
    return _Run(endpoint, copy.deepcopy(data), credentials, faults or {}).run(plan)


@dataclass
class _Run:
    endpoint: CheckedEndpoint
    data: Data
    credentials: frozenset[str]
    faults: Mapping[str, Fault]
    certain: set[int] = field(default_factory=set)  # one of these for sure
    possible: set[int] = field(default_factory=set)
    degraded: dict[str, Any] = field(default_factory=dict)
    maybe_degraded: bool = False
    stopped: set[str] = field(default_factory=set)
    made: dict[str, bool | None] = field(default_factory=dict)

    def run(self, plan: Schedule) -> Outcome:
        if not self._is_request_valid():
            self.possible.add(422)
        for step in plan.before:
            if isinstance(step, CheckedGuard) and self._refuses(step):
                self.made = {call.name: False for call in self.endpoint.calls}
                return self._outcome()
        for node in plan.nodes:
            late = node.late if isinstance(node, CallNode) else ()
            if self.stopped.intersection((*node.values, *node.waits, *late)):
                self._stop(node.key)
            elif isinstance(node, CallNode):
                self._call(node)
            elif isinstance(node, GuardNode):
                self._guards(node.key, node.guards, None)
        return self._outcome()

    def _is_request_valid(self) -> bool:
        """Whether the request is one that the edge lets through: samples of odd patterns may not be."""
        known = self.data.known
        params = ((param.type, known[Role.PARAM, param.name]) for param in self.endpoint.params)
        body = [(self.endpoint.body, known.get((Role.BODY, "body")))] if self.endpoint.body is not None else []
        return all(value is None or is_accepted(value, of) for of, value in [*params, *body])

    def _outcome(self) -> Outcome:
        if self.certain:
            return Outcome(frozenset(self.certain | self.possible), frozenset(), self.made, False, self.data)
        self.data[Role.DEGRADED, "degraded"] = self.degraded
        statuses = self._success() | self.possible
        return Outcome(frozenset(statuses), frozenset(self.degraded), self.made, not self.possible, self.data)

    def _success(self) -> set[int]:
        usual = set(self.endpoint.statuses)
        if self.endpoint.status is not None:
            try:
                usual = {int(evaluate(self.endpoint.status, self.data))}
            except Unsure:
                pass
        elif self.endpoint.statuses:
            usual = {self.endpoint.statuses[0]}
        own = self.endpoint.degraded_status != self.endpoint.statuses[0]
        if own and self.degraded:
            return {self.endpoint.degraded_status}
        return usual | ({self.endpoint.degraded_status} if own and self.maybe_degraded else set())

    def _stop(self, key: str) -> None:
        self.stopped.add(key)
        if any(call.name == key for call in self.endpoint.calls):
            self.made[key] = False

    # ------------------------------------------------------------------------------------------------- guards

    def _refuses(self, guard: CheckedGuard, certain: bool = True) -> bool:
        holds = truth(guard.that, self.data)
        if holds is False and certain:
            self.certain.add(guard.status)
        elif holds is not True:
            self.possible.add(guard.status)
        return holds is False and certain

    def _guards(self, key: str, guards: tuple[CheckedGuard, ...], owner: str | None) -> None:
        for guard in guards:
            certain = True
            if owner is not None and guard.skip_if_null:
                value = self.data.known.get((Role.CALL, owner), _UNKNOWN)
                if value is None:
                    continue
                certain = value is not _UNKNOWN
            if self._refuses(guard, certain):
                self.stopped.add(key)
                return

    # -------------------------------------------------------------------------------------------------- calls

    def _call(self, node: CallNode) -> None:
        call = node.call
        made = self._is_made(call)
        self.made[call.name] = made
        if made is False:
            self.data[Role.CALL, call.name] = None
            return
        fault = self.faults.get(operation_label(call.operation))
        if fault is None and not self._is_valid(call):
            fault, made = "invalid", None
        if fault is None and (refused := self._is_refused(call)) is not False:
            fault, made = "refused", made if refused else None
        if fault is not None or made is None:
            self._fails(call, fault, made)
        if call.name not in self.stopped:
            self._guards(call.name, call.guards, call.name)

    def _fails(self, call: CheckedCall, fault: Fault | None, made: bool | None) -> None:
        """What the failure leaves: the end of the endpoint, or a value; nothing is known when it may not happen."""
        if fault is not None:
            status, value = react(call, fault, call.operation.backend in self.credentials)
            if made is None:
                self.possible.update([status, 422] if status is not None else [])
                self.maybe_degraded = True
            elif status is not None:
                self.certain.add(status)
                self._stop(call.name)
                self.made[call.name] = True
                return
            else:
                self._soften(call, fault, value)
                return
        self.data.known.pop((Role.CALL, call.name), None)

    def _soften(self, call: CheckedCall, fault: Fault, value: Expr | None) -> None:
        try:
            self.data[Role.CALL, call.name] = evaluate(value, self.data) if value is not None else None
        except Unsure:
            self.data.known.pop((Role.CALL, call.name), None)
        if not isinstance(fault, int) or fault >= 500 or fault == 429:
            kind = "status" if isinstance(fault, int) else fault
            self.degraded[call.name] = {"kind": kind, "status": fault if isinstance(fault, int) else None}

    def _is_made(self, call: CheckedCall) -> bool | None:
        made = truth(call.when, self.data) if call.when is not None else True
        for value in call.null_arguments:
            try:
                if evaluate(value, self.data) is None:
                    return False
            except Unsure:
                made = None if made else made
        return made

    def _is_valid(self, call: CheckedCall) -> bool:
        """Whether what is sent keeps to the backend's bounds for sure."""
        found = [self._fits(argument) for argument in call.arguments]
        if call.body is not None and call.operation.body is not None:
            try:
                sent = without_nulls(evaluate(call.body, self.data))
                found.append(is_accepted(sent, call.operation.body.type))
            except Unsure:
                found.append(False)
        return all(found)

    def _is_refused(self, call: CheckedCall) -> bool | None:
        """Whether the backend's own answer says that it failed."""
        if call.success is None:
            return False
        answer = self.data.known.get((Role.CALL, call.name))
        holds = truth(call.success, Data({**self.data.known, (Role.ANSWER, "answer"): answer}))
        return None if holds is None else not holds

    def _fits(self, argument: CheckedArgument) -> bool:
        of = argument.parameter.type
        try:
            value = evaluate(argument.value, self.data)
        except Unsure:
            return not is_bounded(of)
        if value is None:
            return argument.omit_null or not argument.parameter.required or is_nullable(of)
        if value == "" and argument.parameter.location == "path":
            return False
        return is_accepted(value, of) or not (is_bounded(of) or isinstance(value, (list, dict)))


_UNKNOWN = object()


def without_nulls(value: Any) -> Any:
    """The data without nulls in objects: what is sent, near enough to tell whether it fits."""
    if isinstance(value, dict):
        return {key: without_nulls(one) for key, one in value.items() if one is not None}
    return [without_nulls(one) for one in value] if isinstance(value, list) else value


def matching(call: CheckedCall, fault: Fault) -> CheckedReaction | None:
    """The entry of `on_error` that a failure meets."""
    for reaction in call.reactions:
        wanted = {fault, "else", f"{fault // 100}xx"} if isinstance(fault, int) else {fault, "else"}
        if reaction.when in wanted:
            return reaction
    return None


def react(call: CheckedCall, fault: Fault, credentials: bool) -> tuple[int | None, Expr | None]:
    """The status that a failure answers with; or None, and the value that takes the call's place."""
    reaction = matching(call, fault)
    match reaction.action if reaction is not None else None:
        case Use(value):
            return None, value
        case AnswerWith(status):
            return status, None
        case PassOn(bodies) if isinstance(fault, int) and _documented(bodies, fault):
            return fault, None
    if isinstance(fault, int):
        judged = credentials and fault in (401, 403)
        return (fault if judged or fault in passed_statuses(call) else 502), None
    return {"timeout": 504}.get(fault, 502), None


def _documented(bodies: tuple[tuple[int | str, Any], ...], status: int) -> bool:
    forms = (status, f"{status // 100}XX", f"{status // 100}xx", "default")
    return any(documented in forms for documented, _ in bodies)
