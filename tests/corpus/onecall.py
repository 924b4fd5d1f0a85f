"""A document as a spec: one endpoint for each operation, which passes the answer on whole.

All that an operation takes comes from the client, under inferred params: scalars and lists of them where the
operation has them, anything else as a field of the body.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bffgen.check.gateway import check
from bffgen.check.media import answered
from bffgen.check.model import CheckedGateway
from bffgen.diagnostics.catalog import Severity
from bffgen.diagnostics.model import Diagnostic, Diagnostics
from bffgen.openapi.document import Document, load_document
from bffgen.openapi.model import Operation, Parameter
from bffgen.openapi.sample import success_response
from bffgen.source.loader import Loader
from bffgen.source.nodes import parse_nodes
from bffgen.source.text import SourceFile, Span
from bffgen.spec.parse import parse_spec
from bffgen.typesystem.model import Kind, ListType, Null, Scalar, Type, Unknown, non_null

BACKEND = "api"
CALL = "answer_"
SPEC = "onecall.json"
SLOW = "60s"  # a busy machine is not what is tested
SAFE = ("GET", "HEAD", "OPTIONS", "QUERY", "TRACE")
BODILESS = (204, 205, 304)


@dataclass(frozen=True)
class OneCall:
    """An operation, and the endpoint of the spec that does nothing but call it."""

    operation: Operation
    name: str  # of the endpoint, unique
    route: str
    written: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Source:
    """A document as it stands in a folder, and its operations."""

    root: Path
    path: str
    document: Document
    operations: tuple[Operation, ...]


def read(root: Path, path: str) -> Source:
    """The document; raises with its findings when it is not one."""
    diags = Diagnostics()
    document = load_document(BACKEND, path, Loader(root, diags), diags, Span(SourceFile(SPEC, ""), 0, 0))
    if document is None:
        raise ValueError("; ".join(found.message for found in diags.sorted()))
    return Source(root, path, document, tuple(document.operations()))


def one_calls(operations: tuple[Operation, ...]) -> list[OneCall]:
    """An endpoint for each operation."""
    ids = Counter(operation.id for operation in operations)
    return [_one_call(at, operation, ids[operation.id] == 1) for at, operation in enumerate(operations)]


def _one_call(at: int, operation: Operation, by_id: bool) -> OneCall:
    name = f"o{at}"
    call: dict[str, Any] = {"call": f"{BACKEND}[{json.dumps(_key(operation, by_id), ensure_ascii=False)}]"}
    params: dict[str, Any] = {}
    path = f"/{name}"
    args: dict[str, str] = {}
    in_body = False
    for number, parameter in enumerate(operation.parameters):
        mine = f"p{number}"
        where = _place(parameter)
        if where == "body":
            args[_argument(parameter)] = f"body.{mine}"
            in_body = True
            continue
        args[_argument(parameter)] = mine
        if where == "path":
            path += f"/{{{mine}}}"
        else:
            params[mine] = {"in": where, "name": f"x-{mine}"} if where != "query" else {}
    if args:
        call["args"] = args
    if operation.body is not None:
        call["body"] = "body.payload" if in_body else "body"
    method = operation.method if operation.method not in SAFE else "GET"
    method = method if method in ("GET", "POST", "PUT", "PATCH", "DELETE") else "POST"
    method = "POST" if method == "GET" and (in_body or operation.body is not None) else method
    written: dict[str, Any] = {"operation_id": name, "deadline": SLOW, "calls": {CALL: call}}
    if params:
        written["params"] = params
    return OneCall(operation, name, f"{method} {path}", {**written, **_answer(operation)})


def _answer(operation: Operation) -> dict[str, Any]:
    documented = success_response(operation)
    status = documented.status if documented is not None and isinstance(documented.status, int) else None
    if isinstance(answered(operation), Null):
        return {"status": status} if status is not None and status != 204 else {}
    said = {"status": status} if status not in (None, 200, *BODILESS) else {}
    return {**said, "response": CALL}


def _key(operation: Operation, by_id: bool) -> str:
    if by_id and operation.id is not None:
        return operation.id
    query = "&".join(f"{name}={value}" for name, value in operation.query)
    return f"{operation.method} {operation.path}" + (f"?{query}" if query else "")


def _argument(parameter: Parameter) -> str:
    return f"{parameter.location}.{parameter.name}"


def _place(parameter: Parameter) -> str:
    """Where the client gives the value: where the operation takes it, if a client can say it there."""
    of = non_null(parameter.type)
    if _is_scalar(of):
        return parameter.location
    return "query" if isinstance(of, ListType) and _is_scalar(non_null(of.item)) else "body"


def _is_scalar(of: Type) -> bool:
    return isinstance(of, Unknown) or (isinstance(of, Scalar) and of.kind is not Kind.BYTES)


@dataclass(frozen=True)
class Checked:
    """What `check` makes of the endpoints. `refused`: by endpoint, the findings that stand at it."""

    gateway: CheckedGateway | None
    refused: Mapping[str, list[Diagnostic]]
    elsewhere: list[Diagnostic]  # errors that stand at no endpoint


def check_all(source: Source, calls: list[OneCall]) -> Checked:
    """Check the spec that has these endpoints."""
    endpoints = {call.route: call.written for call in calls}
    backends = {BACKEND: {"openapi": source.path, "url": "http://api.test", "timeout": SLOW}}
    spec = {"bffgen": 1, "name": "onecall", "backends": backends, "endpoints": endpoints}
    text = json.dumps(spec, indent=1, ensure_ascii=False)
    diags = Diagnostics()
    loader = Loader(source.root, diags)
    file = SourceFile(SPEC, text)
    node = parse_nodes(file, diags)
    parsed = parse_spec(node, diags, loader) if node is not None else None
    document = load_document(BACKEND, source.path, loader, diags, Span(file, 0, 0))
    gateway = None
    if parsed is not None and document is not None and not diags.has_errors:
        gateway = check(parsed, {BACKEND: document}, diags, None, None)
    starts = [(text.index(json.dumps(call.route, ensure_ascii=False)), call.name) for call in calls]
    refused: dict[str, list[Diagnostic]] = {}
    elsewhere = []
    for found in diags.sorted():
        if found.severity is not Severity.ERROR:
            continue
        spans = [label.span for label in (found.primary, *found.secondary)]
        at = [max((s for s in starts if s[0] <= span.start), default=None) for span in spans if span.file is file]
        names = {one[1] for one in at if one is not None}
        for name in names:
            refused.setdefault(name, []).append(found)
        if not names:
            elsewhere.append(found)
    return Checked(None if diags.has_errors else gateway, refused, elsewhere)
