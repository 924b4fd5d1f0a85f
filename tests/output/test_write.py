"""Writing and comparing: nothing of the user's is lost, nothing is half written."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from bffgen.output import LockInfo, OutputRefused, compare, diff, write
from bffgen.plan.files import File, FileTree, file_tree

INFO = LockInfo("0.1.0", {"shop.yaml": "aa"}, {"catalog": {"operations": {}}})


def tree(scaffold: bytes = b"app = 1\n", **files: str) -> FileTree:
    made = {path.replace("__", "/") + ".py": File(text.encode()) for path, text in files.items()}
    return file_tree({**made, "main.py": File(scaffold, scaffold=True)})


def on_disk(out: Path) -> dict[str, str]:
    return {p.relative_to(out).as_posix(): p.read_text() for p in sorted(out.rglob("*")) if p.is_file()}


def kinds(made: FileTree, out: Path, info: LockInfo = INFO) -> dict[str, str]:
    return {drift.path: drift.kind for drift in compare(made, out, info)}


def test_the_first_run_writes_everything_and_a_second_changes_nothing(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    first = write(tree(shop__app="a = 1\n"), out, INFO)
    assert on_disk(out).keys() == {"main.py", "shop/app.py", "bffgen.lock"}
    assert first.written == ("bffgen.lock", "main.py", "shop/app.py")
    times = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    second = write(tree(shop__app="a = 1\n"), out, INFO)
    assert (second.written, second.unchanged, second.kept) == ((), ("shop/app.py",), ("main.py",))
    assert times == {path: path.stat().st_mtime_ns for path in times}
    assert compare(tree(shop__app="a = 1\n"), out, INFO) == []


def test_a_scaffold_is_the_users_once_it_is_written(tmp_path: Path) -> None:
    write(tree(), tmp_path, INFO)
    (tmp_path / "main.py").write_text("mine = 1\n")
    write(tree(b"app = 2\n"), tmp_path, INFO)
    assert (tmp_path / "main.py").read_text() == "mine = 1\n"
    assert kinds(tree(b"app = 2\n"), tmp_path) == {}
    (tmp_path / "main.py").unlink()
    write(tree(b"app = 2\n"), tmp_path, INFO)
    assert not (tmp_path / "main.py").exists()


def test_an_edited_file_is_refused_and_nothing_else_is_written(tmp_path: Path) -> None:
    write(tree(shop__app="a = 1\n", shop__b="b = 1\n"), tmp_path, INFO)
    (tmp_path / "shop/app.py").write_text("a = 3\n")
    before = on_disk(tmp_path)
    with pytest.raises(OutputRefused) as refused:
        write(tree(shop__app="a = 2\n", shop__b="b = 2\n"), tmp_path, INFO)
    assert (refused.value.code, refused.value.paths) == ("BFF902", ("shop/app.py",))
    assert on_disk(tmp_path) == before
    write(tree(shop__app="a = 2\n", shop__b="b = 2\n"), tmp_path, INFO, force=True)
    assert (tmp_path / "shop/app.py").read_text() == "a = 2\n"


def test_a_file_that_was_there_before_us_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/app.py").write_text("mine\n")
    with pytest.raises(OutputRefused, match="edited"):
        write(tree(shop__app="a = 1\n"), tmp_path, INFO)
    assert on_disk(tmp_path) == {"shop/app.py": "mine\n"}


def test_an_edit_that_equals_the_new_content_is_fine(tmp_path: Path) -> None:
    write(tree(shop__app="a = 1\n"), tmp_path, INFO)
    (tmp_path / "shop/app.py").write_text("a = 2\n")
    write(tree(shop__app="a = 2\n"), tmp_path, INFO)
    assert compare(tree(shop__app="a = 2\n"), tmp_path, INFO) == []


def test_stale_files_go_and_others_stay(tmp_path: Path) -> None:
    write(tree(shop__old__x="x\n", shop__old__y="y\n", shop__app="a\n"), tmp_path, INFO)
    (tmp_path / "shop/old/y.py").write_text("edited\n")
    (tmp_path / "shop/mine.py").write_text("mine\n")
    done = write(tree(shop__app="a\n"), tmp_path, INFO)
    assert done.removed == ("shop/old/x.py",)
    assert on_disk(tmp_path).keys() == {"bffgen.lock", "main.py", "shop/app.py", "shop/mine.py", "shop/old/y.py"}


def test_an_emptied_folder_is_removed(tmp_path: Path) -> None:
    write(tree(shop__old__x="x\n"), tmp_path, INFO)
    (tmp_path / "shop/old/__pycache__").mkdir()
    write(tree(shop__app="a\n"), tmp_path, INFO)
    assert not (tmp_path / "shop/old").exists()


def test_compare_names_everything_and_writes_nothing(tmp_path: Path) -> None:
    write(tree(a="1\n", b="1\n", c="1\n", d="1\n", e="1\n"), tmp_path, INFO)
    (tmp_path / "a.py").unlink()
    (tmp_path / "b.py").write_text("edited\n")
    before = on_disk(tmp_path)
    wanted = tree(a="1\n", b="1\n", c="2\n", e="1\n")
    assert kinds(wanted, tmp_path) == {
        "a.py": "missing",
        "b.py": "edited",
        "c.py": "outdated",
        "d.py": "stale",
        "bffgen.lock": "outdated",
    }
    assert on_disk(tmp_path) == before


def test_compare_with_no_output_at_all(tmp_path: Path) -> None:
    found = kinds(tree(a="1\n"), tmp_path / "none")
    assert found == {"a.py": "missing", "main.py": "missing", "bffgen.lock": "missing"}
    assert not (tmp_path / "none").exists()


def test_the_diff_is_unified_and_names_new_and_gone_files(tmp_path: Path) -> None:
    write(tree(a="1\n2\n", old="x\n"), tmp_path, INFO)
    text = diff(compare(tree(a="1\n3", new="n\n"), tmp_path, INFO))
    assert "--- a/a.py\n+++ b/a.py\n" in text
    assert "-2\n+3\n\\ No newline at end of file\n" in text
    assert "--- /dev/null\n+++ b/new.py\n" in text
    assert "--- a/old.py\n+++ /dev/null\n" in text


def test_the_lock_states_tool_inputs_footprint_and_owners(tmp_path: Path) -> None:
    write(tree(a="1\n"), tmp_path, INFO)
    lock = json.loads((tmp_path / "bffgen.lock").read_text())
    assert lock["bffgen"] == "0.1.0" and lock["inputs"] == {"shop.yaml": "aa"}
    assert lock["footprint"] == {"catalog": {"operations": {}}}
    assert lock["files"]["main.py"] == {"owner": "scaffold"}
    assert lock["files"]["a.py"]["owner"] == "generated" and len(lock["files"]["a.py"]["sha256"]) == 64


def test_a_changed_input_alone_makes_the_lock_outdated(tmp_path: Path) -> None:
    write(tree(a="1\n"), tmp_path, INFO)
    newer = LockInfo("0.1.0", {"shop.yaml": "bb"}, INFO.footprint)
    assert kinds(tree(a="1\n"), tmp_path, newer) == {"bffgen.lock": "outdated"}


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"files": {}}', '{"format": 9, "files": {}}', '{"format":1,"files":{"../x":{}}}']
)
def test_a_broken_lock_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "bffgen.lock").write_text(text)
    with pytest.raises(OutputRefused) as refused:
        write(tree(a="1\n"), tmp_path, INFO)
    assert refused.value.code == "BFF903"
    assert on_disk(tmp_path) == {"bffgen.lock": text}


def test_a_lock_cannot_reach_out_of_the_folder(tmp_path: Path) -> None:
    victim = tmp_path / "victim.py"
    victim.write_text("v\n")
    out = tmp_path / "out"
    write(tree(a="1\n"), out, INFO)
    lock = json.loads((out / "bffgen.lock").read_text())
    lock["files"]["../victim.py"] = {"owner": "generated", "sha256": "0"}
    (out / "bffgen.lock").write_text(json.dumps(lock))
    with pytest.raises(OutputRefused):
        write(tree(a="2\n"), out, INFO)
    assert victim.exists()


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no symbolic links")
@pytest.mark.parametrize("link", ["shop", "shop/app.py", "bffgen.lock"])
def test_symbolic_links_are_refused(tmp_path: Path, link: str) -> None:
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "app.py").write_text("theirs\n")
    (out / link).parent.mkdir(parents=True)
    (out / link).symlink_to(elsewhere if link == "shop" else elsewhere / "app.py")
    with pytest.raises(OutputRefused) as refused:
        write(tree(shop__app="a\n"), out, INFO, force=True)
    assert refused.value.code == "BFF903"
    assert on_disk(elsewhere) == {"app.py": "theirs\n"}


def test_a_folder_where_a_file_belongs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.py").mkdir()
    with pytest.raises(OutputRefused):
        write(tree(a="1\n"), tmp_path, INFO, force=True)


def test_an_output_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    with pytest.raises(OutputRefused):
        write(tree(a="1\n"), tmp_path / "out", INFO)


def test_a_failing_disk_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tree(a="1\n", b="1\n"), tmp_path, INFO)
    before = on_disk(tmp_path)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.open", full)
        with pytest.raises(OutputRefused, match="No space"):
            write(tree(a="2\n", b="2\n"), tmp_path, INFO)
    assert on_disk(tmp_path) == before


@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_an_interruption_between_files_is_finished_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    write(tree(a="1\n", b="1\n", old="1\n"), tmp_path, INFO)
    newer = tree(a="2\n", b="2\n", c="2\n")
    real, done = os.replace, iter(range(99))

    def interrupted(source: Path, target: Path) -> None:
        if next(done) == after:
            raise KeyboardInterrupt
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr("os.replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            write(newer, tmp_path, INFO)
    assert {text for path, text in on_disk(tmp_path).items() if path in ("a.py", "b.py")} <= {"1\n", "2\n"}
    write(newer, tmp_path, INFO)
    assert compare(newer, tmp_path, INFO) == []
    assert on_disk(tmp_path).keys() == {"a.py", "b.py", "c.py", "main.py", "bffgen.lock"}


@pytest.mark.parametrize(
    "path",
    ["../x.py", "/abs.py", "a/../b.py", "C:/x.py", "a\\b.py", "con.py", "shop/nul", "a//b.py", "", ".", "x.",
     "x\x00.py", "～/x", "a b.py", "%2e%2e/x.py", "x" * 300],
)  # fmt: skip
def test_paths_that_leave_the_folder_are_no_files(path: str) -> None:
    with pytest.raises(ValueError, match="not a path"):
        file_tree({path: File(b"")})


def test_paths_that_differ_by_case_alone_collide() -> None:
    with pytest.raises(ValueError, match="one file"):
        file_tree({"shop/User.py": File(b""), "shop/user.py": File(b"")})
