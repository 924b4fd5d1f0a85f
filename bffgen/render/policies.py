"""The settings of the emitted project, and the policies that its backends are called by."""

from __future__ import annotations

from collections.abc import Iterator

from bffgen.plan.model import BackendPlan, GatewayPlan
from bffgen.render.code import identifier, joined, literal
from bffgen.render.edge import edge_settings, secret_settings, setting_view
from bffgen.render.views import View


def settings_of(plan: GatewayPlan) -> list[View]:
    """Every setting of every backend: its name, the type of the runtime's that it has, and what holds unless set."""
    return [*(setting for backend in plan.backends for setting in _settings(backend)), *edge_settings(plan)]


def settings_view(plan: GatewayPlan) -> View:
    """The settings with the types of the runtime's that they have."""
    settings = settings_of(plan)
    modules: dict[str, set[str]] = {"front": {"FrontSettings"}}
    for setting in settings:
        if setting["type"] not in ("bool", "str"):
            modules.setdefault(setting["module"], set()).add(setting["type"])
    imports = [
        {"module": identifier(module), "names": joined([identifier(name) for name in sorted(names)], ", ")}
        for module, names in sorted(modules.items())
    ]
    return {"settings": settings, "imports": imports, "secrets": [identifier(name) for name in secret_settings(plan)]}


def _settings(backend: BackendPlan) -> Iterator[View]:
    def setting(name: str, of: str, value: object) -> View:
        return setting_view(f"{backend.attribute}_{name}", of, value)

    yield setting("url", "BackendUrl", backend.url)
    yield setting("timeout", "Seconds", backend.timeout)
    policies = backend.policies
    if policies.retry is not None:
        yield setting("retries", "Count", policies.retry.times)
    if policies.breaker is not None:
        yield setting("breaker", "bool", True)
    if policies.concurrency is not None:
        yield setting("concurrency", "Places", policies.concurrency)


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
