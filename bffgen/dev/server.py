"""Mocks and gateways as child processes on loopback, for `mock`, `dev` and the demo.

The parent opens each listening socket and hands it down. So a port is known before anything serves it, nobody
can take it in between, and over a restart requests wait in the socket's queue instead of being refused.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from bffgen.diagnostics.model import Diagnostics
from bffgen.source.loader import Loader
from bffgen.spec.parse import parse_spec
from bffgen.typesystem.names import python_name

if TYPE_CHECKING:
    from bffgen.spec.model import Spec

HOST = "127.0.0.1"


def listen(port: int = 0) -> socket.socket:
    """A listening socket on loopback; port 0 takes a free one. OSError when the port is taken."""
    opened = socket.socket()
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((HOST, port))
        opened.listen(128)
    except OSError:
        opened.close()
        raise
    return opened


def url_of(opened: socket.socket) -> str:
    return f"http://{HOST}:{opened.getsockname()[1]}"


def url_variables(gateway: str, sockets: Mapping[str, socket.socket]) -> dict[str, str]:
    """The environment that points a generated gateway at these backends: `STOREFRONT_USERS_URL`."""
    return {
        f"{python_name(gateway)}_{python_name(backend)}_URL".upper(): url_of(opened)
        for backend, opened in sockets.items()
    }


TOKENS = "/.bffgen/token"
"""Where every mock gives tokens that are worth nothing."""

_TOKEN = b'{"access_token": "stand-in", "token_type": "Bearer", "expires_in": 3600}'


class Child:
    """A child process that serves; it ends with `stop()`, or by itself when this process is gone."""

    def __init__(
        self,
        arguments: Sequence[str],
        sockets: Sequence[socket.socket],
        environment: Mapping[str, str] | None = None,
        output: IO[Any] | None = None,
    ) -> None:
        numbers = [opened.fileno() for opened in sockets]
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, *arguments, *map(str, numbers)],
            stdin=subprocess.PIPE,  # its end tells the child that the parent is gone
            stdout=output,
            stderr=output,
            pass_fds=numbers,
            env={**os.environ, **(environment or {})},
            start_new_session=True,  # Ctrl-C reaches the parent alone
        )

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        """Ask it to end, and insist after five seconds."""
        if self.running:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()


def start_mocks(spec: Path, sockets: Mapping[str, socket.socket], output: IO[Any] | None = None) -> Child:
    """Serve the spec's backends, each on its own socket, in one child."""
    return Child(["mocks", str(spec), ",".join(sockets)], list(sockets.values()), output=output)


def start_gateway(
    project: Path, opened: socket.socket, environment: Mapping[str, str], output: IO[Any] | None = None
) -> Child:
    """Serve the `main:app` of a generated project."""
    return Child(["gateway", str(project)], [opened], environment, output)


def read_spec(path: Path) -> Spec | None:
    """The spec as written; its mistakes are somebody else's to report."""
    diags = Diagnostics()
    loader = Loader(path.parent, diags)
    node = loader.load(path)
    return None if node is None else parse_spec(node, diags, loader)


def serve_mocks(path: Path, sockets: Mapping[str, socket.socket]) -> None:
    """Serve mocks in this process until it is told to end: one server, told apart by port."""
    from bffgen.check.documents import completed_documents
    from bffgen.dev.mock import mock_app
    from bffgen.dev.pages import pages_of

    spec, diags = read_spec(path), Diagnostics()
    assert spec is not None
    documents = completed_documents(spec, Loader(path.parent, diags), diags)
    apps: dict[int, Any] = {}
    for name, opened in sockets.items():
        if name in documents:
            document = documents[name]
            apps[opened.getsockname()[1]] = mock_app(document, pages=pages_of(spec, name, document))

    async def by_port(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == TOKENS:
            from starlette.responses import Response

            await Response(_TOKEN, media_type="application/json")(scope, receive, send)
        elif scope["type"] == "http":
            await apps[scope["server"][1]](scope, receive, send)

    _serve(by_port, list(sockets.values()), lifespan="off")


def _serve(app: Any, sockets: list[socket.socket], lifespan: Literal["on", "off"]) -> None:
    import uvicorn

    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan=lifespan,
        timeout_graceful_shutdown=2,
    )
    with suppress(KeyboardInterrupt):  # which uvicorn raises anew after it has ended in order
        uvicorn.Server(config).run(sockets=sockets)


def _end_with_parent() -> None:
    def watch() -> None:
        sys.stdin.buffer.read()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def _main(arguments: Sequence[str]) -> None:
    """`mocks SPEC name,name FD FD` or `gateway PROJECT FD`, as `Child` starts it."""
    _end_with_parent()
    if arguments[0] == "mocks":
        names = arguments[2].split(",")
        opened = [socket.socket(fileno=int(number)) for number in arguments[3:]]
        serve_mocks(Path(arguments[1]), dict(zip(names, opened, strict=True)))
    else:
        os.chdir(arguments[1])
        sys.path.insert(0, os.getcwd())
        from importlib import import_module

        _serve(import_module("main").app, [socket.socket(fileno=int(arguments[2]))], lifespan="on")


if __name__ == "__main__":
    _main(sys.argv[1:])
