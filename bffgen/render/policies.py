"""The settings of the emitted project, and the policies that its backends are called by."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bffgen.plan.model import BackendPlan, GatewayPlan
from bffgen.render.auth import secrets_view
from bffgen.render.code import identifier, literal
from bffgen.render.views import View


def _printed(setting: View) -> View:
    suspect = bool(_SUSPECT.search(setting["name"]))
    return {**setting, "file": setting["type"] == "Path", "suspect": suspect}


_SUSPECT = re.compile(r"(^|_)(pas+wo?r?d|pass(phrase)?|pwd|token|secrete?)_.*url$")
"""Addresses that linters take for secrets, by their names."""


def settings_of(plan: GatewayPlan) -> list[View]:
    """Every setting of every backend: its name, the type of the runtime's that it has, and what holds unless set."""
    return [setting for backend in plan.backends for setting in _settings(backend)]


def settings_view(plan: GatewayPlan) -> View:
    """The settings with the types of the runtime's that they have."""
    settings = [
        {**setting, "file": setting["type"] == "Path", "suspect": bool(_SUSPECT.search(setting["name"]))}
        for setting in settings_of(plan)
    ]
    types = sorted({setting["type"] for setting in settings} - {"bool", "Path"})
    return {"settings": settings, "types": [identifier(each) for each in types], **secrets_view(plan)}


def _settings(backend: BackendPlan) -> Iterator[View]:
    def setting(name: str, of: str, value: object) -> View:
        return {"name": identifier(f"{backend.attribute}_{name}"), "type": identifier(of), "value": literal(value)}

    yield setting("url", "BackendUrl", backend.url)
    yield setting("timeout", "Seconds", backend.timeout)
    policies = backend.policies
    if policies.retry is not None:
        yield setting("retries", "Count", policies.retry.times)
    if policies.breaker is not None:
        yield setting("breaker", "bool", True)
    if policies.concurrency is not None:
        yield setting("concurrency", "Places", policies.concurrency)
    for url, value in backend.auth.token_urls.items():
        yield {"name": identifier(url), "type": identifier("BackendUrl"), "value": literal(value)}
    for name, path in tls_files(backend):
        yield setting(f"tls_{name}", "Path", path)


def tls_files(backend: BackendPlan) -> list[tuple[str, str]]:
    """The files of a backend's connections, by what they are."""
    tls = backend.tls
    found = [] if tls is None else [("ca", tls.ca), ("cert", tls.cert), ("key", tls.key)]
    return [(name, path) for name, path in found if path is not None]


def policies_view(backend: BackendPlan) -> View:
    """The arguments of the policies that a backend has, those aside that are settings."""
    retry, breaker = backend.policies.retry, backend.policies.breaker
    return {
        "retry": retry
        and {
            "backoff": literal(retry.backoff),
            "longest": literal(retry.max_backoff),
            "statuses": [literal(status) for status in retry.statuses],
        },
        "breaker": breaker
        and {
            "window": literal(breaker.window),
            "calls": literal(breaker.calls),
            "failures": literal(breaker.failures),
            "pause": literal(breaker.open),
        },
        "bulkhead": backend.policies.concurrency is not None,
    }


def policy_imports(plan: GatewayPlan) -> list[View]:
    """What the policies need of the runtime, by module."""
    asked = [backend.policies for backend in plan.backends if backend.policies]
    found = [
        ("breaker", "Breaker", any(each.breaker is not None for each in asked)),
        ("bulkhead", "Bulkhead", any(each.concurrency is not None for each in asked)),
        ("policies", "Policies", True),
        ("retries", "Retry", any(each.retry is not None for each in asked)),
    ]
    return [{"module": identifier(module), "name": identifier(name)} for module, name, used in found if used]
