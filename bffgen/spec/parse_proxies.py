"""Routes that pass through to a backend."""

from __future__ import annotations

from typing import Literal, cast

from bffgen.diagnostics.model import Label
from bffgen.source.nodes import Node
from bffgen.source.text import Span
from bffgen.spec.keys import PROXY
from bffgen.spec.parse_access import AccessReader
from bffgen.spec.proxy import Proxy
from bffgen.spec.reader import Fields, kind_of
from bffgen.spec.routes import PROXIED, Fault, Route, parse_template


class ProxyReader(AccessReader):
    """Reads `proxies:`."""

    def proxies(self, node: Node | None) -> tuple[Proxy, ...]:
        if node is None:
            return ()
        found = [self._proxy(node, key) for key in self.entries(node, "proxies by path, a mapping")]
        return tuple(proxy for proxy in found if proxy is not None)

    def _proxy(self, parent: Node, key: str) -> Proxy | None:
        route = self._template(parent.key_node(key), key)
        fields = self.fields(parent.entries()[key], PROXY)
        if fields is None or not self.require(fields, PROXY, parent.key(key)):
            return None
        to_node, backend = fields.get("to"), self.text(fields.get("backend"), "the name of a backend")
        to = self.text(to_node, "a path such as `/v2/{path}`")
        methods, allow = self._methods(fields), self.choice(fields.get("allow"), ("documented", "any"))
        sound = to_node is None or to is None or self._template(to_node, to) is not None
        if route is None or backend is None or not methods or not sound:
            return None
        return Proxy(
            path=route.path,
            variables=route.variables,
            span=parent.key(key),
            backend=backend,
            backend_span=fields.known["backend"].span,
            to=to,
            to_node=to_node,
            methods=methods,
            allow=cast(Literal["documented", "any"], allow or "documented"),
            security=self.access(fields.get("security")),
        )

    def _template(self, node: Node, text: str) -> Route | None:
        route = parse_template(text)
        if isinstance(route, Fault):
            span = node.part(route.start, route.end) if route.end > route.start else node.span
            self.diags.report(route.code, route.message, Label(span), note=route.note, help=route.help)
            return None
        return route

    def _methods(self, fields: Fields) -> tuple[tuple[str, Span], ...]:
        node = fields.get("methods")
        found: dict[str, Span] = {}
        for text, span in self.texts(node, "a list of methods"):
            if text in PROXIED:
                found.setdefault(text, span)
                continue
            note = f"a proxy has the methods {', '.join(f'`{name}`' for name in PROXIED)}"
            help_ = f"write `{text.upper()}`" if text.upper() in PROXIED else None
            self.diags.report("BFF110", f"`{text}` is not a method that passes through", span, note=note, help=help_)
        if node is not None and node.kind == "sequence" and not node.elements():
            self.bad(node.span, f"expected methods, found {kind_of(node)}", "write `methods: [GET, HEAD]`")
        return tuple(found.items())
