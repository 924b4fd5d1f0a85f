"""`init` and `schema`."""

from __future__ import annotations

import json
import sys
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from bffgen.cli.terminal import fail
from bffgen.spec.schema import json_schema

SCHEMA = "bffgen.schema.json"


def init(folder: Path) -> int:
    """Write the starter; a file that is there already stops it before anything is written."""
    texts = dict(_starter(files("bffgen.cli") / "starter", Path()))
    texts[Path(SCHEMA)] = _schema_text()
    for path in texts:
        if (folder / path).exists():
            raise fail(f"`{folder / path}` is there already; nothing was written")
    try:
        for path, text in texts.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
    except OSError as reason:
        raise fail(f"cannot write to `{folder}`: {(reason.strerror or str(reason)).lower()}") from None
    for path in sorted(texts):
        print(f"wrote {folder / path}", file=sys.stderr)
    into = "" if folder == Path() else f"cd {folder} && "
    print(f"\nnext:\n  {into}bffgen check\n  bffgen generate -o out\n  bffgen dev", file=sys.stderr)
    return 0


def schema(output: Path | None) -> int:
    """Print the spec's JSON Schema, or write it."""
    if output is None:
        print(_schema_text(), end="")
        return 0
    try:
        output.write_text(_schema_text(), encoding="utf-8")
    except OSError as reason:
        raise fail(f"cannot write `{output}`: {(reason.strerror or str(reason)).lower()}") from None
    return 0


def _schema_text() -> str:
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _starter(folder: Traversable, below: Path) -> list[tuple[Path, str]]:
    found = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            found += _starter(entry, below / entry.name)
        else:
            found.append((below / entry.name, entry.read_text(encoding="utf-8")))
    return found
