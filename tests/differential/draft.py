"""An endpoint under way, over the documents of this folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from bffgen.check.gateway import check
from bffgen.check.model import CheckedBlock, CheckedEndpoint, CheckedEntry
from bffgen.diagnostics.model import Diagnostics
from bffgen.expr.scope import Binding
from bffgen.expr.tree import Role
from bffgen.openapi.document import Document, load_document
from bffgen.source.loader import Loader
from bffgen.source.nodes import parse_nodes
from bffgen.source.text import SourceFile, Span
from bffgen.spec.parse import parse_spec
from bffgen.typesystem.model import (
    ListType,
    MapType,
    ObjectType,
    Scalar,
    Type,
    is_nullable,
    non_null,
    nullable,
)
from bffgen.typesystem.relations import assign

from .dice import Dice
from .forms import grow
from .grow import Growth, context, literal

DOCUMENTS = Path(__file__).parent / "documents"
NAMES = ("shop", "people", "feed", "ledger")
UNUSED = frozenset({"BFF404", "BFF405", "BFF309"})
"""What is wrong with a composition that is not finished yet."""

_READS = {"shop": ["searchOrders"], "ledger": ["findEntries"]}


def backend(name: str, group: int) -> dict[str, Any]:
    """The entry of a backend. Each group has other settings, and models of its own."""
    made: dict[str, Any] = {"openapi": f"documents/{name}.yaml", "url": f"http://{name}{group}.test"}
    if name in _READS:
        made["reads"] = _READS[name]
    if name == "ledger":
        made["success"] = "answer.ok"
    if name in ("feed", "ledger") and group % 3 == 1:  # the other documents are recursive: all present is endless
        made["presence"] = "assumed"
    if name == "feed" and group % 2:
        made["forward_headers"] = ["Authorization"]
    return made


def shapes(group: int) -> dict[str, Any]:
    """The shapes of a group, by their names; each takes a product, and one of them a note, too."""
    product, note = f"shop{group}.Product", f"feed{group}.Note | None"
    return {
        f"Card{group}": {
            "$of": {"product": product, "note": note},
            "title": "product.name.upper()",
            "price": "product.price * 2",
            "parent": f"Small{group}(product.parent) if product.parent is not None else None",
            "note": "note.text",
            "stars": "note.stars + 1 if note is not None and note.stars is not None else 0",
        },
        f"Small{group}": {
            "$of": {"product": product},
            "$pick": {"product": ["id", "state", "changed"]},
            "images": {
                "$for": "i in product.images",
                "$if": "i.width is not None",
                "wide": "i.width > 1",
                "url": "i.url",
            },
        },
    }


def spec_of(endpoints: Mapping[str, Any], groups: set[int], name: str) -> dict[str, Any]:
    """A whole spec."""
    backends = {f"{one}{group}": backend(one, group) for group in sorted(groups) for one in NAMES}
    written = json.dumps(endpoints)
    made = {shape: of for group in sorted(groups) for shape, of in shapes(group).items()}
    used = {shape: of for shape, of in made.items() if f"{shape}(" in written}
    used |= {shape: of for shape, of in made.items() if f"{shape}(" in json.dumps(used)}
    head = {"bffgen": 1, "name": name, "version": "1.0.0", "backends": backends}
    return {**head, **({"shapes": used} if used else {}), "endpoints": dict(endpoints)}


_ANYWHERE = Span(SourceFile("spec.json", ""), 0, 0)


@lru_cache(maxsize=64)
def documents(group: int) -> Mapping[str, Document]:
    """The documents of a group's backends."""
    diags = Diagnostics()
    loader = Loader(DOCUMENTS, diags)
    made = {}
    for name in NAMES:
        presence = backend(name, group).get("presence", "declared")
        found = load_document(f"{name}{group}", f"{name}.yaml", loader, diags, _ANYWHERE, presence)
        assert found is not None and not diags.has_errors
        made[f"{name}{group}"] = found
    return made


def examined(endpoints: Mapping[str, Any], group: int) -> tuple[frozenset[str], CheckedEndpoint | None]:
    """The codes of what is wrong with endpoints over the backends of a group, and the first of them, checked."""
    source = SourceFile("spec.json", json.dumps(spec_of(endpoints, {group}, "draft")))
    diags = Diagnostics()
    node = parse_nodes(source, diags)
    spec = parse_spec(node, diags) if node is not None else None
    gateway = check(spec, documents(group), diags) if spec is not None and not diags.has_errors else None
    codes = frozenset(one.code for one in diags.sorted() if one.severity == "error")
    return codes, gateway.endpoints[0] if gateway is not None else None


def headers_of(entry: CheckedEntry) -> list[str]:
    """The response headers that a call documents."""
    if isinstance(entry, CheckedBlock):
        return []
    return [header.name for one in entry.operation.success() for header in one.headers.values()]


@dataclass
class Draft:
    """An endpoint under way: as the spec has it, and as the checker had it last."""

    dice: Dice
    group: int
    path: str
    method: str
    written: dict[str, Any] = field(default_factory=dict)
    checked: CheckedEndpoint | None = None
    codes: frozenset[str] = frozenset()
    params: int = 0

    @property
    def key(self) -> str:
        return f"{self.method} {self.path}"

    # ------------------------------------------------------------------------------------------- checking

    def check(self) -> frozenset[str]:
        """The codes of what is wrong, unused things left out. The checker never raises, whatever is written."""
        self.codes, checked = examined({self.key: self.written}, self.group)
        wrong = self.codes - UNUSED
        if not wrong:
            self.checked = checked
        return wrong

    def attempt(self, change: Callable[[], None]) -> bool:
        """Make a change; take it back where the checker has something against it."""
        kept, path, params = json.dumps(self.written), self.path, self.params
        change()
        if not self.check():
            return True
        self.written, self.path, self.params = json.loads(kept), path, params
        return False

    # ------------------------------------------------------------------------------------------- growing

    def growth(self, steps: int) -> Growth:
        """Expressions over everything that is there."""
        names: dict[str, Binding] = {}
        headers: dict[str, list[str]] = {}
        if self.checked is not None:
            for param in self.checked.params:
                sure = param.required or param.has_default
                names[param.name] = Binding(Role.PARAM, param.type if sure else nullable(param.type))
            for call in self.checked.calls:
                if call.lazy:
                    continue
                names[call.name] = Binding(Role.CALL, call.type, needs=call.name)
                headers[call.name] = headers_of(call)
            for let in self.checked.lets:
                names[let.name] = Binding(Role.LET, let.value.type, needs=let.name)
            if self.checked.body is not None:
                of = self.checked.body
                names["body"] = Binding(Role.BODY, of if self.checked.body_required else nullable(of))
        ctx = context(names, lambda node, _: self._type_named(node), headers)
        made = Growth(self.dice, ctx, list(names), headers)
        for one in list(made.pool):
            made.look_into(one)
        grow(made, steps)
        return made

    def _type_named(self, node: Any) -> Type | None:
        document = documents(self.group).get(getattr(getattr(node, "value", None), "id", ""))
        return document.schema(node.attr, request=False) if document is not None else None

    # ------------------------------------------------------------------------------------------- values

    def param(self, of: Type, required: bool) -> str:
        """A new parameter of the endpoint; its type is inferred."""
        self.params += 1
        name = f"p{self.params}"
        scalar = isinstance(non_null(of), Scalar)
        if scalar and required and self.dice.chance(40):
            self.path += f"/{{{name}}}"
        elif scalar and self.dice.chance(15):
            self.written.setdefault("params", {})[name] = {"in": self.dice.one(["header", "cookie"])}
        else:
            self.written.setdefault("params", {})[name] = None
        return name

    def value(self, of: Type, growth: Growth, required: bool = True, deep: int = 0) -> Any:
        """A YAML value for a place of a type, written as an expression or a mapping."""
        wanted = of if required else nullable(of)
        found = growth.fitting(wanted) if self.dice.chance(55) else None
        inner = non_null(of)
        if found is None and isinstance(inner, ObjectType) and deep < 3:
            return self._mapping(inner, growth, deep)
        if found is None and isinstance(inner, ListType) and deep < 3 and self.dice.chance(60):
            return self._list(inner, growth, deep)
        if found is None and isinstance(inner, MapType) and deep < 3:
            return {
                key: self.value(inner.value, growth, True, deep + 1) for key in ("a", "b-c")[: self.dice.number(1, 2)]
            }
        if found is None and self.dice.chance(20):
            found = growth.find(lambda given: assign(non_null(given), non_null(of)) is None and is_nullable(given))
        return found.text if found is not None else literal(self.dice, of)

    def _mapping(self, of: ObjectType, growth: Growth, deep: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for one in of.fields.values():
            if one.required or self.dice.chance(40):
                made[one.name] = self.value(one.type, growth, one.required, deep + 1)
        if self.dice.chance(10):
            made["$omit_null"] = True
        return made

    def _list(self, of: ListType, growth: Growth, deep: int) -> Any:
        loop = growth.loop() if isinstance(non_null(of.item), ObjectType) else None
        if loop is not None and isinstance(inner := non_null(of.item), ObjectType):
            head, sub = loop
            grow(sub, 2)
            return {"$for": head, **self._mapping(inner, sub, deep + 1)}
        return [self.value(of.item, growth, True, deep + 1) for _ in range(self.dice.number(max(1, of.min_items), 2))]
