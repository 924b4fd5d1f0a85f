"""The replies of `replies.yaml`, as bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

DATA = yaml.safe_load((Path(__file__).parent / "replies.yaml").read_text("utf-8"))
_REPEATED = re.compile(r"\{(\d+) \* (.*?)\}", re.DOTALL)


def replies() -> Iterator[tuple[str, bytes]]:
    """Each reply with its name: `not-found/chunked`, `bare-lf`."""
    for line, first in DATA["first_lines"].items():
        for body, rest in DATA["bodies"].items():
            yield f"{line}/{body}", _bytes(f"{first}\r\n{rest}")
    for name, text in DATA["whole"].items():
        yield name, _bytes(text)


def _bytes(text: str) -> bytes:
    return _REPEATED.sub(lambda found: int(found[1]) * found[2], text).encode("latin-1")
