"""Who may call, as the emitted project has it: schemes, and the claims that endpoints read."""

from __future__ import annotations

from bffgen.check.access import CheckedAccess, CheckedScheme
from bffgen.check.model import CheckedEndpoint, CheckedGateway
from bffgen.check.passed import CheckedProxy
from bffgen.plan.edge_model import GatesPlan, RatePlan, ReaderPlan, SchemePlan, SecurityPlan, TokenPlan, Ways
from bffgen.plan.emitted_names import Module
from bffgen.plan.model import ArgumentPlan
from bffgen.plan.names import package_name
from bffgen.plan.own import nearer
from bffgen.plan.quote import called, code, name
from bffgen.plan.schemas import Models
from bffgen.plan.trials.callers import sample_claims
from bffgen.typesystem.model import ObjectType, Type
from bffgen.typesystem.names import python_name

BY_TEMPLATE = frozenset({"GatedRoute", "Access", "RateLimit", "gated"})


def ways_of(access: CheckedAccess | None) -> Ways:
    """Schemes and scopes, as the emitted code lists them."""
    return tuple((way.scheme, way.scopes) for way in access.ways) if access is not None else ()


def gates_of(one: CheckedEndpoint | CheckedProxy) -> GatesPlan:
    """What stands before an endpoint or a proxy."""
    rate = None
    if one.rate is not None:
        limit = one.rate.limit
        rate = RatePlan(one.rate.name, limit.limit, limit.seconds, limit.counts, limit.claim)
    return GatesPlan(ways_of(one.access), rate)


def before_endpoints(gates: GatesPlan, module: Module) -> None:
    """What an endpoint's module imports for its route, with gates before the endpoint or without."""
    if not gates:
        module.runtime("route", "EndpointRoute")
        return
    module.runtime("gates", "GatedRoute")
    module.runtime("gates", "gated")
    if gates.ways:
        module.runtime("access", "Access")
    if gates.rate is not None:
        module.runtime("rates", "RateLimit")


def claims_argument(access: CheckedAccess, module: Module) -> ArgumentPlan:
    """`claims: Annotated[UserClaims, Depends(user_claims)]`."""
    depends = module.imported("fastapi", "Depends")
    reader = module.imported(f"{module.package}.security", _reader(access.claims))
    annotated = module.imported("typing", "Annotated")
    made = module.annotation(access.claims, wire=True)
    source = called(depends, name(reader))
    return ArgumentPlan("claims", code("Annotated[made, source]", Annotated=annotated, made=made, source=source))


def _reader(claims: Type) -> str:
    assert isinstance(claims, ObjectType)
    return python_name(claims.name)


def plan_security(gateway: CheckedGateway, models: Models) -> SecurityPlan | None:
    """The module of schemes; None where the spec declares none."""
    if not gateway.schemes:
        return None
    module = Module(models, package_name(gateway.name))
    readers: dict[str, ReaderPlan] = {}
    for endpoint in gateway.endpoints:
        if endpoint.access is not None and endpoint.reads_claims:
            readers.setdefault(_reader(endpoint.access.claims), _reading(endpoint.access.claims, module))
    schemes = tuple(map(_scheme, gateway.schemes))
    constants = {reader.constant: reader.annotation for reader in readers.values()}
    for scheme in gateway.schemes:
        if scheme.jwt is not None and scheme.claims.fields:
            constants[_constant(scheme.claims)] = module.annotation(scheme.claims, wire=True)
    imports = tuple(nearer(line) for line in module.imports.sorted())
    adapters = tuple((key, constants[key]) for key in sorted(constants))
    return SecurityPlan(imports, schemes, tuple(readers[key] for key in sorted(readers)), adapters)


def _reading(claims: Type, module: Module) -> ReaderPlan:
    return ReaderPlan(_reader(claims), _constant(claims), module.annotation(claims, wire=True))


def _constant(claims: Type) -> str:
    return f"_{_reader(claims).upper()}"


def _scheme(scheme: CheckedScheme) -> SchemePlan:
    jwt, tokens = scheme.jwt, None
    if jwt is not None:
        claims = _constant(scheme.claims) if scheme.claims.fields else None
        tokens = TokenPlan(jwt.issuer, jwt.audience, jwt.jwks, jwt.algorithms, jwt.leeway, jwt.scope_claim, claims)
    return SchemePlan(scheme.name, tokens, scheme.header, tuple(scheme.scopes), sample_claims(scheme))
