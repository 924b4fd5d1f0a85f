"""`http: {transport: stock, http2: true}`: requests to a server that speaks HTTP/2, over TLS."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from templates.runtime.client import BackendClient
from templates.runtime.downloads import download
from templates.runtime.failures import BackendFailure
from templates.runtime.policies import Policies
from templates.runtime.stock import open_http
from templates.runtime.transport import tls_context

pytest.importorskip("h2", reason="httpx speaks HTTP/2 with it: pip install h2 hypercorn")
pytest.importorskip("hypercorn", reason="the server: pip install h2 hypercorn")
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(which("openssl") is None, reason="makes a certificate with openssl"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:hypercorn"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # hypercorn's own, when it shuts down
]


async def backend(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Says in which version it was asked, and what with."""
    if scope["type"] != "http":
        return
    body = b""
    while (message := await receive())["type"] == "http.request":
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    if scope["path"] == "/slow":
        await asyncio.sleep(5)
    status = 503 if scope["path"] == "/down" else 200
    headers = [(b"content-type", b"application/json"), (b"x-version", scope["http_version"].encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body or b"1"})


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[tuple[int, Path]]:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    key, certificate = folder / "key.pem", folder / "cert.pem"
    made = await asyncio.create_subprocess_exec(
        *"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost".split(),
        *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)),
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await made.wait() == 0
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = Config()
    config.bind, config.certfile, config.keyfile = [f"127.0.0.1:{port}"], str(certificate), str(key)
    config.alpn_protocols, config.errorlog, config.graceful_timeout = ["h2"], None, 0.1
    over = asyncio.Event()
    task = asyncio.create_task(serve(backend, config, shutdown_trigger=over.wait))  # type: ignore[arg-type]
    try:
        for _ in range(100):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                break
            except OSError:
                await asyncio.sleep(0.05)
        yield port, certificate
    finally:
        over.set()
        await asyncio.wait([task], timeout=5)


async def test_requests_go_over_http2(tmp_path: Path) -> None:
    async with serving(tmp_path) as (port, certificate):
        http = open_http(tls_context(certificate), None, "test/1", http2=True)
        client = BackendClient(http, f"https://127.0.0.1:{port}", 2.0, policies=Policies(concurrency=8))
        ok = {"success": frozenset({200})}
        try:
            raws = await asyncio.gather(*(client.send("a.get", "GET", f"/{n}", **ok) for n in range(20)))
            assert {raw.headers["x-version"] for raw in raws} == {"2"}
            posted = await client.send("a.post", "POST", "/p", content=b'{"a":1}', **ok)
            assert posted.content == b'{"a":1}'
            opened = await download(client, "a.file", "GET", "/file", **ok)
            assert opened.headers["x-version"] == "2"
            assert b"".join([piece async for piece in opened]) == b"1"
            for path, kind in (("/down", "status"), ("/slow", "timeout")):
                with pytest.raises(BackendFailure) as failure:
                    await client.send("a.get", "GET", path, within=0.3, **ok)
                assert failure.value.kind == kind
            assert (await client.send("a.get", "GET", "/after", **ok)).status == 200
        finally:
            await http.aclose()


async def test_without_it_they_do_not(tmp_path: Path) -> None:
    """The server has HTTP/2 alone: it is the option that makes the difference."""
    async with serving(tmp_path) as (port, certificate):
        http = open_http(tls_context(certificate), None, "test/1")
        client = BackendClient(http, f"https://127.0.0.1:{port}", 1.0)
        try:
            raw = await client.send("a.get", "GET", "/", success=frozenset({200}))
            assert raw.headers["x-version"] != "2"
        except BackendFailure as failure:
            assert failure.kind in ("invalid", "unreachable", "tls", "timeout")
        finally:
            await http.aclose()
