"""Operations that the spec declares because a document omits them: their types read, and put beside the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bffgen.check.operations import Backends, target
from bffgen.diagnostics.model import Label
from bffgen.openapi.document import Document
from bffgen.openapi.model import InlineOperation, InlineParameter
from bffgen.source.text import Span
from bffgen.spec import model as spec
from bffgen.spec.operation import DeclaredOperation, OperationParam, TypeText
from bffgen.typesystem.model import NO_DOCS, Field, ObjectType, Type, is_nullable, non_null
from bffgen.typesystem.names import class_name
from bffgen.typesystem.relations import BROKEN


def with_declared(backends: Backends) -> Backends:
    """The same backends, whose documents have the operations that the spec adds to them."""
    documents = dict(backends.documents)
    for name, backend in backends.whole.backends.items():
        if backend.operations and name in documents:
            document = documents[name]
            _report_hidden(backend, document, backends)
            documents[name] = document.with_operations(_operation(each, name, backends) for each in backend.operations)
    return replace(backends, documents=documents)


def _report_hidden(backend: spec.Backend, document: Document, backends: Backends) -> None:
    """An operation that is there already is mended by an overlay, and never hidden (BFF208)."""
    seen: dict[str, Span] = {}
    for operation in backend.operations:
        place = f"{operation.method} {operation.path}"
        for key in filter(None, (operation.operation_id, place)):
            first = seen.setdefault(key, operation.span)
            found = first if first is not operation.span else document.span_of(key)
            if found is not None:
                backends.diags.report(
                    "BFF208",
                    f"`{target(backend.name, key)}` is there already",
                    Label(operation.span, "declared again"),
                    Label(found, "first here"),
                    help="leave it out; an `overlay` mends what a document says of an operation",
                )
                break


def _operation(written: DeclaredOperation, backend: str, backends: Backends) -> InlineOperation:
    def read(what: TypeText | Mapping[str, TypeText] | None, part: str, request: bool) -> Type | None:
        if what is None:
            return None
        if isinstance(what, TypeText):
            return _type(what, backend, backends, request)
        name = class_name(f"{written.operation_id or written.method + written.path} {part}")
        fields = {key: _field(key, text, backend, backends, request) for key, text in what.items()}
        return ObjectType(name, backend, lambda: fields, place=written.span, request=request)

    body = read(written.body, "body", True)
    return InlineOperation(
        written.method,
        written.path,
        written.span,
        written.operation_id,
        tuple(_parameter(param, backend, backends) for param in written.params),
        non_null(body) if body is not None else None,
        body is not None and not is_nullable(body),
        read(written.response, "response", False),
        written.status,
    )


def _type(text: TypeText, backend: str, backends: Backends, request: bool) -> Type:
    found = backends.written_type(text, request, within=backend)
    return BROKEN if found is None else found


def _field(name: str, text: TypeText, backend: str, backends: Backends, request: bool) -> Field:
    of = _type(text, backend, backends, request)
    return Field(name, of, not (request and is_nullable(of)), NO_DOCS, text.node.span)


def _parameter(param: OperationParam, backend: str, backends: Backends) -> InlineParameter:
    """A nullable type is that of a parameter that may be left out."""
    of = _type(param.type, backend, backends, request=True)
    return InlineParameter(param.name, param.location, not is_nullable(of), non_null(of), param.span)
