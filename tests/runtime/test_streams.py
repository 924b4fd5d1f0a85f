"""Answers that go on: a backend's JSON lines and events, mapped item by item."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Response
from pydantic import TypeAdapter
from starlette.types import Receive, Scope, Send

from templates.runtime import context
from templates.runtime.client import BackendClient
from templates.runtime.disconnect import CancelOnDisconnect
from templates.runtime.downloads import Download, download
from templates.runtime.edge import Edge
from templates.runtime.events import LONGEST, Item, _split, events, lines
from templates.runtime.failures import BackendFailure, Refusal, composing
from templates.runtime.fan_out import fan_out
from templates.runtime.problems import install_problems
from templates.runtime.streams import EventStream, LineStream
from templates.runtime.transport import open_http, tls_context
from templates.runtime.types import Integer, Model

from .conftest import in_use, running

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_is_left")]

TLS = tls_context()


class Tick(Model):
    n: Integer


class Shown(Model):
    number: Integer


TICK = TypeAdapter(Tick)
SHOWN = TypeAdapter(Shown)
TEXT = TypeAdapter(str)
ANY: TypeAdapter[Any] = TypeAdapter(Any)


class Chunks(httpx.AsyncByteStream):
    """A body in these pieces, and whether it was given up."""

    def __init__(self, chunks: list[bytes], end: Exception | None = None) -> None:
        self.chunks = chunks
        self.end = end
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            await asyncio.sleep(0)
            yield chunk
        if self.end is not None:
            raise self.end

    async def aclose(self) -> None:
        self.closed = True


@asynccontextmanager
async def opened(chunks: list[bytes], end: Exception | None = None) -> AsyncIterator[Download]:
    stream = Chunks(chunks, end)
    transport = httpx.MockTransport(lambda request: httpx.Response(200, stream=stream))
    async with open_http(TLS, transport, "t/1") as pool:
        client = BackendClient(pool, "http://a.test", 2.0)
        yield await download(client, "ticks.get", "GET", "/t", success={200}, limit=None)
    assert stream.closed


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]


async def read_lines(chunks: list[bytes]) -> list[int]:
    async with opened(chunks) as source:
        return [item.value.n async for item in lines(source, TICK)]


async def read_events(chunks: list[bytes], adapter: TypeAdapter[Any] = ANY, **options: Any) -> list[Item[Any]]:
    async with opened(chunks) as source:
        return [item async for item in events(source, adapter, **options)]


class TestLines:
    @pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
    async def test_however_they_are_cut(self, size: int) -> None:
        assert await read_lines(cut(b'{"n":1}\n\r\n  \n{"n":2}\r\n\n{"n": 3}', size)) == [1, 2, 3]

    @pytest.mark.parametrize("bad", [b'{"n":"1"}', b"{", b'{"n":NaN}', b'{"n":1}{"n":2}', b"\xff", b"[DONE]"])
    async def test_a_line_that_does_not_fit_is_a_breach(self, bad: bytes) -> None:
        with pytest.raises(BackendFailure) as raised:
            await read_lines([b'{"n":1}\n' + bad + b"\n"])
        assert (raised.value.kind, raised.value.operation) == ("invalid", "ticks.get")

    @pytest.mark.parametrize("ended", [b"\n", b""])
    async def test_a_line_is_so_long_and_no_longer(self, ended: bytes) -> None:
        fits = b'{"n":1,"x":"' + b"a" * (LONGEST - 14) + b'"}'
        assert len(fits) == LONGEST
        assert await read_lines(cut(fits + ended, 65536)) == [1]
        with pytest.raises(BackendFailure):
            await read_lines(cut(b" " + fits + ended, 65536))

    async def test_a_line_in_many_pieces_is_looked_through_once(self) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(300_000):
                yield b"a"

        started = asyncio.get_running_loop().time()
        assert [len(line) async for line in _split(pieces(), "ticks.get")] == [300_000]
        assert asyncio.get_running_loop().time() - started < 3

    async def test_an_endless_line_is_given_up(self) -> None:
        with pytest.raises(BackendFailure):
            await read_lines([b"a" * 65536] * 1000)


WHATWG = b"""\xef\xbb\xbf: a comment

data: "YHOO"
data
data: 2

event: add
id: 7
data: 1

data:3
id

:
data:  4
retry: 100
nothing: here

event: empty

data: lost"""


class TestEvents:
    @pytest.mark.parametrize("size", [1, 2, 3, 5, 1000])
    @pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
    async def test_as_the_standard_has_them(self, size: int, newline: bytes) -> None:
        found = await read_events(cut(WHATWG.replace(b"\n", newline), size), TEXT, text=True)
        assert found == [Item('"YHOO"\n\n2'), Item("1", "add", "7"), Item("3"), Item(" 4")]

    async def test_data_is_json_and_an_id_stays_until_the_next(self) -> None:
        body = b'id: a\ndata: {"n":1}\n\ndata: {"n":\ndata: 2}\n\n'
        assert await read_events([body], TICK) == [Item(Tick(n=1), None, "a"), Item(Tick(n=2), None, "a")]

    async def test_whole_events(self) -> None:
        body = b'id: a\nevent: e\nretry: 5\ndata: {"n":1}\n\n'
        (found,) = await read_events([body], whole=True)
        assert found.value == {"id": "a", "event": "e", "retry": 5, "data": {"n": 1}}
        (found,) = await read_events([body], whole=True, text=True)
        assert found.value["data"] == '{"n":1}'

    async def test_a_byte_order_mark_stands_at_the_beginning_alone(self) -> None:
        mark = "\ufeff".encode()
        body = mark + b"data: a\n\n" + mark + b"data: b\n\ndata: c\n\n"
        assert await read_events([body], TEXT, text=True) == [Item("a"), Item("c")]

    async def test_done_is_the_end(self) -> None:
        assert await read_events([b'data: {"n":1}\n\ndata: [DONE]\n\ndata: x\n\n'], TICK) == [Item(Tick(n=1))]

    @pytest.mark.parametrize("options", [{}, {"whole": True}])
    @pytest.mark.parametrize("bad", [b"x", b"NaN", b"\xff", b'{"n":'])
    async def test_data_that_does_not_fit_is_a_breach(self, bad: bytes, options: dict[str, bool]) -> None:
        with pytest.raises(BackendFailure) as raised:
            await read_events([b"data: " + bad + b"\n\n"], **options)
        assert raised.value.kind == "invalid"

    async def test_an_event_is_so_large_and_no_larger(self) -> None:
        line = b"data: " + b"a" * 1018 + b"\n"
        assert len(await read_events([line * 1024 + b"\n"], TEXT, text=True)) == 1
        with pytest.raises(BackendFailure):
            await read_events([line * 1025 + b"\n"], TEXT, text=True)

    @pytest.mark.parametrize("end", [httpx.ReadError("x"), httpx.RemoteProtocolError("x")])
    async def test_what_breaks_off_is_a_failure(self, end: Exception) -> None:
        found = []
        with pytest.raises(BackendFailure):
            async with opened([b"data: 1\n\n"], end) as source:
                async for item in events(source, ANY):
                    found.append(item.value)
        assert found == [1]


class Backend:
    """Sends these pieces, `pause` seconds apart; then ends, breaks or goes on for ever."""

    def __init__(self, *pieces: bytes, pause: float = 0.0, then: str = "end", kind: bytes = b"a/b") -> None:
        self.pieces = pieces
        self.pause = pause
        self.then = then
        self.kind = kind
        self.gone = asyncio.Event()
        self.sent = 0
        self.headers: dict[bytes, bytes] = {}

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.headers = dict(scope["headers"])
        watch = asyncio.create_task(self._watch(receive))
        head = [(b"content-type", self.kind)]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        try:
            more = True
            while more and not self.gone.is_set():
                for piece in self.pieces:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                    self.sent += 1
                    await asyncio.sleep(self.pause)
                more = self.then == "again"
            if self.then == "break":
                raise RuntimeError
            if self.then == "hang":
                await self.gone.wait()
            await send({"type": "http.response.body", "body": b""})
        finally:
            watch.cancel()

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.gone.set()


async def shown(tick: Tick) -> Shown | None:
    if tick.n == 13:
        raise Refusal(409, "unlucky")
    if tick.n == 99:
        raise RuntimeError("secret")
    with composing():
        return Shown(number=10 // tick.n) if tick.n != 2 else None


@asynccontextmanager
async def serving(
    backend: Backend,
    http: str = "httptools",
    one: Callable[[Tick], Awaitable[Shown | None]] = shown,
    heartbeat: float = 15.0,
    adapter: TypeAdapter[Any] = SHOWN,
    **options: Any,
) -> AsyncIterator[httpx.AsyncClient]:
    async with running(backend.app) as inner, open_http(TLS, None, "test/1") as pool:
        ticks = BackendClient(pool, f"http://127.0.0.1:{inner}", 2.0)
        app = FastAPI(openapi_url=None)

        async def source() -> Download:
            async with fan_out(5) as calls:
                opened = download(
                    *(ticks, "ticks.get", "GET", "/t"), success={200}, limit=None, forward=("last-event-id",), **options
                )
                call = calls.start("ticks", opened)
            return call.result()

        @app.api_route("/lines", methods=["GET", "HEAD"])
        async def get_lines(response: Response) -> LineStream:
            response.headers["x-own"] = "1"
            return LineStream(lines(await source(), TICK), one, adapter, call="ticks", base=response)

        @app.get("/events")
        async def get_events() -> EventStream:
            return EventStream(events(await source(), TICK), one, SHOWN, call="ticks", heartbeat=heartbeat)

        app.add_middleware(CancelOnDisconnect)
        app.add_middleware(Edge)
        install_problems(app)
        async with running(app, http) as port:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
                yield client
        assert in_use(pool) == 0


class TestThrough:
    async def test_lines(self) -> None:
        async with serving(Backend(b'{"n":1}\n{"n":2}\n{"n"', b":5}\n")) as client:
            response = await client.get("/lines")
            head = await client.head("/lines")
        assert response.text == '{"number":10}\n{"number":2}\n'
        assert response.headers["content-type"] == "application/x-ndjson"
        assert (response.headers["x-own"], response.headers["cache-control"]) == ("1", "no-store")
        assert (head.status_code, head.content) == (200, b"")

    async def test_events_keep_name_and_id(self) -> None:
        backend = Backend(b'event: tick\nid: 7\ndata: {"n":1}\n\n', b'data: {"n":5}\n\n', kind=b"text/event-stream")
        async with serving(backend) as client:
            response = await client.get("/events", headers={"last-event-id": "6"})
        assert response.text == 'event: tick\nid: 7\ndata: {"number":10}\n\nid: 7\ndata: {"number":2}\n\n'
        assert response.headers["content-type"] == "text/event-stream"
        assert backend.headers[b"last-event-id"] == b"6"

    async def test_an_item_is_there_before_the_next(self) -> None:
        backend = Backend(b'{"n":1}\n', then="hang")
        async with serving(backend) as client, client.stream("GET", "/lines") as response:
            assert await anext(response.aiter_bytes()) == b'{"number":10}\n'

    async def test_head_reads_nothing(self) -> None:
        backend = Backend(b'{"n":1}\n', then="hang")
        async with serving(backend) as client:
            assert (await client.head("/lines")).headers["content-type"] == "application/x-ndjson"
            await asyncio.wait_for(backend.gone.wait(), 2)

    @pytest.mark.parametrize(
        ("piece", "then", "status", "members"),
        [
            (b'{"n":"x"}\n', "end", 502, {"call": "ticks"}),
            (b'{"n":0}\n', "end", 502, {"call": "ticks"}),
            (b'{"n":13}\n', "end", 409, {"detail": "unlucky"}),
            (b'{"n":99}\n', "end", 500, {}),
            (b"", "break", 502, {"call": "ticks"}),
        ],
    )
    async def test_a_failure_is_the_last_thing_sent(
        self, piece: bytes, then: str, status: int, members: dict[str, str]
    ) -> None:
        backend = Backend(b'{"n":1}\n' + piece + b'{"n":1}\n' * (then == "end"), pause=0.05, then=then)
        async with serving(backend) as client:
            response = await client.get("/lines")
        *good, last, end = response.text.split("\n")
        assert (good, end) == (['{"number":10}'], "")
        problem = json.loads(last)["error"]
        assert problem["status"] == status
        assert {k: v for k, v in problem.items() if k in ("call", "detail")} == members
        assert "secret" not in response.text
        as_events = Backend(b"data: " + (piece.strip() or b"{}") + b"\n\n", kind=b"text/event-stream")
        async with serving(as_events) as client:
            event, data, *rest = (await client.get("/events")).text.split("\n")
        assert (event, rest) == ("event: error", ["", ""])
        assert json.loads(data.removeprefix("data: "))["status"] == status

    async def test_silence_is_a_timeout(self) -> None:
        async with serving(Backend(b'{"n":1}\n', then="hang"), idle=0.1) as client:
            response = await client.get("/lines")
        assert json.loads(response.text.split("\n")[1])["error"]["status"] == 504

    async def test_a_heartbeat_fills_the_silence(self) -> None:
        backend = Backend(b'data: {"n":1}\n\n', b'data: {"n":5}\n\n', pause=0.25, kind=b"text/event-stream")
        async with serving(backend, heartbeat=0.1) as client:
            text = (await client.get("/events")).text
        assert text.replace(":\n\n", "") == 'data: {"number":10}\n\ndata: {"number":2}\n\n'
        assert text.count(":\n\n") >= 2
        assert text.index(":\n\n") > 0

    async def test_before_the_first_byte_it_is_an_ordinary_problem(self) -> None:
        backend = Backend(kind=b"text/html")
        async with serving(backend, media_types={"application/x-ndjson"}) as client:
            response = await client.get("/lines")
        assert (response.status_code, response.json()["call"]) == (502, "ticks")

    @pytest.mark.parametrize("http", ["h11", "httptools"])
    @pytest.mark.parametrize("writing", [False, True])
    @pytest.mark.parametrize("path", ["/lines", "/events"])
    async def test_a_client_that_hangs_up_closes_the_backends_stream(self, http: str, writing: bool, path: str) -> None:
        async def one(tick: Tick) -> Shown:
            request = context.current.get()
            assert request is not None
            request.writing = writing
            return Shown(number=tick.n)

        piece = b'{"n":1}\n' if path == "/lines" else b'data: {"n":1}\n\n'
        backend = Backend(piece, pause=0.01, then="again")
        async with serving(backend, http, one) as client:
            async with client.stream("GET", path) as response:
                await anext(response.aiter_raw())
            await asyncio.wait_for(backend.gone.wait(), 2)
        assert backend.sent < 500

    async def test_a_client_that_does_not_read_slows_the_backend_down(self) -> None:
        line = b'{"n":1,"x":"' + b"a" * 65536 + b'"}\n'

        async def one(tick: Tick) -> Any:
            return "b" * 65536

        backend = Backend(line, then="again")
        async with serving(backend, one=one, adapter=TEXT) as client, client.stream("GET", "/lines"):
            await asyncio.sleep(0.7)
            held = backend.sent
            await asyncio.sleep(0.5)
            assert backend.sent - held < 20, (held, backend.sent)
