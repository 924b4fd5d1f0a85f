"""A backend that sends the bytes it is told to, and remembers what it got."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Step = bytes | float | str
"""Bytes to send; seconds to wait; `close` (a FIN), `reset` (an RST), `hang` (nothing any more)."""


class Backend:
    """Answers the requests that come, in their order, each with its script; then with the last one.

    The end of a script leaves the connection open.
    """

    def __init__(self, *scripts: Sequence[Step]) -> None:
        self.scripts = list(scripts)
        self.requests: list[bytes] = []
        self.connections = 0
        self.open = 0
        self.port = 0
        self.changed = asyncio.Condition()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        await self._opened(1)
        try:
            while True:
                self.requests.append(await self.request(reader))
                await self._opened(0)
                script = self.scripts[min(len(self.requests), len(self.scripts)) - 1]
                if not await self.play(script, reader, writer):
                    return
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()
            await self._opened(-1)

    async def request(self, reader: asyncio.StreamReader) -> bytes:
        head = await reader.readuntil(b"\r\n\r\n")
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                return head + await reader.readexactly(int(line.partition(b":")[2]))
            if line.lower().startswith(b"transfer-encoding:"):
                return head + await reader.readuntil(b"0\r\n\r\n")
        return head

    async def play(self, script: Sequence[Step], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection stays open."""
        for step in script:
            if isinstance(step, bytes):
                writer.write(step)
                await writer.drain()
            elif isinstance(step, (int, float)):
                await asyncio.sleep(step)
            elif step == "hang":
                await reader.read()
                return False
            elif step == "reset":
                writer.transport.abort()
                return False
            else:
                return False
        return True

    async def _opened(self, change: int) -> None:
        self.open += change
        async with self.changed:
            self.changed.notify_all()

    async def until(self, *, requests: int = 0, open: int | None = None) -> None:
        """Wait until so many requests have come, or so many connections are open."""
        async with asyncio.timeout(3), self.changed:
            await self.changed.wait_for(lambda: len(self.requests) >= requests and (open is None or self.open == open))


@dataclass
class _Handlers:
    tasks: set[asyncio.Task[None]] = field(default_factory=set)


@asynccontextmanager
async def listening(backend: Backend, **options: object) -> AsyncIterator[Backend]:
    """The backend on a free loopback port."""
    handlers = _Handlers()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        handlers.tasks.add(task)
        try:
            await backend.serve(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            handlers.tasks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, **options)  # type: ignore[arg-type]
    backend.port = server.sockets[0].getsockname()[1]
    try:
        yield backend
    finally:
        server.close()
        for task in list(handlers.tasks):
            task.cancel()
        while handlers.tasks:
            await asyncio.wait(list(handlers.tasks))


def ok(body: bytes = b"{}", *more: bytes, status: bytes = b"200 OK") -> bytes:
    """A plain answer."""
    fields = b"".join(b"%b\r\n" % one for one in more)
    return b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%b\r\n%b" % (
        status,
        len(body),
        fields,
        body,
    )


def chunked(*pieces: bytes) -> bytes:
    """Pieces of a chunked body, without its end."""
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
