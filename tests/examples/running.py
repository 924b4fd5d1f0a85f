"""A composition as it is run: real backends and the emitted gateway, each a process on loopback."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any

from bffgen.dev.server import listen, start_gateway, url_of, url_variables

ROOT = Path(__file__).resolve().parents[2]
FAKES = Path(__file__).parent / "fakes"
SECONDS = 30.0

SERVE = """
import socket, sys, uvicorn
from importlib import import_module
sys.path.insert(0, sys.argv[1])
module, _, name = sys.argv[2].partition(":")
config = uvicorn.Config(getattr(import_module(module), name), log_level="warning")
uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[3]))])
"""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    content: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.content) if self.content else None


class Running:
    """A gateway over its backends. `apps`: where the app of each backend is, as `module:name` in `folder`."""

    def __init__(self, name: str, out: Path, folder: Path, apps: Mapping[str, str]) -> None:
        spec = ROOT / f"specs/{name}/{name}.yaml"
        self.project = out / "project"
        command = [sys.executable, "-m", "bffgen", "generate", str(spec), "-q", "-o", str(self.project)]
        subprocess.run(command, check=True)
        sockets = {backend: listen() for backend in apps}
        own = listen()
        self.url = url_of(own)
        self.urls = {backend: url_of(opened) for backend, opened in sockets.items()}
        self.backends = {
            backend: subprocess.Popen(
                [sys.executable, "-c", SERVE, str(folder), app, str(sockets[backend].fileno())],
                pass_fds=[sockets[backend].fileno()],
            )
            for backend, app in apps.items()
        }
        with (out / "gateway.log").open("w") as log:
            self.gateway = start_gateway(self.project, own, url_variables(name, sockets), log)
        for opened in (*sockets.values(), own):
            opened.close()  # the processes hold them: a port of one that ends refuses
        for url in (*self.urls.values(), self.url):
            send("GET", f"{url}/openapi.json")  # waits in the socket's queue until it is served

    def ask(self, method: str, target: str, body: Any = None, **headers: str) -> Answer:
        """The answer to `GET /path?query`; `headers` with `_` for `-`."""
        return send(method, self.url + target, body, {name.replace("_", "-"): one for name, one in headers.items()})

    def received(self, backend: str) -> list[Any]:
        """What a fake says that it was sent since it was asked last."""
        return list(send("DELETE", f"{self.urls[backend]}/received").body)

    def end(self, backend: str) -> None:
        self.backends[backend].terminate()
        self.backends[backend].wait(SECONDS)

    def close(self) -> None:
        self.gateway.stop()
        for backend in self.backends:
            self.end(backend)


@contextmanager
def running(name: str, out: Path, backends: Sequence[str]) -> Iterator[Running]:
    """The gateway of `specs/<name>` over the apps of `fakes/<name>.py`, which are called as the backends are."""
    started = Running(name, out, FAKES, {backend: f"{name}:{backend}" for backend in backends})
    try:
        yield started
    finally:
        started.close()


def send(method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
    content = None if body is None else json.dumps(body).encode()
    made = urllib.request.Request(url, content, {"Content-Type": "application/json", **(headers or {})}, method=method)
    try:
        with urllib.request.urlopen(made, timeout=SECONDS) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as refused:
        with refused:
            return Answer(refused.code, refused.headers, refused.read())
