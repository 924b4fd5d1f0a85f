"""The keys of issuers, over a real server on loopback: fetched once, kept, fetched anew, and never in a storm."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from templates.runtime.access import Unavailable
from templates.runtime.jwks import KeySet
from templates.runtime.transport import open_http, tls_context


class Issuer:
    """A key set on loopback. `answer` is what it sends; `asked` how often."""

    def __init__(self) -> None:
        self.asked = 0
        self.pause = 0.0
        self.keys: dict[str, Any] = {}
        self.answer: bytes | None = None
        self.url = ""

    def add(self, kid: str, key: Any = None, algorithm: str = "ES256") -> None:
        key = key or ec.generate_private_key(ec.SECP256R1())
        public = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
        self.keys[kid] = {**public, "kid": kid}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        await asyncio.sleep(self.pause)
        body = json.dumps({"keys": list(self.keys.values())}).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body if self.answer is None else self.answer)
        await writer.drain()
        writer.close()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def keys() -> AsyncIterator[tuple[Issuer, KeySet, Clock]]:
    issuer, clock = Issuer(), Clock()
    server = await asyncio.start_server(issuer.serve, "127.0.0.1", 0)
    issuer.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with server, open_http(tls_context(), None, "test") as http:
        kept = KeySet(http, issuer.url, clock=clock)
        yield issuer, kept, clock
        await kept.aclose()


def run(test: Callable[[Issuer, KeySet, Clock], Coroutine[Any, Any, None]]) -> None:
    async def all_of_it() -> None:
        async with keys() as (issuer, kept, clock), asyncio.timeout(20):
            await test(issuer, kept, clock)

    asyncio.run(all_of_it())


def test_fetched_once_however_many_ask() -> None:
    async def test(issuer: Issuer, kept: KeySet, clock: Clock) -> None:
        issuer.add("a")
        issuer.pause = 0.05
        found = await asyncio.gather(*(kept.find("a", "ES256") for _ in range(50)))
        assert all(found) and issuer.asked == 1
        assert await kept.find("a", "ES256") is found[0]

    run(test)


def test_one_who_gives_up_does_not_end_it_for_the_others() -> None:
    async def test(issuer: Issuer, kept: KeySet, clock: Clock) -> None:
        issuer.add("a")
        issuer.pause = 0.1
        first, second = (asyncio.create_task(kept.find("a", "ES256")) for _ in range(2))
        await asyncio.sleep(0.02)
        first.cancel()
        assert await second
        assert issuer.asked == 1

    run(test)


def test_an_unknown_key_has_them_fetched_anew_but_not_each_time() -> None:
    async def test(issuer: Issuer, kept: KeySet, clock: Clock) -> None:
        issuer.add("a")
        assert await kept.find("a", "ES256")
        for number in range(20):  # made up: no request for each
            assert await kept.find(f"made-up-{number}", "ES256") is None
        assert issuer.asked == 1
        issuer.add("b")
        clock.now = 31
        assert await kept.find("b", "ES256")
        assert issuer.asked == 2

    run(test)


def test_old_keys_are_good_while_the_issuer_is_away_and_not_for_ever() -> None:
    async def test(issuer: Issuer, kept: KeySet, clock: Clock) -> None:
        issuer.add("a")
        assert await kept.find("a", "ES256")
        issuer.answer = b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"
        clock.now = 301
        for _ in range(20):
            assert await kept.find("a", "ES256")
        assert issuer.asked == 2  # and not one request for each token
        clock.now = 86401
        with pytest.raises(Unavailable):
            await kept.find("a", "ES256")

    run(test)


def test_fetched_ahead_of_time_while_nobody_waits() -> None:
    async def test(issuer: Issuer, kept: KeySet, clock: Clock) -> None:
        issuer.add("a")
        assert await kept.find("a", "ES256")
        issuer.pause, clock.now = 0.2, 250
        async with asyncio.timeout(0.1):
            assert await kept.find("a", "ES256")
        await asyncio.sleep(0.4)
        assert issuer.asked == 2

    run(test)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull",
        b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"keys": []}'.replace(b"11", b"12"),
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 400000\r\n\r\n" + b"[" * 400_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"[" * 100_000,
        b"SSH-2.0-nothing\r\n",
    ],
)
def test_what_is_no_key_set_is_none(answer: bytes) -> None:
    async def test(issuer: Issuer, kept: KeySet, clock: Clock) -> None:
        issuer.answer = answer
        for _ in range(5):
            with pytest.raises(Unavailable):
                await kept.find("a", "ES256")
        assert issuer.asked == 1

    run(test)


def test_only_a_key_of_the_right_kind_is_found() -> None:
    async def test(issuer: Issuer, kept: KeySet, clock: Clock) -> None:
        issuer.add("ec")
        issuer.add("weak", rsa.generate_private_key(public_exponent=65537, key_size=1024), "RS256")
        issuer.keys["secret"] = {"kty": "oct", "kid": "secret", "k": "c2VjcmV0"}
        issuer.keys["other-use"] = {**issuer.keys["ec"], "kid": "other-use", "use": "enc"}
        issuer.keys["broken"] = {"kty": "EC", "kid": "broken", "crv": "P-256", "x": "!", "y": None}
        assert await kept.find("ec", "ES256")
        assert await kept.find(None, "RS256") is None  # the only one of that kind is too weak
        for kid in ("secret", "other-use", "broken"):
            assert await kept.find(kid, "ES256") is None
        assert await kept.find("ec", "RS256") is None

    run(test)


def test_a_token_without_a_name_of_a_key_has_the_only_one() -> None:
    async def test(issuer: Issuer, kept: KeySet, clock: Clock) -> None:
        issuer.add("a")
        assert await kept.find(None, "ES256")
        issuer.add("b")
        clock.now = 301
        assert await kept.find(None, "ES256") is None

    run(test)


def test_away_from_the_start() -> None:
    async def test() -> None:
        async with open_http(tls_context(), None, "test") as http:
            kept = KeySet(http, "http://127.0.0.1:1/")
            with pytest.raises(Unavailable):
                await kept.find("a", "ES256")
            await kept.aclose()

    asyncio.run(test())


def test_a_url_in_the_clear_is_no_setting() -> None:
    from pydantic import TypeAdapter, ValidationError

    from templates.runtime.jwks import KeySetUrl

    adapter = TypeAdapter(KeySetUrl)
    for good in ("https://id.example/x", "http://127.0.0.1:8/x", "http://localhost/x", "http://[::1]:8/x"):
        assert adapter.validate_python(good) == good
    for bad in ("http://id.example/x", "file:///etc/x", "https://", "http://127.0.0.1.example/", "https://u:p@h/"):
        with pytest.raises(ValidationError):
            adapter.validate_python(bad)
