"""What the published document says of who may call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bffgen.check.access import CheckedAccess, CheckedScheme

Json = dict[str, Any]

_CHALLENGE: Json = {"headers": {"WWW-Authenticate": {"description": "How to be let in.", "schema": {"type": "string"}}}}
_TOLD = {401: "Unauthorized", 403: "Forbidden", 503: "Service Unavailable"}


def security_schemes(schemes: Sequence[CheckedScheme]) -> Json:
    """The document's part of that name, if there are any."""
    return {"securitySchemes": {scheme.name: _scheme(scheme) for scheme in schemes}} if schemes else {}


def _scheme(scheme: CheckedScheme) -> Json:
    told: list[str] = [scheme.description] if scheme.description else []
    if scheme.scopes:
        lines = (f"* `{name}`{f': {about}' if about else ''}" for name, about in scheme.scopes.items())
        told.append("Scopes:\n\n" + "\n".join(lines))
    made: Json = {"type": "apiKey", "in": "header", "name": scheme.header}
    if scheme.jwt is not None:
        made = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    return {**made, "description": "\n\n".join(told)} if told else made


def asked_of_clients(access: CheckedAccess) -> Json:
    """`security` of an operation: the ways in, of which one is enough."""
    return {"security": [{way.scheme: list(way.scopes)} for way in access.ways]}


def refused_with(access: CheckedAccess | None) -> Iterator[int]:
    """The statuses of who is not let in."""
    if access is None:
        return
    yield 401
    if any(way.scopes for way in access.ways):
        yield 403
    if any(way.of.jwt is not None for way in access.ways):  # the issuer's keys may be out of reach
        yield 503


def challenged(access: CheckedAccess | None, status: int | str) -> Json:
    """The headers of a refusal."""
    return _CHALLENGE if status in (401, 403) and status in refused_with(access) else {}


def denials(access: CheckedAccess, problem: Json) -> Json:
    """What who is not let in is answered."""
    content = {"application/problem+json": {"schema": problem}}
    return {
        str(status): {"description": _TOLD[status], **challenged(access, status), "content": content}
        for status in refused_with(access)
    }
