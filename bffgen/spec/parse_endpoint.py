"""Endpoints: their parameters, body, calls and answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, cast

from bffgen.diagnostics.model import Label
from bffgen.source.nodes import Node
from bffgen.source.text import Span
from bffgen.spec.keys import COOKIE, ENDPOINT, PARAM
from bffgen.spec.model import Const, Cookie, Endpoint, Expr, Param
from bffgen.spec.names import why_no_operation_id
from bffgen.spec.parse_access import AccessReader
from bffgen.spec.parse_call import CallReader
from bffgen.spec.parse_examples import ExampleReader
from bffgen.spec.parse_operations import OperationReader
from bffgen.spec.parse_rates import RateReader
from bffgen.spec.reader import Fields, is_null, shown
from bffgen.spec.routes import Fault, Route, parse_route

_MAX_AGE = 2**31 - 1


class EndpointReader(AccessReader, CallReader, ExampleReader, OperationReader, RateReader):
    """Reads an endpoint from its key and mapping; `endpoint_defaults` is what holds for all of them."""

    endpoint_defaults: Fields | None = None

    def endpoint(self, parent: Node, key: str) -> Endpoint | None:
        node, span = parent.entries()[key], parent.key(key)
        route = parse_route(key)
        if isinstance(route, Fault):
            self.report_fault(parent.key_node(key), route)
        fields = self.fields(node, ENDPOINT, self.endpoint_defaults)
        if fields is None:
            return None
        endpoint = self._endpoint(route if isinstance(route, Route) else Route("GET", "/", ()), fields, span)
        return endpoint if isinstance(route, Route) else None

    def _endpoint(self, route: Route, fields: Fields, span: Span) -> Endpoint:
        get = fields.get
        params = self._params(get("params"), route)
        body_node, id_node = get("body"), get("operation_id")
        calls = self.calls(get("calls"))
        return Endpoint(
            method=route.method,
            path=route.path,
            path_params=route.variables,
            span=span,
            summary=self.text(get("summary")),
            description=self.text(get("description")),
            tags=tuple(tag for tag, _ in self.texts(get("tags"), "a list of tags")),
            operation_id=self._operation_id(id_node),
            operation_id_span=id_node.span if id_node else None,
            deprecated=self.boolean(get("deprecated"), False),
            params=params,
            body=self.type_or_fields(body_node),
            body_span=body_node.span if body_node else None,
            calls=calls,
            let=self.lets(get("let")),
            require=self.guards(get("require")),
            response=self.value(get("response")),
            status=self._status(get("status")),
            response_headers=self.headers(get("response_headers")),
            cookies=self._cookies(get("cookies")),
            deadline=self.duration(get("deadline")),
            degraded_status=self.status(get("degraded_status"), low=200),
            node=fields.node,
            policies=self.own_policies(fields),
            parallel_writes=self.boolean(get("parallel_writes"), False),
            examples=self.examples(get("examples")),
            envelope=self.value(get("envelope")),
            stream=cast(Literal["lines", "events"] | None, self.choice(get("stream"), ("lines", "events"))),
            stream_span=fields.known["stream"].span if "stream" in fields.known else None,
            security=self.access(get("security")),
            rate_limit=self.rate_limit(get("rate_limit"), lifted=True),
        )

    def _operation_id(self, node: Node | None) -> str | None:
        text = self.text(node, "an operation id")
        if node is None or text is None:
            return None
        usable = self.checked_name(text, node.span, "an operation", why_no_operation_id(text))
        return text if usable else None

    def _status(self, node: Node | None) -> Expr | Const | None:
        if node is None or (node.kind == "scalar" and isinstance(node.value, str) and node.text.strip()):
            return self.condition(node)
        value = self.integer(node, 100, 599, "a status from 100 to 599, or an expression of literals")
        return Const(value, node) if value is not None else None

    # --------------------------------------------------------------------------------------- parameters

    def _params(self, node: Node | None, route: Route) -> Mapping[str, Param]:
        found: dict[str, Param] = {}
        for name, item in (self.entries(node, "parameters by name, a mapping") if node else {}).items():
            span = node.key(name) if node else item.span
            usable = self.name(name, span, "a parameter")
            param = self._param(name, span, item, name in route.variables)
            if usable and param is not None:
                found[name] = param
        return found

    def _param(self, name: str, span: Span, node: Node, in_path: bool) -> Param | None:
        fields = Fields(node, {}) if is_null(node) else self._param_fields(name, node)
        if fields is None:
            return None
        get, wire_name = fields.get, self.text(fields.get("name"), "the parameter's name in the request")
        location = self._location(get("in"), name, in_path)
        name_node = get("name")
        if wire_name is not None and name_node is not None:
            self._wire_name(wire_name, name_node, location, in_path)
        return Param(
            name=name,
            name_span=span,
            location=location,
            wire_name=wire_name,
            type=self.type_text(get("type")),
            default=get("default"),
            description=self.text(get("description")),
            example=get("example"),
            deprecated=self.boolean(get("deprecated"), False),
            node=node,
        )

    def _param_fields(self, name: str, node: Node) -> Fields | None:
        if node.kind == "scalar":
            help = f"write `{name}: {{type: {node.text}}}`" if isinstance(node.value, str) else None
            self.wrong(node, "nothing, or a mapping with the keys of a parameter", help)
            return None
        return self.fields(node, PARAM)

    def _location(self, node: Node | None, name: str, in_path: bool) -> Literal["query", "header", "cookie"] | None:
        if node is None:
            return None
        if in_path:
            message = f"parameter `{shown(name)}` stands in the path"
            self.diags.report("BFF211", message, Label(node.span, "cannot stand elsewhere too"))
            return None
        if node.text == "path":
            message = f"parameter `{shown(name)}` does not stand in the endpoint's path"
            self.diags.report("BFF211", message, node.span, help=f"write `{{{name}}}` in the path, and leave out `in`")
            return None
        location = self.choice(node, ("query", "header", "cookie"))
        return cast(Literal["query", "header", "cookie"] | None, location)

    def _wire_name(self, wire: str, node: Node, location: str | None, in_path: bool) -> None:
        if in_path:
            self.diags.report("BFF211", "the name of a parameter of the path is the one in the path", node.span)
        elif location in ("header", "cookie"):
            self.header(wire, node.span, f"a {location}")
        elif not wire.isprintable() or not wire:
            self.diags.report("BFF108", f"`{shown(wire)}` cannot be the name of a parameter", node.span)

    # ------------------------------------------------------------------------------------------ cookies

    def _cookies(self, node: Node | None) -> Mapping[str, tuple[Cookie, Span]]:
        found: dict[str, tuple[Cookie, Span]] = {}
        for name, item in (self.entries(node, "cookies by name, a mapping") if node else {}).items():
            span = node.key(name) if node else item.span
            usable = self.header(name, span, "a cookie")
            cookie = self._cookie(item, span)
            if usable and cookie is not None:
                found[name] = (cookie, span)
        return found

    def _cookie(self, node: Node, span: Span) -> Cookie | None:
        if node.kind != "mapping":
            value = self.condition(node)
            return Cookie(value) if value is not None else None
        fields = self.fields(node, COOKIE)
        if fields is None or not self.require(fields, COOKIE, span):
            return None
        get = fields.get
        value = self.condition(get("value"))
        secure, http_only = self.boolean(get("secure"), True), self.boolean(get("http_only"), True)
        same_site = self.choice(get("same_site"), ("lax", "strict", "none")) or "lax"
        max_age = self.integer(get("max_age"), 0, _MAX_AGE, "a number of seconds")
        path = self._cookie_path(get("path"))
        if value is None:
            return None
        site = cast(Literal["lax", "strict", "none"], same_site)
        return Cookie(value, secure, http_only, site, max_age, path)

    def _cookie_path(self, node: Node | None) -> str:
        path = self.text(node, "a path such as `/`")
        if node is not None and path is not None:
            if path.startswith("/") and path.isascii() and path.isprintable() and not set(path) & set("; ,"):
                return path
            self.bad(node.span, f"`{shown(path)}` is not the path of a cookie")
        return "/"
