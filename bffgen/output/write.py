"""The only writer: a tree of files onto disk, all of it or nothing.

New content is first written beside the files, in a folder of its own; then each file is renamed into its place,
the lock last. An interruption before the renames leaves everything as it was; one between them leaves whole files,
and the next run finishes: a file that already has the new content is never taken for an edited one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Set
from pathlib import Path

from bffgen.output.folder import Folder, OutputRefused, check_root
from bffgen.output.lock import LOCK_NAME, LockInfo, digest, lock_text
from bffgen.output.staging import interrupted, staging
from bffgen.plan.files import File, FileTree, check_path
from bffgen.records import dataclass


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
    check_root(out)
    ours = interrupted(out)
    todo = _todo(tree, out, info, ours, force)
    if todo.new:  # a stale file changes the lock
        with staging(out) as folder:
            todo = _todo(tree, out, info, ours, force)  # anew: another run may have come first
            _place(out, folder, todo)
    unchanged = [path for path, file in tree.items() if path not in todo.new and not file.scaffold]
    kept = [*todo.kept, *(path for path, file in tree.items() if file.scaffold and path not in todo.new)]
    return Written(tuple(sorted(todo.new)), tuple(todo.stale), tuple(unchanged), tuple(sorted(kept)))


@dataclass(frozen=True, slots=True)
class _Todo:
    """What is to be written and removed. `kept` are files of the last run that were edited."""

    new: dict[str, bytes]
    stale: list[str]
    kept: list[str]


def _todo(tree: FileTree, out: Path, info: LockInfo, ours: Mapping[str, str], force: bool) -> _Todo:
    """Compare the tree with the folder. `ours` are files that an interrupted run may have written beside the lock's."""
    folder = Folder(out)
    lock = folder.lock()
    found = {path: folder.read(path) for path in tree}
    known = {path: {of[path] for of in (lock.files, ours) if path in of} for path in {*lock.files, *ours}}
    edited = sorted(path for path, content in found.items() if _is_edited(tree[path], content, known.get(path, set())))
    if edited and not force:
        raise OutputRefused("BFF902", "edited by hand: it would be overwritten (--force does it)", edited)
    stale, kept = _stale(tree, folder, known)
    new = {path: file.content for path, file in tree.items() if _is_new(file, found[path], path in lock.scaffolds)}
    text = lock_text(tree, info)
    if lock.text != text or stale:
        new[LOCK_NAME] = text.encode()
    return _Todo(new, stale, kept)


def _is_edited(file: File, content: bytes | None, known: Set[str]) -> bool:
    return not file.scaffold and content not in (None, file.content) and digest(content or b"") not in known


def _is_new(file: File, content: bytes | None, scaffolded: bool) -> bool:
    """A scaffold that was deleted stays deleted: it is the user's."""
    if file.scaffold:
        return content is None and not scaffolded
    return content != file.content


def _stale(tree: FileTree, folder: Folder, known: Mapping[str, Set[str]]) -> tuple[list[str], list[str]]:
    """Files of earlier runs that are not in the tree: those to remove, and those that were edited."""
    stale: list[str] = []
    kept: list[str] = []
    for path in sorted(known.keys() - tree.keys()):
        content = folder.read(path)
        if content is not None:
            (stale if digest(content) in known[path] else kept).append(path)
    return stale, kept


def _place(out: Path, folder: Path, todo: _Todo) -> None:
    """New files and removals, the lock last: what the lock does not know is the user's."""
    staged = {path: folder / (LOCK_NAME if path == LOCK_NAME else str(at)) for at, path in enumerate(todo.new)}
    for path, content in todo.new.items():
        _stage(staged[path], content, path)
    for path in sorted(todo.new, key=lambda path: path == LOCK_NAME):
        if path == LOCK_NAME:
            _remove(out, todo.stale)
        _rename(staged[path], out / path, path)


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
        try:
            target.unlink(missing_ok=True)
        except OSError as error:
            raise OutputRefused("BFF903", f"cannot be removed: {error.strerror}", (path,)) from None
        for parent in list(target.relative_to(out).parents)[:-1]:
            _remove_if_empty(out / parent)


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and all(child.name == "__pycache__" for child in folder.iterdir()):
        shutil.rmtree(folder, ignore_errors=True)
