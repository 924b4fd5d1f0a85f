"""The credentials of the emitted project: settings that are secrets, and how each backend is shown who asks."""

from __future__ import annotations

import ast

from bffgen.plan.auth import AuthPlan, SecretPlan
from bffgen.plan.model import GatewayPlan
from bffgen.plan.quote import called, code, constant, name
from bffgen.render.code import expression, identifier, literal
from bffgen.render.views import View


def secrets_view(plan: GatewayPlan) -> View:
    """The settings that have names of their own in the environment."""
    return {
        "secrets": [_secret(one) for one in plan.secrets],
        "any_secret": any(one.secret for one in plan.secrets),
    }


def _secret(one: SecretPlan) -> View:
    return {
        "name": identifier(one.field),
        "type": identifier("Secret" if one.secret else "str"),
        "secret": one.secret,
        "variable": literal(one.variable),
        "shown": identifier(one.variable),
        "value": literal(one.default) if one.default is not None else None,
    }


def auth_view(plan: GatewayPlan) -> View | None:
    """The module of credentials; None where the gateway has none."""
    auths = [client.auth for backend in plan.backends for client in backend.auth.clients if client.auth is not None]
    if not auths:
        return None
    calls = [_made(one) for one in auths]
    names = {used for made in calls for used in _names(made)}
    fixed = ["Auth", *sorted(names & _FIXED)]
    tokens = sorted(names - _FIXED - {"TokenEndpoint"})
    return {
        "auths": [
            {"name": identifier(one.name), "made": expression(made)} for one, made in zip(auths, calls, strict=True)
        ],
        "fixed": [identifier(one) for one in fixed],
        "tokens": [identifier(one) for one in tokens],
    }


_FIXED = frozenset({"basic", "bearer", "key_in_header", "key_in_query"})


def _made(one: AuthPlan) -> ast.Call:
    """The call that makes what a backend is shown."""
    auth = one.auth
    match auth.kind:
        case "bearer":
            return called("bearer", _setting(one, "token"))
        case "basic":
            return called("basic", _setting(one, "username"), _setting(one, "password"))
        case "api_key":
            maker = "key_in_header" if auth.header is not None else "key_in_query"
            place = constant(auth.header.lower() if auth.header is not None else auth.query)
            prefix = constant(auth.prefix) if auth.prefix else None
            return called(maker, place, _setting(one, "api_key"), prefix=prefix)
    token = auth.token
    assert token is not None and one.token_url is not None
    endpoint = called(
        "TokenEndpoint",
        name("http"),
        constant(f"the token of {one.label}"),
        code(f"settings.{one.token_url}"),
        _setting(one, "client_id"),
        _setting(one, "client_secret"),
        in_body=constant(True) if token.in_body else None,
    )
    asked = {"scope": " ".join(token.scopes), "audience": token.audience, "resource": token.resource}
    options = {key: constant(value) for key, value in asked.items() if value}
    maker = "ClientCredentials" if auth.kind == "client_credentials" else "TokenExchange"
    return called(maker, endpoint, **options)


def _setting(one: AuthPlan, role: str) -> ast.expr:
    return code(f"settings.{one.settings[role]}")


def _names(made: ast.Call) -> set[str]:
    return {node.func.id for node in ast.walk(made) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
