"""Routes that pass through, as the project has them and as its document does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from bffgen.check.media import is_file
from bffgen.check.model import CheckedGateway
from bffgen.check.passed import CheckedProxy
from bffgen.check.proxies import captured
from bffgen.openapi.model import Content, Operation, Parameter, RequestBody
from bffgen.plan.answers import refusals
from bffgen.plan.contract import Contract
from bffgen.plan.model import ProxyPlan
from bffgen.plan.operations import Clients
from bffgen.plan.secured import asked_of_clients, denials
from bffgen.plan.security import gates_of
from bffgen.plan.trials.callers import sample_caller
from bffgen.plan.trials.model import OperationPlan, ProxyCase
from bffgen.typesystem.model import Docs
from bffgen.typesystem.names import class_name

Json = dict[str, Any]

OWN_PROBLEMS = tuple(sorted({*refusals(has_body=True), 404, 405, 502, 504}))
"""Statuses that the gateway itself answers on such a route."""

_SENT_HEADERS = frozenset("accept-language if-match if-none-match if-modified-since idempotency-key prefer".split())
_DEFAULT_STYLES = {"path": "simple", "query": "form", "header": "simple"}


def plan_proxies(gateway: CheckedGateway, clients: Clients) -> tuple[ProxyPlan, ...]:
    """The routes in the order written, those of a backend over its client."""
    attributes = {used.backend.name: used.attribute for used in clients.backends}
    nearer = [(one.method, one.path) for one in gateway.endpoints]
    made: list[ProxyPlan] = []
    for proxy in gateway.proxies:
        made.append(_plan(proxy, attributes[proxy.backend], nearer))
        nearer += [(method, proxy.path) for method in proxy.methods]
    return tuple(made)


def _plan(proxy: CheckedProxy, attribute: str, nearer: Sequence[tuple[str, str]]) -> ProxyPlan:
    operations = proxy.operations
    headers = {name for one in proxy.known for response in one.responses for name in response.headers}
    return ProxyPlan(
        proxy.path,
        proxy.to if proxy.to != proxy.path else None,
        attribute,
        proxy.methods,
        tuple(dict.fromkeys(f"{one.method} {one.path}" for one in operations)) if operations is not None else None,
        tuple(sorted(headers)),
        _case(proxy, attribute, nearer),
        gates_of(proxy),
    )


# ---------------------------------------------------------------------------------------------- tests


def _label(operation: Operation) -> str:
    return f"{operation.backend}.{operation.key}"


def _case(proxy: CheckedProxy, attribute: str, nearer: Sequence[tuple[str, str]]) -> ProxyCase | None:
    """One operation that is reached by the proxy, and a path that none is at. `nearer` routes take what is theirs."""
    for operation in sorted(proxy.known, key=lambda one: (one.method != "GET", one.path.count("{"))):
        if operation.method in proxy.methods and not operation.query:
            path = re.sub(r"\{[^{}]*\}", "1", public_path(proxy, operation))
            if any(method == operation.method and _matches(route, path) for method, route in nearer):
                continue
            unknown = None
            if proxy.operations is not None and proxy.path.endswith(":path}"):
                unknown = f"{path.rpartition('/')[0]}/none/such/operation/is/documented"
            asked = re.sub(r"\{[^{}]*\}", "1", operation.path)
            by = sample_caller(proxy.access)[0] if proxy.access is not None else ""
            return ProxyCase(operation.method, path, _label(operation), attribute, asked, unknown, by)
    return None


def _matches(route: str, path: str) -> bool:
    pieces = re.split(r"(\{[^{}]*\})", route)
    kinds = {True: ".*", False: "[^/]+"}
    pattern = "".join(kinds[p.endswith(":path}")] if p.startswith("{") else re.escape(p) for p in pieces)
    return re.fullmatch(pattern, path) is not None


def operation_plans_of(plans: tuple[ProxyPlan, ...]) -> Iterator[OperationPlan]:
    """What the backends of the tests answer."""
    for plan in plans:
        if (case := plan.case) is not None:
            yield OperationPlan(case.label, case.backend, case.method, re.escape(case.asked))


# ---------------------------------------------------------------------------------------------- document


def public_path(proxy: CheckedProxy, operation: Operation) -> str:
    """Where the gateway has an operation of the backend's document."""
    values = captured(proxy.to, operation.path) or {}
    return re.sub(r"\{(\w+)(:path)?\}", lambda found: values.get(found[1], found[0]), proxy.path)


def proxied_operations(
    gateway: CheckedGateway, contract: Contract, problem: Json, taken: set[str]
) -> Iterator[tuple[str, str, Json]]:
    """The documented operations behind proxies: public path, method, operation. `taken` are operation ids."""
    for proxy in gateway.proxies:
        for operation in proxy.known:
            if operation.method in proxy.methods:
                made = _Documented(operation, contract, problem).operation(_operation_id(operation, taken))
                if proxy.access is not None:
                    made |= asked_of_clients(proxy.access)
                    made["responses"] = dict(sorted({**made["responses"], **denials(proxy.access, problem)}.items()))
                yield public_path(proxy, operation), operation.method.lower(), made


def _operation_id(operation: Operation, taken: set[str]) -> str:
    wanted = operation.backend + class_name(operation.key)
    found, number = wanted, 2
    while found in taken:
        found, number = f"{wanted}{number}", number + 1
    taken.add(found)
    return found


class _Documented:
    def __init__(self, operation: Operation, contract: Contract, problem: Json) -> None:
        self._operation = operation
        self._contract = contract
        self._problem = problem

    def operation(self, operation_id: str) -> Json:
        operation = self._operation
        made: Json = {"operationId": operation_id}
        texts = {"summary": operation.summary, "description": operation.description}
        made |= {key: text for key, text in texts.items() if text}
        if parameters := [self._parameter(one) for one in operation.parameters if _is_sent(one)]:
            made["parameters"] = parameters
        bodies = operation.bodies or ((operation.body,) if operation.body is not None else ())
        if bodies:
            content = {body.media_type: self._body(body) for body in bodies}
            made["requestBody"] = {"required": bodies[0].required, "content": content}
        return made | {"responses": self._responses()}

    def _parameter(self, one: Parameter) -> Json:
        made: Json = {"name": one.name, "in": one.location, "required": one.required or one.location == "path"}
        if one.docs.description:
            made["description"] = one.docs.description
        schema = self._contract.schema(one.type, Docs(None, one.docs.example, one.docs.has_example))
        if one.json:
            return made | {"content": {"application/json": {"schema": schema}}}
        if one.style != _DEFAULT_STYLES.get(one.location):
            made["style"] = one.style
        if one.explode != (one.style == "form"):
            made["explode"] = one.explode
        return made | {"schema": schema}

    def _body(self, body: RequestBody) -> Json:
        return {} if is_file(body.type) else {"schema": self._contract.schema(body.type)}

    def _responses(self) -> Json:
        found: Json = {}
        for response in self._operation.responses:
            status = str(response.status)
            if status[0] != "5" and status not in ("401", "403"):
                made: Json = {"description": response.description or "An answer"}
                content = {c.media_type: self._content(c) for c in response.contents if c.media_type}
                found[status] = made | ({"content": content} if content else {})
        for own in OWN_PROBLEMS:
            held = found.setdefault(str(own), {"description": "A problem"})
            held["content"] = {"application/problem+json": {"schema": self._problem}} | held.get("content", {})
        return dict(sorted(found.items()))

    def _content(self, content: Content) -> Json:
        if content.item_type is not None:
            return {"schema": self._contract.schema(content.item_type)}
        if content.type is None or is_file(content.type):
            return {}
        return {"schema": self._contract.schema(content.type)}


def _is_sent(one: Parameter) -> bool:
    return one.location in ("path", "query") or (one.location == "header" and one.name.lower() in _SENT_HEADERS)
