"""Answers of a backend that are no JSON: bytes that are passed on, streams, texts."""

from __future__ import annotations

import ast

from bffgen.check.media import is_text_answer, item_of, media_types
from bffgen.openapi.media import EVENTS
from bffgen.openapi.model import Operation
from bffgen.plan.emitted_names import Module
from bffgen.plan.operations import UsedOperation
from bffgen.plan.quote import called, code, constant, name, quote
from bffgen.typesystem.model import TEXT, StreamType, is_nullable

IDLE = 60.0
"""Seconds between two pieces of a stream."""


class Opening:
    """How a client opens such an answer, and what it makes of it."""

    def __init__(self, used: UsedOperation, module: Module) -> None:
        self.operation: Operation = used.operation
        self._reply = used.reply
        self._label = used.label
        self._module = module

    def options(self) -> dict[str, ast.expr | None]:
        """Options of `download`."""
        kinds = self._media_types()
        given: dict[str, ast.expr | None] = {}
        if "*/*" not in kinds:
            given = {"media_types": ast.Set([constant(one) for one in kinds]), "accept": constant(", ".join(kinds))}
        if isinstance(self._reply, StreamType):
            last = ast.Tuple([constant("last-event-id")], ast.Load()) if kinds == (EVENTS,) else None
            return given | {"limit": constant(None), "idle": constant(IDLE), "forward": last}
        if is_conditional(self.operation):
            given["success"] = ast.Call(name("frozenset"), [ast.Set([constant(s) for s in self._statuses()])], [])
            given["forward"] = name(self._module.runtime("downloads", "CONDITIONAL"))
        return given

    def _statuses(self) -> list[int]:
        found = {answer.status for answer in self.operation.responses if str(answer.status)[0] == "2"}
        return sorted(
            {*(status for status in found if isinstance(status, int)), *_CONDITIONAL} & _documented(self.operation)
        )

    def _media_types(self) -> tuple[str, ...]:
        if isinstance(self._reply, StreamType):
            found = item_of(self.operation)
            assert found is not None
            return (found[0],)
        return media_types(self.operation)

    def answer(self, opened: ast.Call) -> list[ast.stmt]:
        """The statements that give the answer."""
        if not isinstance(self._reply, StreamType):
            return quote("return await opened", opened=opened)
        [kind], item = self._media_types(), self._reply.item
        as_text = kind == EVENTS and item == TEXT
        reader = self._module.runtime("events", "events" if kind == EVENTS else "lines")
        adapter = name(self._module.adapter(item))
        made = called(reader, name("source"), adapter, text=constant(True) if as_text else None)
        return [*quote("source = await opened", opened=opened), *quote("return made", made=made)]

    def text(self) -> ast.expr:
        """The answer `raw` as a text."""
        assert is_text_answer(self.operation)
        function = "decode_text_or_none" if is_nullable(self._reply) else "decode_text"
        kinds = ast.Set([constant(one) for one in media_types(self.operation)])
        return called(self._module.runtime("texts", function), constant(self._label), code("raw"), kinds)


_CONDITIONAL = frozenset({206, 304})


def is_conditional(operation: Operation) -> bool:
    """Whether the document says what is answered to a client that has a part already, or all."""
    return operation.method == "GET" and not _CONDITIONAL.isdisjoint(_documented(operation))


def _documented(operation: Operation) -> set[int]:
    return {answer.status for answer in operation.responses if isinstance(answer.status, int)}
