"""Which sites may call: what the spec leaves out is made of the endpoints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bffgen.check.model import CheckedGateway
from bffgen.plan.edge_model import CorsPlan

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_OWN = ("Gateway-Degraded", "Retry-After", "X-Request-Id")
"""Headers of answers that any gateway may send."""


def plan_cors(gateway: CheckedGateway) -> CorsPlan | None:
    """The rules; None where the spec asks for none: then no browser lets another site's scripts read an answer."""
    cors = gateway.cors
    if cors is None:
        return None
    methods = _unique(_methods(gateway)) if cors.methods is None else cors.methods
    return CorsPlan(
        cors.origins,
        cors.credentials,
        tuple(method for method in _METHODS if method in methods),
        cors.headers if cors.headers is not None else _unique(_taken(gateway)),
        cors.expose if cors.expose is not None else _unique(_sent(gateway)),
        max(1, round(cors.max_age)),
    )


def _methods(gateway: CheckedGateway) -> Iterator[str]:
    for endpoint in gateway.endpoints:
        yield from ("GET", "HEAD") if endpoint.method == "GET" else (endpoint.method,)
    for proxy in gateway.proxies:
        yield from proxy.methods


def _taken(gateway: CheckedGateway) -> Iterator[str]:
    """The headers that the gateway reads of a request, or sends on."""
    if gateway.proxies or any(endpoint.body is not None for endpoint in gateway.endpoints):
        yield "Content-Type"
    for scheme in gateway.schemes:
        yield "Authorization" if scheme.jwt is not None else scheme.header
    for endpoint in gateway.endpoints:
        yield from (param.wire_name for param in endpoint.params if param.location == "header")
        if any(call.write for call in endpoint.calls):
            yield "Idempotency-Key"
    for backend in gateway.backends:
        yield from backend.forward_headers


def _sent(gateway: CheckedGateway) -> Iterator[str]:
    yield from _OWN
    rates = [one.rate for one in gateway.endpoints] + [one.rate for one in gateway.proxies]
    if any(rate is not None for rate in rates):
        yield from ("RateLimit", "RateLimit-Policy")
    for endpoint in gateway.endpoints:
        yield from (name for name, _ in endpoint.headers)


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once, whatever its case, in order of the alphabet."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(name.lower(), name)
    return tuple(found[name] for name in sorted(found))
