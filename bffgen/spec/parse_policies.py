"""`retry`, `breaker`, `hedge` and `concurrency` of a backend; `retry` and `hedge` of a call or an endpoint."""

from __future__ import annotations

from bffgen.source.nodes import Node
from bffgen.source.text import Span
from bffgen.spec.keys import BREAKER, RETRY
from bffgen.spec.policies import Breaker, Hedge, OwnPolicies, Policies, Retry
from bffgen.spec.reader import Fields, Reader, kind_of, shown

_MOST_TIMES, _MOST_CALLS = 5, 10_000


class PolicyReader(Reader):
    """Reads what backends, endpoints and calls say of their policies."""

    def policies(self, fields: Fields) -> Policies:
        get = fields.get
        return Policies(
            retry=self._retry(get("retry")),
            breaker=self._breaker(get("breaker")),
            concurrency=self._count(get("concurrency")),
            hedge=self._hedge(get("hedge")),
        )

    def own_policies(self, fields: Fields) -> OwnPolicies | None:
        """What a call or an endpoint says of its own."""
        retry, hedge = fields.get("retry"), fields.get("hedge")
        if retry is None and hedge is None:
            return None
        return OwnPolicies(self._retry(retry), self._hedge(hedge), _place(retry), _place(hedge))

    def _hedge(self, node: Node | None) -> Hedge | None:
        if node is None:
            return None
        if node.kind == "scalar" and isinstance(node.value, bool):
            return Hedge() if node.value else None
        after = self.duration(node)
        return None if after is None else Hedge(after)

    def _retry(self, node: Node | None) -> Retry | None:
        usual = Retry()
        if node is None or (node.kind == "scalar" and node.value is False):
            return None
        if node.kind == "scalar" and node.value is True:
            return usual
        if node.kind != "mapping":
            times = self._times(node)
            return Retry(times) if times else None
        fields = self.fields(node, RETRY)
        if fields is None:
            return None
        get = fields.get
        times = self._times(get("times"))
        backoff, longest = self.duration(get("backoff")), self.duration(get("max_backoff"))
        statuses = self._statuses(get("statuses"))
        return Retry(
            usual.times if times is None else times,
            backoff or usual.backoff,
            longest or max(usual.max_backoff, backoff or 0),
            statuses or usual.statuses,
        )

    def _times(self, node: Node | None) -> int | None:
        return self.integer(node, 0, _MOST_TIMES, f"how many more attempts there are, 0 to {_MOST_TIMES}")

    def _count(self, node: Node | None) -> int | None:
        return self.integer(node, 1, _MOST_CALLS, f"a number of calls, 1 to {_MOST_CALLS}")

    def _statuses(self, node: Node | None) -> tuple[int, ...]:
        items = [] if node is None else node.elements() if node.kind == "sequence" else [node]
        found = [self.integer(item, 500, 599, "a status from 500 to 599") for item in items]
        return tuple(sorted({status for status in found if status is not None}))

    def _breaker(self, node: Node | None) -> Breaker | None:
        usual = Breaker()
        if node is None:
            return None
        if node.kind == "scalar":
            return usual if self.boolean(node, False) else None
        fields = self.fields(node, BREAKER)
        if fields is None:
            return None
        get = fields.get
        return Breaker(
            self.duration(get("window")) or usual.window,
            self._count(get("calls")) or usual.calls,
            self._share(get("failures")) or usual.failures,
            self.duration(get("open")) or usual.open,
        )

    def _share(self, node: Node | None) -> float | None:
        if node is None:
            return None
        value = node.value if node.kind == "scalar" else None
        if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value <= 1:
            return float(value)
        percent = node.text.removesuffix("%").strip() if node.kind == "scalar" else ""
        help = f"write `{int(percent) / 100:g}`" if percent.isdigit() and 0 < int(percent) <= 100 else None
        found = kind_of(node) if value is None or isinstance(value, str) else f"`{shown(node.text)}`"
        self.bad(node.span, f"expected a share of the calls, above 0 and at most 1, found {found}", help)
        return None


def _place(node: Node | None) -> Span | None:
    return None if node is None else node.span
