"""`check` and `generate`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import IO

from bffgen.check.model import CheckedGateway
from bffgen.cli.app import Format
from bffgen.cli.terminal import fail, find_spec, progress, wants_colour
from bffgen.diagnostics import render
from bffgen.diagnostics.model import Diagnostics
from bffgen.pipeline import Checked, Compiled, check_spec, compile_spec

FINE, FINDINGS = 0, 1


def check(given: Path | None, format: Format, quiet: bool) -> int:
    """Findings are this command's data: they go to stdout, as other checkers have it."""
    path, started = find_spec(given), perf_counter()
    with progress(f"checking {path}"):
        checked = check_spec(path)
    print_findings(checked.diagnostics, format, sys.stdout)
    if checked.gateway is None:
        return FINDINGS
    if not quiet and format is Format.TEXT:
        seconds = perf_counter() - started
        print(f"{path}: {_size(checked.gateway)}, all sound ({seconds:.2f} s)", file=sys.stderr)
    return FINE


def generate(given: Path | None, output: Path, format: Format, *, force: bool, quiet: bool) -> int:
    from bffgen.output.write import write

    path, started = find_spec(given), perf_counter()
    compiled = _compile(path, format)
    if compiled.tree is None:
        return FINDINGS
    diags = Diagnostics()
    try:
        written = write(compiled.tree, output, diags, force=force)
    except OSError as reason:
        raise fail(f"cannot write `{output}`: {(reason.strerror or str(reason)).lower()}") from None
    print_findings(diags, format, sys.stderr)
    if diags.has_errors:
        return FINDINGS
    if not quiet:
        seconds = perf_counter() - started
        print(f"{output}: {_changes(written)} ({seconds:.2f} s)", file=sys.stderr)
    return FINE


def compare(given: Path | None, output: Path, format: Format, *, show: bool, quiet: bool) -> int:
    from bffgen.output.drift import compare as drift_of

    compiled = _compile(find_spec(given), format)
    if compiled.tree is None:
        return FINDINGS
    drifts = drift_of(compiled.tree, output)
    for drift in drifts:
        print(drift.text(color=wants_colour(sys.stdout)) if show else drift.summary())
    if not quiet:
        print(f"{output}: {'up to date' if not drifts else f'{len(drifts)} files differ'}", file=sys.stderr)
    return FINDINGS if drifts else FINE


def print_findings(diags: Diagnostics, format: Format, stream: IO[str]) -> None:
    """Print what was found, if anything."""
    text = _printers(stream)[format](diags)
    if text:
        print(text.rstrip("\n"), file=stream)


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
    print_findings(checked.diagnostics, Format.TEXT, sys.stderr)
    return path, checked


def _compile(path: Path, format: Format) -> Compiled:
    with progress(f"compiling {path}"):
        compiled = compile_spec(path)
    print_findings(compiled.checked.diagnostics, format, sys.stderr)
    return compiled


def _size(gateway: CheckedGateway) -> str:
    calls = sum(len(endpoint.calls) for endpoint in gateway.endpoints)
    return f"{_count(len(gateway.endpoints), 'endpoint')}, {_count(calls, 'call')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
