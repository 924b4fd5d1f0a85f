"""Examples of an endpoint, as written: plain YAML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from bffgen.records import dataclass
from bffgen.source.nodes import Node
from bffgen.source.text import Span

ExampleFault = Literal["timeout", "unreachable", "invalid"]


@dataclass(frozen=True, eq=False, slots=True)
class ExampleReply:
    """What a backend answers in an example: plain YAML, or no answer at all (`fault`)."""

    status: int | None
    body: Node | None
    headers: Mapping[str, str]
    fault: ExampleFault | None
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Example:
    """A request, the backends' replies by the name of the call, and what the answer has to be."""

    name: str | None
    span: Span
    params: Mapping[str, tuple[Node, Span]]
    body: Node | None
    headers: Mapping[str, str]
    replies: Mapping[str, tuple[tuple[ExampleReply, ...], Span]]
    status: int | None
    expected: Node | None
    exact: bool
