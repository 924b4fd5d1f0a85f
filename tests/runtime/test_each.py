"""One call for each item, and blocks of calls: order, bounds, who is cancelled, whose name a failure has."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest

from templates.runtime import context
from templates.runtime.blocks import block
from templates.runtime.client import BackendClient
from templates.runtime.each import each
from templates.runtime.failures import Answer, BackendFailure, Refusal
from templates.runtime.fan_out import Degraded, fan_out
from templates.runtime.tasks import uncancelled
from templates.runtime.transport import open_http, tls_context

from .conftest import Log

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_is_left")]

TLS = tls_context()


def failure(status: int = 500) -> BackendFailure:
    return BackendFailure("users.getUser", "status", status=status)


class Items(Log):
    """A call for each number, and how many ran at a time."""

    def __init__(self, seconds: float = 0.01) -> None:
        super().__init__()
        self.seconds = seconds
        self.running = self.most = 0
        self.begun: list[int] = []

    async def one(self, number: int) -> str:
        self.begun.append(number)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            return await self.call(str(number), self.seconds)
        finally:
            self.running -= 1


async def test_results_are_in_order_whoever_is_first() -> None:
    async def one(number: int) -> int:
        await asyncio.sleep(0.01 * (5 - number))
        return number * 10

    assert await each(range(5), one, limit=5) == [0, 10, 20, 30, 40]
    assert await each([], one, limit=0) == []


@pytest.mark.parametrize(("concurrency", "most"), [(1, 1), (3, 3), (8, 8), (50, 20)])
async def test_so_many_run_at_a_time(concurrency: int, most: int) -> None:
    items = Items()
    await each(range(20), items.one, limit=None, concurrency=concurrency)
    assert (items.most, items.begun) == (most, list(range(20)))


async def test_a_quick_item_does_not_wait_for_a_slow_one() -> None:
    ends: list[int] = []

    async def one(number: int) -> None:
        await asyncio.sleep(0.2 if number == 0 else 0.01)
        ends.append(number)

    await each(range(6), one, limit=None, concurrency=2)
    assert ends == [1, 2, 3, 4, 5, 0]


async def test_an_item_that_is_left_out_leaves_none_in_its_place() -> None:
    items = Items()
    kept = await each(range(5), items.one, limit=5, keep=lambda n: n % 2 == 0)
    assert (kept, items.begun) == (["0", None, "2", None, "4"], [0, 2, 4])
    assert await each(range(3), items.one, limit=5, keep=lambda n: False) == [None, None, None]


async def test_a_list_that_is_too_long_is_a_failure_before_anything_is_sent() -> None:
    items = Items()
    with pytest.raises(BackendFailure) as raised:
        async with fan_out(5) as calls:
            calls.start("rows", each(range(6), items.one, limit=5))
    assert (raised.value.kind, raised.value.call) == ("limit", "rows")
    with pytest.raises(Refusal) as refused:
        await each(range(6), items.one, limit=5, client_list=True)
    assert refused.value.status == 422
    assert items.begun == []


@pytest.mark.parametrize("concurrency", [1, 3])
async def test_the_first_failure_cancels_the_others_and_is_raised_as_itself(concurrency: int) -> None:
    log, error = Log(), failure()

    async def one(number: int) -> str:
        return await log.call(str(number), 0.01 if number == 1 else 0.03, error if number == 1 else None)

    with pytest.raises(BackendFailure) as raised:
        await each(range(9), one, limit=None, concurrency=concurrency)
    assert raised.value is error
    assert log.ends == (["0 done"] if concurrency == 1 else ["0 cancelled", "2 cancelled"])


@pytest.mark.parametrize("concurrency", [1, 4])
async def test_a_cancellation_leaves_nothing_behind(concurrency: int) -> None:
    items = Items(5)
    task = asyncio.create_task(each(range(9), items.one, limit=None, concurrency=concurrency))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert items.running == 0
    assert len(items.ends) == concurrency


async def test_a_cancellation_wins_over_the_failure_that_it_causes() -> None:
    async def stubborn(number: int) -> None:
        try:
            await asyncio.sleep(5)
        finally:
            raise failure()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await each(range(3), stubborn, limit=None)


async def test_a_cancellation_while_a_failure_is_cleaned_up_wins() -> None:
    async def one(number: int) -> None:
        if number == 0:
            raise failure()
        try:
            await asyncio.sleep(5)
        finally:
            await asyncio.sleep(0.1)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.03):
            await each(range(3), one, limit=None)


async def test_an_item_that_cancels_itself_is_no_success() -> None:
    async def odd(number: int) -> None:
        raise asyncio.CancelledError

    with pytest.raises(BackendFailure) as raised:
        async with fan_out(5) as calls:
            calls.start("rows", each(range(3), odd, limit=None))
    assert (raised.value.call, raised.value.kind) == ("rows", "unreachable")


async def test_on_error_speaks_of_one_item() -> None:
    log = Log()
    async with fan_out(5) as calls:

        async def one(number: int) -> str | None:
            try:
                return await log.call(str(number), 0.01, failure() if number == 1 else None)
            except BackendFailure as error:
                calls.soften("rows", error)
                return None

        rows = calls.start("rows", each(range(3), one, limit=3))
    assert rows.result() == ["0", None, "2"]
    assert calls.degraded == {"rows": Degraded("status", 500)}


class TestWrites:
    async def test_go_one_after_another_and_stop_at_a_failure(self) -> None:
        log = Log()

        async def one(number: int) -> str:
            return await uncancelled(log.call(str(number), 0.01, failure() if number == 2 else None))

        with pytest.raises(BackendFailure):
            async with fan_out(5) as calls:
                calls.start("lines", each(range(5), one, limit=5, concurrency=1))
        assert log.ends == ["0 done", "1 done"]

    @pytest.mark.parametrize("concurrency", [1, 3])
    async def test_what_is_sent_ends_when_a_sibling_fails_and_the_rest_is_not_sent(self, concurrency: int) -> None:
        log = Log()

        async def one(number: int) -> str:
            return await uncancelled(log.call(str(number), 0.05))

        with pytest.raises(BackendFailure):
            async with fan_out(5) as calls:
                calls.start("lines", each(range(9), one, limit=9, concurrency=concurrency))
                calls.start("bad", log.call("bad", 0.02, failure()))
        assert sorted(log.ends) == [f"{n} done" for n in range(concurrency)]

    @pytest.mark.parametrize("concurrency", [1, 2])
    async def test_the_deadline_ends_no_write_and_begins_none(self, concurrency: int) -> None:
        log = Log()

        async def one(number: int) -> str:
            return await uncancelled(log.call(str(number), 0.1))

        async with fan_out(0.05) as calls:
            in_time = calls.start("lines", each(range(concurrency), one, limit=9, concurrency=concurrency))
        assert in_time.result() == [str(n) for n in range(concurrency)]
        with pytest.raises(BackendFailure) as raised:
            async with fan_out(0.05) as calls:
                calls.start("lines", each(range(9), one, limit=9, concurrency=concurrency))
        assert (raised.value.call, raised.value.kind, raised.value.sent) == ("lines", "timeout", False)
        assert len(log.ends) == 2 * concurrency


def reader(seconds: float = 0.03) -> tuple[list[str], list[str], Callable[..., Coroutine[Any, Any, bytes]]]:
    """What was sent, what was cancelled, and a GET."""
    sent: list[str] = []
    cancelled: list[str] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        sent.append(path)
        number = len(sent)
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            cancelled.append(path)
            raise
        return httpx.Response(200, json=number)

    client = BackendClient(open_http(TLS, httpx.MockTransport(answer), "test/1"), "http://users.test", 2.0)

    async def get(path: str, **options: Any) -> bytes:
        return (await client.send("users.get", "GET", path, success={200}, **options)).content

    return sent, cancelled, get


class TestEqualCalls:
    @pytest.mark.parametrize("concurrency", [1, 4])
    async def test_are_sent_once(self, concurrency: int) -> None:
        sent, _, get = reader()
        async with fan_out(5, share=True) as calls:
            authors = calls.start(
                "authors", each("abcabcaaa", lambda n: get(f"/{n}"), limit=None, concurrency=concurrency)
            )
        assert sent == ["/a", "/b", "/c"]
        found = authors.result()
        assert found[:3] == found[3:6] and len(set(found)) == 3

    async def test_also_inside_blocks(self) -> None:
        sent, _, get = reader()
        async with fan_out(5, share=True) as calls:

            async def one(path: str) -> bytes:
                async with block(calls, "rows") as inner:
                    a = inner.start("a", get(path))
                return a.result()

            calls.start("rows", each(["/a", "/b", "/a"], one, limit=None))
        assert sent == ["/a", "/b"]

    async def test_survive_the_first_who_asked(self) -> None:
        sent, cancelled, get = reader(0.1)
        async with fan_out(5, share=True) as calls:

            async def one(number: int) -> bytes | None:
                try:
                    async with asyncio.timeout(0.02 if number == 0 else 5):
                        return await get("/a")
                except TimeoutError:
                    return None

            rows = calls.start("rows", each(range(3), one, limit=3))
        assert (rows.result(), sent, cancelled) == ([None, b"1", b"1"], ["/a"], [])

    async def test_are_given_up_with_the_last_who_asked(self) -> None:
        sent, cancelled, get = reader(5)

        async def one(number: int) -> bytes:
            return await get("/a", within=0.02 if number == 0 else 5)

        with pytest.raises(BackendFailure):
            async with fan_out(5, share=True) as calls:
                calls.start("rows", each(range(3), one, limit=3))
        assert sent == cancelled == ["/a"]


class TestBlocks:
    async def test_each_item_goes_at_its_own_pace(self) -> None:
        log = Log()
        started = asyncio.get_running_loop().time()
        async with fan_out(5) as calls:

            async def one(number: int) -> str:
                async with block(calls, "rows") as inner:
                    first = inner.start("first", log.call(f"first {number}", 0.05 * number))

                    async def after() -> str:
                        return await first + await log.call(f"after {number}", 0.05 * (2 - number))

                    second = inner.start("second", after())
                return second.result()

            rows = calls.start("rows", each(range(3), one, limit=3))
        assert rows.result() == [f"first {n}after {n}" for n in range(3)]
        assert asyncio.get_running_loop().time() - started < 0.17

    async def test_a_soft_call_degrades_under_the_outer_name(self) -> None:
        async with fan_out(5) as calls:
            async with block(calls, "rows") as inner:
                async with block(inner, "visitors") as innermost:
                    innermost.soften("price", failure(503))
        assert calls.degraded == {"rows": Degraded("status", 503)}

    async def test_a_hard_call_fails_the_item_under_the_entrys_name(self) -> None:
        log = Log()
        async with fan_out(5) as calls:

            async def one(number: int) -> str | None:
                try:
                    async with block(calls, "rows") as inner:
                        a = inner.start("a", log.call(f"a {number}", 0.01, failure(500 + number) if number else None))
                        inner.start("b", log.call(f"b {number}", 0.05))
                    return a.result()
                except BackendFailure as error:
                    calls.soften("rows", error)
                    return None

            rows = calls.start("rows", each(range(2), one, limit=2))
        assert rows.result() == ["a 0", None]
        assert calls.degraded == {"rows": Degraded("status", 501)}
        assert log.ends == ["a 0 done", "b 1 cancelled", "b 0 done"]

    async def test_nested_entries_soften_their_own(self) -> None:
        async with fan_out(5) as calls:

            async def visits() -> str:
                async with block(calls, "visits") as inner:

                    async def visitors() -> str:
                        try:
                            async with block(inner, "visitors") as innermost:
                                innermost.start("name", Log().call("name", 0, failure()))
                        except BackendFailure as error:
                            inner.soften("visitors", error)
                        return "nobody"

                    found = inner.start("visitors", visitors())
                return found.result()

            visits_call = calls.start("visits", visits())
        assert visits_call.result() == "nobody"
        assert set(calls.degraded) == {"visits"}

    async def test_a_hard_failure_has_the_entrys_name_and_what_passes(self) -> None:
        async def one() -> None:
            async with block(calls, "rows") as inner:
                inner.start("a", Log().call("a", 0, failure(404)), passes={404}, direct=True)

        with pytest.raises(BackendFailure) as raised:
            async with fan_out(5) as calls:
                calls.start("rows", one())
        assert (raised.value.call, raised.value.passes, raised.value.direct) == ("rows", True, True)

    async def test_also_where_the_block_itself_waits_for_the_call(self) -> None:
        async with fan_out(5) as calls:
            with pytest.raises(BackendFailure) as raised:
                async with block(calls, "rows") as inner:
                    await inner.start("a", Log().call("a", 0, failure()))
            assert raised.value.call == "rows"

    async def test_the_failure_of_an_outer_call_is_not_the_blocks(self) -> None:
        with pytest.raises(BackendFailure) as raised:
            async with fan_out(5) as calls:
                outer = calls.start("outer", Log().call("outer", 0.01, failure()))

                async def rows() -> str | None:
                    try:
                        async with block(calls, "rows") as inner:

                            async def dependent() -> str:
                                return await outer

                            inner.start("dependent", dependent())
                    except BackendFailure as error:
                        calls.soften("rows", error)
                    return None

                calls.start("rows", rows())
        assert raised.value.call == "outer"
        assert calls.degraded == {}

    @pytest.mark.parametrize("own", [Refusal(403), Answer(404, b"{}"), ZeroDivisionError()])
    async def test_what_is_no_backend_failure_goes_through(self, own: Exception) -> None:
        with pytest.raises(type(own)) as raised:
            async with fan_out(5) as calls, block(calls, "rows") as inner:
                inner.start("a", Log().call("a", 0, own))
        assert raised.value is own

    async def test_a_block_has_a_time_of_its_own_and_its_calls_know_it(self) -> None:
        log, left = Log(), list[float]()

        async def one() -> None:
            async with block(calls, "rows", within=0.05) as inner:
                left.append(context.time_left(60))
                inner.start("a", log.call("a", 5))

        with pytest.raises(BackendFailure) as raised:
            async with fan_out(5) as calls:
                calls.start("rows", one())
        assert (raised.value.call, raised.value.kind) == ("rows", "timeout")
        assert left[0] == pytest.approx(0.045, abs=0.003)
        assert log.ends == ["a cancelled"]

    async def test_a_block_has_no_more_time_than_the_endpoint(self) -> None:
        async with fan_out(1) as calls, block(calls, "rows", within=60):
            assert context.time_left(60) == pytest.approx(0.9, abs=0.01)

    async def test_a_cancellation_from_outside_leaves_nothing(self) -> None:
        log = Log()

        async def endpoint() -> None:
            async with fan_out(5) as calls:

                async def one(number: int) -> None:
                    async with block(calls, "rows") as inner:
                        inner.start("a", log.call(str(number), 5))

                calls.start("rows", each(range(3), one, limit=3))

        task = asyncio.create_task(endpoint())
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert log.ends == ["0 cancelled", "1 cancelled", "2 cancelled"]

    async def test_a_write_inside_ends_although_the_deadline_passes_and_counts(self) -> None:
        log = Log()
        async with fan_out(0.05) as calls:

            async def one(number: int) -> str:
                async with block(calls, "rows") as inner:

                    async def write() -> str:
                        return await uncancelled(log.call(str(number), 0.12))

                    written = inner.start("write", write())
                return written.result()

            rows = calls.start("rows", each(range(2), one, limit=2))
        assert rows.result() == ["0", "1"]
