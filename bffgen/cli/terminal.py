"""What is particular to people at a terminal: colour, progress, and which spec was meant."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import IO

import typer

USAGE = 2
NAMES = ("bff.yaml", "bffgen.yaml", "bff.yml", "bffgen.yml")


def fail(message: str) -> typer.Exit:
    """Say what is wrong with the command line or the disk; the exit to raise."""
    print(f"error: {message}", file=sys.stderr)
    return typer.Exit(USAGE)


def wants_colour(stream: IO[str]) -> bool:
    """On a terminal and not refused by `NO_COLOR`; `FORCE_COLOR` has it in a pipe, too."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (stream.isatty() and os.environ.get("TERM") != "dumb")


def find_spec(given: Path | None) -> Path:
    """The spec that was named, or the one that is here: a file that can be opened."""
    path = given if given is not None else _discover()
    if path.is_dir():
        raise fail(f"`{path}` is a folder, not a spec")
    if not path.exists():
        raise fail(f"there is no file `{path}`")
    if not os.access(path, os.R_OK):
        raise fail(f"`{path}` cannot be read: permission denied")
    return path


def _discover() -> Path:
    found = [Path(name) for name in NAMES if Path(name).is_file()]
    found = found[:1] or sorted(Path().glob("*.bff.yaml"))
    if not found:
        raise fail("no spec here: name one, or run `bffgen init`")
    if len(found) > 1:
        raise fail(f"several specs here, name one: {', '.join(map(str, found))}")
    return found[0]


@contextmanager
def progress(label: str) -> Iterator[None]:
    """A line on stderr for a step that takes over a second, gone when it is done; terminals only."""
    if not sys.stderr.isatty():
        yield
        return
    done = threading.Event()
    started = monotonic()

    def show() -> None:
        while not done.wait(1.0):
            print(f"\r{label} ... {monotonic() - started:.0f} s ", end="", file=sys.stderr, flush=True)

    thread = threading.Thread(target=show, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        if monotonic() - started >= 1.0:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
