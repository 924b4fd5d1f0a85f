"""Tokens from a token endpoint, over the gateway's own transport and real sockets."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from templates.runtime import context, tokens
from templates.runtime.authorized import AuthorizedClient
from templates.runtime.failures import BackendFailure
from templates.runtime.token_endpoint import TokenEndpoint
from templates.runtime.tokens import ClientCredentials, TokenExchange
from templates.runtime.transport import open_http, tls_context

from .conftest import running

pytestmark = pytest.mark.anyio


class Server:
    """A token endpoint at `/token`, and a backend that takes what `accepted` says."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.headers: list[str | None] = []
        self.seen: list[str | None] = []
        self.made = 0
        self.life: float | None = 3600
        self.delay = 0.0
        self.answer: Callable[[], Response] | None = None
        self.accepted: Callable[[str], bool] = lambda shown: True
        self.app = Starlette(
            routes=[
                Route("/token", self.token, methods=["POST"]),
                Route("/thing", self.thing, methods=["GET", "POST"]),
                Route("/away", self.away),
            ]
        )

    async def token(self, request: Request) -> Response:
        self.asked.append({key: value[0] for key, value in parse_qs((await request.body()).decode()).items()})
        self.headers.append(request.headers.get("authorization"))
        await asyncio.sleep(self.delay)
        if self.answer is not None:
            return self.answer()
        self.made += 1
        return JSONResponse({"access_token": f"t{self.made}", "token_type": "bearer", "expires_in": self.life})

    async def thing(self, request: Request) -> Response:
        shown = request.headers.get("authorization")
        self.seen.append(shown)
        return JSONResponse(1, status_code=200 if self.accepted(shown or "") else 401)

    async def away(self, request: Request) -> Response:
        self.seen.append(request.headers.get("authorization"))
        return Response(status_code=302, headers={"location": "/thing"})


@asynccontextmanager
async def gateway(server: Server, exchange: bool = False, port: int | None = None) -> AsyncIterator[AuthorizedClient]:
    async with running(server.app) as own_port, open_http(tls_context(), None, "test/1") as http:
        url = f"http://127.0.0.1:{port or own_port}/token"
        endpoint = TokenEndpoint(http, "the token of things", url, "shop:1", SecretStr("hunter2"))
        auth = (TokenExchange if exchange else ClientCredentials)(endpoint, scope="read", audience="things")
        yield AuthorizedClient(http, f"http://127.0.0.1:{own_port}", 2.0, auth=auth)


async def get(client: AuthorizedClient, method: str = "GET", **options: Any) -> bytes:
    raw = await client.send("things.getThing", method, "/thing", success={200}, **options)
    return raw.content


@contextmanager
def asked_by(authorization: str | None) -> Iterator[None]:
    headers = {} if authorization is None else {"authorization": authorization}
    reset = context.current.set(context.new_context(headers))
    try:
        yield
    finally:
        context.current.reset(reset)


@contextmanager
def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    now = loop.time
    with monkeypatch.context() as patch:
        patch.setattr(loop, "time", lambda: now() + seconds)
        yield


async def test_is_asked_for_once_however_many_wait() -> None:
    server = Server()
    server.delay = 0.05
    async with gateway(server) as client:
        assert await asyncio.gather(*(get(client) for _ in range(50))) == [b"1"] * 50
        assert await get(client) == b"1"
    assert server.asked == [{"grant_type": "client_credentials", "scope": "read", "audience": "things"}]
    assert server.headers == ["Basic c2hvcCUzQTE6aHVudGVyMg=="]  # shop%3A1:hunter2, as RFC 6749 has it
    assert set(server.seen) == {"Bearer t1"}


async def test_who_goes_does_not_take_it_from_the_others() -> None:
    server = Server()
    server.delay = 0.1
    async with gateway(server) as client:
        first, second = asyncio.create_task(get(client)), asyncio.create_task(get(client))
        await asyncio.sleep(0.03)
        first.cancel()
        assert await second == b"1"
    assert len(server.asked) == 1


async def test_the_last_one_to_go_leaves_nothing_behind() -> None:
    server = Server()
    server.delay = 5
    async with gateway(server) as client:
        task = asyncio.create_task(get(client))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        server.delay = 0
        assert await get(client) == b"1"
    gc.collect()
    assert len(server.asked) == 2


async def test_a_deadline_is_that_of_the_call_alone() -> None:
    server = Server()
    server.delay = 0.3
    async with gateway(server) as client:

        async def hasty() -> None:
            context.deadline.set(asyncio.get_running_loop().time() + 0.1)
            await get(client)

        hurried, patient = asyncio.create_task(hasty()), asyncio.create_task(get(client))
        with pytest.raises(BackendFailure) as caught:
            await hurried
        assert (caught.value.kind, caught.value.sent) == ("timeout", False)
        assert await patient == b"1"
    assert len(server.asked) == 1


async def test_is_renewed_before_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server()
    server.life = 100
    async with gateway(server) as client:
        await get(client)
        with later(monkeypatch, 50):
            await get(client)
        assert server.made == 1
        with later(monkeypatch, 95):  # still good: one asks, and the others do not wait
            server.delay = 0.1
            await asyncio.gather(*(get(client) for _ in range(5)))
            await get(client)
    assert server.made == 2
    assert sorted(map(str, server.seen)) == ["Bearer t1"] * 6 + ["Bearer t2"] * 2


async def test_one_that_is_good_is_used_when_there_is_no_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server()
    server.life = 100
    async with gateway(server) as client:
        await get(client)
        server.answer = lambda: Response(status_code=503)
        with later(monkeypatch, 95):
            await get(client)
            await get(client)
        assert len(server.asked) == 2  # and nobody asks again for a while
        with later(monkeypatch, 101):
            with pytest.raises(BackendFailure) as caught:
                await get(client)
    assert caught.value.kind == "unreachable"


async def test_a_backend_that_refuses_a_token_gets_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server()
    server.accepted = lambda shown: shown != "Bearer t1"
    async with gateway(server) as client:
        with pytest.raises(BackendFailure) as caught:  # it is new: another one would be refused, too
            await get(client)
        assert (caught.value.status, caught.value.client_credentials, server.made) == (401, False, 1)
        with later(monkeypatch, 11):
            assert await get(client) == b"1"
        assert server.seen == ["Bearer t1", "Bearer t1", "Bearer t2"]
        server.accepted = lambda shown: shown != "Bearer t2"
        with later(monkeypatch, 30):
            with pytest.raises(BackendFailure):  # a write is not sent twice
                await get(client, "POST", content=b"{}")
            assert await get(client, "POST", content=b"{}") == b"1"
    assert server.seen[3:] == ["Bearer t2", "Bearer t3"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (lambda: JSONResponse({"error": "invalid_client"}, 401), "refused"),
        (lambda: JSONResponse({"error": "invalid_scope"}, 400), "refused"),
        (lambda: Response(status_code=429), "unreachable"),
        (lambda: Response(status_code=500), "unreachable"),
        (lambda: Response(status_code=302, headers={"location": "/thing"}), "refused"),
        (lambda: Response("no JSON"), "invalid"),
        (lambda: JSONResponse({"token_type": "bearer"}), "invalid"),
        (lambda: JSONResponse({"access_token": "a\nb", "token_type": "bearer"}), "invalid"),
        (lambda: JSONResponse({"access_token": "a", "token_type": "mac"}), "invalid"),
        (lambda: JSONResponse({"access_token": "a", "expires_in": -1}), "invalid"),
        (lambda: Response("x" * 9_000_000), "invalid"),
    ],
)
async def test_a_failure_of_the_endpoint_is_one_of_the_call(answer: Callable[[], Response], kind: str) -> None:
    server = Server()
    server.answer = answer
    async with gateway(server) as client:
        for _ in range(3):
            with pytest.raises(BackendFailure) as caught:
                await get(client, "POST", content=b"{}")
            failure = caught.value
            assert (failure.kind, failure.sent, failure.operation) == (kind, False, "the token of things")
    assert len(server.asked) == 1  # nobody asks again for a while
    assert server.seen == []


async def test_an_endpoint_that_is_not_there() -> None:
    server = Server()
    async with gateway(server, port=1) as client:
        with pytest.raises(BackendFailure) as caught:
            await get(client)
    assert (caught.value.kind, caught.value.sent) == ("unreachable", False)


async def test_is_shown_to_nobody_else_and_no_redirect_is_followed() -> None:
    server = Server()
    async with gateway(server) as client:
        with pytest.raises(BackendFailure) as caught:
            await client.send("things.getAway", "GET", "/away", success={200})
    assert (caught.value.status, server.seen) == (302, ["Bearer t1"])


async def test_a_token_for_each_client(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server = Server()
    server.delay = 0.02
    async with gateway(server, exchange=True) as client:

        async def by(name: str) -> None:
            with asked_by(f"Bearer {name}"):
                await get(client)

        await asyncio.gather(*(by(name) for name in ["ann", "bob"] * 5))
        assert sorted(form["subject_token"] for form in server.asked) == ["ann", "bob"]
        assert {form["grant_type"] for form in server.asked} == {tokens._EXCHANGE}
        kept = repr(vars(client)) if hasattr(client, "__dict__") else ""
        auth: Any = client._auth
        assert "ann" not in kept + repr(list(auth._tokens))
        for nobody in (None, "Basic YTpi", "Bearer ", ""):
            with asked_by(nobody), pytest.raises(BackendFailure) as caught:
                await get(client)
            assert (caught.value.status, caught.value.client_credentials, caught.value.sent) == (401, True, False)
    assert len(server.asked) == 2
    assert not any(secret in caplog.text for secret in ("hunter2", "Bearer", "t1", "t2"))


async def test_only_so_many_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_SUBJECTS", 2)
    server = Server()
    async with gateway(server, exchange=True) as client:
        for name in ("ann", "bob", "ann", "cid", "ann", "bob"):
            with asked_by(f"Bearer {name}"):
                await get(client)
    assert [form["subject_token"] for form in server.asked] == ["ann", "bob", "cid", "bob"]
