"""What can be seen of the emitted project at work: its module and its settings."""

from __future__ import annotations

from collections.abc import Mapping

from bffgen.plan.model import GatewayPlan
from bffgen.render.code import Code, identifier, literal
from bffgen.render.views import View

_OFF: Mapping[str, tuple[str, object]] = {
    "metrics": ("bool", False),
    "server_timing": ("bool", False),
    "traces": ("Share", 0.0),
}


def wanted_of(plan: GatewayPlan) -> Mapping[str, bool]:
    """What the spec asks for, by the name of its setting."""
    return {name: plan.seeing is not None and getattr(plan.seeing.wanted, name) for name in _OFF}


def seeing_view(plan: GatewayPlan) -> View:
    """The module that looks on, empty where nothing is asked for."""
    if plan.seeing is None:
        return {}
    return {
        **wanted_of(plan),
        "policies": any(backend.policies or backend.calls for backend in plan.backends),
        "operations": [{"label": literal(label), "backend": literal(of)} for label, of in plan.seeing.operations],
        "endpoints": [
            {"method": literal(method), "route": literal(route), "name": literal(f"{method} {path}")}
            for method, route, path in plan.seeing.endpoints
        ],
    }


def seeing_settings(plan: GatewayPlan) -> list[View]:
    """A setting for each part, which is off."""
    wanted = [name for name, asked in wanted_of(plan).items() if asked]
    return [{"name": identifier(name), "type": _type(name), "value": literal(_OFF[name][1])} for name in wanted]


def _type(name: str) -> Code:
    return identifier(_OFF[name][0])
