"""Every answer in an envelope, problems included; limits of bodies by route."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import pytest
from fastapi import FastAPI, Path

from templates.runtime.edge import Edge
from templates.runtime.failures import Answer, BackendFailure, Refusal
from templates.runtime.limit import BodyLimit
from templates.runtime.problems import ProblemDocument, enveloped, install_problems
from templates.runtime.types import Integer, Model

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_is_left")]


class Envelope(Model):
    status_code: Integer
    data: Integer | None = None
    error: str | None = None


class Own(Model):
    wrong: str


def wrap(problem: ProblemDocument) -> Envelope:
    return Envelope(status_code=problem.status, error=problem.detail or problem.title)


def wrap_own(problem: ProblemDocument) -> Own:
    assert problem.instance
    return Own(wrong=f"{problem.call} {problem.type}")


def app_of(top: Any) -> FastAPI:
    app = FastAPI(openapi_url=None)
    failures: dict[str, Exception] = {
        "refusal": Refusal(409, "no", {"extra": 1}),
        "failure": BackendFailure("u.get", "timeout"),
        "bug": RuntimeError("secret"),
        "answer": Answer(404, b'{"own":1}'),
    }

    @app.get("/do/{n}")
    async def do(n: Annotated[int, Path(ge=0)]) -> Envelope:
        return Envelope(status_code=200, data=n)

    @app.get("/fails/{name}")
    async def fails(name: str) -> Envelope:
        raise failures[name]

    @app.post("/own/{n}")
    @enveloped(wrap_own)
    async def own(n: int, body: dict[str, int]) -> None:
        failure = BackendFailure("u.get", "status", status=500)
        failure.claim("user", set(), False)
        raise failure

    @app.post("/files/{name}")
    async def files(name: str, body: list[str]) -> int:
        return len(body[0])

    app.add_middleware(BodyLimit, limit=100, larger={"/files/{name}": 1000})
    app.add_middleware(Edge)
    install_problems(app, top)
    return app


def client_of(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app_of(wrap)) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/do/x", 422, "Unprocessable Content"),
        ("/do/-1", 422, "Unprocessable Content"),
        ("/nowhere", 404, "Not Found"),
        ("/do/%2e%2e", 400, "Bad Request"),
        ("/fails/refusal", 409, "no"),
        ("/fails/failure", 504, "Gateway Timeout"),
        ("/fails/bug", 500, "Internal Server Error"),
    ],
)
async def test_each_problem_is_wrapped(client: httpx.AsyncClient, path: str, status: int, error: str) -> None:
    response = await client.get(path)
    assert response.status_code == status
    assert response.json() == {"status_code": status, "data": None, "error": error}
    assert response.headers["content-type"] == "application/json"
    assert int(response.headers["content-length"]) == len(response.content)
    assert response.headers["cache-control"] == "no-store"


async def test_methods_and_bodies_too(client: httpx.AsyncClient) -> None:
    assert (await client.post("/do/1")).json()["error"] == "Method Not Allowed"
    assert (await client.post("/do/1")).headers["allow"] == "GET"
    assert (await client.post("/files/a", content=b"x" * 1001)).json()["error"] == "Content Too Large"


async def test_answers_are_not(client: httpx.AsyncClient) -> None:
    assert (await client.get("/do/7")).json() == {"status_code": 200, "data": 7, "error": None}
    assert (await client.get("/fails/answer")).json() == {"own": 1}


async def test_an_endpoint_may_have_its_own(client: httpx.AsyncClient) -> None:
    assert (await client.post("/own/1", json={"a": 1})).json() == {"wrong": "user about:blank"}
    for bad in (b"{", b"[]", b'{"a":'):
        response = await client.post("/own/1", content=bad, headers={"content-type": "application/json"})
        assert (response.status_code, response.json()) == (422, {"wrong": "None about:blank"})
    assert (await client.get("/own/1")).status_code == 405


async def test_without_an_envelope_a_problem_is_one() -> None:
    async with client_of(app_of(None)) as client:
        response = await client.get("/fails/refusal")
        assert response.headers["content-type"] == "application/problem+json"
        assert (response.json()["detail"], response.json()["extra"]) == ("no", 1)
        assert (await client.post("/own/1", json={"a": 1})).json() == {"wrong": "user about:blank"}


async def test_an_envelope_that_fails_does_not_hide_the_problem() -> None:
    def broken(problem: ProblemDocument) -> None:
        raise ValueError("secret")

    async with client_of(app_of(broken)) as client:
        for path, status in (("/fails/refusal", 409), ("/nowhere", 404), ("/fails/bug", 500)):
            response = await client.get(path)
            assert (response.status_code, response.json()["status"]) == (status, status)
            assert "secret" not in response.text


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/own/1", 90, 422),
        ("/own/1", 101, 413),
        ("/files/a", 900, 200),
        ("/files/a", 1001, 413),
        ("/files/a/b", 101, 413),
        ("/files/", 101, 413),
        ("/nowhere", 101, 413),
    ],
)
@pytest.mark.parametrize("told", [True, False])
async def test_limits_by_route(client: httpx.AsyncClient, path: str, size: int, status: int, told: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b'["' + b"x" * (size - 4)
        yield b'"]'

    content: Any = b'["' + b"x" * (size - 4) + b'"]' if told else pieces()
    response = await client.post(path, content=content, headers={"content-type": "application/json"})
    assert response.status_code == (status if told or path not in ("/nowhere", "/files/", "/files/a/b") else 404)
