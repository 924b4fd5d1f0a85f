"""`python -m benchmarks.resilience`: every figure on ours and on the naive gateway, into benchmarks/RESILIENCE.md."""

from __future__ import annotations

import asyncio
import os
import platform
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.chaos import gateways
from tests.chaos.gateways import Running, free_port
from tests.chaos.wire import Backend

from .figures import FIGURES, GOOD, Backends, lost

REPORT = Path(__file__).parents[1] / "RESILIENCE.md"
RUNS = 3  # of F1: each needs processes of its own
_KINDS = ("ours", "naive")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = gateways.generate(Path(folder))
        REPORT.write_text(asyncio.run(_report(project)))
    print(f"wrote {REPORT}")


@contextmanager
def _serving(kind: str, project: Path, backends: Backends) -> Iterator[Running]:
    ports = {name: one.port for name, one in backends.items()}
    yield from gateways.ours(project, ports) if kind == "ours" else gateways.naive(ports)


async def _report(project: Path) -> str:
    backends = {name: Backend(free_port()) for name in "abc"}
    rows = []
    losses: dict[str, list[str]] = {kind: [] for kind in _KINDS}
    for _ in range(RUNS):
        for kind in _KINDS:
            with _serving(kind, project, backends) as gateway:
                losses[kind].append(await lost(gateway, backends))
    rows.append(_row("F1", f"lost at SIGTERM, {RUNS} runs", "0", {k: "; ".join(v) for k, v in losses.items()}))
    with ExitStack() as stack:
        running: dict[str, Running] = {k: stack.enter_context(_serving(k, project, backends)) for k in _KINDS}
        for figure, name, target, measure in FIGURES:
            found = {}
            for kind, gateway in running.items():
                for backend in backends.values():
                    await backend.set(GOOD)
                found[kind] = await measure(gateway, backends)
                print(figure, kind, found[kind], flush=True)
            rows.append(_row(figure, name, target, found))
    for backend in backends.values():
        await backend.close()
    return _TEXT.format(rows="\n".join(rows), cores=os.cpu_count(), python=platform.python_version())


def _row(figure: str, name: str, target: str, found: dict[str, str]) -> str:
    return f"| {figure} | {name} | {target} | {found['ours']} | {found['naive']} |"


_TEXT = """\
# What faults do

`make bench-resilience` writes this: the gateway of `tests/chaos/gateway` as it is generated, and `tests/chaos/naive.py`
beside it, the same one as one writes it by hand with FastAPI and a shared httpx client. Real processes, real sockets,
client and backends in one more process on the same machine ({cores} cores, CPython {python}); so times include their
share. Measured by the letter; a target that is missed stands here as missed.

| | figure | target | ours | naive |
|---|---|---|---|---|
{rows}

Not measured here yet: F2 amplification, F6 recovery, F8 hedging, F17 overload, F21 cost of safety.
"""

if __name__ == "__main__":
    main()
