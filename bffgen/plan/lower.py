"""What a gateway means, as the project that does it: every name, import and order decided."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from bffgen.check.cost import cost_of, told
from bffgen.check.media import is_upload
from bffgen.check.model import CheckedEndpoint, CheckedGateway
from bffgen.openapi.contents import BODILESS
from bffgen.plan.auth import AuthPlanner, taken_settings
from bffgen.plan.clients import plan_client
from bffgen.plan.cors import plan_cors
from bffgen.plan.document import gateway_document
from bffgen.plan.emitted_names import EndpointNames, Module
from bffgen.plan.endpoints import EndpointWriter
from bffgen.plan.envelope import plan_envelope
from bffgen.plan.lines import call_lines
from bffgen.plan.model import EndpointPlan, FunctionPlan, GatewayPlan, ShapesPlan
from bffgen.plan.names import Scope, local_name, module_name, package_name
from bffgen.plan.operations import Clients, used_operations
from bffgen.plan.own import nearer, plan_shapes
from bffgen.plan.params import plan_arguments, route
from bffgen.plan.passing import is_passed_on, result_class, takes_stream
from bffgen.plan.proxies import operation_plans_of, plan_proxies
from bffgen.plan.quote import name
from bffgen.plan.schedule import schedule
from bffgen.plan.schemas import Models, plan_models
from bffgen.plan.security import BY_TEMPLATE, before_endpoints, gates_of, plan_security
from bffgen.plan.seeing import plan_seeing
from bffgen.plan.tidy import loaded
from bffgen.plan.trials.plan import operation_plans, plan_tests
from bffgen.plan.usage import find_usage
from bffgen.typesystem.model import NULL

_APP = (
    "add_routes annotations app asynccontextmanager configure_logging create_app document_router health_router "
    "httpx install_problems lifespan open_backends open_security policies rare_collections security settings "
    "transport used watch".split()
)
"""Names of the module that imports all endpoints."""


def lower_models(gateway: CheckedGateway) -> Models:
    """The models of the project: what rendering can begin with, for it takes longest."""
    return plan_models(gateway, find_usage(gateway), package_name(gateway.name))


def lower(gateway: CheckedGateway, models: Models | None = None) -> GatewayPlan:
    """The plan of the whole project, with the models that `lower_models` gave. Only bugs can fail here."""
    models = models or lower_models(gateway)
    package = package_name(gateway.name)
    clients = used_operations(gateway, package)
    functions, modules = Scope(("router",)), Scope(_APP)
    endpoints = []
    for endpoint in gateway.endpoints:
        function = functions.take(local_name(endpoint.operation_id))
        module = f"{package}.endpoints.{modules.take(module_name(endpoint.operation_id))}"
        endpoints.append(_endpoint(endpoint, gateway, models, clients, function, module))
    proxies, operations = plan_proxies(gateway, clients), operation_plans(clients)
    known = {one.label for one in operations}
    auth = AuthPlanner(package, taken_settings([used.attribute for used in clients.backends]))
    backends = tuple(plan_client(used, models, package, auth) for used in clients.backends)
    return GatewayPlan(
        gateway.name,
        package,
        gateway.title,
        gateway.version,
        gateway.description or "",
        backends,
        tuple(endpoints),
        models.modules,
        (*operations, *(one for one in operation_plans_of(proxies) if one.label not in known)),
        gateway_document(gateway),
        models.footprint(),
        proxies,
        tuple(plan.route for plan, one in zip(endpoints, gateway.endpoints, strict=True) if takes_stream(one))
        + tuple(proxy.path for proxy in proxies),
        any(is_upload(endpoint.body) for endpoint in gateway.endpoints),
        plan_shapes(gateway, models),
        _problem_envelope(gateway, models),
        gateway.functions,
        auth.secrets(),
        gateway.http.stock,
        gateway.http.http2,
        plan_cors(gateway),
        plan_security(gateway, models),
        plan_seeing(gateway, clients, endpoints, proxies),
    )


def _endpoint(
    endpoint: CheckedEndpoint,
    gateway: CheckedGateway,
    models: Models,
    clients: Clients,
    function: str,
    module_: str,
) -> EndpointPlan:
    plan = schedule(endpoint)
    module = Module(models, package_name(gateway.name))
    names = EndpointNames(endpoint, module, function)
    module.imported("fastapi", "APIRouter")
    gates = gates_of(endpoint)
    before_endpoints(gates, module)
    writer = EndpointWriter(endpoint, plan, names, clients)
    envelope: list[FunctionPlan] = []
    bare = endpoint.envelope is None and gateway.envelope is not None
    if endpoint.envelope is not None or bare:
        module.runtime("problems", "enveloped")
    if endpoint.envelope is not None:
        wrappers = module.scope.take("wrapped"), module.scope.take("wrapped_problem")
        writer.wrapper = wrappers[0]
        of = endpoint.response.type if endpoint.response is not None else None
        envelope = plan_envelope(endpoint.envelope, of, module, wrappers)
    arguments = plan_arguments(endpoint, names, writer.uses_response)
    plain = name(module.imported("fastapi", "Response")) if _answers_empty(endpoint, writer.degrades) else None
    paragraphs = writer.paragraphs()
    if is_passed_on(endpoint):
        result = result_class(endpoint, module)
    else:
        answered = endpoint.envelope or endpoint.response
        result = module.annotation(answered.type if answered is not None else NULL, wire=True)
    used = _used(module, [FunctionPlan(function, "", arguments, result, sum(map(list, paragraphs), [])), *envelope])
    used |= loaded(plain)
    return EndpointPlan(
        endpoint.method,
        endpoint.path,
        route(endpoint, names),
        ("GET", "HEAD") if endpoint.method == "GET" else (endpoint.method,),
        endpoint.operation_id,
        module_,
        function,
        endpoint.summary or "",
        "\n\n".join(text for text in (endpoint.summary, endpoint.description) if text),
        call_lines(endpoint, plan),
        told(cost_of(endpoint), endpoint.deadline),
        module.imports.sorted(used),
        tuple(constant for constant in module.constants() if constant.name in used),
        endpoint.statuses[0],
        arguments,
        result,
        paragraphs,
        plan_tests(endpoint, plan, models, module_.rpartition(".")[2]),
        tuple(envelope),
        bare,
        plain,
        gates,
    )


def _answers_empty(endpoint: CheckedEndpoint, degrades: bool) -> bool:
    """Whether the endpoint has no content to answer, and a status of which FastAPI would make `null`."""
    statuses = {*endpoint.statuses, *([endpoint.degraded_status] if degrades else [])}
    return endpoint.response is None and endpoint.envelope is None and not statuses <= {*BODILESS}


_BY_TEMPLATE = frozenset({"APIRouter", "EndpointRoute", "enveloped", *BY_TEMPLATE})


def _used(module: Module, functions: Iterable[FunctionPlan]) -> frozenset[str]:
    """The names that a module's functions and constants read, and those that its template does.

    A constant may read another, so that it is asked again until nothing more is found.
    """
    code: list[ast.AST | None] = []
    for function in functions:
        code += [function.result, *function.body]
        code += [node for one in function.arguments for node in (one.annotation, one.default)]
    used = loaded(*code)
    constants = module.constants()
    while more := {n for c in constants if c.name in used for n in loaded(c.value, c.annotation)} - used:
        used |= more
    return _BY_TEMPLATE | used


def _problem_envelope(gateway: CheckedGateway, models: Models) -> ShapesPlan | None:
    """The envelope of problems that no endpoint has, such as those of routes that are not there."""
    if gateway.envelope is None:
        return None
    module = Module(models, package_name(gateway.name))
    module.scope.reserve("wrapped", "wrapped_problem")
    functions = plan_envelope(gateway.envelope, None, module, ("wrapped", "wrapped_problem"))
    imports = tuple(nearer(line) for line in module.imports.sorted())
    return ShapesPlan(imports, module.constants(), tuple(functions))
