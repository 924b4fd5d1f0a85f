"""`mock` and `dev`."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import field
from pathlib import Path
from socket import socket
from time import sleep

from bffgen.check.model import CheckedGateway
from bffgen.cli.app import Format
from bffgen.cli.compile import print_findings
from bffgen.cli.terminal import fail, find_spec
from bffgen.dev.server import (
    TOKENS,
    Child,
    listen,
    read_spec,
    serve_mocks,
    start_gateway,
    start_mocks,
    url_of,
    url_variables,
)
from bffgen.pipeline import Compiled, check_spec, compile_gateway
from bffgen.records import dataclass

POLL_SECONDS = 0.3


def mock(given: Path | None, port: int) -> int:
    """Serve every backend of the spec from its document; stdout gets the gateway's variables."""
    path = find_spec(given)
    checked = check_spec(path)
    spec = read_spec(path)
    if spec is None or not spec.backends:
        print_findings(checked.diagnostics, Format.TEXT, sys.stderr, path)
        return 1
    sockets = {name: _listen(port + index if port else 0) for index, name in enumerate(spec.backends)}
    for variable, url in url_variables(spec.name, sockets).items():
        print(f"{variable}={url}")
    print("serving mocks until Ctrl-C", file=sys.stderr, flush=True)
    sys.stdout.flush()
    serve_mocks(path, sockets)
    return 0


def dev(given: Path | None, port: int, mocks: bool) -> int:
    """Serve the gateway and compile it anew whenever an input changes, until Ctrl-C."""
    path = find_spec(given)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs begin with it ignored
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bffgen-dev-")))
        session = Session(path, folder, _listen(port), mocks)
        stack.callback(session.stop)
        try:
            while True:
                session.build()
                session.wait_for_change()
        except KeyboardInterrupt:
            return 0


@dataclass
class Session:
    """A running `dev`: the last good gateway, the mocks, and what they were made from."""

    spec: Path
    folder: Path
    own: socket
    mocked: bool
    backends: dict[str, socket] = field(default_factory=dict)
    children: list[Child] = field(default_factory=list)
    builds: int = 0
    seen: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def build(self) -> None:
        """Compile; with errors the last good gateway goes on serving."""
        self.seen = _states([self.spec])
        checked = check_spec(self.spec)
        self.seen |= _states(list(checked.files))
        print_findings(checked.diagnostics, Format.TEXT, sys.stderr, self.spec)
        if checked.gateway is None:
            kept = "the last good gateway goes on serving" if self.children else "nothing is served yet"
            print(f"{kept}; waiting for a change", file=sys.stderr, flush=True)
            return
        self._restart(checked.gateway, compile_gateway(self.spec, checked))

    def wait_for_change(self) -> None:
        while _states(list(self.seen)) == self.seen:
            sleep(POLL_SECONDS)

    def stop(self) -> None:
        while self.children:
            self.children.pop().stop()

    def _restart(self, gateway: CheckedGateway, compiled: Compiled) -> None:
        from bffgen.output import write

        self.builds += 1
        project = self.folder / f"build{self.builds}"
        write(compiled.tree, project, compiled.lock)
        self.stop()
        variables: dict[str, str] = {}
        if self.mocked:
            for backend in gateway.backends:
                self.backends.setdefault(backend.name, listen())
            current = {backend.name: self.backends[backend.name] for backend in gateway.backends}
            self.children.append(start_mocks(self.spec, current))
            variables = {**_stand_ins(compiled, current), **url_variables(gateway.name, current)}
        self.children.append(start_gateway(project, self.own, variables))
        shutil.rmtree(self.folder / f"build{self.builds - 1}", ignore_errors=True)
        print(f"serving {self.spec} on {url_of(self.own)}", file=sys.stderr, flush=True)


def _stand_ins(compiled: Compiled, mocks: Mapping[str, socket]) -> dict[str, str]:
    """What the gateway needs to start over mocks and is not set: secrets, and where tokens come from."""
    from bffgen.plan.auth import stand_ins

    plan, url = compiled.plan, url_of(next(iter(mocks.values()))) + TOKENS
    made = stand_ins(plan.package, plan.secrets, [backend.auth for backend in plan.backends], url)
    return {name: value for name, value in made.items() if name not in os.environ}


def _listen(port: int) -> socket:
    try:
        return listen(port)
    except OSError as reason:
        raise fail(f"cannot listen on port {port}: {(reason.strerror or str(reason)).lower()}") from None


def _states(paths: list[Path]) -> dict[Path, tuple[int, int]]:
    """When each file was last written, and its size; a missing one is (0, 0)."""
    found = {}
    for path in paths:
        try:
            stat = path.stat()
            found[path] = (stat.st_mtime_ns, stat.st_size)
        except OSError:
            found[path] = (0, 0)
    return found
