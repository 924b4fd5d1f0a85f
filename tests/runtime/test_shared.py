"""Equal reads of one endpoint are sent once, and no one pays for another's patience."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from templates.runtime.client import BackendClient
from templates.runtime.failures import BackendFailure
from templates.runtime.fan_out import fan_out
from templates.runtime.tasks import uncancelled
from templates.runtime.transport import open_http, tls_context

pytestmark = pytest.mark.anyio


class Backend:
    def __init__(self, seconds: float = 0.05, status: int = 200) -> None:
        self.sent: list[str] = []
        self.cancelled: list[str] = []
        self.seconds = seconds
        self.status = status
        http = open_http(tls_context(), httpx.MockTransport(self._answer), "test/1")
        self.client = BackendClient(http, "http://users.test", 2.0)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(f"{request.method} {request.url.raw_path.decode()}")
        number = len(self.sent)
        try:
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            self.cancelled.append(self.sent[number - 1])
            raise
        return httpx.Response(self.status, json=number)

    async def get(self, path: str = "/u", method: str = "GET", **options: Any) -> bytes:
        raw = await self.client.send("users.get", method, path, success={200}, **options)
        return raw.content


async def test_equal_reads_are_sent_once() -> None:
    backend = Backend()
    async with fan_out(5, share=True) as calls:
        a = calls.start("a", backend.get())
        b = calls.start("b", backend.get())
        c = calls.start("c", backend.get("/v"))
        d = calls.start("d", backend.get(headers={"x-a": "1"}))

        async def later() -> bytes:
            await a
            return await backend.get()

        e = calls.start("e", later())
    assert a.result() == b.result() == e.result()
    assert len({a.result(), c.result(), d.result()}) == 3
    assert len(backend.sent) == 3


async def test_reads_are_not_shared_unless_asked_nor_between_requests() -> None:
    backend = Backend()
    async with fan_out(5) as calls:
        calls.start("a", backend.get())
        calls.start("b", backend.get())
    for _ in range(2):
        async with fan_out(5, share=True) as calls:
            calls.start("a", backend.get())
    assert len(backend.sent) == 4


async def test_who_waits_longer_is_not_cut_off_by_who_does_not() -> None:
    backend = Backend(0.1)
    async with fan_out(5, share=True) as calls:

        async def impatient() -> str | None:
            try:
                await backend.get(within=0.03)
            except BackendFailure as failure:
                return failure.kind
            return None

        first = calls.start("first", impatient())
        second = calls.start("second", backend.get())
    assert (first.result(), second.result()) == ("timeout", b"1")
    assert backend.cancelled == []


async def test_the_last_one_to_leave_cancels_it() -> None:
    backend = Backend(5)
    with pytest.raises(BackendFailure):
        async with fan_out(5, share=True) as calls:
            calls.start("a", backend.get(within=0.03))
            calls.start("b", backend.get(within=0.05))
    assert backend.cancelled == ["GET /u"]


async def test_each_call_fails_under_its_own_name() -> None:
    backend = Backend(status=500)
    async with fan_out(5, share=True) as calls:

        async def soft(name: str) -> None:
            try:
                await backend.get()
            except BackendFailure as failure:
                calls.soften(name, failure)

        calls.start("a", soft("a"))
        calls.start("b", soft("b"))
    assert set(calls.degraded) == {"a", "b"}
    assert len(backend.sent) == 1


async def test_a_write_makes_reads_fresh_and_is_never_shared() -> None:
    backend = Backend(0)
    async with fan_out(5, share=True) as calls:

        async def all_of_it() -> list[bytes]:
            return [
                await backend.get(),
                await uncancelled(backend.get(method="POST")),
                await uncancelled(backend.get(method="POST")),
                await backend.get(),
                await backend.get(method="POST", read=True),
                await backend.get(method="POST", read=True),
            ]

        answers = calls.start("all", all_of_it())
    assert answers.result() == [b"1", b"2", b"3", b"4", b"5", b"5"]


async def test_equal_requests_of_two_backends_are_two_reads() -> None:
    one, other = Backend(), Backend(status=404)
    other.client = BackendClient(other.client._http, "http://orders.test", 2.0)
    async with fan_out(5, share=True) as calls:
        a = calls.start("a", one.get("/1"))

        async def soft() -> str:
            try:
                return (await other.get("/1")).decode()
            except BackendFailure as failure:
                return f"{failure.status}"

        b = calls.start("b", soft())
    assert (a.result(), b.result()) == (b"1", "404")
    assert (len(one.sent), len(other.sent)) == (1, 1)
