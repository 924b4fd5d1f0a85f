"""The settings of the emitted project, and the policies that its backends are called by."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from bffgen.plan.model import BackendPlan, GatewayPlan
from bffgen.plan.policies import CallPolicies, Hedge, Policies, Retry
from bffgen.plan.quote import called, code, constant
from bffgen.render.auth import secrets_view
from bffgen.render.code import Code, expression, identifier, joined, literal
from bffgen.render.edge import edge_settings, key_settings, setting_view
from bffgen.render.seeing import seeing_settings
from bffgen.render.views import View


def _printed(setting: View) -> View:
    suspect = bool(_SUSPECT.search(setting["name"]))
    return {**setting, "file": setting["type"] == "Path", "suspect": suspect}


_SUSPECT = re.compile(r"(^|_)(pas+wo?r?d|pass(phrase)?|pwd|token|secrete?)_.*url$")
"""Addresses that linters take for secrets, by their names."""


def settings_of(plan: GatewayPlan) -> list[View]:
    """Every setting of every backend: its name, the type of the runtime's that it has, and what holds unless set."""
    return [*(setting for backend in plan.backends for setting in _settings(backend)), *edge_settings(plan)]


def settings_view(plan: GatewayPlan) -> View:
    """The settings with the types of the runtime's that they have."""
    settings, seen, secrets = settings_of(plan), seeing_settings(plan), secrets_view(plan)
    modules = {"front": {"FrontSettings"}}
    for setting in [*settings, *seen]:
        if setting["type"] not in ("bool", "str", "Path"):
            modules.setdefault(setting.get("module", "config"), set()).add(setting["type"])
    if secrets["secrets"]:
        modules["secrets"] = {"SecretSettings", *(["Secret"] if secrets["any_secret"] else [])}
    imports = [
        {"module": identifier(module), "names": joined([identifier(name) for name in sorted(names)], ", ")}
        for module, names in sorted(modules.items())
    ]
    keys = [identifier(name) for name in key_settings(plan)]
    return {"settings": list(map(_printed, settings)), "imports": imports, "seen": seen, "keys": keys, **secrets}


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
    if _repeats(backend):
        yield setting("repeats", "bool", True)
    for url, value in backend.auth.token_urls.items():
        yield {"name": identifier(url), "type": identifier("BackendUrl"), "value": literal(value)}
    for name, path in tls_files(backend):
        yield setting(f"tls_{name}", "Path", path)


def tls_files(backend: BackendPlan) -> list[tuple[str, str]]:
    """The files of a backend's connections, by what they are."""
    tls = backend.tls
    found = [] if tls is None else [("ca", tls.ca), ("cert", tls.cert), ("key", tls.key)]
    return [(name, path) for name, path in found if path is not None]


def has_policies(backend: BackendPlan) -> bool:
    """Whether there is anything to decide about its calls."""
    return bool(backend.policies) or bool(backend.calls)


def policies_of(backend: BackendPlan) -> Code:
    """The expression that makes the policies of a backend, for those that are settings from `settings`."""
    policies, breaker = backend.policies, backend.policies.breaker
    made = None
    if breaker is not None:
        options = {
            "window": breaker.window,
            "calls": breaker.calls,
            "failures": breaker.failures,
            "pause": breaker.open,
        }
        whole = called("Breaker", **{key: constant(value) for key, value in options.items()})
        made = ast.IfExp(_setting(backend, "breaker"), whole, constant(None))
    calls = [(constant(name), _call_policy(one)) for name, one in sorted(backend.calls)]
    return expression(
        called(
            "Policies",
            retry=_retry(policies.retry, _setting(backend, "retries")),
            breaker=made,
            concurrency=None if policies.concurrency is None else _setting(backend, "concurrency"),
            hedge=_hedge(policies.hedge),
            calls=ast.Dict([key for key, _ in calls], [value for _, value in calls]) if calls else None,
            retries=_setting(backend, "repeats") if _repeats(backend) else None,
        )
    )


def _call_policy(one: CallPolicies) -> ast.Call:
    times = None if one.retry is None else constant(one.retry.times)
    repeatable = constant(True) if one.repeatable else None
    return called("CallPolicy", retry=_retry(one.retry, times), hedge=_hedge(one.hedge), repeatable=repeatable)


def _retry(retry: Retry | None, times: ast.expr | None) -> ast.Call | None:
    if retry is None or times is None:
        return None
    statuses = called("frozenset", ast.Set([constant(status) for status in retry.statuses]))
    backoff, longest = constant(retry.backoff), constant(retry.max_backoff)
    return called("Retry", times, backoff=backoff, longest=longest, statuses=statuses)


def _hedge(hedge: Hedge | None) -> ast.Call | None:
    if hedge is None:
        return None
    return called("Hedge") if hedge.after is None else called("Hedge", constant(hedge.after))


def _setting(backend: BackendPlan, of: str) -> ast.expr:
    return code("settings.name", name=f"{backend.attribute}_{of}")


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
