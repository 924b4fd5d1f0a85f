"""The operations that the gateway uses of each backend, and the Python names of their clients' methods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bffgen.check.model import CheckedBackend, CheckedCall, CheckedGateway
from bffgen.openapi.model import Operation, Parameter
from bffgen.plan.names import Scope, client_class, local_name, module_name
from bffgen.typesystem.model import Type

DEFAULT_TIMEOUT = 2.0
"""Seconds that a call may take where the spec says nothing."""

_TAKEN = ("self", "body", "timeout", "extra_headers", "raw", "url")


@dataclass(frozen=True, eq=False, slots=True)
class UsedOperation:
    """An operation with what is used of it. `arguments` are names of the method's parameters, in order."""

    operation: Operation
    method: str
    arguments: Mapping[Parameter, str]
    sends_body: bool
    sends_headers: bool
    sets_timeout: bool
    wants_reply: bool
    reply: Type
    calls: tuple[CheckedCall, ...]

    @property
    def label(self) -> str:
        return f"{self.operation.backend}.{self.operation.key}"


@dataclass(frozen=True, eq=False, slots=True)
class UsedBackend:
    backend: CheckedBackend
    attribute: str
    class_name: str
    module: str
    operations: tuple[UsedOperation, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Clients:
    """Where each call goes."""

    backends: tuple[UsedBackend, ...]
    _by_operation: Mapping[int, tuple[UsedBackend, UsedOperation]]

    def of(self, call: CheckedCall) -> tuple[UsedBackend, UsedOperation]:
        return self._by_operation[id(call.operation), call.wants_reply]  # type: ignore[index]


def used_operations(gateway: CheckedGateway, package: str) -> Clients:
    """The backends of the gateway in the order written, with the operations that calls use, by their names."""
    calls: dict[str, list[CheckedCall]] = {}
    for call in (call for endpoint in gateway.endpoints for call in endpoint.calls):
        calls.setdefault(call.operation.backend, []).append(call)
    attributes, modules, classes = Scope(("settings",)), Scope(("client",)), Scope()
    made = []
    for backend in gateway.backends:
        mine = tuple(_operations(backend, calls.get(backend.name, [])))
        attribute = attributes.take(local_name(backend.name))
        module = f"{package}.backends.{modules.take(module_name(backend.name))}"
        made.append(UsedBackend(backend, attribute, classes.take(client_class(backend.name)), module, mine))
    index = {
        (id(operation.operation), operation.wants_reply): (backend, operation)
        for backend in made
        for operation in backend.operations
    }
    return Clients(tuple(made), index)  # type: ignore[arg-type]


def _operations(backend: CheckedBackend, calls: list[CheckedCall]) -> list[UsedOperation]:
    groups: dict[tuple[str, int, bool], list[CheckedCall]] = {}
    for call in calls:
        groups.setdefault((call.operation.key, id(call.operation), call.wants_reply), []).append(call)
    scope, made = Scope(), []
    for key in sorted(groups, key=lambda key: (key[0], key[2])):
        mine = groups[key]
        operation, wants_reply = mine[0].operation, key[2]
        method = scope.take(local_name(operation.key) + ("_reply" if wants_reply else ""))
        made.append(
            UsedOperation(
                operation,
                method,
                _arguments(operation, mine),
                any(call.body is not None for call in mine),
                any(call.headers for call in mine),
                any(call.timeout != (backend.timeout or DEFAULT_TIMEOUT) for call in mine),
                wants_reply,
                mine[0].reply,
                tuple(mine),
            )
        )
    return made


def _arguments(operation: Operation, calls: list[CheckedCall]) -> Mapping[Parameter, str]:
    """The parameters that a call sets, under names of their own; equal names get their place added."""
    used = {id(argument.parameter) for call in calls for argument in call.arguments}
    scope = Scope(_TAKEN)
    return {
        parameter: scope.take(local_name(parameter.name), prefix=f"{parameter.location}_")
        for parameter in operation.parameters
        if id(parameter) in used
    }
