"""A client that hangs up, on a real server: reads stop, writes do not."""

from __future__ import annotations

import asyncio

import pytest
from fastapi import FastAPI

from templates.runtime.disconnect import CancelOnDisconnect
from templates.runtime.edge import Edge
from templates.runtime.fan_out import fan_out
from templates.runtime.tasks import uncancelled

from .conftest import running

pytestmark = pytest.mark.anyio


class Work:
    def __init__(self) -> None:
        self.ends: list[str] = []
        self.started = asyncio.Event()

    async def call(self, name: str, seconds: float) -> str:
        self.started.set()
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            self.ends.append(f"{name} cancelled")
            raise
        self.ends.append(f"{name} done")
        return name


def application(work: Work) -> FastAPI:
    app = FastAPI(openapi_url=None)
    app.add_middleware(CancelOnDisconnect)
    app.add_middleware(Edge)

    @app.get("/read")
    async def read() -> str:
        async with fan_out(5) as calls:
            a = calls.start("a", work.call("read", 3))
        return a.result()

    @app.post("/write")
    async def write(body: dict[str, int]) -> str:
        async with fan_out(5) as calls:

            async def send() -> str:
                return await uncancelled(work.call("write", 0.3)) + await work.call("after", 0.1)

            a = calls.start("a", send())
        return a.result()

    @app.post("/quick")
    async def quick(body: dict[str, int]) -> dict[str, int]:
        return body

    return app


def request(method: str, path: str, body: bytes = b"") -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.fixture(params=["h11", "httptools"])
def http(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def hang_up(port: int, data: bytes, work: Work) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    await writer.drain()
    await asyncio.wait_for(work.started.wait(), 2)
    writer.close()
    await writer.wait_closed()


async def until(work: Work, count: int) -> None:
    for _ in range(200):
        if len(work.ends) >= count:
            return
        await asyncio.sleep(0.01)


async def test_reads_stop(http: str) -> None:
    work = Work()
    async with running(application(work), http) as port:
        started = asyncio.get_running_loop().time()
        await hang_up(port, request("GET", "/read"), work)
        await until(work, 1)
        assert asyncio.get_running_loop().time() - started < 0.5
    assert work.ends == ["read cancelled"]


async def test_writes_and_what_follows_go_on(http: str) -> None:
    work = Work()
    async with running(application(work), http) as port:
        await hang_up(port, request("POST", "/write", b'{"a":1}'), work)
        await until(work, 2)
    assert work.ends == ["write done", "after done"]


async def test_many_requests_on_one_connection(http: str) -> None:
    """The wait for a disconnect takes nothing from the requests that follow."""
    work = Work()
    async with running(application(work), http) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in range(50):
            body = b'{"a":%d}' % number
            data = request("POST", "/quick", body)
            writer.write(data[:-2])
            await writer.drain()
            if number % 10 == 0:
                await asyncio.sleep(0.01)
            writer.write(data[-2:])
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 2)
            assert b" 200 " in head.split(b"\r\n")[0]
            assert await asyncio.wait_for(reader.readexactly(len(body)), 2) == body
        writer.close()
    assert work.ends == []
