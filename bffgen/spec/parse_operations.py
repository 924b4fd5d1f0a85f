"""Operations of a backend that its document omits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, cast

from bffgen.diagnostics.model import Label
from bffgen.source.nodes import Node
from bffgen.source.text import Span
from bffgen.spec.keys import OPERATION, OPERATION_PARAM
from bffgen.spec.operation import DeclaredOperation, OperationParam, TypeText
from bffgen.spec.parse_value import ValueReader
from bffgen.spec.reader import Fields, is_null, shown
from bffgen.spec.routes import Fault, Route, parse_route


class OperationReader(ValueReader):
    """Reads `operations:` of a backend."""

    def operations(self, node: Node | None) -> tuple[DeclaredOperation, ...]:
        if node is None:
            return ()
        found = [self._declared(node, key) for key in self.entries(node, "operations by method and path, a mapping")]
        return tuple(operation for operation in found if operation is not None)

    def _declared(self, parent: Node, key: str) -> DeclaredOperation | None:
        route = parse_route(key)
        if isinstance(route, Fault):
            self.report_fault(parent.key_node(key), route)
        item = parent.entries()[key]
        fields = self.fields(item, OPERATION) if not is_null(item) else None
        fields = fields or Fields(item, {})
        get = fields.get
        status = self.integer(get("status"), 200, 299, "a status from 200 to 299")
        named = self.text(get("operation_id"), "the operation's name")
        body, response = self.type_or_fields(get("body")), self.type_or_fields(get("response"))
        params = self._operation_params(get("params"), route.variables if isinstance(route, Route) else None)
        if isinstance(route, Fault):
            return None
        span = parent.key(key)
        return DeclaredOperation(route.method, route.path, span, named, params, body, response, status)

    def _operation_params(self, node: Node | None, variables: tuple[str, ...] | None) -> tuple[OperationParam, ...]:
        """`variables` are those of the path; None when it cannot be read."""
        if node is None:
            return ()
        entries = self.entries(node, "parameters by name, a mapping")
        found = [self._operation_param(name, node.key(name), item, variables or ()) for name, item in entries.items()]
        return tuple(param for param in found if param is not None)

    def _operation_param(self, name: str, span: Span, node: Node, variables: tuple[str, ...]) -> OperationParam | None:
        fields = self.fields(node, OPERATION_PARAM) if node.kind == "mapping" else None
        if fields is not None and not self.require(fields, OPERATION_PARAM, span):
            return None
        place = fields.get("in") if fields is not None else None
        location = self.choice(place, ("query", "header", "cookie")) or "query"
        text = self.type_text(fields.get("type") if fields is not None else node)
        if name in variables and place is not None:
            message = f"parameter `{shown(name)}` stands in the path"
            self.diags.report("BFF211", message, Label(place.span, "cannot stand elsewhere too"))
        if location == "header":
            self.header(name, span, "a header")
        placed = "path" if name in variables else location
        where = cast(Literal["path", "query", "header", "cookie"], placed)
        return OperationParam(name, span, where, text) if text is not None else None

    def type_or_fields(self, node: Node | None) -> TypeText | Mapping[str, TypeText] | None:
        """A type, or fields by name and their types."""
        if node is None or is_null(node):
            return None
        if node.kind != "mapping":
            return self.type_text(node)
        found = {name: self.type_text(item) for name, item in self.entries(node, "fields").items()}
        return {name: type_ for name, type_ in found.items() if type_ is not None}

    def report_fault(self, key: Node, fault: Fault) -> None:
        """Report what is wrong with a key such as `GET /carts/{id}`."""
        span = key.part(fault.start, fault.end) if fault.end > fault.start else key.span
        self.diags.report(fault.code, fault.message, Label(span), note=fault.note, help=fault.help)
