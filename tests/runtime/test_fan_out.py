"""`fan_out`: who is cancelled, what is raised, when it ends, what is left behind."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from templates.runtime import context
from templates.runtime.client import BackendClient
from templates.runtime.failures import BackendFailure, Refusal
from templates.runtime.fan_out import fan_out
from templates.runtime.tasks import uncancelled
from templates.runtime.transport import open_http, tls_context

from .conftest import Log

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_is_left")]


def failure(status: int = 500) -> BackendFailure:
    return BackendFailure("users.getUser", "status", status=status)


async def test_runs_at_the_same_time_and_gives_results() -> None:
    log = Log()
    started = asyncio.get_running_loop().time()
    async with fan_out(5) as calls:
        a = calls.start("a", log.call("a", 0.1))
        b = calls.start("b", log.call("b", 0.1))
    assert (a.result(), b.result()) == ("a", "b")
    assert asyncio.get_running_loop().time() - started < 0.18


async def test_a_dependent_starts_when_its_own_call_is_there() -> None:
    log = Log()
    started = asyncio.get_running_loop().time()
    async with fan_out(5) as calls:
        calls.start("slow", log.call("slow", 0.15))
        quick = calls.start("quick", log.call("quick", 0.05))

        async def after() -> str:
            return await quick + await log.call("after", 0.1)

        calls.start("after", after())
    assert asyncio.get_running_loop().time() - started < 0.25
    assert log.ends[0] == "quick done"


async def test_the_first_failure_cancels_the_others_and_is_raised_as_itself() -> None:
    log = Log()
    error = failure(404)
    started = asyncio.get_running_loop().time()
    with pytest.raises(BackendFailure) as raised:
        async with fan_out(5) as calls:
            calls.start("slow", log.call("slow", 5))
            calls.start("bad", log.call("bad", 0.01, error), passes={404}, direct=True)
    assert raised.value is error
    assert asyncio.get_running_loop().time() - started < 1
    assert (error.call, error.passes, error.direct) == ("bad", True, True)
    assert log.ends == ["slow cancelled"]


async def test_a_status_that_was_not_listed_does_not_pass() -> None:
    with pytest.raises(BackendFailure) as raised:
        async with fan_out(5) as calls:
            calls.start("bad", Log().call("bad", 0, failure(409)), passes={404})
    assert raised.value.passes is False


async def test_a_failure_seen_through_a_dependent_keeps_its_own_name() -> None:
    with pytest.raises(BackendFailure) as raised:
        async with fan_out(5) as calls:
            ready = asyncio.Event()

            async def dependent() -> str:
                await ready.wait()
                return await first

            calls.start("dependent", dependent())
            first = calls.start("first", Log().call("first", 0, failure()), passes={500})
            ready.set()
    assert (raised.value.call, raised.value.passes) == ("first", True)


async def test_calls_that_have_not_begun_are_dropped_without_a_warning() -> None:
    log = Log()
    with pytest.raises(Refusal):
        async with fan_out(5) as calls:
            calls.start("never", log.call("never"))
            raise Refusal(403)
    assert log.ends == []


async def test_a_guard_that_refuses_cancels_the_calls() -> None:
    log = Log()

    async def guard() -> None:
        raise Refusal(403, "no")

    with pytest.raises(Refusal):
        async with fan_out(5) as calls:
            calls.start("slow", log.call("slow", 5))
            await asyncio.sleep(0.01)
            calls.check(guard())
    assert log.ends == ["slow cancelled"]


async def test_two_failures_at_once_leave_no_complaint() -> None:
    with pytest.raises(BackendFailure) as raised:
        async with fan_out(5) as calls:
            calls.start("a", Log().call("a", 0, failure()))
            calls.start("b", Log().call("b", 0, failure()))
    assert raised.value.call == "a"


async def test_a_cancellation_from_outside_wins_over_what_it_causes() -> None:
    log = Log()

    async def stubborn() -> None:
        try:
            await asyncio.sleep(5)
        finally:
            raise failure()

    async def endpoint() -> None:
        async with fan_out(5) as calls:
            calls.start("slow", log.call("slow", 5))
            calls.start("stubborn", stubborn())

    task = asyncio.create_task(endpoint())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert log.ends == ["slow cancelled"]


async def test_a_cancellation_while_a_failure_is_cleaned_up_wins() -> None:
    async def slow_to_stop() -> None:
        try:
            await asyncio.sleep(5)
        finally:
            await asyncio.sleep(0.1)

    async def endpoint() -> None:
        async with fan_out(5) as calls:
            calls.start("slow", slow_to_stop())
            await asyncio.sleep(0.01)
            calls.start("bad", Log().call("bad", 0, failure()))

    task = asyncio.create_task(endpoint())
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_outer_timeout_stays_a_timeout() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            async with fan_out(5) as calls:
                calls.start("slow", Log().call("slow", 5))


async def test_a_dependent_that_gives_up_leaves_the_call_to_the_others() -> None:
    log = Log()
    async with fan_out(5) as calls:
        needed = calls.start("needed", log.call("needed", 0.05))

        async def impatient() -> str:
            try:
                async with asyncio.timeout(0.01):
                    return await needed
            except TimeoutError:
                return "gave up"

        gave_up = calls.start("impatient", impatient())
    assert (needed.result(), gave_up.result()) == ("needed", "gave up")


async def test_calls_may_start_calls() -> None:
    log = Log()
    async with fan_out(5) as calls:

        async def parent() -> None:
            await asyncio.sleep(0.01)
            calls.start("child", log.call("child", 0.02))

        calls.start("parent", parent())
    assert log.ends == ["child done"]


async def test_a_failure_that_is_no_backends_comes_out_as_itself() -> None:
    with pytest.raises(ZeroDivisionError):
        async with fan_out(5) as calls:
            calls.start("a", Log().call("a", 0, ZeroDivisionError()))


async def test_a_call_that_cancels_itself_is_a_failure_not_a_cancellation() -> None:
    async def odd() -> None:
        raise asyncio.CancelledError

    with pytest.raises(BackendFailure) as raised:
        async with fan_out(5) as calls:
            calls.start("odd", odd())
    assert (raised.value.call, raised.value.kind) == ("odd", "unreachable")


async def test_the_deadline_ends_what_has_no_limit_of_its_own() -> None:
    log = Log()
    started = asyncio.get_running_loop().time()
    with pytest.raises(BackendFailure) as raised:
        async with fan_out(0.05) as calls:
            calls.start("quick", log.call("quick"))
            calls.start("slow", log.call("slow", 5))
    assert (raised.value.call, raised.value.kind) == ("slow", "timeout")
    assert asyncio.get_running_loop().time() - started < 0.15
    assert log.ends == ["quick done", "slow cancelled"]


async def test_the_deadline_is_over_after_the_block() -> None:
    async with fan_out(5) as calls:
        left: list[float] = []

        async def call() -> None:
            left.append(context.time_left(60))

        calls.start("a", call())
    assert 4.85 < left[0] <= 4.9
    assert context.time_left(60) == 60


@pytest.mark.parametrize(
    ("deadline", "timeout", "left"),
    [(5, 2, 2), (5, 60, 4.9), (1, 60, 0.9), (0.5, 60, 0.45), (5, 4.9, 4.9), (-1, 60, -0.9)],
)
async def test_a_call_gets_the_least_of_its_timeout_and_the_deadline_less_a_reserve(
    deadline: float, timeout: float, left: float
) -> None:
    token = context.deadline.set(asyncio.get_running_loop().time() + deadline)
    assert context.time_left(timeout) == pytest.approx(left, abs=0.01)
    context.deadline.reset(token)


class TestSoftCalls:
    async def test_a_failure_that_matters_degrades_the_answer(self) -> None:
        from starlette.responses import Response

        async with fan_out(5) as calls:
            calls.soften("reviews", BackendFailure("r.list", "timeout"))
            calls.soften("price", failure(503))
            calls.soften("stock", failure(404))
            calls.soften("offers", failure(429))
        assert {k: (v.kind, v.status) for k, v in calls.degraded.items()} == {
            "reviews": ("timeout", None),
            "price": ("status", 503),
            "offers": ("status", 429),
        }
        response = Response()
        calls.finish(response)
        assert response.status_code == 200
        assert response.headers["gateway-degraded"] == "offers, price, reviews"
        assert response.headers["cache-control"] == "no-store"
        calls.finish(response, 203)
        assert response.status_code == 203

    async def test_nothing_is_said_when_nothing_is_missing(self) -> None:
        from starlette.responses import Response

        async with fan_out(5) as calls:
            calls.soften("stock", failure(404))
        response = Response()
        calls.finish(response, 203)
        assert response.status_code == 200
        assert "gateway-degraded" not in response.headers

    async def test_another_calls_failure_is_not_softened(self) -> None:
        error = failure()
        error.claim("hard", frozenset(), False)
        with pytest.raises(BackendFailure) as raised:
            async with fan_out(5) as calls:
                calls.soften("soft", error)
        assert raised.value is error
        assert calls.degraded == {}


class TestTime:
    """Against a clock that only moves when it is told to."""

    @pytest.mark.parametrize(
        ("deadline", "passed", "timeout", "left"),
        [
            (5.0, 0.0, 2.0, 2.0),  # its own limit is the least
            (5.0, 0.0, 60.0, 4.9),  # 0.1 s of reserve
            (5.0, 3.0, 2.0, 1.9),
            (5.0, 4.5, 2.0, 0.45),  # 10 %
            (5.0, 4.99, 2.0, 0.009),
            (5.0, 5.0, 2.0, 0.0),
            (5.0, 6.0, 2.0, -0.9),
        ],
    )
    async def test_what_is_left_is_less_a_reserve(
        self, monkeypatch: pytest.MonkeyPatch, deadline: float, passed: float, timeout: float, left: float
    ) -> None:
        loop, now = asyncio.get_running_loop(), [1000.0]
        real = loop.time
        token = context.deadline.set(1000.0 + deadline)
        monkeypatch.setattr(loop, "time", lambda: now[0])
        now[0] += passed
        try:
            found = context.time_left(timeout)
        finally:
            monkeypatch.setattr(loop, "time", real)
            context.deadline.reset(token)
        assert found == pytest.approx(left) or (found <= 0 and left <= 0)

    async def test_a_soft_call_that_is_late_leaves_time_to_answer_a_hard_one_does_not(self) -> None:
        async def hang(request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(5)
            return httpx.Response(200)

        client = BackendClient(open_http(tls_context(), httpx.MockTransport(hang), "t/1"), "http://a.test", 2.0)

        async def price() -> None:
            try:
                await client.send("pricing.get", "GET", "/p", success={200})
            except BackendFailure as error:
                calls.soften("price", error)

        started = asyncio.get_running_loop().time()
        async with fan_out(0.3) as calls:
            calls.start("price", price())
        assert 0.25 < asyncio.get_running_loop().time() - started < 0.3
        assert calls.degraded["price"].kind == "timeout"
        with pytest.raises(BackendFailure) as raised:
            async with fan_out(0.1) as calls:
                calls.start("price", client.send("pricing.get", "GET", "/p", success={200}))
        assert (raised.value.kind, raised.value.call) == ("timeout", "price")

    async def test_a_write_is_not_begun_after_the_deadline(self) -> None:
        log = Log()
        token = context.deadline.set(asyncio.get_running_loop().time() - 0.001)
        try:
            with pytest.raises(BackendFailure) as raised:
                await uncancelled(log.call("write"))
        finally:
            context.deadline.reset(token)
        assert (raised.value.kind, raised.value.sent, log.ends) == ("timeout", False, [])


class TestWrites:
    async def test_ends_although_a_sibling_fails(self) -> None:
        log = Log()
        with pytest.raises(BackendFailure) as raised:
            async with fan_out(5) as calls:

                async def write() -> str:
                    answer = await uncancelled(log.call("write", 0.1))
                    return answer + await log.call("not this", 5)

                calls.start("write", write())
                calls.start("bad", log.call("bad", 0.02, failure()))
        assert raised.value.call == "bad"
        assert log.ends == ["write done", "not this cancelled"] or log.ends == ["write done"]

    async def test_ends_although_the_deadline_passes_and_then_counts(self) -> None:
        log = Log()
        async with fan_out(0.05) as calls:

            async def write() -> str:
                return await uncancelled(log.call("write", 0.15))

            written = calls.start("write", write())
        assert written.result() == "write"

    async def test_ends_although_the_client_hangs_up_twice(self) -> None:
        log = Log()

        async def endpoint() -> None:
            async with fan_out(5) as calls:

                async def write() -> str:
                    return await uncancelled(log.call("write", 0.1))

                calls.start("write", write())

        task = asyncio.create_task(endpoint())
        await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert log.ends == ["write done"]

    async def test_its_own_failure_is_raised(self) -> None:
        with pytest.raises(BackendFailure) as raised:
            async with fan_out(5) as calls:

                async def write() -> str:
                    return await uncancelled(Log().call("write", 0, failure(409)))

                calls.start("write", write(), passes={409})
        assert raised.value.passes

    async def test_does_not_start_for_who_is_already_cancelled(self) -> None:
        log = Log()

        async def endpoint() -> None:
            try:
                await asyncio.sleep(5)
            except asyncio.CancelledError:
                await uncancelled(log.call("write"))

        task = asyncio.create_task(endpoint())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert log.ends == []

    async def test_has_no_deadline_but_its_own_timeout(self) -> None:
        async with fan_out(0.5) as calls:

            async def time_for_it() -> float:
                return context.time_left(60)

            async def write() -> float:
                return await uncancelled(time_for_it())

            written = calls.start("write", write())
        assert written.result() == 60
