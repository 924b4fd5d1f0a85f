"""The README of the emitted project."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bffgen.plan.model import CallLine, EndpointPlan, GatewayPlan
from bffgen.render.auth import secrets_view
from bffgen.render.code import Code, identifier, literal, plain
from bffgen.render.edge import key_settings
from bffgen.render.environment import render
from bffgen.render.policies import has_policies, settings_of
from bffgen.render.seeing import seeing_settings, wanted_of
from bffgen.render.views import View

_LABEL = re.compile(r"[^A-Za-z0-9 _./{}:,-]")


def readme(plan: GatewayPlan) -> Code:
    """How to run the project, and what each endpoint does."""
    prefix = plan.package.upper()
    return render(
        "README.md.jinja",
        title=plain(plan.title),
        description=plain(plan.description, 2000),
        package=identifier(plan.package),
        prefix=identifier(f"{prefix}_"),
        front=render("front.md.jinja", prefix=identifier(f"{prefix}_")),
        settings=list(_settings(plan, prefix)),
        **secrets_view(plan),
        keys=[identifier(f"{prefix}_{name.upper()}") for name in key_settings(plan)],
        policies=any(has_policies(backend) for backend in plan.backends),
        seeing=wanted_of(plan),
        endpoints=[_endpoint(endpoint) for endpoint in plan.endpoints],
    )


def _settings(plan: GatewayPlan, prefix: str) -> Iterator[View]:
    for setting in [*settings_of(plan), *seeing_settings(plan)]:
        yield {"name": identifier(f"{prefix}_{setting['name'].upper()}"), "value": setting["value"]}


def _endpoint(plan: EndpointPlan) -> View:
    ids = {line.path: identifier(f"c{number}") for number, line in enumerate(plan.lines)}
    return {
        "route": plain(f"{plan.method} {plan.path}"),
        "summary": plain(plan.summary, 500),
        "calls": [plain(line.operation) for line in plan.lines if not line.operation.startswith("(")],
        "nodes": [{"id": ids[line.path], "label": _label(line), "soft": line.soft} for line in plan.lines],
        "edges": [
            {"start": ids.get(start, _REQUEST), "end": ids[line.path]} for line in plan.lines for start in _starts(line)
        ],
    }


def _starts(line: CallLine) -> Iterator[str]:
    """Paths of what a call starts after; the block around it where it is one of the first in there."""
    for name in line.waits:
        yield ".".join((*line.blocks, name))
    if not line.waits:
        yield ".".join(line.blocks)


_REQUEST = identifier("request")


def _label(line: CallLine) -> Code:
    """Name and operation, in quotes; what means something to Mermaid is left out."""
    return literal(_LABEL.sub("?", f"{line.name}: {line.operation}"))
