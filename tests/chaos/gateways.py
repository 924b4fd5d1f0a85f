"""Ours and the naive gateway as processes of their own, over the same backends."""

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

HERE = Path(__file__).parent
_FLAGS = "--host 127.0.0.1 --http httptools --no-access-log --no-server-header --log-level warning".split()

# What is freed goes back to the system, so that no case sees what another one has used.
_GIVE_BACK = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}


@dataclass(frozen=True)
class Running:
    """A gateway that serves."""

    name: str
    port: int
    process: subprocess.Popen[bytes]

    def forget_peak(self) -> None:
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def memory(self, which: str = "VmRSS") -> float:
        """Resident megabytes; `VmHWM`: the most since `forget_peak`."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(which + ":"):
                return int(line.split()[1]) / 1024
        raise LookupError(which)

    def sockets(self) -> int:
        """How many are open."""
        folder = Path(f"/proc/{self.process.pid}/fd")
        return sum(_target(one).startswith("socket:") for one in folder.iterdir())


def _target(path: Path) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def generate(folder: Path, spec: Path = HERE / "gateway" / "spec.yaml") -> Path:
    """The gateway that the cases attack."""
    out = folder / "gateway"
    subprocess.run(
        [sys.executable, "-m", "bffgen", "generate", str(spec), "-o", str(out)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return out


@contextmanager
def serving(name: str, command: list[str], folder: Path, environment: dict[str, str]) -> Iterator[Running]:
    """A process that listens; `PORT` in the command stands for its port."""
    port = free_port()
    process = subprocess.Popen(
        [part.replace("PORT", str(port)) for part in command],
        cwd=folder,
        env={**os.environ, **_GIVE_BACK, **environment},
        stdout=subprocess.DEVNULL,
        stderr=None if os.environ.get("CHAOS_SHOW") else subprocess.DEVNULL,
    )
    try:
        _until_there(process, port)
        yield Running(name, port, process)
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


def ours(project: Path, ports: dict[str, int]) -> Iterator[Running]:
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "uvicorn",
        "main:app",
        "--port",
        "PORT",
        *_FLAGS,
        "--no-proxy-headers",
    ]
    with serving("ours", command, project, _urls(ports)) as running:
        yield running


def naive(ports: dict[str, int]) -> Iterator[Running]:
    command = [sys.executable, "-m", "uvicorn", "naive:app", "--port", "PORT", *_FLAGS]
    with serving("naive", command, HERE, _urls(ports)) as running:
        yield running


def _urls(ports: dict[str, int]) -> dict[str, str]:
    return {f"CHAOS_{name.upper()}_URL": f"http://127.0.0.1:{port}" for name, port in ports.items()}


def _until_there(process: subprocess.Popen[bytes], port: int) -> None:
    ends = time.monotonic() + 30
    while time.monotonic() < ends and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the gateway does not start: CHAOS_SHOW=1 shows why")
