"""What can be seen of a gateway at work: metrics, `Server-Timing`, spans."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from opentelemetry import trace
from pydantic import TypeAdapter

from templates.runtime import context
from templates.runtime.disconnect import CancelOnDisconnect
from templates.runtime.edge import Edge
from templates.runtime.failures import BackendFailure
from templates.runtime.fan_out import fan_out
from templates.runtime.metrics import Metrics, metrics_router
from templates.runtime.policies import Policies
from templates.runtime.problems import install_problems
from templates.runtime.replies import decode
from templates.runtime.retries import Retry
from templates.runtime.route import add_routes
from templates.runtime.seeing import Onlooker, Watch, WatchedClient
from templates.runtime.timing import ServerTiming
from templates.runtime.traces import Traces
from templates.runtime.transport import open_http, tls_context

pytestmark = pytest.mark.anyio
TLS = tls_context()
INT = TypeAdapter(int)


def answers(request: httpx.Request) -> httpx.Response:
    sent = {"x-traceparent": request.headers.get("traceparent", "")}
    match request.url.path:
        case "/broken":
            return httpx.Response(200, json="no number", headers=sent)
        case "/down":
            return httpx.Response(503, headers=sent)
        case "/gone":
            raise httpx.ConnectError("refused")
    return httpx.Response(200, json=1, headers=sent)


@asynccontextmanager
async def gateway(*onlookers: Onlooker, policies: Policies | None = None) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI(redirect_slashes=False)
    client = WatchedClient(open_http(TLS, httpx.MockTransport(answers), "t/1"), "http://a.test", 1.0, policies=policies)

    async def value(path: str) -> int:
        raw = await client.send("a.op", "GET", path, success=frozenset({200}))
        app.state.sent = raw.headers["x-traceparent"]
        return decode("a.op", raw, INT)

    @app.get("/hard/{name}")
    async def hard(name: str) -> int:
        async with fan_out(2.0) as calls:
            call = calls.start("one", value(f"/{name}"))
        return call.result()

    @app.get("/soft/{name}")
    async def soft(name: str, request: Request) -> int | None:
        try:
            return await value(f"/{name}")
        except BackendFailure:
            found = context.current.get()
            assert found is not None
            found.degraded = "one"
            return None

    app.add_middleware(CancelOnDisconnect)
    if onlookers:
        app.add_middleware(Watch, onlookers=onlookers)
    app.add_middleware(Edge)
    install_problems(app)
    for one in onlookers:
        if isinstance(one, Metrics):
            add_routes(app, metrics_router(one))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gw") as asked:
        asked.app = app  # type: ignore[attr-defined]
        yield asked


def metrics(policies: Policies | None = None) -> Metrics:
    def gauges() -> Iterator[tuple[str, str, str, float]]:
        for name, kind, value in policies.measures() if policies else ():
            yield name, kind, "a", value

    endpoints = {("GET", "/hard/{name}"): "GET /hard/{n}", ("GET", "/soft/{name}"): "GET /soft/{n}"}
    return Metrics({"a.op": "a"}, endpoints, gauges)


async def test_metrics_count_what_came_of_requests_and_calls() -> None:
    policies = Policies(retry=Retry(1, backoff=0.0, longest=0.0, statuses={503}))
    counted = metrics(policies)
    before = series(counted.text())
    async with gateway(counted, policies=policies) as client:
        for path in ("/hard/x", "/hard/broken", "/hard/down", "/soft/gone", "/soft/x", "/nothing", "/metrics"):
            await client.get(path)
        await client.head("/hard/x")
        text = (await client.get("/metrics")).text
    after = series(text)
    assert before.keys() == after.keys()
    changed = {name: value for name, value in after.items() if value != before[name] and "seconds" not in name}
    assert changed == {
        'gateway_requests_total{endpoint="GET /hard/{n}",status="2xx"}': 1,
        'gateway_requests_total{endpoint="GET /hard/{n}",status="4xx"}': 1,  # HEAD, which this endpoint has not
        'gateway_requests_total{endpoint="GET /hard/{n}",status="5xx"}': 2,
        'gateway_requests_total{endpoint="GET /soft/{n}",status="2xx"}': 2,
        'gateway_requests_total{endpoint="other",status="4xx"}': 1,
        'gateway_degraded_answers_total{endpoint="GET /soft/{n}"}': 1,
        'gateway_calls_total{backend="a",operation="a.op"}': 5,
        'gateway_call_failures_total{backend="a",operation="a.op",kind="invalid"}': 1,
        'gateway_call_failures_total{backend="a",operation="a.op",kind="status"}': 1,
        'gateway_call_failures_total{backend="a",operation="a.op",kind="unreachable"}': 1,
        'gateway_contract_breaches_total{backend="a"}': 1,
        'gateway_retries_total{backend="a"}': 2,
    }
    assert after['gateway_request_duration_seconds_count{endpoint="GET /hard/{n}"}'] == 4
    assert after['gateway_call_duration_seconds_bucket{backend="a",le="+Inf"}'] == 5


def series(text: str) -> dict[str, float]:
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    assert text.endswith("\n") and len({name for name, _, _ in lines}) == len(lines)
    return {name: float(value) for name, _, value in lines}


async def test_every_family_has_one_type_and_stands_together() -> None:
    names = [line.split()[2] for line in metrics().text().splitlines() if line.startswith("# TYPE")]
    assert len(names) == len(set(names))


async def test_methods_and_paths_of_clients_make_no_series() -> None:
    counted = metrics()
    before = series(counted.text()).keys()
    async with gateway(counted) as client:
        for number in range(20):
            await client.request(f"M{number}", "/hard/x")
            await client.get(f"/x{number}")
    assert series(counted.text()).keys() == before


async def test_server_timing_has_an_entry_for_each_operation() -> None:
    async with gateway(ServerTiming()) as client:
        value = (await client.get("/hard/x")).headers["server-timing"]
        failed = (await client.get("/hard/down")).headers["server-timing"]
    for one in (value, failed):
        names = [entry.partition(";dur=")[0] for entry in one.split(", ")]
        assert names == ["total", "a.op"]
        assert all(float(entry.partition("dur=")[2]) >= 0 for entry in one.split(", "))


async def test_nothing_is_added_where_nobody_looks_on() -> None:
    async with gateway() as client:
        response = await client.get("/hard/x")
    assert response.status_code == 200 and "server-timing" not in response.headers


# ------------------------------------------------------------------------------------------------- spans


class Span(trace.NonRecordingSpan):
    def __init__(self, name: str, parent: trace.SpanContext, number: int) -> None:
        trace_id = parent.trace_id if parent.is_valid else 0xAB
        super().__init__(trace.SpanContext(trace_id, number, False, trace.TraceFlags(1)))
        self.name, self.parent = name, parent
        self.attributes: dict[str, Any] = {}
        self.failed = self.ended = False

    def is_recording(self) -> bool:
        return True

    def update_name(self, name: str) -> None:
        self.name = name

    def set_attribute(self, key: str, value: Any) -> None:
        self.attributes[key] = value

    def set_status(self, status: Any, description: str | None = None) -> None:
        self.failed = True

    def end(self, end_time: int | None = None) -> None:
        self.ended = True


class Tracer:
    def __init__(self) -> None:
        self.spans: list[Span] = []

    def start_span(self, name: str, around: Any = None, kind: Any = None) -> Span:
        parent = trace.get_current_span(around).get_span_context() if around else trace.INVALID_SPAN_CONTEXT
        self.spans.append(Span(name, parent, len(self.spans) + 1))
        return self.spans[-1]


@pytest.fixture
def tracer(monkeypatch: pytest.MonkeyPatch) -> Tracer:
    made = Tracer()
    monkeypatch.setattr("templates.runtime.traces.get_tracer", lambda name: made)
    return made


TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


async def test_a_sampled_request_has_a_span_and_one_for_each_call(tracer: Tracer) -> None:
    async with gateway(Traces(0.0)) as client:
        await client.get("/hard/x", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
        sent = client.app.state.sent  # type: ignore[attr-defined]
    request, call = tracer.spans
    assert (request.name, call.name) == ("GET /hard/{name}", "a.op")
    assert request.parent.span_id == int(PARENT, 16) and call.parent.span_id == 1
    assert request.get_span_context().trace_id == call.get_span_context().trace_id == int(TRACE, 16)
    assert sent == f"00-{TRACE}-{2:016x}-01"
    assert request.ended and call.ended and not (request.failed or call.failed)
    assert request.attributes["http.response.status_code"] == call.attributes["http.response.status_code"] == 200


@pytest.mark.parametrize("traceparent", [f"00-{TRACE}-{PARENT}-00", None, "rubbish"])
async def test_a_request_that_is_not_sampled_has_none(tracer: Tracer, traceparent: str | None) -> None:
    async with gateway(Traces(0.0)) as client:
        await client.get("/hard/x", headers={} if traceparent is None else {"traceparent": traceparent})
        sent = client.app.state.sent  # type: ignore[attr-defined]
    assert not tracer.spans and sent.endswith("-00")


async def test_a_share_of_the_others_is_sampled_and_says_so(tracer: Tracer) -> None:
    async with gateway(Traces(1.0)) as client:
        await client.get("/hard/down")
        await client.get("/nothing")
        await client.get("/hard/x", headers={"traceparent": f"00-{TRACE}-{PARENT}-00"})
    assert [span.name for span in tracer.spans] == ["GET /hard/{name}", "a.op", "GET"]
    assert [span.failed for span in tracer.spans] == [True, True, False]
    assert tracer.spans[1].attributes["error.type"] == "503"


async def test_an_sdk_that_is_not_there_changes_nothing() -> None:
    async with gateway(Traces(1.0)) as client:
        response = await client.get("/hard/x", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
        assert client.app.state.sent[3:35] == TRACE  # type: ignore[attr-defined]
    assert response.status_code == 200
