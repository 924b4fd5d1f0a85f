"""Answers that are no JSON: handed on piece by piece, with the headers that a client may see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Response
from starlette.types import Receive, Scope, Send

from templates.runtime import context
from templates.runtime.answers import set_cookie, set_header
from templates.runtime.client import BackendClient
from templates.runtime.disconnect import CancelOnDisconnect
from templates.runtime.downloads import CONDITIONAL, Download, download
from templates.runtime.edge import Edge
from templates.runtime.failures import BackendFailure, Refusal
from templates.runtime.fan_out import fan_out
from templates.runtime.problems import install_problems
from templates.runtime.transport import open_http, tls_context

from .conftest import in_use, listening, running, traced

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_is_left")]

TLS = tls_context()
PIECE = b"x" * 65536
Options = dict[str, Any]


class Backend:
    """A server of pictures: how many pieces, how fast, and whether its client stayed."""

    def __init__(self) -> None:
        self.pieces = 3
        self.pause = 0.0
        self.status = 200
        self.headers: list[tuple[bytes, bytes]] = [(b"content-type", b"image/png")]
        self.breaks = False
        self.sent = 0
        self.gone = asyncio.Event()
        self.requests: list[dict[bytes, bytes]] = []

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.requests.append(dict(scope["headers"]))
        gone = self.gone = asyncio.Event()
        watch = asyncio.create_task(self._watch(receive, gone))
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        try:
            for _ in range(self.pieces):
                await asyncio.sleep(self.pause)
                if gone.is_set():
                    return
                await send({"type": "http.response.body", "body": PIECE, "more_body": True})
                self.sent += 1
            if self.breaks:
                raise RuntimeError("broken")
            await send({"type": "http.response.body", "body": b""})
        finally:
            watch.cancel()

    async def _watch(self, receive: Receive, gone: asyncio.Event) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        gone.set()


class Gateway:
    def __init__(self, http: httpx.AsyncClient, url: str, options: Options) -> None:
        self.photos = BackendClient(http, url, 2.0)
        self.options = options
        self.then: Callable[[Response], None] = lambda response: None
        self.app = FastAPI(openapi_url=None)
        self.app.api_route("/photo", methods=["GET", "HEAD"])(self.photo)
        self.app.add_middleware(CancelOnDisconnect)
        self.app.add_middleware(Edge)
        install_problems(self.app)

    async def photo(self, response: Response) -> Response:
        async with fan_out(5) as calls:
            photo = calls.start("photo", self.open())
        self.then(response)
        return photo.result().response(response)

    async def open(self) -> Download:
        options = {"success": {200}, "media_types": {"image/png"}, "accept": "image/png", **self.options}
        return await download(self.photos, "photos.get", "GET", "/p", **options)


@asynccontextmanager
async def serving(
    backend: Backend, http: str = "httptools", **options: Any
) -> AsyncIterator[tuple[Gateway, httpx.AsyncClient, int]]:
    async with running(backend.app) as inner, open_http(TLS, None, "test/1") as pool:
        gateway = Gateway(pool, f"http://127.0.0.1:{inner}", options)
        async with running(gateway.app, http) as port:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
                yield gateway, client, port
        assert in_use(pool) == 0


async def test_it_goes_through_with_the_headers_that_may(http: str = "httptools") -> None:
    backend = Backend()
    backend.headers += [
        (b"content-length", b"196608"),
        (b"content-disposition", b'inline; filename="../a.png"'),
        (b"etag", b'"1"'),
        (b"last-modified", b"Tue, 24 Nov 2026 10:00:00 GMT"),
        (b"set-cookie", b"sid=1"),
        (b"x-secret", b"1"),
        (b"access-control-allow-origin", b"*"),
        (b"content-security-policy", b"default-src *"),
        (b"server", b"inner"),
    ]
    async with serving(backend) as (gateway, client, _):

        def then(response: Response) -> None:
            set_header(response, "X-Own", "1")
            set_cookie(response, "seen", 1)

        gateway.then = then
        response = await client.get("/photo")
        head = await client.head("/photo")
    assert (response.status_code, response.content) == (200, PIECE * 3)
    sent = backend.requests[0]
    assert (sent[b"accept"], sent[b"accept-encoding"]) == (b"image/png", b"identity")
    headers = response.headers
    assert headers["content-type"] == "image/png"
    assert headers["content-length"] == "196608"
    assert headers["content-disposition"] == "inline; filename=\"a.png\"; filename*=UTF-8''a.png"
    assert (headers["etag"], headers["last-modified"]) == ('"1"', "Tue, 24 Nov 2026 10:00:00 GMT")
    assert headers["x-own"] == "1"
    assert headers.get_list("set-cookie") == ["seen=1; HttpOnly; Path=/; SameSite=lax; Secure"]
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert not {"x-secret", "access-control-allow-origin"} & set(headers)
    assert headers.get_list("server") != ["inner"]
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "196608")


async def test_it_is_never_held_whole_nor_fetched_faster_than_read() -> None:
    backend = Backend()
    backend.pieces = 400
    async with serving(backend) as (_, client, _):
        await client.head("/photo")
        before = backend.sent
        with traced() as peak:
            async with client.stream("GET", "/photo") as response:
                await asyncio.sleep(0.5)
                ahead = backend.sent - before
                size = 0
                async for piece in response.aiter_raw():
                    size += len(piece)
    assert size == 400 * 65536
    assert ahead < 300, ahead
    assert peak() < 6 << 20, peak()


@pytest.mark.parametrize("http", ["h11", "httptools"])
async def test_a_client_that_hangs_up_closes_the_backends_connection(http: str) -> None:
    backend = Backend()
    backend.pieces, backend.pause = 10_000, 0.01
    async with serving(backend, http) as (_, client, _):
        async with client.stream("GET", "/photo") as response:
            await anext(response.aiter_raw())
        await asyncio.wait_for(backend.gone.wait(), 2)
    assert backend.sent < 1000


@pytest.mark.parametrize("http", ["h11", "httptools"])
async def test_also_after_a_write(http: str) -> None:
    """When nothing cancels the endpoint any more, the answer itself notices."""
    backend = Backend()
    backend.pieces, backend.pause = 10_000, 0.01
    async with serving(backend, http) as (gateway, client, _):

        def then(response: Response) -> None:
            request = context.current.get()
            assert request is not None
            request.writing = True

        gateway.then = then
        async with client.stream("GET", "/photo") as response:
            await anext(response.aiter_raw())
        await asyncio.wait_for(backend.gone.wait(), 2)


@pytest.mark.parametrize("http", ["h11", "httptools"])
@pytest.mark.parametrize("told", [True, False])
async def test_what_breaks_off_is_seen_to_break_off(http: str, told: bool) -> None:
    backend = Backend()
    backend.breaks = True
    if told:
        backend.headers.append((b"content-length", b"999999"))
    async with serving(backend, http) as (_, client, _):
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get("/photo")


async def test_a_stall_and_too_much_are_cut_off() -> None:
    for options in ({"idle": 0.1}, {"limit": 100_000}):
        backend = Backend()
        backend.pieces = 3
        backend.pause = 0.3 if "idle" in options else 0
        async with serving(backend, **options) as (_, client, _):
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get("/photo")


async def test_a_client_that_stalls_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("templates.runtime.relay._STALL", 0.2)
    backend = Backend()
    backend.pieces = 1000
    async with serving(backend) as (_, _, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2048)
        writer.write(b"GET /photo HTTP/1.1\r\nHost: a\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.wait_for(backend.gone.wait(), 5)
        writer.close()


@pytest.mark.parametrize(
    ("status", "headers", "code"),
    [
        (404, [], 502),
        (500, [], 502),
        (302, [(b"location", b"http://evil.test/")], 502),
        (206, [(b"content-type", b"image/png")], 502),
        (200, [(b"content-type", b"text/html")], 502),
        (200, [], 502),
        (200, [(b"content-type", b"image/png"), (b"content-encoding", b"gzip")], 502),
        (200, [(b"content-type", b"Image/PNG; x=y")], 200),
    ],
)
async def test_the_head_is_judged_before_anything_is_sent(
    status: int, headers: list[tuple[bytes, bytes]], code: int
) -> None:
    backend = Backend()
    backend.status, backend.headers = status, headers
    async with serving(backend) as (_, client, _):
        response = await client.get("/photo")
    assert response.status_code == code
    if code != 200:
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["call"] == "photo"


@pytest.mark.parametrize(
    ("known", "fits"),
    [({"image/*"}, True), ({"*/*"}, True), (None, True), ({"image/gif", "text/*"}, False)],
)
async def test_ranges_of_media_types(known: set[str] | None, fits: bool) -> None:
    async with serving(Backend(), media_types=known) as (_, client, _):
        assert ((await client.get("/photo")).status_code == 200) == fits


async def test_parts_and_what_the_client_has_already() -> None:
    backend = Backend()
    async with serving(backend, forward=CONDITIONAL, success={200, 206, 304, 416}) as (_, client, _):
        backend.status = 206
        backend.headers += [(b"content-range", b"bytes 0-196607/999999"), (b"accept-ranges", b"bytes")]
        part = await client.get("/photo", headers={"range": "bytes=0-196607", "if-range": '"1"', "cookie": "a=1"})
        backend.status, backend.pieces = 304, 0
        backend.headers = [(b"etag", b'"1"'), (b"content-type", b"image/png")]
        same = await client.get("/photo", headers={"if-none-match": '"1"'})
        backend.status, backend.headers = 416, [(b"content-length", b"0")]
        none = await client.get("/photo", headers={"range": "bytes=9-"})
    assert (part.status_code, part.headers["content-range"]) == (206, "bytes 0-196607/999999")
    assert len(part.content) == 196608
    assert backend.requests[0][b"range"] == b"bytes=0-196607"
    assert backend.requests[0][b"if-range"] == b'"1"'
    assert b"cookie" not in backend.requests[0]
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", '"1"')
    assert (none.status_code, none.content) == (416, b"")


async def test_headers_of_the_client_stay_where_they_are_unless_asked() -> None:
    backend = Backend()
    async with serving(backend) as (_, client, _):
        await client.get("/photo", headers={"range": "bytes=0-1"})
    assert b"range" not in backend.requests[0]


async def test_it_is_closed_when_another_call_fails() -> None:
    backend = Backend()
    backend.pieces, backend.pause = 1000, 0.01
    async with serving(backend) as (gateway, client, _):

        def then(response: Response) -> None:
            raise Refusal(409)

        gateway.then = then
        assert (await client.get("/photo")).status_code == 409
        await asyncio.wait_for(backend.gone.wait(), 2)


async def test_the_head_must_come_in_time() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listening(silent) as port, open_http(TLS, None, "t/1") as pool:
        client = BackendClient(pool, f"http://127.0.0.1:{port}", 2.0)
        with pytest.raises(BackendFailure) as raised:
            await download(client, "photos.get", "GET", "/p", success={200}, within=0.1)
    assert raised.value.kind == "timeout"


async def test_headers_that_are_none_are_left_out() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        headers = [(b"content-type", b"image/png"), (b"etag", b'"\x01"'), (b"content-language", "日本".encode())]
        return httpx.Response(200, headers=headers, content=b"x")

    async with open_http(TLS, httpx.MockTransport(answer), "t/1") as pool:
        opened = await download(BackendClient(pool, "http://a.test", 2.0), "p.get", "GET", "/p", success={200})
        assert [name for name, _ in opened.response().raw_headers] == [b"content-type", b"content-length"]
        assert b"".join([piece async for piece in opened]) == b"x"
