"""The emitted tests of an endpoint: what is sent, what the backends answer, what must come of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode

from bffgen.check.media import is_download, is_raw, is_text_answer, is_upload, media_types, raw_media_types
from bffgen.check.model import CheckedCall, CheckedEndpoint, CheckedGuard, leaves
from bffgen.expr.tree import Expr, Role
from bffgen.openapi.sample import sample_reply
from bffgen.plan.answers import answers_of, passed_statuses
from bffgen.plan.operations import Clients
from bffgen.plan.schedule import CallNode, Schedule, guards_of
from bffgen.plan.schemas import Models
from bffgen.plan.trials.callers import sample_caller
from bffgen.plan.trials.evaluate import Unsure, evaluate
from bffgen.plan.trials.examples import failure_reply, plan_examples
from bffgen.plan.trials.failing import is_hard, matching
from bffgen.plan.trials.forms import sample_form
from bffgen.plan.trials.model import (
    EndpointTests,
    FailureCase,
    OperationPlan,
    RefusalCase,
    SampleForm,
    SampleReply,
    SampleRequest,
)
from bffgen.plan.trials.requests import Fault
from bffgen.plan.trials.samples import (
    Data,
    endings,
    is_plain,
    operation_label,
    reply_headers,
    reply_key,
    reply_status,
    sample_data,
    widened,
    wire_reply,
)
from bffgen.plan.trials.satisfy import satisfied
from bffgen.plan.trials.simulate import Outcome, simulate
from bffgen.typesystem.model import Kind, Null, ObjectType, Scalar, Type, Union, Unknown, is_nullable
from bffgen.typesystem.relations import all_inside

_LEAST_TIMEOUT = 1.0
"""Seconds that a call must have for a test to tell its cancellation from its running out of time."""


def plan_tests(endpoint: CheckedEndpoint, plan: Schedule, models: Models, module: str) -> EndpointTests:
    """The tests of one endpoint; `module` is the endpoint's own name."""
    planner = _Planner(endpoint, plan, models)
    tests = planner.plan(f"test_{module}")
    usual = planner.usual
    whole = usual.succeeds and not usual.degraded and not usual.doubtful and len(tests.statuses) == 1
    tests = replace(tests, streams=endpoint.stream is not None, whole=whole)
    return replace(tests, examples=plan_examples(endpoint, planner.request, dict(tests.replies), models))


class _Planner:
    def __init__(self, endpoint: CheckedEndpoint, plan: Schedule, models: Models) -> None:
        self.endpoint = endpoint
        self.schedule = plan
        self.data = _agreeable(endpoint, plan, sample_data(endpoint, models))
        labels = [operation_label(call.operation) for call in leaves(endpoint.calls)]
        self.single = {label for label in labels if labels.count(label) == 1}

    @cached_property
    def usual(self) -> Outcome:
        return self._simulate(self.data)

    def plan(self, module: str) -> EndpointTests:
        if _alike(leaves(self.endpoint.calls)):
            return self._undecided(module)
        expected = self._expected()
        return EndpointTests(
            module,
            self.endpoint.path,
            self.request(self.data),
            self._replies(self.data),
            _sorted(self.usual.statuses),
            expected,
            expected is not None,
            self._newer(),
            self._invalid(),
            tuple(self._failures()),
            tuple(self._refusals()),
            self._meetings(),
            self._cancelled(),
        )

    def _undecided(self, module: str) -> EndpointTests:
        """Tests of an endpoint whose operations cannot be told apart by their requests' paths."""
        request, replies = self.request(self.data), self._replies(self.data)
        return EndpointTests(
            module,
            self.endpoint.path,
            request,
            replies,
            _sorted(self._documented),
            None,
            False,
            (),
            None,
            (),
            (),
            (),
            None,
        )

    @cached_property
    def _documented(self) -> frozenset[int]:
        """Every status that the endpoint can answer."""
        answers = answers_of(self.endpoint)
        known = (*answers.successes, *answers.problems, *answers.bodies)
        return frozenset(status for status in known if isinstance(status, int))

    def _simulate(self, data: Data, faults: dict[str, Fault] | None = None) -> Outcome:
        return simulate(self.endpoint, self.schedule, data, self._documented, faults)

    def _expected(self) -> Any:
        """The body of the usual answer; None where it cannot be told beforehand."""
        response = self.endpoint.response
        if response is None or self.endpoint.envelope is not None or not self.usual.succeeds:
            return None
        if not self.endpoint.media_types and not _is_plain(response.type):
            return None
        try:
            found = evaluate(response, self.usual.data)
        except Unsure:
            return None
        if not self.endpoint.media_types and not _is_json(found):
            return None
        return str(found).encode() if self.endpoint.media_types else found

    # ------------------------------------------------------------------------------------------------- samples

    def request(self, data: Data) -> SampleRequest:
        """A request with the parameters and the body of the data; parameters without a value are left out."""
        endpoint, path, query = self.endpoint, self.endpoint.path, list[tuple[str, str]]()
        headers: list[tuple[str, str]] = []
        cookies: list[str] = []
        for param in endpoint.params:
            value = data.known[Role.PARAM, param.name]
            spelled = [_spelled(one) for one in (value if isinstance(value, list) else [value]) if one is not None]
            if param.location == "path":
                path = path.replace(f"{{{param.wire_name}}}", quote("".join(spelled), safe=""))
            elif param.has_default and value == param.default:
                continue
            elif param.location == "query":
                query += [(param.wire_name, text) for text in spelled]
            elif param.location == "header":
                headers += [(param.wire_name, text) for text in spelled]
            else:
                cookies += [f"{param.wire_name}={text}" for text in spelled]
        headers += [("Cookie", "; ".join(cookies))] if cookies else []
        url = f"{path}?{urlencode(query)}" if query else path
        body = data.known.get((Role.BODY, "body"))
        if is_raw(endpoint.body):
            kind = next(iter(raw_media_types(endpoint)), "*/*").replace("*/*", "application/octet-stream")
            headers.append(("content-type", kind))
            body = str(body).encode()
        elif is_upload(endpoint.body) and isinstance(endpoint.body, ObjectType):
            body = sample_form(body, endpoint.body)
        by, claims = sample_caller(endpoint.access) if endpoint.access is not None else ("", {})
        claims = data.known.get((Role.CLAIMS, "claims"), claims)
        return SampleRequest(endpoint.method, url, tuple(headers), body, endpoint.body is not None, by, claims)

    def _replies(self, data: Data) -> tuple[tuple[str, SampleReply], ...]:
        made: dict[str, SampleReply] = {}
        for call in leaves(self.endpoint.calls):
            body = data.known[reply_key(self.endpoint, call)]
            headers = reply_headers(self.endpoint, call)
            body, media_type = wire_reply(call, body)
            has_body = not isinstance(call.reply, Null)
            reply = SampleReply(reply_status(call.operation), body, has_body, headers, media_type)
            made.setdefault(operation_label(call.operation), reply)
            if call.undo is not None:
                status, body = sample_reply(call.undo.operation)
                undone = SampleReply(status, body, body is not None)
                made.setdefault(operation_label(call.undo.operation), undone)
        return tuple(made.items())

    def _newer(self) -> tuple[tuple[str, SampleReply], ...]:
        """The replies with more in them, where that must make no difference."""
        data = Data({**self.data.known}, self.data.lets)
        for call in leaves(self.endpoint.calls):
            key = reply_key(self.endpoint, call)
            data[key] = widened(self.data.known[key], call.reply)
        same = self.usual.succeeds and self._simulate(data) == self.usual
        return self._replies(data) if same and data.known != self.data.known else ()

    def _invalid(self) -> SampleRequest | None:
        """A request that is refused at the edge."""
        request = self.request(self.data)
        if isinstance(self.endpoint.body, ObjectType):
            if is_upload(self.endpoint.body):
                needed = any(f.required and not is_nullable(f.type) for f in self.endpoint.body.fields.values())
                empty = replace(request, body=SampleForm(()), has_body=True)
                return empty if needed else None
            return replace(request, body=["no object"], has_body=True)
        for param in self.endpoint.params:
            number = isinstance(param.type, Scalar) and param.type.kind in (Kind.INTEGER, Kind.NUMBER)
            if number and param.location in ("path", "query"):
                return self._with_text(param.name, request)
        return None

    def _with_text(self, name: str, request: SampleRequest) -> SampleRequest:
        data = Data({**self.data.known, (Role.PARAM, name): "no-number"}, self.data.lets)
        changed = self.request(data)
        return replace(request, url=changed.url)

    # ------------------------------------------------------------------------------------------------ failures

    def _failures(self) -> Iterator[FailureCase]:
        for call in leaves(self.endpoint.calls):
            label = operation_label(call.operation)
            if self._may_ask(call, label) and label in self.single:
                for fault in _faults(call):
                    yield self._failure(call, label, fault)

    def _may_ask(self, call: CheckedCall, label: str) -> bool:
        top = call in self.endpoint.calls
        return label in self.usual.asked or (top and not call.lazy and self.usual.made.get(call.name) is None)

    def _failure(self, call: CheckedCall, label: str, fault: Fault) -> FailureCase:
        outcome = self._simulate(self.data, {label: fault})
        sure = outcome.succeeds and label in self.usual.asked and not outcome.doubtful
        degraded = ", ".join(sorted(outcome.degraded)) if sure else None
        reply = failure_reply(call.operation, fault) if isinstance(fault, int) else fault
        return FailureCase(label, reply, _sorted(outcome.statuses), degraded)

    def _refusals(self) -> Iterator[RefusalCase]:
        """For each guard data that it refuses while the others are content, where that is simply made."""
        before = [step for step in self.schedule.before if isinstance(step, CheckedGuard)]
        for guard in [*before, *(guard for node in self.schedule.nodes for guard in guards_of(node))]:
            data = satisfied(guard.that, False, self.data)
            if data is None:
                continue
            outcome = self._simulate(data)
            if outcome.statuses == {guard.status}:
                usual, replies = dict(self._replies(self.data)), self._replies(data)
                changed = tuple((label, reply) for label, reply in replies if usual[label] != reply)
                yield RefusalCase(self.request(data), changed, (guard.status,))

    # --------------------------------------------------------------------------------------------- concurrency

    def _meetings(self) -> tuple[tuple[str, ...], ...]:
        """Operations of the same depth: none waits for another, so all are under way together."""
        levels: dict[int, list[str]] = {}
        depth: dict[str, int] = {}
        for node in self.schedule.nodes:
            late = node.late if isinstance(node, CallNode) else ()
            level = max((depth[key] + 1 for key in (*node.values, *node.waits)), default=0)
            depth[node.key] = max([level, *(depth[key] + 1 for key in late)])
            if isinstance(node, CallNode) and isinstance(node.call, CheckedCall) and self._certain(node.call):
                levels.setdefault(level, []).append(operation_label(node.call.operation))
        return tuple(tuple(labels) for _, labels in sorted(levels.items()) if len(labels) > 1)

    def _certain(self, call: CheckedCall) -> bool:
        label = operation_label(call.operation)
        return self.usual.succeeds and label in self.usual.asked and label in self.single

    def _cancelled(self) -> tuple[str, str, float] | None:
        """A hard call, and a read beside it that is cancelled when the hard one fails."""
        roots = [n for n in self.schedule.nodes if isinstance(n, CallNode) and not (n.values or n.waits)]
        calls = [node.call for node in roots if isinstance(node.call, CheckedCall) and is_plain(node.call)]
        certain = [call for call in calls if self._certain(call)]
        hard = [call for call in certain if is_hard(call, 500) and not call.write]
        long = [call for call in certain if not call.write and call.timeout >= _LEAST_TIMEOUT]
        for first in hard:
            for second in sorted(long, key=lambda call: -call.timeout):
                if first is not second and self.endpoint.deadline >= _LEAST_TIMEOUT:
                    seconds = min(second.timeout, self.endpoint.deadline) / 2
                    return operation_label(first.operation), operation_label(second.operation), seconds
        return None


def _is_json(value: Any) -> bool:
    """Whether the value is as it will be read: keys of maps are texts."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_json(one) for key, one in value.items())
    return not isinstance(value, (list, tuple)) or all(map(_is_json, value))


def _alike(calls: Iterable[CheckedCall]) -> bool:
    """Whether two operations have one method and path."""
    found = {operation_label(c.operation): (c.operation.backend, c.operation.method, c.operation.path) for c in calls}
    return len(set(found.values())) < len(found)


def _agreeable(endpoint: CheckedEndpoint, plan: Schedule, data: Data) -> Data:
    """The data changed so that every call is made and every guard content, as far as that is simply done."""
    conditions = [step.that for step in plan.before if isinstance(step, CheckedGuard)]
    for node in plan.nodes:
        if isinstance(node, CallNode) and node.call.when is not None:
            conditions.append(node.call.when)
        conditions += [guard.that for guard in guards_of(node)]
    for call in leaves(endpoint.calls):
        if call.success is not None:
            data = _answering(call.success, endpoint, call, data)
        for condition in endings(call):
            data = _answering(condition, endpoint, call, data)
    for condition in conditions:
        data = satisfied(condition, True, data) or data
    by_operation: dict[str, Any] = {}
    for call in leaves(endpoint.calls):
        key = reply_key(endpoint, call)
        data[key] = by_operation.setdefault(operation_label(call.operation), data.known[key])
    return data


def _answering(condition: Expr, endpoint: CheckedEndpoint, call: CheckedCall, data: Data) -> Data:
    """The data with an answer to the call of which the condition holds, if that is simply made."""
    key = reply_key(endpoint, call)
    answered = Data({**data.known, (Role.ANSWER, "answer"): data.known[key]}, data.lets)
    made = satisfied(condition, True, answered)
    if made is None:
        return data
    made[key] = made.known.pop((Role.ANSWER, "answer"))
    return made


def _is_plain(of: Type) -> bool:
    """Whether data of the type goes through the gateway exactly as it is."""
    for one in all_inside(of):
        if isinstance(one, (Union, Unknown)) or (isinstance(one, Scalar) and one.kind is Kind.BYTES):
            return False
        if isinstance(one, ObjectType) and one.extra is not None:
            return False
    return True


def _faults(call: CheckedCall) -> list[Fault]:
    """The ways to fail that make a difference, and the usual ones."""
    found: dict[Fault, None] = dict.fromkeys([500, "timeout", "unreachable"])
    if not isinstance(call.reply, Null) and not _is_anything(call):
        found["invalid"] = None
    found.update(dict.fromkeys(passed_statuses(call)))
    for reaction in call.reactions:
        if isinstance(reaction.when, int):
            found[reaction.when] = None
        elif reaction.when in ("4xx", "5xx"):
            first = 400 if reaction.when == "4xx" else 500
            free = [s for s in (first, first + 3, first + 1) if matching(call, s) is reaction]
            found.update(dict.fromkeys(free[:1]))
    return list(found)


def _is_anything(call: CheckedCall) -> bool:
    """Whether a page of HTML is an answer, too."""
    kinds = set(media_types(call.operation)) if is_download(call.reply) or is_text_answer(call.operation) else set()
    return not kinds.isdisjoint({"*/*", "text/*", "text/html"})


def _spelled(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _sorted(statuses: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(statuses))


def operation_plans(clients: Clients) -> tuple[OperationPlan, ...]:
    """Every operation in use, those with fewer variables in the path first."""
    found: dict[str, OperationPlan] = {}
    for backend in clients.backends:
        for used in backend.operations:
            operation = used.operation
            parts = re.split(r"\{[^{}]*\}", operation.path)
            pattern = "[^/]*".join(re.escape(part) for part in parts)
            found[used.label] = OperationPlan(used.label, backend.attribute, operation.method, pattern)
    return tuple(sorted(found.values(), key=lambda plan: (plan.pattern.count("[^/]*"), plan.label)))
