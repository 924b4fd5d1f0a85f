"""How a backend is called when it is not well, as a spec says it; what it leaves out is the usual number."""

from __future__ import annotations

from bffgen.records import dataclass


@dataclass(frozen=True, slots=True)
class Retry:
    """More attempts, `times` of them; between them `backoff` seconds at most, twice as many each time."""

    times: int = 1
    backoff: float = 0.025
    max_backoff: float = 0.25
    statuses: tuple[int, ...] = (502, 503, 504)


@dataclass(frozen=True, slots=True)
class Breaker:
    """Open for `open` seconds when `failures` (a share) of `calls` at least, in `window` seconds, have failed."""

    window: float = 10.0
    calls: int = 20
    failures: float = 0.5
    open: float = 5.0


@dataclass(frozen=True, slots=True)
class Policies:
    """Those that are None are not asked for. `concurrency`: calls at one time."""

    retry: Retry | None = None
    breaker: Breaker | None = None
    concurrency: int | None = None

    def __bool__(self) -> bool:
        return self != Policies()
