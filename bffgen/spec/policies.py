"""How a backend is called when it is not well, as a spec says it; what it leaves out is the usual number."""

from __future__ import annotations

from bffgen.records import dataclass
from bffgen.source.text import Span


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
class Hedge:
    """A second request after so many seconds; None: when the answer takes longer than 95 of 100."""

    after: float | None = None


@dataclass(frozen=True, slots=True)
class OwnPolicies:
    """What a call or an endpoint has instead of the backend's, where there is a place that says so."""

    retry: Retry | None = None
    hedge: Hedge | None = None
    retry_span: Span | None = None
    hedge_span: Span | None = None


@dataclass(frozen=True, slots=True)
class CallPolicies:
    """What a call has in the end. `repeatable`: it may be sent again although it writes."""

    retry: Retry | None
    hedge: Hedge | None
    repeatable: bool = False


@dataclass(frozen=True, slots=True)
class Policies:
    """Those that are None are not asked for. `concurrency`: calls at one time."""

    retry: Retry | None = None
    breaker: Breaker | None = None
    concurrency: int | None = None
    hedge: Hedge | None = None

    def __bool__(self) -> bool:
        return self != Policies()
