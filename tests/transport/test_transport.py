"""The transport under an httpx client: what goes out, what comes in piece by piece, when it is given up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from templates.runtime.connection import _HIGH
from templates.runtime.sending import request_head
from templates.runtime.transport import Transport, open_http, tls_context

from .wire import Backend, chunked, listening, ok

pytestmark = pytest.mark.anyio

TLS = tls_context()
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@asynccontextmanager
async def client(*scripts: Any, **options: Any) -> AsyncIterator[tuple[Backend, httpx.AsyncClient]]:
    async with listening(Backend(*scripts)) as backend:
        transport = Transport(TLS)
        url = f"http://127.0.0.1:{backend.port}"
        async with httpx.AsyncClient(transport=transport, base_url=url, trust_env=False, **options) as http:
            yield backend, http
            assert [pool.used for pool in transport._pools.values()] in ([0], [])
        await backend.until(open=0)


class TestOut:
    async def test_a_request(self) -> None:
        async with client([ok()]) as (backend, http):
            response = await http.post("/a%20b?c=d", content=b"body", headers={"x-a": " 1"})
            assert (response.status_code, response.content, response.http_version) == (
                200,
                b"{}",
                "HTTP/1.1",
            )
            head, _, body = backend.requests[0].partition(b"\r\n\r\n")
            assert head.startswith(f"POST /a%20b?c=d HTTP/1.1\r\nHost: 127.0.0.1:{backend.port}\r\n".encode())
            assert b"Content-Length: 4" in head and body == b"body"

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("x-a", "b\r\nX-C: d"),
            ("x-a", "b\nX-C: d"),
            ("x-a", "b\rX-C: d"),
            ("x-a", "b\0"),
            ("x-a", "b\x7f"),
            ("x-a: b\r\nX-C", "d"),
            ("x a", "b"),
            ("x:a", "b"),
            ("", "b"),
        ],
    )
    async def test_a_head_is_one_head(self, name: str, value: str) -> None:
        async with client([ok()]) as (backend, http):
            headers = [(name.encode("latin-1"), value.encode("latin-1"))]
            with pytest.raises(httpx.LocalProtocolError):
                await http.get("/", headers=headers)
            assert backend.requests == []

    @pytest.mark.parametrize("target", [b"/a b", b"/a\r\nX: y", b"/a\n", b"/\xc3\xa4", b"", b"/a\0"])
    @pytest.mark.parametrize("method", ["GET", "GET /b HTTP/1.1\r\nX: y\r\n\r\nGET", "get", ""])
    def test_nor_is_a_first_line_two(self, target: bytes, method: str) -> None:
        with pytest.raises(httpx.LocalProtocolError):
            request_head(method, target, [(b"host", b"a")])

    async def test_a_body_in_pieces(self) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            for piece in (b"one", b"", b"two", b"three" * 1000):
                yield piece

        async with client([ok()]) as (backend, http):
            await http.post("/", content=pieces())
            await http.post("/", content=pieces(), headers={"content-length": "5006"})
            assert backend.requests[0].endswith(chunked(b"one", b"two", b"three" * 1000) + b"0\r\n\r\n")
            assert backend.requests[1].endswith(b"\r\n\r\nonetwo" + b"three" * 1000)
            assert backend.connections == 1

    @pytest.mark.parametrize("length", ["3", "6", "4999"])
    async def test_a_body_that_is_not_as_long_as_told(self, length: str) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"ab"
            yield b"cd"
            yield b"e" if length == "6" else b""

        async with client([ok()]) as (backend, http):
            with pytest.raises(httpx.LocalProtocolError, match="declared Content-Length"):
                await http.post("/", content=pieces(), headers={"content-length": length})
            await backend.until(open=0)
            assert backend.requests == []  # none of it whole

    async def test_a_body_that_fails(self) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"ab"
            raise RuntimeError("the client has gone")

        async with client([ok()]) as (backend, http):
            with pytest.raises(RuntimeError, match="the client has gone"):
                await http.post("/", content=pieces())
            await backend.until(open=0)

    async def test_an_answer_before_the_body_ends(self) -> None:
        sent = 0

        async def pieces() -> AsyncIterator[bytes]:
            nonlocal sent
            while True:
                sent += 1
                yield b"x" * 65536
                await asyncio.sleep(0)

        class Refusing(Backend):
            async def request(self, reader: asyncio.StreamReader) -> bytes:
                return await reader.readuntil(b"\r\n\r\n")

        async with listening(Refusing([ok(b"no", status=b"413 Too Large"), "hang"])) as backend:
            async with httpx.AsyncClient(transport=Transport(TLS)) as http:
                response = await http.post(f"http://127.0.0.1:{backend.port}/", content=pieces())
                assert (response.status_code, response.content) == (413, b"no")
                await backend.until(open=0)
        assert sent < 1000

    async def test_a_backend_that_takes_nothing(self) -> None:
        """No more is held than asyncio writes at a time."""
        taken = 0

        async def pieces() -> AsyncIterator[bytes]:
            nonlocal taken
            while True:
                taken += 1
                yield b"x" * 65536

        class Deaf(Backend):
            async def request(self, reader: asyncio.StreamReader) -> bytes:
                head = await reader.readuntil(b"\r\n\r\n")
                await asyncio.sleep(0.3)
                return head

        async with listening(Deaf(["close"])) as backend:
            async with httpx.AsyncClient(transport=Transport(TLS), timeout=0.2) as http:
                with pytest.raises(httpx.ReadTimeout):
                    await http.post(f"http://127.0.0.1:{backend.port}/", content=pieces())
        assert taken * 65536 < 16 << 20


class TestIn:
    async def test_piece_by_piece(self) -> None:
        async with client([CHUNKED, chunked(b"one"), 0.02, chunked(b"two"), b"0\r\n\r\n"]) as (
            backend,
            http,
        ):
            for _ in range(2):
                async with http.stream("GET", "/") as response:
                    assert [piece async for piece in response.aiter_raw()] == [b"one", b"two"]
            assert backend.connections == 1

    async def test_left_before_its_end(self) -> None:
        async with client([CHUNKED, chunked(b"one"), "hang"]) as (backend, http):
            async with http.stream("GET", "/") as response:
                async for _ in response.aiter_raw():
                    break
            await backend.until(open=0)

    async def test_cut_off(self) -> None:
        async with client([CHUNKED, chunked(b"one"), 0.01, "close"]) as (_, http):
            async with http.stream("GET", "/") as response:
                got = []
                with pytest.raises(httpx.RemoteProtocolError, match="peer closed connection"):
                    async for piece in response.aiter_raw():
                        got.append(piece)
                assert got == [b"one"]

    async def test_no_faster_than_it_is_read(self) -> None:
        class Flood(Backend):
            sent = 0

            async def play(self, script: Any, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n")
                for _ in range(1024):
                    writer.write(b"x" * 65536)
                    await writer.drain()
                    self.sent += 65536
                return True

        async with listening(Flood([])) as backend:
            transport = Transport(TLS)
            async with httpx.AsyncClient(transport=transport) as http:
                async with http.stream("GET", f"http://127.0.0.1:{backend.port}/") as response:
                    await asyncio.sleep(0.3)
                    (pool,) = transport._pools.values()
                    (connection,) = pool.connections
                    assert connection.size <= _HIGH + (1 << 20)
                    assert backend.sent < 32 << 20  # type: ignore[attr-defined]
                    size = 0
                    async for piece in response.aiter_raw():
                        size += len(piece)
                    assert size == 64 << 20

    async def test_head(self) -> None:
        async with client([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"]) as (_, http):
            for _ in range(3):
                response = await http.head("/")
                assert (response.status_code, response.headers["content-length"]) == (200, "9")
                assert response.content == b""

    async def test_no_redirect_no_cookie_no_proxy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        answer = ok(b"", b"Location: /b", b"Set-Cookie: sid=1", status=b"302 Found")
        async with listening(Backend([answer])) as backend, open_http(TLS, None, "t/1") as http:
            for _ in range(2):
                response = await http.get(f"http://127.0.0.1:{backend.port}/a")
                assert response.status_code == 302
            assert len(backend.requests) == 2 and b"ookie" not in backend.requests[1]

    async def test_other_schemes(self) -> None:
        async with httpx.AsyncClient(transport=Transport(TLS)) as http:
            with pytest.raises(httpx.UnsupportedProtocol):
                await http.get("ftp://127.0.0.1/")


class TestDeadline:
    """`read` is for the whole answer."""

    @pytest.mark.parametrize(
        "script",
        [
            ["hang"],
            [ok()[:30], "hang"],
            [ok()[:-1], "hang"],
            [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", *[b"x", 0.05] * 60],
            [*[b"HTTP/1.1 100 Continue\r\n\r\n", 0.1] * 8, "hang"],
        ],
        ids=["nothing", "head", "body", "drips", "announces"],
    )
    async def test_of_the_whole(self, script: list[Any]) -> None:
        async with client(script, timeout=httpx.Timeout(None, read=0.3)) as (backend, http):
            started = asyncio.get_running_loop().time()
            with pytest.raises(httpx.ReadTimeout):
                await http.get("/")
            assert 0.25 < asyncio.get_running_loop().time() - started < 0.5
            await backend.until(open=0)

    async def test_none(self) -> None:
        async with client([ok()[:-1], 0.2, b"}"], timeout=None) as (_, http):
            assert (await http.get("/")).content == b"{}"
