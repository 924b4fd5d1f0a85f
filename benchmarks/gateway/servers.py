"""The gateways that are measured, as processes: each on one core, with its backends on the other."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from urllib.error import URLError
from urllib.request import urlopen

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PEERS = ROOT / ".benchmarks" / "peers"
UVICORN = (
    "--host 127.0.0.1 --http httptools --loop uvloop --no-access-log --no-server-header --log-level warning".split()
)
PATH = "/products/42"


@dataclass(frozen=True, slots=True)
class Variant:
    """A gateway: its name, how it is started on a port, where, and with what in its environment."""

    name: str
    command: tuple[str, ...]  # `PORT` stands for the port, in the environment too
    folder: Path
    environment: dict[str, str]


@dataclass(frozen=True, slots=True)
class Running:
    name: str
    process: subprocess.Popen[bytes]
    port: int

    def cpu(self) -> float:
        """Seconds of CPU that its threads have used."""
        total = 0
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            try:
                total += int((task / "schedstat").read_text().split()[0])
            except OSError:
                continue  # a thread that has just ended
        return total / 1e9

    def memory(self) -> float:
        """Resident memory in MB."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def generated(name: str, project: Path, backend: str) -> Variant:
    """A generated project, started as its Dockerfile does, on default settings."""
    where = {f"SHOP_{one}_URL": backend for one in ("CATALOG", "PRICING", "REVIEWS")}
    if (project / "shop" / "__main__.py").exists():  # an older one has none
        return Variant(name, (sys.executable, "-m", "shop"), project, {**where, "SHOP_LISTEN_PORT": "PORT"})
    flags = "--no-proxy-headers --limit-concurrency 512 --timeout-keep-alive 5".split()
    command = (sys.executable, "-m", "uvicorn", "main:app", "--port", "PORT", *UVICORN, *flags)
    return Variant(name, command, project, where)


def peers(backend: str) -> Iterator[Variant]:
    """The others, as far as they can be had here."""
    environment = {"BACKEND": backend, "PEERS": str(PEERS), "PYTHONPATH": str(PEERS)}
    for name, module in (("seed style", "seed"), ("FastAPI + httpx, by hand", "good")):
        app = f"benchmarks.gateway.peers.{module}:app"
        yield Variant(name, (sys.executable, "-m", "uvicorn", app, "--port", "PORT", *UVICORN), ROOT, environment)
    if (PEERS / "aiohttp").is_dir():
        script = str(HERE / "peers" / "by_aiohttp.py")
        yield Variant("aiohttp, by hand", (sys.executable, script, "PORT"), ROOT, environment)
    if (PEERS / "node_modules" / "fastify").is_dir():
        script = str(HERE / "peers" / "by_fastify.mjs")
        yield Variant("fastify + undici, by hand", ("node", script, "PORT"), ROOT, environment)


def install_peers() -> None:
    """What pip and npm give; without them there are fewer columns."""
    PEERS.mkdir(parents=True, exist_ok=True)
    if not (PEERS / "aiohttp").is_dir():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(PEERS), "aiohttp>=3.13,<4"]
        _tried("aiohttp", pip)
    npm = which("npm")
    if npm is not None and not (PEERS / "node_modules" / "fastify").is_dir():
        packages = ["fastify@5", "undici@7"]
        _tried("fastify", [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(PEERS), *packages])


def _tried(name: str, command: list[str]) -> None:
    try:
        subprocess.run(command, check=True, timeout=180)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"without {name}: {error}", file=sys.stderr)


@contextmanager
def backends(delay: float, core: int) -> Iterator[str]:
    """The backends' process; gives its URL."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.gateway.backend", str(port), str(delay)]
    process = subprocess.Popen(command, cwd=ROOT, preexec_fn=lambda: os.sched_setaffinity(0, {core}))
    try:
        _until_there(f"http://127.0.0.1:{port}/prices/1")
        yield f"http://127.0.0.1:{port}"
    finally:
        ended(process)


@contextmanager
def running(variant: Variant, core: int) -> Iterator[Running]:
    """A gateway's process."""
    port = free_port()
    command = [str(port) if part == "PORT" else part for part in variant.command]
    environment = {name: str(port) if value == "PORT" else value for name, value in variant.environment.items()}
    process = subprocess.Popen(
        command,
        cwd=variant.folder,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )
    try:
        _until_there(f"http://127.0.0.1:{port}{PATH}")
        yield Running(variant.name, process, port)
    finally:
        ended(process)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _until_there(url: str) -> None:
    for _ in range(100):
        try:
            urlopen(url, timeout=2).close()
            return
        except (URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"no answer from {url}")


def ended(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
