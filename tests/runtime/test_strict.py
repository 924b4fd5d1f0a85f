"""What is refused before anything looks at what is asked for; how many are let in."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from templates.runtime.admission import Admission
from templates.runtime.drain import announced
from templates.runtime.edge import Edge, joined_headers
from templates.runtime.strict import Strict

pytestmark = pytest.mark.anyio


def refusal(
    path: bytes = b"/a",
    headers: tuple[tuple[str, str], ...] = (("host", "a.test"),),
    hosts: Any = (),
    version: str = "1.1",
) -> int | None:
    from urllib.parse import unquote

    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    scope = {
        "path": unquote(path.decode()),
        "raw_path": path,
        "headers": raw,
        "http_version": version,
    }
    return Strict(hosts).refusal(scope, joined_headers(raw))


@pytest.mark.parametrize(
    "path",
    [
        b"/a/../b", b"/..", b"/a/.", b"/./a", b"/%2e%2E/a", b"/a/%2e", b"/a%2fb", b"/a%2Fb", b"/..%2f..", b"/a\\b",
        b"/a%5cb", b"/a%00", b"/a%0d%0ab", b"/a%7f", b"/a/..;/b", b"/a/.;x=1", b"/%ff", b"/%c0%ae", b"/%ed%a0%80",
    ],
)  # fmt: skip
def test_a_path_that_may_be_read_as_another_one(path: bytes) -> None:
    assert refusal(path) == 400


@pytest.mark.parametrize(
    "path",
    [b"/", b"/a/b", b"/a%20b", b"/%C3%A4", b"/a..b/c", b"/...", b"/a;v=1/b", b"/%252e%252e", b"/a%25",
     b"/.well-known/x", b"/%EF%BF%BD", b"/%f0%9f%92%a1", b"/a//b", b"/a:b@c"],
)  # fmt: skip
def test_a_path_that_is_read_in_one_way(path: bytes) -> None:
    assert refusal(path) is None


@pytest.mark.parametrize(
    ("host", "hosts", "status"),
    [
        ("a.test", (), None),
        ("[::1]:8000", (), None),
        ("my_service:8000", (), None),
        ("a.test:", (), 400),
        ("a.test:http", (), 400),
        ("a,b", (), 400),
        ("a/b", (), 400),
        ("[::1", (), 400),
        ("\xe4", (), 400),
        ("A.test:1", ("a.test",), None),
        ("b.test", ("a.test",), 421),
        ("x.a.test", ("*.a.test",), None),
        ("a.test", ("*.a.test",), 421),
        ("a.test.evil", ("a.test", "*.a.test"), 421),
    ],
)
def test_a_host(host: str, hosts: tuple[str, ...], status: int | None) -> None:
    assert refusal(headers=(("host", host),), hosts=hosts) == status


def test_what_is_known_of_hosts_is_bounded() -> None:
    strict = Strict()
    for number in range(2000):
        raw = [(b"host", b"h%d.test" % number)]
        assert strict.refusal({"path": "/", "raw_path": b"/", "headers": raw}, joined_headers(raw)) is None
    assert len(strict._known) == 1000


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ((("content-length", "3"), ("transfer-encoding", "chunked")), 400),
        ((("transfer-encoding", "gzip, chunked"),), 400),
        ((("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")), 400),
        ((("content-length", "3, 3"),), 400),
        ((("content-length", "3"), ("content-length", "3")), 400),
        ((("content-length", "\xb2"),), 400),
        ((("host", "a.test"),), 400),
        ((("authorization", "a"), ("authorization", "b")), 400),
        ((("upgrade", "h2c"), ("connection", "keep-alive, Upgrade")), 400),
        ((("upgrade", "h2c"),), None),
        ((("expect", "x"),), 417),
        ((("content-encoding", "gzip"),), 415),
        ((("transfer-encoding", "Chunked"),), None),
        ((("content-length", "3 "),), None),
        ((("content-encoding", "identity"), ("expect", "100-Continue")), None),
        ((("cookie", "a=1"), ("cookie", "b=2"), ("x-a", "1"), ("x-a", "2")), None),
    ],
)
def test_headers(more: tuple[tuple[str, str], ...], status: int | None) -> None:
    assert refusal(headers=(("host", "a.test"), *more)) == status


def test_versions() -> None:
    assert [refusal(version=one) for one in ("0.9", "1.0", "1.1", "2", "3", "9")] == [
        505,
        None,
        None,
        None,
        None,
        505,
    ]
    assert refusal(headers=(("host", "a"), ("transfer-encoding", "chunked")), version="1.0") == 400
    assert refusal(headers=()) == 400
    assert refusal(b"/livez", headers=(), version="1.0") is None


class App:
    """Says what it was asked for; answers when told."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.inside = 0
        self.most = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            await self.go.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self.inside -= 1


async def status_of(app: Any, path: str = "/a", **scope: Any) -> int:
    found: list[int] = []

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            found.append(message["status"])

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    request = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "headers": [(b"host", b"a")],
    }
    try:
        await app({**request, **scope}, receive, send)
    except asyncio.CancelledError:
        pass
    return found[0] if found else 0


async def test_no_more_than_the_limit_are_in_and_places_are_handed_on() -> None:
    app = App()
    admission = Admission(app, limit=3, waiting=5)
    asked = [asyncio.create_task(status_of(admission)) for _ in range(20)]
    await asyncio.sleep(0.05)
    assert [task.done() for task in asked] == [False] * 8 + [True] * 12
    assert {task.result() for task in asked[8:]} == {503}
    probe = asyncio.create_task(status_of(admission, "/livez"))
    await asyncio.sleep(0)
    assert app.inside == 4
    app.go.set()
    assert [await task for task in (*asked[:8], probe)] == [200] * 9
    assert app.most == 4
    assert await asyncio.gather(*(status_of(admission) for _ in range(3))) == [200] * 3


async def test_one_that_is_cancelled_while_it_waits_loses_no_place() -> None:
    app = App()
    admission = Admission(app, limit=1, waiting=5)
    first = asyncio.create_task(status_of(admission))
    waiting = [asyncio.create_task(status_of(admission)) for _ in range(3)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting[0].cancel()
    app.go.set()
    await first
    waiting[1].cancel()  # it may have the place already
    assert await waiting[2] == 200
    await asyncio.gather(*waiting)
    assert (admission._free, len(admission._queue)) == (1, 0)


async def test_a_request_that_the_server_ends_is_told_so_only_while_it_drains() -> None:
    state: dict[str, Any] = {}
    drain = announced(state)
    for begun, status in ((False, 0), (True, 503)):
        drain.begun = begun
        asked = asyncio.create_task(status_of(Edge(App()), state=state))
        await asyncio.sleep(0.01)
        asked.cancel()
        assert await asked == status
