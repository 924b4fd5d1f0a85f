"""What stands before the endpoints, in the form that the templates print."""

from __future__ import annotations

from collections.abc import Iterator

from bffgen.plan.edge_model import CorsPlan, SecurityPlan
from bffgen.plan.model import GatewayPlan
from bffgen.render.code import identifier, joined, literal
from bffgen.render.views import View


def setting_view(name: str, of: str, value: object, module: str = "config") -> View:
    """A setting of a type that a module of the runtime has."""
    return {"name": identifier(name), "type": identifier(of), "value": literal(value), "module": module}


def edge_settings(plan: GatewayPlan) -> Iterator[View]:
    """The settings that belong to no backend."""
    if plan.cors is not None:
        yield setting_view("cors_origins", "Origins", plan.cors.origins, "cors")
    if plan.limits:
        yield setting_view("rate_limits", "bool", True)
        yield setting_view("trusted_hops", "Count", 0)
    if plan.security is not None:
        yield from _token_settings(plan.security)


def app_imports(plan: GatewayPlan) -> list[View]:
    """What the app takes from the runtime, by module."""
    found = [
        ("collector", "rare_collections", True),
        ("cors", "Cors", plan.cors is not None),
        ("front", "install_front", True),
        ("logs", "configure_logging", True),
        ("problems", "install_problems", True),
        ("rates", "Rates", plan.limits),
        ("route", "add_routes", True),
        ("serving", "document_router, health_router", True),
    ]
    return [
        {"module": identifier(module), "names": joined(map(identifier, names.split(", ")), ", ")}
        for module, names, used in found
        if used
    ]


def cors_view(plan: CorsPlan) -> View:
    """The arguments of the rules, the origins aside, which are a setting."""
    return {
        "methods": literal(plan.methods),
        "headers": literal(plan.headers),
        "expose": literal(plan.expose),
        "credentials": plan.credentials,
        "max_age": plan.max_age,
    }


def _token_settings(plan: SecurityPlan) -> Iterator[View]:
    for scheme in plan.schemes:
        if scheme.tokens is not None:
            yield setting_view(f"{scheme.name}_issuer", "str", scheme.tokens.issuer)
            yield setting_view(f"{scheme.name}_audience", "Names", scheme.tokens.audience, "jwts")
            yield setting_view(f"{scheme.name}_jwks", "KeySetUrl", scheme.tokens.jwks, "jwks")


def key_settings(plan: GatewayPlan) -> list[str]:
    """Settings that have the clients of a scheme and the hashes of their keys; each may be a file, too."""
    schemes = plan.security.schemes if plan.security is not None else ()
    return [f"{scheme.name}_keys" for scheme in schemes if scheme.tokens is None]
