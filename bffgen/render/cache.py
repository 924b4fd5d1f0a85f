"""What a pure function took long to work out, kept for this user's next run: never needed, safe to delete.

An entry is found by the hash of everything that it depends on, and says the hash of what it holds: one that was cut
short or changed counts as absent. Nothing here raises; without a folder to write to, nothing is kept.
`BFFGEN_CACHE` names the folder; `off` does without one.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

MAX_ENTRIES = 200
"""Of more than so many, the oldest go."""


def recall(key: str) -> str | None:
    """What was kept under the key."""
    folder = _folder()
    if folder is None:
        return None
    try:
        digest, _, text = (folder / _digest(key)).read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        return None
    return text if digest == _digest(text) else None


def keep(key: str, text: str) -> None:
    """Keep a text under the key, for whoever asks next."""
    folder = _folder()
    if folder is None:
        return
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        entry = folder / _digest(key)
        made = folder / f"{entry.name}.{os.getpid()}"
        made.write_text(f"{_digest(text)}\n{text}", encoding="utf-8", newline="\n")
        made.replace(entry)
        _forget_oldest(folder)


def _forget_oldest(folder: Path) -> None:
    entries = sorted(folder.iterdir(), key=lambda entry: entry.stat().st_mtime, reverse=True)
    for entry in entries[MAX_ENTRIES:]:
        entry.unlink()


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _folder() -> Path | None:
    """Where this user's programs keep what they can do without."""
    named = os.environ.get("BFFGEN_CACHE")
    if named:
        return None if named == "off" else Path(named)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base, "bffgen") if base and os.path.isabs(base) else None
