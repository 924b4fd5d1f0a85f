"""Hundreds of replies, through our transport and through httpx's own: where they differ is on a list, with reasons.

Each reply answers a first request, and the connection is closed after it (not where another answer follows unasked);
then there is a second request, with an answer that leaves nothing to be desired. `differences.yaml` is the list.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from templates.runtime.transport import Transport, tls_context

from .replies import replies
from .wire import Backend, Step, listening, ok

pytestmark = pytest.mark.anyio

TLS = tls_context()
DIFFERENCES = yaml.safe_load((Path(__file__).parent / "differences.yaml").read_text("utf-8"))
SECOND = ok(b"second")


async def exchange(transport: httpx.AsyncBaseTransport, script: Sequence[Step], method: str) -> str:
    """What comes of two requests, in words."""
    async with listening(Backend(script, [SECOND])) as backend:
        async with httpx.AsyncClient(transport=transport, timeout=5, trust_env=False) as client:
            url = f"http://127.0.0.1:{backend.port}/"
            return f"{await outcome(client, method, url)}; {await outcome(client, 'GET', url)}"


async def outcome(client: httpx.AsyncClient, method: str, url: str) -> str:
    try:
        async with client.stream(method, url) as response:
            body = b"".join([chunk async for chunk in response.aiter_raw()])
    except httpx.TransportError as error:
        return type(error).__name__
    fields = sorted((name.lower(), value) for name, value in response.headers.raw)
    told = repr(fields) if len(fields) < 10 else f"{len(fields)} fields"
    return f"{response.status_code} {told[:200]} {body!r}"


def expected(name: str, method: str) -> dict[str, Any] | None:
    """The entry of the list that this reply falls under; the first one counts."""
    for entry in DIFFERENCES:
        if method in entry["methods"] and re.fullmatch(entry["replies"], name):
            return dict(entry)
    return None


async def compared(name: str, reply: bytes, method: str) -> tuple[str, str]:
    script: list[Step] = [reply] if name.endswith("then-answer") else [reply, "close"]
    stock = httpx.AsyncHTTPTransport(verify=TLS, trust_env=False)
    return await exchange(Transport(TLS), script, method), await exchange(stock, script, method)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_differences_are_known(method: str, record_property: Any) -> None:
    wrong: list[str] = []
    met: set[str] = set()
    compare = asyncio.Semaphore(8)

    async def check(name: str, reply: bytes) -> None:
        async with compare:
            ours, stock = await compared(name, reply, method)
        entry = expected(name, method)
        if entry is not None and ours != stock:
            met.add(entry["replies"])
            kept = re.fullmatch(entry["ours"], ours) and re.fullmatch(entry["stock"], stock)
            if not kept:
                wrong.append(f"{method} {name}: another difference\n  ours:  {ours}\n  stock: {stock}")
        elif ours != stock:
            wrong.append(f"{method} {name}\n  ours:  {ours}\n  stock: {stock}")

    known = list(replies())
    await asyncio.gather(*(check(name, reply) for name, reply in known))
    assert not wrong, "\n".join(wrong)
    stale = [e["replies"] for e in DIFFERENCES if method in e["methods"] and e["replies"] not in met]
    assert stale == []
    record_property("count replies compared", len(known))
