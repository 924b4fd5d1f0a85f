"""What a request costs in a generated gateway, and in others that do the same: CPU, requests a second, latency.

    make bench-gateway      or: python -m benchmarks.gateway [--rounds N] [--seconds S] [--also NAME=PROJECT] [--write]

Every gateway runs on one core; load and backends are on the other. The variants take turns, so that a machine that is
busier for a while is so for all of them. The figure to compare is the CPU time of a request: it is the one that other
processes move least. `--also` adds a project that was generated before, `--write` keeps the tables in GATEWAY.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copy, copytree
from urllib.request import urlopen

import uvloop

from benchmarks.gateway.load import Load, load
from benchmarks.gateway.servers import (
    HERE,
    PATH,
    ROOT,
    Running,
    backends,
    generated,
    install_peers,
    peers,
    running,
)

OURS = "generated"
GATEWAY_CORE, OTHER_CORE = 0, max(os.sched_getaffinity(0))
REPORT = ROOT / "benchmarks" / "GATEWAY.md"
MARK = "<!-- below: written by `make bench-gateway` -->\n"


@dataclass
class Figures:
    """One variant's rounds."""

    cpu: list[float] = field(default_factory=list)  # seconds a request
    rate: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    memory: float = 0.0
    requests: int = 0
    wrong: int = 0

    def add(self, found: Load, cpu: float, memory: float) -> None:
        self.cpu.append(cpu / found.requests)
        self.rate.append(found.requests / found.seconds)
        self.p50.append(found.median)
        self.p99.append(found.p99)
        self.memory = max(self.memory, memory)
        self.requests += found.requests
        self.wrong += found.wrong

    @property
    def spread(self) -> float:
        return (max(self.cpu) - min(self.cpu)) / statistics.median(self.cpu)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--also", action="append", default=[], metavar="NAME=PROJECT")
    parser.add_argument("--only", default="", help="variants whose name has this text")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    install_peers()
    os.sched_setaffinity(0, {OTHER_CORE})
    with tempfile.TemporaryDirectory(prefix="bffgen-bench-") as folder:
        project = made(Path(folder))
        projects = {OURS: project, **{name: Path(path) for name, _, path in (o.partition("=") for o in options.also)}}
        parts = []
        for clients, delay in ((32, 0.0), (1, 0.0), (4, 0.02)):
            figures = measured(projects, clients, delay, options.rounds, options.seconds, options.only)
            parts.append(table(figures, clients, delay))
            print(parts[-1], flush=True)
    if options.write:
        text = f"{header(options.rounds, options.seconds)}\n" + "\n".join(parts)
        REPORT.write_text(REPORT.read_text("utf-8").partition(MARK)[0] + MARK + text, "utf-8")


def made(folder: Path) -> Path:
    """The project that is measured, generated now."""
    copytree(ROOT / "specs" / "storefront" / "backends", folder / "backends")
    copy(HERE / "shop.yaml", folder)
    command = [sys.executable, "-m", "bffgen", "generate", str(folder / "shop.yaml"), "-o", str(folder / "shop")]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return folder / "shop"


def measured(
    projects: dict[str, Path], clients: int, delay: float, rounds: int, seconds: float, only: str
) -> dict[str, Figures]:
    """Every variant's figures, the variants in turn."""
    figures: dict[str, Figures] = {}
    with backends(delay, OTHER_CORE) as backend, ExitStack() as stack:
        variants = [*(generated(name, path, backend) for name, path in projects.items()), *peers(backend)]
        started = [stack.enter_context(running(one, GATEWAY_CORE)) for one in variants if only in one.name]
        _same_answers(started)
        for one in started:  # compiled, connected, warm
            uvloop.run(load(one.port, PATH, clients, min(0.5, seconds)))
        for _ in range(rounds):
            for one in started:
                before = one.cpu()
                found = uvloop.run(load(one.port, PATH, clients, seconds))
                figures.setdefault(one.name, Figures()).add(found, one.cpu() - before, one.memory())
    return figures


def _same_answers(started: Sequence[Running]) -> None:
    """All of them must do the same work."""
    answers = [json.loads(urlopen(f"http://127.0.0.1:{one.port}{PATH}").read()) for one in started]
    for one, answer in zip(started, answers, strict=True):
        if answer != answers[0]:
            raise SystemExit(f"{one.name} answers something else than {started[0].name}")


def table(figures: dict[str, Figures], clients: int, delay: float) -> str:
    """Markdown; `x CPU` says how many times as much CPU as ours a request takes."""
    ours = statistics.median(figures[OURS].cpu) if OURS in figures else 0.0
    lines = [
        f"### {clients} client{'s' if clients > 1 else ''}, backends that answer after {delay * 1000:.0f} ms\n",
        "| gateway | CPU a request | x CPU | spread | requests/s | p50 | p99 | memory | wrong |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, one in figures.items():
        cpu = statistics.median(one.cpu)
        lines.append(
            f"| {name} | {cpu * 1e6:.0f} us | {cpu / ours if ours else 0:.2f} | {one.spread:.0%} "
            f"| {statistics.median(one.rate):.0f} | {statistics.median(one.p50) * 1e3:.2f} ms "
            f"| {statistics.median(one.p99) * 1e3:.2f} ms | {one.memory:.0f} MB | {one.wrong} of {one.requests} |"
        )
    return "\n".join(lines) + "\n"


def header(rounds: int, seconds: float) -> str:
    model = next((line.partition(":")[2].strip() for line in open("/proc/cpuinfo") if "model name" in line), "?")
    return (
        f"Python {platform.python_version()}, {model}, {os.cpu_count()} cores; "
        f"{rounds} rounds of {seconds:g} s for each, in turn.\n"
    )


if __name__ == "__main__":
    main()
