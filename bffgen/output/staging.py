"""The folder that new files are written to before they are renamed into their places. One run at a time has it.

A run that was killed leaves it behind: the next one takes it over, and learns from its lock which files are ours.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bffgen.output.folder import Folder, OutputRefused
from bffgen.output.lock import LOCK_NAME, read_lock

STAGING = ".bffgen-staging"
_OWNER = "run-"  # of the process whose number follows
_TRIES, _PAUSE = 200, 0.05  # seconds: for so long another run is waited for
_LONGEST = 60.0  # seconds after which a run has ended, whatever is known of it


@contextmanager
def staging(out: Path) -> Iterator[Path]:
    """An empty folder in `out`, which is made if need be; it is gone in the end. Raises OutputRefused."""
    folder = out / STAGING
    try:
        out.mkdir(parents=True, exist_ok=True)
        _take(folder)
        (folder / f"{_OWNER}{os.getpid()}").mkdir()
    except OSError as error:
        raise OutputRefused("BFF903", f"cannot be written: {error.strerror}", (out.name,)) from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def interrupted(out: Path) -> Mapping[str, str]:
    """The files, with their sha256, that a run which was killed was about to write."""
    try:
        content = Folder(out).read(f"{STAGING}/{LOCK_NAME}")
        return read_lock(content.decode("utf-8")).files if content is not None else {}
    except (OutputRefused, ValueError):
        return {}


def _take(folder: Path) -> None:
    for _ in range(_TRIES):
        try:
            folder.mkdir()
            return
        except FileExistsError:
            if _is_held(folder):
                time.sleep(_PAUSE)
            else:
                shutil.rmtree(folder, ignore_errors=True)
    raise OutputRefused("BFF903", "another run of bffgen is writing there", (STAGING,))


def _is_held(folder: Path) -> bool:
    """Whether the run that made the folder may still be under way."""
    try:
        if time.time() - folder.lstat().st_mtime > _LONGEST:
            return False
        owners = [path.name.removeprefix(_OWNER) for path in folder.glob(f"{_OWNER}*")]
    except OSError:
        return folder.exists()  # it is being removed
    if len(owners) != 1 or not owners[0].isdigit():
        return True  # it is being made, or being removed
    return int(owners[0]) != os.getpid() and _is_running(int(owners[0]))


def _is_running(process: int) -> bool:
    if os.name != "posix":
        return True  # to ask would be to interrupt it
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
