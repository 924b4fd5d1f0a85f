"""TLS to backends with authorities and certificates of their own: real servers on loopback, over both transports."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from templates.runtime import stock, transport
from templates.runtime.certificates import CertificateProblem, own_tls
from templates.runtime.client import BackendClient
from templates.runtime.failures import BackendFailure

from .certificates import Authority, server_tls
from .conftest import listening

pytestmark = pytest.mark.anyio

Opener = Callable[..., transport.Http]
OPENERS = pytest.mark.parametrize("opener", [transport.open_http, stock.open_http], ids=["own", "stock"])


@pytest.fixture
def ours(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ours")


@pytest.fixture
def theirs(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "theirs")


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.readuntil(b"\r\n\r\n"):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1")
        await writer.drain()


@asynccontextmanager
async def asking(opener: Opener, server: ssl.SSLContext, client: ssl.SSLContext) -> AsyncIterator[BackendClient]:
    async with listening(answer, ssl=server) as port, opener(client, None, "test/1") as http:
        yield BackendClient(http, f"https://127.0.0.1:{port}", 5.0)


async def ask(client: BackendClient) -> bytes:
    return (await client.send("a.b", "GET", "/", success={200})).content


async def fails(client: BackendClient) -> str:
    with pytest.raises(BackendFailure) as caught:
        await ask(client)
    return caught.value.kind


@OPENERS
async def test_an_authority_of_its_own_is_the_only_one(opener: Opener, ours: Authority, theirs: Authority) -> None:
    server = server_tls(ours.issue("server"))
    async with asking(opener, server, own_tls(None, ca=ours.pem)) as client:
        assert await asyncio.gather(*(ask(client) for _ in range(5))) == [b"1"] * 5
    async with asking(opener, server, own_tls(ours.pem)) as client:  # as all backends have it
        assert await ask(client) == b"1"
    async with asking(opener, server, own_tls(ours.pem, ca=theirs.pem)) as client:
        assert await fails(client) == "tls"
    async with asking(opener, server, own_tls(None)) as client:
        assert await fails(client) == "tls"


@OPENERS
@pytest.mark.parametrize(("host", "days"), [("127.0.0.1", -1), ("127.0.0.2", 1), ("localhost", 1)])
async def test_it_must_be_the_host_and_in_time(opener: Opener, ours: Authority, host: str, days: int) -> None:
    server = server_tls(ours.issue("server", host, days))
    async with asking(opener, server, own_tls(None, ca=ours.pem)) as client:
        assert await fails(client) == "tls"


@OPENERS
async def test_the_gateway_shows_its_certificate(opener: Opener, ours: Authority, theirs: Authority) -> None:
    server = server_tls(ours.issue("server"), clients=theirs)
    cert, key = theirs.issue("gateway")
    async with asking(opener, server, own_tls(None, ca=ours.pem, cert=cert, key=key)) as client:
        assert await ask(client) == b"1"
    both = cert.with_suffix(".both")
    both.write_bytes(cert.read_bytes() + key.read_bytes())
    async with asking(opener, server, own_tls(None, ca=ours.pem, cert=both)) as client:
        assert await ask(client) == b"1"


@OPENERS
@pytest.mark.parametrize("shows", ["nothing", "a foreign one", "an old one"])
async def test_a_backend_refuses_who_does_not(opener: Opener, ours: Authority, theirs: Authority, shows: str) -> None:
    server = server_tls(ours.issue("server"), clients=theirs)
    files: dict[str, Path] = {}
    if shows != "nothing":
        issued = ours.issue("foreign") if shows == "a foreign one" else theirs.issue("old", days=-1)
        files = dict(zip(("cert", "key"), issued, strict=True))
    async with asking(opener, server, own_tls(None, ca=ours.pem, **files)) as client:
        assert await fails(client) in ("tls", "unreachable")  # the server hangs up after its alert


def test_a_file_that_will_not_do_stops_the_start(tmp_path: Path, ours: Authority) -> None:
    cert, key = ours.issue("gateway")
    _, other = ours.issue("other")
    closed = ours.issue("closed", password=b"hunter2")
    missing = tmp_path / "missing.pem"
    for files, named in (
        ({"ca": missing}, r"missing\.pem: No such file"),
        ({"ca": key}, r"gateway\.key: no certificate"),
        ({"cert": missing}, r"missing\.pem: No such file"),
        ({"cert": cert}, r"gateway\.crt: no certificate and key"),
        ({"cert": cert, "key": other}, r"gateway\.crt and .*other\.key: no certificate and key"),
        ({"cert": closed[0], "key": closed[1]}, r"closed\.key: the key needs a password"),
    ):
        with pytest.raises(CertificateProblem, match=named):
            own_tls(None, **files)
