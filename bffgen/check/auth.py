"""Credentials for backends: whose they are, whether they fit together, and what the documents ask for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bffgen.check.operations import Backends
from bffgen.check.passed import CheckedProxy
from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.openapi.document import Document
from bffgen.openapi.model import Operation, SecurityScheme
from bffgen.records import dataclass
from bffgen.source.text import Span
from bffgen.spec import model as spec
from bffgen.spec.auth import NO_AUTH, Auth

_CREDENTIALS = frozenset({"authorization", "cookie"})
_TOKENS = ("forward", "bearer", "client_credentials", "token_exchange")


def auth_of(call: spec.Call, backend: spec.Backend) -> Auth:
    """What a call shows: its own `auth`, else its backend's."""
    return call.auth or backend.auth or NO_AUTH


def is_judged(auth: Auth, backend: spec.Backend) -> bool:
    """Whether a backend that answers 401 or 403 speaks of the client's credentials."""
    return auth.judges_client or any(name.lower() in _CREDENTIALS for name, _ in backend.forward_headers)


Used = Mapping[str, list[tuple[spec.Call | None, Operation]]]


def used_by_backend(written: spec.Spec, backends: Backends, proxies: Iterable[CheckedProxy]) -> Used:
    """The operations that each backend is asked for, with the calls; those behind a proxy have none."""
    found: dict[str, list[tuple[spec.Call | None, Operation]]] = {}
    for endpoint in written.endpoints:
        for call, operation in backends.operations(endpoint.calls):
            if operation is not None:
                found.setdefault(call.backend, []).append((call, operation))
    for proxy in proxies:
        found.setdefault(proxy.backend, []).extend((None, operation) for operation in proxy.known)
    return found


def check_auth(written: spec.Spec, used: Used, diags: Diagnostics) -> None:
    """Report what does not fit together; `used` are the operations that each backend is asked for."""
    for name, backend in written.backends.items():
        _twice(backend, backend.auth, backend.auth_span, diags)
        _certificate(backend, backend.auth, backend.auth_span, diags)
        for call, _ in used.get(name, []):
            if call is not None and call.auth is not None:
                _twice(backend, call.auth, call.auth_span, diags)
                _certificate(backend, call.auth, call.auth_span, diags)


def _twice(backend: spec.Backend, auth: Auth | None, span: Span | None, diags: Diagnostics) -> None:
    """Credentials of the gateway's own in a header that the client fills, too (BFF171)."""
    if auth is None or span is None or not auth.is_own:
        return
    header = auth.header.lower() if auth.header else None if auth.query else "authorization"
    for name, place in backend.forward_headers:
        if name.lower() == header:
            diags.report(
                "BFF171",
                f"`{name}` of backend `{backend.name}` is the client's and the gateway's own",
                Label(span, "the gateway's own credentials go there"),
                Label(place, "and the client's"),
                help=f"leave `{name}` out of `forward_headers`",
            )


def _certificate(backend: spec.Backend, auth: Auth | None, span: Span | None, diags: Diagnostics) -> None:
    """A certificate that shows who asks has to be somewhere (BFF105)."""
    if auth is None or span is None or auth.kind != "mtls" or (backend.tls is not None and backend.tls.cert):
        return
    diags.report(
        "BFF105",
        f"`auth: mtls` of backend `{backend.name}` needs a certificate",
        Label(span, "which one?"),
        help=f"give `{backend.name}` `tls: {{cert: /run/secrets/gateway.pem, key: /run/secrets/gateway.key}}`",
    )


# ------------------------------------------------------------------------------------- what documents ask for


def warn_of_missing(
    written: spec.Spec,
    documents: Mapping[str, Document],
    used: Used,
    diags: Diagnostics,
) -> None:
    """Operations that ask for credentials which the spec does not give (BFF170), once for each backend."""
    for name, backend in written.backends.items():
        document = documents.get(name)
        if document is None or (backend.auth is not None and backend.auth.kind == "none"):
            continue
        for call, operation in used.get(name, []):
            lacking = _missing(backend, call, operation, document.security_schemes) if operation.security else None
            if lacking is not None:
                _warn(backend, call, operation, lacking, diags)
                break


@dataclass(frozen=True, slots=True)
class _Lacking:
    """A scheme that is not given; `more`: what is given has to stay, and this to come with it."""

    scheme: SecurityScheme
    more: bool


def _missing(
    backend: spec.Backend, call: spec.Call | None, operation: Operation, schemes: Mapping[str, SecurityScheme]
) -> _Lacking | None:
    """What is asked for and not given, where no alternative is met: the one that is given most easily."""
    if call is not None and call.auth is not None and call.auth.kind == "none":
        return None
    auth = auth_of(call, backend) if call is not None else backend.auth or NO_AUTH
    lacking: list[_Lacking] = []
    for alternative in operation.security:
        known = [schemes[name] for name in alternative if name in schemes]
        unmet = [scheme for scheme in known if not _is_met(scheme, auth, backend, call)]
        if not unmet:
            return None
        lacking += [_Lacking(scheme, len(unmet) < len(known)) for scheme in unmet]
    return min(lacking, key=lambda one: (one.more, _ORDER.index(_proposal(one.scheme)[0])))


def _is_met(scheme: SecurityScheme, auth: Auth, backend: spec.Backend, call: spec.Call | None) -> bool:
    sent = {name.lower() for name, _ in backend.forward_headers} | set(_sent(call))
    match scheme.kind:
        case "apiKey":
            return _has_key(scheme, auth, sent)
        case "mutualTLS":
            return backend.tls is not None and backend.tls.cert is not None
        case "http" if scheme.scheme == "basic":
            return auth.kind in ("basic", "forward") or "authorization" in sent
    return auth.kind in _TOKENS or "authorization" in sent or (auth.header or "").lower() == "authorization"


def _has_key(scheme: SecurityScheme, auth: Auth, sent: set[str]) -> bool:
    name = scheme.parameter or ""
    if scheme.location == "header":
        in_header = {"forward": "authorization", "bearer": "authorization", "client_credentials": "authorization"}
        return name.lower() in sent | {(auth.header or "").lower(), in_header.get(auth.kind, "")}
    if scheme.location == "query":
        return auth.query == name or name.lower() in sent
    return "cookie" in sent or name.lower() in sent


def _sent(call: spec.Call | None) -> Iterator[str]:
    """Headers and arguments that the call sets itself."""
    if call is not None:
        yield from (name.lower() for name in call.headers)
        yield from (argument.name.lower() for argument in call.arguments)


_ORDER = ("bearer", "api_key", "basic", "client_credentials", "mtls", "")


def _proposal(scheme: SecurityScheme) -> tuple[str, str]:
    """How a spec gives what a scheme asks for: the kind, and the value of `auth`."""
    if scheme.kind == "apiKey" and scheme.location in ("header", "query"):
        return "api_key", f"{{api_key: {{{scheme.location}: {scheme.parameter}}}}}"
    if scheme.kind == "http" and scheme.scheme == "basic":
        return "basic", "basic"
    if scheme.kind in ("oauth2", "openIdConnect"):
        return "client_credentials", "{client_credentials: {token_url: https://login.example.com/token}}"
    if scheme.kind == "mutualTLS":
        return "mtls", "mtls"
    return ("bearer", "bearer") if scheme.kind == "http" else ("", "")


def _warn(
    backend: spec.Backend, call: spec.Call | None, operation: Operation, lacking: _Lacking, diags: Diagnostics
) -> None:
    scheme, auth, span = lacking.scheme, backend.auth, backend.auth_span
    if call is not None and call.auth is not None:
        auth, span = call.auth, call.auth_span
    value = _proposal(scheme)[1]
    if lacking.more or not value:
        header = scheme.parameter if scheme.location == "header" else "Cookie" if scheme.location == "cookie" else None
        help = f"add `forward_headers: [{header}]`, if the client has it" if header else None
    else:
        help = f"add `auth: {value}`" if span is None else f"write `{value}`"
    found = Label(backend.name_span, "no `auth`")
    if auth is not None and span is not None:
        found = Label(span, f"`{auth.kind}` is {'not all of it' if lacking.more else 'not it'}")
    diags.report(
        "BFF170",
        f"backend `{backend.name}` is called without the credentials that its document asks for",
        found,
        Label(operation.span, f"asks for `{scheme.name}`"),
        note="`auth: forward` sends the client's own on, and `auth: none` says that the backend needs none here",
        help=help,
    )
