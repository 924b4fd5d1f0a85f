"""What an endpoint passes on as bytes or item by item: bodies that come in, answers that go out."""

from __future__ import annotations

import ast

from bffgen.check.media import is_raw, is_upload, passed_statuses, raw_media_types, sources
from bffgen.check.model import CheckedEndpoint
from bffgen.expr.emit import condition, emit
from bffgen.expr.tree import Expr, Loop, Not, Ref, Role
from bffgen.plan.blocks import in_composing
from bffgen.plan.emitted_names import EndpointNames, Module
from bffgen.plan.model import ArgumentPlan
from bffgen.plan.quote import called, code, constant, name, quote
from bffgen.typesystem.model import (
    BOOLEAN,
    Kind,
    ListType,
    ObjectType,
    Scalar,
    StreamType,
    Type,
    is_nullable,
    non_null,
    nullable,
)

_STREAMS = {"lines": "LineStream", "events": "EventStream"}
_TEXTS = (Kind.TEXT, Kind.DATE, Kind.DATETIME, Kind.UUID, Kind.BYTES)


# ---------------------------------------------------------------------------------------------- bodies


def takes_stream(endpoint: CheckedEndpoint) -> bool:
    """Whether the body is larger than JSON may be: a form with files, or bytes."""
    return is_raw(endpoint.body) or is_upload(endpoint.body)


def streamed_body(endpoint: CheckedEndpoint, module: Module) -> ArgumentPlan:
    """The parameter for a body in bytes, or a form with files."""
    assert endpoint.body is not None
    read, made = _reader(endpoint, module), module.annotation(endpoint.body)
    if not endpoint.body_required:
        made = code("made | None", made=made)
        may_be_none = "body_or_none" if is_raw(endpoint.body) else "form_or_none"
        read = called(module.runtime("received", may_be_none), read)
    depends = called(module.imported("fastapi", "Depends"), name(module.constant("_read_body", read)))
    annotated = module.imported("typing", "Annotated")
    return ArgumentPlan("body", code("Annotated[made, depends]", Annotated=annotated, made=made, depends=depends))


def _reader(endpoint: CheckedEndpoint, module: Module) -> ast.expr:
    body = endpoint.body
    if not isinstance(body, ObjectType):
        kinds = raw_media_types(endpoint)
        made = called(module.runtime("received", "body_reader"))
        made.args += [] if "*/*" in kinds or not kinds else [ast.Set([constant(kind) for kind in kinds])]
        return made
    lists = [field.name for field in body.fields.values() if isinstance(non_null(field.type), ListType)]
    json = [field.name for field in body.fields.values() if not _is_text(field.type)]
    return called(
        module.runtime("received", "form_reader"),
        name(module.adapter(body)),
        lists=ast.Set([constant(field) for field in lists]) if lists else None,
        json=ast.Set([constant(field) for field in json]) if json else None,
    )


def _is_text(of: Type) -> bool:
    """Whether a part of a form is read as it is: a text, or a file."""
    inner = non_null(of)
    inner = non_null(inner.item) if isinstance(inner, ListType) else inner
    return isinstance(inner, Scalar) and inner.kind in _TEXTS


# ---------------------------------------------------------------------------------------------- answers


def is_passed_on(endpoint: CheckedEndpoint) -> bool:
    """Whether the answer is no JSON: bytes, or a stream."""
    return bool(endpoint.media_types) or endpoint.stream is not None


def result_class(endpoint: CheckedEndpoint, module: Module) -> ast.expr:
    """The class of such an answer."""
    if endpoint.stream is None:
        return name(module.imported("fastapi", "Response"))
    return name(module.runtime("streams", _STREAMS[endpoint.stream.form]))


def own_status(endpoint: CheckedEndpoint) -> int | None:
    """The status that the spec gives bytes, where it is not the backend's own."""
    if not endpoint.media_types or endpoint.status is not None or not isinstance(endpoint.response, Ref):
        return None
    calls = sources(endpoint.response.name, endpoint.calls)
    passed = [status for call in calls for status in passed_statuses(call.operation)]
    return endpoint.statuses[0] if endpoint.statuses[0] not in passed else None


def passed_on(endpoint: CheckedEndpoint, names: EndpointNames, uses_response: bool) -> list[ast.stmt]:
    """The statements that answer."""
    response = endpoint.response
    if isinstance(response, Loop):
        return _stream(endpoint, response, names, uses_response)
    assert isinstance(response, Ref)
    made = called(ast.Attribute(emit(response, names), "response", ast.Load()))
    made.args += [name("response")] if uses_response else []
    return quote("return made", made=made)


def _stream(endpoint: CheckedEndpoint, loop: Loop, names: EndpointNames, uses_response: bool) -> list[ast.stmt]:
    assert endpoint.stream is not None
    module, [clause] = names.module, loop.clauses
    assert clause.target.name is not None and isinstance(clause.source.type, StreamType)
    of = non_null(loop.element.type)
    may_skip = bool(clause.conditions) or is_nullable(loop.element.type)
    skips = (
        quote("if left_out:\n    return None", left_out=_none_of(clause.conditions, names)) if clause.conditions else []
    )
    answer = in_composing(quote("return value", value=emit(loop.element, names)), module)
    one = names.machinery("one")
    item = names.ref(Role.LOOP, clause.target.name)
    made = quote(
        "async def one(item: of) -> element:\n    body",
        one=one,
        of=module.annotation(clause.source.type.item),
        element=module.annotation(nullable(of) if may_skip else of),
        body=[*skips, *answer],
    )
    function = made[0]
    assert isinstance(function, ast.AsyncFunctionDef)
    function.args.args[0].arg = item
    stream = called(
        result_class(endpoint, module),
        emit(clause.source, names),
        name(one),
        name(module.adapter(of)),
        call=constant(endpoint.stream.call),
        base=name("response") if uses_response else None,
    )
    return [*made, *quote("return stream", stream=stream)]


def _none_of(conditions: tuple[Expr, ...], names: EndpointNames) -> ast.expr:
    """Whether one of the conditions is false."""
    tests = [condition(Not(test, BOOLEAN, test.span), names) for test in conditions]
    return tests[0] if len(tests) == 1 else ast.BoolOp(ast.Or(), tests)
