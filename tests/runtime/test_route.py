"""The shorter way of an endpoint's route answers every request as FastAPI's own way does."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, Body, Cookie, Depends, FastAPI, Header, HTTPException, Path, Query, Request, Response
from fastapi.routing import APIRoute
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

from templates.runtime.answers import set_cookie, set_header
from templates.runtime.failures import Answer, BackendFailure, Refusal
from templates.runtime.problems import install_problems
from templates.runtime.route import EndpointRoute, add_routes
from templates.runtime.table import RouteTable
from templates.runtime.types import DateTime, Integer, Model

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Colour(Enum):
    RED = "red"


class Item(Model):
    id: Integer
    name: str | None = None
    kind: Annotated[str | None, Field(alias="$kind")] = None


async def backends(request: Request) -> str:
    return str(request.app.state.word)


Backends = Annotated[str, Depends(backends)]


FAILURES = {
    "backend": BackendFailure("a.b", "timeout"),
    "refusal": Refusal(409, "no"),
    "answer": Answer(202, b"{}"),
    "http": HTTPException(404),
}


def app_of(route_class: type[APIRoute]) -> FastAPI:
    router = APIRouter(route_class=route_class)

    @router.api_route("/items/{item_id}", methods=["GET", "HEAD"], status_code=200)
    async def item(
        backends: Backends,
        item_id: Annotated[int, Path(ge=1)],
        q: Annotated[str, Query(min_length=2)],
        n: Annotated[int, Query(ge=0, le=9)] = 3,
        on: Annotated[bool, Query()] = False,
        day: Annotated[date | None, Query(alias="the-day")] = None,
        colour: Annotated[Literal["red", "blue"], Query()] = "red",
    ) -> Item:
        return Item(id=item_id, name=f"{backends} {q} {n} {on} {day} {colour}")

    @router.get("/at/{moment}/{key}/{x}", status_code=203)
    async def at(moment: Annotated[DateTime, Path()], key: UUID, x: Annotated[float, Path()]) -> list[Item]:
        return [Item(id=1, name=f"{moment.isoformat()} {key} {x}", kind="k")]

    @router.get("/set", status_code=200)
    async def set_(response: Response, how: Annotated[str, Query()] = "") -> dict[str, int]:
        set_header(response, "X-A", "1")
        set_cookie(response, "c", "2")
        if how == "status":
            response.status_code = 206
        return {"a": 1}

    @router.get("/fails", status_code=200)
    async def fails(how: Annotated[str, Query()] = "") -> Item:
        if how in FAILURES:
            raise FAILURES[how]
        return {"id": 7, "more": 1}  # type: ignore[return-value]

    @router.get("/own", status_code=200, response_model=None)
    async def own() -> Response:
        return Response(b"own", 201)

    @router.get("/others/{c}", status_code=200)
    async def others(
        c: Colour,
        h: Annotated[str, Header()] = "",
        k: Annotated[str, Cookie()] = "",
        many: Annotated[list[int] | None, Query()] = None,
    ) -> Item:
        return Item(id=1, name=f"{c} {h} {k} {many}")

    @router.post("/items", status_code=201)
    async def make(body: Annotated[Item, Body()], q: Annotated[int, Query()] = 1) -> Item | None:
        return body if q else None

    @router.delete("/items/{item_id}", status_code=204)
    async def drop(item_id: Annotated[int, Path()]) -> None:
        return None

    app = FastAPI(openapi_url=None, redirect_slashes=False)
    app.state.word = "word"
    install_problems(app)
    if route_class is EndpointRoute:
        add_routes(app, router)
    else:
        app.include_router(router)
    return app


APPS = app_of(EndpointRoute), app_of(APIRoute)
TARGETS = [
    *("/items/1?q=ab", "/items/1", "/items/0?q=ab", "/items/x?q=ab", "/items/1?q=a", "/items/%31?q=%61b"),
    *("/items/1?q=ab&n=9&on=yes&the-day=2020-01-01&colour=blue", "/items/1?q=ab&n=10", "/items/1?q=ab&n="),
    *("/items/1?q=ab&q=cd", "/items/1?q=ab&on=maybe", "/items/1?q=ab&the-day=no", "/items/1?q=ab&colour=green"),
    *("/items/1?q=ab&other=1", "/items/1?q=%00%ff", "/items/1?q=a%2Bb+c", "/items/1?q", "/items/1?q=ab&n=1.0"),
    *("/items/1_0?q=ab", "/items/+1?q=ab", "/items/%201?q=ab", "/items/99999999999999999999999?q=ab"),
    "/at/2020-01-01T00:00:00Z/00000000-0000-0000-0000-000000000001/1.5",
    "/at/2020-01-01/00000000-0000-0000-0000-000000000001/1.5",
    "/at/2020-01-01T00:00:00Z/no/nan",
    *("/set", "/set?how=status", "/own", "/fails", "/fails?how=backend", "/fails?how=refusal"),
    *("/fails?how=answer", "/fails?how=http", "/others/red", "/others/blue", "/others/red?many=1&many=2"),
    *("/others/red?many=x", "/nowhere", "/items", "/items?q=0"),
]
METHODS = ["GET", "HEAD", "POST", "DELETE", "OPTIONS"]
HEADERS = {"content-type": "application/json", "h": "1", "cookie": "k=2"}


async def answer(app: FastAPI, method: str, target: str, content: bytes = b'{"id":5,"$kind":"x"}') -> Any:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://a.test") as client:
        body = content if method == "POST" else b""
        got = await client.request(method, target, headers=HEADERS, content=body)
        return got.status_code, sorted(got.headers.multi_items()), got.content


@pytest.mark.parametrize("target", TARGETS)
async def test_both_ways_are_one(target: str) -> None:
    for method in METHODS:
        ours, fastapis = [await answer(app, method, target) for app in APPS]
        assert ours == fastapis, method


@given(st.text(max_size=6), st.lists(st.tuples(st.sampled_from(["q", "n", "on", "the-day"]), st.text(max_size=4))))
@settings(max_examples=150, deadline=None)
def test_whatever_is_asked(item_id: str, query: list[tuple[str, str]]) -> None:
    import anyio

    async def check() -> None:
        url = httpx.URL("/items/1", params=query)
        target = str(url).replace("/items/1", f"/items/{httpx.URL('/', params={'a': item_id}).query[2:].decode()}", 1)
        ours, fastapis = [await answer(app, "GET", target) for app in APPS]
        assert ours == fastapis

    anyio.run(check)


def test_what_is_plain() -> None:
    """Else the tests above would compare FastAPI with itself."""
    (table,) = (one for one in APPS[0].routes if isinstance(one, RouteTable))
    plain = {route.name for route in table.routes if isinstance(route, EndpointRoute) and route._plain is not None}
    assert plain >= {"item", "set_", "fails"}
    assert plain.isdisjoint({"own", "others", "make", "drop"})


async def test_overridden_dependencies_count() -> None:
    app = app_of(EndpointRoute)
    app.dependency_overrides[backends] = lambda: "other"
    assert b"other" in (await answer(app, "GET", "/items/1?q=ab"))[2]
