"""The formatter: one run of ruff over all Python files. The only subprocess of the compiler."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ruff import find_ruff_bin  # type: ignore[import-untyped]

LINE_LENGTH = 100
TARGET = "py311"


class FormatError(Exception):
    """The formatter refused a file: a bug of ours. `files` is what was to be formatted, `output` what it said."""

    def __init__(self, output: str, files: Mapping[str, str]) -> None:
        super().__init__(f"generated code that does not parse:\n{output}")
        self.output = output
        self.files = dict(files)


def format_python(files: Mapping[str, str]) -> dict[str, str]:
    """The files, by path, formatted; nothing else about them changes. Raises FormatError."""
    if not files:
        return {}
    with tempfile.TemporaryDirectory(prefix="bffgen-") as folder:
        root = Path(folder)
        names = {path: f"f{number}.py" for number, path in enumerate(sorted(files))}
        for path, name in names.items():
            (root / name).write_text(files[path], "utf-8", newline="\n")
        _ruff(root, {name: path for path, name in names.items()}, files)
        return {path: (root / name).read_text("utf-8") for path, name in names.items()}


def _ruff(root: Path, paths: Mapping[str, str], files: Mapping[str, str]) -> None:
    options = [
        "--isolated",
        "--no-cache",
        f"--line-length={LINE_LENGTH}",
        f"--target-version={TARGET}",
    ]
    command = [find_ruff_bin(), "format", *options, *sorted(paths)]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("RUFF_")}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = done.stderr + done.stdout
        for name in sorted(paths, key=len, reverse=True):
            said = said.replace(name, paths[name])
        raise FormatError(said, files)
