"""Did you mean? The readers of files ask too, so the comparison itself stands below."""

from __future__ import annotations

from bffgen.source.similar import closest

__all__ = ["closest"]
