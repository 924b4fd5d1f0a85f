"""What a failure of a call means to its endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from bffgen.check.model import (
    AnswerWith,
    CheckedCall,
    CheckedEndpoint,
    CheckedEntry,
    CheckedReaction,
    PassOn,
    Use,
    UseOther,
)
from bffgen.expr.tree import Expr
from bffgen.plan.answers import passed_statuses
from bffgen.plan.trials.requests import Fault
from bffgen.records import dataclass

PASSED_ON = -1
"""Stands for the backend's own status."""


@dataclass(frozen=True)
class Given:
    """What is the same in an endpoint and all of its blocks. `asked` are the operations asked for, for sure."""

    endpoint: CheckedEndpoint
    faults: Mapping[str, Fault]
    asked: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Meant:
    """A failure becomes an answer with a `status`, another call, or, with `soft`, a value; else it fails hard."""

    status: int | None = None
    other: str | None = None
    soft: bool = False
    value: Expr | None = None


def matching(call: CheckedEntry, fault: Fault) -> CheckedReaction | None:
    """The entry of `on_error` that a failure meets."""
    for reaction in call.reactions:
        wanted = {fault, "else", f"{fault // 100}xx"} if isinstance(fault, int) else {fault, "else"}
        if reaction.when in wanted:
            return reaction
    return None


def meaning(entry: CheckedEntry, fault: Fault) -> Meant:
    """What the entry says of the failure."""
    reaction = matching(entry, fault)
    match reaction.action if reaction is not None else None:
        case Use(value):
            return Meant(soft=True, value=value)
        case UseOther(call):
            return Meant(other=call)
        case AnswerWith(status):
            return Meant(status=status)
        case PassOn(bodies) if isinstance(fault, int) and _documented(bodies, fault):
            return Meant(status=PASSED_ON)
    return Meant()


def status_of(call: CheckedCall, fault: Fault) -> int:
    """The status that a hard failure answers with."""
    if isinstance(fault, int):
        judged = call.judged and fault in (401, 403)
        return fault if judged or fault in passed_statuses(call) else 502
    return {"timeout": 504}.get(fault, 502)


def is_hard(call: CheckedCall, fault: Fault) -> bool:
    """Whether the failure ends the endpoint."""
    found = meaning(call, fault)
    return not found.soft and found.other is None


def _documented(bodies: tuple[tuple[int | str, object], ...], status: int) -> bool:
    forms = (status, f"{status // 100}XX", f"{status // 100}xx", "default")
    return any(documented in forms for documented, _ in bodies)
