"""An example of an endpoint, checked: data that fits the request, the backends' replies and the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bffgen.records import dataclass


@dataclass(frozen=True, eq=False, slots=True)
class ExampleReply:
    """What a call is answered in an example, as plain data. `fault`: `timeout`, `unreachable` or `invalid`."""

    status: int | None  # None: the operation's usual one
    body: Any
    has_body: bool
    headers: Mapping[str, str]
    fault: str | None


@dataclass(frozen=True, eq=False, slots=True)
class CheckedExample:
    """An example of an endpoint. `replies` by the path of a call: `price`, or `rows.price` inside of a block.

    Several replies are given one after another. `params` has values by the parameters' names.
    """

    name: str
    params: Mapping[str, Any]
    body: Any
    has_body: bool
    headers: Mapping[str, str]
    replies: Mapping[str, tuple[ExampleReply, ...]]
    status: int | None
    expected: Any
    has_expected: bool
    exact: bool
