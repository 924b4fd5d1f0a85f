"""The spec as written, from its nodes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, cast

from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.source.loader import Loader
from bffgen.source.nodes import Node
from bffgen.source.similar import closest
from bffgen.source.text import Span
from bffgen.spec.includes import Includes
from bffgen.spec.keys import BACKEND, BACKEND_DEFAULTS, DEFAULTS, ENDPOINT_DEFAULTS, SPEC
from bffgen.spec.model import Backend, Endpoint, Expr, Spec
from bffgen.spec.names import why_no_gateway_name
from bffgen.spec.parse_cors import CorsReader
from bffgen.spec.parse_endpoint import EndpointReader
from bffgen.spec.parse_http import HttpReader
from bffgen.spec.parse_proxies import ProxyReader
from bffgen.spec.parse_seeing import SeeingReader
from bffgen.spec.parse_shapes import ShapeReader
from bffgen.spec.reader import Fields, kind_of, shown
from bffgen.spec.urls import why_no_url

LANGUAGE_VERSION = 1
_USER_INFO = re.compile(r"//[^/?#\s]*@")


def parse_spec(node: Node, diags: Diagnostics, loader: Loader | None = None) -> Spec | None:
    """Read a spec; every mistake is reported. None when what is there makes no spec.

    Without a `loader` the files that it includes are left out.
    """
    diags.first = node.file
    return _SpecReader(diags).spec(node, loader)


class _SpecReader(CorsReader, EndpointReader, HttpReader, ProxyReader, SeeingReader, ShapeReader):
    backend_defaults: Fields | None = None

    def spec(self, node: Node, loader: Loader | None) -> Spec | None:
        if self._needs_newer(node):
            return None
        fields = self.fields(node, SPEC)
        if fields is None:
            return None
        start = node.span.start
        self._require_all(fields, Span(node.file, start, start + 1))
        name = self._name(fields.get("name"))
        self._defaults(fields.get("defaults"))
        files = [fields, *(Includes(self, loader, node).files(fields.get("include")) if loader else ())]
        backends = self._backends(fields.get("backends"))
        endpoints = tuple(endpoint for file in files for endpoint in self._endpoints(file.get("endpoints")))
        version = self.text(fields.get("version"), "a version such as `1.0.0`")
        title, description = self.text(fields.get("title")), self.text(fields.get("description"))
        proxies, shapes = self.proxies(fields.get("proxies")), self.shapes(file.get("shapes") for file in files)
        envelope, path = self.value(fields.get("envelope")), fields.get("functions")
        contract, http = fields.get("contract"), self.http(fields.get("http"))
        pinned = self._path(contract) if contract is not None else None
        functions = self._path(path, "the path of a Python file, such as `functions.py`")
        if name is None:
            return None
        span = path.span if path is not None else None
        whole = name, version or "0.1.0", title, description, backends, endpoints, node
        return Spec(
            *whole,
            shapes=shapes,
            envelope=envelope,
            contract=pinned,
            contract_span=contract.span if contract is not None else None,
            functions=functions,
            functions_span=span,
            proxies=proxies,
            http=http,
            cors=self.cors(fields.get("cors"), fields.key("cors") if "cors" in fields.known else None),
            rate_limit=rate if (rate := self.rate_limit(fields.get("rate_limit"))) != "none" else None,
            security=self.security(
                fields.get("security"), fields.key("security") if "security" in fields.known else None
            ),
            seeing=self.seeing(fields.get("observability")),
        )

    def _defaults(self, node: Node | None) -> None:
        fields = self.fields(node, DEFAULTS) if node is not None else None
        if fields is not None:
            backends, endpoints = fields.get("backends"), fields.get("endpoints")
            self.backend_defaults = self.fields(backends, BACKEND_DEFAULTS) if backends else None
            self.endpoint_defaults = self.fields(endpoints, ENDPOINT_DEFAULTS) if endpoints else None

    def _require_all(self, fields: Fields, span: Span) -> None:
        missing = [key.name for key in SPEC.keys.values() if key.required and fields.missing(key.name)]
        if {"include", "proxies"} & fields.known.keys():
            missing = [key for key in missing if key != "endpoints"]
        if missing:
            keys = " and ".join(filter(None, (", ".join(f"`{key}`" for key in missing[:-1]), f"`{missing[-1]}`")))
            message = f"a spec needs the key{'s' if len(missing) > 1 else ''} {keys}"
            help = "begin the spec with `bffgen: 1`" if missing == ["bffgen"] else None
            self.diags.report("BFF105", message, Label(span), help=help)

    def _needs_newer(self, node: Node) -> bool:
        version = node.get("bffgen") if node.kind == "mapping" else None
        if version is None:
            return False
        value = version.value
        if isinstance(value, int) and not isinstance(value, bool) and value > LANGUAGE_VERSION:
            message = f"this spec is written in version {shown(version.text)} of the language"
            note = f"this bffgen reads version {LANGUAGE_VERSION}"
            self.diags.report("BFF112", message, Label(version.span), note=note)
            return True
        if value != LANGUAGE_VERSION or isinstance(value, (bool, float)):
            self.bad(
                version.span,
                f"expected the number `{LANGUAGE_VERSION}`, found {_as_version(version)}",
                "write `bffgen: 1`",
            )
        return False

    def _name(self, node: Node | None) -> str | None:
        name = self.text(node, "the gateway's name")
        if node is None or name is None:
            return None
        usable = self.checked_name(name, node.span, "a gateway", why_no_gateway_name(name))
        return name if usable else None

    # ----------------------------------------------------------------------------------------- backends

    def _backends(self, node: Node | None) -> Mapping[str, Backend]:
        found: dict[str, Backend] = {}
        for name, item in (self.entries(node, "backends by name, a mapping") if node else {}).items():
            span = node.key(name) if node else item.span
            usable = self.name(name, span, "a backend")
            backend = self._backend(name, span, item)
            if usable and backend is not None:
                found[name] = backend
        return found

    def _backend(self, name: str, span: Span, node: Node) -> Backend | None:
        if node.kind == "scalar" and isinstance(node.value, str) and node.text:
            self.wrong(node, "a backend, a mapping", f"write `{name}: {{openapi: {shown(node.text)}}}`")
            return None
        fields = self.fields(node, BACKEND, self.backend_defaults)
        if fields is None:
            return None
        self.require(fields, BACKEND, span)
        openapi, url = fields.get("openapi"), fields.get("url")
        path = self._path(openapi)
        backend = self._backend_of(name, span, fields, path or "", self._url(url))
        return backend if path is not None else None

    def _backend_of(self, name: str, span: Span, fields: Fields, path: str, url: str | None) -> Backend:
        get = fields.get
        presence = self.choice(get("presence"), ("declared", "assumed")) or "declared"
        validate = self.choice(get("validate"), ("lenient", "strict", "off")) or "lenient"
        headers = self.texts(get("forward_headers"), "a list of headers")
        return Backend(
            name=name,
            name_span=span,
            openapi=path,
            openapi_span=fields.known["openapi"].span if "openapi" in fields.known else span,
            url=url,
            url_span=fields.known["url"].span if "url" in fields.known else None,
            presence=cast(Literal["declared", "assumed"], presence),
            validate=cast(Literal["lenient", "strict", "off"], validate),
            success=self._success(get("success")),
            reads=self.texts(get("reads"), "a list of operations"),
            forward_headers=tuple(pair for pair in headers if self.header(*pair, "a header")),
            timeout=self.duration(get("timeout")),
            overlay=self._path(get("overlay")),
            overlay_span=fields.known["overlay"].span if "overlay" in fields.known else None,
            operations=self.operations(get("operations")),
            policies=self.policies(fields),
            auth=self.auth(get("auth"), name),
            auth_span=fields.known["auth"].span if "auth" in fields.known else None,
            tls=self.tls(get("tls")),
        )

    def _success(self, node: Node | None) -> Expr | None:
        found = self.condition(node)
        if node is not None and found is not None and not isinstance(found, Expr):
            self.wrong(node, 'a condition such as `answer.status == "ok"`')
            return None
        return found if isinstance(found, Expr) else None

    def _path(self, node: Node | None, what: str = "the path of an OpenAPI document") -> str | None:
        path = self.text(node, what)
        if node is not None and path is not None and self._is_secret(path, node):
            return None
        if node is not None and path is not None and not path.strip():
            self.wrong(node, what)
            return None
        return path

    def _url(self, node: Node | None) -> str | None:
        url = self.text(node, "an address such as `http://localhost:8001`")
        if node is None or url is None or self._is_secret(url, node):
            return None
        why = why_no_url(url)
        if why:
            help = f"write `{near}`" if (near := _near_url(url)) else None
            self.bad(node.span, f"`{shown(url)}` is not the address of a backend: {why}", help)
            return None
        return url

    def _is_secret(self, text: str, node: Node) -> bool:
        found = _USER_INFO.search(text)
        if not found:
            return False
        span = node.part(found.start() + 2, found.end() - 1)
        hidden = _USER_INFO.sub("//***@", text)
        message = f"an address with a name and a password in it: `{shown(hidden)}`"
        self.diags.report("BFF601", message, Label(span), note="credentials come from the environment at run time")
        return True

    # ---------------------------------------------------------------------------------------- endpoints

    def _endpoints(self, node: Node | None) -> tuple[Endpoint, ...]:
        if node is None:
            return ()
        found = [self.endpoint(node, key) for key in self.entries(node, "endpoints by method and path, a mapping")]
        return tuple(endpoint for endpoint in found if endpoint is not None)


def _near_url(url: str) -> str | None:
    """The address that was probably meant: with its scheme, or with the scheme spelt rightly."""
    scheme, mark, rest = url.partition("://")
    meant = f"{closest(scheme, ('http', 'https'))}://{rest}" if mark else f"http://{url}"
    return meant if why_no_url(meant) is None else None


def _as_version(node: Node) -> str:
    quoted = node.kind == "scalar" and node.text == str(LANGUAGE_VERSION)
    return f"the text `{node.text}`" if quoted else kind_of(node)
