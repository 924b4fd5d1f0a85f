"""Writes that are taken back: which, in what order, by when, and what the client is told."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from templates.runtime import context
from templates.runtime.disconnect import CancelOnDisconnect
from templates.runtime.each import each
from templates.runtime.edge import Edge
from templates.runtime.failures import Answer, BackendFailure, InvalidArgument, Refusal, composing
from templates.runtime.fan_out import fan_out
from templates.runtime.idempotency import idempotency_key
from templates.runtime.problems import install_problems
from templates.runtime.undo import undoing

from .conftest import Log, running

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_is_left")]

Endpoint = Callable[[], Coroutine[Any, Any, Any]]
MEMBERS = ("applied", "undone", "undo_failed", "unknown")


def status(code: int) -> BackendFailure:
    return BackendFailure("orders.create", "status", status=code)


def failed(kind: Any, **options: Any) -> BackendFailure:
    return BackendFailure("orders.create", kind, **options)


class Gateway:
    """An app with one endpoint, which is what a test gives it; and the calls that it makes."""

    def __init__(self) -> None:
        self.log = Log()
        self.call = self.log.call
        self.endpoint: Endpoint
        self.app = FastAPI(openapi_url=None)
        self.app.post("/do")(self._do)
        self.app.add_middleware(CancelOnDisconnect)
        self.app.add_middleware(Edge)
        install_problems(self.app)

    async def _do(self) -> Any:
        return await self.endpoint()

    async def post(self, endpoint: Endpoint, **headers: str) -> httpx.Response:
        self.endpoint = endpoint
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client:
            return await client.post("/do", headers=headers)

    async def told(self, endpoint: Endpoint) -> tuple[int, dict[str, list[str]]]:
        """Status and what the problem says of the writes."""
        response = await self.post(endpoint)
        body = response.json()
        return response.status_code, {name: body[name] for name in MEMBERS if name in body}

    def undo(self, name: str, seconds: float = 0.0, fails: Exception | None = None) -> Any:
        return lambda *result: self.call(f"undo {name} {result[0] if result else ''}".strip(), seconds, fails)


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    yield Gateway()


def lists(**own: list[str]) -> dict[str, list[str]]:
    return {name: own.get(name, []) for name in MEMBERS}


async def test_writes_are_taken_back_last_first(gateway: Gateway) -> None:
    async def endpoint() -> None:
        async with undoing(5) as writes:
            async with fan_out(5) as calls:

                async def both() -> None:
                    await writes.send("order", gateway.call("order"), undo_with=gateway.undo("order"))
                    await writes.send("payment", gateway.call("payment"), undo=gateway.undo("payment"))
                    await writes.send("mail", gateway.call("mail"))
                    await gateway.call("bad", 0, status(500))

                calls.start("both", both())

    assert await gateway.told(endpoint) == (502, lists(applied=["mail"], undone=["order", "payment"]))
    assert gateway.log.ends == ["order done", "payment done", "mail done", "undo payment done", "undo order order done"]


async def test_a_success_takes_nothing_back_and_tells_nothing(gateway: Gateway) -> None:
    async def endpoint() -> dict[str, str]:
        async with undoing(5) as writes:
            async with fan_out(5) as calls:
                order = calls.start("order", writes.send("order", gateway.call("order"), undo=gateway.undo("order")))
        return {"id": order.result()}

    response = await gateway.post(endpoint)
    assert (response.status_code, response.json()) == (200, {"id": "order"})
    assert gateway.log.ends == ["order done"]


@pytest.mark.parametrize(
    ("error", "happened"),
    [
        (status(400), False),
        (status(409), False),
        (status(500), True),
        (status(303), True),
        (failed("timeout"), True),
        (failed("timeout", sent=False), False),
        (failed("unreachable"), True),
        (failed("unreachable", sent=False), False),
        (failed("tls", sent=False), False),
        (failed("invalid"), True),
        (failed("open"), False),
        (failed("refused"), False),
        (InvalidArgument(), False),
    ],
    ids=lambda value: str(value),
)
async def test_of_a_write_that_failed_only_what_may_have_happened_is_taken_back(
    gateway: Gateway, error: BackendFailure, happened: bool
) -> None:
    for options, outcome in (
        ({"undo": gateway.undo("order")}, lists(undone=["order"])),
        ({"undo_with": gateway.undo("order")}, lists(unknown=["order"])),
        ({}, lists(unknown=["order"])),
    ):

        async def endpoint(options: Any = options) -> None:
            async with undoing(5) as writes, fan_out(5) as calls:
                calls.start("order", writes.send("order", gateway.call("order", 0, error), **options))

        told = (await gateway.told(endpoint))[1]
        assert told == (outcome if happened else {})
    assert gateway.log.ends == (["undo order done"] if happened else [])


@pytest.mark.parametrize(
    ("later", "code"),
    [(Refusal(409, "no"), 409), (status(500), 502), (RuntimeError("bug"), 500), (ZeroDivisionError(), 502)],
)
async def test_whatever_fails_later(gateway: Gateway, later: Exception, code: int) -> None:
    async def endpoint() -> None:
        async with undoing(5) as writes:
            async with fan_out(5) as calls:
                calls.start("order", writes.send("order", gateway.call("order"), undo=gateway.undo("order")))
            with composing():
                raise later

    assert await gateway.told(endpoint) == (code, lists(undone=["order"]))


async def test_an_answer_of_its_own_is_undone_silently(gateway: Gateway) -> None:
    async def endpoint() -> None:
        async with undoing(5) as writes:
            await writes.send("order", gateway.call("order"), undo=gateway.undo("order"))
            raise Answer(404, b'{"own":1}')

    response = await gateway.post(endpoint)
    assert (response.status_code, response.json()) == (404, {"own": 1})
    assert gateway.log.ends == ["order done", "undo order done"]


async def test_an_undo_that_fails_is_told_and_does_not_stop_the_others(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> Coroutine[Any, Any, None]:
        raise ValueError("secret")

    async def endpoint() -> None:
        async with undoing(5) as writes:
            await writes.send("a", gateway.call("a"), undo=gateway.undo("a"))
            await writes.send("b", gateway.call("b"), undo=gateway.undo("b", 0, status(404)))
            await writes.send("c", gateway.call("c"), undo=broken)
            raise status(500)

    with caplog.at_level(logging.ERROR, "templates"):
        assert await gateway.told(endpoint) == (502, lists(undone=["a"], undo_failed=["b", "c"]))
    assert "secret" not in caplog.text
    assert len(caplog.records) == 2


async def test_lines_of_a_for_have_one_name(gateway: Gateway) -> None:
    async def endpoint() -> None:
        async with undoing(5) as writes, fan_out(5) as calls:

            async def one(number: int) -> str:
                return await writes.send(
                    "lines",
                    gateway.call(str(number), 0, status(500) if number == 3 else None),
                    undo_with=gateway.undo("line", 0, status(500) if number == 1 else None),
                )

            calls.start("lines", each(range(5), one, limit=5, concurrency=1))

    told = lists(undone=["lines"], undo_failed=["lines"], unknown=["lines"])
    assert await gateway.told(endpoint) == (502, told)


async def test_a_write_whose_failure_was_softened_is_taken_back_too(gateway: Gateway) -> None:
    async def endpoint() -> None:
        async with undoing(5) as writes, fan_out(5) as calls:

            async def order() -> None:
                try:
                    await writes.send("order", gateway.call("order", 0, failed("timeout")), undo=gateway.undo("order"))
                except BackendFailure as error:
                    calls.soften("order", error)
                await gateway.call("bad", 0, status(500))

            calls.start("order", order())

    assert (await gateway.told(endpoint))[1] == lists(undone=["order"])


async def test_a_write_that_ends_while_a_sibling_fails_is_taken_back(gateway: Gateway) -> None:
    async def endpoint() -> None:
        async with undoing(5) as writes, fan_out(5) as calls:

            async def order() -> str:
                return await writes.send("order", gateway.call("order", 0.05), undo_with=gateway.undo("order"))

            async def never() -> str:
                await asyncio.sleep(0.02)
                return await writes.send("never", gateway.call("never"), undo=gateway.undo("never"))

            calls.start("order", order())
            calls.start("never", never())
            calls.start("bad", gateway.call("bad", 0.01, status(500)))

    assert await gateway.told(endpoint) == (502, lists(undone=["order"]))
    assert gateway.log.ends == ["order done", "undo order order done"]


async def test_undoing_has_two_seconds_beyond_the_deadline(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("templates.runtime.undo._GRACE", 0.1)
    left: list[float] = []

    async def slow() -> None:
        left.append(context.time_left(60))
        await asyncio.sleep(5)

    async def endpoint() -> None:
        async with undoing(0.1) as writes, fan_out(0.1) as calls:

            async def order() -> None:
                await writes.send("order", gateway.call("order"), undo=gateway.undo("order"))
                await writes.send("payment", gateway.call("payment"), undo=slow)
                await asyncio.sleep(5)

            calls.start("order", order())

    started = asyncio.get_running_loop().time()
    code, told = await gateway.told(endpoint)
    assert 0.18 < asyncio.get_running_loop().time() - started < 0.5
    assert code == 504
    assert set(told["undo_failed"]) >= {"payment"}
    assert 0 < left[0] <= 0.1


@pytest.mark.parametrize("http", ["h11", "httptools"])
async def test_a_client_that_hangs_up_stops_nothing(gateway: Gateway, http: str) -> None:
    begun = asyncio.Event()

    async def slow() -> None:
        begun.set()
        await gateway.call("undo", 0.2)

    async def endpoint() -> None:
        async with undoing(5) as writes:
            await writes.send("order", gateway.call("order"), undo=slow)
            raise status(500)

    gateway.endpoint = endpoint
    async with running(gateway.app, http) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /do HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
        await asyncio.wait_for(begun.wait(), 2)
        writer.close()
        await writer.wait_closed()
        for _ in range(100):
            await asyncio.sleep(0.01)
            if len(gateway.log.ends) == 2:
                break
    assert gateway.log.ends == ["order done", "undo done"]


async def test_undoing_itself_is_shielded(gateway: Gateway) -> None:
    async def endpoint() -> None:
        async with undoing(5) as writes:
            await writes.send("order", gateway.call("order"), undo=gateway.undo("order", 0.1))
            raise status(500)

    task = asyncio.create_task(endpoint())
    await asyncio.sleep(0.03)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert gateway.log.ends == ["order done", "undo order done"]


async def test_a_write_that_was_not_begun_is_none(gateway: Gateway) -> None:
    async def endpoint() -> None:
        async with undoing(5) as writes, fan_out(5) as calls:

            async def late() -> None:
                try:
                    await asyncio.sleep(5)
                finally:
                    await writes.send("order", gateway.call("order"), undo=gateway.undo("order"))

            calls.start("late", late())
            calls.start("bad", gateway.call("bad", 0.01, status(500)))

    assert await gateway.told(endpoint) == (502, {})
    assert gateway.log.ends == []


async def test_a_cancellation_takes_nothing_back(gateway: Gateway) -> None:
    async def endpoint() -> None:
        async with undoing(5) as writes:
            await writes.send("order", gateway.call("order"), undo=gateway.undo("order"))
            await asyncio.sleep(5)

    task = asyncio.create_task(endpoint())
    await asyncio.sleep(0.03)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert gateway.log.ends == ["order done"]


class TestKeys:
    @pytest.mark.parametrize(
        ("sent", "valid"),
        [("abc-1", True), ('"8e03978e-40d5-43e8-bc93-6894a57f9324"', True), ("x" * 255, True), ("x" * 256, False)]
        + [("a b", False), ("", False), ("é", False), ("a\x7f", False)],
    )
    async def test_the_clients_is_kept_where_it_is_valid(self, sent: str, valid: bool) -> None:
        token = context.current.set(context.new_context({"idempotency-key": sent}))
        try:
            assert (idempotency_key() == sent) == valid
            assert valid or uuid.UUID(idempotency_key()).version == 4
            assert idempotency_key() == idempotency_key()
        finally:
            context.current.reset(token)

    async def test_each_write_has_its_own_the_same_each_time(self) -> None:
        seen = []
        for sent in ("one", "one", "two", None):
            headers = {} if sent is None else {"idempotency-key": sent}
            token = context.current.set(context.new_context(headers))
            seen.append([idempotency_key(*of) for of in ((), ("pay",), ("lines", 1), ("lines", 2), ("pay",))])
            context.current.reset(token)
        one, again, two, made = seen
        assert one == again
        assert one[1] == one[4]
        assert len({key for keys in (one, two, made) for key in keys}) == 12
        assert idempotency_key() != idempotency_key()  # two requests that nobody knows of

    async def test_requests_without_one_get_different_ones(self) -> None:
        keys = set()
        for _ in range(2):  # the client's request id may well be the same
            token = context.current.set(context.new_context({"x-request-id": "same-same"}))
            keys.add(idempotency_key())
            context.current.reset(token)
        assert len(keys) == 2
