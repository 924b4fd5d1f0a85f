"""How a folder differs from what would be generated now. Reads only."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from bffgen.output.folder import Folder, check_root
from bffgen.output.lock import LOCK_NAME, Lock, LockInfo, digest, lock_text
from bffgen.plan.files import File, FileTree
from bffgen.records import dataclass

DriftKind = Literal["missing", "stale", "edited", "outdated"]


@dataclass(frozen=True, slots=True)
class Drift:
    """`missing`: not there; `stale`: not generated any more; `edited`: by hand; `outdated`: from older input.

    `found` is None for a missing file, `wanted` for a stale one.
    """

    kind: DriftKind
    path: str
    found: bytes | None
    wanted: bytes | None


def compare(tree: FileTree, out: Path, info: LockInfo) -> list[Drift]:
    """Every difference, by path. Scaffolds count only when they are missing; the user's files never."""
    check_root(out)
    folder = Folder(out)
    lock = folder.lock()
    found = [drift for path, file in tree.items() if (drift := _file(path, file, folder, lock))]
    for path in lock.files.keys() - tree.keys():
        if (content := folder.read(path)) is not None:
            kind: DriftKind = "stale" if digest(content) == lock.files[path] else "edited"
            found.append(Drift(kind, path, content, None))
    wanted = lock_text(tree, info)
    if lock.text != wanted:
        kind = "outdated" if lock.text else "missing"
        found.append(Drift(kind, LOCK_NAME, lock.text.encode() or None, wanted.encode()))
    return sorted(found, key=lambda drift: drift.path)


def _file(path: str, file: File, folder: Folder, lock: Lock) -> Drift | None:
    content = folder.read(path)
    if content is None:
        return None if file.scaffold and path in lock.scaffolds else Drift("missing", path, None, file.content)
    if file.scaffold or content == file.content:
        return None
    kind: DriftKind = "outdated" if lock.files.get(path) == digest(content) else "edited"
    return Drift(kind, path, content, file.content)


def diff(drifts: list[Drift]) -> str:
    """The differences as one unified diff, from what is there to what would be generated."""
    return "".join(_unified(drift) for drift in drifts)


def _unified(drift: Drift) -> str:
    old, new = _lines(drift.found), _lines(drift.wanted)
    before = "/dev/null" if drift.found is None else f"a/{drift.path}"
    after = "/dev/null" if drift.wanted is None else f"b/{drift.path}"
    shown = ""
    for line in difflib.unified_diff(old, new, before, after):
        shown += line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
    return shown


def _lines(content: bytes | None) -> list[str]:
    text = (content or b"").decode("utf-8", "replace")
    return [f"{line}\n" for line in text.split("\n")[:-1]] + (
        [text.split("\n")[-1]] if text[-1:] not in ("", "\n") else []
    )


def summary(drifts: list[Drift]) -> Mapping[str, int]:
    """How many of each kind."""
    return {kind: sum(drift.kind == kind for drift in drifts) for kind in sorted({d.kind for d in drifts})}
