"""Calls and guards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bffgen.source.nodes import Node
from bffgen.source.text import Span
from bffgen.spec.keys import CALL, GUARD
from bffgen.spec.model import Argument, Call, Guard, Value
from bffgen.spec.parse_head import Head, parse_head, repeated_argument
from bffgen.spec.parse_on_error import OnErrorReader
from bffgen.spec.reader import Fields

_MANAGED_HEADERS = frozenset(
    "connection content-length date host keep-alive proxy-connection set-cookie te trailer transfer-encoding "
    "upgrade".split()
)


@dataclass(frozen=True, slots=True)
class _Named:
    name: str
    span: Span
    node: Node


class CallReader(OnErrorReader):
    """Reads a call in either form, and the guards of calls and endpoints."""

    def calls(self, node: Node | None) -> Mapping[str, Call]:
        found: dict[str, Call] = {}
        for name, item in (self.entries(node, "calls by name, a mapping") if node else {}).items():
            span = node.key(name) if node else item.span
            usable = self.name(name, span, "a call")
            call = self._call(_Named(name, span, item))
            if usable and call is not None:
                found[name] = call
        return found

    def _call(self, named: _Named) -> Call | None:
        node = named.node
        if node.kind == "mapping":
            fields = self.fields(node, CALL)
            if fields is None:
                return None
            required = self.require(fields, CALL, named.span)
            head = self._head(fields.known["call"]) if required else None
            return self._with(named, fields, head)
        head = self._head(node)
        return self._with(named, Fields(node, {}), head)

    def _head(self, node: Node) -> Head | None:
        if node.kind == "scalar" and isinstance(node.value, str) and node.text.strip():
            return parse_head(node, self.diags)
        self.wrong(node, "a call such as `backend.operation(name=value)`")
        return None

    def _with(self, named: _Named, fields: Fields, head: Head | None) -> Call | None:
        """The call; None without a head, after reading the rest for its own mistakes."""
        get = fields.get
        arguments = self._arguments(head, get("args"))
        body = self.value(get("body"))
        headers = self.headers(get("headers"))
        as_type, when = self.type_text(get("as")), self.condition(get("when"))
        guards, after = self.guards(get("require")), self.texts(get("after"), "a list of calls")
        on_error, timeout = self.on_error(get("on_error")), self.duration(get("timeout"))
        read = self.boolean(get("read"), False) if get("read") else None
        if head is None:
            return None
        return Call(
            name=named.name,
            name_span=named.span,
            backend=head.backend,
            backend_span=head.backend_span,
            operation=head.operation,
            operation_span=head.operation_span,
            arguments=arguments,
            body=body,
            headers=headers,
            as_type=as_type,
            when=when,
            require=guards,
            after=after,
            on_error=on_error,
            timeout=timeout,
            timeout_span=fields.known["timeout"].span if "timeout" in fields.known else None,
            read=read,
            node=named.node,
        )

    def _arguments(self, head: Head | None, node: Node | None) -> tuple[Argument, ...]:
        found = {argument.name: argument for argument in head.arguments} if head else {}
        for name, (value, span) in self.values(node, "arguments by name, a mapping").items():
            argument = Argument(name, span, value)
            if name in found:
                repeated_argument(self.diags, argument, found[name])
            else:
                found[name] = argument
        return tuple(found.values())

    def headers(self, node: Node | None) -> Mapping[str, tuple[Value, Span]]:
        """Headers by name; those that the connection itself needs are refused, and two that differ in case."""
        found: dict[str, tuple[Value, Span]] = {}
        for name, (value, span) in self.values(node, "headers by name, a mapping").items():
            if not self.header(name, span, "a header"):
                continue
            if name.lower() in _MANAGED_HEADERS:
                self.diags.report("BFF108", f"header `{name}` is not the spec's to set", span)
                continue
            first = next((other for other in found if other.lower() == name.lower()), None)
            if first is not None:
                self.diags.complain("BFF103", f"header `{name}` stands twice", span, found[first][1], "first here")
                continue
            found[name] = (value, span)
        return found

    def guards(self, node: Node | None) -> tuple[Guard, ...]:
        if node is None:
            return ()
        if node.kind == "mapping":
            self.wrong(node, "a list of guards", "begin the guard with `- `: it is an item of a list")
            return ()
        found = [self._guard(item) for item in self.elements(node, "a list of guards")]
        return tuple(guard for guard in found if guard is not None)

    def _guard(self, node: Node) -> Guard | None:
        fields = self.fields(node, GUARD)
        if fields is None:
            return None
        complete = self.require(fields, GUARD, node.span)
        that, status = self.condition(fields.get("that")), self.status(fields.get("status"), low=400)
        detail, extra = self.template(fields.get("detail")), self.extra(fields.get("extra"))
        if not complete or that is None or status is None:
            return None
        return Guard(that, status, detail, extra, node.span)
