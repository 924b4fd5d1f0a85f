"""Compositions of a seed, generated as projects, called many times, and compared with what they mean.

`python -m tests.differential.explore --examples 50000 --seed 7` does more of what `test_differential` does, and prints
every disagreement, made small. One that is a bug goes into `kept.yaml`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, assume, given, seed, settings
from hypothesis import strategies as st

from bffgen.check.model import CheckedEndpoint

from .compare import Disagreement, Example, compare
from .dice import taped
from .draft import DOCUMENTS
from .features import features
from .project import Project, running
from .reduce import reduced
from .replies import example
from .specs import compositions

TAPES = st.binary(min_size=150, max_size=500)
SHRINKS = 200
"""How many smaller examples are tried after one was wrong."""
GROUPS = 2
ENDPOINTS = 24  # of one project


@dataclass
class Explored:
    """What was tried: how often each kind of answer was right, what was injected, which forms there were."""

    endpoints: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    injected: Counter[str] = field(default_factory=Counter)
    features: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)

    @property
    def examples(self) -> int:
        return sum(self.answers.values())

    def add(self, other: Explored) -> None:
        self.endpoints += other.endpoints
        self.answers += other.answers
        self.injected += other.injected
        self.features += other.features
        self.findings += other.findings

    def summary(self, with_features: bool = True) -> str:
        lines = [f"{self.endpoints} endpoints, {self.examples} requests, {len(self.findings)} disagreements"]
        lines.append(f"replies that were wrong in some way: {self.injected.total()} ({_counts(self.injected)})")
        lines.append(f"why it was answered so: {_counts(self.answers)}")
        if with_features:
            lines.append(f"forms: {_counts(self.features)}")
        return "\n".join(lines)


def _counts(found: Counter[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in found.most_common())


def written(spec: Mapping[str, Any], folder: Path) -> Path:
    """The spec as a file, beside the documents that it names."""
    shutil.copytree(DOCUMENTS, folder / "documents", dirs_exist_ok=True)
    path = folder / "spec.json"
    path.write_text(json.dumps(spec, indent=1), "utf-8")
    return path


def explore(spec: Mapping[str, Any], folder: Path, examples: int, start: int, shrinks: int = SHRINKS) -> Explored:
    """Generate a project in a folder and send so many requests to each of its endpoints."""
    found = Explored()
    with running(written(spec, folder), folder / "out") as project:
        found.features = features(project.gateway)
        found.endpoints = len(project.gateway.endpoints)
        for number, endpoint in enumerate(project.gateway.endpoints):
            wrong = explore_endpoint(project, endpoint, examples, start * 1000 + number, found, shrinks)
            if wrong is not None:
                as_written = spec["endpoints"][f"{endpoint.method} {endpoint.path}"]
                found.findings.append(f"{wrong}\n  spec: {json.dumps(as_written)}")
    return found


def explore_endpoint(
    project: Project, endpoint: CheckedEndpoint, examples: int, start: int, found: Explored, shrinks: int = SHRINKS
) -> str | None:
    """The smallest disagreement, if there is one."""
    wrong: list[tuple[Example, Exception]] = []
    tried = 0

    @seed(start)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink) if shrinks else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        verbosity=Verbosity.quiet,
    )
    @given(TAPES)
    def check(tape: bytes) -> None:
        nonlocal tried
        tried += bool(wrong)
        assume(tried <= shrinks)
        made = example(taped(tape), endpoint)
        try:
            found.answers[compare(project, endpoint, made)] += 1
            found.injected.update(made.injected)
        except Exception as error:
            wrong.append((made, error))
            raise

    try:
        check()
    except Exception:
        if not wrong:
            raise
    if not wrong:
        return None
    made, error = min(wrong, key=lambda one: len(repr(one[0])))
    if not isinstance(error, Disagreement):  # of the interpreter: it may be wrong as well
        raise RuntimeError(f"{endpoint.method} {endpoint.path}: {made}") from error
    return f"{endpoint.method} {endpoint.path}\n  {made}\n{error}"


def smaller(spec: Mapping[str, Any], key: str, folder: Path, examples: int, start: int) -> Any:
    """An endpoint that shows a disagreement, made small for as long as it shows one."""

    def fails(candidate: Any) -> bool:
        inside = Path(tempfile.mkdtemp(dir=folder))  # Python trusts what it has compiled before
        try:
            return bool(explore({**spec, "endpoints": {key: candidate}}, inside, examples, start, 0).findings)
        except Exception:
            return False  # the checker has something against it
        finally:
            shutil.rmtree(inside, ignore_errors=True)

    return reduced(spec["endpoints"][key], fails)


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.differential.explore", description=__doc__)
    options.add_argument("--examples", type=int, default=20_000, help="requests in all")
    options.add_argument("--seed", type=int, default=1000)
    options.add_argument("--each", type=int, default=34, help="requests to one endpoint")
    options.add_argument("--reduce", action="store_true", help="make endpoints that disagree smaller, which takes long")
    given = options.parse_args()
    total, number, start = Explored(), given.seed, time.monotonic()
    while total.examples < given.examples:
        spec = compositions(Random(number), ENDPOINTS, GROUPS)
        with tempfile.TemporaryDirectory() as folder:
            found = explore(spec, Path(folder), given.each, number)
            for one in found.findings:
                print(f"\nseed {number}: {one}")
                if given.reduce:
                    key = one.partition("\n")[0]
                    print(f"  smaller: {json.dumps(smaller(spec, key, Path(folder), given.each, number))}")
        total.add(found)
        print(f"seed {number}: {found.examples} requests, {time.monotonic() - start:.0f} s", file=sys.stderr)
        number += 1
    print(f"\n{total.summary()}")
    return bool(total.findings)


if __name__ == "__main__":
    sys.exit(main())
