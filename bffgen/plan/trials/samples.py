"""Sample data of an endpoint: a request, and what its backends answer."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import field
from typing import Any

from bffgen.check.media import OCTETS, is_download, is_text_answer, item_of, media_types
from bffgen.check.model import (
    CheckedBlock,
    CheckedCall,
    CheckedEndpoint,
    CheckedEntry,
    CheckedLet,
    CheckedParam,
    leaves,
)
from bffgen.expr import tree
from bffgen.expr.tree import Expr, HeaderOf, Ref, Role
from bffgen.openapi.fits import fits
from bffgen.openapi.media import EVENTS
from bffgen.openapi.model import Operation, Parameter
from bffgen.openapi.pattern import keeps_pattern
from bffgen.openapi.sample import sample, sample_reply, success_response
from bffgen.plan.schemas import Models
from bffgen.plan.shapes import fields_of
from bffgen.plan.trials.callers import sample_caller
from bffgen.plan.trials.evaluate import evaluate
from bffgen.plan.walk import scope_exprs, walk
from bffgen.records import dataclass
from bffgen.typesystem.model import (
    BOOLEAN,
    INTEGER,
    Kind,
    ListType,
    MapType,
    Null,
    Nullable,
    ObjectType,
    Scalar,
    StreamType,
    Type,
    Union,
    non_null,
)

Key = tuple[Role, str]
JSON = "application/json"


@dataclass(eq=False)
class Data(MutableMapping[Key, Any]):
    """Values by role and name: `known` ones, and any `let`, worked out from them whenever it is asked for."""

    known: dict[Key, Any]
    lets: Mapping[str, CheckedLet] = field(default_factory=dict)

    def __getitem__(self, key: Key) -> Any:
        role, name = key
        if role is Role.LET and name in self.lets:
            return evaluate(self.lets[name].value, self)
        return self.known[key]

    def __setitem__(self, key: Key, value: Any) -> None:
        self.known[key] = value

    def __delitem__(self, key: Key) -> None:
        del self.known[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)

    def __deepcopy__(self, memo: dict[int, Any]) -> Data:
        return Data(copy.deepcopy(self.known, memo), self.lets)


def sample_data(endpoint: CheckedEndpoint, models: Models) -> Data:
    """A request with what it must have, and a plain success from every backend."""
    values: dict[Key, Any] = {}
    for param in endpoint.params:
        values[Role.PARAM, param.name] = _param(param, _uses(endpoint, param))
    if endpoint.body is not None:
        values[Role.BODY, "body"] = sample(endpoint.body)
    if endpoint.access is not None and endpoint.reads_claims:
        values[Role.CLAIMS, "claims"] = sample_caller(endpoint.access)[1]
    replies: dict[str, Any] = {}
    for call in leaves(endpoint.calls):
        label = operation_label(call.operation)
        if label not in replies:
            replies[label] = reply_of(call, models)
        values[reply_key(endpoint, call)] = replies[label]
    return Data(values, {let.name: let for let in endpoint.lets})


def is_plain(entry: CheckedEntry) -> bool:
    """Whether the name of an entry stands for what one request of it answers."""
    if isinstance(entry, CheckedBlock) or entry.lazy:
        return False
    return not (entry.each or entry.batch or entry.pages or entry.items or entry.key)


def reply_key(endpoint: CheckedEndpoint, call: CheckedCall) -> Key:
    """Where the data has what the backend answers to a call: under its name if that is what the name stands for."""
    if call in endpoint.calls and is_plain(call):
        return Role.CALL, call.name
    return Role.ANSWER, operation_label(call.operation)


def endings(call: CheckedCall) -> Iterator[Expr]:
    """Conditions of which one must hold for the pages of a call to come to an end with the same answer each time."""
    if call.pages is None:
        return
    span = call.span
    if call.pages.until is not None:
        yield call.pages.until
    elif call.pages.next is not None:
        yield tree.IsNull(call.pages.next, False, BOOLEAN, span)
    elif call.items is not None and call.pages.by != "link":
        yield tree.Compare(
            "==",
            tree.CallFunction("len", (call.items,), (), INTEGER, span),
            tree.Literal(0, INTEGER, span),
            BOOLEAN,
            span,
        )


def _param(param: CheckedParam, uses: Sequence[Parameter]) -> Any:
    if param.has_default:
        return param.default
    if not param.required:
        return None
    own = sample(param.type, param.docs, param.name)
    found = [own, *(sample(use.type, use.docs, use.name) for use in uses)]  # each use may have a pattern
    if param.location == "path":
        tries = (*found, sample(param.type, name=param.name), param.name, "a", "1")
        found = [one for one in tries if _is_segment(one)] or [own]
    types = [param.type, *(use.type for use in uses)]
    fitting = (one for one in found if all(is_accepted(one, of) for of in types))
    data = next(fitting, next((one for one in found if is_accepted(one, param.type)), found[0]))
    is_uuid = isinstance(param.type, Scalar) and param.type.kind is Kind.UUID
    return data.lower() if is_uuid and isinstance(data, str) else data


def _uses(endpoint: CheckedEndpoint, param: CheckedParam) -> list[Parameter]:
    """The parameters of backends that the parameter is passed to as it is."""
    asked = (Role.PARAM, param.name)
    arguments = [argument for call in leaves(endpoint.calls) for argument in call.arguments]
    passed = [(a.value, a.parameter) for a in arguments]
    return [to for value, to in passed if isinstance(value, Ref) and (value.role, value.name) == asked]


def _is_segment(data: Any) -> bool:
    """Whether a path may have the value: servers decode `%2F` before they look where it goes."""
    return not isinstance(data, str) or not (data in ("", ".", "..") or "/" in data)


def operation_label(operation: Operation) -> str:
    """How the emitted tests call an operation: `catalog.getProduct`."""
    return f"{operation.backend}.{operation.key}"


def reply_of(call: CheckedCall, models: Models) -> Any:
    """What the backend answers: the document's sample, of which only the fields in use are kept."""
    if isinstance(call.reply, Null):
        return None
    if isinstance(call.reply, StreamType):
        return [pruned(sample(call.reply.item), call.reply.item, models)]
    if is_download(call.reply):
        return "sample bytes"
    if is_text_answer(call.operation):
        return "sample text"
    data = sample_reply(call.operation)[1]
    if data is None or not fits(data, call.reply):
        data = sample(non_null(call.reply))
    return pruned(data, call.reply, models)


def wire_reply(call: CheckedCall, data: Any) -> tuple[Any, str]:
    """The answer as it is sent: bytes where it is no JSON, and its media type."""
    if isinstance(call.reply, StreamType):
        found = item_of(call.operation)
        is_events = found is not None and found[0] == EVENTS
        texts = [one if is_events and isinstance(one, str) else json.dumps(one) for one in data]
        lines = [f"data: {text}\n\n" if is_events else f"{text}\n" for text in texts]
        return "".join(lines).encode(), found[0] if found is not None else JSON
    if isinstance(data, str) and (is_download(call.reply) or is_text_answer(call.operation)):
        kind = next(iter(media_types(call.operation)), "*/*")
        return data.encode(), kind.replace("image/*", "image/png").replace("*/*", OCTETS).replace("*", "plain")
    return data, JSON


def reply_status(operation: Operation) -> int:
    """The status of a plain success."""
    response = success_response(operation)
    return response.status if response is not None and isinstance(response.status, int) else 200


def reply_headers(endpoint: CheckedEndpoint, call: CheckedCall) -> tuple[tuple[str, str], ...]:
    """The headers of the answer that the endpoint reads."""
    names = {n.name for n in walk(*scope_exprs(endpoint)) if isinstance(n, HeaderOf) and n.call == call.name}
    return tuple((name, "sample") for name in sorted(names))


def pruned(data: Any, of: Type, models: Models) -> Any:
    """The data without what no expression reads."""
    match of:
        case Nullable(inner):
            return None if data is None else pruned(data, inner, models)
        case ListType(item) if isinstance(data, list):
            return [pruned(one, item, models) for one in data]
        case MapType(_, value) if isinstance(data, dict):
            return {key: pruned(one, value, models) for key, one in data.items()}
        case ObjectType() if isinstance(data, dict):
            return _pruned_object(data, of, models)
        case Scalar(Kind.UUID) if isinstance(data, str):
            return data.lower()
    return data


def _pruned_object(data: dict[str, Any], of: ObjectType, models: Models) -> Any:
    keys = models.keys(of)
    if not keys or any(models.usage.is_whole(key) for key in keys):
        known = of.extra is not None
        return {
            name: pruned(value, of.fields[name].type, models) if name in of.fields else value
            for name, value in data.items()
            if known or name in of.fields
        }
    kept = {name for key in keys for name in models.usage.kept(key)}
    holders = [of.fields, *reversed([fields_of(key) for key in keys])]
    fields = {name: next(fields[name] for fields in holders if name in fields) for name in data if name in kept}
    return {name: pruned(data[name], field.type, models) for name, field in fields.items()}


def is_accepted(data: Any, of: Type) -> bool:
    """Whether the validators of the emitted project take the data: they have a regex engine of their own."""
    return fits(data, of) and _patterns_hold(data, of)


def _patterns_hold(data: Any, of: Type) -> bool:
    match of:
        case Nullable(inner):
            return data is None or _patterns_hold(data, inner)
        case ListType(item) if isinstance(data, list):
            return all(_patterns_hold(one, item) for one in data)
        case MapType(_, value) if isinstance(data, dict):
            return all(_patterns_hold(one, value) for one in data.values())
        case ObjectType() if isinstance(data, dict):
            return all(_patterns_hold(one, of.fields[n].type) for n, one in data.items() if n in of.fields)
        case Union(arms):
            return any(is_accepted(data, arm) for arm in arms)
        case Scalar() if isinstance(data, str) and of.bounds.pattern and not of.values:
            return keeps_pattern(of.bounds.pattern, data)
    return True


def widened(data: Any, of: Type) -> Any:
    """The data as a newer backend may send it: with further fields, and members that enums do not know."""
    match of:
        case Nullable(inner):
            return None if data is None else widened(data, inner)
        case ListType(item) if isinstance(data, list):
            return [widened(one, item) for one in data]
        case MapType(_, value) if isinstance(data, dict):
            return {key: widened(one, value) for key, one in data.items()}
        case ObjectType() if isinstance(data, dict):
            made = {n: widened(v, of.fields[n].type) if n in of.fields else v for n, v in data.items()}
            return made if of.extra is not None else {**made, NEWER: [{}]}
        case Scalar(_, values, True) if values and isinstance(data, str):
            return NEWER
        case Union():
            return data
    return data


NEWER = "newer-than-the-document"
"""A field, and a member of enums, that no document has."""
