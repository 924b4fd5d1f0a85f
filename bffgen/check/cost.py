"""What an endpoint costs: how many calls, how many one after another, how long at worst."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from bffgen.check.graph import Edges, edges_of
from bffgen.check.lists import CONCURRENCY, most_items
from bffgen.check.model import CheckedBlock, CheckedCall, CheckedEndpoint, CheckedEntry, UseOther
from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.expr import tree
from bffgen.records import dataclass
from bffgen.spec import model as spec

ENDLESS = math.inf


@dataclass(frozen=True, slots=True)
class Cost:
    """Calls of an endpoint that answers: at least and at most, `hops` of them one after another at worst.

    `seconds` is how long its calls take together when each takes as long as it may. Infinite: nothing bounds it.
    Calls that take writes back are not counted.
    """

    least: int
    most: float
    hops: float
    seconds: float


def cost_of(endpoint: CheckedEndpoint) -> Cost:
    """The cost of an endpoint; its deadline is not looked at."""
    return _scope(endpoint, endpoint.parallel_writes)


def _scope(scope: CheckedEndpoint | CheckedBlock, parallel: bool) -> Cost:
    costs = {entry.name: _entry(entry, parallel) for entry in scope.calls}
    costs = {entry.name: _with_others(entry, costs) for entry in scope.calls}
    own = [entry for entry in scope.calls if not entry.lazy]
    edges = _with_writes(scope, parallel)
    return Cost(
        sum(costs[entry.name].least for entry in own),
        sum(costs[entry.name].most for entry in own),
        _longest(own, edges, lambda name: costs[name].hops if name in costs else 0),
        _longest(own, edges, lambda name: costs[name].seconds if name in costs else 0),
    )


def _entry(entry: CheckedEntry, parallel: bool) -> Cost:
    least, most, waves = _times(entry)
    if isinstance(entry, CheckedBlock):
        once = _scope(entry, parallel)
        once = Cost(once.least, once.most, once.hops, min(once.seconds, entry.timeout or ENDLESS))
    else:
        once = Cost(1, 1, 1, entry.timeout)
    if entry.when is not None or (isinstance(entry, CheckedCall) and entry.null_arguments):
        least = 0
    return Cost(
        least * once.least, _product(most, once.most), _product(waves, once.hops), _product(waves, once.seconds)
    )


def _times(entry: CheckedEntry) -> tuple[int, float, float]:
    """How often an entry is made, at least and at most, and how many times one after another."""
    if entry.each is not None:
        most = _bound(entry.each.source, entry.each.limit)
        least = 0 if entry.each.condition is not None else _at_least(entry.each.source)
        return least, most, _waves(most, entry.each.concurrency)
    if isinstance(entry, CheckedCall) and entry.batch is not None:
        keys = most_items(entry.batch.keys)
        chunks = math.ceil(keys / entry.batch.size) if keys is not None else ENDLESS
        return 0, chunks, _waves(chunks, CONCURRENCY)
    if isinstance(entry, CheckedCall) and entry.pages is not None:
        more = 1 if entry.pages.by in ("page", "offset") else 0
        pages = entry.pages.max_pages + more
        return 1, pages, pages
    return 1, 1, 1


def _bound(source: tree.Expr, limit: int | None) -> float:
    known = [most for most in (most_items(source), limit) if most is not None]
    return min(known, default=ENDLESS)


def _at_least(source: tree.Expr) -> int:
    return getattr(source.type, "min_items", 0) or 0


def _waves(most: float, together: int) -> float:
    return most if math.isinf(most) else math.ceil(most / together)


def _product(times: float, one: float) -> float:
    return 0 if not times or not one else times * one


def _with_others(entry: CheckedEntry, costs: dict[str, Cost]) -> Cost:
    """With the calls that are made in the place of one that failed."""
    cost = costs[entry.name]
    others = [
        costs[r.action.call] for r in entry.reactions if isinstance(r.action, UseOther) and r.action.call in costs
    ]
    if not others:
        return cost
    times = _times(entry)[1]
    most = max(other.most for other in others)
    hops, seconds = (max(getattr(other, name) for other in others) for name in ("hops", "seconds"))
    return Cost(cost.least, cost.most + _product(times, most), cost.hops + hops, cost.seconds + seconds)


def _with_writes(scope: CheckedEndpoint | CheckedBlock, parallel: bool) -> Edges:
    """What waits for what; writes wait for those above them, too."""
    edges = dict(edges_of(scope))
    writes: list[str] = []
    for entry in scope.calls:
        if entry.write and not parallel:
            edges[entry.name] = edges[entry.name] | frozenset(writes)
            writes.append(entry.name)
    return edges


def _longest(entries: Iterable[CheckedEntry], edges: Edges, weight: Callable[[str], float]) -> float:
    """The heaviest chain of nodes that wait for each other."""
    found: dict[str, float] = {}

    def up_to(name: str, above: frozenset[str]) -> float:
        if name in above:  # calls that wait for each other, which has been said
            return 0
        if name not in found:
            waits = edges.get(name, frozenset())
            found[name] = weight(name) + max((up_to(need, above | {name}) for need in waits), default=0)
        return found[name]

    return max((up_to(entry.name, frozenset()) for entry in entries), default=0)


def check_deadline(endpoint: CheckedEndpoint, written: spec.Endpoint, diags: Diagnostics) -> None:
    """Warn of timeouts of calls one after another that are longer than the deadline, as the spec has them (BFF408)."""
    given = {name: _given(entry) for name, entry in written.calls.items()}
    edges = _with_writes(endpoint, endpoint.parallel_writes)
    entries = [entry for entry in endpoint.calls if entry.name in given]
    seconds = _longest(entries, edges, lambda name: given.get(name, 0))
    if seconds <= endpoint.deadline or max(given.values(), default=0) > endpoint.deadline:
        return
    last = max(entries, key=lambda entry: _longest([entry], edges, lambda name: given.get(name, 0)))
    diags.report(
        "BFF408",
        f"calls one after another may take {seconds:g} s, the endpoint has {endpoint.deadline:g} s",
        Label(last.span, "the last of them"),
        Label(endpoint.span, f"answers within {endpoint.deadline:g} s"),
        help="raise `deadline:` of the endpoint, or lower a `timeout:`",
    )


def _given(entry: spec.Entry) -> float:
    """The timeout that is written at an entry."""
    return entry.timeout or 0


def told(cost: Cost, deadline: float) -> str:
    """The cost in words: `2 to 53 calls, at most 3 one after another, 4.5 s at worst, of 5 s`."""
    if cost.most == 0:
        return "no calls"
    parts = [_calls(cost)]
    if 1 < cost.hops < ENDLESS:
        parts.append(f"at most {cost.hops:g} one after another")
    if cost.seconds < ENDLESS:
        parts.append(f"{cost.seconds:g} s at worst")
    parts.append(f"cut off after {deadline:g} s" if cost.seconds > deadline else f"of {deadline:g} s")
    return ", ".join(parts)


def _calls(cost: Cost) -> str:
    if math.isinf(cost.most):
        return f"{cost.least} call{'s' if cost.least != 1 else ''} or more"
    number = f"{cost.most:g}" if cost.least == cost.most else f"{cost.least} to {cost.most:g}"
    return f"{number} call{'s' if cost.most != 1 else ''}"
