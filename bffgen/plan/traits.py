"""What holds for a whole endpoint: whether its writes are taken back, its reads shared, its writes told apart."""

from __future__ import annotations

from collections.abc import Iterator

from bffgen.check.model import CheckedBlock, CheckedCall, CheckedEndpoint, CheckedEntry, leaves
from bffgen.openapi.model import Parameter
from bffgen.records import dataclass

KEY = "Idempotency-Key"
_KEYED_METHODS = ("POST", "PATCH")


@dataclass(frozen=True, slots=True)
class Traits:
    """`records`: what became of each write is kept, to undo it or to say so, and each has its own idempotency key.

    `shares`: equal reads may occur, and are sent once.
    """

    records: bool
    shares: bool


def traits_of(endpoint: CheckedEndpoint) -> Traits:
    """The traits of an endpoint."""
    writes = [call for call in leaves(endpoint.calls) if call.write]
    many = len(writes) > 1 or any(looped and call.write for call, looped in _looped(endpoint.calls, False))
    undoes = any(call.undo is not None for call in writes)
    return Traits(many or undoes, _shares(endpoint))


def _shares(endpoint: CheckedEndpoint) -> bool:
    reads = [(call, looped) for call, looped in _looped(endpoint.calls, False) if not call.write]
    operations = [id(call.operation) for call, _ in reads]
    return len(operations) != len(set(operations)) or any(looped for _, looped in reads)


def _looped(entries: tuple[CheckedEntry, ...], looped: bool) -> Iterator[tuple[CheckedCall, bool]]:
    """Every backend call, and whether it may be made several times with the same arguments."""
    for entry in entries:
        often = looped or entry.each is not None
        if isinstance(entry, CheckedBlock):
            yield from _looped(entry.calls, often)
        else:
            yield entry, often


def key_parameter(call: CheckedCall) -> Parameter | None:
    """The declared header parameter that a write's idempotency key goes into, unless the spec sets it."""
    if not call.write:
        return None
    sent = [argument.parameter for argument in call.arguments]
    declared = [p for p in call.operation.parameters if p.location == "header" and p.name.lower() == KEY.lower()]
    return declared[0] if declared and declared[0] not in sent and not _sets_key(call) else None


def adds_key(call: CheckedCall) -> bool:
    """Whether a write gets an idempotency key as a header that its document does not speak of."""
    declared = any(p.location == "header" and p.name.lower() == KEY.lower() for p in call.operation.parameters)
    return call.write and call.operation.method in _KEYED_METHODS and not declared and not _sets_key(call)


def _sets_key(call: CheckedCall) -> bool:
    return any(name.lower() == KEY.lower() for name, _ in call.headers)
