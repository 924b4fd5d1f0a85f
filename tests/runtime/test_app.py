"""What the client of a gateway sees: problems, headers, ids; and what the logs say."""

from __future__ import annotations

import json
import logging
import re
import time
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Body, FastAPI, HTTPException, Response
from pydantic import BaseModel

from templates.runtime import context
from templates.runtime.answers import set_cookie, set_header
from templates.runtime.disconnect import CancelOnDisconnect
from templates.runtime.edge import Edge
from templates.runtime.encode import segment
from templates.runtime.failures import Answer, BackendFailure, Refusal, composing
from templates.runtime.fan_out import fan_out
from templates.runtime.limit import BodyLimit
from templates.runtime.logs import JsonFormatter, configure_logging, log_request
from templates.runtime.problems import install_problems
from templates.runtime.serving import document_router, health_router
from templates.runtime.types import Integer, Model

pytestmark = pytest.mark.anyio

SECRET = "s3cr3t-token"
PLACE = "http://inner.backend:8001/v1"


class Item(Model):
    count: Integer


class Many(BaseModel):
    items: list[int]


class Gateway:
    """An app whose one endpoint, `/do/{what}`, is what a test gives it."""

    def __init__(self, document: Path) -> None:
        self.endpoint: Callable[[Response], Coroutine[Any, Any, Any]]
        app = self.app = FastAPI(openapi_url=None, redirect_slashes=False)
        router = APIRouter()

        @router.api_route("/do/{what}", methods=["GET", "HEAD"])
        async def do(what: str, response: Response) -> Any:
            return await self.endpoint(response)

        @router.post("/items")
        async def items(item: Annotated[Item, Body()]) -> Item:
            return item

        app.add_middleware(CancelOnDisconnect)
        app.add_middleware(BodyLimit, limit=1000)
        app.add_middleware(Edge)
        install_problems(app)
        for each in (router, health_router(), document_router(document)):
            app.include_router(each)
        transport = httpx.ASGITransport(app)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://gateway.test")

    async def get(self, path: str = "/do/it", **options: Any) -> httpx.Response:
        return await self.client.get(path, **options)

    def fails(self, error: Exception) -> None:
        async def endpoint(response: Response) -> None:
            raise error

        self.endpoint = endpoint


@pytest.fixture
def logs() -> Any:
    """The log lines that the runtime writes, parsed."""
    lines: list[dict[str, Any]] = []
    formatter = JsonFormatter()

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(json.loads(formatter.format(record)))

    logger = logging.getLogger("templates")
    handler = Handler()
    logger.addHandler(handler)
    logger.setLevel("INFO")
    yield lines
    logger.removeHandler(handler)


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    document = tmp_path / "openapi.json"
    document.write_text('{"openapi":"3.1.0"}')
    gateway = Gateway(document)
    yield gateway
    await gateway.client.aclose()


def failure(kind: Any, status: int | None = None, **options: Any) -> BackendFailure:
    made = BackendFailure("users.getUser", kind, status=status, content=SECRET.encode(), **options)
    return made


@pytest.mark.parametrize(
    ("error", "passes", "status"),
    [
        (failure("status", 404), {404}, 404),
        (failure("status", 404), set(), 502),
        (failure("status", 409), {404, 409}, 409),
        (failure("status", 500), {404}, 502),
        (failure("status", 503), set(), 502),
        (failure("status", 302), set(), 502),
        (failure("status", 400), set(), 502),
        (failure("status", 401), set(), 502),
        (failure("status", 403), set(), 502),
        (failure("status", 401, client_credentials=True), set(), 401),
        (failure("status", 403, client_credentials=True), set(), 403),
        (failure("timeout"), {404}, 504),
        (failure("open"), set(), 503),
        (failure("unreachable"), set(), 502),
        (failure("tls"), set(), 502),
        (failure("invalid"), set(), 502),
        (failure("refused"), set(), 502),
        (failure("limit"), set(), 502),
    ],
)
async def test_a_hard_failure_is_a_problem_that_leaks_nothing(
    gateway: Gateway, logs: Any, error: BackendFailure, passes: set[int], status: int
) -> None:
    async def endpoint(response: Response) -> None:
        async def call() -> None:
            try:
                raise OSError(f"{PLACE} {SECRET}")
            except OSError as cause:
                raise error from cause

        async with fan_out(5) as calls:
            calls.start("user", call(), passes=passes)

    gateway.endpoint = endpoint
    response = await gateway.get()
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    body = response.json()
    assert set(body) == {"type", "title", "status", "instance", "call"}
    assert (body["type"], body["status"], body["call"]) == ("about:blank", status, "user")
    assert uuid.UUID(body["instance"])
    assert ("retry-after" in response.headers) == (status in (429, 503))
    assert ("www-authenticate" in response.headers) == (status == 401)
    seen = response.text + str(response.headers) + json.dumps(logs)
    assert "inner.backend" not in seen and SECRET not in seen
    assert logs[0]["operation"] == "users.getUser" and logs[0]["kind"] == error.kind


async def test_a_429_that_passes_says_when_to_come_back(gateway: Gateway) -> None:
    error = failure("status", 429, retry_after=7)
    error.claim("user", {429}, True)
    gateway.fails(error)
    response = await gateway.get()
    assert (response.status_code, response.headers["retry-after"]) == (429, "7")


async def test_a_refusal(gateway: Gateway) -> None:
    gateway.fails(Refusal(404, "no product 7", {"product": 7, "status": "no"}))
    body = (await gateway.get()).json()
    assert (body["status"], body["title"], body["detail"], body["product"]) == (
        404,
        "Not Found",
        "no product 7",
        7,
    )
    gateway.fails(Refusal(409, None, {"at": datetime(2026, 11, 24, tzinfo=UTC), "rate": float("nan")}))
    body = (await gateway.get()).json()
    assert (body["at"], body["rate"]) == ("2026-11-24T00:00:00+00:00", None)
    assert "detail" not in body
    gateway.fails(Refusal(599))
    assert (await gateway.get()).json()["title"] == "Error"


async def test_an_answer_of_its_own(gateway: Gateway) -> None:
    gateway.fails(Answer(404, b'{"error":"gone"}'))
    response = await gateway.get()
    assert (response.status_code, response.json()) == (404, {"error": "gone"})
    assert response.headers["content-type"] == "application/json"
    gateway.fails(Answer(204))
    response = await gateway.get()
    assert (response.status_code, response.content) == (204, b"")


async def test_an_argument_that_cannot_be_sent_is_whose_it_is(gateway: Gateway) -> None:
    for direct, status in ((True, 422), (False, 502)):

        async def endpoint(response: Response, direct: bool = direct) -> None:
            async def call() -> str:
                return segment("..")

            async with fan_out(5) as calls:
                calls.start("user", call(), direct=direct)

        gateway.endpoint = endpoint
        response = await gateway.get()
        assert (response.status_code, response.json()["call"]) == (status, "user")


async def test_what_cannot_be_composed_is_a_bad_gateway(gateway: Gateway, logs: Any) -> None:
    class Page(Model):
        count: Integer

    for broken in (lambda: 1 / 0, lambda: 2.0**5000, lambda: Page.model_validate({"count": "x"}), lambda: int(SECRET)):

        async def endpoint(response: Response, broken: Any = broken) -> None:
            with composing():
                broken()

        gateway.endpoint = endpoint
        response = await gateway.get()
        assert response.status_code == 502
        assert "call" not in response.json()
    assert SECRET not in json.dumps(logs)


async def test_a_bug_is_a_plain_500(gateway: Gateway, logs: Any) -> None:
    gateway.fails(RuntimeError(f"{PLACE} {SECRET}"))
    response = await gateway.get(headers={"x-request-id": "abcd-12345678"})
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-request-id"] == "abcd-12345678"
    assert set(response.json()) == {"type", "title", "status", "instance"}
    assert logs[0]["error"] == "RuntimeError"
    assert any("endpoint" in frame for frame in logs[0]["stack"])
    assert SECRET not in response.text + json.dumps(logs)


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b'{"count":"s3cr3t-token"}', {}, 422),
        (b"{}", {}, 422),
        (b'{"count":', {}, 422),
        (b'{"count":NaN}', {}, 422),
        (b'{"count":1}', {"content-type": "text/plain"}, 422),
        (b"\xff", {}, 400),
        (b"[" * 900, {}, 400),
        (b'{"count":' + b"1" * 2000 + b"}", {}, 413),
    ],
)
async def test_a_bad_request_is_a_problem_without_an_echo(
    gateway: Gateway, content: bytes, headers: dict[str, str], status: int
) -> None:
    sent = {"content-type": "application/json", **headers}
    response = await gateway.client.post("/items", content=content, headers=sent)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.status_code in ((status,) if status != 400 else (400, 422))
    assert SECRET not in response.text
    if response.status_code == 422:
        assert all(set(e) == {"loc", "msg", "type"} for e in response.json()["errors"])


async def test_a_body_of_untold_length_is_cut_at_the_limit(gateway: Gateway) -> None:
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 100
            yield b" " * 100

    headers = {"content-type": "application/json"}
    response = await gateway.client.post("/items", content=body(), headers=headers)
    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"
    assert sent < 2000


async def test_a_long_list_of_mistakes_is_cut(gateway: Gateway) -> None:
    @gateway.app.post("/many")
    async def many(body: Many) -> None:
        return None

    response = await gateway.client.post("/many", json={"items": ["x"] * 100})
    assert len(response.json()["errors"]) == 20


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/do/it/", 404),
        ("POST", "/do/it", 405),
        ("GET", "/do/%2e%2e", 400),
        ("GET", "/do/%2e", 400),
        ("GET", "/do/a%0d%0ab", 400),
        ("GET", "/do/a%00", 400),
    ],
)
async def test_paths_and_methods_that_are_none(gateway: Gateway, method: str, path: str, status: int) -> None:
    gateway.fails(RuntimeError())
    response = await gateway.client.request(method, path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert "location" not in response.headers
    assert status != 405 or set(response.headers["allow"].split(", ")) == {"GET", "HEAD"}


async def test_an_http_exception_of_the_users_own(gateway: Gateway) -> None:
    gateway.fails(HTTPException(418, "short and stout", {"X-Tea": "1"}))
    response = await gateway.get()
    assert response.json()["detail"] == "short and stout"
    assert response.headers["x-tea"] == "1"


async def test_every_answer_has_the_headers(gateway: Gateway) -> None:
    async def endpoint(response: Response) -> dict[str, int]:
        set_header(response, "ETag", '"1"')
        set_header(response, "X-None", None)
        set_cookie(response, "seen", True, max_age=60)
        set_cookie(response, "none", None)
        return {"a": 1}

    gateway.endpoint = endpoint
    response = await gateway.get()
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["etag"] == '"1"'
    assert "x-none" not in response.headers
    assert response.headers.get_list("set-cookie") == ["seen=true; HttpOnly; Max-Age=60; Path=/; SameSite=lax; Secure"]
    assert uuid.UUID(response.headers["x-request-id"])

    async def own(response: Response) -> None:
        set_header(response, "Cache-Control", "max-age=60")
        set_header(response, "X-Split", "a\r\nSet-Cookie: b")
        set_header(response, "X-Wide", "\u4e16")
        set_header(response, "X-Narrow", " caf\xe9 ")
        set_header(response, "Location", "/caf\xe9/\u4e16?a=b%20c\r\n")
        set_cookie(response, "wide", "\u4e16 a")

    gateway.endpoint = own
    response = await gateway.get()
    assert response.headers["cache-control"] == "max-age=60"
    assert not {"x-split", "x-wide"} & set(response.headers)
    assert response.headers["x-narrow"] == "caf\xe9"
    assert response.headers["location"] == "/caf%C3%A9/%E4%B8%96?a=b%20c%0D%0A"
    assert response.headers["set-cookie"].startswith("wide=%E4%B8%96%20a; ")


@pytest.mark.parametrize("sent", ["short", "a b c d e f", "x" * 65, "id\x1b[31m-1234", "", "é" * 9])
async def test_a_request_id_that_is_malformed_is_replaced(gateway: Gateway, sent: str) -> None:
    gateway.fails(Refusal(403))
    response = await gateway.get(headers=[(b"x-request-id", sent.encode())])
    assert uuid.UUID(response.headers["x-request-id"])
    assert response.json()["instance"] == f"urn:uuid:{response.headers['x-request-id']}"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (f"00-{'a' * 32}-{'b' * 16}-01", True),
        (f"cc-{'a' * 32}-{'b' * 16}-01-more", True),
        (f"00-{'a' * 32}-{'b' * 16}-01-more", False),
        (f"ff-{'a' * 32}-{'b' * 16}-01", False),
        (f"00-{'0' * 32}-{'b' * 16}-01", False),
        (f"00-{'a' * 32}-{'0' * 16}-01", False),
        (f"00-{'A' * 32}-{'b' * 16}-01", False),
        ("x" * 100_000, False),
        ("", False),
    ],
)
async def test_traces_go_on_when_they_are_sound(gateway: Gateway, logs: Any, sent: str, kept: bool) -> None:
    gateway.fails(Refusal(403))
    await gateway.get(headers={"traceparent": sent})
    assert (logs[-1]["trace_id"] == "a" * 32) == kept
    assert re.fullmatch("[0-9a-f]{32}", logs[-1]["trace_id"])
    assert re.fullmatch("[0-9a-f]{16}", logs[-1]["span_id"]) and logs[-1]["span_id"] != "b" * 16


async def test_the_request_line_says_what_and_how_long_but_nothing_private(gateway: Gateway, logs: Any) -> None:
    async def endpoint(response: Response) -> dict[str, str]:
        async with fan_out(5) as calls:
            calls.soften("price", BackendFailure("p.get", "timeout"))
        calls.finish(response)
        return {"a": SECRET}

    gateway.endpoint = endpoint
    headers = {"authorization": SECRET, "x-request-id": "abcd-1234"}
    response = await gateway.get(f"/do/{SECRET}?q={SECRET}", headers=headers)
    assert response.headers["gateway-degraded"] == "price"
    assert SECRET not in json.dumps(logs)
    line = logs[-1]
    assert {k: line[k] for k in ("message", "method", "route", "status", "degraded", "level")} == {
        "message": "request",
        "method": "GET",
        "route": "/do/{what}",
        "status": 200,
        "degraded": "price",
        "level": "info",
    }
    assert line["request_id"] == "abcd-1234"
    assert 0 <= line["duration_ms"] < 1000
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])


def test_a_log_line_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO")
    configure_logging("INFO")
    logger = logging.getLogger("templates")
    try:
        logging.getLogger("templates.x").info("a\nb\x1b", extra={"big": "x" * 9999, "n": 1})
        out = capsys.readouterr().out
    finally:
        logger.handlers.clear()
        logger.propagate = True
    assert out.count("\n") == 1
    line = json.loads(out)
    assert (line["message"], len(line["big"]), line["n"]) == ("a\nb\x1b", 512, 1)


@pytest.mark.parametrize("method", ["GET", 'QU"ERY', "\x1b"])
@pytest.mark.parametrize("route", [None, "/a/{b}", '/\u202e"x\n' + "y" * 999])
@pytest.mark.parametrize("degraded", ["", "price, reviews"])
def test_the_line_of_a_request_is_that_of_a_record(
    method: str, route: str | None, degraded: str, capsys: pytest.CaptureFixture[str]
) -> None:
    request = context.new_context({"x-request-id": "abcd-1234"})
    request.degraded = degraded
    token = context.current.set(request)
    logger, package = logging.getLogger("templates.runtime.edge"), logging.getLogger("templates")
    try:
        configure_logging("INFO")
        log_request(logger, request, method, route, 200, 12.5)
        package.addHandler(logging.NullHandler())  # somebody else looks: then it is a record
        log_request(logger, request, method, route, 200, 12.5)
        logger.setLevel("WARNING")
        log_request(logger, request, method, route, 200, 12.5)
    finally:
        context.current.reset(token)
        package.handlers.clear()
        package.propagate = True
        logger.setLevel(logging.NOTSET)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.pop("time")[:10] for line in lines] == [time.strftime("%Y-%m-%d", time.gmtime())] * 2
    assert lines[0] == lines[1] and list(lines[0]) == list(lines[1])


async def test_health_and_document(gateway: Gateway, logs: Any) -> None:
    assert (await gateway.get("/livez")).json() == {"status": "ok"}
    assert (await gateway.get("/readyz")).status_code == 503
    gateway.app.state.ready = True
    assert (await gateway.get("/readyz")).status_code == 200
    assert logs == []
    response = await gateway.get("/openapi.json")
    assert response.json() == {"openapi": "3.1.0"}
    assert response.headers["content-type"] == "application/json"
    for path in ("/docs", "/redoc"):
        assert (await gateway.get(path)).status_code == 404
