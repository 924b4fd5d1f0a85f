"""The only writer: a tree of files onto disk, all of it or nothing.

New content is first written beside the files, in a folder of its own; then each file is renamed into its place,
the lock last. An interruption before the renames leaves everything as it was; one between them leaves whole files,
and the next run finishes: a file that already has the new content is never taken for an edited one.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bffgen.output.folder import Folder, OutputRefused
from bffgen.output.lock import LOCK_NAME, Lock, LockInfo, digest, lock_text
from bffgen.plan.files import File, FileTree, check_path


@dataclass(frozen=True, slots=True)
class Written:
    """What a run did, by path: `kept` are scaffolds and edited stale files, which are the user's."""

    written: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]
    kept: tuple[str, ...]


def write(tree: FileTree, out: Path, info: LockInfo, *, force: bool = False) -> Written:
    """Bring `out` to the tree. Raises OutputRefused before anything is touched.

    A generated file that was edited by hand, or stands where none of ours was, is refused unless `force`. Files of
    the last run that the tree does not have are removed, unless they were edited.
    """
    for path in (LOCK_NAME, *tree):
        check_path(path)
    folder = Folder(out)
    _check_root(out)
    lock = folder.lock()
    found = {path: folder.read(path) for path in tree}
    edited = sorted(path for path, content in found.items() if _is_edited(tree[path], content, lock.files.get(path)))
    if edited and not force:
        raise OutputRefused("BFF902", "edited by hand: it would be overwritten (--force does it)", edited)
    stale, kept = _stale(tree, folder, lock)
    new = {path: file.content for path, file in tree.items() if _is_new(file, found[path], path in lock.scaffolds)}
    text = lock_text(tree, info)
    if lock.text != text:
        new[LOCK_NAME] = text.encode()
    _place(out, new, stale)
    kept += [path for path, file in tree.items() if file.scaffold and path not in new]
    unchanged = [path for path, file in tree.items() if path not in new and not file.scaffold]
    return Written(tuple(sorted(new)), tuple(sorted(stale)), tuple(unchanged), tuple(sorted(kept)))


def _check_root(out: Path) -> None:
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise OutputRefused("BFF903", f"{out.name} is not a folder", (out.name,))


def _is_edited(file: File, content: bytes | None, known: str | None) -> bool:
    return not file.scaffold and content not in (None, file.content) and digest(content or b"") != known


def _is_new(file: File, content: bytes | None, scaffolded: bool) -> bool:
    """A scaffold that was deleted stays deleted: it is the user's."""
    if file.scaffold:
        return content is None and not scaffolded
    return content != file.content


def _stale(tree: FileTree, folder: Folder, lock: Lock) -> tuple[list[str], list[str]]:
    """Files of the last run that are not in the tree: those to remove, and those that were edited."""
    stale: list[str] = []
    kept: list[str] = []
    for path in sorted(lock.files.keys() - tree.keys()):
        content = folder.read(path)
        if content is not None:
            (stale if digest(content) == lock.files[path] else kept).append(path)
    return stale, kept


def _place(out: Path, new: dict[str, bytes], stale: list[str]) -> None:
    """New files and removals, the lock last: what the lock does not know is the user's."""
    if not new:
        return  # a stale file changes the lock
    try:
        out.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".bffgen-", dir=out))
    except OSError as error:
        raise OutputRefused("BFF903", f"cannot be written: {error.strerror}", (out.name,)) from None
    try:
        for number, (path, content) in enumerate(new.items()):
            _stage(staging / str(number), content, path)
        for number, path in sorted(enumerate(new), key=lambda entry: entry[1] == LOCK_NAME):
            if path == LOCK_NAME:
                _remove(out, stale)
            _rename(staging / str(number), out / path, path)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _stage(at: Path, content: bytes, path: str) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(at, flags, 0o644), "wb") as stream:
            stream.write(content)
    except OSError as error:
        raise OutputRefused("BFF903", f"cannot be written: {error.strerror}", (path,)) from None


def _rename(staged: Path, target: Path, path: str) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(staged, target)
    except OSError as error:
        raise OutputRefused("BFF903", f"cannot be written: {error.strerror}", (path,)) from None


def _remove(out: Path, stale: list[str]) -> None:
    """Remove files, and the folders that are empty then (byte code that Python left there does not count)."""
    for path in stale:
        target = out / path
        target.unlink(missing_ok=True)
        for parent in list(target.relative_to(out).parents)[:-1]:
            _remove_if_empty(out / parent)


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and all(child.name == "__pycache__" for child in folder.iterdir()):
        shutil.rmtree(folder, ignore_errors=True)
