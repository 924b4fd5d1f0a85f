"""Retries, breaker, budget, places, hedges: by themselves with a clock of ours, and in front of a backend."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bffgen.spec.policies import Breaker as WrittenBreaker
from bffgen.spec.policies import Retry as WrittenRetry
from templates.runtime import breaker as breakers
from templates.runtime import retries
from templates.runtime.budget import Budget
from templates.runtime.client import BackendClient
from templates.runtime.failures import BackendFailure
from templates.runtime.hedge import Hedge
from templates.runtime.policies import CallPolicy, Policies
from templates.runtime.replies import Raw
from templates.runtime.transport import open_http, tls_context
from templates.runtime.turns import Full, Turns

pytestmark = pytest.mark.anyio
TLS = tls_context()

Answer = Callable[[httpx.Request], httpx.Response]


def Retry(times: int = 1, backoff: float | None = None, longest: float | None = None) -> retries.Retry:
    """As a spec has it that says no more."""
    usual = WrittenRetry()
    pauses = usual.backoff if backoff is None else backoff, usual.max_backoff if longest is None else longest
    return retries.Retry(times, backoff=pauses[0], longest=pauses[1], statuses={*usual.statuses})


def Breaker(calls: int | None = None, **options: Any) -> breakers.Breaker:
    usual = WrittenBreaker()
    numbers = {"window": usual.window, "failures": usual.failures, "pause": usual.open}
    return breakers.Breaker(calls=calls or usual.calls, **numbers, **options)


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

    @property
    def places(self) -> Turns:
        return self.client._policies._places  # type: ignore[union-attr, return-value]

    async def begin(self, method: str = "GET", seconds: float = 1.0) -> httpx.Response:
        """An answer whose body is still to come."""
        return await self.client.begin("a.op", self.client.request(method, "/p", (), {}), seconds)

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
    pause = Retry(times, backoff, longest).pause_after(httpx.ConnectError("no"), tried, True)
    assert (pause is None) == (tried >= times)
    assert pause is None or 0 <= pause <= min(longest, backoff * 2**tried)


# ------------------------------------------------------------------------------------------------ breaker


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def run(breaker: breakers.Breaker, failed: bool | None, times: int = 1) -> None:
    for _ in range(times):
        assert not breaker.refuses
        breaker.leave(breaker.enter(), failed)


def opened(clock: Clock, **options: Any) -> breakers.Breaker:
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


# ------------------------------------------------------------------------------------------------- places


async def test_no_more_than_its_size_at_one_time() -> None:
    places, here, most = Turns(3, 12), 0, 0

    async def call() -> None:
        nonlocal here, most
        await places.take(5)
        here, most = here + 1, max(most, here + 1)
        await asyncio.sleep(0.001)
        here -= 1
        places.leave()

    await asyncio.gather(*(call() for _ in range(15)))
    assert (most, here) == (3, 0)


async def test_a_full_queue_and_a_late_turn() -> None:
    places = Turns(1, 4)
    await places.take(1)
    waiting = [asyncio.create_task(places.take(0.05)) for _ in range(4)]
    await asyncio.sleep(0)
    with pytest.raises(Full):
        await places.take(1)
    done = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(each) for each in done] == [Full] * 4
    places.leave()
    await places.take(0.01)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["call", "cancel"]), st.integers(0, 5)), max_size=30))
def test_places_are_never_lost(steps: list[tuple[str, int]]) -> None:
    async def main() -> None:
        places = Turns(2, 8)

        async def call() -> None:
            await places.take(5)
            try:
                await asyncio.sleep(0)
            finally:
                places.leave()

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
        await asyncio.wait_for(asyncio.gather(places.take(1), places.take(1)), 1)

    asyncio.run(main())


async def test_a_full_places_is_open() -> None:
    backend = Backend(200, concurrency=1)
    await backend.client._policies._places.take(1)  # type: ignore[union-attr]
    assert (await backend.ask(within=0.05), backend.count) == ("open", 0)


async def test_a_body_that_is_still_to_come_has_its_place() -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"abc"

    backend = Backend(httpx.Response(200, content=body()), httpx.Response(200, content=body()), concurrency=1)
    response = await backend.begin()
    with pytest.raises(httpx.PoolTimeout):
        await backend.begin(seconds=0.05)
    await response.aclose()
    await response.aclose()
    again = await backend.begin()
    assert await again.aread() == b"abc"
    await again.aclose()
    assert backend.places.used == 0


async def test_an_answer_that_is_not_read_whole_is_tried_again_before_its_first_byte() -> None:
    backend = Backend(503, httpx.ReadError("reset"), 200, retry=Retry(2, 0.0), concurrency=1)
    assert ((await backend.begin()).status_code, backend.count) == (200, 3)
    backend = Backend(503, 200, retry=Retry(2, 0.0), concurrency=1)
    assert ((await backend.begin("POST")).status_code, backend.count) == (503, 1)


async def test_a_breaker_leaves_those_alone_too() -> None:
    backend = Backend(503, breaker=Breaker(calls=3))
    for _ in range(3):
        await backend.begin()
    with pytest.raises(httpx.PoolTimeout):
        await backend.begin()
    assert backend.count == 3


# ------------------------------------------------------------------------------------------------- budget


@given(st.lists(st.sampled_from(["earn", "take"]), max_size=300))
def test_what_is_sent_on_top_is_at_most_a_tenth_and_ten(steps: list[str]) -> None:
    budget, earned, taken = Budget(), 0, 0
    for step in steps:
        if step == "earn":
            budget.earn()
            earned += 1
        else:
            taken += budget.take()
        assert taken <= 10 + earned * 0.1 + 1e-9
    if steps.count("take") >= 10:
        assert taken >= 10


# ------------------------------------------------------------------------------------------------- hedges


class Virtual(asyncio.SelectorEventLoop):
    """A loop whose time passes when there is nothing else to do."""

    def __init__(self) -> None:
        super().__init__()
        self.now, select = 0.0, self._selector.select  # type: ignore[attr-defined]

        def passing(timeout: float | None) -> Any:
            self.now += timeout or 0
            return select(0)

        self._selector.select = passing  # type: ignore[attr-defined]

    def time(self) -> float:
        return self.now


def at_once(main: Any) -> Any:
    """What a coroutine gives, on a clock of its own."""
    with asyncio.Runner(loop_factory=Virtual) as runner:
        return runner.run(main)


class Slow:
    """A backend whose answers take so long, one after another."""

    def __init__(self, *answers: tuple[float, int | Exception]) -> None:
        self.answers, self.running, self.sent = [*answers], 0, 0

    async def __call__(self) -> Raw:
        seconds, answer = self.answers[min(self.sent, len(self.answers) - 1)]
        self.sent, self.running = self.sent + 1, self.running + 1
        try:
            await asyncio.sleep(seconds)
        finally:
            self.running -= 1
        if isinstance(answer, Exception):
            raise answer
        return Raw(answer, [], b"")


_TIMES = st.floats(0.0, 2.0)
_ENDS = st.sampled_from([200, 404, 503, httpx.ReadError("reset")])


@given(st.tuples(_TIMES, _ENDS), st.tuples(_TIMES, _ENDS), st.floats(0.01, 1.0), st.booleans())
def test_the_first_good_answer_counts_and_nothing_is_left(
    one: tuple[float, Any], two: tuple[float, Any], delay: float, repeatable: bool
) -> None:
    backend = Slow(one, two)
    policies = Policies(hedge=Hedge(delay))

    async def main() -> tuple[int | str, float]:
        try:
            ended: int | str = (await policies.run(10, repeatable, backend)).status
        except httpx.ReadError:
            ended = "reset"
        return ended, asyncio.get_running_loop().time()

    ended, took = at_once(main())
    assert backend.running == 0
    hedged = repeatable and one[0] > delay + 1e-6
    if one[0] < delay - 1e-6 or not repeatable:
        assert backend.sent == 1
    elif hedged:
        assert backend.sent == 2
    good = [(one[0], one[1])] + ([(delay + two[0], two[1])] if backend.sent == 2 else [])
    good = [each for each in good if each[1] in (200, 404)]
    if good:
        first = min(seconds for seconds, _ in good)
        assert took == pytest.approx(first, abs=1e-6)
        assert ended in [status for seconds, status in good if seconds == pytest.approx(first, abs=1e-6)]
    else:
        assert ended == ("reset" if isinstance(one[1], Exception) else one[1])


@given(st.lists(st.floats(0.001, 1.0), min_size=20, max_size=200))
def test_the_delay_is_what_95_of_100_took(seconds: list[float]) -> None:
    hedge = Hedge()
    for number, each in enumerate(seconds):
        assert (hedge.delay is None) == (number < 20)
        hedge.took(each)
    looked = seconds[: len(seconds) // 20 * 20]
    slower = sum(each > hedge.delay for each in looked)  # type: ignore[operator]
    assert hedge.delay is not None and hedge.delay >= 0.05
    assert slower <= len(looked) * 0.05


async def test_hedges_share_the_budget_of_retries() -> None:
    backend = Slow((5.0, 200))
    policies = Policies(hedge=Hedge(0.0))
    tasks = [asyncio.create_task(policies.run(5, True, backend)) for _ in range(50)]
    await asyncio.sleep(0.05)
    assert backend.sent == 60  # ten saved; what the calls earned was over that
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert backend.running == 0


async def test_a_call_has_its_own_instead_of_its_backends() -> None:
    calls = {"plain": CallPolicy(), "key": CallPolicy(Retry(2, 0.0), repeatable=True)}
    backend = Backend(503, retry=Retry(1, 0.0), calls=calls)
    for method, policy, count in (("GET", None, 2), ("GET", "plain", 1), ("POST", None, 1), ("POST", "key", 3)):
        backend.count = 0
        await backend.ask(method, policy=policy)
        assert backend.count == count, policy


async def test_a_setting_stops_all_of_them() -> None:
    backend = Backend(503, retry=Retry(1, 0.0), calls={"own": CallPolicy(Retry(2, 0.0))}, retries=False)
    await backend.ask()
    await backend.ask(policy="own")
    assert backend.count == 2


async def test_what_waits_out_a_pause_is_within_the_call() -> None:
    policies, backend = Policies(retry=Retry(5, 10.0, 10.0)), Slow((0.0, 503))
    started = asyncio.get_running_loop().time()
    assert (await policies.run(0.2, True, backend)).status == 503
    assert asyncio.get_running_loop().time() - started < 0.25
