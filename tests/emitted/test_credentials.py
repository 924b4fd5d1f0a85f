"""The emitted gateway with its credentials over real sockets and TLS; the secrets are found nowhere."""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.runtime.certificates import Authority, server_tls
from tests.runtime.conftest import listening

from .project import CASES, generate

SEEDS = {
    "TOKENS_OWN_CLIENT_SECRET": "seed-own-secret",
    "LOGIN_ID": "seed-login-id",
    "LOGIN_SECRET": "seed-login-secret",
}
CLIENT, ISSUED, KEY = "seed-of-the-client", "seed-issued", "PRIVATE KEY"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("credentials")
    generate(CASES / "tokens" / "spec.yaml", folder)
    sys.path.insert(0, str(folder))
    before = {name for name in sys.modules if name.partition(".")[0] == "tokens"}
    for name in before:
        del sys.modules[name]
    yield folder
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == "tokens"]:
        del sys.modules[name]


class Backend:
    """Answers tokens and things, and keeps the heads and bodies that came."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.refusing = False

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := (await reader.readuntil(b"\r\n\r\n")).decode():
            length = next((line for line in head.lower().split("\r\n") if line.startswith("content-length")), ":0")
            body = (await reader.readexactly(int(length.partition(":")[2]))).decode()
            self.seen.append(head + body)
            answer: Any = {"id": 1, "name": "a"}
            if head.startswith("POST /oauth/token"):
                answer = {"access_token": f"{ISSUED}-{len(self.seen)}", "token_type": "Bearer", "expires_in": 60}
            elif "?" in head.partition("\r\n")[0]:
                answer = []
            content = json.dumps(answer).encode()
            status = "500 No" if self.refusing else "200 OK"
            media = f"content-type: application/json\r\ncontent-length: {len(content)}"
            writer.write(f"HTTP/1.1 {status}\r\n{media}\r\n\r\n".encode() + content)
            await writer.drain()


async def exchanged(app: Any) -> list[httpx.Response]:
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test") as client,
    ):
        headers = {"authorization": f"Bearer {CLIENT}"}
        paths = ["/things/1", "/things/1", "/openapi.json", "/nowhere"]
        return [await client.get(path, headers=headers) for path in paths]


def settings_for(monkeypatch: pytest.MonkeyPatch, folder: Path, ports: dict[str, int], files: dict[str, Path]) -> None:
    monkeypatch.setenv("TOKENS_LOG_LEVEL", "DEBUG")
    for backend in ("own", "client", "shown"):
        monkeypatch.setenv(f"TOKENS_{backend.upper()}_URL", f"https://127.0.0.1:{ports['mutual']}")
    for backend in ("own", "client"):
        monkeypatch.setenv(f"TOKENS_{backend.upper()}_TOKEN_URL", f"https://127.0.0.1:{ports['plain']}/oauth/token")
    for name, value in files.items():
        monkeypatch.setenv(f"TOKENS_{name}", str(value))
    secret = folder / "secret"
    secret.write_text(SEEDS["TOKENS_OWN_CLIENT_SECRET"] + "\n")
    monkeypatch.setenv("TOKENS_OWN_CLIENT_SECRET_FILE", str(secret))
    monkeypatch.setenv("LOGIN_ID", SEEDS["LOGIN_ID"])
    monkeypatch.setenv("LOGIN_SECRET", SEEDS["LOGIN_SECRET"])


def test_secrets_go_where_they_should_and_nowhere_else(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    authority, clients = Authority(tmp_path, "ours"), Authority(tmp_path, "clients")
    cert, key = clients.issue("gateway")
    both = tmp_path / "both.pem"
    both.write_bytes(cert.read_bytes() + key.read_bytes())
    mutual, plain = Backend(), Backend()

    async def run() -> list[httpx.Response]:
        async with AsyncExitStack() as stack:
            tls = server_tls(authority.issue("server"), clients), server_tls(authority.issue("login"))
            ports = {
                "mutual": await stack.enter_async_context(listening(mutual, ssl=tls[0])),
                "plain": await stack.enter_async_context(listening(plain, ssl=tls[1])),
            }
            files = {"CA_FILE": authority.pem, "OWN_TLS_CA": authority.pem, "OWN_TLS_CERT": cert, "OWN_TLS_KEY": key}
            settings_for(monkeypatch, tmp_path, ports, {**files, "SHOWN_TLS_CERT": both})
            # `client` shows no certificate: it has a server of its own kind
            monkeypatch.setenv("TOKENS_CLIENT_URL", f"https://127.0.0.1:{ports['plain']}")
            app = importlib.import_module("tokens").create_app()
            sound = await exchanged(app)
            mutual.refusing = True
            return [*sound, *(await exchanged(importlib.import_module("tokens").create_app()))]

    logging.getLogger("tokens").handlers.clear()
    answers = asyncio.run(run())
    assert [answer.status_code for answer in answers] == [200, 200, 200, 404, 502, 502, 200, 404]
    assert answers[0].json() == {"names": ["a", "a", "a"], "more": 0}
    tokens = [text for text in plain.seen if text.startswith("POST")]
    assert len(tokens) == 4  # one for each of two backends, and each of two starts
    assert sum(SEEDS["LOGIN_SECRET"] in text for text in plain.seen) == 2
    assert not any(CLIENT in text for text in mutual.seen)
    said = capfd.readouterr()
    printed = said.out + said.err + "".join(answer.text for answer in answers)
    assert "request" in printed
    for seed in (*SEEDS.values(), CLIENT, ISSUED, KEY):
        assert seed not in printed
        assert not [path for path in out.rglob("*") if path.is_file() and seed.encode() in path.read_bytes()]


def test_the_gateway_does_not_start_without_its_secrets(out: Path) -> None:
    done = subprocess.run([sys.executable, "-c", "import main"], cwd=out, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no value for LOGIN_ID, LOGIN_SECRET, TOKENS_OWN_CLIENT_SECRET: " in done.stderr.splitlines()[-1]
