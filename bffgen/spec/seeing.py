"""What a gateway lets be seen of its work, as written."""

from __future__ import annotations

from bffgen.records import dataclass


@dataclass(frozen=True, slots=True)
class Seeing:
    """What is in the project; a setting of it switches each on."""

    metrics: bool = False
    server_timing: bool = False
    traces: bool = False

    def __bool__(self) -> bool:
        return self.metrics or self.server_timing or self.traces
