"""What an endpoint answers to sample data, told beforehand for the emitted tests."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any

from bffgen.check.model import CheckedBlock, CheckedCall, CheckedEndpoint, CheckedEntry, CheckedGuard
from bffgen.expr.tree import Expr, Role
from bffgen.plan.schedule import CallNode, GuardNode, Schedule, schedule
from bffgen.plan.trials.evaluate import Unsure, bound, evaluate, truth
from bffgen.plan.trials.failing import PASSED_ON, Given, Meant, meaning, status_of
from bffgen.plan.trials.requests import UNKNOWN, Asked, Fault, ask, is_request_valid
from bffgen.plan.trials.samples import Data, operation_label
from bffgen.plan.walk import CallScope
from bffgen.records import dataclass

Ending = tuple[int, Fault | None]
"""A status that ends the endpoint, and the failure that it came of; None: an answer that is no failure of a call."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`statuses` that the endpoint may answer: one where it is sure. `made`: whether each call is made.

    `asked` are the operations that are asked for sure. `doubtful`: more may be degraded than is told.
    """

    statuses: frozenset[int]
    degraded: frozenset[str]
    made: Mapping[str, bool | None]
    succeeds: bool  # for sure
    data: Data = field(compare=False)  # with the values that calls came to have
    asked: frozenset[str]
    doubtful: bool


def simulate(
    endpoint: CheckedEndpoint,
    plan: Schedule,
    data: Data,
    statuses: frozenset[int],
    faults: Mapping[str, Fault] | None = None,
) -> Outcome:
    """The outcome when the operations in `faults` fail so.

    `statuses` are all that the endpoint documents: what may come where it cannot be told.
    """
    run = _Run(endpoint, copy.deepcopy(data), Given(endpoint, faults or {}))
    try:
        if not is_request_valid(endpoint, run.data):
            run.possible.add((422, None))
        run.run(plan)
    except Unsure:
        made = {call.name: None for call in endpoint.calls}
        return Outcome(statuses, frozenset(), made, False, data, frozenset(), True)
    return _outcome(endpoint, run)


def _outcome(endpoint: CheckedEndpoint, run: _Run) -> Outcome:
    asked, possible = frozenset(run.given.asked), {status for status, _ in run.possible}
    if run.certain:
        ends = frozenset({status for status, _ in run.certain} | possible)
        return Outcome(ends, frozenset(), run.made, False, run.data, asked, True)
    run.data[Role.DEGRADED, "degraded"] = run.degraded
    statuses = frozenset(_success(endpoint, run) | possible)
    return Outcome(statuses, frozenset(run.degraded), run.made, not possible, run.data, asked, run.maybe_degraded)


def _success(endpoint: CheckedEndpoint, run: _Run) -> set[int]:
    usual = set(endpoint.statuses)
    if endpoint.status is not None:
        try:
            usual = {int(evaluate(endpoint.status, run.data))}
        except Unsure:
            pass
    elif endpoint.statuses:
        usual = {endpoint.statuses[0]}
    own = endpoint.degraded_status != endpoint.statuses[0]
    if own and run.degraded:
        return {endpoint.degraded_status}
    return usual | ({endpoint.degraded_status} if own and run.maybe_degraded else set())


@dataclass
class _Result:
    """What an entry comes to: a value, or what ends the endpoint for sure; and what may end it."""

    value: Any = UNKNOWN
    certain: set[Ending] = field(default_factory=set)
    possible: set[Ending] = field(default_factory=set)
    degraded: dict[str, Any] = field(default_factory=dict)
    maybe_degraded: bool = False

    def in_doubt(self) -> _Result:
        """The same where it may not come to this."""
        maybe = self.maybe_degraded or bool(self.degraded)
        return _Result(UNKNOWN, set(), self.certain | self.possible, {}, maybe)

    def take(self, other: _Result) -> None:
        """What another one may come to happens here, too; its value is left."""
        self.certain |= other.certain
        self.possible |= other.possible
        self.degraded |= other.degraded
        self.maybe_degraded = self.maybe_degraded or other.maybe_degraded


@dataclass
class _Run:
    """One time through the calls of an endpoint or block."""

    scope: CallScope
    data: Data
    given: Given
    top: str | None = None  # the endpoint's entry that the block stands in
    certain: set[Ending] = field(default_factory=set)
    possible: set[Ending] = field(default_factory=set)
    degraded: dict[str, Any] = field(default_factory=dict)
    maybe_degraded: bool = False
    stopped: set[str] = field(default_factory=set)
    made: dict[str, bool | None] = field(default_factory=dict)

    def run(self, plan: Schedule) -> None:
        for step in plan.before:
            if isinstance(step, CheckedGuard) and self._refuses(step):
                self.made = {call.name: False for call in self.scope.calls}
                return
        for node in plan.nodes:
            late = node.late if isinstance(node, CallNode) else ()
            if self.stopped.intersection((*node.values, *node.waits, *late)):
                self._stop(node.key)
            elif isinstance(node, CallNode):
                self._entry(node.call)
            elif isinstance(node, GuardNode):
                self._guards(node.key, node.guards, None)

    def _stop(self, key: str) -> None:
        self.stopped.add(key)
        if any(call.name == key for call in self.scope.calls):
            self.made[key] = False

    # ------------------------------------------------------------------------------------------------- guards

    def _refuses(self, guard: CheckedGuard, certain: bool = True) -> bool:
        holds = truth(guard.that, self.data)
        if holds is False and certain:
            self.certain.add((guard.status, None))
        elif holds is not True:
            self.possible.add((guard.status, None))
        return holds is False and certain

    def _guards(self, key: str, guards: tuple[CheckedGuard, ...], owner: str | None) -> None:
        for guard in guards:
            certain = True
            if owner is not None and guard.skip_if_null:
                value = self.data.known.get((Role.CALL, owner), UNKNOWN)
                if value is None:
                    continue
                certain = value is not UNKNOWN
            if self._refuses(guard, certain):
                self.stopped.add(key)
                return

    # ------------------------------------------------------------------------------------------------ entries

    def _entry(self, entry: CheckedEntry) -> None:
        if entry.lazy:
            self.made[entry.name] = False
            return
        made, result = self._result(entry)
        self.made[entry.name] = made
        self.possible |= result.possible
        if result.certain:
            self.certain |= result.certain
            self.stopped.add(entry.name)
            return
        self.degraded |= result.degraded
        self.maybe_degraded = self.maybe_degraded or result.maybe_degraded
        if result.value is UNKNOWN:
            self.data.known.pop((Role.CALL, entry.name), None)
        else:
            self.data[Role.CALL, entry.name] = result.value
        if isinstance(entry, CheckedCall):
            self._guards(entry.name, entry.guards, entry.name)

    def _result(self, entry: CheckedEntry) -> tuple[bool | None, _Result]:
        """Whether the entry is made, and what it comes to."""
        made = truth(entry.when, self.data) if entry.when is not None else True
        if isinstance(entry, CheckedCall) and entry.each is None and made is not False:
            made = _unless_null(made, entry, self.data)
        if made is False:
            return False, _Result(None)
        asked = set(self.given.asked)
        result = self._made(entry)
        if made is None:
            self.given.asked.intersection_update(asked)
            result = result.in_doubt()
        return made, result

    def _made(self, entry: CheckedEntry) -> _Result:
        if entry.each is not None:
            return self._each(entry)
        if isinstance(entry, CheckedBlock):
            return self._block(entry, self.data)
        if entry.batch is not None:
            return self._batch(entry)
        if entry.pages is not None:
            return self._pages(entry)
        return self._reacted(entry, self._ask(entry, self.data), self.data)

    def _ask(self, call: CheckedCall, data: Data) -> Asked:
        self.given.asked.add(operation_label(call.operation))
        return ask(self.given.endpoint, call, data, self.given.faults)

    def _reacted(self, call: CheckedCall, asked: Asked, data: Data) -> _Result:
        """What a call gives, or what its failure becomes."""
        if asked.fault is None:
            return _Result(_shaped(call, asked.answer, data))
        found = self._failed(call, asked.fault, status_of(call, asked.fault), data)
        if asked.sure:
            return found
        found = found.in_doubt()
        if asked.fault != "invalid":
            unsent = self._failed(call, "invalid", status_of(call, "invalid"), data)
            found.take(unsent.in_doubt())
        found.possible |= {(422, None)} if found.possible else set()
        found.maybe_degraded = True
        return found

    def _failed(self, entry: CheckedEntry, fault: Fault, hard: int, data: Data) -> _Result:
        """What becomes of a failure; `hard` is the status that it answers with where nothing is said of it."""
        meant = meaning(entry, fault)
        match meant:
            case Meant(status=int() as status):
                return _Result(certain={(fault if status == PASSED_ON and isinstance(fault, int) else status, None)})
            case Meant(other=str() as other):
                instead = next(call for call in self.scope.calls if call.name == other)
                return self._result(instead)[1]
            case Meant(value=value, soft=True):
                return self._softened(entry, fault, value, data)
        return _Result(certain={(hard, fault)})

    def _softened(self, entry: CheckedEntry, fault: Fault, value: Expr | None, data: Data) -> _Result:
        found = _Result(_known(value, data) if value is not None else None)
        if not isinstance(fault, int) or fault >= 500 or fault == 429:
            kind = "status" if isinstance(fault, int) else fault
            status = fault if isinstance(fault, int) else None
            found.degraded[self.top or entry.name] = {"kind": kind, "status": status}
        return found

    # ----------------------------------------------------------------------------------------------- repeated

    def _each(self, entry: CheckedEntry) -> _Result:
        assert entry.each is not None
        items = _listed(evaluate(entry.each.source, self.data))
        if entry.each.limit is not None and len(items) > entry.each.limit:
            return _Result(certain={(422, None) if entry.each.client_list else (502, "limit")})
        found, values = _Result([]), list[Any]()
        for item in items:
            data = Data({**self.data.known, **bound(entry.each.target, item)}, self.data.lets)
            one = self._item(entry, data)
            found.take(one)
            values.append(one.value)
        found.value = UNKNOWN if any(value is UNKNOWN for value in values) else _by_key(entry, values, self.data)
        return found

    def _item(self, entry: CheckedEntry, data: Data) -> _Result:
        assert entry.each is not None
        if entry.each.condition is not None and not evaluate(entry.each.condition, data):
            return _Result(None)
        if isinstance(entry, CheckedBlock):
            return self._block(entry, data)
        if _unless_null(True, entry, data) is False:
            return _Result(None)
        return self._reacted(entry, self._ask(entry, data), data)

    def _batch(self, call: CheckedCall) -> _Result:
        assert call.batch is not None
        keys = list(dict.fromkeys(key for key in _listed(evaluate(call.batch.keys, self.data)) if key is not None))
        size = call.batch.size
        parts = []
        for start in range(0, len(keys), size):
            data = Data({**self.data.known, (Role.BATCH, "batch"): keys[start : start + size]}, self.data.lets)
            asked = self._ask(call, data)
            if asked.fault is not None:
                return self._reacted(call, asked, self.data)
            parts.append(_items(call, asked.answer, data))
        return _Result(_united(call, parts, self.data))

    def _pages(self, call: CheckedCall) -> _Result:
        """All pages, where the backend answers the same to each request."""
        assert call.pages is not None
        asked = self._ask(call, self.data)
        if asked.fault is not None:
            return self._reacted(call, asked, self.data)
        data = Data({**self.data.known, (Role.ANSWER, "answer"): asked.answer}, self.data.lets)
        items, pages = _items(call, asked.answer, self.data), call.pages
        ended = pages.by == "link" or not items or (pages.until is not None and bool(evaluate(pages.until, data)))
        if pages.by == "cursor" and pages.next is not None and not ended:
            ended = evaluate(pages.next, data) is None
        if not ended:
            fault = "invalid" if pages.by == "cursor" and pages.max_pages > 1 else "limit"
            return self._failed(call, fault, 502, self.data)
        return _Result(_united(call, [items], self.data))

    def _block(self, block: CheckedBlock, data: Data) -> _Result:
        lets = {**data.lets, **{let.name: let for let in block.lets}}
        run = _Run(block, Data(dict(data.known), lets), self.given, self.top or block.name)
        run.run(schedule(block, self.given.endpoint.parallel_writes))
        found = _Result(UNKNOWN, set(), set(), run.degraded, run.maybe_degraded)
        for status, fault in run.possible:
            if fault is None:
                found.possible.add((status, fault))
            else:
                found.take(self._failed(block, fault, status, data).in_doubt())
        if not run.certain:
            found.value = UNKNOWN if found.possible or run.possible else _known(block.value, run.data)
            return found
        ways = [self._failed(block, f, s, data) if f is not None else _Result(certain={(s, f)}) for s, f in run.certain]
        for way in ways:
            found.take(way if len(ways) == 1 or all(other.certain for other in ways) else way.in_doubt())
        found.value = ways[0].value if len(ways) == 1 else UNKNOWN
        return found


def _unless_null(made: bool | None, call: CheckedCall, data: Data) -> bool | None:
    """Whether a call is made, its required arguments considered."""
    for value in call.null_arguments:
        try:
            if evaluate(value, data) is None:
                return False
        except Unsure:
            made = None if made else made
    return made


def _known(value: Expr, data: Data) -> Any:
    try:
        return evaluate(value, data)
    except Unsure:
        return UNKNOWN


def _listed(value: Any) -> list[Any]:
    if value is None:
        raise Unsure
    return list(value)


def _items(call: CheckedCall, answer: Any, data: Data) -> Any:
    """The list or map in one answer. Raises `Unsure`."""
    if answer is UNKNOWN:
        raise Unsure
    if call.items is None:
        return answer
    return evaluate(call.items, Data({**data.known, (Role.ANSWER, "answer"): answer}, data.lets))


def _shaped(call: CheckedCall, answer: Any, data: Data) -> Any:
    """What the call gives of one answer."""
    if answer is UNKNOWN or (call.items is None and call.key is None):
        return answer
    items = _items(call, answer, data)
    if call.key is None or call.each is not None or items is None:
        return items
    return _by_key(call, _values(items), data)


def _united(call: CheckedCall, parts: list[Any], data: Data) -> Any:
    there = [part for part in parts if part is not None]
    if any(isinstance(part, dict) for part in there):
        united: dict[Any, Any] = {}
        for part in there:
            united = {**part, **united}
        return united if call.key is None else _by_key(call, united.values(), data)
    return _by_key(call, [item for part in there for item in part], data)


def _values(items: Any) -> Iterator[Any]:
    return iter(items.values() if isinstance(items, dict) else items)


def _by_key(entry: CheckedEntry, items: Iterable[Any], data: Data) -> Any:
    """The items, by the entry's key if it has one. Raises `Unsure`."""
    if entry.key is None:
        return list(items)
    made: dict[Any, Any] = {}
    for item in items:
        if item is not None:
            key = evaluate(entry.key, Data({**data.known, (Role.ITEM, "item"): item}, data.lets))
            if key is not None:
                made.setdefault(key, item)
    return made
