"""Bodies by their media types: what is JSON, what is a form, what is passed on as bytes."""

from __future__ import annotations

from collections.abc import Iterator

from bffgen.check.model import CheckedBlock, CheckedCall, CheckedEndpoint, CheckedEntry, UseOther, leaves
from bffgen.expr import tree
from bffgen.expr.tree import Role
from bffgen.openapi.media import bare, is_json, is_text, may_be_json
from bffgen.openapi.model import Operation, RequestBody, Response
from bffgen.spec import model as spec
from bffgen.typesystem.model import (
    BYTES,
    DOWNLOAD,
    NULL,
    TEXT,
    Kind,
    ListType,
    Nullable,
    ObjectType,
    Scalar,
    StreamType,
    Type,
    Unknown,
    non_null,
)
from bffgen.typesystem.relations import join_all

OCTETS = "application/octet-stream"


# ---------------------------------------------------------------------------------------------- answers


def answered(operation: Operation) -> Type:
    """What a successful call gives: JSON joins, no content beside some is null, text is a text.

    Where anything else may come, or text beside JSON, the answer is bytes.
    """
    answers = operation.success()
    kinds = {_kind(answer) for answer in answers if answer.type is not None}
    if "bytes" in kinds or len(kinds) > 1:
        return DOWNLOAD
    return join_all([NULL if answer.type is None else answer.type for answer in answers]) if answers else NULL


def says_no_content(operation: Operation) -> bool:
    """Whether the document shows no content of any success, although one has a status that may have some."""
    answers = operation.success()
    empty = all(answer.type is None for answer in answers)
    return empty and any(answer.status not in (204, 205) for answer in answers)


def _kind(answer: Response) -> str:
    media_type = answer.media_type or ""
    if answer.type == BYTES:
        return "bytes"
    return "json" if is_json(media_type) or may_be_json(media_type) else "text" if is_text(media_type) else "bytes"


def is_text_answer(operation: Operation) -> bool:
    """Whether a success is a text as it is, and not JSON."""
    kinds = {_kind(answer) for answer in operation.success() if answer.type is not None}
    return kinds == {"text"}


def is_download(of: Type) -> bool:
    """Whether a value is an answer in bytes."""
    return isinstance(of, Scalar) and of.kind is Kind.BYTES and of.format == DOWNLOAD.format


def is_raw(of: Type | None) -> bool:
    """Whether a value is the body of the client's request as it arrives, or null where there may be none."""
    of = None if of is None else non_null(of)
    return isinstance(of, Scalar) and of.kind is Kind.BYTES and of.format == "body"


def holds_download(of: Type) -> bool:
    """Whether bytes of an answer, or a stream, are in a value."""
    if isinstance(of, StreamType):
        return True
    if isinstance(of, ListType):
        return holds_download(of.item)
    return is_download(non_null(of))


def media_types(operation: Operation) -> tuple[str, ...]:
    """What a success may be, in the document's order; `*/*` where it does not say."""
    found = [bare(content.media_type or "") for answer in operation.success() for content in answer.contents]
    return tuple(dict.fromkeys("*/*" if may_be_json(name) else name for name in found))


def passed_statuses(operation: Operation) -> tuple[int, ...]:
    """The statuses of a success in bytes, the usual one first, and `Not Modified` where it is documented."""
    found = [answer.status for answer in operation.success() if isinstance(answer.status, int)]
    asked = [answer.status for answer in operation.responses if answer.status == 304]
    return tuple(dict.fromkeys([*(found or [200]), *(status for status in asked if isinstance(status, int))]))


def sources(name: str, calls: tuple[CheckedEntry, ...]) -> Iterator[CheckedCall]:
    """The calls of which the value of one may come: itself, and those that may take its place."""
    call = next((call for call in calls if call.name == name), None)
    if isinstance(call, CheckedCall):
        yield call
        for reaction in call.reactions:
            if isinstance(reaction.action, UseOther):
                yield from sources(reaction.action.call, calls)


# ---------------------------------------------------------------------------------------------- requests


def request_body(operation: Operation, wants_bytes: bool) -> RequestBody | None:
    """The body that a call sends: the one to prefer, but one with files where the endpoint takes files."""
    if wants_bytes:
        return next((body for body in operation.bodies if has_files(body.type)), operation.body)
    return operation.body


def takes_bytes(endpoint: spec.Endpoint) -> bool:
    """Whether an endpoint's `body:` says that bytes come in."""
    written = endpoint.body
    texts = [written] if isinstance(written, spec.TypeText) else list((written or {}).values())
    return any("bytes" in text.text.replace("[", " ").replace("]", " ").split() for text in texts)


def has_files(of: Type) -> bool:
    """Whether a body is bytes, or a form with files."""
    of = non_null(of)
    return of == BYTES or (isinstance(of, ObjectType) and any(map(is_file, (f.type for f in of.fields.values()))))


def is_file(of: Type) -> bool:
    """Whether a field of a form is a file, or some."""
    match of:
        case Nullable(inner) | ListType(inner):
            return is_file(inner)
    return of == BYTES


def is_upload(of: Type | None) -> bool:
    """Whether an endpoint's body is a form with files: `multipart/form-data`."""
    return isinstance(of, ObjectType) and has_files(of)


def raw_media_types(endpoint: CheckedEndpoint) -> tuple[str, ...]:
    """What a raw body may be: what the operations take that it is sent to; `*/*`: anything."""
    found = [bare(call.request.media_type) for call in leaves(endpoint.calls) if call.request and sends_raw(call)]
    return tuple(dict.fromkeys(name if "*" not in name else "*/*" for name in found))


def sends_raw(call: CheckedCall) -> bool:
    """Whether the call sends the client's body on as it arrives."""
    return isinstance(call.body, tree.Ref) and call.body.role is Role.BODY and is_raw(call.body.type)


def item_of(operation: Operation) -> tuple[str, Type] | None:
    """The media type of a stream that an operation answers, and the type of its items; None where there is none."""
    for answer in operation.success():
        for content in answer.contents:
            if content.item_type is not None:
                return bare(content.media_type or ""), content.item_type
    return None


def is_undeclared(media_type: str, item: Type) -> bool:
    """Whether the document says nothing of an item: what an event holds is a text then."""
    return isinstance(item, Unknown) or (media_type == "text/event-stream" and item == TEXT)


def entries(calls: tuple[CheckedEntry, ...]) -> Iterator[CheckedEntry]:
    """Every call and block, those inside of blocks too."""
    for call in calls:
        yield call
        if isinstance(call, CheckedBlock):
            yield from entries(call.calls)
