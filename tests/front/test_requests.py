"""What is wrong with a request ends its connection, and is told as a problem."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator

import pytest

from .conftest import PRODUCT_PAGE, PROJECT, Answer, Gateway, answers, started

pytestmark = pytest.mark.anyio

H = b"Host: shop.test\r\n"
SECOND = b"GET /customers/2 HTTP/1.1\r\nHost: shop.test\r\n\r\n"
BODY = b'{"author_id": 2, "rating": 5, "text": "bright enough"}'


def get(target: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join((b"GET %b HTTP/1.1" % target, *headers, b"", b""))


def post(*headers: bytes, body: bytes = BODY) -> bytes:
    lines = (b"POST /products/1/reviews HTTP/1.1", b"Host: shop.test", b"Content-Type: application/json", *headers)
    return b"\r\n".join((*lines, b"", body))


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def gateway(anyio_backend: str) -> AsyncIterator[Gateway]:
    async with started(header_seconds=1, body_seconds=1, trusted_hosts="shop.test, *.shop.test") as gateway:
        yield gateway


def is_problem(answer: Answer, status: int) -> None:
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.body["status"] == status and answer.body["title"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "server" not in answer.headers
    assert answer.headers["connection"] == "close"
    assert "Traceback" not in answer.content.decode() and "uvicorn" not in str(answer)


async def test_a_request_in_order_is_answered_and_its_connection_kept(gateway: Gateway) -> None:
    for target in (b"/products/1", b"/products/1?min_rating=2", b"/products/%31"):
        (answer,) = await gateway.ask(get(target, b"Host: shop.test"), most=1)
        assert answer.status == 200 and answer.body["name"] == "Lamp", answer
        assert "connection" not in answer.headers and "server" not in answer.headers
    (answer,) = await gateway.ask(post(b"Content-Length: %d" % len(BODY)), most=1)
    assert answer.status == 201, answer
    pieces = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
    (answer,) = await gateway.ask(post(b"Transfer-Encoding: chunked", body=pieces), most=1)
    assert answer.status == 201, answer


SMUGGLED = {
    "both lengths": post(b"Content-Length: 5", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    "both lengths, the other way": post(b"Transfer-Encoding: chunked", b"Content-Length: 5", body=b"0\r\n\r\n"),
    "two equal lengths": post(b"Content-Length: 54", b"Content-Length: 54"),
    "two lengths": post(b"Content-Length: 54", b"Content-Length: 5"),
    "a list of lengths": post(b"Content-Length: 54, 54"),
    "a signed length": post(b"Content-Length: +54"),
    "a negative length": post(b"Content-Length: -1"),
    "a hexadecimal length": post(b"Content-Length: 0x36"),
    "a length with an underscore": post(b"Content-Length: 5_4"),
    "an empty length": post(b"Content-Length:"),
    "a length beyond measure": post(b"Content-Length: 1" + b"0" * 30),
    "chunked twice": post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    "an unknown coding": post(b"Transfer-Encoding: xchunked", body=b"0\r\n\r\n"),
    "packed and chunked": post(b"Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"),
    "chunked, identity": post(b"Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n"),
    "a vertical tab": post(b"Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n"),
    "chunked in HTTP/1.0": post(b"Transfer-Encoding: chunked", body=b"0\r\n\r\n").replace(b"HTTP/1.1", b"HTTP/1.0"),
    "a space before the colon": post(b"Transfer-Encoding : chunked", body=b"0\r\n\r\n"),
    "a chunk without a size": post(b"Transfer-Encoding: chunked", body=b"x\r\na\r\n0\r\n\r\n"),
    "line feeds alone": b"GET /products/1 HTTP/1.1\nHost: shop.test\n\n",
    "a line feed in the head": get(b"/products/1", b"Host: shop.test\nX: y"),
    "a folded header": get(b"/products/1", b"Host: shop.test", b"X: y", b" Content-Length: 5"),
    "a NUL in a value": get(b"/products/1", b"Host: shop.test", b"X: \0"),
    "a carriage return in a value": get(b"/products/1", b"Host: shop.test", b"X: a\rb"),
    "a name beyond ASCII": get(b"/products/1", b"Host: shop.test", b"\xc3\xa4: b"),
    "two hosts": get(b"/products/1", b"Host: shop.test", b"Host: evil.test"),
    "two equal hosts": get(b"/products/1", b"Host: shop.test", b"Host: shop.test"),
    "no host": get(b"/products/1"),
    "an empty host": get(b"/products/1", b"Host: "),
    "a host with a path": get(b"/products/1", b"Host: shop.test/x"),
    "a host with a user": get(b"/products/1", b"Host: a@shop.test"),
    "a host with a space": get(b"/products/1", b"Host: a b"),
    "two authorizations": get(b"/products/1", b"Host: shop.test", b"Authorization: a", b"Authorization: b"),
    "absolute form": get(b"http://evil.test/products/1", b"Host: shop.test"),
    "authority form": b"CONNECT evil.test:443 HTTP/1.1\r\n" + H + b"\r\n",
    "asterisk form": b"OPTIONS * HTTP/1.1\r\n" + H + b"\r\n",
    "a fragment": get(b"/products/1#x", b"Host: shop.test"),
    "a lower-case method": b"get /products/1 HTTP/1.1\r\n" + H + b"\r\n",
    "a method of its own": b"STEAL /products/1 HTTP/1.1\r\n" + H + b"\r\n",
    "HTTP/1.2": b"GET /products/1 HTTP/1.2\r\n" + H + b"\r\n",
    "HTTP/2 in the clear": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": bytes.fromhex("1603010200010001fc0303") + b"\0" * 64,
    "an upgrade": get(b"/products/1", b"Host: shop.test", b"Connection: upgrade", b"Upgrade: h2c"),
    "a websocket": get(b"/products/1", b"Host: shop.test", b"Connection: upgrade", b"Upgrade: websocket"),
    "a path beyond ASCII": get(b"/products/\xff", b"Host: shop.test"),
    "a parent": get(b"/products/../users", b"Host: shop.test"),
    "an encoded parent": get(b"/products/%2e%2E", b"Host: shop.test"),
    "a parent with a parameter": get(b"/products/..;x/1", b"Host: shop.test"),
    "an encoded slash": get(b"/products/1%2f2", b"Host: shop.test"),
    "an encoded backslash": get(b"/products/1%5C2", b"Host: shop.test"),
    "an encoded NUL": get(b"/products/1%00", b"Host: shop.test"),
    "encoded line ends": get(b"/products/1%0d%0aX:%20y", b"Host: shop.test"),
    "no UTF-8": get(b"/products/%ff", b"Host: shop.test"),
    "overlong UTF-8": get(b"/products/%c0%ae%c0%ae", b"Host: shop.test"),
}


@pytest.mark.parametrize("name", SMUGGLED)
async def test_what_two_servers_may_read_differently_is_refused(gateway: Gateway, name: str) -> None:
    """Nothing after it is read as a request either: that is what smuggling is for."""
    asked = len(gateway.backends.asked)
    found = await gateway.ask(SMUGGLED[name] + SECOND, b"")
    assert len(found) == 1, found
    is_problem(found[0], 400)
    assert found[0].closed
    assert len(gateway.backends.asked) == asked


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET /products/1\r\n\r\n", 505),
        (b"GET /products/1 HTTP/0.9\r\n\r\n", 505),
        (get(b"/products/1", b"Host: evil.test"), 421),
        (get(b"/products/1", b"Host: shop.test.evil"), 421),
        (get(b"/products/1", b"Host: evilshop.test"), 421),
        (post(b"Expect: magic", b"Content-Length: 54"), 417),
        (post(b"Content-Encoding: gzip", b"Content-Length: 54"), 415),
        (post(b"Content-Length: %d" % ((1 << 20) + 1), body=b""), 413),
        (post(b"Expect: 100-continue", b"Content-Length: 10000000000", body=b""), 413),
        (get(b"/products/1?q=" + b"x" * 9000, b"Host: shop.test"), 414),
        (get(b"/products/1?q=" + b"x" * 70000, b"Host: shop.test"), 414),
        (get(b"/products/1", b"Host: shop.test", *(b"X-%d: y" % n for n in range(100))), 431),
        (get(b"/products/1", b"Host: shop.test", *(b"X-%d: y" % n for n in range(1000))), 431),
        (get(b"/products/1", b"Host: shop.test", b"X: " + b"y" * 33000), 431),
    ],
)
async def test_too_much_or_not_understood(gateway: Gateway, data: bytes, status: int) -> None:
    found = await gateway.ask(data)
    assert len(found) == 1
    is_problem(found[0], status)
    assert found[0].closed


async def test_names_that_the_gateway_goes_by(gateway: Gateway) -> None:
    for host in (b"shop.test", b"SHOP.test:8000", b"www.shop.test", b"shop.test."):
        assert (await gateway.ask(get(b"/products/1", b"Host: " + host), most=1))[0].status == 200
    assert (await gateway.ask(get(b"/livez", b"Host: 10.0.0.7:8000"), most=1))[0].status == 200
    assert (await gateway.ask(b"GET /readyz HTTP/1.0\r\n\r\n"))[0].status == 200
    assert (await gateway.ask(get(b"/openapi.json", b"Host: 10.0.0.7:8000")))[0].status == 421


async def test_a_head_within_the_limits_may_come_in_pieces(gateway: Gateway) -> None:
    data = get(b"/products/1?q=" + b"x" * 8000, b"Host: shop.test", *(b"X-%d: %b" % (n, b"y" * 300) for n in range(90)))
    parts = [data[at : at + 4000] for at in range(0, len(data), 4000)]
    assert (await gateway.ask(*parts, pause=0.02, most=1))[0].status == 200


async def test_one_header_without_an_end_takes_no_memory(gateway: Gateway) -> None:
    before = gateway.memory()
    reader, writer = await gateway.open()
    writer.write(b"GET /products/1 HTTP/1.1\r\nHost: shop.test\r\nX: ")
    for _ in range(48):
        writer.write(b"y" * (1 << 20))
    found = await answers(reader)
    writer.close()
    is_problem(found[0], 431)
    assert gateway.memory() - before < 8


async def test_a_chunk_with_an_endless_extension_takes_no_memory(gateway: Gateway) -> None:
    before = gateway.memory()
    reader, writer = await gateway.open()
    writer.write(post(b"Transfer-Encoding: chunked", body=b"1;x="))
    for _ in range(16):
        writer.write(b"y" * (1 << 20))
    found = await answers(reader)
    writer.close()
    is_problem(found[0], 400)
    assert gateway.memory() - before < 8


async def test_a_body_of_untold_length_is_cut(gateway: Gateway) -> None:
    before = gateway.memory()
    reader, writer = await gateway.open()
    writer.write(post(b"Transfer-Encoding: chunked", body=b""))
    for _ in range(32):
        writer.write(b"100000\r\n" + b" " * (1 << 20) + b"\r\n")
    found = await answers(reader)
    writer.close()
    assert found[0].status == 413 and found[0].headers["content-type"] == "application/problem+json"
    assert gateway.memory() - before < 12


async def test_a_trailer_is_no_header(gateway: Gateway) -> None:
    """Not even one that would end in a refusal."""
    body = b"%x\r\n%b\r\n0\r\nHost: evil.test\r\nAuthorization: x\r\n\r\n" % (len(BODY), BODY)
    assert (await gateway.ask(post(b"Transfer-Encoding: chunked", body=body), most=1))[0].status == 201


async def test_requests_one_after_the_other_are_answered_in_order(gateway: Gateway) -> None:
    data = b"".join(
        get(b"/products/%d" % n, b"Host: shop.test", b"X-Request-Id: number-%04d" % n) for n in range(1, 101)
    )
    found = await gateway.ask(data, most=100)
    assert [one.headers["x-request-id"] for one in found] == [f"number-{n:04d}" for n in range(1, 101)]
    assert {one.status for one in found} == {200}


async def test_a_refusal_is_not_taken_for_the_answer_to_the_request_before(gateway: Gateway) -> None:
    """The request before is in order and under way when the bad one comes."""
    gateway.backends.delay = 0.2
    try:
        found = await gateway.ask(PRODUCT_PAGE + SMUGGLED["both lengths"] + SECOND)
    finally:
        gateway.backends.delay = 0.0
    assert found[0].status == 200 and found[0].body["name"] == "Lamp"
    assert len(found) == 1 and found[0].closed and found[0].headers["connection"] == "close"


@pytest.mark.parametrize(
    ("parts", "answered"),
    [
        ([], None),
        ([b"GET /prod"], 408),
        ([b"GET /products/1 HTTP/1.1\r\nHost: shop.test\r\nX"], 408),
        ([post(b"Content-Length: 54", body=b"{")], 408),
        ([post(b"Transfer-Encoding: chunked", body=b"1\r\n{\r\n")], 408),
        ([PRODUCT_PAGE, b"GET /prod"], 408),
    ],
)
async def test_a_client_that_takes_its_time_is_left(gateway: Gateway, parts: list[bytes], answered: int | None) -> None:
    """Header and body have one second here; it is looked at every quarter of one."""
    begun = time.monotonic()
    found = await gateway.ask(*parts, pause=0.1)
    assert 0.9 < time.monotonic() - begun < 2.5
    if answered is None:
        assert found == []
    else:
        is_problem(found[-1], answered)
        assert found[-1].closed


async def test_a_client_that_drips_is_left(gateway: Gateway) -> None:
    reader, writer = await gateway.open()
    begun = time.monotonic()
    try:
        writer.write(b"GET /products/1 HTTP/1.1\r\nHost: shop.test\r\n")
        for number in range(40):
            writer.write(b"X-%d: y\r\n" % number)
            if (found := await answers(reader, 0.1)) or reader.at_eof():
                break
        is_problem(found[0], 408)
    finally:
        writer.close()
    assert time.monotonic() - begun < 2.5


async def test_line_ends_do_not_keep_a_connection(gateway: Gateway) -> None:
    reader, writer = await gateway.open()
    begun = time.monotonic()
    writer.write(PRODUCT_PAGE)
    assert (await answers(reader, 2, 1))[0].status == 200
    while not reader.at_eof() and time.monotonic() - begun < 4:
        writer.write(b"\r\n")
        await answers(reader, 0.1)
    writer.close()
    assert time.monotonic() - begun < 3


async def test_what_is_wrong_is_in_the_log_without_what_was_sent(gateway: Gateway) -> None:
    await gateway.ask(get(b"/products/%2e%2e?token=s3cr3t", b"Host: shop.test", b"X: s3cr3t"))
    lines = [json.loads(line) for line in gateway.log if line.startswith("{")]
    assert any(line.get("status") == 400 for line in lines)
    assert "s3cr3t" not in "".join(gateway.log) and "Traceback" not in "".join(gateway.log)


async def test_what_a_request_is_refused_with_is_documented(gateway: Gateway) -> None:
    document = json.loads((PROJECT / "openapi.json").read_text())
    bodies = {method: one for path in document["paths"].values() for method, one in path.items()}
    assert bodies["get"]["responses"].keys() >= {"400", "414", "421", "431", "503"}
    assert bodies["post"]["responses"].keys() >= {"400", "408", "413", "414", "415", "417", "421", "431", "503"}
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    assert bodies["get"]["responses"]["431"] == {"description": "Request Header Fields Too Large", "content": problem}
