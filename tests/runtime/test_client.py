"""A backend client against backends that misbehave, on real sockets where that is what matters."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from shutil import which
from typing import Any

import httpx
import pytest
from pydantic import TypeAdapter

from templates.runtime import context
from templates.runtime.body import LIMIT
from templates.runtime.client import BackendClient
from templates.runtime.failures import BackendFailure, InvalidArgument
from templates.runtime.replies import decode
from templates.runtime.transport import open_http, tls_context
from templates.runtime.types import Integer, Model

from .conftest import in_use, listening

pytestmark = pytest.mark.anyio

TLS = tls_context()
JSON = {"content-type": "application/json"}


class Product(Model):
    id: Integer


PRODUCT = TypeAdapter(Product)
MAYBE: TypeAdapter[Product | None] = TypeAdapter(Product | None)


class Backend:
    """A client whose backend is a function."""

    def __init__(self, answer: Callable[[httpx.Request], Any], **options: Any) -> None:
        self.requests: list[httpx.Request] = []
        self.http = open_http(TLS, httpx.MockTransport(self._answer), "test/1")
        url = options.pop("base_url", "http://catalog.test")
        self.client = BackendClient(self.http, url, options.pop("timeout", 2.0), **options)
        self.answer = answer

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answer(request)
        if asyncio.iscoroutine(answer):
            answer = await answer
        assert isinstance(answer, httpx.Response)
        return answer

    async def get(self, path: str = "/p", **options: Any) -> Any:
        options.setdefault("success", frozenset({200}))
        return await self.client.send("catalog.get", "GET", path, **options)


async def failing(answer: Callable[[httpx.Request], Any], **options: Any) -> BackendFailure:
    with pytest.raises(BackendFailure) as raised:
        raw = await Backend(answer, **options).get()
        decode("catalog.get", raw, PRODUCT)
    return raised.value


async def test_a_request_as_it_goes_out() -> None:
    backend = Backend(lambda r: httpx.Response(200, json={"id": 1}), base_url="http://c.test/v2/")
    raw = await backend.get("/p/a%2Fb", query=[("q", "x%20y"), ("q", "")], headers={"X-A": "1"})
    assert decode("catalog.get", raw, PRODUCT).id == 1
    request = backend.requests[0]
    assert request.url.raw_path == b"/v2/p/a%2Fb?q=x%20y&q="
    assert request.headers["accept-encoding"] == "gzip"
    assert request.headers["accept"] == "application/json"
    assert request.headers["user-agent"] == "test/1"
    assert request.headers["x-a"] == "1"
    assert "content-type" not in request.headers


async def test_a_body_and_cookies() -> None:
    backend = Backend(lambda r: httpx.Response(201, json={"id": 1}))
    await backend.client.send(
        "catalog.add",
        "POST",
        "/p",
        success={201},
        content=b"{}",
        cookies=[("a", "1"), ("b", "2")],
    )
    request = backend.requests[0]
    assert (request.content, request.headers["content-type"]) == (b"{}", "application/json")
    assert request.headers["cookie"] == "a=1; b=2"


@pytest.mark.parametrize(
    "path",
    ["/a/../b", "/a/./b", "/..", "@evil.test/", "//evil.test/../x", "http://evil.test/", "", "/a b", "/\ud800"],
)
async def test_never_another_path_or_host(path: str) -> None:
    backend = Backend(lambda r: httpx.Response(200, json={}))
    with pytest.raises(InvalidArgument):
        await backend.get(path)
    assert backend.requests == []


async def test_a_path_that_looks_like_a_host_stays_a_path() -> None:
    backend = Backend(lambda r: httpx.Response(200, json={"id": 1}))
    await backend.get("//evil.test/x")
    assert str(backend.requests[0].url) == "http://catalog.test//evil.test/x"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ConnectError("x"), "unreachable"),
        (httpx.ReadError("x"), "unreachable"),
        (httpx.RemoteProtocolError("Server disconnected without sending a response."), "unreachable"),
        (httpx.RemoteProtocolError("illegal status line"), "invalid"),
        (httpx.ConnectTimeout("x"), "timeout"),
        (httpx.ReadTimeout("x"), "timeout"),
        (httpx.PoolTimeout("x"), "open"),
        (httpx.DecodingError("x"), "invalid"),
    ],
)
async def test_exceptions_have_kinds(error: Exception, kind: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error

    failure = await failing(answer)
    assert (failure.kind, failure.operation, failure.status) == (kind, "catalog.get", None)
    assert failure.sent == (not isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)))


@pytest.mark.parametrize("status", [302, 304, 400, 404, 429, 500, 503])
async def test_a_failed_status(status: int) -> None:
    body = {"error": "x"}
    failure = await failing(lambda r: httpx.Response(status, json=body, headers={"location": "/"}))
    assert (failure.kind, failure.status) == ("status", status)
    assert failure.body(TypeAdapter(dict[str, str])) == body
    assert failure.matches(status) and failure.matches(f"{status // 100}xx")
    assert not failure.matches("timeout", status + 1)


@pytest.mark.parametrize("place", ["javascript:alert(1)", "http://[::1", "http://x:99999/", "\xff", "//", "/a b"])
async def test_where_a_redirect_leads_is_not_looked_at(place: str) -> None:
    headers = [(b"location", place.encode("latin-1"))]
    failure = await failing(lambda r: httpx.Response(302, headers=headers))
    assert (failure.kind, failure.status) == ("status", 302)
    raw = await Backend(lambda r: httpx.Response(302, headers=headers)).get(success={302})
    assert raw.headers["location"] == place


async def test_an_error_page_is_not_kept_and_does_not_hide_the_status() -> None:
    failure = await failing(lambda r: httpx.Response(404, html="<h1>secret</h1>"))
    assert (failure.kind, failure.status, failure.content) == ("status", 404, b"")
    with pytest.raises(BackendFailure) as raised:
        failure.body(PRODUCT)
    assert raised.value.kind == "invalid"
    failure = await failing(lambda r: httpx.Response(503, stream=Endless(), headers={"content-encoding": "br"}))
    assert (failure.kind, failure.status) == ("status", 503)


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, content=b"{}", headers={"content-type": "text/html"}),
        httpx.Response(200, content=b'{"id":1}'),
        httpx.Response(200, content=b'{"id":1}', headers={"content-type": "application/json;charset=utf-7"}),
        httpx.Response(200, content=b"", headers=JSON),
        httpx.Response(200, content=b'{"id":1', headers=JSON),
        httpx.Response(200, content=b'{"id":1}x', headers=JSON),
        httpx.Response(200, content=b'{"id":"1"}', headers=JSON),
        httpx.Response(200, content=b'{"id":1,"x":NaN}', headers=JSON),
        httpx.Response(200, content=b'{"id":1,"x":"\xff"}', headers=JSON),
        httpx.Response(200, content='{"id":1}'.encode("utf-16"), headers=JSON),
        httpx.Response(200, content=b'\xef\xbb\xbf{"id":1}', headers=JSON),
        httpx.Response(200, content=b'{"id":1,"x":' + b"[" * 9999 + b"]" * 9999 + b"}", headers=JSON),
        httpx.Response(204),
        httpx.Response(205),
        httpx.Response(206, json={"id": 1}),
        httpx.Response(999, json={"id": 1}),
        httpx.Response(200, json={"id": 1}, headers=[("x-a", "b")] * 200),
        httpx.Response(200, json={"id": 1}, headers={"content-encoding": "br"}),
    ],
    ids=lambda r: f"{r.status_code} {r.headers.get('content-type')} {r.content[:12]!r}",
)
async def test_a_breach_is_invalid(response: httpx.Response) -> None:
    failure = await failing(
        lambda r: response,
    )
    assert failure.kind == "invalid"


async def test_what_is_json_and_looks_odd() -> None:
    for kind in ("application/json; charset=UTF-8", "application/vnd.x+json", 'application/json;charset="utf-8"'):
        backend = Backend(
            lambda r, kind=kind: httpx.Response(  # type: ignore[misc]
                200, content=b'{"id":1,"x":"NaN"}', headers={"content-type": kind}
            )
        )
        assert decode("c", await backend.get(), PRODUCT).id == 1


async def test_no_content_is_null_where_the_type_has_it() -> None:
    backend = Backend(lambda r: httpx.Response(204))
    raw = await backend.get(success={200, 204})
    assert decode("c", raw, MAYBE) is None
    with pytest.raises(BackendFailure):
        decode("c", raw, PRODUCT)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("5", 5),
        ("0", 1),
        ("999999", 60),
        ("-1", None),
        ("1e9", None),
        ("", None),
        ("soon", None),
        ("9" * 99, None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", None),
        ("\u0665", None),
    ],
)
async def test_retry_after_is_clamped(value: str, seconds: int | None) -> None:
    headers = [(b"retry-after", value.encode())]
    failure = await failing(lambda r: httpx.Response(429, headers=headers))
    assert failure.retry_after == seconds


class Endless(httpx.AsyncByteStream):
    """A body without end, and whether it was given up."""

    def __init__(self, chunk: bytes = b"x" * 65536) -> None:
        self.chunk = chunk
        self.sent = 0
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.sent += len(self.chunk)
            yield self.chunk
            await asyncio.sleep(0)

    async def aclose(self) -> None:
        self.closed = True


async def test_an_endless_body_is_given_up_at_the_limit() -> None:
    stream = Endless()
    failure = await failing(lambda r: httpx.Response(200, stream=stream, headers=JSON))
    assert failure.kind == "invalid"
    assert stream.sent <= LIMIT + 2 * 65536
    assert stream.closed


GZIP = {**JSON, "content-encoding": "gzip"}


class Packed(httpx.AsyncByteStream):
    def __init__(self, data: bytes, size: int = 1000) -> None:
        self.chunks = [data[i : i + size] for i in range(0, len(data), size)]

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            yield chunk


@pytest.mark.parametrize("size", [1, 7, 1000])
async def test_gzip_is_unpacked(size: int) -> None:
    packed = gzip.compress(b'{"id":1,"x":"' + b"a" * 5000 + b'"}')
    backend = Backend(lambda r: httpx.Response(200, stream=Packed(packed, size), headers=GZIP))
    assert decode("c", await backend.get(), PRODUCT).id == 1


async def test_a_gzip_bomb_stops_at_the_limit() -> None:
    import tracemalloc

    bomb = gzip.compress(b'"' + b"0" * (100 << 20) + b'"')
    tracemalloc.start()
    failure = await failing(lambda r: httpx.Response(200, stream=Packed(bomb, 1 << 20), headers=GZIP))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert failure.kind == "invalid"
    assert peak < 4 * LIMIT


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(b'{"id":1}')[:-4],
        gzip.compress(b'{"id":1}') + b"x",
        gzip.compress(b'{"id":1}') * 2,
        b"no gzip",
    ],
    ids=["cut", "surplus", "twice", "none"],
)
async def test_gzip_that_is_not_whole(data: bytes) -> None:
    failure = await failing(lambda r: httpx.Response(200, stream=Packed(data), headers=GZIP))
    assert failure.kind == "invalid"


async def test_cookies_are_not_replayed() -> None:
    backend = Backend(lambda r: httpx.Response(200, json={"id": 1}, headers={"set-cookie": "sid=A"}))
    await backend.get()
    await backend.get()
    assert "cookie" not in backend.requests[1].headers


async def test_only_listed_headers_of_the_client_go_on() -> None:
    seen = {
        "authorization": "Bearer t",
        "cookie": "a=1",
        "x-user-id": "1",
        "accept-language": "pt",
        "host": "evil",
        "traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01",
        "tracestate": "k=v",
        "x-request-id": "abcd-1234",
    }
    request = context.new_context(seen)
    token = context.current.set(request)
    try:
        backend = Backend(
            lambda r: httpx.Response(401),
            forward_headers=frozenset({"Authorization", "accept-language", "host", "x-absent"}),
        )
        with pytest.raises(BackendFailure) as raised:
            await backend.get(headers={"accept-language": "de"})
    finally:
        context.current.reset(token)
    sent = backend.requests[0].headers
    assert sent["authorization"] == "Bearer t"
    assert sent["accept-language"] == "de"
    assert sent["host"] == "catalog.test"
    assert sent["x-request-id"] == "abcd-1234"
    assert sent["traceparent"] == f"00-{'a' * 32}-{request.span_id}-01"
    assert request.span_id != "b" * 16
    assert sent["tracestate"] == "k=v"
    assert "cookie" not in sent and "x-user-id" not in sent
    assert raised.value.client_credentials


async def test_the_call_gets_what_the_deadline_leaves() -> None:
    async def hang(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(5)
        return httpx.Response(200)

    loop = asyncio.get_running_loop()
    for deadline, within, expected in ((5.0, 0.05, 0.05), (0.1, None, 0.09)):
        backend = Backend(hang)
        token = context.deadline.set(loop.time() + deadline)
        started = loop.time()
        with pytest.raises(BackendFailure) as raised:
            await backend.get(within=within)
        context.deadline.reset(token)
        assert raised.value.kind == "timeout"
        assert loop.time() - started == pytest.approx(expected, abs=0.04)
    token = context.deadline.set(loop.time() - 1)
    with pytest.raises(BackendFailure):
        await backend.get()
    context.deadline.reset(token)
    assert len(backend.requests) == 1


# On real sockets.


def connected(port: int, timeout: float = 2.0, scheme: str = "http") -> BackendClient:
    return BackendClient(open_http(TLS, None, "test/1"), f"{scheme}://127.0.0.1:{port}", timeout)


async def kind_of(client: BackendClient) -> str:
    try:
        with pytest.raises(BackendFailure) as raised:
            await client.send("catalog.get", "GET", "/p", success={200})
        return raised.value.kind
    finally:
        await client._http.aclose()


async def test_a_refused_connection_is_unreachable() -> None:
    async with listening(lambda r, w: asyncio.sleep(0)) as port:
        pass
    assert await kind_of(connected(port)) == "unreachable"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (b"", "unreachable"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nContent-Type: application/json\r\n\r\n{}", "invalid"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "invalid"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", "invalid"),
    ],
    ids=["nothing", "short", "no http", "two lengths"],
)
async def test_a_broken_answer(reply: bytes, kind: str) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(reply)
        await writer.drain()

    async with listening(answer) as port:
        assert await kind_of(connected(port)) == kind


async def test_a_dripping_backend_is_given_up_in_time() -> None:
    gone = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nContent-Type: application/json\r\n\r\n")
        try:
            while not reader.at_eof():
                writer.write(b" ")
                await asyncio.sleep(0.05)
        finally:
            gone.set()

    async with listening(drip) as port:
        started = asyncio.get_running_loop().time()
        assert await kind_of(connected(port, timeout=0.3)) == "timeout"
        assert 0.25 < asyncio.get_running_loop().time() - started < 0.6
        await asyncio.wait_for(gone.wait(), 2)


async def test_a_redirect_is_not_followed() -> None:
    seen: list[bytes] = []

    async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with listening(redirect) as port:
        assert await kind_of(connected(port)) == "status"
    assert len(seen) == 1


async def test_the_environment_does_not_reroute_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{"id":1}')
        await writer.drain()

    async with listening(answer) as port:
        client = connected(port)
        raw = await client.send("catalog.get", "GET", "/p", success={200})
        await client._http.aclose()
    assert decode("c", raw, PRODUCT).id == 1


@pytest.mark.skipif(which("openssl") is None, reason="makes a certificate with openssl")
async def test_a_certificate_nobody_vouches_for(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    made = await asyncio.create_subprocess_exec(
        *"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost".split(),
        *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)),
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await made.wait() == 0
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    requests: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with listening(answer, ssl=server) as port:
        assert await kind_of(connected(port, scheme="https")) == "tls"
        assert requests == []
        trusting = open_http(tls_context(certificate), None, "test/1")
        assert await kind_of(BackendClient(trusting, f"https://127.0.0.1:{port}", 2.0)) == "status"
    assert len(requests) == 1


@pytest.mark.parametrize("kept", [b"keep-alive", b"close"])
async def test_a_call_may_be_cancelled_at_any_moment(kept: bytes) -> None:
    """httpx itself leaves connections that are neither used nor free; 64 of them would be all there are."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: "
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(head + kept + b"\r\n\r\n{}")
            await writer.drain()
            if kept == b"close":
                return

    cancelled = 0
    async with listening(answer) as port, open_http(TLS, None, "test/1") as http:
        client = BackendClient(http, f"http://127.0.0.1:{port}", 2.0)
        for steps in [*range(1, 60)] * 3:
            call = asyncio.create_task(client.send("catalog.get", "GET", "/p", success={200}))
            for _ in range(steps):
                await asyncio.sleep(0 if steps % 7 else 0.0001)
            cancelled += call.cancel()
            await asyncio.wait([call])
        assert in_use(http) == 0
        await client.send("catalog.get", "GET", "/p", success={200})
    assert cancelled > 15
