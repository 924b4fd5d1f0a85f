"""A generated gateway as its own process, asked over raw sockets; its backends answer from this process."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "generated_example"
PREFIX = "STOREFRONT_"
PRODUCT = {"id": 1, "name": "Lamp", "reviewable": True, "available": True}
PRODUCT_PAGE = b"GET /products/1 HTTP/1.1\r\nHost: shop.test\r\n\r\n"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Backends:
    """All of them on one port. `delay` is how long each answer takes; `hung_up` when a gateway left before it."""

    def __init__(self) -> None:
        self.delay = 0.0
        self.delays: dict[str, float] = {}
        self.asked: list[tuple[str, str]] = []
        self.answered: list[tuple[str, str]] = []
        self.hung_up: list[float] = []
        self.tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
                length = re.search(rb"(?i)content-length: *(\d+)", head)
                await reader.readexactly(int(length[1]) if length else 0)
                await self._answer(method, target.partition("?")[0], reader, writer)
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            self.tasks.discard(task)
            writer.close()

    async def _answer(self, method: str, path: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.append((method, path))
        gone = asyncio.ensure_future(reader.read(1))
        done, _ = await asyncio.wait([gone], timeout=self.delays.get(path, self.delay))
        if done:
            self.hung_up.append(asyncio.get_running_loop().time())
            raise ConnectionResetError
        gone.cancel()
        await asyncio.wait([gone])
        status, body = _reply(method, path)
        content = json.dumps(body).encode()
        head = f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        writer.write(head.encode() + content)
        await writer.drain()
        self.answered.append((method, path))


def _reply(method: str, path: str) -> tuple[int, Any]:
    if path == "/reviews" and method == "POST":
        review = {"id": 7, "product_id": 1, "author_id": 2, "rating": 5, "body": "bright enough"}
        return 201, {**review, "created_at": "2026-10-03T08:15:00Z"}
    if path == "/reviews":
        return 200, {"items": []}
    if path.startswith("/prices/"):
        return 200, {"product_id": 1, "amount": 9.5, "currency": "EUR"}
    if path.startswith("/users/"):
        return 200, {"id": 2, "name": "Ada", "active": True, "created_at": "2021-03-14T09:26:53Z"}
    return 200, PRODUCT


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    content: bytes
    closed: bool  # the connection was, after it

    @property
    def body(self) -> Any:
        return json.loads(self.content)


@dataclass
class Gateway:
    """The process. Its log is in `log`, line by line."""

    process: asyncio.subprocess.Process
    port: int
    backends: Backends
    log: list[str]

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def ask(self, *parts: bytes, pause: float = 0.0, most: int = 1000) -> list[Answer]:
        """What is answered on one connection that these bytes are written to, up to `most`."""
        reader, writer = await self.open()
        try:
            for part in parts:
                writer.write(part)
                await asyncio.sleep(pause)
            return await answers(reader, most=most)
        finally:
            writer.close()

    async def get(self, target: str = "/products/1", *headers: str) -> Answer:
        head = "\r\n".join((f"GET {target} HTTP/1.1", "Host: shop.test", "Connection: close", *headers))
        (found,) = await self.ask(head.encode() + b"\r\n\r\n")
        return found

    def memory(self) -> float:
        """Resident, in MB."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def terminate(self) -> None:
        self.process.terminate()


async def answers(reader: asyncio.StreamReader, wait: float = 5.0, most: int = 1000) -> list[Answer]:
    """Up to `most` answers; until the other side closes, or says nothing for `wait` seconds."""
    found: list[tuple[int, dict[str, str], bytes]] = []
    closed = False
    while len(found) < most:
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), wait)
        except TimeoutError:
            break
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            assert not getattr(error, "partial", b""), f"cut off: {error}"
            closed = True
            break
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)}
        status = int(lines[0].split(" ")[1])
        length = int(headers.get("content-length", "0"))
        content = await asyncio.wait_for(reader.readexactly(length), wait)
        if status >= 200:
            found.append((status, headers, content))
    return [Answer(*one, closed) for one in found]


Start = Callable[..., AbstractAsyncContextManager[Gateway]]


@asynccontextmanager
async def started(**settings: object) -> AsyncIterator[Gateway]:
    """The gateway with these settings of its environment."""
    backends = Backends()
    server = await asyncio.start_server(backends.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    where = {f"{PREFIX}{name}_URL": url for name in ("CATALOG", "PRICING", "REVIEWS", "USERS")}
    own = {f"{PREFIX}{name.upper()}": str(value) for name, value in settings.items()}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "-m", "storefront"),
        cwd=PROJECT,
        env={**os.environ, **where, f"{PREFIX}LISTEN_PORT": "0", **own},
        stderr=asyncio.subprocess.STDOUT,
        stdout=asyncio.subprocess.PIPE,
    )
    log: list[str] = []
    port = asyncio.get_running_loop().create_future()
    reading = asyncio.create_task(_read(process, log, port))
    try:
        yield Gateway(process, await asyncio.wait_for(port, 30), backends, log)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reading
        server.close()
        for task in list(backends.tasks):
            task.cancel()


async def _read(process: asyncio.subprocess.Process, log: list[str], port: asyncio.Future[int]) -> None:
    assert process.stdout is not None
    place = None
    async for line in process.stdout:
        log.append(line.decode())
        if found := re.search(r"Listening on http://[^ ]*:(\d+)", log[-1]):
            place = int(found[1])
        if place is not None and "startup complete" in log[-1] and not port.done():
            port.set_result(place)
    if not port.done():
        port.set_exception(AssertionError("".join(log)))


@pytest.fixture
def start() -> Start:
    return started
