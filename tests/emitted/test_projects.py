"""Each folder of tests/cases/projects is a spec with its documents; `calls.yaml` says what its gateway does.

The emitted project is type-checked, linted, and its own tests are run; then it is called.
"""

from __future__ import annotations

import re
import subprocess
import sys
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from .project import CASES, call, generate

NAMES = sorted(path.parent.name for path in CASES.glob("*/spec.yaml"))


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("projects")


@cache
def project(root: Path, name: str) -> tuple[Path, str]:
    """The folder and the package of a case's project, generated once."""
    out = root / name
    return out, generate(CASES / name / "spec.yaml", out)


def calls() -> Iterator[Any]:
    for name in NAMES:
        path = CASES / name / "calls.yaml"
        for number, case in enumerate(yaml.safe_load(path.read_text("utf-8")) if path.exists() else []):
            yield pytest.param(name, case, id=f"{name}-{number}")


@pytest.mark.parametrize(("name", "case"), list(calls()))
def test_answers(root: Path, name: str, case: dict[str, Any]) -> None:
    out, package = project(root, name)
    exchange = call(out, package, case, case.get("backends", {}))
    expected, response = case["expect"], exchange.response
    assert response.status_code == expected["status"], response.text
    if "body" in expected:
        body = response.json()
        if isinstance(body, dict) and isinstance(expected["body"], dict) and "type" in expected["body"]:
            body.pop("instance")
        assert body == expected["body"]
    if "base64" in expected:
        assert b64encode(response.content).decode() == expected["base64"]
    if "text" in expected:
        assert response.text == expected["text"]
    assert expected.get("contains", "") in response.text
    for header, value in expected.get("headers", {}).items():
        assert response.headers.get(header) == value
    assert set(expected.get("header_names", ())) <= response.headers.keys()
    if "sent" in case:
        assert Counter(exchange.targets) == Counter(case["sent"])
    for target, bodies in case.get("sent_bodies", {}).items():
        content = next(r.content for r, t in zip(exchange.sent, exchange.targets, strict=True) if t == target)
        assert yaml.safe_load(content) == bodies
    for target, text in case.get("sent_texts", {}).items():
        content = next(r.content for r, t in zip(exchange.sent, exchange.targets, strict=True) if t == target)
        assert _bare(content.decode("latin-1")) == text
    for target, headers in case.get("sent_headers", {}).items():
        sent = next(r.headers for r, t in zip(exchange.sent, exchange.targets, strict=True) if t == target)
        assert {key: sent.get(key) for key in headers} == headers


def _bare(text: str) -> str:
    """A body without the boundary of its parts, which is another one each time."""
    return re.sub(r"--[0-9a-f]{32}(--)?\r\n", "", text).replace("\r\n", "\n")


@pytest.mark.parametrize("name", NAMES)
def test_passes_its_own_tests(root: Path, name: str) -> None:
    out, _ = project(root, name)
    run(out, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist")


@pytest.mark.parametrize("name", NAMES)
def test_is_typed_and_clean(root: Path, name: str) -> None:
    out, _ = project(root, name)
    run(out, "-m", "ruff", "check", ".")
    run(out, "-m", "ruff", "format", "--check", ".")
    run(out, "-m", "mypy", "--strict", "--cache-dir", str(root / ".mypy"), ".")


def run(out: Path, *arguments: str) -> None:
    done = subprocess.run([sys.executable, *arguments], cwd=out, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
