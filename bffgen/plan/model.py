"""The emitted project, decided: every name, import and order. What is left to do is to print it."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from bffgen.check.model import CheckedFunctions
from bffgen.plan.auth import BackendAuthPlan, SecretPlan
from bffgen.plan.edge_model import CorsPlan, GatesPlan, SecurityPlan
from bffgen.plan.imports import Import
from bffgen.plan.schemas import ModelModule
from bffgen.plan.trials.model import EndpointTests, OperationPlan, ProxyCase
from bffgen.records import dataclass
from bffgen.spec.auth import Tls
from bffgen.spec.policies import CallPolicies, Policies
from bffgen.spec.seeing import Seeing


@dataclass(frozen=True, slots=True)
class ConstantPlan:
    """A module-level constant: `name: annotation = value`."""

    name: str
    value: ast.expr
    annotation: ast.expr | None = None


@dataclass(frozen=True, slots=True)
class ArgumentPlan:
    """A parameter of an emitted function: `name: annotation = default`."""

    name: str
    annotation: ast.expr
    default: ast.expr | None = None


@dataclass(frozen=True, slots=True)
class MethodPlan:
    """A method of a backend's client. `about` is its docstring."""

    name: str
    about: str
    arguments: tuple[ArgumentPlan, ...]
    result: ast.expr
    body: Sequence[ast.stmt]


@dataclass(frozen=True, slots=True)
class FunctionPlan:
    """A plain function: its docstring is `about`."""

    name: str
    about: str
    arguments: tuple[ArgumentPlan, ...]
    result: ast.expr
    body: Sequence[ast.stmt]


@dataclass(frozen=True, slots=True)
class BackendPlan:
    """A backend: its settings, and its client class in a module of its own.

    `attribute` is its name in `Backends`, in the settings' names and in the emitted tests.
    """

    name: str  # as the spec has it
    attribute: str
    class_name: str
    module: str  # storefront.backends.catalog
    client: str  # the local name of `BackendClient` there
    url: str
    timeout: float
    imports: tuple[Import, ...]
    constants: tuple[ConstantPlan, ...]
    methods: tuple[MethodPlan, ...]
    policies: Policies
    auth: BackendAuthPlan
    tls: Tls | None
    calls: tuple[tuple[str, CallPolicies], ...]  # what calls have instead, by their names


@dataclass(frozen=True, slots=True)
class CallLine:
    """One line of an endpoint's plan, for docstrings and the README."""

    name: str
    operation: str  # catalog.getProduct
    notes: tuple[str, ...]  # "required", "after product", ...
    waits: tuple[str, ...]  # names of the calls that it starts after
    soft: bool
    blocks: tuple[str, ...] = ()  # names of the blocks that it stands in

    @property
    def path(self) -> str:
        """Its name behind those of the blocks around it: `rows.price`."""
        return ".".join((*self.blocks, self.name))

    @property
    def depth(self) -> int:
        return len(self.blocks)

    @property
    def shown(self) -> str:
        """The name, moved in as deep as it stands."""
        return "  " * self.depth + self.name


@dataclass(frozen=True, slots=True)
class EndpointPlan:
    """An endpoint: one module with one function.

    The body stands in paragraphs, printed with an empty line between them.
    """

    method: str
    path: str  # as the spec has it
    route: str  # with Python names for its variables
    methods: tuple[str, ...]
    operation_id: str
    module: str  # storefront.endpoints.get_product
    function: str
    summary: str
    about: str  # the function's docstring
    lines: tuple[CallLine, ...]
    cost: str  # how many calls, how many of them one after another, how long
    imports: tuple[Import, ...]
    constants: tuple[ConstantPlan, ...]
    status: int
    arguments: tuple[ArgumentPlan, ...]
    result: ast.expr
    paragraphs: tuple[Sequence[ast.stmt], ...]
    tests: EndpointTests
    envelope: tuple[FunctionPlan, ...] = ()  # what wraps answers and problems, and problems alone
    bare: bool = False  # its problems have no envelope, although others have
    response_class: ast.expr | None = None  # where FastAPI is not to make JSON of what the function returns
    gates: GatesPlan = GatesPlan()


@dataclass(frozen=True, slots=True)
class ProxyPlan:
    """A route that passes through. `documented` are "GET /path" of the backend; None: everything."""

    path: str
    to: str | None  # where it differs from `path`
    backend: str  # its attribute
    methods: tuple[str, ...]
    documented: tuple[str, ...] | None
    headers: tuple[str, ...]  # of answers, lower case, that the document declares
    case: ProxyCase | None
    gates: GatesPlan = GatesPlan()


@dataclass(frozen=True, slots=True)
class ShapesPlan:
    """A module of plain functions."""

    imports: tuple[Import, ...]
    constants: tuple[ConstantPlan, ...]
    functions: tuple[FunctionPlan, ...]


@dataclass(frozen=True, slots=True)
class SeeingPlan:
    """What can be seen of the project at work. `operations` are their names with the attribute of their backend."""

    wanted: Seeing
    operations: tuple[tuple[str, str], ...]
    endpoints: tuple[tuple[str, str, str], ...]  # method, route, path as the spec has it


@dataclass(frozen=True, slots=True)
class GatewayPlan:
    """The whole project."""

    name: str
    package: str
    title: str
    version: str
    description: str
    backends: tuple[BackendPlan, ...]
    endpoints: tuple[EndpointPlan, ...]
    models: tuple[ModelModule, ...]
    operations: tuple[OperationPlan, ...]  # for the emitted tests
    document: Mapping[str, Any]  # openapi.json
    footprint: Mapping[str, Any]
    proxies: tuple[ProxyPlan, ...] = ()
    larger: tuple[str, ...] = ()  # routes whose requests may be larger than JSON is
    multipart: bool = False  # whether forms with files come in
    shapes: ShapesPlan | None = None
    envelope: ShapesPlan | None = None  # of problems outside of the endpoints
    functions: CheckedFunctions | None = None
    secrets: tuple[SecretPlan, ...] = ()
    stock: bool = False  # over httpx's own connections
    http2: bool = False
    cors: CorsPlan | None = None
    security: SecurityPlan | None = None
    seeing: SeeingPlan | None = None

    @property
    def limits(self) -> bool:
        """Whether something may be called so many times only."""
        gates = [*(one.gates for one in self.endpoints), *(one.gates for one in self.proxies)]
        return any(gate.rate is not None for gate in gates)
