"""Who may call, as written."""

from __future__ import annotations

from collections.abc import Mapping

from bffgen.records import dataclass
from bffgen.source.text import Span
from bffgen.spec.operation import TypeText


@dataclass(frozen=True, eq=False, slots=True)
class Jwt:
    """What tokens must say, and who vouches for their signatures."""

    issuer: str
    audience: tuple[str, ...]
    jwks: str
    algorithms: tuple[str, ...]
    leeway: float  # seconds
    scope_claim: str


@dataclass(frozen=True, eq=False, slots=True)
class Scheme:
    """How clients are known: by tokens (`jwt`), else by a key in `header`. `claims` are names and types."""

    name: str
    span: Span
    description: str | None
    jwt: Jwt | None
    header: str
    scopes: Mapping[str, str]  # name -> what it allows
    claims: Mapping[str, TypeText]
    claims_span: Span | None


@dataclass(frozen=True, eq=False, slots=True)
class Alternative:
    """One way to be let in: known by a scheme, with these scopes."""

    scheme: str
    span: Span
    scopes: tuple[tuple[str, Span], ...]


@dataclass(frozen=True, eq=False, slots=True)
class Access:
    """Who may call: one of the alternatives is enough; with none of them it is everybody."""

    alternatives: tuple[Alternative, ...]
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Security:
    schemes: Mapping[str, Scheme]
    default: Access
