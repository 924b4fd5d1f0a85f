"""Connections that are used again, waited for, given up: nothing is lost and nothing is left."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import which
from typing import Any

import httpx
import pytest

from templates.runtime.connection import Connection
from templates.runtime.dialer import Limits
from templates.runtime.pool import Pool
from templates.runtime.transport import tls_context

from .wire import Backend, listening, ok

pytestmark = pytest.mark.anyio

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: Any) -> tuple[str, dict[str, Any]]:
    return "asyncio", {"use_uvloop": request.param}


@asynccontextmanager
async def pooled(*scripts: Any, **limits: Any) -> AsyncIterator[tuple[Backend, Pool]]:
    """A pool and the backend behind it. Afterwards nothing is in use, and no task and no socket is left."""
    before = asyncio.all_tasks()
    async with listening(Backend(*(scripts or [[ok(b"{}")]]))) as backend:
        pool = Pool("127.0.0.1", backend.port, None, Limits(**limits))
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            yield backend, pool
            assert (pool.used, pool.queued) == (0, 0)
            await pool.aclose()
            assert pool.connections == set()
            await backend.until(open=0)
            gc.collect()
        assert [str(warning.message) for warning in warned if warning.category is ResourceWarning] == []
    assert asyncio.all_tasks() <= before


async def fetch(pool: Pool, **options: Any) -> bytes:
    status, _, body = await pool.fetch(GET, 1 << 20, **options)
    assert status == 200 and body is not None
    return body


async def test_one_after_another_use_one_connection() -> None:
    async with pooled() as (backend, pool):
        for _ in range(20):
            assert await fetch(pool) == b"{}"
        assert backend.connections == 1


async def test_the_one_used_last_is_used_next() -> None:
    async with pooled([0.02, ok()]) as (backend, pool):
        await asyncio.gather(*(fetch(pool) for _ in range(3)))
        idle = list(pool._idle)
        for _ in range(3):
            await fetch(pool)
            assert list(pool._idle) == idle  # the two others grow old
        assert backend.connections == 3


async def test_old_ones_are_closed_and_not_used() -> None:
    async with pooled(keep_alive=0.1) as (backend, pool):
        await fetch(pool)
        await asyncio.sleep(0.12)
        await fetch(pool)
        assert backend.connections == 2
        await backend.until(open=0)  # also where nobody asks any more
        assert pool.connections == set() and pool._reaper is None


async def test_no_more_than_so_many() -> None:
    async with pooled([0.02, ok()], connections=3) as (backend, pool):
        bodies = await asyncio.gather(*(fetch(pool) for _ in range(30)))
        assert bodies == [b"{}"] * 30
        assert backend.connections == 3


async def test_a_queue_is_full() -> None:
    async with pooled([0.1, ok()], connections=1, queued=2) as (_, pool):
        ends = await asyncio.gather(*(fetch(pool) for _ in range(5)), return_exceptions=True)
        assert [type(end) for end in ends] == [
            bytes,
            bytes,
            bytes,
            httpx.PoolTimeout,
            httpx.PoolTimeout,
        ]


async def test_waiting_for_a_connection_has_an_end() -> None:
    async with pooled([0.2, ok()], connections=1) as (_, pool):
        first = asyncio.create_task(fetch(pool))
        await asyncio.sleep(0.01)
        with pytest.raises(httpx.PoolTimeout):
            await pool.open(GET, patience=0.05)
        assert await first == b"{}"


async def test_who_stops_waiting_holds_up_nobody() -> None:
    async with pooled([0.02, ok()], connections=1) as (_, pool):
        calls = [asyncio.create_task(fetch(pool)) for _ in range(12)]
        await asyncio.sleep(0.01)
        for call in calls[1::2]:
            call.cancel()
        ends = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(end) for end in ends[::2]] == [bytes] * 6


async def test_cancelled_at_any_moment() -> None:
    """The connection of a call that is given up is closed, and its place is free."""
    async with pooled([ok()], connections=2) as (_, pool):
        cancelled = 0
        for steps in [*range(12)] * 5:
            calls = [asyncio.create_task(fetch(pool)) for _ in range(4)]
            for _ in range(steps):
                await asyncio.sleep(0 if steps % 5 else 0.0002)
            cancelled += sum(call.cancel() for call in calls)
            await asyncio.wait(calls)
            assert (pool.used, pool.queued) == (0, 0)
        assert cancelled > 20
        assert await fetch(pool) == b"{}"


@pytest.mark.parametrize("script", [["hang"], [ok()[:20], "hang"], [ok()[:-1], "hang"]], ids=["none", "head", "body"])
async def test_cancelled_in_the_middle(script: list[Any]) -> None:
    async with pooled(script) as (backend, pool):
        call = asyncio.create_task(fetch(pool))
        await backend.until(requests=1)
        await asyncio.sleep(0.01)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert pool.used == 0
        await backend.until(open=0)


async def test_cancelled_while_connecting() -> None:
    with socket.socket() as full:  # nobody accepts, and nobody more can wait to be accepted
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        held = []
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(full.getsockname())
            held.append(one)
        pool = Pool("127.0.0.1", full.getsockname()[1], None, Limits(connect=0.2))
        call = asyncio.create_task(fetch(pool))
        await asyncio.sleep(0.05)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        with pytest.raises(httpx.ConnectTimeout):
            await fetch(pool)
        assert pool.used == 0
        await pool.aclose()
        for one in held:
            one.close()


class Silent(Backend):
    """Accepts, and says nothing."""

    async def request(self, reader: asyncio.StreamReader) -> bytes:
        while await reader.read(1024):
            pass
        raise ConnectionError


@pytest.mark.parametrize("end", ["cancelled", "late"])
async def test_a_handshake_that_comes_to_no_end(end: str) -> None:
    async with listening(Silent([])) as backend:
        pool = Pool("localhost", backend.port, tls_context(), Limits(connect=0.3))
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            call = asyncio.create_task(fetch(pool))
            await asyncio.sleep(0.1)
            assert backend.open == 1
            if end == "cancelled":
                call.cancel()
            with pytest.raises((asyncio.CancelledError, httpx.ConnectTimeout)):
                await call
            assert pool.used == 0
            await backend.until(open=0)
            await pool.aclose()
            gc.collect()
        assert [str(one.message) for one in warned if one.category is ResourceWarning] == []


@pytest.mark.skipif(which("openssl") is None, reason="makes a certificate with openssl")
async def test_over_tls(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    made = await asyncio.create_subprocess_exec(
        *"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost".split(),
        *("-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)),
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await made.wait() == 0
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    async with listening(Backend([ok(b"x" * 100_000)]), ssl=server) as backend:
        for context in (tls_context(), tls_context(certificate)):
            for host in ("localhost", "127.0.0.1"):  # the certificate is for the name alone
                pool = Pool(host, backend.port, context)
                try:
                    for _ in range(3):
                        assert await fetch(pool) == b"x" * 100_000
                except httpx.ConnectError as error:
                    assert isinstance(error.__cause__, ssl.SSLError)
                    assert backend.requests == [] or host == "127.0.0.1"
                await pool.aclose()
                await backend.until(open=0)
        assert len(backend.requests) == 3


async def test_waiting_for_a_turn_ends_with_the_deadline() -> None:
    async with pooled([0.2, ok()], connections=1) as (backend, pool):
        first = asyncio.create_task(fetch(pool))
        await backend.until(requests=1)
        with pytest.raises(httpx.ConnectTimeout):  # nothing has been sent
            await fetch(pool, seconds=0.05)
        assert await first == b"{}"
        with pytest.raises(httpx.ReadTimeout):
            await fetch(pool, seconds=0.05)


async def test_nobody_listens() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    pool = Pool("127.0.0.1", port, None)
    with pytest.raises(httpx.ConnectError):
        await fetch(pool)
    assert pool.used == 0
    await pool.aclose()


class TestConnectionsThatWereClosedMeanwhile:
    @pytest.mark.parametrize("end", ["close", "reset"])
    async def test_a_read_goes_out_once_more(self, end: str) -> None:
        async with pooled([ok()], [end], [ok(b"3")]) as (backend, pool):
            await fetch(pool, repeatable=True)
            assert await fetch(pool, repeatable=True) == b"3"
            assert (backend.connections, len(backend.requests)) == (2, 3)

    async def test_once_and_no_more(self) -> None:
        async with pooled([ok()], ["close"]) as (backend, pool):
            await fetch(pool, repeatable=True)
            with pytest.raises(httpx.RemoteProtocolError):
                await fetch(pool, repeatable=True)
            assert len(backend.requests) == 3

    async def test_a_write_does_not(self) -> None:
        async with pooled([ok()], ["close"], [ok()]) as (backend, pool):
            await fetch(pool)
            with pytest.raises(httpx.RemoteProtocolError):
                await fetch(pool)
            assert len(backend.requests) == 2

    async def test_not_on_a_new_connection(self) -> None:
        async with pooled(["close"], [ok()]) as (backend, pool):
            with pytest.raises(httpx.RemoteProtocolError):
                await fetch(pool, repeatable=True)
            assert len(backend.requests) == 1

    async def test_not_after_the_first_byte(self) -> None:
        async with pooled([ok()], [b"H", "close"], [ok()]) as (backend, pool):
            await fetch(pool, repeatable=True)
            with pytest.raises(httpx.RemoteProtocolError):
                await fetch(pool, repeatable=True)
            assert len(backend.requests) == 2

    async def test_all_of_them(self) -> None:
        """A backend that restarts leaves only connections that are closed: one try is enough for each call."""
        async with pooled(*[[0.02, ok()]] * 8, *[["close"]] * 8, [ok(b"2")]) as (_, pool):
            await asyncio.gather(*(fetch(pool) for _ in range(8)))
            found = await asyncio.gather(*(fetch(pool, repeatable=True) for _ in range(8)))
            assert found == [b"2"] * 8

    async def test_a_backend_that_hangs_up_about_when_we_ask_again(self) -> None:
        async with pooled([ok(), 0.005, "close"]) as (_, pool):
            for _ in range(60):
                assert await fetch(pool, repeatable=True) == b"{}"
                await asyncio.sleep(0.0045)


async def test_what_comes_unasked_is_never_an_answer() -> None:
    """A thousand pairs, no answer swapped."""

    class Poison(Backend):
        async def play(self, script: Any, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
            asked = self.requests[-1].split()[1]
            writer.write(ok(asked) + ok(b"POISON"))
            await writer.drain()
            return True

    async with listening(Poison([])) as backend:
        pool = Pool("127.0.0.1", backend.port, None)
        for number in range(1000):
            request = b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number
            assert (await pool.fetch(request, 100))[2] == b"/%d" % number
        await pool.aclose()


async def test_it_is_closed_under_calls() -> None:
    async with listening(Backend(["hang"])) as backend:
        pool = Pool("127.0.0.1", backend.port, None)
        call = asyncio.create_task(fetch(pool))
        await backend.until(requests=1)
        await pool.aclose()
        with pytest.raises((httpx.TransportError, asyncio.CancelledError)):
            await call
        assert pool.used == 0


async def test_the_cost_of_a_turn_does_not_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Taking and giving back look at one connection, however many are idle."""
    looks = 0
    complete = Connection.complete.fget
    assert complete is not None

    def counted(self: Connection) -> bool:
        nonlocal looks
        looks += 1
        return bool(complete(self))

    async with pooled([0.05, ok()], connections=60) as (_, pool):
        await asyncio.gather(*(fetch(pool) for _ in range(60)))
        monkeypatch.setattr(Connection, "complete", property(counted))
        await fetch(pool)
        assert looks == 2


class TestNames:
    async def addresses(self, look_up: Callable[[str], list[str]], monkeypatch: pytest.MonkeyPatch) -> Any:
        from templates.runtime import resolver

        monkeypatch.setattr(resolver, "_look_up", look_up)
        return resolver.Resolver("backend.test")

    async def test_one_lookup_for_all_who_wait(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[str] = []
        release = asyncio.Event()
        loop = asyncio.get_running_loop()

        def look_up(host: str) -> list[str]:
            asked.append(host)
            asyncio.run_coroutine_threadsafe(release.wait(), loop).result(2)
            return ["127.0.0.1"]

        resolver = await self.addresses(look_up, monkeypatch)
        calls = [asyncio.create_task(resolver.addresses()) for _ in range(50)]
        await asyncio.sleep(0.02)
        calls[0].cancel()  # the others still get theirs
        release.set()
        assert await asyncio.gather(*calls[1:]) == [["127.0.0.1"]] * 49
        assert await resolver.addresses() == ["127.0.0.1"]
        assert asked == ["backend.test"]
        resolver.close()

    async def test_an_old_answer_is_better_than_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        answers: list[Any] = [["10.0.0.1"], OSError("no name"), ["10.0.0.2"]]

        def look_up(host: str) -> list[str]:
            answer = answers.pop(0)
            if isinstance(answer, OSError):
                raise answer
            return list(answer)

        resolver = await self.addresses(look_up, monkeypatch)
        assert await resolver.addresses() == ["10.0.0.1"]
        resolver._at -= 31
        assert await resolver.addresses() == ["10.0.0.1"]
        assert await resolver.addresses() == ["10.0.0.2"]
        answers.append(OSError("no name"))
        resolver._at -= 400
        with pytest.raises(OSError, match="no name"):
            await resolver.addresses()
        resolver.close()

    async def test_an_address_that_does_not_answer_is_left_for_the_next(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from templates.runtime import resolver

        monkeypatch.setattr(resolver, "_look_up", lambda host: ["127.0.0.2", "127.0.0.1"])
        async with listening(Backend([ok(b"{}")])) as backend:  # on 127.0.0.1 alone
            pool = Pool("backend.test", backend.port, None)
            assert await fetch(pool) == b"{}"
            await pool.aclose()

    async def test_slow_names_hold_up_no_other_backend(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from templates.runtime import resolver

        release = asyncio.Event()
        loop = asyncio.get_running_loop()

        def look_up(host: str) -> list[str]:
            if host != "good.test":
                asyncio.run_coroutine_threadsafe(release.wait(), loop).result(3)
            return ["127.0.0.1"]

        monkeypatch.setattr(resolver, "_look_up", look_up)
        async with listening(Backend([ok(b"{}")])) as backend:
            slow = [Pool(f"slow{number}.test", backend.port, None, Limits(connect=0.5)) for number in range(40)]
            calls = [asyncio.create_task(fetch(pool)) for pool in slow]
            await asyncio.sleep(0.01)
            good = Pool("good.test", backend.port, None)
            async with asyncio.timeout(0.4):
                assert await fetch(good) == b"{}"
            ends = await asyncio.gather(*calls, return_exceptions=True)
            assert {type(end) for end in ends} == {httpx.ConnectTimeout}
            release.set()
            for pool in [*slow, good]:
                await pool.aclose()
