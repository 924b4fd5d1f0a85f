"""The tests of an endpoint, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from bffgen.records import dataclass


@dataclass(frozen=True, slots=True)
class SampleForm:
    """The fields of a `multipart/form-data` body; a file is bytes."""

    fields: tuple[tuple[str, str | bytes], ...]


@dataclass(frozen=True, slots=True)
class SampleRequest:
    """A request to the gateway. `body` only counts with `has_body`: JSON, bytes as they are, or a form."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: Any
    has_body: bool
    by: str = ""  # the scheme that the client is known by
    claims: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SampleReply:
    """What a backend answers: JSON, bytes as they are, or nothing without `has_body`."""

    status: int
    body: Any
    has_body: bool
    headers: tuple[tuple[str, str], ...] = ()
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class FailureCase:
    """An operation fails. `fault` is a reply with an error status, or `timeout`, `unreachable`, `invalid`.

    `statuses`: what may be answered, one where it is sure; `degraded` what the header then says, if it is sure.
    """

    operation: str
    fault: SampleReply | str
    statuses: tuple[int, ...]
    degraded: str | None


@dataclass(frozen=True, slots=True)
class RefusalCase:
    """Data that a guard refuses, and with what."""

    request: SampleRequest
    replies: tuple[tuple[str, SampleReply], ...]  # those that differ
    statuses: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """What an operation answers: by the call that asks, one reply after another; `otherwise` to any other.

    A reply is a text where there is none: `timeout`, `unreachable`, `invalid`.
    """

    otherwise: SampleReply | str
    calls: tuple[tuple[str, tuple[SampleReply | str, ...]], ...]


@dataclass(frozen=True, slots=True)
class ExampleCase:
    """An example of the spec. `expected` only counts with `has_expected`; the body may hold more, if not `exact`."""

    name: str
    request: SampleRequest
    replies: tuple[tuple[str, Script], ...]
    status: int
    expected: Any
    has_expected: bool
    exact: bool


@dataclass(frozen=True, slots=True)
class EndpointTests:
    """`module` is the tests' own name. `newer` are replies with more in them than the documents have.

    `meetings` are operations that are under way at the same time. `cancelled`: when the first operation fails the
    second one, still under way, is cancelled, well before `seconds` have passed.
    """

    module: str
    path: str
    request: SampleRequest
    replies: tuple[tuple[str, SampleReply], ...]
    statuses: tuple[int, ...]
    expected: Any  # the body of the answer
    has_expected: bool
    newer: tuple[tuple[str, SampleReply], ...]
    invalid: SampleRequest | None
    failures: tuple[FailureCase, ...]
    refusals: tuple[RefusalCase, ...]
    meetings: tuple[tuple[str, ...], ...]
    cancelled: tuple[str, str, float] | None
    examples: tuple[ExampleCase, ...] = ()
    whole: bool = False  # the usual answer does without nothing, for sure
    streams: bool = False  # `expected` are the items of a stream


@dataclass(frozen=True, slots=True)
class OperationPlan:
    """How the in-memory backends tell which operation is asked for."""

    label: str
    backend: str  # its attribute
    method: str
    pattern: str  # of the path


@dataclass(frozen=True, slots=True)
class ProxyCase:
    """A request that passes through: to `path`, and so to the backend's `asked`; `unknown`: to nothing there."""

    method: str
    path: str
    label: str
    backend: str  # its attribute
    asked: str
    unknown: str | None
    by: str = ""
