"""A project generated from a spec, and its app called in process over backends in memory."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from bffgen.diagnostics.render import text
from bffgen.pipeline import check_spec
from bffgen.plan.lower import lower
from bffgen.render.project import render

CASES = Path(__file__).parent.parent / "cases" / "projects"


def generate(spec: Path, out: Path) -> str:
    """Write the project of a spec; the name of its package."""
    checked = check_spec(spec)
    assert checked.gateway is not None, text(checked.diagnostics)
    plan = lower(checked.gateway)
    for path, file in render(plan).items():
        target = out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.content)
    return plan.package


@dataclass
class Exchange:
    """What came of one request: the answer, and what was sent to the backends, in order."""

    response: httpx.Response
    sent: list[httpx.Request] = field(default_factory=list)

    @property
    def targets(self) -> list[str]:
        return [target_of(request) for request in self.sent]


def target_of(request: httpx.Request) -> str:
    """`GET shop /items?ids=1`."""
    backend = request.url.host.removesuffix(".test")
    return f"{request.method} {backend} {request.url.raw_path.decode()}"


def call(out: Path, package: str, request: Mapping[str, Any], backends: Mapping[str, Any]) -> Exchange:
    """Send a request (`GET /path`, with `headers` and a JSON `body`, under `settings`) to the emitted app."""
    if str(out) not in sys.path:
        sys.path.insert(0, str(out))
    module = importlib.import_module(package)
    urls = {
        name: f"http://{name.removesuffix('_url')}.test"
        for name in module.Settings.model_fields
        if name.endswith("_url")
    }
    fields = module.Settings.model_fields.items()
    needed = {name: field.annotation for name, field in fields if field.is_required()}
    secrets = {name: (SecretStr if of is SecretStr else str)(f"secret-{name}") for name, of in needed.items()}
    settings = module.Settings(**urls, **secrets, **request.get("settings", {}))
    return asyncio.run(_exchange(module.create_app, settings, request, backends))


async def _exchange(
    create_app: Any, settings: Any, request: Mapping[str, Any], backends: Mapping[str, Any]
) -> Exchange:
    sent: list[httpx.Request] = []

    async def answer(made: httpx.Request) -> httpx.Response:
        await made.aread()
        sent.append(made)
        reply = backends.get(target_of(made))
        if reply is None:
            sys.stderr.write(f"no reply to {target_of(made)} among {list(backends)}\n")
            return httpx.Response(599)
        if isinstance(reply, list):  # one after another, the last one from then on
            reply = reply[min([target_of(each) for each in sent].count(target_of(made)), len(reply)) - 1]
        return _reply(reply)

    app = create_app(settings, transport=httpx.MockTransport(answer))
    method, url = request["request"].split(" ", 1)
    body = request.get("body", _NOTHING)
    content = None if body is _NOTHING else json.dumps(body).encode()
    content = b64decode(request["base64"]) if "base64" in request else content
    headers = {"content-type": "application/json", **_lower(request.get("headers", {}))}
    headers = {key: value for key, value in headers.items() if value is not None}
    if "form" in request:
        content, headers["content-type"] = _form(request["form"])
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client:
            return Exchange(await client.request(method, url, content=content, headers=headers), sent)


_NOTHING = object()


def _lower(headers: Mapping[str, str | None]) -> dict[str, str | None]:
    return {name.lower(): value for name, value in headers.items()}


def _form(fields: list[list[str]]) -> tuple[bytes, str]:
    """A `multipart/form-data` body of `[name, text]` and `[name, file name, media type, base64]`."""
    parts = []
    for name, *value in fields:
        head = f'--edge\r\nContent-Disposition: form-data; name="{name}"'
        if len(value) == 1:
            parts.append(f"{head}\r\n\r\n{value[0]}\r\n".encode())
        else:
            head += f'; filename="{value[0]}"\r\nContent-Type: {value[1]}'
            parts.append(f"{head}\r\n\r\n".encode() + b64decode(value[2]) + b"\r\n")
    return b"".join(parts) + b"--edge--\r\n", "multipart/form-data; boundary=edge"


def _reply(reply: Any) -> httpx.Response:
    if reply == "timeout":
        raise httpx.ReadTimeout("too slow")
    if reply == "unreachable":
        raise httpx.ConnectError("refused")
    headers = dict(reply.get("headers", {}))
    if "base64" in reply or "text" in reply:
        content = b64decode(reply["base64"]) if "base64" in reply else reply["text"].encode()
        headers["content-type"] = reply["media_type"]
        return httpx.Response(reply.get("status", 200), headers=headers, content=content)
    if "body" not in reply:
        return httpx.Response(reply.get("status", 204), headers=headers)
    headers["content-type"] = reply.get("media_type", "application/json")
    return httpx.Response(reply.get("status", 200), headers=headers, content=json.dumps(reply["body"]).encode())
