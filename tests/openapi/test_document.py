"""Which documents are read, and how operations are found in them."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from bffgen.typesystem.model import ObjectType

from .conftest import Read, ReadText


@pytest.mark.parametrize("version", ["3.0.0", "3.0.3", "3.1.0", "3.1.1", "3.2.0", "3.1", "'3.0'"])
def test_versions_that_are_read(read: ReadText, version: str) -> None:
    assert read(f"openapi: {version}\npaths: {{}}").document.version == version.strip("'")


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("swagger: '1.2'\npaths: {}", "is Swagger 1.2; the versions that are read are 2.0, 3.0, 3.1 and 3.2", "'1.2'"),
        (
            "openapi: 4.0.0\npaths: {}",
            "is OpenAPI 4.0.0; the versions that are read are 2.0, 3.0, 3.1 and 3.2",
            "4.0.0",
        ),
        ("openapi: 2.0\npaths: {}", "is OpenAPI 2.0;", "2.0"),
        ("openapi: 31\n", "is OpenAPI 31;", "31"),
        ("openapi: {a: b}\n", "without a version number", "{a: b}"),
        ("arazzo: 1.0.0\nworkflows: []", "there is no key `openapi`", "a"),
        ("- 1\n", "a mapping with the key `openapi` is expected", "-"),
        ("just words", "a mapping with the key `openapi` is expected", "j"),
    ],
)
def test_documents_that_are_not_read(read: ReadText, text: str, message: str, place: str) -> None:
    got = read(text)
    assert got.maybe is None
    assert got.codes == ["BFF501"]
    assert message in got.messages[0]
    assert got.places == [place]


def test_a_web_page_is_no_document(read: ReadText) -> None:
    got = read("<!DOCTYPE html><html></html>")
    assert got.maybe is None
    assert "HTML" in got.messages[0]


def test_a_missing_document_is_reported_where_it_is_asked_for(read: ReadText, tmp_path: Path) -> None:
    got = read("openapi: 3.1.0", name="other.yaml")
    assert got.maybe is not None
    from bffgen.diagnostics.model import Diagnostics
    from bffgen.openapi.document import load_document
    from bffgen.source.loader import Loader

    from .conftest import ASKED

    diags = Diagnostics()
    assert load_document("shop", "none.yaml", Loader(tmp_path, diags), diags, ASKED) is None
    assert [found.primary.span for found in diags.sorted()] == [ASKED]


OPERATIONS = """
    /orders:
      get: {operationId: listOrders, responses: {200: {description: d}}}
      post: {responses: {201: {description: d}}}
    /carts/{id}:
      get: {operationId: Get cart, responses: {}}
    /oauth2/token#refresh:
      post: {operationId: "post_oauth2_token#refresh", responses: {}}
    /repos/{owner}:
      get: {operationId: repos/get, responses: {}}
      delete: {operationId: "/repos > DELETE", responses: {}}
    /search?beta=true&q=:
      get: {operationId: app.search, responses: {}}
    x-nothing: {get: {operationId: hidden}}
"""


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("listOrders", "listOrders"),
        ("list_orders", "listOrders"),
        ("GET /orders", "listOrders"),
        ("get /orders", "listOrders"),
        ("POST /orders", "POST /orders"),
        ("Get cart", "Get cart"),
        ("get_cart", "Get cart"),
        ("POST /oauth2/token", "post_oauth2_token#refresh"),
        ("POST /oauth2/token#refresh", "post_oauth2_token#refresh"),
        ("app_search", "app.search"),
        ("repos/get", "repos/get"),
        ("repos_get", "repos/get"),
        ("/repos > DELETE", "/repos > DELETE"),
        ("GET /search?beta=true&q=", "app.search"),
        ("hidden", None),
        ("DELETE /orders", None),
        ("", None),
        ("GET ", None),
    ],
)
def test_the_names_of_an_operation(paths: ReadText, key: str, found: str | None) -> None:
    got = paths(OPERATIONS)
    operation = got.document.operation(key)
    assert (operation.key if operation else None) == found
    assert (got.document.span_of(key) is None) == (found is None)


def test_an_operation_is_itself_by_each_of_its_names(paths: ReadText) -> None:
    document = paths(OPERATIONS).document
    assert document.operation("listOrders") is document.operation("GET /orders")


def test_paths_are_stripped_of_what_is_not_sent(paths: ReadText) -> None:
    document = paths(OPERATIONS).document
    refresh, search = document.operation("POST /oauth2/token"), document.operation("app.search")
    assert refresh is not None and search is not None
    assert refresh.path == "/oauth2/token"
    assert (search.path, search.query) == ("/search", (("beta", "true"), ("q", "")))


def test_names_for_suggestions(paths: ReadText) -> None:
    names = paths(OPERATIONS).document.operation_names()
    assert names == [
        "listOrders",
        "POST /orders",
        "Get cart",
        "post_oauth2_token#refresh",
        "repos/get",
        "/repos > DELETE",
        "app.search",
    ]


def test_a_python_form_of_two_operations_names_none(paths: ReadText) -> None:
    document = paths("/a: {get: {operationId: getItem}}\n/b: {get: {operationId: get_item, responses: {}}}").document
    exact = document.operation("get_item")
    assert exact is not None and exact.path == "/b"
    both = paths("/a: {get: {operationId: getItem}}\n/b: {get: {operationId: get-item}}").document
    assert both.operation("get_item") is None


def test_a_repeated_operation_id_matters_when_it_is_named(paths: ReadText) -> None:
    got = paths("/a: {get: {operationId: twice}}\n/b: {get: {operationId: twice}}\n/c: {get: {operationId: once}}")
    assert got.document.operation("once") is not None
    assert got.document.operation("GET /b") is not None
    assert got.codes == []
    assert got.document.operation("twice") is not None
    assert got.codes == ["BFF506"]
    assert got.places == ["twice"]


def test_the_span_of_an_operation(paths: ReadText) -> None:
    document = paths(OPERATIONS).document
    spans = [document.span_of(name) for name in ("listOrders", "POST /orders")]
    assert [span.file.text[span.start : span.end] for span in spans if span] == ["listOrders", "post"]


def test_servers(read: ReadText) -> None:
    document = read("""
        openapi: 3.0.0
        servers:
        - url: https://{region}.example.com:{port}/v1
          variables: {region: {default: eu}, port: {default: 8443, enum: [8443]}}
        - url: /api/v1
        - {description: no url}
    """).document
    assert document.servers == ("https://eu.example.com:8443/v1", "/api/v1")


def test_json_is_read_with_places(read: ReadText) -> None:
    text = json.dumps({"openapi": "3.1.0", "paths": {"/a": {"get": {"operationId": "getA"}}}}, indent=1)
    document = read(text, name="api.json").document
    span = document.span_of("get_a")
    assert span is not None and span.file.text[span.start : span.end] == '"getA"'


def test_webhooks_and_tags_are_no_operations(read: ReadText) -> None:
    document = read("""
        openapi: 3.2.0
        tags: [{name: a, parent: b, kind: nav}]
        webhooks: {newPet: {post: {operationId: hook, responses: {}}}}
        components: {pathItems: {P: {get: {operationId: unused, responses: {}}}}}
    """).document
    assert document.operations() == [] and document.operation("hook") is None


def test_path_items_that_are_shared(paths: ReadText) -> None:
    got = paths(
        """
        /a: {$ref: '#/components/pathItems/P'}
        /b: {$ref: '#/components/pathItems/P', post: {operationId: beside, responses: {}}}
        """,
        more="""
        components:
          pathItems:
            P:
              parameters: [{name: q, in: query, schema: {type: integer}}]
              get: {operationId: shared, responses: {}}
        """,
    )
    assert [(op.method, op.path, op.key) for op in got.document.operations()] == [
        ("GET", "/a", "shared"),
        ("POST", "/b", "beside"),
        ("GET", "/b", "shared"),
    ]
    assert [p.name for p in got.operation("GET /b").parameters] == ["q"]


def test_what_is_not_reached_does_not_matter(paths: ReadText) -> None:
    got = paths(
        """
        /good:
          get:
            operationId: good
            parameters:
            - {name: unused, in: query, schema: {$ref: '#/nowhere'}}
            responses:
              200: {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/Good'}}}}
              404: {$ref: '#/nowhere'}
              500: {description: d, content: {application/json: {schema: {$ref: gone.yaml}}}}
        /bad: {$ref: gone.yaml}
        /worse: {get: {operationId: worse, parameters: 7, responses: [1]}}
        /nothing:
        """,
        more="""
        components:
          schemas:
            Good: {properties: {fine: {type: string}, broken: {$ref: '#/nowhere'}}}
            Broken: {allOf: [{$ref: '#/nowhere'}]}
        """,
    )
    operation = got.document.operation("good")
    assert operation is not None
    reply = operation.success()[0].type
    assert isinstance(reply, ObjectType)
    assert list(reply.fields) == ["fine", "broken"]
    assert reply.fields["fine"].required is False
    assert got.codes == []
    assert reply.fields["broken"] is not None
    assert got.codes == ["BFF502"]


def test_a_large_document_is_not_walked(read: ReadText) -> None:
    """Four operations of a document of 4 MB take no longer than decoding it and a little."""
    schemas = {
        f"S{n}": {
            "type": "object",
            "properties": {f"p{i}": {"$ref": f"#/components/schemas/S{n + i}"} for i in range(25)},
        }
        for n in range(3000)
    }
    reply = {
        "200": {"description": "d", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/S1"}}}}
    }
    paths = {f"/p{n}": {"get": {"operationId": f"op{n}", "responses": reply}} for n in range(1000)}
    text = json.dumps({"openapi": "3.1.0", "paths": paths, "components": {"schemas": schemas}})
    started = time.perf_counter()
    json.loads(text)
    decoding = time.perf_counter() - started
    started = time.perf_counter()
    got: Read = read(text, name="big.json")
    for n in range(4):
        operation = got.document.operation(f"op{n}")
        assert operation is not None and isinstance(operation.success()[0].type, ObjectType)
    assert time.perf_counter() - started < 20 * decoding + 2
