"""Routes that pass through: which paths, which headers, how much at a time, what the client sees go wrong."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from fastapi import FastAPI, Request

from templates.runtime.client import BackendClient
from templates.runtime.disconnect import CancelOnDisconnect
from templates.runtime.edge import Edge
from templates.runtime.limit import BodyLimit
from templates.runtime.paths import PathTemplate, is_sound_segment, is_sound_tail
from templates.runtime.problems import install_problems
from templates.runtime.proxy import ProxyRoute
from templates.runtime.transport import open_http, tls_context

from .conftest import in_use, listening, running, traced

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_is_left")]

TLS = tls_context()
ALL = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
Headers = list[tuple[str, str]]


class Gateway:
    """An app with one proxy; its backend is a function or a server."""

    def __init__(
        self,
        answer: Callable[[httpx.Request], Any] | None = None,
        *,
        port: int = 0,
        path: str = "/catalog/{path:path}",
        to: str | None = "/v2/{path}",
        methods: tuple[str, ...] = ALL,
        forward: set[str] = frozenset(),  # type: ignore[assignment]
        timeout: float = 2.0,
        **options: Any,
    ) -> None:
        self.requests: list[httpx.Request] = []
        self.answer = answer or (lambda request: httpx.Response(200, text="ok"))
        base = f"http://127.0.0.1:{port}/base" if port else "http://catalog.test/base"
        self.http = open_http(TLS, None if port else httpx.MockTransport(self._answer), "test/1")
        self.backend = BackendClient(self.http, base, timeout, forward)
        self.app = FastAPI(openapi_url=None, redirect_slashes=False)

        @self.app.get("/catalog/own")
        async def own(request: Request) -> str:
            return "own"

        self.app.router.routes.append(
            ProxyRoute(path, to=to, client=lambda request: self.backend, methods=methods, **options)
        )
        self.app.add_middleware(CancelOnDisconnect)
        self.app.add_middleware(BodyLimit, limit=1000, larger={path: 60 << 20})
        self.app.add_middleware(Edge)
        install_problems(self.app)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        await request.aread()
        answer = self.answer(request)
        assert isinstance(answer, httpx.Response)
        return answer

    async def raw(self, target: str, method: str = "GET", headers: Headers | None = None, body: bytes = b"") -> Any:
        """Status, headers and body for a target that no client library has touched."""
        path, _, query = target.partition("?")
        seen: dict[str, Any] = {"body": b""}
        sent = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if sent:
                return sent.pop()
            await asyncio.sleep(60)
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
                seen["headers"] = httpx.Headers(message["headers"])
            else:
                seen["body"] += message["body"]

        own = [("host", "gateway.test"), *(headers or [])]
        if body:
            own.append(("content-length", str(len(body))))
        await self.app(
            {
                "type": "http",
                "asgi": {"version": "3.0"},
                "http_version": "1.1",
                "method": method,
                "scheme": "https",
                "path": unquote(path),
                "raw_path": path.encode("latin-1"),
                "query_string": query.encode("latin-1"),
                "root_path": "",
                "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in own],
                "client": ("192.0.2.7", 1),
                "server": ("gateway.test", 443),
            },
            receive,
            send,
        )
        return seen


class TestPaths:
    @pytest.mark.parametrize(
        ("target", "sent"),
        [
            ("/catalog/products/7", "/base/v2/products/7"),
            ("/catalog/a%20b/%C3%BC", "/base/v2/a%20b/%C3%BC"),
            ("/catalog/a%2cb%3A", "/base/v2/a%2cb%3A"),
            ("/catalog/a:b@c,d=e!$&'()*+", "/base/v2/a:b@c,d=e!$&'()*+"),
            ("/catalog/products/", "/base/v2/products/"),
            ("/catalog/", "/base/v2/"),
            ("/catalog/.../..a/%2e%2ea", "/base/v2/.../..a/%2e%2ea"),
            ("/catalog/x?q=1&q=2&%61=%2F..%2f&b=[1]|{}^`'\\", "/base/v2/x?q=1&q=2&%61=%2F..%2f&b=[1]|{}^`'\\"),
            ("/catalog/x?", "/base/v2/x"),
            ("/catalog/x?%zz&a%", "/base/v2/x?%zz&a%"),
            ("/catalog/x?a=http://evil/../", "/base/v2/x?a=http://evil/../"),
        ],
    )
    async def test_go_on_byte_by_byte(self, target: str, sent: str) -> None:
        gateway = Gateway()
        assert (await gateway.raw(target))["status"] == 200
        request = gateway.requests[0]
        assert request.url.raw_path == sent.encode()
        assert str(request.url).startswith("http://catalog.test/")

    @pytest.mark.parametrize(
        "tail",
        [
            *("..", ".", "../x", "a/../b", "a/..", "./a", "%2e%2e", "%2E%2e/x", ".%2e", "a/%2e", "%2e"),
            *("..%2f..", "%2f", "a%2Fb", "..%5c", "\\evil", "a\\b", "%5Cevil", "/evil.com", "//evil.com", "a//b"),
            *("%252e%252e", "%252f", "a%25%32%66", "..;", "..;/x", "a;b", "%3b", "%00", "a%0d%0ab", "%7f", "%09"),
            *("%ff", "%c0%ae%c0%ae", "%ed%a0%80", "%u002e", "%2", "%", "%zz", "a b", "a<b", 'a"b', "a{b}", "a|b"),
            *("a^b", "ü", "http://evil/", "a%C2%80b", "%25252e"),
        ],
    )
    async def test_that_hide_another_one_are_refused(self, tail: str) -> None:
        gateway = Gateway()
        answer = await gateway.raw(f"/catalog/{tail}")
        assert (answer["status"], gateway.requests) == (400, [])
        assert answer["headers"]["content-type"] == "application/problem+json"

    @pytest.mark.parametrize("query", ["a b", "a#b", "a<b>", 'a"b', "ü", "a\x00", "a\r\nb"])
    async def test_queries_that_are_none(self, query: str) -> None:
        gateway = Gateway()
        assert (await gateway.raw(f"/catalog/x?{query}"))["status"] == 400
        assert gateway.requests == []

    async def test_too_long(self) -> None:
        gateway = Gateway()
        assert (await gateway.raw("/catalog/" + "a" * 9000))["status"] == 414
        assert (await gateway.raw("/catalog/a?" + "a" * 9000))["status"] == 414
        assert (await gateway.raw("/catalog/a?" + "a" * 8000))["status"] == 200

    @pytest.mark.parametrize("target", ["/%63atalog/x", "/CATALOG/x", "/catalog", "/catalogx/y", "//catalog/x"])
    async def test_other_routes(self, target: str) -> None:
        gateway = Gateway()
        assert (await gateway.raw(target))["status"] == 404
        assert gateway.requests == []

    async def test_endpoints_come_first(self) -> None:
        gateway = Gateway()
        assert (await gateway.raw("/catalog/own"))["body"] == b'"own"'
        assert (await gateway.raw("/catalog/own", "POST"))["status"] in (200, 405)

    async def test_several_placeholders_and_no_other_path(self) -> None:
        gateway = Gateway(path="/shops/{shop}/x/{rest:path}", to="/{rest}/of/{shop}")
        assert (await gateway.raw("/shops/a%20b/x/c/d"))["status"] == 200
        assert gateway.requests[0].url.raw_path == b"/base/c/d/of/a%20b"
        assert (await gateway.raw("/shops/%2e%2e/x/c"))["status"] == 400
        assert (await gateway.raw("/shops//x/c"))["status"] == 400
        same = Gateway(path="/catalog/{path:path}", to=None)
        await same.raw("/catalog/x")
        assert same.requests[0].url.raw_path == b"/base/catalog/x"

    async def test_behind_a_root_path(self) -> None:
        gateway = Gateway(lambda request: httpx.Response(302, headers={"location": "/base/v2/y"}))
        transport = httpx.ASGITransport(gateway.app, root_path="/gw")
        async with httpx.AsyncClient(transport=transport, base_url="http://g.test") as client:
            response = await client.get("/gw/catalog/x")
        assert gateway.requests[0].url.raw_path == b"/base/v2/x"
        assert response.headers["location"] == "/gw/catalog/y"

    def test_templates(self) -> None:
        template = PathTemplate("/a.b/{x}/{y:path}")
        assert template.match("/a.b/1/2/3") == {"x": "1", "y": "2/3"}
        assert template.match("/aXb/1/2") is None
        assert template.match("/a.b/1") is None
        assert template.expand({"x": "%20", "y": "2/3"}) == "/a.b/%20/2/3"
        assert is_sound_tail("a/b/") and not is_sound_tail("a//") and is_sound_tail("")
        assert not is_sound_segment("")


class TestOperations:
    DOCUMENTED = (
        *("GET /v2/products/{id}", "DELETE /v2/products/{id}", "PUT /v2/products/"),
        "GET /v2/files/{name}.{ext}",
    )

    @pytest.mark.parametrize(
        ("method", "target", "status"),
        [
            ("GET", "products/7", 200),
            ("HEAD", "products/7", 200),
            ("DELETE", "products/7", 200),
            ("POST", "products/7", 405),
            ("GET", "products/7/", 404),
            ("GET", "products/", 405),
            ("PUT", "products/", 200),
            ("GET", "products/7/reviews", 404),
            ("GET", "Products/7", 404),
            ("GET", "%70roducts/7", 404),
            ("GET", "files/a.txt", 200),
            ("GET", "files/a", 404),
            ("GET", "admin", 404),
        ],
    )
    async def test_only_documented_ones(self, method: str, target: str, status: int) -> None:
        gateway = Gateway(documented=self.DOCUMENTED)
        answer = await gateway.raw(f"/catalog/{target}", method)
        assert answer["status"] == status
        assert len(gateway.requests) == (status == 200)
        if status == 405:
            allowed = {"products/7": "GET, HEAD, DELETE", "products/": "PUT"}
            assert answer["headers"]["allow"] == allowed[target]

    async def test_only_listed_methods(self) -> None:
        gateway = Gateway(methods=("GET", "HEAD", "TRACE", "CONNECT"))
        for method in ("POST", "OPTIONS", "TRACE", "CONNECT", "get", "PROPFIND"):
            answer = await gateway.raw("/catalog/x", method)
            assert (answer["status"], answer["headers"]["allow"]) == (405, "GET, HEAD")
        assert gateway.requests == []

    async def test_every_listed_method(self) -> None:
        gateway = Gateway()
        for method in ALL:
            assert (await gateway.raw("/catalog/x", method))["status"] == 200
        assert [request.method for request in gateway.requests] == list(ALL)


FORGED = {
    "authorization": "Bearer x",
    "cookie": "sid=1",
    "connection": "x-named, Keep-Alive, range",
    "x-named": "1",
    "range": "bytes=0-1",
    "keep-alive": "1",
    "te": "trailers",
    "trailer": "x",
    "upgrade": "h2c",
    "proxy-authorization": "x",
    "proxy-connection": "x",
    "forwarded": "for=1.2.3.4",
    "x-forwarded-for": "1.2.3.4",
    "x-forwarded-host": "evil",
    "x-forwarded-proto": "gopher",
    "x-real-ip": "1.2.3.4",
    "true-client-ip": "1.2.3.4",
    "cf-connecting-ip": "1.2.3.4",
    "x-envoy-internal": "true",
    "x-middleware-subrequest": "1",
    "x-original-url": "/admin",
    "x-rewrite-url": "/admin",
    "x-http-method-override": "DELETE",
    "x-amz-date": "1",
    "x-goog-user": "1",
    "x-ms-client": "1",
    "baggage": "a=1",
    "x-user-id": "1",
    "accept_language": "pt",
    "expect": "100-continue",
    "user-agent": "evil/1",
    "origin": "http://evil",
    "referer": "http://evil",
}


class TestHeaders:
    async def test_to_the_backend_go_the_listed_ones_and_our_own(self) -> None:
        gateway = Gateway(forward={"x-tenant"})
        allowed = {
            "accept": "text/csv",
            "accept-language": "pt",
            "if-none-match": '"1"',
            "if-match": "*",
            "idempotency-key": "k",
            "x-tenant": "t",
            "content-type": "text/csv",
        }
        await gateway.raw("/catalog/x", headers=[*FORGED.items(), *allowed.items()])
        sent = dict(gateway.requests[0].headers)
        assert {name: sent.pop(name) for name in ("x-request-id", "traceparent")}
        assert sent == {
            **allowed,
            "host": "catalog.test",
            "accept-encoding": "identity",
            "connection": "keep-alive",
            "user-agent": "test/1",
            "via": "1.1 bff",
            "x-forwarded-for": "192.0.2.7",
            "x-forwarded-host": "gateway.test",
            "x-forwarded-proto": "https",
        }

    async def test_what_connection_names_does_not_even_go_on_when_listed(self) -> None:
        gateway = Gateway(forward={"authorization"})
        await gateway.raw("/catalog/x", headers=[("authorization", "t"), ("connection", "close, Authorization")])
        assert "authorization" not in gateway.requests[0].headers

    async def test_a_body_is_not_lost_to_a_connection_header(self) -> None:
        gateway = Gateway()
        await gateway.raw("/catalog/x", "POST", [("connection", "content-length, transfer-encoding")], b"abc")
        assert gateway.requests[0].content == b"abc"

    @pytest.mark.parametrize(
        ("accepted", "asked"),
        [("gzip", "gzip"), ("br, gzip;q=0.5", "gzip"), ("gzip;q=0", "identity"), ("br", "identity")]
        + [("gzip; q=0.0, br", "identity"), ("xgzip", "identity"), ("", "identity")],
    )
    async def test_encodings_that_the_client_reads(self, accepted: str, asked: str) -> None:
        gateway = Gateway()
        await gateway.raw("/catalog/x", headers=[("accept-encoding", accepted)])
        assert gateway.requests[0].headers["accept-encoding"] == asked

    async def test_a_header_that_is_none_is_refused(self) -> None:
        gateway = Gateway(forward={"authorization"})
        for name in ("accept", "authorization"):
            answer = await gateway.raw("/catalog/x", headers=[(name, "a\x00b")])
            assert (answer["status"], gateway.requests) == (400, [])

    async def test_a_packed_body_is_refused(self) -> None:
        gateway = Gateway()
        answer = await gateway.raw("/catalog/x", "POST", [("content-encoding", "gzip")], b"x")
        assert (answer["status"], gateway.requests) == (415, [])

    async def test_to_the_client_go_the_listed_ones(self) -> None:
        passed = {
            "content-type": "text/csv",
            "content-language": "pt",
            "content-range": "bytes 0-1/2",
            "accept-ranges": "bytes",
            "etag": '"1"',
            "last-modified": "Tue, 24 Nov 2026 10:00:00 GMT",
            "deprecation": "@1",
            "sunset": "Tue, 24 Nov 2026 10:00:00 GMT",
            "allow": "GET",
            "x-total": "7",
        }
        dropped = {
            "set-cookie": "sid=1",
            "access-control-allow-origin": "*",
            "strict-transport-security": "max-age=1",
            "alt-svc": "h3",
            "server": "inner",
            "x-powered-by": "php",
            "www-authenticate": "Basic",
            "clear-site-data": "*",
            "content-security-policy": "default-src *",
            "refresh": "0;url=http://evil",
            "connection": "x-named, etag2",
            "x-named": "1",
            "keep-alive": "1",
            "proxy-authenticate": "x",
            "upgrade": "h2c",
            "cache-control": "public",
            "x-internal": "1",
            "x_total": "1",
        }
        answer = httpx.Response(206, content=b"ab", headers={**passed, **dropped})
        gateway = Gateway(lambda request: answer, response_headers={"X-Total", "set-cookie", "X-Named", "x_total"})
        got = await gateway.raw("/catalog/x")
        headers = dict(got["headers"])
        assert (got["status"], got["body"]) == (206, b"ab")
        assert {name: headers.pop(name) for name in passed} == passed
        assert headers.pop("content-length") == "2"
        ours = {"cache-control", "x-content-type-options", "content-security-policy", "referrer-policy", "x-request-id"}
        assert set(headers) == ours
        assert headers["cache-control"] == "no-store"

    @pytest.mark.parametrize(
        ("name", "value", "seen"),
        [
            ("location", "/base/v2/products/8", "/catalog/products/8"),
            ("location", "http://catalog.test/base/v2/a%20b?x=%2F#f", "/catalog/a%20b?x=%2F"),
            ("location", "9", "/catalog/products/9"),
            ("location", "../x/", "/catalog/x/"),
            ("location", "/base/v3/x", None),
            ("location", "/v2/products/8", None),
            ("location", "/other", None),
            ("location", "http://evil.test/base/v2/x", None),
            ("location", "//evil.test/base/v2/x", None),
            ("location", "https://catalog.test/base/v2/x", None),
            ("location", "http://catalog.test:81/base/v2/x", None),
            ("location", "/base/v2/a//evil", None),
            ("location", "/base/v2/%2e%2e/x", None),
            ("location", "javascript:alert(1)", None),
            ("location", "http://[::1", None),
            ("link", '</base/v2/p?page=2>; rel="next", <http://evil/>; rel=prev', '</catalog/p?page=2>; rel="next"'),
            ("link", "<http://evil/>; rel=next", None),
            ("retry-after", "9999", "60"),
            ("retry-after", "soon", None),
            ("content-disposition", 'inline; filename="../x"', "inline; filename=\"x\"; filename*=UTF-8''x"),
        ],
    )
    async def test_some_are_rewritten_or_dropped(self, name: str, value: str, seen: str | None) -> None:
        gateway = Gateway(lambda request: httpx.Response(302, headers={name: value}))
        answer = await gateway.raw("/catalog/products/7")
        assert (answer["status"], answer["headers"].get(name)) == (302, seen)
        assert len(gateway.requests) == 1


class TestStatuses:
    @pytest.mark.parametrize("status", [200, 201, 204, 304, 400, 404, 409, 422, 429])
    async def test_pass(self, status: int) -> None:
        content = b"" if status in (204, 304) else b"its own"
        gateway = Gateway(lambda request: httpx.Response(status, content=b"its own"))
        answer = await gateway.raw("/catalog/x")
        assert (answer["status"], answer["body"]) == (status, content)
        assert ("content-length" in answer["headers"]) == bool(content)

    @pytest.mark.parametrize("status", [500, 502, 503, 599])
    async def test_of_servers_pass_without_their_words(self, status: int) -> None:
        gateway = Gateway(lambda request: httpx.Response(status, text="Traceback", headers={"retry-after": "7"}))
        answer = await gateway.raw("/catalog/x")
        assert (answer["status"], answer["headers"]["retry-after"]) == (status, "7")
        assert answer["headers"]["content-type"] == "application/problem+json"
        assert b"Traceback" not in answer["body"]

    @pytest.mark.parametrize("status", [401, 403])
    async def test_of_credentials_pass_where_they_were_the_clients(self, status: int) -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            return httpx.Response(status, text="no", headers={"www-authenticate": "Basic realm=inner"})

        assert (await Gateway(answer).raw("/catalog/x"))["status"] == 502
        got = await Gateway(answer, forward={"authorization"}).raw("/catalog/x")
        assert (got["status"], got["body"]) == (status, b"no")
        assert got["headers"].get("www-authenticate") == ("Bearer" if status == 401 else None)

    @pytest.mark.parametrize(
        ("error", "status"),
        [
            (httpx.ConnectError("x"), 502),
            (httpx.ReadTimeout("x"), 504),
            (httpx.PoolTimeout("x"), 503),
            (httpx.RemoteProtocolError("x"), 502),
        ],
    )
    async def test_of_no_answer(self, error: Exception, status: int) -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            raise error

        got = await Gateway(answer).raw("/catalog/x")
        assert got["status"] == status
        assert got["headers"]["content-type"] == "application/problem+json"

    @pytest.mark.parametrize("head", [999, 101, 199])
    async def test_that_are_none(self, head: int) -> None:
        assert (await Gateway(lambda request: httpx.Response(head)).raw("/catalog/x"))["status"] == 502


PIECE = b"x" * 65536


@asynccontextmanager
async def served(
    handler: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any], http: str = "httptools", **options: Any
) -> AsyncIterator[tuple[httpx.AsyncClient, int]]:
    async with listening(handler) as inner:
        gateway = Gateway(port=inner, **options)
        async with gateway.http, running(gateway.app, http) as port:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
                yield client, port
        assert in_use(gateway.http) == 0


async def head_of(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


class Flood:
    """A backend that sends without end, and sees whether it is still wanted."""

    def __init__(self) -> None:
        self.sent = 0
        self.gone = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head_of(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while not reader.at_eof():
                writer.write(b"10000\r\n" + PIECE + b"\r\n")
                await writer.drain()
                self.sent += 1
                await asyncio.sleep(0.001)
        finally:
            self.gone.set()


class TestStreams:
    async def test_packed_bytes_stay_packed(self) -> None:
        packed = gzip.compress(b"x" * 10_000)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            assert b"accept-encoding: gzip" in (await head_of(reader)).lower()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed))
            writer.write(packed)
            await writer.drain()

        async with served(serve) as (client, _), client.stream("GET", "/catalog/x") as response:
            raw = b"".join([piece async for piece in response.aiter_raw()])
        assert (raw, response.headers["content-encoding"]) == (packed, "gzip")

    @pytest.mark.parametrize("http", ["h11", "httptools"])
    async def test_the_backend_is_read_as_fast_as_the_client_reads_and_no_longer(self, http: str) -> None:
        flood = Flood()
        async with served(flood.serve, http) as (client, _):
            async with client.stream("GET", "/catalog/x") as response:
                pieces = response.aiter_raw()
                await anext(pieces)
                with traced() as peak:
                    await asyncio.sleep(1.2)
                    held = flood.sent
                    await asyncio.sleep(0.4)
                    more = flood.sent - held
                for _ in range(50):
                    await anext(pieces)
                await pieces.aclose()  # type: ignore[attr-defined]
            await asyncio.wait_for(flood.gone.wait(), 2)
        assert more < 30, (held, more)
        assert peak() < 4 << 20, peak()

    @pytest.mark.parametrize("http", ["h11", "httptools"])
    @pytest.mark.parametrize("framing", ["length", "chunked"])
    async def test_a_body_goes_on_as_it_was_framed(self, http: str, framing: str) -> None:
        heads: list[bytes] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heads.append(await head_of(reader))
            got = 0
            if framing == "length":
                while got < 100 * 65536:
                    got += len(await reader.read(1 << 20))
            else:
                while size := int(await reader.readline(), 16):
                    got += len(await reader.readexactly(size))
                    await reader.readline()
                await reader.readline()
            body = str(got).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            await writer.drain()

        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(100):
                yield PIECE

        headers = {"content-length": str(100 * 65536)} if framing == "length" else {}
        async with served(serve, http) as (client, _):
            with traced() as peak:
                response = await client.post("/catalog/x", content=pieces(), headers=headers)
        assert response.text == str(100 * 65536)
        assert peak() < 6 << 20, peak()
        assert (b"content-length: 6553600" in heads[0].lower()) == (framing == "length")
        assert (b"transfer-encoding: chunked" in heads[0].lower()) == (framing == "chunked")

    async def test_a_slow_upload_has_its_time(self) -> None:
        """The backend's time limit counts from the end of the request."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await head_of(reader)
            await reader.readexactly(5)
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            await writer.drain()

        async def slow() -> AsyncIterator[bytes]:
            for _ in range(5):
                await asyncio.sleep(0.1)
                yield b"x"

        async with served(serve, timeout=0.3, idle=0.3) as (client, _):
            response = await client.post("/catalog/x", content=slow(), headers={"content-length": "5"})
        assert response.status_code == 204

    async def test_an_upload_that_stalls_is_given_up(self) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()

        async with served(serve, idle=0.2) as (_, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"POST /catalog/x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")
            assert (await asyncio.wait_for(reader.readline(), 2)).startswith(b"HTTP/1.1 504 ")
            writer.close()

    @pytest.mark.parametrize("http", ["h11", "httptools"])
    async def test_an_upload_that_breaks_off_is_seen_to_break_off(self, http: str) -> None:
        ends: list[bytes] = []
        gone = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await head_of(reader)
            ends.append(await reader.read(100))
            ends.append(await reader.read(100))
            gone.set()

        async with served(serve, http) as (_, port):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"POST /catalog/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
            await writer.drain()
            for _ in range(100):
                if ends:
                    break
                await asyncio.sleep(0.01)
            writer.close()
            await asyncio.wait_for(gone.wait(), 2)
        assert ends == [b"3\r\nabc\r\n", b""]

    @pytest.mark.parametrize("http", ["h11", "httptools"])
    @pytest.mark.parametrize(
        "reply",
        [
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n",
        ],
    )
    async def test_an_answer_that_breaks_off_is_seen_to_break_off(self, http: str, reply: bytes) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await head_of(reader)
            writer.write(reply)
            await writer.drain()

        async with served(serve, http) as (client, _):
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get("/catalog/x")

    async def test_an_answer_that_stalls(self) -> None:
        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await head_of(reader)
            await asyncio.sleep(5)

        async def stalls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await head_of(reader)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
            await asyncio.sleep(5)

        async with served(silent, timeout=0.2) as (client, _):
            assert (await client.get("/catalog/x")).status_code == 504
        async with served(stalls, idle=0.2) as (client, _):
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get("/catalog/x")

    async def test_too_much_is_413(self) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while await reader.read(1 << 20):
                pass

        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(1000):
                yield PIECE

        async with served(serve) as (client, _):
            assert (await client.post("/catalog/x", content=pieces())).status_code == 413

    async def test_without_a_body_none_is_sent(self) -> None:
        heads: list[bytes] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                heads.append(await head_of(reader))
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()

        async with served(serve) as (client, _):
            for method in ("GET", "DELETE", "POST"):
                assert (await client.request(method, "/catalog/x")).status_code == 200
        framed = [b"transfer-encoding" in head.lower() or b"content-type" in head.lower() for head in heads]
        assert framed == [False, False, False]
        assert b"content-length: 0" in heads[2].lower()

    async def test_head_has_headers_and_no_body(self) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            assert (await head_of(reader)).startswith(b"HEAD /base/v2/x ")
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\nETag: "1"\r\n\r\n')
            await writer.drain()

        async with served(serve) as (client, _):
            response = await client.head("/catalog/x")
        assert (response.headers["content-length"], response.headers["etag"]) == ("9", '"1"')
