"""What can be seen of the emitted project at work: all labels there are, from the spec."""

from __future__ import annotations

from collections.abc import Sequence

from bffgen.check.model import CheckedGateway
from bffgen.plan.model import EndpointPlan, ProxyPlan, SeeingPlan
from bffgen.plan.operations import Clients


def plan_seeing(
    gateway: CheckedGateway, clients: Clients, endpoints: Sequence[EndpointPlan], proxies: Sequence[ProxyPlan]
) -> SeeingPlan | None:
    """The operations and endpoints by the names that the runtime has for them."""
    if not gateway.seeing:
        return None
    operations = {one.label: used.attribute for used in clients.backends for one in used.operations}
    operations |= {f"proxy {proxy.path}": proxy.backend for proxy in proxies}
    routes = [(endpoint.method, endpoint.route, endpoint.path) for endpoint in endpoints]
    for proxy in proxies:
        methods = ["GET" if method == "HEAD" else method for method in proxy.methods]  # which counts as one
        routes += [(method, proxy.path, proxy.path) for method in methods]
    return SeeingPlan(gateway.seeing, tuple(operations.items()), tuple(dict.fromkeys(routes)))
