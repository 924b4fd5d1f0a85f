"""What goes into an endpoint and what comes out of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bffgen.check.model import CheckedCall
from bffgen.openapi.model import Operation

from .requests import NOTHING, Sent


@dataclass(frozen=True, eq=False)
class Reply:
    """What a backend does: it answers, or there is a `fault`. `text` is a body that is not made of `body`."""

    status: int = 200
    body: Any = NOTHING
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"
    fault: str | None = None  # timeout, unreachable
    text: str | None = None

    @property
    def content(self) -> Any:
        """The JSON that came, or `NOTHING`."""
        if not _is_json(self.media_type):
            return NOTHING
        if self.text is None:
            return self.body
        try:
            return json.loads(self.text, parse_constant=_refused)
        except ValueError:
            return NOTHING


def _refused(word: str) -> Any:
    raise ValueError(word)


def _is_json(media_type: str) -> bool:
    bare = media_type.partition(";")[0]
    return bare == "application/json" or bare.endswith("+json")


Replies = Callable[[Operation, Sent], Reply]


@dataclass(frozen=True)
class Request:
    """Parameters by their names in the spec, as JSON; those not sent are left out."""

    params: Mapping[str, Any] = field(default_factory=dict)
    body: Any = NOTHING


@dataclass(frozen=True)
class Asked:
    """A request to a backend. Not `sure`: what it was for may have been given up before."""

    sent: Sent
    write: bool
    sure: bool = True


@dataclass(frozen=True)
class Outcome:
    """An answer. `body` of a problem has `call`, `detail` and the further members, nothing that every problem has.

    `because`: success, request, guard, on_error, overflow, breach, or the kind of a failure. `also` are statuses that
    would do as well. `plain`: the answer has no envelope, whatever the endpoint has.
    """

    status: int
    body: Any
    because: str
    problem: bool = False
    degraded: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    cookies: tuple[tuple[str, str], ...] = ()
    asked: tuple[Asked, ...] | None = None
    also: frozenset[int] = frozenset()
    plain: bool = False


@dataclass(frozen=True)
class Expected:
    """All outcomes that are right, unless there are too many to tell (`open`).

    `shaky`: a number that is not finite was made on the way.
    """

    outcomes: tuple[Outcome, ...]
    shaky: bool
    open: bool = False


@dataclass(eq=False)
class Failure(Exception):
    """A call that failed. `why` says more than the kind does; `call` is the path of the one that is blamed.

    `leaf` is the backend call behind it.
    """

    kind: str
    status: int | None = None
    content: Any = NOTHING
    reply: Reply | None = None
    unsent: bool = False
    why: str = ""
    call: str | None = None
    leaf: CheckedCall | None = None
    direct: bool = False

    @property
    def degrades(self) -> bool:
        return self.kind != "status" or self.status is None or self.status >= 500 or self.status == 429


class Stop(Exception):
    """The endpoint's answer is decided."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class Blocked(Exception):
    """Something that is needed is not there: why is told elsewhere."""


def problem(status: int, why: str, call: str | None = None) -> Outcome:
    return Outcome(status, {} if call is None else {"call": call}, why, problem=True)
