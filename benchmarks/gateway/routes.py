"""What more endpoints cost: CPU of a request, start and memory of gateways with 10, 100 and 1,000 of them.

    make bench-routes      or: python -m benchmarks.gateway.routes [--rounds N] [--seconds S] [--write]

An endpoint makes three calls, two at the same time. Each gateway is asked for its last endpoint.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import perf_counter, sleep
from urllib.error import URLError
from urllib.request import urlopen

import uvloop

from benchmarks.gateway.load import load
from benchmarks.gateway.servers import ROOT, UVICORN, Running, backends, ended, free_port
from benchmarks.generate import wide

COUNTS = (10, 100, 1000)
GATEWAY_CORE, OTHER_CORE = 0, max(os.sched_getaffinity(0))
REPORT = ROOT / "benchmarks" / "ROUTES.md"
MARK = "<!-- below: written by `make bench-routes` -->\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    os.sched_setaffinity(0, {OTHER_CORE})
    with tempfile.TemporaryDirectory(prefix="bffgen-bench-") as folder:
        projects = {count: made(Path(folder), count) for count in COUNTS}
        starts = {count: [started(projects[count]) for _ in range(options.rounds)] for count in COUNTS}
        cpu, memory = asked(projects, options.rounds, options.seconds)
    text = table(starts, cpu, memory)
    print(text)
    if options.write:
        REPORT.write_text(REPORT.read_text("utf-8").partition(MARK)[0] + MARK + text, "utf-8")


def made(folder: Path, count: int) -> Path:
    """A gateway of so many endpoints, its modules compiled as an installed package has them."""
    out = folder / f"gateway{count}"
    command = [sys.executable, "-m", "bffgen", "generate", str(wide(folder / f"spec{count}", count)), "-o", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(out)], check=True)
    return out


@contextmanager
def gateway(project: Path, backend: str) -> Iterator[tuple[Running, float]]:
    """A gateway's process, and the seconds from its start to its first answer."""
    port = free_port()
    where = {f"WIDE_D{number}_URL": backend for number in range(5)}
    command = [sys.executable, "-m", "uvicorn", "main:app", "--port", str(port), *UVICORN]
    since = perf_counter()
    process = subprocess.Popen(
        command,
        cwd=project,
        env={**os.environ, **where},
        stdout=subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, {GATEWAY_CORE}),
    )
    try:
        while perf_counter() - since < 60:
            try:
                urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2).close()
                break
            except (URLError, OSError):
                sleep(0.01)
        yield Running(project.name, process, port), perf_counter() - since
    finally:
        ended(process)


def started(project: Path) -> float:
    with gateway(project, "http://127.0.0.1:9") as (_, seconds):
        return seconds


def asked(projects: dict[int, Path], rounds: int, seconds: float) -> tuple[dict[int, list[float]], dict[int, float]]:
    """Seconds of CPU a request by round, and memory in MB; the gateways take turns."""
    cpu: dict[int, list[float]] = {count: [] for count in projects}
    with backends(0.0, OTHER_CORE) as backend, ExitStack() as stack:
        running = {count: stack.enter_context(gateway(path, backend))[0] for count, path in projects.items()}
        for turn in range(rounds + 1):
            for count, one in running.items():
                before = one.cpu()
                found = uvloop.run(load(one.port, f"/pages{count - 1}/7", 16, seconds if turn else 0.5))
                if found.wrong or not found.requests:
                    raise SystemExit(f"{found.wrong} of {found.requests} answers of {one.name} were no 200")
                if turn:  # the first one warms up
                    cpu[count].append((one.cpu() - before) / found.requests)
        return cpu, {count: one.memory() for count, one in running.items()}


def table(starts: dict[int, list[float]], cpu: dict[int, list[float]], memory: dict[int, float]) -> str:
    least = statistics.median(cpu[COUNTS[0]])
    lines = [
        "| endpoints | CPU a request | of that with 10 | start to first answer | memory |",
        "|---:|---:|---:|---:|---:|",
    ]
    for count in COUNTS:
        spent = statistics.median(cpu[count])
        start = statistics.median(starts[count])
        lines.append(
            f"| {count:,} | {spent * 1e6:.0f} us | {spent / least:.2f} | {start:.2f} s | {memory[count]:.0f} MB |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
