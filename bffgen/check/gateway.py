"""The whole gateway: every endpoint, and what holds between them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from bffgen.check.access import Accesses
from bffgen.check.auth import check_auth, is_judged, used_by_backend, warn_of_missing
from bffgen.check.contract import check_contract
from bffgen.check.declared import with_declared
from bffgen.check.defaults import check_defaults
from bffgen.check.endpoint import check_endpoint, degraded_type
from bffgen.check.envelope import check_envelope
from bffgen.check.functions import Functions
from bffgen.check.model import CheckedBackend, CheckedEndpoint, CheckedGateway
from bffgen.check.names import operation_id
from bffgen.check.operations import Backends
from bffgen.check.own import Own
from bffgen.check.policies import check_backend_policies
from bffgen.check.proxies import check_proxies
from bffgen.check.rates import check_rate
from bffgen.check.reach import reach
from bffgen.check.repeats import check_repeats
from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.diagnostics.suggest import closest
from bffgen.expr.tree import Expr
from bffgen.openapi.document import Document
from bffgen.source.text import SourceFile, Span
from bffgen.spec import model as spec
from bffgen.spec.auth import NO_AUTH
from bffgen.spec.reader import shown
from bffgen.spec.urls import why_no_url


def check(
    written: spec.Spec,
    documents: Mapping[str, Document],
    diags: Diagnostics,
    functions: SourceFile | None = None,
    contract: Document | None = None,
) -> CheckedGateway:
    """Resolve every name, type every expression. The result means something only when `diags` has no errors."""
    own = Own(written, Functions(functions, diags) if functions is not None else None, diags)
    backends = with_declared(Backends(written, documents, diags, own))
    documents = backends.documents
    accesses = Accesses(written.security, lambda text: backends.written_type(text, request=True), diags)
    backends = replace(backends, accesses=accesses)
    own.attach(backends)
    made = tuple(_backend(backend, documents.get(name), diags) for name, backend in written.backends.items())
    _same_routes(written, diags)
    _own_routes(written, diags)
    _same_ids(written, diags)
    endpoints = [check_endpoint(endpoint, backends) for endpoint in written.endpoints]
    if contract is not None and not diags.has_errors:
        by_place = {(endpoint.method, endpoint.path): endpoint for endpoint in written.endpoints}
        check_contract(by_place, tuple(endpoints), contract, diags)
    envelope = _problem_envelope(written, own)
    shapes, used_functions = own.checked()
    gateway = CheckedGateway(
        name=written.name,
        version=written.version,
        title=written.title or written.name.replace("-", " ").replace("_", " ").title(),
        description=written.description,
        backends=made,
        endpoints=tuple(sorted(endpoints, key=_specific)),
        shapes=shapes,
        functions=used_functions,
        envelope=envelope,
        proxies=check_proxies(written, documents, accesses, diags),
        http=written.http,
        cors=written.cors,
        schemes=tuple(accesses.schemes.values()),
        seeing=written.seeing,
    )
    known = [one.access for one in gateway.endpoints] + [one.access for one in gateway.proxies]
    check_rate(written.rate_limit, known, diags)
    used = used_by_backend(written, backends, gateway.proxies) if not diags.has_errors else {}
    check_auth(written, used, diags)
    if not diags.has_errors:
        warn_of_missing(written, documents, used, diags)
        check_defaults(gateway, diags)
        check_repeats(gateway.endpoints, documents, diags)
        reach(gateway.endpoints)
    return gateway


def _problem_envelope(written: spec.Spec, own: Own) -> Expr | None:
    """The envelope of problems outside of the endpoints; None where it says something of a response."""
    if written.envelope is None or (isinstance(written.envelope, spec.Const) and written.envelope.value is None):
        return None
    silent = Diagnostics()  # each endpoint has it, and says what is wrong with it
    made = check_envelope(written.envelope, None, degraded_type(()), "Envelope", own, silent)
    return None if silent.count else made


def _specific(endpoint: CheckedEndpoint) -> tuple[int, ...]:
    """Routes are tried in order, so a literal segment stands before a variable one."""
    return tuple(0 if "{" not in part else 1 if not part.startswith("{") else 2 for part in endpoint.path.split("/"))


def _backend(backend: spec.Backend, document: Document | None, diags: Diagnostics) -> CheckedBackend:
    url = backend.url or next(iter(document.servers), None) if document else backend.url
    if not url or (backend.url is None and not _is_address(url)):
        if document is not None:
            what = f"`{shown(url)}` in its document is not a whole address" if url else "its document names no server"
            path = url if url and _is_address(f"http://localhost{url}") and url.startswith("/") else ""
            diags.report(
                "BFF507",
                f"no address for backend `{backend.name}`",
                Label(backend.name_span, what),
                help=f"add `url: http://localhost:8000{path}`",
            )
        url = "http://localhost"
    check_backend_policies(backend, diags)
    for name, span in backend.reads:
        _known_operation(backend, name, span, document, diags)
    return CheckedBackend(
        name=backend.name,
        url=url.rstrip("/"),
        validate=backend.validate,
        forward_headers=tuple(name for name, _ in backend.forward_headers),
        timeout=backend.timeout,
        document=backend.openapi,
        policies=backend.policies,
        auth=backend.auth or NO_AUTH,
        judged=is_judged(backend.auth or NO_AUTH, backend),
        tls=backend.tls,
    )


def _is_address(url: str) -> bool:
    """Whether an address that a document gives is a whole one, without credentials."""
    return why_no_url(url) is None and "@" not in urlsplit(url).netloc


def _known_operation(
    backend: spec.Backend, name: str, span: Span, document: Document | None, diags: Diagnostics
) -> None:
    if document is None or document.operation(name) is not None:
        return
    near = closest(name, document.operation_names())
    diags.report(
        "BFF202",
        f"backend `{backend.name}` has no operation `{name}`",
        Label(span, "no such operation"),
        help=f"did you mean `{near}`?" if near else None,
    )


def _same_routes(written: spec.Spec, diags: Diagnostics) -> None:
    """Two endpoints that answer the same requests (BFF403)."""
    seen: dict[tuple[str, str], spec.Endpoint] = {}
    for endpoint in written.endpoints:
        route = (endpoint.method, re.sub(r"\{[^}]*\}", "{}", endpoint.path))
        if route in seen:
            diags.report(
                "BFF403",
                f"`{endpoint.method} {endpoint.path}` answers the same requests as another endpoint",
                Label(endpoint.span, "never reached"),
                Label(seen[route].span, "the first one"),
            )
        seen.setdefault(route, endpoint)


def _own_routes(written: spec.Spec, diags: Diagnostics) -> None:
    """What stands where the gateway's own metrics are (BFF403)."""
    if not written.seeing.metrics:
        return
    for endpoint in written.endpoints:
        if (endpoint.method, endpoint.path) == ("GET", "/metrics"):
            diags.report(
                "BFF403",
                "`GET /metrics` is where the gateway's metrics are",
                Label(endpoint.span, "never reached"),
                help="give the endpoint another path, or leave out `metrics` of `observability`",
            )


def _same_ids(written: spec.Spec, diags: Diagnostics) -> None:
    """Two endpoints with one operation id (BFF410)."""
    seen: dict[str, spec.Endpoint] = {}
    for endpoint in written.endpoints:
        name = operation_id(endpoint)
        other = seen.setdefault(re.sub(r"[^a-z0-9]", "", name.lower()), endpoint)
        if other is not endpoint and (endpoint.method, endpoint.path) != (other.method, other.path):
            diags.report(
                "BFF410",
                f"two endpoints have the operation id `{name}`",
                Label(endpoint.operation_id_span or endpoint.span, "again here"),
                Label(other.operation_id_span or other.span, "first here"),
                help="give one of them an `operation_id:` of its own",
            )
