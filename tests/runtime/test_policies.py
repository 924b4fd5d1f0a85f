"""Retries, breaker and bulkhead: by themselves with a clock of ours, and in front of a backend."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from templates.runtime.breaker import Breaker
from templates.runtime.bulkhead import Bulkhead, Full
from templates.runtime.client import BackendClient
from templates.runtime.failures import BackendFailure
from templates.runtime.policies import Policies
from templates.runtime.replies import Raw
from templates.runtime.retries import Retry
from templates.runtime.transport import open_http, tls_context

pytestmark = pytest.mark.anyio
TLS = tls_context()

Answer = Callable[[httpx.Request], httpx.Response]


class Backend:
    """Counts what arrives, and answers one after another what was given, the last one for ever."""

    def __init__(self, *answers: int | Exception | httpx.Response, **policies: Any) -> None:
        self.answers, self.count = list(answers), 0
        http = open_http(TLS, httpx.MockTransport(self._answer), "test/1")
        self.client = BackendClient(http, "http://a.test", 1.0, policies=Policies(**policies))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.count += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(answer, json=1)

    async def ask(self, method: str = "GET", **options: Any) -> str | int:
        """The status, or the kind of the failure."""
        try:
            raw = await self.client.send("a.op", method, "/p", success=frozenset({200}), **options)
        except BackendFailure as failure:
            return failure.status if failure.status is not None else failure.kind
        return raw.status


# ------------------------------------------------------------------------------------------------ retries


@pytest.mark.parametrize("answer", [502, 503, 504, httpx.ReadError("reset"), httpx.ConnectError("refused")])
async def test_a_read_is_tried_again(answer: int | Exception) -> None:
    backend = Backend(answer, 200, retry=Retry())
    assert (await backend.ask(), backend.count) == (200, 2)


@pytest.mark.parametrize("answer", [400, 404, 500, httpx.ReadTimeout("late"), httpx.RemoteProtocolError("bad")])
async def test_what_is_not_tried_again(answer: int | Exception) -> None:
    backend = Backend(answer, 200, retry=Retry())
    await backend.ask()
    assert backend.count == 1


async def test_a_write_is_tried_again_only_where_it_was_not_sent() -> None:
    unsent, sent = (Backend(error, 200, retry=Retry()) for error in (httpx.ConnectError("no"), httpx.ReadError("no")))
    assert (await unsent.ask("POST", content=b"1"), unsent.count) == (200, 2)
    assert (await sent.ask("POST", content=b"1"), sent.count) == ("unreachable", 1)
    assert (await Backend(503, 200, retry=Retry()).ask("POST")) == 503


async def test_the_last_failure_counts() -> None:
    backend = Backend(502, httpx.ReadError("reset"), 504, retry=Retry(times=2, backoff=0.001))
    assert (await backend.ask(), backend.count) == (504, 3)


async def test_retry_after_is_kept_and_not_longer_than_the_call() -> None:
    soon = httpx.Response(429, headers={"retry-after": "1"})
    backend = Backend(soon, 200, retry=Retry())
    assert (await backend.ask(within=0.5), backend.count) == (429, 1)
    started = asyncio.get_running_loop().time()
    assert (await backend.ask(), await Backend(soon, 200, retry=Retry()).ask(within=3.0)) == (200, 200)
    assert asyncio.get_running_loop().time() - started >= 1


async def test_a_backend_that_is_down_gets_a_tenth_more() -> None:
    backend = Backend(503, retry=Retry(times=3, backoff=0.0))
    for _ in range(200):
        await backend.ask()
    assert 200 + 10 + 200 * 0.1 - 2 <= backend.count <= 200 + 10 + 200 * 0.1 + 1


@settings(max_examples=50)
@given(st.integers(0, 4), st.floats(0, 0.1), st.floats(0, 1), st.integers(0, 5))
def test_pauses_are_within_bounds(times: int, backoff: float, longest: float, tried: int) -> None:
    pause = Retry(times, backoff, longest).pause(httpx.ConnectError("no"), tried, True)
    assert (pause is None) == (tried >= times)
    assert pause is None or 0 <= pause <= min(longest, backoff * 2**tried)


# ------------------------------------------------------------------------------------------------ breaker


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def run(breaker: Breaker, failed: bool | None, times: int = 1) -> None:
    for _ in range(times):
        assert not breaker.refuses
        breaker.leave(breaker.enter(), failed)


def opened(clock: Clock, **options: Any) -> Breaker:
    breaker = Breaker(clock=clock, **options)
    run(breaker, False, 10)
    run(breaker, True, 10)
    assert breaker.refuses
    return breaker


def test_it_opens_at_the_share_and_the_number() -> None:
    few, share = Breaker(clock=Clock()), Breaker(clock=Clock())
    run(few, True, 19)
    assert not few.refuses
    run(share, False, 21)
    run(share, True, 20)
    assert not share.refuses
    run(share, True)
    assert share.refuses


def test_only_the_window_counts() -> None:
    clock = Clock()
    breaker = Breaker(clock=clock)
    run(breaker, True, 19)
    clock.now = 10.0
    run(breaker, True, 19)
    assert not breaker.refuses


def test_a_hang_up_says_nothing() -> None:
    breaker = Breaker(clock=Clock())
    run(breaker, None, 100)
    run(breaker, True, 19)
    assert not breaker.refuses


def test_three_probes_close_it() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now = 3.9
    assert breaker.refuses
    clock.now = 6.1
    entered = [breaker.enter() for _ in range(3)]
    assert breaker.refuses
    for each in entered[:2]:
        breaker.leave(each, False)
    assert breaker.refuses
    breaker.leave(entered[2], False)
    assert not breaker.refuses
    run(breaker, True, 19)
    assert not breaker.refuses


def test_a_probe_that_hangs_up_makes_room_for_another() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now = 6.1
    entered = [breaker.enter() for _ in range(3)]
    breaker.leave(entered[0], None)
    assert not breaker.refuses


def test_a_failed_probe_opens_it_twice_as_long_a_minute_at_most() -> None:
    clock = Clock()
    breaker = opened(clock)
    for pause in (5, 10, 20, 40, 60, 60):
        begun = clock.now
        clock.now = begun + pause * 0.79
        assert breaker.refuses
        clock.now = begun + pause * 1.21
        run(breaker, True)


def test_calls_from_before_say_nothing() -> None:
    clock = Clock()
    breaker = Breaker(clock=clock)
    late = breaker.enter()
    run(breaker, True, 20)
    clock.now = 6.1
    breaker.leave(late, True)
    assert not breaker.refuses


async def test_an_open_breaker_sends_nothing() -> None:
    backend = Backend(503, breaker=Breaker(calls=5), retry=Retry(times=0))
    assert [await backend.ask() for _ in range(7)] == [503] * 5 + ["open"] * 2
    assert backend.count == 5


async def test_timeouts_count_and_cancelled_calls_do_not() -> None:
    async def never() -> Raw:
        await asyncio.sleep(60)
        raise AssertionError

    breaker = Breaker(calls=3)
    policies = Policies(breaker=breaker)
    for _ in range(5):
        call = asyncio.create_task(policies.run(60, True, never))
        await asyncio.sleep(0)
        call.cancel()
        await asyncio.wait([call])
    assert not breaker.refuses
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await policies.run(0.02, True, never)
    assert breaker.refuses


# ----------------------------------------------------------------------------------------------- bulkhead


async def test_no_more_than_its_size_at_one_time() -> None:
    bulkhead, here, most = Bulkhead(3), 0, 0

    async def call() -> None:
        nonlocal here, most
        await bulkhead.take(5)
        here, most = here + 1, max(most, here + 1)
        await asyncio.sleep(0.001)
        here -= 1
        bulkhead.give()

    await asyncio.gather(*(call() for _ in range(15)))
    assert (most, here) == (3, 0)


async def test_a_full_queue_and_a_late_turn() -> None:
    bulkhead = Bulkhead(1)
    await bulkhead.take(1)
    waiting = [asyncio.create_task(bulkhead.take(0.05)) for _ in range(4)]
    await asyncio.sleep(0)
    with pytest.raises(Full):
        await bulkhead.take(1)
    done = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(each) for each in done] == [Full] * 4
    bulkhead.give()
    await bulkhead.take(0.01)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["call", "cancel"]), st.integers(0, 5)), max_size=30))
def test_places_are_never_lost(steps: list[tuple[str, int]]) -> None:
    async def main() -> None:
        bulkhead = Bulkhead(2)

        async def call() -> None:
            await bulkhead.take(5)
            try:
                await asyncio.sleep(0)
            finally:
                bulkhead.give()

        tasks: list[asyncio.Task[None]] = []
        for step, number in steps:
            if step == "call":
                tasks.append(asyncio.create_task(call()))
            elif number < len(tasks):
                tasks[number].cancel()
            for _ in range(number % 3):
                await asyncio.sleep(0)
        if tasks:
            await asyncio.wait(tasks)
        await asyncio.wait_for(asyncio.gather(bulkhead.take(1), bulkhead.take(1)), 1)

    asyncio.run(main())


async def test_a_full_bulkhead_is_open() -> None:
    backend = Backend(200, bulkhead=Bulkhead(1))
    await backend.client._policies._bulkhead.take(1)  # type: ignore[union-attr]
    assert (await backend.ask(within=0.05), backend.count) == ("open", 0)
