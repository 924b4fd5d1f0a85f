"""What stands before the endpoints of the emitted project, decided."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from bffgen.plan.imports import Import
from bffgen.records import dataclass


@dataclass(frozen=True, slots=True)
class CorsPlan:
    """Which sites may call, with everything said; `max_age` in seconds."""

    origins: tuple[str, ...]
    credentials: bool
    methods: tuple[str, ...]
    headers: tuple[str, ...]
    expose: tuple[str, ...]
    max_age: int


Ways = tuple[tuple[str, tuple[str, ...]], ...]
"""Who may call: schemes by name, each with the scopes that it has to give."""


@dataclass(frozen=True, slots=True)
class RatePlan:
    """So many calls in so many seconds, for each `client`, `address` or value of a `claim`."""

    name: str
    limit: int
    seconds: int
    per: str
    claim: str | None


@dataclass(frozen=True, slots=True)
class GatesPlan:
    """What stands before an endpoint. A limit by address comes first: checking signatures takes time."""

    ways: Ways = ()
    rate: RatePlan | None = None

    def __bool__(self) -> bool:
        return bool(self.ways) or self.rate is not None


@dataclass(frozen=True, slots=True)
class TokenPlan:
    """What tokens are asked for. `claims` is the constant that reads what they say, if they have to say something."""

    issuer: str
    audience: tuple[str, ...]
    jwks: str
    algorithms: tuple[str, ...]
    leeway: float  # seconds
    scope_claim: str
    claims: str | None


@dataclass(frozen=True, slots=True)
class SchemePlan:
    """How clients are known: by tokens, else by a key in `header`. `scopes` are all that may be asked for."""

    name: str
    tokens: TokenPlan | None
    header: str
    scopes: tuple[str, ...]
    sample: Mapping[str, Any]  # claims for the tests' tokens


@dataclass(frozen=True, slots=True)
class ReaderPlan:
    """A function that gives an endpoint the claims of who calls, and the constant that it reads them with."""

    function: str
    constant: str
    annotation: ast.expr


@dataclass(frozen=True, slots=True)
class SecurityPlan:
    """The module of schemes. `adapters` are its constants that read claims, with the types of these."""

    imports: tuple[Import, ...]
    schemes: tuple[SchemePlan, ...]
    readers: tuple[ReaderPlan, ...]
    adapters: tuple[tuple[str, ast.expr], ...]
