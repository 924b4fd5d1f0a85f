"""SIGTERM: not ready at once, everything that was asked is answered, then the end, in bounded time."""

from __future__ import annotations

import asyncio
import time

import pytest

from .conftest import PRODUCT_PAGE, Gateway, answers, started

pytestmark = pytest.mark.anyio

READY = b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n"


async def _probe(gateway: Gateway) -> tuple[int, str | None]:
    (answer,) = await gateway.ask(READY, most=1)
    return answer.status, answer.headers.get("connection")


async def test_it_says_so_first_and_answers_on() -> None:
    async with started(drain_delay=3) as gateway:
        gateway.backends.delay = 0.5
        kept_reader, kept = await gateway.open()
        kept.write(READY)
        (answer,) = await answers(kept_reader, most=1)
        assert answer.status == 200 and "connection" not in answer.headers
        under_way = asyncio.create_task(gateway.ask(PRODUCT_PAGE))
        await asyncio.sleep(0.1)
        begun = time.monotonic()
        gateway.terminate()
        await asyncio.sleep(0.2)
        assert await _probe(gateway) == (503, "close")
        (answer,) = await gateway.ask(PRODUCT_PAGE)
        assert answer.status == 200 and answer.headers["connection"] == "close" and answer.closed
        (answer,) = await under_way
        assert answer.status == 200 and answer.headers["connection"] == "close" and answer.closed
        kept.write(PRODUCT_PAGE)
        (answer,) = await answers(kept_reader)
        assert answer.status == 200 and answer.headers["connection"] == "close" and answer.closed
        kept.close()
        assert await asyncio.wait_for(gateway.process.wait(), 8) == 0
        assert 3.0 < time.monotonic() - begun < 6.0
        with pytest.raises(ConnectionError):
            await gateway.open()
        assert "Traceback" not in "".join(gateway.log)


async def test_no_request_is_lost_under_load() -> None:
    async with started(drain_delay=1) as gateway:
        gateway.backends.delay = 0.01
        lost: list[str] = []
        fine = 0
        refused = asyncio.Event()

        async def client() -> None:
            nonlocal fine
            while not refused.is_set():
                try:
                    reader, writer = await gateway.open()
                except ConnectionError:
                    refused.set()
                    return
                again = True
                while again and not refused.is_set():
                    try:
                        writer.write(PRODUCT_PAGE)
                        found = await answers(reader, most=1)
                    except (ConnectionError, AssertionError) as error:
                        found = []
                        lost.append(repr(error))
                    else:
                        lost.extend(["no answer"] * (not found))
                    fine += sum(one.status == 200 for one in found)
                    lost.extend(f"status {one.status}" for one in found if one.status != 200)
                    again = bool(found) and found[0].headers.get("connection") != "close"
                writer.close()

        clients = [asyncio.create_task(client()) for _ in range(20)]
        async with asyncio.timeout(20):
            while fine < 40:  # noqa: ASYNC110 - it is another process that is waited for
                await asyncio.sleep(0.01)
        before = fine
        gateway.terminate()
        await asyncio.wait_for(asyncio.gather(*clients), 15)
        assert await asyncio.wait_for(gateway.process.wait(), 10) == 0
        assert lost == []
        assert fine > before + 5


async def test_what_has_no_end_is_ended() -> None:
    async with started(drain_delay=0, drain_seconds=1, catalog_timeout=30, reviews_timeout=30) as gateway:
        gateway.backends.delays["/users/2"] = 30
        under_way = asyncio.create_task(gateway.ask(b"GET /customers/2 HTTP/1.1\r\nHost: a\r\n\r\n"))
        await asyncio.sleep(0.2)
        begun = time.monotonic()
        gateway.terminate()
        (answer,) = await under_way
        assert answer.status == 503 and answer.closed, answer
        assert answer.headers["retry-after"] == "1" and answer.headers["content-type"] == "application/problem+json"
        assert await asyncio.wait_for(gateway.process.wait(), 5) == 0
        assert 0.9 < time.monotonic() - begun < 3.0


async def test_a_second_signal_skips_the_wait() -> None:
    async with started(drain_delay=30) as gateway:
        begun = time.monotonic()
        gateway.terminate()
        await asyncio.sleep(0.3)
        gateway.terminate()
        assert await asyncio.wait_for(gateway.process.wait(), 5) == 0
        assert time.monotonic() - begun < 2.0


async def test_an_address_that_is_taken_is_said() -> None:
    async with started() as first:
        with pytest.raises(
            AssertionError, match=f"cannot listen on 127.0.0.1 port {first.port}: Address already in use"
        ):
            async with started(listen_port=first.port):
                pass
