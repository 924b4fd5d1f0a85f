"""The spec's own examples as tests of the project."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from bffgen.check.example import CheckedExample, ExampleReply
from bffgen.check.model import CheckedCall, CheckedEndpoint, leaves_by_path
from bffgen.expr.tree import Role
from bffgen.openapi.media import is_json
from bffgen.openapi.model import Operation
from bffgen.openapi.sample import sample, sample_reply
from bffgen.plan.schemas import Models
from bffgen.plan.trials.model import ExampleCase, SampleReply, SampleRequest, Script
from bffgen.plan.trials.samples import Data, operation_label, pruned, reply_of, reply_status
from bffgen.typesystem.model import ListType, MapType, Null, Nullable, ObjectType, Type, Union

Replies = Mapping[str, SampleReply]
"""What each operation answers, by its label."""


def plan_examples(
    endpoint: CheckedEndpoint, request: Callable[[Data], SampleRequest], usual: Replies, models: Models
) -> tuple[ExampleCase, ...]:
    """The tests of an endpoint's examples. What they leave out is answered as in `usual`."""
    if not endpoint.examples:
        return ()
    writer = _Writer(endpoint, {**dict(_every_reply(endpoint, models)), **usual}, models)
    return tuple(writer.case(example, request) for example in endpoint.examples)


def _every_reply(endpoint: CheckedEndpoint, models: Models) -> Iterator[tuple[str, SampleReply]]:
    """Sample replies of all calls, those inside of blocks and those that take a write back too."""
    for _, call in leaves_by_path(endpoint.calls):
        has_body = not isinstance(call.reply, Null)
        yield (
            operation_label(call.operation),
            SampleReply(reply_status(call.operation), reply_of(call, models), has_body),
        )
        if call.undo is not None:
            status, body = sample_reply(call.undo.operation)
            yield operation_label(call.undo.operation), SampleReply(status, body, body is not None)


class _Writer:
    def __init__(self, endpoint: CheckedEndpoint, usual: Replies, models: Models) -> None:
        self.endpoint = endpoint
        self.usual = usual
        self.models = models
        self.calls = dict(leaves_by_path(endpoint.calls))

    def case(self, example: CheckedExample, request: Callable[[Data], SampleRequest]) -> ExampleCase:
        known: dict[tuple[Role, str], Any] = {
            (Role.PARAM, param.name): example.params.get(param.name) for param in self.endpoint.params
        }
        made = request(Data({**known, (Role.BODY, "body"): example.body}))
        headers = (*made.headers, *example.headers.items())
        return ExampleCase(
            example.name,
            replace(made, headers=headers, body=example.body, has_body=example.has_body),
            tuple(sorted(self._scripts(example).items())),
            example.status or self.endpoint.statuses[0],
            example.expected,
            example.has_expected,
            example.exact,
        )

    def _scripts(self, example: CheckedExample) -> dict[str, Script]:
        """What each operation answers, call by call."""
        found = {label: Script(reply, ()) for label, reply in self.usual.items()}
        for path, replies in example.replies.items():
            call = self.calls[path]
            label = operation_label(call.operation)
            told = tuple(self._reply(reply, call) for reply in replies)
            found[label] = Script(found[label].otherwise, (*found[label].calls, (path, told)))
        return {label: self._simple(label, script) for label, script in found.items()}

    def _simple(self, label: str, script: Script) -> Script:
        """One reply where one call alone asks, once or always with the same answer."""
        asking = [call for call in self.calls.values() if operation_label(call.operation) == label]
        if len(asking) == len(script.calls) == 1 and len(script.calls[0][1]) == 1:
            return Script(script.calls[0][1][0], ())
        return script

    def _reply(self, reply: ExampleReply, call: CheckedCall) -> SampleReply | str:
        if reply.fault is not None:
            return reply.fault
        usual, headers = self.usual[operation_label(call.operation)], tuple(reply.headers.items())
        status = reply.status or usual.status
        if status == usual.status or status < 300:
            body = completed(reply.body, call.reply, self.models) if reply.has_body else usual.body
            return SampleReply(status, body, reply.has_body or usual.has_body, headers, usual.media_type)
        failed = failure_reply(call.operation, status)
        if not reply.has_body:
            return SampleReply(status, failed.body, failed.has_body, headers, failed.media_type)
        return SampleReply(status, reply.body, True, headers, failed.media_type)


def completed(data: Any, of: Type, models: Models) -> Any:
    """Data of a type, with sample values for what must be there, is read, and was left out."""
    match of:
        case Nullable(inner):
            return None if data is None else completed(data, inner, models)
        case ListType(item) if isinstance(data, list):
            return [completed(each, item, models) for each in data]
        case MapType(_, value) if isinstance(data, dict):
            return {key: completed(each, value, models) for key, each in data.items()}
        case ObjectType() if isinstance(data, dict):
            return _completed_object(data, of, models)
        case Union(arms) if isinstance(data, dict):
            objects = [arm for arm in arms if isinstance(arm, ObjectType)]
            meant = [arm for arm in objects if data.keys() <= arm.fields.keys() and _is_tagged(data, arm, of)]
            return completed(data, meant[0], models) if meant else data
    return data


def _completed_object(data: dict[str, Any], of: ObjectType, models: Models) -> dict[str, Any]:
    kept = {name for key in models.keys(of) for name in models.usage.kept(key)}
    fields = of.fields
    made = {key: completed(each, fields[key].type, models) if key in fields else each for key, each in data.items()}
    for name, field in fields.items():
        if field.required and name in kept and name not in made:
            made[name] = pruned(sample(field.type, field.docs, name), field.type, models)
    return made


def _is_tagged(data: dict[str, Any], arm: ObjectType, of: Union) -> bool:
    if of.tag is None or of.tag not in data or not of.tags:
        return True
    return data[of.tag] in of.tags[of.arms.index(arm)]


def failure_reply(operation: Operation, status: int) -> SampleReply:
    """The documented answer for a status that is no success."""
    response = operation.failure(status)
    if response is None or response.type is None or not is_json(response.media_type or ""):
        return SampleReply(status, None, False)
    media_type = (response.media_type or "").split(";")[0].strip().lower()
    plain = media_type if media_type and "*" not in media_type else "application/json"
    return SampleReply(status, sample(response.type), True, (), plain)
