"""Calls and guards."""

from __future__ import annotations

from collections.abc import Mapping

from bffgen.diagnostics.model import Label
from bffgen.records import dataclass
from bffgen.source.nodes import Node
from bffgen.source.text import Span
from bffgen.spec.keys import CALL, GUARD
from bffgen.spec.model import Argument, Block, Call, Entry, Guard, Value
from bffgen.spec.parse_auth import AuthReader
from bffgen.spec.parse_head import Head, parse_head, repeated_argument
from bffgen.spec.parse_lists import ListReader
from bffgen.spec.parse_policies import PolicyReader
from bffgen.spec.reader import Fields

_NOT_OF_UNDO = frozenset(
    "as read for if limit items key batch size paginate max_pages when require after on_error undo timeout "
    "headers auth retry hedge".split()
)
_MANAGED_HEADERS = frozenset(
    "connection content-length date host keep-alive proxy-connection set-cookie te trailer transfer-encoding "
    "upgrade".split()
)


@dataclass(frozen=True, slots=True)
class _Named:
    name: str
    span: Span
    node: Node


class CallReader(PolicyReader, ListReader, AuthReader):
    """Reads a call in either form, and the guards of calls and endpoints."""

    def calls(self, node: Node | None) -> Mapping[str, Entry]:
        found: dict[str, Entry] = {}
        for name, item in (self.entries(node, "calls by name, a mapping") if node else {}).items():
            span = node.key(name) if node else item.span
            usable = self.name(name, span, "a call")
            call = self._call(_Named(name, span, item))
            if usable and call is not None:
                found[name] = call
        return found

    def _call(self, named: _Named) -> Entry | None:
        node = named.node
        if node.kind != "mapping":
            return self._with(named, Fields(node, {}), self._head(node))
        fields = self.fields(node, CALL)
        if fields is None:
            return None
        if "calls" in fields.known:
            return self._block(named, fields)
        written = fields.get("call")
        if written is not None and written.kind == "mapping" and "value" in fields.known:
            self.wrong(written, "a call such as `backend.operation(name=value)`", "did you mean `calls`?")
            return None
        if "calls" in fields.doubtful or ("call" in fields.doubtful and "value" in fields.known):
            return None
        if fields.missing("call"):
            message = "a call needs the key `call`, a block the keys `calls` and `value`"
            self.diags.report("BFF105", message, Label(named.span), help="add `call: backend.operation(name=value)`")
        self._only(fields, "a call", ("value", "let"), "`calls:`")
        head = self._head(fields.known["call"]) if "call" in fields.known else None
        return self._with(named, fields, head)

    def _only(self, fields: Fields, what: str, keys: tuple[str, ...], owner: str) -> None:
        for key in keys:
            if key in fields.known:
                self.diags.report(
                    "BFF104", f"`{key}` is no key of {what}", Label(fields.key(key), f"belongs to {owner}")
                )

    def _block(self, named: _Named, fields: Fields) -> Block | None:
        get = fields.get
        self._only(
            fields,
            "a block",
            (
                *("call", "args", "body", "headers", "as", "read", "batch", "paginate", "undo", "items"),
                *("auth", "retry", "hedge"),
            ),
            "a call",
        )
        calls, lets, guards = self.calls(get("calls")), self.lets(get("let")), self.guards(get("require"))
        each, key, when = self.each(fields), self._text_expression(get("key"), "an expression over `item`"), None
        when = self.condition(get("when"))
        after, on_error = self.texts(get("after"), "a list of calls"), self.on_error(get("on_error"))
        timeout, value = self.duration(get("timeout")), self.value(get("value"))
        if value is None:
            if fields.missing("value"):
                label = Label(fields.key("calls"), "what is it for?")
                self.diags.report("BFF105", "a block needs the key `value`", label, help="add `value: ...`")
            return None
        return Block(
            named.name, named.span, calls, lets, guards, value, each, key, when, after, on_error, timeout, named.node
        )

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
        each, batch, paginate = self.each(fields), self.batch(fields), self.paginate(fields)
        items = self._text_expression(get("items"), "an expression over `answer`")
        key = self._text_expression(get("key"), "an expression over `item`")
        undo, auth = self._undo(named, get("undo")), self.auth(get("auth"), head.backend if head else named.name)
        policies = self.own_policies(fields)
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
            each=each,
            batch=batch,
            paginate=paginate,
            items=items,
            key=key,
            undo=undo,
            auth=auth,
            auth_span=fields.known["auth"].span if "auth" in fields.known else None,
            policies=policies,
        )

    def _undo(self, named: _Named, node: Node | None) -> Call | None:
        """The call that takes a write back: a head, or a mapping with `call`, `args` and `body`."""
        if node is None:
            return None
        made = self._call(_Named(named.name, node.span, node))
        if isinstance(made, Block):
            self.wrong(node, "a call such as `backend.operation(name=value)`")
            return None
        for key in node.entries() if node.kind == "mapping" else ():
            if key in _NOT_OF_UNDO:
                label = Label(node.key(key), "it has a `call`, `args` and a `body` alone")
                self.diags.report("BFF104", f"`{key}` is no key of an `undo`", label)
        return made

    def lets(self, node: Node | None) -> Mapping[str, tuple[Value, Span]]:
        found = self.values(node, "values by name, a mapping")
        return {name: pair for name, pair in found.items() if self.name(name, pair[1], "a value")}

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
