"""How often a client may call: what is counted, for whom, and what is told."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from templates.runtime.context import current, new_context
from templates.runtime.rates import Rates, client_address


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@settings(max_examples=300, deadline=None)
@given(st.lists(st.floats(0, 40), max_size=60), st.integers(1, 10), st.sampled_from([1, 7, 10, 60]))
def test_the_limit_holds_and_what_is_told_is_so(pauses: list[float], limit: int, seconds: int) -> None:
    clock = Clock()
    rates = Rates(clock=clock)
    let_in: list[float] = []
    for pause in pauses:
        clock.now += pause
        verdict = rates.hit("a", limit, seconds)
        if verdict.allowed:
            let_in.append(clock.now)
        else:
            assert verdict.left == 0
            clock.now += verdict.wait  # who waits as long as was said is let in
            assert rates.hit("a", limit, seconds).allowed
            let_in.append(clock.now)
        assert 0 <= verdict.left < limit and verdict.wait >= 1
        window = math.floor(clock.now / seconds)
        assert sum(math.floor(at / seconds) == window for at in let_in) <= limit


def test_each_client_for_itself_and_none_for_ever() -> None:
    clock = Clock()
    rates = Rates(clock=clock)
    assert [rates.hit("a", 2, 60).allowed for _ in range(3)] == [True, True, False]
    assert rates.hit("b", 2, 60).allowed
    clock.now += 121
    assert [rates.hit("a", 2, 60).left for _ in range(2)] == [1, 0]


def test_memory_is_bounded_and_a_count_costs_the_same_however_many_there_are() -> None:
    rates = Rates()
    for number in range(100_500):
        rates.hit(number, 1, 60)
    assert len(rates._counts) == 100_000
    assert not rates.hit(100_499, 1, 60).allowed


def address(told: str | None, hops: int, socket: str = "10.0.0.1") -> str:
    token = current.set(new_context({} if told is None else {"x-forwarded-for": told}))
    try:
        return client_address({"client": (socket, 1)}, hops)
    finally:
        current.reset(token)


def test_only_what_trusted_proxies_wrote_is_believed() -> None:
    assert address("1.1.1.1", 0) == "10.0.0.1"
    assert address("6.6.6.6, 1.1.1.1", 1) == "1.1.1.1"
    assert address("6.6.6.6, 1.1.1.1, 10.0.0.9", 2) == "1.1.1.1"
    assert address("1.1.1.1", 2) == "10.0.0.1"
    assert address(None, 1) == "10.0.0.1"
    assert address("6.6.6.6, not-an-address", 1) == "10.0.0.1"
    assert address(None, 0, "::ffff:1.2.3.4") == "1.2.3.4"


def test_a_network_is_one_client() -> None:
    assert address(None, 0, "2001:db8:1:2:3::4") == address(None, 0, "2001:db8:1:2:ffff::")
    assert address(None, 0, "2001:db8:1:2::1") != address(None, 0, "2001:db8:1:3::1")
    assert client_address({"client": None}, 0) == ""
