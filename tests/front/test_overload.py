"""More than the gateway can do, and clients that leave."""

from __future__ import annotations

import asyncio
import time

import pytest

from .conftest import PRODUCT_PAGE, Answer, Gateway, answers, started

pytestmark = pytest.mark.anyio

BODY = b'{"author_id": 2, "rating": 5, "text": "bright enough"}'
WRITE = (
    b"POST /products/1/reviews HTTP/1.1\r\nHost: shop.test\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
)


async def once(gateway: Gateway, data: bytes = PRODUCT_PAGE) -> Answer:
    (answer,) = await gateway.ask(data, most=1)
    return answer


async def test_more_than_there_are_places_for_is_sent_away_at_once() -> None:
    async with started(requests_at_once=4, requests_waiting=2) as gateway:
        gateway.backends.delay = 0.4
        asked = [asyncio.create_task(once(gateway)) for _ in range(20)]
        begun = time.monotonic()
        done, _ = await asyncio.wait(asked, timeout=0.3)
        assert {task.result().status for task in done} == {503}
        assert len(done) == 14
        for task in done:
            answer = task.result()
            assert answer.headers["retry-after"] == "1" and answer.body["title"] == "Service Unavailable"
            assert answer.headers["content-type"] == "application/problem+json"
        for probe in (b"/livez", b"/readyz"):
            answer = await once(gateway, b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % probe)
            assert (answer.status, answer.body) == (200, {"status": "ok"})
        assert time.monotonic() - begun < 0.45
        found = [await task for task in asked]
        assert [one.status for one in found].count(200) == 6
        assert [one.status for one in await asyncio.gather(*(once(gateway) for _ in range(4)))] == [200] * 4


async def test_who_has_waited_for_half_a_second_is_sent_away() -> None:
    async with started(requests_at_once=1, requests_waiting=2) as gateway:
        gateway.backends.delays["/products/1"] = 1.0
        first = asyncio.create_task(once(gateway))
        await asyncio.sleep(0.1)
        begun = time.monotonic()
        assert (await once(gateway)).status == 503
        assert 0.4 < time.monotonic() - begun < 0.8
        assert (await first).status == 200
        gateway.backends.delays.clear()
        assert (await once(gateway)).status == 200


async def test_connections_beyond_the_limit_are_turned_down() -> None:
    async with started(connections_at_once=3) as gateway:
        held = [await gateway.open() for _ in range(3)]
        await asyncio.sleep(0.1)
        (answer,) = await gateway.ask(b"")
        assert answer.status == 503 and answer.closed and answer.headers["retry-after"] == "1"
        for _, writer in held:
            writer.close()
        await asyncio.sleep(0.2)
        assert (await once(gateway)).status == 200


async def test_slow_clients_do_not_slow_the_others() -> None:
    async with started(header_seconds=1) as gateway:
        held = [await gateway.open() for _ in range(200)]
        for _, writer in held:
            writer.write(b"GET /products/1 HTTP/1.1\r\nX: ")
        begun = time.monotonic()
        assert [one.status for one in await asyncio.gather(*(once(gateway) for _ in range(20)))] == [200] * 20
        ended = [await answers(reader) for reader, _ in held]
        assert all(found[0].status == 408 and found[0].closed for found in ended)
        assert time.monotonic() - begun < 3
        for _, writer in held:
            writer.close()


async def test_a_client_that_leaves_ends_the_calls_for_it() -> None:
    async with started() as gateway:
        backends = gateway.backends
        backends.delay = 1.5
        late: list[float] = []
        for _ in range(10):
            _, writer = await gateway.open()
            writer.write(PRODUCT_PAGE)
            await _until(lambda: len(backends.tasks) >= 3 and len(backends.asked) >= 3)
            left = asyncio.get_running_loop().time()
            writer.close()
            await _until(lambda: len(backends.hung_up) >= 3)
            late.append(max(backends.hung_up) - left)
            backends.asked.clear()
            backends.hung_up.clear()
        assert backends.answered == []
        assert sorted(late)[5] < 0.05, late
        backends.delay = 0.0
        assert (await once(gateway)).status == 200


async def test_a_write_that_has_been_sent_is_ended_though_the_client_leaves() -> None:
    async with started() as gateway:
        backends = gateway.backends
        backends.delays["/reviews"] = 0.5
        _, writer = await gateway.open()
        writer.write(WRITE)
        await _until(lambda: ("POST", "/reviews") in backends.asked)
        writer.close()
        await _until(lambda: ("POST", "/reviews") in backends.answered)
        assert backends.hung_up == []
        assert backends.asked.count(("POST", "/reviews")) == 1


async def _until(holds: object, seconds: float = 5.0) -> None:
    assert callable(holds)
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - it is another process that is waited for
            await asyncio.sleep(0.001)
