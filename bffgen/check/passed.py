"""What passes through the gateway, checked: routes to a backend, streams."""

from __future__ import annotations

from typing import Literal

from bffgen.check.access import CheckedAccess
from bffgen.check.rates import CheckedRate
from bffgen.openapi.model import Operation
from bffgen.records import dataclass
from bffgen.source.text import Span


@dataclass(frozen=True, eq=False, slots=True)
class CheckedStream:
    """The answer is the items of a call's stream (`source` its media type), one by one, as lines or events."""

    form: Literal["lines", "events"]
    call: str


@dataclass(frozen=True, eq=False, slots=True)
class CheckedProxy:
    """A route that passes through. `operations` are those of the document that may be reached; None: all.

    `path` and `to` are templates with the same variables, the last of which may be a tail: `{path:path}`.
    """

    path: str
    to: str
    backend: str
    methods: tuple[str, ...]
    operations: tuple[Operation, ...] | None
    known: tuple[Operation, ...]  # those that the document has below `to`
    span: Span
    access: CheckedAccess | None = None
    rate: CheckedRate | None = None
