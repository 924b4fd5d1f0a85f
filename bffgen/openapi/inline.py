"""Operations that the spec declares because a document omits them."""

from __future__ import annotations

from bffgen.openapi.model import (
    Content,
    InlineOperation,
    InlineParameter,
    Operation,
    Parameter,
    RequestBody,
    Response,
    Value,
)
from bffgen.openapi.operations import split_path, template_names
from bffgen.typesystem.model import BYTES, NO_DOCS, TEXT, Type

JSON = "application/json"


def operation_of(backend: str, written: InlineOperation) -> Operation:
    """An operation as if a document declared it: JSON on both sides, or bytes; default styles."""
    template, query = split_path(written.path)
    body = _body(written)
    return Operation(
        backend,
        written.id,
        written.key,
        written.method.upper(),
        template,
        query,
        None,
        None,
        _parameters(written, template),
        body,
        (_response(written),),
        written.span,
        bodies=(body,) if body is not None else (),
    )


def _parameters(written: InlineOperation, template: str) -> tuple[Parameter, ...]:
    names = template_names(template)
    declared = {p.name for p in written.params if p.location == "path"}
    undeclared = [InlineParameter(name, "path", True, TEXT) for name in names if name not in declared]
    found = (*written.params, *undeclared)
    return tuple(_parameter(p, written) for p in found if p.location != "path" or p.name in names)


def _parameter(parameter: InlineParameter, written: InlineOperation) -> Parameter:
    in_pairs = parameter.location in ("query", "cookie")
    return Parameter(
        parameter.name,
        parameter.location,
        parameter.required or parameter.location == "path",
        lambda: Value(parameter.type, NO_DOCS, None),
        "form" if in_pairs else "simple",
        in_pairs,
        False,
        False,
        parameter.span or written.span,
    )


def _body(written: InlineOperation) -> RequestBody | None:
    if written.body is None:
        return None
    of = written.body
    return RequestBody(_media_type(of), lambda: of, written.body_required, NO_DOCS, written.span)


def _response(written: InlineOperation) -> Response:
    of = written.response
    content = Content() if of is None else Content(_media_type(of), of)
    usual: int | str = 200 if of is not None else "2XX"
    return Response(written.status or usual, lambda: content, written.span)


def _media_type(of: Type) -> str:
    return "application/octet-stream" if of == BYTES else JSON
