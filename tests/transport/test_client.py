"""Backend clients over our own connections, over ours through httpx, and over httpx's own: three ways, one meaning."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from templates.runtime import stock, transport
from templates.runtime.body import LIMIT
from templates.runtime.client import BackendClient
from templates.runtime.dialer import Limits
from templates.runtime.failures import BackendFailure, InvalidArgument
from templates.runtime.outgoing import Message, Outgoing
from templates.runtime.transport import Transport, tls_context

from .replies import replies
from .wire import Backend, listening, ok

pytestmark = pytest.mark.anyio

TLS = tls_context()
WAYS = ["own", "through httpx", "stock"]


class Wrapped(httpx.AsyncBaseTransport):
    """Somebody else's transport, as far as a client can tell."""

    def __init__(self) -> None:
        self.inner = Transport(TLS)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self.inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self.inner.aclose()


@asynccontextmanager
async def over(
    way: str, *scripts: Any, timeout: float = 2.0, connect: float = 1.0
) -> AsyncIterator[tuple[Backend, BackendClient]]:
    opened = {
        "own": lambda: transport.open_http(TLS, Transport(TLS, Limits(connect=connect)), "t/1"),
        "through httpx": lambda: transport.open_http(TLS, Wrapped(), "t/1"),
        "stock": lambda: stock.open_http(TLS, None, "t/1"),
    }[way]()
    async with listening(Backend(*scripts)) as backend, opened as http:
        http.timeout = httpx.Timeout(**{**http.timeout.as_dict(), "connect": connect})
        client = BackendClient(http, f"http://127.0.0.1:{backend.port}/v1/", timeout)
        assert (client._pool is not None) == (way == "own")
        yield backend, client
        await http.aclose()


async def outcome(client: BackendClient, **options: Any) -> str:
    asked: dict[str, Any] = {"method": "GET", "url": "/p", "success": {200, 201, 204}, **options}
    try:
        raw = await client.send("catalog.get", **asked)
    except BackendFailure as failure:
        return f"{type(failure).__name__} {failure.kind} {failure.status} {failure.content!r} {failure.sent}"
    return f"{raw.status} {sorted(raw.headers.multi_items())} {raw.content!r} {raw.url}"


async def test_a_request_is_the_same_bytes() -> None:
    sent = []
    for way in WAYS:
        async with over(way, [ok()]) as (backend, client):
            await outcome(
                client,
                query=[("a", "b%20c"), ("d", "")],
                headers={"X-A": "1", "accept": "text/plain"},
            )
            await outcome(client, method="POST", content=b'{"a":1}', cookies=[("s", "1")], success={200})
            await outcome(client, method="HEAD")
            sent.append([_parsed(request, backend.port) for request in backend.requests])
    assert sent[0] == sent[1] == sent[2]


def _parsed(request: bytes, port: int) -> object:
    head, _, body = request.replace(b"%d" % port, b"PORT").partition(b"\r\n\r\n")
    first, *fields = head.split(b"\r\n")
    named = {name.lower(): value for name, _, value in (field.partition(b": ") for field in fields)}
    named.pop(b"connection", None)  # HTTP/1.1 keeps it alive anyway
    return first, named, body


BODIES = {
    "plain": ok(b'{"a":1}'),
    "gzip": ok(gzip.compress(b'{"a":1}'), b"Content-Encoding: gzip"),
    "x-gzip": ok(gzip.compress(b'{"a":1}'), b"Content-Encoding: X-GZIP"),
    "identity": ok(b"{}", b"Content-Encoding: identity"),
    "no gzip": ok(b"{}", b"Content-Encoding: gzip"),
    "empty gzip": ok(b"", b"Content-Encoding: gzip"),
    "cut gzip": ok(gzip.compress(b'{"a":1}')[:-3], b"Content-Encoding: gzip"),
    "more gzip": ok(gzip.compress(b"{}") + gzip.compress(b"{}"), b"Content-Encoding: gzip"),
    "zlib": ok(zlib.compress(b"{}"), b"Content-Encoding: gzip"),
    "deflate": ok(zlib.compress(b"{}"), b"Content-Encoding: deflate"),
    "gzip twice": ok(gzip.compress(gzip.compress(b"{}")), b"Content-Encoding: gzip, gzip"),
    "gzip in two fields": ok(gzip.compress(b"{}"), b"Content-Encoding: gzip", b"Content-Encoding: gzip"),
    "brotli": ok(b"\x0b\x01\x80{}\x03", b"Content-Encoding: br"),
    "bomb": ok(gzip.compress(b" " * (LIMIT + 1)), b"Content-Encoding: gzip"),
    "just no bomb": ok(gzip.compress(b" " * LIMIT), b"Content-Encoding: gzip"),
    "bad bomb": ok(gzip.compress(b" " * (LIMIT + 1)), b"Content-Encoding: gzip", status=b"404 Not Found"),
    "bad packing": ok(b"{}", b"Content-Encoding: br", status=b"404 Not Found"),
    "large": ok(b" " * (LIMIT + 1)),
    "just not large": ok(b" " * LIMIT),
    "large and bad": ok(b" " * (LIMIT + 1), status=b"409 Conflict"),
    "bad": ok(b'{"a":1}', b"Retry-After: 7", status=b"503 Service Unavailable"),
    "fields": ok(b"{}", *[b"X-A: a"] * 101),
    "fields and bad": ok(b"{}", *[b"X-A: a"] * 101, status=b"404 Not Found"),
    "status 299": ok(b"{}", status=b"299 What"),
    "redirect to nowhere": ok(b"", b"Location: http://[", status=b"302 Found"),
}


@pytest.mark.parametrize("name", BODIES)
async def test_an_answer_means_the_same(name: str) -> None:
    found = []
    for way in WAYS:
        async with over(way, [BODIES[name], "close"]) as (backend, client):
            found.append((await outcome(client)).replace(str(backend.port), "PORT"))
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_every_reply_means_the_same_past_httpx_and_through_it(method: str, record_property: Any) -> None:
    together = asyncio.Semaphore(8)

    async def check(name: str, reply: bytes) -> None:
        found = []
        for way in WAYS[:2]:
            async with together, over(way, [reply, "close"]) as (backend, client):
                found.append((await outcome(client, method=method)).replace(str(backend.port), "PORT"))
        assert found[0] == found[1], name

    known = list(replies())
    await asyncio.gather(*(check(name, reply) for name, reply in known))
    record_property("count replies compared", len(known))


@pytest.mark.parametrize("way", WAYS[:2])
async def test_a_bomb_takes_no_memory(way: str) -> None:
    """400 MB in 400 kB; fifty of them at a time."""
    packer = zlib.compressobj(9, wbits=31)
    packed = b"".join(packer.compress(b"\0" * (1 << 20)) for _ in range(400)) + packer.flush()
    bomb = [ok(packed, b"Content-Encoding: gzip")]
    async with over(way, bomb, timeout=30.0, connect=30.0) as (_, client):  # to inflate takes the loop a while
        await outcome(client)
        tracemalloc.start()
        try:
            ends = await asyncio.gather(*(outcome(client) for _ in range(50)))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert set(ends) == {"BackendFailure invalid None b'' True"}
    assert peak < 32 * 2**20 + 50 * LIMIT


@pytest.mark.parametrize("way", ["own", "stock"])
async def test_an_answer_without_end(way: str) -> None:
    class Endless(Backend):
        async def play(self, script: Any, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
            while True:
                writer.write(b" " * 65536)
                await writer.drain()

    opened = transport.open_http(TLS, None, "t/1") if way == "own" else stock.open_http(TLS, None, "t/1")
    async with listening(Endless([])) as backend, opened as http:
        client = BackendClient(http, f"http://127.0.0.1:{backend.port}", 2.0)
        assert await outcome(client) == "BackendFailure invalid None b'' True"
        await backend.until(open=0)


@pytest.mark.parametrize(
    ("url", "query"),
    [
        ("/a/../b", ()),
        ("/..", ()),
        ("/a/.", ()),
        ("a", ()),
        ("", ()),
        ("/a b", ()),
        ("/a\r\nX: y", ()),
        ("/\xe4", ()),
        ("/a#b", ()),
        ("/a", [("q", "a b")]),
        ("/a", [("q", "a\r\nX: y")]),
        ("/a", [("q", "a#b")]),
        ("@evil.test/", ()),
        ("/a%zz", ()),
        ("/a?b=c", ()),
        ("//evil.test/a", ()),
        ("/a", [("q", "../..")]),
        ("/%2e%2e/a", ()),
        ("/a", [("q", "%c3%a4")]),
        ("/'\"", ()),
        ("/a", [("q", "[]{}|^`")]),
    ],
)
async def test_a_target_goes_out_as_meant_or_not_at_all(url: str, query: Any) -> None:
    seen = []
    for way in WAYS:
        async with over(way, [ok()]) as (backend, client):
            end = await outcome(client, url=url, query=query)
            seen.append((end.partition(" ")[0], [request.split(b"\r\n")[0] for request in backend.requests]))
    assert seen[0] == seen[1] == seen[2]


@given(st.text("/.%2eAa~:@!?#[]'\"\\ \r\n\té", max_size=12), st.booleans())
@settings(max_examples=1500, deadline=None)
def test_a_target_is_what_httpx_would_send(url: str, with_query: bool) -> None:
    outgoing = Outgoing("http://a.test/v1", frozenset(), {})
    query = [("q", url)] if with_query else []
    target = f"{url}?q={url}" if with_query else url
    try:
        sent = httpx.URL("http://a.test/v1" + target).raw_path
    except (httpx.InvalidURL, UnicodeError):
        sent = b""
    try:
        made = outgoing.target(url, query)
    except InvalidArgument:
        made = None
    if made is not None:
        assert made == target and sent == b"/v1" + target.encode() and url.startswith("/")
        data = outgoing.data(Message("GET", made, {}, None))
        assert data.split(b"\r\n")[0] == b"GET " + sent + b" HTTP/1.1"
    else:
        assert not url.startswith("/") or sent != b"/v1" + target.encode()


@given(st.dictionaries(st.text(max_size=4), st.text("a\r\n\0: é", max_size=6), max_size=3))
@settings(max_examples=500, deadline=None)
def test_headers_make_one_head_or_none(headers: dict[str, str]) -> None:
    outgoing = Outgoing("http://a.test/v1", frozenset(), {"accept": "*/*"})
    message = Message("GET", "/p", {f"x-{number}": value for number, value in enumerate(headers.values())}, None)
    try:
        data = outgoing.data(message)
    except InvalidArgument:
        return
    assert len(data.split(b"\r\n")) == len(headers) + 5 and data.count(b"\n") == len(headers) + 4


async def test_a_refused_connection_was_not_sent() -> None:
    async with listening(Backend([ok()])) as backend:
        pass
    async with transport.open_http(TLS, None, "t/1") as http:
        client = BackendClient(http, f"http://127.0.0.1:{backend.port}", 2.0)
        assert await outcome(client) == "BackendFailure unreachable None b'' False"
