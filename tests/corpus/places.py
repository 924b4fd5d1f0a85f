"""Where documents stand: a licensed part of the corpus here, the corpus beside the checkout where it is.

Those in `made` are our own: each oddity that real documents have been seen to hold, once.
"""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).resolve().parent / "documents"
MADE = Path(__file__).resolve().parent / "made"
CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
VERSION = re.compile(r"""^\{?\s*["']?(?:openapi|swagger)["']?\s*:\s*["']?(2|3\.\d)""", re.MULTILINE)


def is_document(path: Path) -> bool:
    return path.suffix in (".json", ".yaml", ".yml") and VERSION.search(path.read_text("utf-8", "replace")) is not None


def documents_in(root: Path) -> list[Path]:
    return [path for path in sorted(root.rglob("*")) if path.is_file() and is_document(path)]
