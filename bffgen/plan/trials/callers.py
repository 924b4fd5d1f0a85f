"""Who sends the requests of the tests: the first way in, and what is then known of the client."""

from __future__ import annotations

from typing import Any

from bffgen.check.access import CheckedAccess, CheckedScheme
from bffgen.openapi.sample import sample
from bffgen.typesystem.model import ListType, non_null

_BEGUN, _ENDS = 1_700_000_000, 4_102_444_800
"""Seconds between which the tests' tokens are good: 2023 to 2100."""


def sample_caller(access: CheckedAccess) -> tuple[str, dict[str, Any]]:
    """The scheme of a client that is let in, and its claims."""
    scheme = access.ways[0].of
    return scheme.name, sample_claims(scheme)


def sample_claims(scheme: CheckedScheme) -> dict[str, Any]:
    """What is known of a client: sample data, but for what a token says of itself."""
    found: dict[str, Any] = sample(scheme.claims)
    jwt = scheme.jwt
    if jwt is None:
        return {name: str(value).replace(" ", "-") or name for name, value in found.items()}
    registered: dict[str, Any] = {"iss": jwt.issuer, "aud": jwt.audience[0]}
    registered |= {"exp": _ENDS, "iat": _BEGUN, "nbf": _BEGUN, jwt.scope_claim: " ".join(scheme.scopes)}
    for name, value in registered.items():
        if name in found:
            listed = isinstance(non_null(scheme.claims.fields[name].type), ListType)
            found[name] = str(value).split() if listed else value
    return found
