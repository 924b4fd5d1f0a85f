"""What stands before the endpoints, as written."""

from __future__ import annotations

from bffgen.records import dataclass
from bffgen.source.text import Span


@dataclass(frozen=True, slots=True)
class Cors:
    """The sites whose scripts may call: `origins`, or all for `*`. What is None is made of the endpoints."""

    origins: tuple[str, ...]
    credentials: bool = False
    methods: tuple[str, ...] | None = None
    headers: tuple[str, ...] | None = None
    expose: tuple[str, ...] | None = None
    max_age: float = 600.0  # seconds


@dataclass(frozen=True, slots=True)
class RateLimit:
    """So many calls in so many seconds for each client, address, or value of a claim (`per` is its name then)."""

    limit: int
    seconds: int
    per: str = "client"
    claim: str | None = None
    span: Span | None = None  # of `per`

    @property
    def counts(self) -> str:
        return "claim" if self.claim is not None else self.per
