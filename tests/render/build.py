"""Small typed gateways, built by hand: what the checker would make of a spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bffgen.check.model import CheckedBackend, CheckedCall, CheckedEndpoint, CheckedGateway
from bffgen.expr import tree
from bffgen.expr.tree import Role
from bffgen.openapi.model import Operation
from bffgen.source.text import SourceFile, Span
from bffgen.typesystem.model import Docs, Field, ObjectType, Type, nullable

FILE = SourceFile("catalog.yaml", "x" * 10_000)
SPAN = Span(FILE, 0, 1)
_places = iter(range(1, 9_000))


def obj(
    name: str,
    fields: Mapping[str, Type],
    *,
    optional: tuple[str, ...] = (),
    backend: str | None = "catalog",
    request: bool = False,
    extra: Type | None = None,
    docs: Mapping[str, str] | None = None,
    description: str | None = None,
) -> ObjectType:
    """An object; `fields` may be filled later for recursion."""
    at = next(_places)

    def make() -> Mapping[str, Field]:
        notes = docs or {}
        return {
            key: Field(key, of, key not in optional, Docs(description=notes.get(key))) for key, of in fields.items()
        }

    span = Span(FILE, at, at + 1)
    return ObjectType(name, backend, make, lambda: extra, description, span, request)


def call(name: str, reply: Type, backend: str = "catalog", **changes: Any) -> CheckedCall:
    operation = Operation(backend, f"get{name}", f"get{name}", "GET", f"/{name}", (), None, None, (), None, (), SPAN)
    given: dict[str, Any] = {
        "name": name, "operation": operation, "arguments": (), "body": None, "headers": (), "when": None,
        "null_arguments": (), "guards": (), "reactions": (), "passes": frozenset(), "timeout": 2.0,
        "reply": reply, "type": reply, "write": False, "needs": frozenset(), "after": frozenset(),
        "success": None, "each": None, "batch": None, "pages": None, "items": None, "key": None,
        "item_type": changes.get("type", reply), "undo": None, "lazy": False, "wants_reply": False, "span": SPAN,
    }  # fmt: skip
    return CheckedCall(**(given | changes))


def endpoint(calls: list[CheckedCall], response: tree.Expr | None, **changes: Any) -> CheckedEndpoint:
    given: dict[str, Any] = {
        "method": "GET", "path": "/x", "operation_id": "getX", "summary": None, "description": None, "tags": (),
        "deprecated": False, "params": (), "body": None, "body_required": False, "calls": tuple(calls),
        "lets": (), "guards": (), "response": response, "status": None, "statuses": (200,), "headers": (),
        "cookies": (), "deadline": 5.0, "degraded_status": 200, "parallel_writes": False,
        "named_models": {}, "span": SPAN,
    }  # fmt: skip
    return CheckedEndpoint(**(given | changes))


def gateway(*endpoints: CheckedEndpoint, backends: tuple[str, ...] = ("catalog",)) -> CheckedGateway:
    made = tuple(CheckedBackend(name, f"http://{name}", "lenient", (), None, f"{name}.yaml") for name in backends)
    return CheckedGateway("shop", "1.0.0", "Shop", None, made, endpoints)


def ref(made: CheckedCall) -> tree.Ref:
    return tree.Ref(made.name, Role.CALL, made.type, SPAN)


def read(base: tree.Expr, name: str, of: Type, *, null: bool = False) -> tree.FieldOf:
    return tree.FieldOf(base, name, nullable(of) if null else of, SPAN)


def answer(model: str, /, **entries: tree.Expr) -> tree.MakeObject:
    """The gateway's own object."""
    made = obj(model, {key: value.type for key, value in entries.items()}, backend=None)
    return tree.MakeObject(tuple(entries.items()), False, made, SPAN)
