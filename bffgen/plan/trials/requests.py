"""Whether a request may be sent with sample data, and how the backend takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bffgen.check.model import CheckedArgument, CheckedCall, CheckedEndpoint
from bffgen.expr.tree import Role
from bffgen.plan.constraints import is_bounded
from bffgen.plan.trials.evaluate import Unsure, evaluate, truth
from bffgen.plan.trials.samples import Data, is_accepted, operation_label, reply_key
from bffgen.records import dataclass
from bffgen.typesystem.model import is_nullable

Fault = int | str
"""A status that a backend fails with, or `timeout`, `unreachable`, `invalid`, `refused`, `limit`."""

UNKNOWN: Any = object()
"""A value that cannot be told."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of one request: a failure, or what the backend answers. Unless `sure`, it may not come to
    that: what is sent may break the backend's bounds, or keep them after all."""

    fault: Fault | None
    sure: bool
    answer: Any


def ask(endpoint: CheckedEndpoint, call: CheckedCall, data: Data, faults: Mapping[str, Fault]) -> Asked:
    """One request, with the data that the call sees, to a backend of which some operations fail."""
    fault = faults.get(operation_label(call.operation))
    valid = _is_valid(call, data)
    if fault is not None:
        return Asked(fault, valid, UNKNOWN)
    answer = data.known.get(reply_key(endpoint, call), UNKNOWN)
    if not valid:
        return Asked("invalid", False, answer)
    refused = _is_refused(call, answer, data)
    if refused is not False:
        return Asked("refused", bool(refused), answer)
    return Asked(None, True, answer)


def is_request_valid(endpoint: CheckedEndpoint, data: Data) -> bool:
    """Whether the request is one that the edge lets through: samples of odd patterns may not be."""
    known = data.known
    params = ((param.type, known[Role.PARAM, param.name]) for param in endpoint.params)
    body = [(endpoint.body, known.get((Role.BODY, "body")))] if endpoint.body is not None else []
    return all(value is None or is_accepted(value, of) for of, value in [*params, *body])


def _is_valid(call: CheckedCall, data: Data) -> bool:
    """Whether what is sent keeps to the backend's bounds for sure."""
    found = [_fits(argument, data) for argument in call.arguments]
    if call.body is not None and call.operation.body is not None:
        try:
            sent = without_nulls(evaluate(call.body, data))
            found.append(is_accepted(sent, call.operation.body.type))
        except Unsure:
            found.append(False)
    return all(found)


def _is_refused(call: CheckedCall, answer: Any, data: Data) -> bool | None:
    """Whether the backend's own answer says that it failed."""
    if call.success is None:
        return False
    holds = truth(call.success, Data({**data.known, (Role.ANSWER, "answer"): answer}))
    return None if holds is None else not holds


def _fits(argument: CheckedArgument, data: Data) -> bool:
    of = argument.parameter.type
    try:
        value = evaluate(argument.value, data)
    except Unsure:
        return not is_bounded(of)
    if value is None:
        return argument.omit_null or not argument.parameter.required or is_nullable(of)
    if value == "" and argument.parameter.location == "path":
        return False
    return is_accepted(value, of) or not (is_bounded(of) or isinstance(value, (list, dict)))


def without_nulls(value: Any) -> Any:
    """The data without nulls in objects: what is sent, near enough to tell whether it fits."""
    if isinstance(value, dict):
        return {key: without_nulls(one) for key, one in value.items() if one is not None}
    return [without_nulls(one) for one in value] if isinstance(value, list) else value
