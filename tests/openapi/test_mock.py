"""Mocked backends: routes, echoes, faults."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from bffgen.dev.mock import Faults, mock_app
from bffgen.dev.pages import Page

from .conftest import Read, ReadText

SHOP = """
    /users/me:
      get: {operationId: me, responses: {200: {$ref: '#/components/responses/User'}}}
    /users/{userId}:
      get: {operationId: getUser, responses: {200: {$ref: '#/components/responses/User'}}}
      delete: {operationId: drop, responses: {204: {description: gone}}}
    /users:
      get:
        operationId: listUsers
        parameters:
        - {name: ids, in: query, schema: {type: array, items: {type: integer}}}
        - {name: city, in: query, schema: {type: string}}
        responses:
          200:
            content:
              '*/*': {schema: {$ref: '#/components/schemas/Page'}}
      post:
        operationId: addUser
        requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/User'}}}}
        responses: {201: {content: {application/json: {schema: {$ref: '#/components/schemas/User'}}}}}
    /users/{id}/orders:
      get:
        operationId: orders
        responses:
          200:
            content:
              application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Order'}}}
    /log:
      get:
        operationId: log
        responses: {200: {content: {application/x-ndjson: {schema: {$ref: '#/components/schemas/Order'}}}}}
    /events:
      get:
        operationId: events
        responses: {200: {content: {text/event-stream: {schema: {$ref: '#/components/schemas/Order'}}}}}
    /thumb.{extension}:
      get: {operationId: thumb, responses: {200: {content: {image/png: {}}}}}
"""
MORE = """
servers: [{url: 'http://x/api/v1'}]
components:
  responses: {User: {content: {application/json: {schema: {$ref: '#/components/schemas/User'}}}}}
  schemas:
    Order: {properties: {id: {type: integer}, user_id: {type: string}}}
    Page: {properties: {data: {type: array, items: {$ref: '#/components/schemas/User'}}, n: {type: integer}}}
    User: {required: [id], properties: {id: {type: integer}, name: {type: string, example: ann}, city: {type: string}}}
"""


@pytest.fixture
def shop(paths: ReadText) -> Read:
    return paths(SHOP, more=MORE)


async def _ask(app: Any, method: str, path: str, **more: Any) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://mock") as client:
        return await client.request(method, path, **more)


def ask(app: Any, method: str, path: str, **more: Any) -> httpx.Response:
    import asyncio

    return asyncio.run(_ask(app, method, path, **more))


@pytest.mark.parametrize(
    ("path", "status", "data"),
    [
        ("/users/7", 200, {"id": 7, "name": "ann", "city": "city"}),
        ("/api/v1/users/7", 200, {"id": 7, "name": "ann", "city": "city"}),
        ("/users/seven", 200, {"id": 1, "name": "ann", "city": "city"}),
        ("/users/me", 200, {"id": 1, "name": "ann", "city": "city"}),
        ("/users?ids=3&ids=5&ids=3", 200, {"data": [{"id": i, "name": "ann", "city": "city"} for i in (3, 5)], "n": 1}),
        ("/users?city=Ulm", 200, {"data": [{"id": 1, "name": "ann", "city": "Ulm"}], "n": 1}),
        ("/users/9/orders", 200, [{"id": 1, "user_id": "1"}]),
        ("/nothing", 404, None),
        ("/users/", 404, None),
    ],
)
def test_answers(shop: Read, path: str, status: int, data: Any) -> None:
    answer = ask(mock_app(shop.document), "GET", path)
    assert answer.status_code == status
    if data is not None:
        assert answer.json() == data
        assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("by", "first", "second"),
    [
        ("page", ["", "?city=1"], "?city=2"),
        ("offset", ["", "?city=0"], "?city=1"),
        ("cursor", [""], "?city=abc"),
    ],
)
def test_pages_end(shop: Read, by: str, first: list[str], second: str) -> None:
    app = mock_app(shop.document, pages={"listUsers": Page(by, "city")})
    assert all(ask(app, "GET", f"/users{query}").json()["data"] for query in first)
    assert ask(app, "GET", f"/users{second}").json() == {"data": [], "n": 1}


def test_streams(shop: Read) -> None:
    app = mock_app(shop.document)
    assert ask(app, "GET", "/log").text == '{"id": 1, "user_id": "1"}\n'
    assert ask(app, "GET", "/events").text == 'data: {"id": 1, "user_id": "1"}\n\n'


def test_other_methods(shop: Read) -> None:
    app = mock_app(shop.document)
    assert ask(app, "POST", "/users", json={"name": "bob", "city": 3}).json() == {
        "id": 1,
        "name": "bob",
        "city": "city",
    }
    assert ask(app, "POST", "/users", json={"name": "bob"}).status_code == 201
    assert ask(app, "POST", "/users", content=b"{").status_code == 201
    gone = ask(app, "DELETE", "/users/1")
    assert (gone.status_code, gone.content) == (204, b"")
    assert ask(app, "HEAD", "/users/1").status_code == 200
    assert ask(app, "PUT", "/users/1").status_code == 405
    assert ask(app, "GET", "/thumb.png").headers["content-type"] == "image/png"


def test_documented_headers_come_but_none_of_the_connection(paths: ReadText) -> None:
    document = paths("""
        /users:
          post:
            responses:
              201:
                description: made
                headers:
                  Location: {schema: {type: string, format: uri-reference}, example: /users/7}
                  X-Left: {schema: {type: integer, minimum: 3}}
                  X-Tags: {schema: {type: array, minItems: 2, items: {type: string}}}
                  Content-Length: {schema: {type: integer, minimum: 900}}
                  Transfer-Encoding: {schema: {type: string}}
                  X-Odd: {schema: {type: string}, example: "a\\nb"}
    """).document
    headers = ask(mock_app(document), "POST", "/users").headers
    assert (headers["location"], headers["x-left"], headers["x-tags"]) == ("/users/7", "3", "x_tags,x_tags")
    assert headers["content-length"] == "0" and not {"transfer-encoding", "x-odd"} & headers.keys()


def test_faults(shop: Read) -> None:
    assert ask(mock_app(shop.document, Faults(rate=1.0)), "GET", "/users/1").status_code == 503
    app = mock_app(shop.document, Faults(rate=0.5, seed=1))
    statuses = [ask(app, "GET", "/users/1").status_code for _ in range(20)]
    assert set(statuses) == {200, 503}
    again = mock_app(shop.document, Faults(rate=0.5, seed=1))
    assert [ask(again, "GET", "/users/1").status_code for _ in range(20)] == statuses


def test_latency(shop: Read) -> None:
    import time

    started = time.perf_counter()
    ask(mock_app(shop.document, Faults(latency=0.05)), "GET", "/users/1")
    assert time.perf_counter() - started >= 0.05
