"""The output folder as it is on disk. Symbolic links are refused, never followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from bffgen.output.lock import LOCK_NAME, Lock, read_lock
from bffgen.plan.files import check_path


class OutputRefused(Exception):
    """Nothing was written. `code` is BFF902 (edited by hand) or BFF903 (cannot be written); `paths` say where."""

    def __init__(self, code: str, message: str, paths: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.paths = tuple(paths)


def check_root(out: Path) -> None:
    """Raises OutputRefused unless `out` is a folder, or nothing yet."""
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise OutputRefused("BFF903", f"{out.name} is not a folder", (out.name,))


class Folder:
    """Reads of one output folder, by relative path with `/`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, path: str) -> bytes | None:
        """A file's content, None where there is none. Raises OutputRefused for what is no plain file."""
        at = self.root
        for part in path.split("/"):
            at = at / part
            try:
                mode = os.lstat(at).st_mode
            except (FileNotFoundError, NotADirectoryError):
                return None
            except OSError as error:
                raise OutputRefused("BFF903", f"cannot be read: {error.strerror}", (path,)) from None
            if stat.S_ISLNK(mode):
                raise OutputRefused("BFF903", "there is a symbolic link on the way to it", (path,))
        if not stat.S_ISREG(mode):
            raise OutputRefused("BFF903", "there is something else than a file", (path,))
        try:
            return at.read_bytes()
        except OSError as error:
            raise OutputRefused("BFF903", f"cannot be read: {error.strerror}", (path,)) from None

    def lock(self) -> Lock:
        """The lock of the last generation; an empty one where there is none yet."""
        content = self.read(LOCK_NAME)
        if content is None:
            return Lock()
        try:
            lock = read_lock(content.decode("utf-8"))
            for path in (*lock.files, *lock.scaffolds):
                check_path(path)
        except ValueError as error:
            raise OutputRefused("BFF903", f"the lock cannot be read: {error}", (LOCK_NAME,)) from None
        return lock
