"""How the emitted project opens its backends: which client each has, over which connections."""

from __future__ import annotations

import ast

from bffgen.plan.auth import ClientPlan
from bffgen.plan.model import BackendPlan, GatewayPlan
from bffgen.plan.quote import called, code, constant, name, quote
from bffgen.render.auth import auth_view
from bffgen.render.code import expression, identifier, literal, statements
from bffgen.render.policies import has_policies, tls_files
from bffgen.render.views import View, natural

_MODULES = {
    "BackendClient": "client",
    "AuthorizedClient": "authorized",
    "WatchedClient": "seeing",
    "WatchedAuthorizedClient": "watched",
    "own_tls": "certificates",
}


def backends_view(plan: GatewayPlan, product: str) -> View:
    """The module that opens all backends; `product` is what the gateway calls itself to them."""
    backends = sorted(plan.backends, key=lambda backend: natural(backend.attribute))
    auth, own_tls = auth_view(plan), any(backend.tls is not None for backend in backends)
    kinds = {_kind(client, plan) for backend in backends for client in backend.auth.clients}
    used = sorted(kinds | ({"own_tls"} if own_tls else set()), key=lambda name: _MODULES[name])
    made = called("Backends", **{backend.attribute: _backend(backend, plan) for backend in backends})
    opened: list[ast.stmt] = []
    if auth is not None:
        asking = auth["tokens"]
        opened += quote(
            "auth = BackendAuth.of(settings, await http())" if asking else "auth = BackendAuth.of(settings)"
        )
    for backend in backends:
        opened += _opened(backend)
    return {
        "product": literal(product),
        "backends": [{"name": identifier(one.attribute), "of": identifier(one.class_name)} for one in backends],
        "runtime": [{"module": identifier(_MODULES[name]), "name": identifier(name)} for name in used],
        "policies": any(has_policies(backend) for backend in backends),
        "auth": auth is not None,
        "tls": own_tls,
        "stock": plan.stock,
        "http2": plan.http2,
        "opened": statements(opened),
        "made": expression(made),
    }


def _kind(client: ClientPlan, plan: GatewayPlan) -> str:
    watched = "Watched" if plan.seeing is not None else ""
    shows = "Authorized" if client.auth is not None else ""
    return f"{watched}{shows}Client" if watched or shows else "BackendClient"


def _shares(backend: BackendPlan) -> bool:
    """Whether its connections have a name, for several clients or because they are made in several steps."""
    return backend.tls is not None or len(backend.auth.clients) > 1


def _opened(backend: BackendPlan) -> list[ast.stmt]:
    if not _shares(backend):
        return []
    name = f"{backend.attribute}_http"
    files = {file: _setting(backend, f"tls_{file}") for file, _ in tls_files(backend)}
    if not files:
        return quote("name = await http()", name=name)
    own = called("own_tls", code("settings.ca_file"), **files)
    source = "name = await http(own if transport is None and settings.url.startswith('https:') else None)"
    return quote(source, name=name, own=own, url=f"{backend.attribute}_url")


def _setting(backend: BackendPlan, of: str) -> ast.expr:
    return code("settings.name", name=f"{backend.attribute}_{of}")


def _backend(backend: BackendPlan, plan: GatewayPlan) -> ast.Call:
    first, *others = [_client(client, backend, plan) for client in backend.auth.clients]
    names = [client.name.removeprefix("_") for client in backend.auth.clients[1:]]
    return called(backend.class_name, first, **dict(zip(names, others, strict=True)))


def _client(client: ClientPlan, backend: BackendPlan, plan: GatewayPlan) -> ast.Call:
    http = name(f"{backend.attribute}_http") if _shares(backend) else ast.Await(code("http()"))
    given = [http, _setting(backend, "url"), _setting(backend, "timeout")]
    if client.forward_headers:
        given.append(called("frozenset", ast.Set([constant(header) for header in client.forward_headers])))
    policies = code("policies.name", name=backend.attribute) if has_policies(backend) else None
    auth = code("auth.name", name=client.auth.name) if client.auth is not None else None
    return called(_kind(client, plan), *given, policies=policies, auth=auth)
