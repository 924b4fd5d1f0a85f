"""`bffgen.lock`: what was generated from what. JSON, sorted, without times or absolute paths."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from bffgen.plan.files import FileTree
from bffgen.records import dataclass

LOCK_NAME = "bffgen.lock"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class LockInfo:
    """What the lock says beside the files: the tool's version, input files with their sha256, the footprint."""

    tool: str
    inputs: Mapping[str, str]
    footprint: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock as read: sha256 and ownership of each file. `text` is what it was read from."""

    files: Mapping[str, str] = field(default_factory=dict)  # generated files
    scaffolds: frozenset[str] = frozenset()
    text: str = ""


def digest(content: bytes) -> str:
    """The sha256 of a file's content, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def lock_text(tree: FileTree, info: LockInfo) -> str:
    """The lock of a tree."""
    files = {
        path: {"owner": "scaffold"} if file.scaffold else {"owner": "generated", "sha256": digest(file.content)}
        for path, file in sorted(tree.items())
    }
    made = {
        "format": _FORMAT,
        "bffgen": info.tool,
        "inputs": dict(sorted(info.inputs.items())),
        "footprint": info.footprint,
        "files": files,
    }
    return json.dumps(made, indent=2, ensure_ascii=True) + "\n"


def read_lock(text: str) -> Lock:
    """The lock in a text. Raises ValueError when it is none, or is of a newer format."""
    data = json.loads(text)
    if not isinstance(data, dict) or not isinstance(data.get("files"), dict):
        raise ValueError("not a lock")
    if data.get("format") != _FORMAT:
        raise ValueError(f"a lock of format {data.get('format')!r}, made by another bffgen")
    files: dict[str, str] = {}
    scaffolds: set[str] = set()
    for path, entry in data["files"].items():
        if not isinstance(entry, dict):
            raise ValueError("not a lock")
        if entry.get("owner") == "scaffold":
            scaffolds.add(path)
        else:
            files[path] = str(entry.get("sha256"))
    return Lock(files, frozenset(scaffolds), text)
