"""An endpoint's calls as a graph: what waits for what, and what that costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from bffgen.check.model import AnswerWith, CheckedCall, CheckedEndpoint, CheckedGuard, PassOn, Use
from bffgen.expr.tree import Literal


@dataclass(frozen=True)
class Schedule:
    """The calls of one endpoint by name, in the order written."""

    endpoint: CheckedEndpoint

    @cached_property
    def waits(self) -> dict[str, tuple[str, ...]]:
        """For each call the calls that it waits for, the order of writes included."""
        found: dict[str, set[str]] = {}
        for index, call in enumerate(self.endpoint.calls):
            needs = set(self._calls(call.needs | call.after))
            if call.write:
                above = self.endpoint.calls[:index]
                needs |= {other.name for other in above if other.write or other.guards}
                needs |= set(self._calls(*(guard.needs for guard in self.endpoint.guards)))
            found[call.name] = needs - {call.name}
        order = [call.name for call in self.endpoint.calls]
        return {name: tuple(sorted(needs, key=order.index)) for name, needs in found.items()}

    @cached_property
    def steps(self) -> dict[str, int]:
        """How many calls stand before each on its longest chain, itself counted: 1 for the first ones."""
        found: dict[str, int] = {}

        def step(name: str) -> int:
            if name not in found:
                found[name] = 1 + max((step(before) for before in self.waits[name]), default=0)
            return found[name]

        for name in self.waits:
            step(name)
        return found

    @property
    def critical_path(self) -> tuple[str, ...]:
        """The longest chain of calls: their latencies add up, all others run beside them."""
        if not self.steps:
            return ()
        path = [max(self.steps, key=lambda name: self.steps[name])]
        while self.waits[path[-1]]:
            path.append(max(self.waits[path[-1]], key=lambda name: self.steps[name]))
        return tuple(reversed(path))

    @property
    def statuses(self) -> tuple[int, ...]:
        """Every status that the endpoint itself decides on, in order."""
        endpoint = self.endpoint
        found = {*endpoint.statuses, *(guard.status for guard in self._guards())}
        if endpoint.params or endpoint.body is not None:
            found.add(422)
        for call in endpoint.calls:
            found |= call.passes | _answered(call)
            if _can_fail(call):
                found |= {502, 504}
        return tuple(sorted(found))

    def _guards(self) -> Iterator[CheckedGuard]:
        yield from self.endpoint.guards
        for call in self.endpoint.calls:
            yield from call.guards

    def _calls(self, *needs: Iterable[str]) -> Iterator[str]:
        """The calls behind names that may be calls, lets, or `guard:2`."""
        calls = {call.name for call in self.endpoint.calls}
        lets = {let.name: let.needs for let in self.endpoint.lets}
        for name in (name for group in needs for name in group):
            if name in calls:
                yield name
            elif name in lets:
                yield from self._calls(lets[name])
            elif name.startswith("guard:"):
                yield from self._calls(self.endpoint.guards[int(name.removeprefix("guard:"))].needs)


def _can_fail(call: CheckedCall) -> bool:
    """Whether some failure of the call fails the endpoint."""
    caught = {reaction.when for reaction in call.reactions if isinstance(reaction.action, Use)}
    return "else" not in caught


def _answered(call: CheckedCall) -> set[int]:
    found: set[int] = set()
    for reaction in call.reactions:
        if isinstance(reaction.action, AnswerWith):
            found.add(reaction.action.status)
        elif isinstance(reaction.action, PassOn):
            found |= {status for status, _ in reaction.action.bodies if isinstance(status, int)}
    return found


def policy(call: CheckedCall) -> str:
    """What becomes of the endpoint when the call fails, in a few words: `required, 404 passes`."""
    said = ["required" if _can_fail(call) else "optional"]
    for reaction in call.reactions:
        match reaction.action:
            case Use(value=Literal(value=None)):
                said.append(f"{reaction.when}: null")
            case Use():
                said.append(f"{reaction.when}: a default")
            case AnswerWith(status=status):
                said.append(f"{reaction.when}: {status}")
            case PassOn():
                said.append(f"{reaction.when}: passed on")
            case _:
                said.append(f"{reaction.when}: fails")
    if call.passes:
        said.append(f"{', '.join(map(str, sorted(call.passes)))} passes")
    if call.when is not None or call.null_arguments:
        said.append("not always made")
    if call.write:
        said.append("a write")
    return ", ".join(said)
