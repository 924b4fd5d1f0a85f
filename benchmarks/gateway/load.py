"""Clients that ask again as soon as they are answered."""

from __future__ import annotations

import asyncio
import re
import statistics
from dataclasses import dataclass
from time import perf_counter
from typing import cast

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it: latencies in seconds, sorted; answers other than 200."""

    requests: int
    seconds: float
    latencies: list[float]
    wrong: int

    @property
    def median(self) -> float:
        return statistics.median(self.latencies)

    @property
    def p99(self) -> float:
        return self.latencies[int(len(self.latencies) * 0.99)]


class _Client(asyncio.Protocol):
    def __init__(self, request: bytes, latencies: list[float]) -> None:
        self.request = request
        self.latencies = latencies
        self.data = b""
        self.wrong = 0
        self.stopping = False
        self.stopped = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.ask()

    def ask(self) -> None:
        self.since = perf_counter()
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.data = self.data + data if self.data else data
        end = self.data.find(b"\r\n\r\n")
        if end < 0:
            return
        length = _LENGTH.search(self.data, 0, end)
        if length is None or len(self.data) < end + 4 + int(length[1]):
            return
        self.latencies.append(perf_counter() - self.since)
        self.wrong += not self.data.startswith(b"HTTP/1.1 200")
        self.data = b""
        if self.stopping:
            self.transport.close()
        else:
            self.ask()

    def connection_lost(self, error: Exception | None) -> None:
        self.wrong += not self.stopping
        if not self.stopped.done():
            self.stopped.set_result(None)


async def load(port: int, path: str, clients: int, seconds: float) -> Load:
    """So many clients, for so many seconds, on connections that stay open."""
    loop = asyncio.get_running_loop()
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: application/json\r\n\r\n".encode()
    latencies: list[float] = []
    started = perf_counter()
    asking = []
    for _ in range(clients):
        _, client = await loop.create_connection(lambda: _Client(request, latencies), "127.0.0.1", port)
        asking.append(client)
    await asyncio.sleep(seconds)
    for client in asking:
        client.stopping = True
    await asyncio.wait([client.stopped for client in asking], timeout=10)
    spent = perf_counter() - started
    return Load(len(latencies), spent, sorted(latencies), sum(client.wrong for client in asking))
