"""Operations that the spec declares because a document omits them."""

from __future__ import annotations

import pytest

from bffgen.openapi.document import Document
from bffgen.openapi.model import InlineOperation, InlineParameter
from bffgen.openapi.sample import sample_reply
from bffgen.source.text import SourceFile, Span
from bffgen.typesystem.model import BYTES, INTEGER, TEXT, ListType

from .conftest import ReadText

SPAN = Span(SourceFile("spec.yaml", "GET /carts/{id}/items"), 0, 21)
CARTS = """
    openapi: 3.0.0
    paths:
      /carts/{id}: {get: {operationId: Get cart, responses: {200: {description: d}}}}
      /carts: {post: {operationId: addCart, responses: {}}}
    components: {schemas: {Item: {type: object, properties: {id: {type: string}}}}}
"""


@pytest.fixture
def carts(read: ReadText) -> Document:
    return read(CARTS).document


def test_an_operation_that_the_document_omits(carts: Document) -> None:
    item = carts.schema("Item", request=False)
    assert item is not None
    params = (
        InlineParameter("id", "path", True, INTEGER),
        InlineParameter("q", "query", False, TEXT),
        InlineParameter("X-A", "header", True, TEXT),
        InlineParameter("unused", "path", True, TEXT),
    )
    written = InlineOperation(
        "get", "/carts/{id}/items/{no}?all=1", SPAN, "getItems", params, response=ListType(item), status=206
    )
    document = carts.with_operations([written])
    operation = document.operation("getItems")
    assert operation is not None
    assert (operation.key, operation.method, operation.path) == ("getItems", "GET", "/carts/{id}/items/{no}")
    assert operation.query == (("all", "1"),)
    assert [(p.location, p.name, p.type, p.required, p.style, p.explode) for p in operation.parameters] == [
        ("path", "id", INTEGER, True, "simple", False),
        ("query", "q", TEXT, False, "form", True),
        ("header", "X-A", TEXT, True, "simple", False),
        ("path", "no", TEXT, True, "simple", False),
    ]
    (response,) = operation.success()
    assert (response.status, response.media_type, response.type) == (206, "application/json", ListType(item))
    assert operation.body is None and operation.span == SPAN
    assert sample_reply(operation) == (206, [{"id": "1"}])


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("getItems", "getItems"),
        ("get_items", "getItems"),
        ("GET /carts/{id}/items", "getItems"),
        ("PUT /raw", "PUT /raw"),
        ("put /raw", "PUT /raw"),
        ("get_cart", "Get cart"),
        ("GET /raw", None),
        ("", None),
    ],
)
def test_its_names(carts: Document, key: str, found: str | None) -> None:
    document = carts.with_operations(
        [InlineOperation("GET", "/carts/{id}/items", SPAN, "getItems"), InlineOperation("put", "/raw", SPAN)]
    )
    operation = document.operation(key)
    assert (operation.key if operation else None) == found
    assert carts.operation("getItems") is None
    assert document.operation_names() == ["Get cart", "addCart", "getItems", "PUT /raw"]
    assert [op.key for op in document.operations()] == ["Get cart", "addCart", "getItems", "PUT /raw"]


def test_it_hides_what_the_document_says(carts: Document) -> None:
    document = carts.with_operations([InlineOperation("GET", "/carts/{id}", SPAN, "readCart", response=TEXT)])
    operation = document.operation("GET /carts/{id}")
    assert operation is not None and operation.key == "readCart"
    assert [op.key for op in document.operations()] == ["addCart", "readCart"]
    assert document.span_of("readCart") == SPAN


def test_bodies(carts: Document) -> None:
    document = carts.with_operations(
        [
            InlineOperation("POST", "/a", SPAN, "json", body=ListType(TEXT), status=201),
            InlineOperation("POST", "/b", SPAN, "raw", body=BYTES, body_required=False, response=BYTES),
        ]
    )
    json_, raw = document.operation("json"), document.operation("raw")
    assert json_ is not None and json_.body is not None and raw is not None and raw.body is not None
    assert (json_.body.media_type, json_.body.type, json_.body.required) == ("application/json", ListType(TEXT), True)
    assert json_.bodies == (json_.body,)
    assert (json_.success()[0].status, json_.success()[0].type) == (201, None)
    assert (raw.body.media_type, raw.body.required) == ("application/octet-stream", False)
    assert (raw.success()[0].media_type, raw.success()[0].type) == ("application/octet-stream", BYTES)


def test_more_can_be_added(carts: Document) -> None:
    first = carts.with_operations([InlineOperation("GET", "/a", SPAN, "a")])
    both = first.with_operations([InlineOperation("GET", "/b", SPAN, "b")])
    assert both.operation("a") is not None and both.operation("b") is not None and first.operation("b") is None
