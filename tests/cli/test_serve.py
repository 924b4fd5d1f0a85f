"""`mock`, `dev` and the demo: real processes on loopback."""

from __future__ import annotations

import json
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import ROOT, environment, replace

SECONDS = 60.0

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sockets are handed down as on POSIX")


class Served:
    """A running command; its output lines, as they come."""

    def __init__(self, *arguments: object, cwd: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", *map(str, arguments)],
            cwd=cwd,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: queue.Queue[str] = queue.Queue()
        self.seen: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)

    def wait_for(self, pattern: str) -> str:
        """The first line from here on that has the pattern."""
        until = time.monotonic() + SECONDS
        while (left := until - time.monotonic()) > 0:
            try:
                line = self.lines.get(timeout=min(left, 0.2))
            except queue.Empty:
                if self.process.poll() is not None:
                    break
                continue
            self.seen.append(line)
            if re.search(pattern, line):
                return line
        raise AssertionError(f"no line with {pattern!r} in:\n{''.join(self.seen)}")

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(20)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._reader.join(5)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    started: list[Served] = []

    def start(*arguments: object, cwd: Path) -> Served:
        started.append(Served(*arguments, cwd=cwd))
        return started[-1]

    yield start
    for one in started:
        one.close()


def _get(url: str | urllib.request.Request) -> Any:
    with urllib.request.urlopen(url, timeout=SECONDS) as answer:
        return json.loads(answer.read())


def test_mock_serves_each_backend(serve: Callable[..., Served], produto: Path) -> None:
    served = serve("bffgen", "mock", produto, cwd=produto.parent)
    url = served.wait_for("PRODUTO_PRODUTOS_URL=").partition("=")[2].strip()
    product = _get(f"{url}/produtos/1")
    assert product["nome"] == "Cafeteira italiana"
    with pytest.raises(urllib.error.HTTPError) as unknown:
        _get(f"{url}/nope")
    assert unknown.value.code == 404
    unknown.value.close()
    assert served.interrupt() == 0


def test_mock_serves_what_the_spec_says_of_its_documents(serve: Callable[..., Served], tmp_path: Path) -> None:
    """Overlays are applied, and operations that a document omits are there."""
    (tmp_path / "shop.yaml").write_text(
        "openapi: 3.1.0\npaths:\n  /a: {get: {operationId: a, responses: {200: {description: ok}}}}\n"
    )
    (tmp_path / "mended.yaml").write_text(
        "overlay: 1.0.0\nactions:\n- target: $.paths['/a'].get.responses['200']\n"
        "  update: {content: {application/json: {example: mended}}}\n"
    )
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        "bffgen: 1\nname: shop\nbackends:\n  shop:\n    {openapi: shop.yaml, url: 'http://shop', overlay: mended.yaml,"
        " operations: {GET /b: {operation_id: b, response: 'list[str]'}}}\n"
        "endpoints:\n  GET /a: {calls: {a: shop.a()}, response: a}\n"
    )
    served = serve("bffgen", "mock", spec, cwd=tmp_path)
    url = served.wait_for("SHOP_SHOP_URL=").partition("=")[2].strip()
    assert _get(f"{url}/a") == "mended"
    assert _get(f"{url}/b") == ["text"]
    assert served.interrupt() == 0


def test_dev_keeps_the_last_good_gateway(serve: Callable[..., Served], produto: Path) -> None:
    served = serve("bffgen", "dev", produto, "--port", "0", cwd=produto.parent)
    url = served.wait_for("serving ").split()[-1] + "/produto/1"
    assert _get(url)["preco"] == 129.9
    replace(produto, "preco.valor", "preco.valro")
    served.wait_for(r"error\[BFF302\]")
    served.wait_for("the last good gateway goes on serving")
    assert _get(url)["preco"] == 129.9
    replace(produto, "preco: preco.valro", "valor: preco.valor")
    served.wait_for("serving ")
    assert _get(url)["valor"] == 129.9
    assert served.interrupt() == 0


def test_dev_needs_no_secrets_nor_a_token_endpoint(serve: Callable[..., Served], tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tests/cases/projects/tokens", tmp_path / "tokens")
    served = serve("bffgen", "dev", tmp_path / "tokens/spec.yaml", "--port", "0", cwd=tmp_path)
    url = served.wait_for("serving ").split()[-1]
    request = urllib.request.Request(f"{url}/things/1", headers={"Authorization": "Bearer somebody"})
    assert list(_get(request)) == ["names", "more"]
    assert served.interrupt() == 0


def test_nothing_outlives_a_dev_that_is_killed(serve: Callable[..., Served], produto: Path) -> None:
    served = serve("bffgen", "dev", produto, "--port", "0", cwd=produto.parent)
    url = served.wait_for("serving ").split()[-1]
    assert _get(f"{url}/produto/1")["preco"] == 129.9
    served.process.kill()
    until = time.monotonic() + SECONDS
    while True:
        try:
            _get(f"{url}/livez")
        except urllib.error.URLError as refused:
            assert isinstance(refused.reason, ConnectionError)
            break
        assert time.monotonic() < until
        time.sleep(0.1)


def test_the_demo_runs_and_ends(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "specs/storefront", tmp_path / "specs/storefront")
    done = subprocess.run(
        [sys.executable, "-m", "bffgen.dev.demo", "--once"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert '"name": "Desk lamp"' in done.stdout
    assert "critical path" in done.stdout
    assert "curl" in done.stdout
    assert "\x1b" not in done.stdout
