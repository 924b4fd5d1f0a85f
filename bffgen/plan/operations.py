"""The operations that the gateway uses of each backend, and the Python names of their clients' methods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bffgen.check.model import CheckedBackend, CheckedCall, CheckedGateway, CheckedPages, leaves
from bffgen.openapi.model import Operation, Parameter
from bffgen.plan.names import Scope, client_class, local_name, module_name
from bffgen.plan.traits import key_parameter
from bffgen.records import dataclass
from bffgen.spec.auth import Auth
from bffgen.typesystem.model import NULL, Type

DEFAULT_TIMEOUT = 2.0
"""Seconds that a call may take where the spec says nothing."""

_CLASSES = tuple(
    "Annotated AsyncExitStack AsyncIterator BackendClient BackendPolicies Backends Depends Request Settings".split()
)
"""Names of the module that opens all backends."""

LOCALS = ("body", "within", "policy", "extra_headers", "raw", "answer", "sent_body", "source")
"""Names that a method of a client has of its own."""

_TAKEN = ("self", *LOCALS)

PAGE = "page"
"""The argument of a method that reads one page after a link: the query of the link."""


@dataclass(frozen=True, eq=False, slots=True)
class UsedOperation:
    """An operation with what is used of it: one method of the backend's client.

    `arguments` are the parameters that are set, in the document's order, with the names they have here.
    """

    operation: Operation
    method: str
    arguments: tuple[tuple[Parameter, str], ...]
    calls: tuple[CheckedCall, ...]

    @property
    def label(self) -> str:
        """How messages and logs call it: `catalog.getProduct`."""
        return f"{self.operation.backend}.{self.operation.key}"

    @property
    def reply(self) -> Type:
        return self.calls[0].reply

    @property
    def wants_reply(self) -> bool:
        return self.calls[0].wants_reply

    @property
    def linked(self) -> bool:
        """Whether it reads pages that name the next one in a link."""
        return _is_linked(self.calls[0])

    def page_argument(self, pages: CheckedPages) -> str:
        """The method's name of what says which page."""
        return PAGE if pages.parameter is None else self.argument(pages.parameter)

    def argument(self, parameter: Parameter) -> str:
        """The method's name of a parameter."""
        return next(name for mine, name in self.arguments if _same(mine, parameter))


@dataclass(frozen=True, eq=False, slots=True)
class UsedBackend:
    """A backend with its client: `attribute` of `Backends`, `class_name` in `module`."""

    backend: CheckedBackend
    attribute: str
    class_name: str
    module: str
    operations: tuple[UsedOperation, ...]

    @property
    def other_auths(self) -> list[Auth]:
        """What calls show that is not what the backend's own `auth` says."""
        found = dict.fromkeys(one.auth for operation in self.operations for one in operation.calls)
        return [auth for auth in found if auth != self.backend.auth]

    @property
    def timeout(self) -> float:
        return self.backend.timeout or DEFAULT_TIMEOUT

    def sets_timeout(self, operation: UsedOperation) -> bool:
        """Whether a call of the operation has a time limit of its own."""
        return any(call.timeout != self.timeout for call in operation.calls)

    @property
    def call_policies(self) -> dict[CheckedCall, str]:
        """The calls that have policies of their own, with the names of these."""
        found: dict[CheckedCall, str] = {}
        for operation in self.operations:
            for call in operation.calls:
                if call.policy is not None and call not in found:
                    number = sum(other.name == call.name for other in found)
                    found[call] = f"{call.name}_{number + 1}" if number else call.name
        return found


@dataclass(frozen=True, eq=False, slots=True)
class Clients:
    """Where each call goes. `undos` are the calls that take writes back, by the write."""

    backends: tuple[UsedBackend, ...]
    by_call: Mapping[CheckedCall, tuple[UsedBackend, UsedOperation]]
    undos: Mapping[CheckedCall, CheckedCall]

    @property
    def undone(self) -> frozenset[CheckedCall]:
        return frozenset(self.undos.values())


def used_operations(gateway: CheckedGateway, package: str) -> Clients:
    """The backends of the gateway in the order written, with the operations that calls use, by their names."""
    calls: dict[str, list[CheckedCall]] = {}
    by_name = {backend.name: backend for backend in gateway.backends}
    undos: dict[CheckedCall, CheckedCall] = {}
    for call in (call for endpoint in gateway.endpoints for call in leaves(endpoint.calls)):
        calls.setdefault(call.operation.backend, []).append(call)
        if call.undo is not None:
            undos[call] = _undo(call, by_name[call.undo.operation.backend])
    for undo in undos.values():
        calls.setdefault(undo.operation.backend, []).append(undo)
    modules, classes = Scope(), Scope(_CLASSES)
    made = []
    for backend in gateway.backends:
        mine = tuple(_operations(calls.get(backend.name, []), backend.auth))
        name = modules.take(module_name(backend.name))
        module = f"{package}.backends.{name}"
        made.append(UsedBackend(backend, name, classes.take(client_class(backend.name)), module, mine))
    by_call = {call: (backend, used) for backend in made for used in backend.operations for call in used.calls}
    return Clients(tuple(made), by_call, undos)


def _undo(call: CheckedCall, backend: CheckedBackend) -> CheckedCall:
    """The call that takes a write back. What it answers is not looked at."""
    assert call.undo is not None
    alone = replace(call, each=None, batch=None, pages=None, items=None, key=None, undo=None, when=None)
    return replace(
        alone,
        operation=call.undo.operation,
        arguments=call.undo.arguments,
        body=call.undo.body,
        request=call.undo.operation.body if call.undo.body is not None else None,
        headers=(),
        null_arguments=call.undo.null_arguments,
        guards=(),
        reactions=(),
        timeout=backend.timeout or DEFAULT_TIMEOUT,
        auth=backend.auth,
        judged=backend.judged,
        reply=NULL,
        type=NULL,
        item_type=NULL,
        success=None,
        wants_reply=False,
    )


def _operations(calls: list[CheckedCall], usual: Auth) -> list[UsedOperation]:
    """One for each operation; another one where a call wants the whole reply, says what it is, or shows who asks."""
    groups: list[list[CheckedCall]] = []
    for call in sorted(calls, key=lambda call: (call.operation.key, call.wants_reply or _is_linked(call))):
        for group in groups:
            first = group[0]
            if first.operation.key == call.operation.key and _answers_alike(first, call):
                group.append(call)
                break
        else:
            groups.append([call])
    scope, made = Scope(), []
    for group in groups:
        operation = group[0].operation
        alone = not any(other[0].operation.key == operation.key for other in groups if other is not group)
        suffix = "" if alone else "_page" if _is_linked(group[0]) else "_reply" if group[0].wants_reply else ""
        auth = group[0].auth
        if auth != usual and not alone:
            suffix += "_anonymous" if auth.kind == "none" else f"_{auth.kind}"
        method = scope.take(local_name(operation.key) + suffix)
        made.append(UsedOperation(operation, method, _arguments(operation, group), tuple(group)))
    return made


def _answers_alike(one: CheckedCall, other: CheckedCall) -> bool:
    alike = one.wants_reply == other.wants_reply and one.reply == other.reply and one.write == other.write
    sent = one.request is other.request or one.request is None or other.request is None
    return alike and sent and one.auth == other.auth and _is_linked(one) == _is_linked(other)


def _is_linked(call: CheckedCall) -> bool:
    return call.pages is not None and call.pages.by == "link"


def _arguments(operation: Operation, calls: list[CheckedCall]) -> tuple[tuple[Parameter, str], ...]:
    used = [argument.parameter for call in calls for argument in call.arguments]
    used += [call.pages.parameter for call in calls if call.pages is not None and call.pages.parameter is not None]
    used += [parameter for call in calls if (parameter := key_parameter(call)) is not None]
    scope = Scope((*_TAKEN, PAGE) if any(map(_is_linked, calls)) else _TAKEN)
    return tuple(
        (parameter, scope.take(local_name(parameter.name), prefix=f"{parameter.location}_"))
        for parameter in operation.parameters
        if any(_same(parameter, other) for other in used)
    )


def _same(one: Parameter, other: Parameter) -> bool:
    return (one.location, one.name) == (other.location, other.name)
