"""A backend's reply as a value."""

from __future__ import annotations

from typing import Any

from bffgen.check.model import CheckedCall
from bffgen.openapi.model import Response
from bffgen.typesystem.model import Null, Type, Unknown

from .chance import Oracle
from .data import Breach, Reader
from .needs import Needs
from .outcomes import Failure, Reply
from .requests import NOTHING


class Decoding:
    """Reads replies. Where a breach stands in a field that this endpoint does not need, it may count or not."""

    def __init__(self, needs: Needs, oracle: Oracle) -> None:
        self._least = Reader(needs, needs.is_read, needs.is_whole, lenient=True)
        self._most = Reader(kept=needs.is_whole)
        self._oracle = oracle
        self._chosen: dict[tuple[int, int], bool] = {}

    def success(self, call: CheckedCall, reply: Reply) -> Any:
        """The value of a successful answer. Raises `Failure`."""
        results = [self._read(reader, call, reply) for reader in (self._least, self._most)]
        found = results[self._choice(call, reply, [isinstance(one, Failure) for one in results])]
        if isinstance(found, Failure):
            raise found
        return found

    def body(self, call: CheckedCall, reply: Reply, of: Type) -> Any:
        """The documented body of a failure. Raises `Breach`."""
        results: list[Any] = []
        for reader in (self._least, self._most):
            try:
                results.append(reader.read(None if reply.content is NOTHING else reply.content, of))
            except Breach as breach:
                results.append(breach)
        if reply.content is NOTHING:
            raise Breach("no body")
        found = results[self._choice(call, reply, [isinstance(one, Breach) for one in results])]
        if isinstance(found, Breach):
            raise found
        return found

    def _choice(self, call: CheckedCall, reply: Reply, fails: list[bool]) -> bool:
        """Which reader is right: the lenient one, unless the other one sees a breach that it does not."""
        if fails[0] == fails[1]:
            return False
        key = id(call.operation), id(reply)
        if key not in self._chosen:
            self._chosen[key] = self._oracle.choose([False, True])
        return self._chosen[key]

    def _read(self, reader: Reader, call: CheckedCall, reply: Reply) -> Any:
        response = _documented(call, reply.status)
        if response is None:
            return Failure("invalid")
        if isinstance(call.reply, Null) or response.type is None:
            return None
        content = reply.content
        if reply.status in (204, 205):
            content = None
        elif content is NOTHING:
            return Failure("invalid")
        exact = not reader.lenient and not isinstance(response.type, Unknown)
        try:
            return reader.read(content, response.type if exact else call.reply)
        except Breach:
            return Failure("invalid")


def _documented(call: CheckedCall, status: int) -> Response | None:
    """The response of a success."""
    for response in call.operation.success():
        if response.status == status or not isinstance(response.status, int):
            return response
    return None
