"""The settings of the emitted project, and the policies that its backends are called by."""

from __future__ import annotations

from collections.abc import Iterator

from bffgen.plan.model import BackendPlan, GatewayPlan
from bffgen.render.code import identifier, literal
from bffgen.render.seeing import seeing_settings
from bffgen.render.views import View
from bffgen.spec.policies import CallPolicies, Hedge, Policies, Retry


def settings_of(plan: GatewayPlan) -> list[View]:
    """Every setting of every backend: its name, the type of the runtime's that it has, and what holds unless set."""
    return [setting for backend in plan.backends for setting in _settings(backend)]


def settings_view(plan: GatewayPlan) -> View:
    """The settings with the types of the runtime's that they have."""
    settings, seen = settings_of(plan), seeing_settings(plan)
    types = sorted({setting["type"] for setting in [*settings, *seen]} - {"bool"})
    return {"settings": settings, "types": [identifier(each) for each in types], "seen": seen}


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
    if _repeats(backend):
        yield setting("repeats", "bool", True)


def has_policies(backend: BackendPlan) -> bool:
    """Whether there is anything to decide about its calls."""
    return bool(backend.policies) or bool(backend.calls)


def policies_view(backend: BackendPlan) -> View:
    """The arguments of the policies that a backend has, those aside that are settings."""
    policies, breaker = backend.policies, backend.policies.breaker
    return {
        "retry": _retry(policies.retry),
        "breaker": breaker
        and {
            "window": literal(breaker.window),
            "calls": literal(breaker.calls),
            "failures": literal(breaker.failures),
            "pause": literal(breaker.open),
        },
        "concurrency": policies.concurrency is not None,
        "hedge": _hedge(policies.hedge),
        "repeats": _repeats(backend),
        "calls": [
            {
                "name": literal(name),
                "retry": _retry(one.retry),
                "hedge": _hedge(one.hedge),
                "repeatable": one.repeatable,
            }
            for name, one in sorted(backend.calls)
        ],
    }


def _retry(retry: Retry | None) -> View | None:
    if retry is None:
        return None
    return {
        "times": literal(retry.times),
        "backoff": literal(retry.backoff),
        "longest": literal(retry.max_backoff),
        "statuses": [literal(status) for status in retry.statuses],
    }


def _hedge(hedge: Hedge | None) -> View | None:
    if hedge is None:
        return None
    return {"after": None if hedge.after is None else literal(hedge.after)}


def _repeats(backend: BackendPlan) -> bool:
    """Whether there is more to switch off than the backend's own retries."""
    return backend.policies.hedge is not None or bool(backend.calls)


def policy_imports(plan: GatewayPlan) -> list[View]:
    """What the policies need of the runtime, by module."""
    asked = [backend for backend in plan.backends if has_policies(backend)]
    calls = [one for backend in asked for _, one in backend.calls]
    policies = [backend.policies for backend in asked]
    says: list[Policies | CallPolicies] = [*policies, *calls]
    found = [
        ("breaker", ("Breaker",), any(one.breaker is not None for one in policies)),
        ("hedge", ("Hedge",), any(one.hedge is not None for one in says)),
        ("policies", ("CallPolicy", "Policies") if calls else ("Policies",), True),
        ("retries", ("Retry",), any(one.retry is not None for one in says)),
    ]
    return [
        {"module": identifier(module), "names": [identifier(one) for one in names]}
        for module, names, used in found
        if used
    ]
