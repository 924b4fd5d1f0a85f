"""What an endpoint may answer when operations of its backends fail: from the tables of the spec and the language.

Written for itself, by the words of the language's reference, so that the compiler's own forecast is no judge here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bffgen.check.model import (
    AnswerWith,
    CheckedBlock,
    CheckedCall,
    CheckedEndpoint,
    CheckedEntry,
    CheckedGateway,
    PassOn,
    Use,
    UseOther,
)

from .backends import Fault, label

CREDENTIALS = {"authorization", "cookie"}


@dataclass
class Outcome:
    """`hard`: statuses of failures that end the endpoint; `degraded`: names that did without something."""

    hard: set[int] = field(default_factory=set)
    degraded: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Oracle:
    gateway: CheckedGateway

    def outcome(self, endpoint: CheckedEndpoint, faults: Mapping[str, Fault]) -> Outcome:
        """What comes of faults, by operation, all of which were met."""
        found = Outcome()
        entries = {entry.name: entry for entry in endpoint.calls}
        for entry in endpoint.calls:
            if not entry.lazy:
                hard, degraded = self._entry(entry, entries, faults)
                found.hard |= hard
                found.degraded |= {entry.name} if degraded else set()
        return found

    def _entry(
        self, entry: CheckedEntry, entries: Mapping[str, CheckedEntry], faults: Mapping[str, Fault]
    ) -> tuple[set[int], bool]:
        """Hard statuses, and whether the entry is degraded."""
        if isinstance(entry, CheckedCall):
            fault = faults.get(label(entry.operation))
            return (
                (set(), False)
                if fault is None
                else self._failed(entry, fault, {self._own(entry, fault)}, entries, faults)
            )
        inner = {one.name: one for one in entry.calls}
        hard: set[int] = set()
        degraded = False
        for one in entry.calls:
            if not one.lazy:
                found, soft = self._entry(one, inner, faults)
                hard |= found
                degraded = degraded or soft
        if not hard or not entry.reactions:
            return hard, degraded
        kinds = {
            fault for one in entry.calls if isinstance(one, CheckedCall) for fault in [faults.get(label(one.operation))]
        }
        result: set[int] = set()
        for fault in kinds - {None}:
            statuses, soft = self._failed(entry, fault, hard, entries, faults)  # type: ignore[arg-type]
            result |= statuses
            degraded = degraded or soft
        return result, degraded

    def _failed(
        self,
        entry: CheckedEntry,
        fault: Fault,
        own: set[int],
        entries: Mapping[str, CheckedEntry],
        faults: Mapping[str, Fault],
    ) -> tuple[set[int], bool]:
        match _action(entry, fault):
            case Use():
                return set(), not isinstance(fault, int) or fault >= 500 or fault == 429
            case UseOther(call):
                return self._entry(entries[call], entries, faults)
            case AnswerWith(status):
                return {status}, False
            case PassOn(bodies) if isinstance(fault, int) and _documented(fault, [status for status, _ in bodies]):
                return {fault}, False
        return own, False

    def _own(self, call: CheckedCall, fault: Fault) -> int:
        """The status of a failure of which nothing is said."""
        if fault == "timeout":
            return 504
        if not isinstance(fault, int):
            return 502
        backend = next(one for one in self.gateway.backends if one.name == call.operation.backend)
        if fault in (401, 403) and CREDENTIALS & {name.lower() for name in backend.forward_headers}:
            return fault
        documented = [one.status for one in call.operation.responses]
        passes = fault in (404, 409, 410, 412, 422, 429) and {fault, f"{fault // 100}XX"} & {*documented}
        return fault if passes and fault in call.passes else 502


def _action(entry: CheckedCall | CheckedBlock, fault: Fault) -> object:
    """The most specific entry of the table."""
    table = {reaction.when: reaction.action for reaction in entry.reactions}
    forms: list[Fault] = [fault, f"{fault // 100}xx"] if isinstance(fault, int) else [fault]
    return next((table[form] for form in [*forms, "else"] if form in table), None)


def _documented(status: int, keys: list[int | str]) -> bool:
    return any(str(key).lower() in (str(status), f"{status // 100}xx", "default") for key in keys)
