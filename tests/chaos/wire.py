"""Backends and clients that say what a script says: bytes, pauses, resets. Real sockets, on loopback."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

Steps = Sequence[dict[str, Any]]

_HEAD = "HTTP/1.1 {status} X\r\nContent-Type: {media}\r\nContent-Length: {size}\r\n{more}\r\n"


async def play(steps: Steps, writer: asyncio.StreamWriter) -> bool:
    """Say what the steps say; whether the connection is still of use.

    send: text (latin-1) | pause: seconds | repeat: text, times: n, every: seconds | reset: true | close: true
    json: value | body: text | bomb: MB when unpacked | flood: MB of spaces
    `json`, `body` and `bomb` are whole answers, with `status`, `media` and `headers` where they are given.
    """
    for step in steps:
        if (answer := _whole(step)) is not None:
            writer.write(answer)
            await writer.drain()
            continue
        match step:
            case {"send": text}:
                writer.write(text.encode("latin-1"))
            case {"pause": seconds}:
                await asyncio.sleep(seconds)
            case {"repeat": text, "times": times, **more}:
                await _repeat(writer, text.encode("latin-1"), times, more.get("every", 0))
            case {"flood": megabytes}:
                await _repeat(writer, b" " * (1 << 18), megabytes * 4, 0)
            case {"reset": True}:
                sock = writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
                return False
            case {"close": True}:
                writer.close()
                return False
            case _:
                raise ValueError(f"no such step: {step}")
        await writer.drain()
    return True


async def _repeat(writer: asyncio.StreamWriter, piece: bytes, times: int, every: float) -> None:
    for _ in range(times):
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(every)


def _whole(step: dict[str, Any]) -> bytes | None:
    """The answer that a step is, if it is a whole one."""
    match step:
        case {"json": value, **more}:
            return _answer(json.dumps(value).encode(), **more)
        case {"body": text, **more}:
            return _answer(text.encode("latin-1"), **more)
        case {"bomb": megabytes, **more}:
            return _answer(bomb(megabytes), headers="Content-Encoding: gzip\r\n", **more)
    return None


def _answer(body: bytes, *, status: int = 200, media: str = "application/json", headers: str = "") -> bytes:
    return _HEAD.format(status=status, media=media, size=len(body), more=headers).encode("latin-1") + body


@cache
def bomb(megabytes: int) -> bytes:
    """So many megabytes of spaces, packed."""
    return gzip.compress(b" " * (megabytes << 20), 6, mtime=0)


class _Watched(asyncio.StreamReader):
    """Knows when the other side is gone without a read, which might take a part of the next request."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit=limit)
        self.gone = asyncio.Event()

    def feed_eof(self) -> None:
        super().feed_eof()
        self.gone.set()

    def set_exception(self, exc: Exception) -> None:
        super().set_exception(exc)
        self.gone.set()


@dataclass
class Backend:
    """Answers request after request by the next script, the last of them for all that follow."""

    port: int
    scripts: list[Steps] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)
    busy: int = 0  # connections on which the script goes on, or nothing is asked yet
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def open(self) -> None:
        if self._server is None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(
                lambda: asyncio.StreamReaderProtocol(_Watched(limit=1 << 20), self._connected),  # type: ignore[arg-type]
                "127.0.0.1",
                self.port,
                reuse_address=True,
            )

    async def set(self, scripts: list[Steps] | str) -> None:
        """New scripts, new connections; `refuse` takes the listener away."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.requests.clear()
        if scripts == "refuse":
            await self.close()
        else:
            await self.open()
            self.scripts = list(scripts)  # type: ignore[arg-type]
            for step in (step for script in self.scripts for step in script if "bomb" in step):
                bomb(step["bomb"])  # made beforehand: it takes longer than the gateway waits

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _connected(self, reader: _Watched, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while (request := await _request(reader)) is not None:
                self.requests.append(request)
                self.busy += 1
                try:
                    if not await self._answered(reader, writer):
                        return
                finally:
                    self.busy -= 1
        except (OSError, asyncio.CancelledError):
            pass  # the end of a connection, or of a case
        finally:
            self._tasks.discard(task)
            if not writer.is_closing():
                writer.close()

    async def _answered(self, reader: _Watched, writer: asyncio.StreamWriter) -> bool:
        """Play the next script, until its end or until the gateway hangs up."""
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        playing = asyncio.ensure_future(play(script, writer))
        gone = asyncio.ensure_future(reader.gone.wait())
        try:
            await asyncio.wait([playing, gone], return_when=asyncio.FIRST_COMPLETED)
            return playing.done() and playing.result()
        finally:
            playing.cancel()
            gone.cancel()
            await asyncio.gather(playing, gone, return_exceptions=True)


async def _request(reader: asyncio.StreamReader) -> bytes | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    size = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            size = int(line.partition(b":")[2])
    return head + (await reader.readexactly(size) if size else b"")


@dataclass
class Seen:
    """What a client got."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    complete: bool = False
    seconds: float = 0.0


async def ask(port: int, steps: Steps, within: float = 10.0) -> Seen:
    """Send these steps and read until the gateway closes, so many seconds at most."""
    loop = asyncio.get_running_loop()
    started, received = loop.time(), b""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(within):
            alive = await play(steps, writer)
            while alive and (piece := await reader.read(1 << 16)):
                received += piece
    except (OSError, TimeoutError):
        pass
    finally:
        writer.transport.abort()
    return parsed(received, loop.time() - started)


def parsed(received: bytes, seconds: float) -> Seen:
    head, found, rest = received.partition(b"\r\n\r\n")
    if not found:
        return Seen(seconds=seconds)
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    seen = Seen(int(first.split(" ")[1]), headers, rest, seconds=seconds)
    if headers.get("transfer-encoding") == "chunked":
        seen.body, seen.complete = _unchunked(rest)
    else:
        seen.complete = "content-length" not in headers or len(rest) == int(headers["content-length"])
    return seen


def _unchunked(rest: bytes) -> tuple[bytes, bool]:
    body = b""
    while True:
        line, found, rest = rest.partition(b"\r\n")
        if not found:
            return body, False
        size = int(line, 16)
        if size == 0:
            return body, True
        body, rest = body + rest[:size], rest[size + 2 :]
