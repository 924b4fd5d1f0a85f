"""The same input gives the same bytes, whoever runs it and where; and what is on disk is never half of anything."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bffgen.output import write
from bffgen.pipeline import check_spec, compile_gateway

ROOT = Path(__file__).resolve().parents[1]
SPECS = {"storefront": "storefront.yaml", "produto": "produto.yaml"}
CHANGING = {  # what generating must not depend on
    "no locale": {"PYTHONHASHSEED": "1", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "TZ": "UTC"},
    "another place": {"PYTHONHASHSEED": "random", "LC_ALL": "C.UTF-8", "TZ": "Pacific/Kiritimati"},
    "options of others": {"RUFF_LINE_LENGTH": "40", "RUFF_CONFIG": "/nowhere.toml", "BFFGEN_FORMAT": "json"},
}


def bffgen(cwd: Path, *arguments: object, umask: int = 0o022, **environment: str) -> subprocess.CompletedProcess[str]:
    drop = ("NO_COLOR", "FORCE_COLOR", "BFFGEN_DEBUG", "BFFGEN_FORMAT", "LC_ALL", "LANG", "PYTHONHASHSEED")
    kept = {key: value for key, value in os.environ.items() if key not in drop}
    return subprocess.run(
        [sys.executable, "-m", "bffgen", *map(str, arguments)],
        cwd=cwd,
        env={**kept, "PYTHONPATH": str(ROOT), **environment},
        umask=umask if os.name == "posix" else -1,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def contents(out: Path) -> dict[str, str]:
    """The sha256 of every file, by path."""
    files = sorted(path for path in out.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def copied(name: str, folder: Path) -> Path:
    """A copy of an example's spec and documents; the spec."""
    shutil.copytree(ROOT / "specs" / name, folder / name, ignore=shutil.ignore_patterns("out", "__pycache__"))
    return folder / name / SPECS[name]


def generated(spec: Path, out: Path, *, force: bool = False) -> dict[str, str]:
    """What comes out, written in this process: a tenth of the time of one of its own."""
    checked = check_spec(spec)
    assert checked.gateway is not None
    compiled = compile_gateway(spec, checked)
    write(compiled.tree, out, compiled.lock, force=force)
    return contents(out)


@pytest.fixture(scope="module", params=("storefront", "produto"))
def usual(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A spec, and what comes out of it."""
    folder = tmp_path_factory.mktemp("usual")
    spec = copied(request.param, folder)
    return spec, generated(spec, folder / "out")


# ----------------------------------------------------------------------------------------------- the same bytes


@pytest.mark.parametrize("change", CHANGING)
def test_the_environment_changes_nothing(usual: tuple[Path, dict[str, str]], change: str, tmp_path: Path) -> None:
    spec, files = usual
    done = bffgen(tmp_path, "generate", spec, "-o", tmp_path / "out", **CHANGING[change])
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "out") == files
    assert "bffgen.lock" in files


def test_places_change_nothing(usual: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    """The folder it runs in, the one the spec is in, the one that is written to: by any of their names."""
    spec, files = usual
    name = spec.parent.name
    moved = copied(name, tmp_path / "a folder with spaces, \u00e9 and [brackets]")
    for number, (cwd, given, out) in enumerate(
        [
            (moved.parent, Path(moved.name), Path("../out of it")),
            (moved.parent / "backends", Path("..", moved.name), tmp_path / "deep/er/out"),
            (Path("/"), moved, tmp_path / "slash"),
        ]
    ):
        done = bffgen(cwd, "generate", given, "-o", out)
        assert done.returncode == 0, (number, done.stderr)
        assert contents(cwd / out) == files, number


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no symbolic links")
def test_a_link_to_the_spec_changes_nothing(usual: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    """The folder may be a link. A spec that is one finds its documents beside the link."""
    spec, files = usual
    (tmp_path / "link").symlink_to(spec.parent, target_is_directory=True)
    assert generated(tmp_path / "link" / spec.name, tmp_path / "out") == files


@pytest.mark.skipif(os.name != "posix", reason="no umask")
@pytest.mark.parametrize("umask", [0o077, 0o000])
def test_the_umask_changes_rights_alone(usual: tuple[Path, dict[str, str]], umask: int, tmp_path: Path) -> None:
    spec, files = usual
    assert bffgen(tmp_path, "generate", spec, "-o", "out", umask=umask).returncode == 0
    assert contents(tmp_path / "out") == files
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "out").rglob("*.py")} == {0o644 & ~umask}


def test_no_file_names_a_place_of_this_machine(usual: tuple[Path, dict[str, str]]) -> None:
    spec, _ = usual
    names = {str(spec.parent), str(spec.parent.parent), str(ROOT), os.path.expanduser("~") + "/", sys.prefix}
    for path in (spec.parents[1] / "out").rglob("*"):
        if path.is_file():
            text = path.read_text("utf-8")
            assert not [name for name in names if name in text], path
            assert "\r" not in text and text.endswith("\n"), path


def test_the_lock_names_inputs_from_the_spec_on(usual: tuple[Path, dict[str, str]]) -> None:
    spec, files = usual
    lock = json.loads((spec.parents[1] / "out/bffgen.lock").read_text())
    inputs = {
        path.relative_to(spec.parent).as_posix(): path for path in spec.parent.rglob("*.*") if path.suffix != ".py"
    }
    assert lock["inputs"] == {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in sorted(inputs.items())
        if name in lock["inputs"]
    }
    assert spec.name in lock["inputs"] and len(lock["inputs"]) > 1
    owned = {path: entry["sha256"] for path, entry in lock["files"].items() if entry["owner"] == "generated"}
    assert owned == {path: digest for path, digest in files.items() if path in owned}
    assert lock["files"].keys() == files.keys() - {"bffgen.lock"}


# -------------------------------------------------------------------------------------------- a second time


@pytest.fixture
def produto(tmp_path: Path) -> tuple[Path, Path]:
    """The smallest example, generated: its spec and its output."""
    spec = copied("produto", tmp_path)
    generated(spec, tmp_path / "out")
    return spec, tmp_path / "out"


def times(out: Path) -> dict[str, int]:
    return {str(path): path.lstat().st_mtime_ns for path in sorted([out, *out.rglob("*")])}


def rename(spec: Path, old: str, new: str) -> None:
    text = spec.read_text("utf-8")
    assert old in text
    spec.write_text(text.replace(old, new), "utf-8")


def test_the_output_is_up_to_date_right_after(usual: tuple[Path, dict[str, str]]) -> None:
    spec, files = usual
    out = spec.parents[1] / "out"
    before = times(out)
    checked = bffgen(spec.parent, "generate", spec, "-o", out, "--check")
    assert (checked.returncode, checked.stdout) == (0, ""), checked.stdout
    again = bffgen(spec.parent, "generate", spec, "-o", out)
    assert again.returncode == 0 and "up to date" in again.stderr
    assert times(out) == before and contents(out) == files


def test_an_edited_file_is_kept_unless_forced(produto: tuple[Path, Path]) -> None:
    spec, out = produto
    files, edited = contents(out), out / "produto/app.py"
    edited.write_text(edited.read_text() + "# mine\n")
    rename(spec, "nome: produto.nome", "rotulo: produto.nome")
    before = contents(out)
    refused = bffgen(out, "generate", spec, "-o", out)
    assert refused.returncode == 1 and "BFF902" in refused.stderr and "produto/app.py" in refused.stderr
    assert contents(out) == before
    forced = generated(spec, out, force=True)
    assert forced["produto/app.py"] == files["produto/app.py"]
    assert bffgen(out, "generate", spec, "-o", out, "--check").returncode == 0


def test_the_users_files_are_never_touched(produto: tuple[Path, Path]) -> None:
    spec, out = produto
    (out / "main.py").write_text("# all mine\n")
    (out / "functions.py").write_text("# mine, too\n")
    (out / "produto/mine.py").write_text("# mine\n")
    before = {path: times(out)[str(path)] for path in (out / "main.py", out / "functions.py", out / "produto/mine.py")}
    rename(spec, "nome: produto.nome", "rotulo: produto.nome")
    for force in (False, True):
        generated(spec, out, force=force)
        assert {path: times(out)[str(path)] for path in before} == before
    assert bffgen(out, "generate", spec, "-o", out, "--check").returncode == 0


def test_stale_files_are_removed(produto: tuple[Path, Path]) -> None:
    spec, out = produto
    before = contents(out)
    rename(spec, "GET /produto/{produto_id}", "GET /artigo/{produto_id}")
    after = generated(spec, out)
    gone = before.keys() - after.keys()
    assert gone and all("produto_produto_id" in path for path in gone)
    assert bffgen(out, "generate", spec, "-o", out, "--check").returncode == 0
    fresh = generated(spec, out.parent / "fresh")
    assert fresh == after


@pytest.mark.parametrize("flags", [(), ("--force",), ("--check",), ("--diff",)])
def test_an_error_leaves_everything_as_it_is(produto: tuple[Path, Path], flags: tuple[str, ...]) -> None:
    spec, out = produto
    rename(spec, "preco.valor", "preco.valro")
    before, files = times(out), contents(out)
    done = bffgen(out, "generate", spec, "-o", out, *flags)
    assert done.returncode == 1 and "BFF302" in done.stderr
    assert (times(out), contents(out)) == (before, files)


# --------------------------------------------------------------------------------------------- interruptions


def killed_after(seconds: float, *arguments: object) -> bool:
    """Run bffgen and kill it after a while; whether it was still running."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bffgen", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        process.wait(seconds)
        return False
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
        process.wait()
        return True


def without_staging(out: Path) -> dict[str, str]:
    return {path: digest for path, digest in contents(out).items() if not path.startswith(".bffgen-staging/")}


def test_a_kill_at_any_moment_loses_nothing(produto: tuple[Path, Path]) -> None:
    """Each file is the old or the new one, whole, and the next run finishes."""
    spec, out = produto
    old = contents(out)
    rename(spec, "nome: produto.nome", "rotulo: produto.nome")
    new = generated(spec, out.parent / "new")
    started = time.monotonic()
    assert bffgen(out, "generate", spec, "-o", out.parent / "again").returncode == 0
    took = time.monotonic() - started
    shutil.copytree(out, out.parent / "old")
    for step in range(5):
        shutil.rmtree(out)
        shutil.copytree(out.parent / "old", out)
        killed_after(took * (0.6 + step * 0.1), "generate", spec, "-o", out)
        for path, digest in without_staging(out).items():
            assert digest in (old.get(path), new.get(path)), path
        assert generated(spec, out) == new
        assert not list(out.glob(".bffgen-*"))


SLOW = """
import os, sys, time
_, after, mark, *arguments = sys.argv
real, left = os.replace, int(after)
def slow(*args):
    global left
    if left == 0:
        open(mark, "w").close()
        time.sleep(60)
    left -= 1
    real(*args)
os.replace = slow
sys.argv = ["bffgen", *arguments]
from bffgen.cli import run
run()
"""


@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_kill_in_the_middle_of_the_write_loses_nothing(produto: tuple[Path, Path], after: int) -> None:
    """Killed when so many files are in place."""
    spec, out = produto
    old = contents(out)
    rename(spec, "nome: produto.nome", "rotulo: produto.nome")
    new = generated(spec, out.parent / "new")
    mark = out.parent / "mark"
    process = _slow(after, mark, spec, out)
    assert _soon(lambda: mark.exists() or process.poll() is not None)
    assert process.poll() is None, "it was done before it could be killed"
    process.kill()
    process.wait()
    found = without_staging(out)
    assert all(digest in (old.get(path), new.get(path)) for path, digest in found.items())
    assert sum(found.get(path) == digest != old.get(path) for path, digest in new.items()) == after
    assert found["bffgen.lock"] == old["bffgen.lock"]
    assert generated(spec, out) == new
    assert not list(out.glob(".bffgen-*"))


def test_what_an_interrupted_run_wrote_is_no_edit(produto: tuple[Path, Path]) -> None:
    """The next run may be one of another spec again: what was written half is ours to overwrite."""
    spec, out = produto
    rename(spec, "nome: produto.nome", "rotulo: produto.nome")
    mark = out.parent / "mark"
    process = _slow(2, mark, spec, out)
    assert _soon(lambda: mark.exists() or process.poll() is not None)
    process.kill()
    process.wait()
    rename(spec, "rotulo: produto.nome", "titulo: produto.nome")
    assert generated(spec, out) == generated(spec, out.parent / "new")


def _slow(after: int, mark: Path, spec: Path, out: Path) -> subprocess.Popen[bytes]:
    """Generate, stopping for long when so many files are in their places, which the file `mark` tells."""
    arguments = [sys.executable, "-c", SLOW, str(after), str(mark), "generate", str(spec), "-o", str(out)]
    return subprocess.Popen(arguments, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL)


def _soon(holds: Callable[[], bool], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.02)
    return False


def test_two_at_once_make_one_whole_project(produto: tuple[Path, Path]) -> None:
    """Of two runs into one folder each file is whole, and a third run finds nothing to mend or mends it."""
    spec, out = produto
    rename(spec, "nome: produto.nome", "rotulo: produto.nome")
    command = [sys.executable, "-m", "bffgen", "generate", str(spec), "-o", str(out)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    both = [subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=120)[1] for process in both]
    assert all("Traceback" not in text and "internal error" not in text for text in said), said
    assert generated(spec, out) == generated(spec, out.parent / "new")
