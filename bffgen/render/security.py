"""The module of schemes, and the tests of who is let in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bffgen.plan.edge_model import SchemePlan, SecurityPlan
from bffgen.plan.model import GatewayPlan
from bffgen.plan.trials.model import EndpointTests, SampleRequest
from bffgen.render.code import Code, expression, identifier, joined, literal
from bffgen.render.views import View, import_views

_CURVES = {"ES256": "SECP256R1", "ES384": "SECP384R1", "ES512": "SECP521R1"}


def security_view(plan: GatewayPlan, security: SecurityPlan) -> View:
    """The module that opens the schemes."""
    prefix = plan.package.upper()
    return {
        "stock": plan.stock,
        "tokens": any(scheme.tokens is not None for scheme in security.schemes),
        "keys": any(scheme.tokens is None for scheme in security.schemes),
        "imports": import_views(security.imports),
        "adapters": [{"name": identifier(name), "of": expression(of)} for name, of in security.adapters],
        "schemes": [_scheme(scheme, prefix) for scheme in security.schemes],
        "readers": [
            {
                "function": identifier(reader.function),
                "constant": identifier(reader.constant),
                "of": expression(reader.annotation),
            }
            for reader in security.readers
        ],
    }


def _scheme(scheme: SchemePlan, prefix: str) -> View:
    tokens = scheme.tokens
    return {
        "key": literal(scheme.name),
        "name": identifier(scheme.name),
        "header": literal(scheme.header),
        "variable": literal(f"{prefix}_{scheme.name.upper()}_KEYS"),
        "tokens": tokens
        and {
            "algorithms": literal(tokens.algorithms),
            "leeway": literal(tokens.leeway),
            "scope_claim": literal(tokens.scope_claim),
            "claims": identifier(tokens.claims) if tokens.claims is not None else None,
        },
    }


# ------------------------------------------------------------------------------------------------ tests


def caller_view(plan: GatewayPlan) -> View:
    """The credentials of the tests, and what the gateway is told of them."""
    schemes = plan.security.schemes if plan.security is not None else ()
    tokens = [_issuer(scheme) for scheme in schemes if scheme.tokens is not None]
    keys = [_clients(scheme, plan) for scheme in schemes if scheme.tokens is None]
    makers = sorted({_module(one.tokens.algorithms[0]) for one in schemes if one.tokens is not None})
    return {
        "issuers": tokens,
        "clients": keys,
        "key_modules": joined([identifier(name) for name in makers], ", "),
    }


def _issuer(scheme: SchemePlan) -> View:
    tokens = scheme.tokens
    assert tokens is not None
    made = {key: value for key, value in scheme.sample.items() if value is not None}
    algorithm = tokens.algorithms[0]
    return {
        "key": literal(scheme.name),
        "name": identifier(scheme.name),
        "algorithm": literal(algorithm),
        "issuer": literal(tokens.issuer),
        "audience": literal(tokens.audience[0]),
        "scope_claim": literal(tokens.scope_claim),
        "scopes": literal(scheme.scopes),
        "claims": literal(made),
        "jwks": literal(f"https://{scheme.name}.keys.test/"),
        "module": _module(algorithm),
        "curve": identifier(_CURVES[algorithm]) if algorithm in _CURVES else None,
    }


def _module(algorithm: str) -> str:
    """The module of `cryptography` that makes keys for an algorithm."""
    return "ec" if algorithm in _CURVES else "ed25519" if algorithm == "EdDSA" else "rsa"


def _clients(scheme: SchemePlan, plan: GatewayPlan) -> View:
    """Every client that the tests' requests come from."""
    asked = [request for endpoint in plan.endpoints for request in _requests(endpoint.tests)]
    named = [request.claims.get("client") for request in asked if request.by == scheme.name]
    names = dict.fromkeys(str(name) for name in [scheme.sample["client"], *named] if name)
    return {
        "key": literal(scheme.name),
        "name": identifier(scheme.name),
        "header": literal(scheme.header.lower()),
        "scopes": literal(scheme.scopes),
        "names": literal(tuple(names)),
    }


def _requests(tests: EndpointTests) -> Iterator[SampleRequest]:
    yield tests.request
    yield from (case.request for case in tests.refusals)
    yield from (case.request for case in tests.examples)
    if tests.invalid is not None:
        yield tests.invalid


def security_tests(plan: GatewayPlan, shown: Callable[[SampleRequest], Code]) -> View:
    """Who is let in: every endpoint without credentials, and what tokens must not be."""
    secured = [endpoint for endpoint in plan.endpoints if endpoint.gates.ways]
    schemes = {scheme.name: scheme for scheme in (plan.security.schemes if plan.security is not None else ())}
    by_token: dict[str, SampleRequest] = {}
    scoped: list[SampleRequest] = []
    for endpoint in secured:
        request = endpoint.tests.request
        if schemes[request.by].tokens is not None:
            by_token.setdefault(request.by, request)
            scoped += [request] if len(endpoint.gates.ways) == 1 and endpoint.gates.ways[0][1] else []
    keys = any(scheme.tokens is None for scheme in schemes.values()) and bool(secured)
    return {
        "secured": [shown(endpoint.tests.request) for endpoint in secured],
        "scoped": [shown(request) for request in scoped],
        "tokens": [shown(request) for request in by_token.values()],
        "keys": keys,
        "clients": keys,
        "issuers": bool(by_token),
    }
