"""`check` and `generate`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from os.path import relpath
from pathlib import Path
from time import perf_counter
from typing import IO, TYPE_CHECKING

from bffgen.check.model import CheckedGateway
from bffgen.cli.app import Format
from bffgen.cli.terminal import USAGE, find_spec, progress, wants_colour
from bffgen.diagnostics import render
from bffgen.diagnostics.model import Diagnostics
from bffgen.pipeline import Checked, Compiled, check_spec, compile_gateway

if TYPE_CHECKING:
    from bffgen.output import OutputRefused, Written

FINE, FINDINGS = 0, 1


def check(given: Path | None, format: Format, quiet: bool) -> int:
    """Findings are this command's data: they go to stdout, as other checkers have it."""
    path, started = find_spec(given), perf_counter()
    with progress(f"checking {path}"):
        checked = check_spec(path)
    print_findings(checked.diagnostics, format, sys.stdout, path)
    if checked.gateway is None:
        return FINDINGS
    if not quiet and format is Format.TEXT:
        seconds = perf_counter() - started
        print(f"{path}: {_size(checked.gateway)}, all sound ({seconds:.2f} s)", file=sys.stderr)
    return FINE


def generate(given: Path | None, output: Path, format: Format, *, force: bool, quiet: bool) -> int:
    """Compile, and bring the folder to what came out."""
    path, started = find_spec(given), perf_counter()
    compiled = _compile(path, format)
    if compiled is None:
        return FINDINGS
    from bffgen.output import OutputRefused, write

    try:
        written = write(compiled.tree, output, compiled.lock, force=force)
    except OutputRefused as refused:
        return _refuse(refused, output)
    if not quiet:
        seconds = perf_counter() - started
        print(f"{output}: {_changes(written)} ({seconds:.2f} s)", file=sys.stderr)
    return FINE


def compare(given: Path | None, output: Path, format: Format, *, show: bool, quiet: bool) -> int:
    """Compile, and say how the folder differs from what came out."""
    path = find_spec(given)
    compiled = _compile(path, format)
    if compiled is None:
        return FINDINGS
    from bffgen.output import OutputRefused
    from bffgen.output import compare as drifts_of
    from bffgen.output import diff as diff_of

    try:
        drifts = drifts_of(compiled.tree, output, compiled.lock)
    except OutputRefused as refused:
        return _refuse(refused, output)
    if show:
        print(_coloured_diff(diff_of(drifts)) if wants_colour(sys.stdout) else diff_of(drifts), end="")
    else:
        for drift in drifts:
            print(f"{drift.kind:<8}  {drift.path}")
    if drifts:
        print(f"error[BFF901]: {_count(len(drifts), 'file')} of {output} would change", file=sys.stderr)
        return FINDINGS
    if not quiet:
        print(f"{output}: up to date", file=sys.stderr)
    return FINE


def print_findings(diags: Diagnostics, format: Format, stream: IO[str], path: Path) -> None:
    """Print what was found, if anything."""
    text = _printers(stream)[format](diags)
    if not text:
        return
    print(text.rstrip("\n"), file=stream, flush=True)
    if format is Format.TEXT:
        print(f"\n{render.summary(diags, Path(relpath(path)).as_posix())}", file=stream, flush=True)


def _printers(stream: IO[str]) -> dict[Format, Callable[[Diagnostics], str]]:
    return {
        Format.TEXT: partial(render.text, color=wants_colour(stream)),
        Format.CONCISE: render.concise,
        Format.JSON: render.json_lines,
        Format.GITHUB: render.github,
    }


def load_checked(given: Path | None) -> tuple[Path, Checked]:
    """The checked spec for commands whose stdout is something else: findings go to stderr."""
    path = find_spec(given)
    with progress(f"checking {path}"):
        checked = check_spec(path)
    print_findings(checked.diagnostics, Format.TEXT, sys.stderr, path)
    return path, checked


def _compile(path: Path, format: Format) -> Compiled | None:
    with progress(f"checking {path}"):
        checked = check_spec(path)
    print_findings(checked.diagnostics, format, sys.stderr, path)
    if checked.gateway is None:
        return None
    with progress(f"compiling {path}"):
        return compile_gateway(path, checked)


def _refuse(refused: OutputRefused, output: Path) -> int:
    """Nothing was written: because of files edited by hand, or of the disk."""
    for at in refused.paths:
        place = output if at == output.name else output / at
        print(f"error[{refused.code}]: `{place}`: {refused.message}", file=sys.stderr)
    print(f"nothing was written; `bffgen explain {refused.code}` says more", file=sys.stderr)
    return USAGE if refused.code == "BFF903" else FINDINGS


def _changes(written: Written) -> str:
    parts = [f"{_count(len(written.written), 'file')} written"] if written.written else []
    parts += [f"{_count(len(written.removed), 'file')} removed"] if written.removed else []
    return ", ".join(parts) or "up to date"


def _coloured_diff(text: str) -> str:
    colours = {"+": "32", "-": "31", "@": "36"}
    lines = text.splitlines(keepends=True)
    return "".join(
        f"\x1b[{colours[line[0]]}m{line.rstrip()}\x1b[0m\n" if line[0] in colours else line for line in lines
    )


def _size(gateway: CheckedGateway) -> str:
    calls = sum(len(endpoint.calls) for endpoint in gateway.endpoints)
    return f"{_count(len(gateway.endpoints), 'endpoint')}, {_count(calls, 'call')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
