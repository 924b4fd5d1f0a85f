"""Neither compiling hostile input nor importing what came out runs, reads or sends anything that it should not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.oracle import pairs_of
from tests.hostile.samples import CLASSES
from tests.hostile.scenario import ALWAYS, ROOT, scenario

AUDITED = ROOT / "tests/hostile/audited.py"
NOTHING: dict[str, list[str]] = {"network": [], "processes": [], "writes": [], "reads": [], "code": [], "called": []}


def audited(work: Path, *arguments: str, folders: tuple[Path, ...] = ()) -> tuple[int, dict[str, Any], str]:
    """The exit code of a program, what it reached for, and what it said on stderr."""
    command = [sys.executable, "-B", str(AUDITED), str(work), *map(str, folders), "--", *arguments]
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(ROOT), "NETRC": os.devnull}
    done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.strip(), done.stderr
    return done.returncode, json.loads(done.stdout.splitlines()[-1]), done.stderr


def written(work: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        (work / name).write_text(text, "utf-8")
    return str(work / "spec.json")


def hostile_files(name: str, round_: int) -> dict[str, str]:
    """A document with a sample in every place that may hold any text."""
    subject = scenario(name)
    return subject.with_texts(dict(pairs_of([place for place in subject.places if place.free], round_)))


@pytest.mark.parametrize(("name", "round_"), [*((name, 0) for name in ALWAYS), ("everything", 9)])
def test_hostile_projects_do_nothing_when_made_and_imported(name: str, round_: int, tmp_path: Path) -> None:
    spec = written(tmp_path, hostile_files(name, round_))
    out = tmp_path / "out"
    status, found, said = audited(
        tmp_path, "generate", spec, "-o", str(out), folders=(ROOT / "bffgen", ROOT / "templates")
    )
    assert status == 0, said
    [ruff] = found.pop("processes")
    assert "ruff" in ruff and "'format'" in ruff and "BFFPWN" not in ruff
    assert found == {kind: [] for kind in NOTHING if kind != "processes"}
    before = sorted(tmp_path.rglob("*"))
    status, found, said = audited(out, "import", str(out), "hostile", folders=(ROOT / "bffgen",))
    assert status == 0, said
    assert found == NOTHING
    assert sorted(tmp_path.rglob("*")) == before and not list(tmp_path.rglob("*BFFPWN*"))


def test_the_hook_sees(tmp_path: Path) -> None:
    """Or the tests above would show nothing."""
    lines = ["import os, socket, subprocess", "BFFPWN()", "open('/etc/hostname')", "open('../BFFPWN', 'w')",
             "subprocess.run(['true'])", "socket.socket().connect_ex(('127.0.0.1', 9))"]  # fmt: skip
    (tmp_path / "work").mkdir()
    (tmp_path / "work/program.py").write_text("\n".join(lines))
    _, found, _ = audited(tmp_path / "work", "run", "program.py")
    assert all(found[kind] for kind in NOTHING)


REFERENCES = {
    "http://169.254.169.254/latest": "BFF505",
    "http://localhost:1/": "BFF505",
    "https://0x7f000001/x.json": "BFF505",
    "http://[64:ff9b::a9fe:a9fe]/": "BFF505",
    "ftp://evil.example/x": "BFF505",
    "file:///etc/hostname": "BFF505",
    "data:application/json,{}": "BFF505",
    "unix:/run/x": "BFF505",
    "//evil.example/x": "BFF505",
    "/etc/hostname": "BFF602",
    "\\\\host\\share\\x": "BFF602",
    "../../../../../../etc/hostname": "BFF602",
    "secret.yaml": "BFF602",  # a link that leads outside
    "nowhere.yaml": "BFF106",
    "x\x00y": "BFF106",
}


@pytest.mark.parametrize(
    ("reference", "place"),
    [
        *((one, place) for one in REFERENCES for place in ("document", "$ref")),
        ("..%2f..%2f..%2fetc%2fhostname", "$ref"),
    ],
)
def test_references_that_lead_outside_are_never_followed(reference: str, place: str, tmp_path: Path) -> None:
    outside, work = tmp_path / "outside.yaml", tmp_path / "work"
    outside.write_text("openapi: 3.1.0\n")
    work.mkdir()
    if hasattr(os, "symlink"):
        (work / "secret.yaml").symlink_to(outside)
    subject = scenario("users")
    files = subject.with_texts({})
    if place == "document":
        files["spec.json"] = files["spec.json"].replace('"api.json"', json.dumps(reference))
    else:
        document = json.loads(files["api.json"])
        document["components"]["schemas"]["User"] = {"$ref": f"{reference}#/x"}
        files["api.json"] = json.dumps(document)
    status, found, said = audited(
        work, "generate", written(work, files), "-o", str(work / "out"), folders=(ROOT / "bffgen", ROOT / "templates")
    )
    assert status == 1 and "Traceback" not in said and "-->" in said
    assert f"error[{REFERENCES.get(reference, 'BFF602')}]" in said
    assert found == NOTHING and not (work / "out").exists()


def test_every_class_of_samples_is_somewhere() -> None:
    for round_ in (0, 9):
        subject = scenario("everything")
        pairs = pairs_of([place for place in subject.places if place.free], round_)
        assert len({name for name, texts in CLASSES.items() if {text for _, text in pairs} & set(texts)}) == len(
            CLASSES
        )
