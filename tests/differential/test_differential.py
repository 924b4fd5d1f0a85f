"""The emitted project and a plain reading of the checked composition give the same status and body.

Random compositions, each called many times with random replies, failures among them. More of the same:
`make differential`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from .draft import spec_of
from .explore import ENDPOINTS, GROUPS, explore
from .specs import compositions

SEEDS = range(1, 9)  # each a project of its own
EACH = 27  # requests to one endpoint
LEAST = 5000  # requests in all

KEPT: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "kept.yaml").read_text("utf-8"))


@pytest.mark.parametrize("seed", SEEDS)
def test_emitted_projects_do_what_compositions_mean(seed: int, tmp_path: Path) -> None:
    found = explore(compositions(Random(seed), ENDPOINTS, GROUPS), tmp_path, EACH, seed)
    print(found.summary())
    assert not found.findings, "\n\n".join(found.findings)
    assert found.examples >= LEAST / len(SEEDS)
    assert found.injected.keys() >= {"failure", "breach", "timeout", "unreachable", "undocumented", "odd"}


def test_what_was_wrong_once_is_right(tmp_path: Path) -> None:
    endpoints = {f"GET /e{at}": {"operation_id": f"op{at}", **one} for at, one in enumerate(KEPT.values())}
    found = explore(spec_of(endpoints, {0}, "kept"), tmp_path, 60, 1)
    assert not found.findings, "\n\n".join(found.findings)


def test_compositions_are_the_same_in_every_process() -> None:
    script = (
        "from random import Random; from tests.differential.specs import compositions;"
        "print(compositions(Random(3), 3, 2))"
    )
    made = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(sys.path)},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(made) == 1
