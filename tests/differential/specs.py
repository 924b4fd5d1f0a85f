"""Compositions: endpoints over the documents of this folder, each call, guard, value put in as the checker takes it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from random import Random
from typing import Any

from bffgen.check.gateway import check
from bffgen.check.model import CheckedEndpoint
from bffgen.diagnostics.model import Diagnostics
from bffgen.expr.scope import Binding
from bffgen.expr.tree import Role
from bffgen.openapi.document import Document, load_document
from bffgen.openapi.model import Operation
from bffgen.source.loader import Loader
from bffgen.source.nodes import parse_nodes
from bffgen.source.text import SourceFile, Span
from bffgen.spec.parse import parse_spec
from bffgen.typesystem.model import (
    INTEGER,
    TEXT,
    ListType,
    MapType,
    Null,
    ObjectType,
    Scalar,
    Type,
    is_nullable,
    non_null,
    nullable,
)
from bffgen.typesystem.relations import assign

from .dice import Dice, seeded
from .forms import grow
from .grow import Growth, access, answerable, boolean, context, kind, literal, null, spelled
from .grow import text as is_text

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


def spec_of(endpoints: Mapping[str, Any], groups: set[int], name: str) -> dict[str, Any]:
    """A whole spec."""
    backends = {f"{one}{group}": backend(one, group) for group in sorted(groups) for one in NAMES}
    return {"bffgen": 1, "name": name, "version": "1.0.0", "backends": backends, "endpoints": dict(endpoints)}


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

    def growth(self, steps: int, without: str | None = None) -> Growth:
        """Expressions over everything that is there."""
        names: dict[str, Binding] = {}
        headers: dict[str, list[str]] = {}
        if self.checked is not None:
            for param in self.checked.params:
                sure = param.required or param.has_default
                names[param.name] = Binding(Role.PARAM, param.type if sure else nullable(param.type))
            for call in self.checked.calls:
                names[call.name] = Binding(Role.CALL, call.type, needs=call.name)
                headers[call.name] = [h.name for one in call.operation.success() for h in one.headers.values()]
            for let in self.checked.lets:
                names[let.name] = Binding(Role.LET, let.value.type, needs=let.name)
            if self.checked.body is not None:
                of = self.checked.body
                names["body"] = Binding(Role.BODY, of if self.checked.body_required else nullable(of))
        names.pop(without or "", None)
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


# ---------------------------------------------------------------------------------------------- calls


def add_call(draft: Draft, operation: Operation) -> None:
    """A call of the operation, if the checker takes one of those that come to mind."""
    name = f"c{len(draft.written.setdefault('calls', {})) + 1}"
    growth = draft.growth(draft.dice.number(0, 6))

    def change() -> None:
        soft = draft.dice.chance(45)
        call: dict[str, Any] = {"call": f"{operation.backend}.{operation.id}"}
        if args := _arguments(draft, operation, growth, soft):
            call["args"] = args
        if operation.body is not None and (operation.body.required or draft.dice.chance(80)):
            whole = draft.method != "GET" and "body" not in json.dumps(draft.written) and draft.dice.chance(45)
            call["body"] = "body" if whole else draft.value(operation.body.type, growth)
        if soft:
            call["on_error"] = _on_error(draft, operation)
        _conditions(draft, call, growth)
        draft.written["calls"][name] = call

    for _ in range(3):
        if draft.attempt(change):
            break
    else:
        return
    if draft.dice.chance(15):
        draft.attempt(lambda: draft.written["calls"][name].update(require=[_guard(draft, draft.growth(4))]))


def _arguments(draft: Draft, operation: Operation, growth: Growth, soft: bool) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for parameter in operation.parameters:
        if not parameter.required and not draft.dice.chance(35):
            continue
        how = draft.dice.weighted([(45, "value"), (40, "param"), (5, "null"), (10, "literal")])
        if how == "param" and not isinstance(non_null(parameter.type), ObjectType | MapType):
            made[parameter.name] = draft.param(parameter.type, parameter.required)
        elif how == "literal" and isinstance(parameter.type, Scalar):
            made[parameter.name] = literal(draft.dice, parameter.type)
        elif how == "null" and soft and (found := growth.find(_null_of(parameter.type))) is not None:
            made[parameter.name] = found.text
        else:
            made[parameter.name] = draft.value(parameter.type, growth, parameter.required)
    return made


def _null_of(wanted: Type) -> Callable[[Type], bool]:
    return lambda given: is_nullable(given) and not isinstance(given, Null) and assign(non_null(given), wanted) is None


def _conditions(draft: Draft, call: dict[str, Any], growth: Growth) -> None:
    dice = draft.dice
    if dice.chance(20):
        test, found = growth.find(boolean), growth.find(null)
        call["when"] = f"{found.inner} is not None" if found and dice.chance(60) else test.text if test else "True"
    names = [name for name in draft.written["calls"] if name not in json.dumps(call)]
    if names and dice.chance(8):
        call["after"] = [dice.one(names)]
    if dice.chance(8) and (value := growth.find(lambda of: is_text(non_null(of)))) is not None:
        call["headers"] = {"X-Own": value.text}


def _on_error(draft: Draft, operation: Operation) -> Any:
    dice = draft.dice
    match dice.weighted([(45, "null"), (25, "default"), (30, "table")]):
        case "null":
            return None
        case "default":
            return _default(draft, operation)
    statuses = [one.status for one in operation.responses if isinstance(one.status, int) and one.status >= 400]
    keys: list[Any] = [*statuses, 404, 503, "4xx", "5xx", "timeout", "unreachable", "invalid", "refused", "else"]
    chosen = dice.some(list(dict.fromkeys(map(str, keys))), 1, 4)
    return {key: _reaction(draft, operation, key) for key in chosen}


def _reaction(draft: Draft, operation: Operation, key: str) -> Any:
    dice = draft.dice
    match dice.weighted([(25, "null"), (10, "fail"), (15, "pass"), (15, "default"), (20, "own"), (15, "body")]):
        case "null":
            return None
        case "default":
            return _default(draft, operation)
        case "own":
            made: dict[str, Any] = {"status": dice.one([404, 409, 503, 418])}
            if dice.chance(60):
                made["detail"] = dice.one(["no", "it was {error.kind}", "{default(error.status, 0)}: {error.kind}"])
            if dice.chance(40):
                made["extra"] = {
                    "why": dice.one(["error.kind", "error.status", "error.body", _read_body(draft, operation, key)])
                }
            return made
        case "body":
            return {
                "status": dice.one([200, 404, 502]),
                "body": {"ok": "False", "why": _read_body(draft, operation, key)},
            }
        case word:
            return word


def _read_body(draft: Draft, operation: Operation, key: str) -> str:
    """A field of the documented body of a failure."""
    found = operation.failure(int(key)) if key.isdigit() else None
    of = non_null(found.type) if found is not None and found.type is not None else None
    if not isinstance(of, ObjectType):
        return "error.kind"
    return f"error.body{access(draft.dice.one(sorted(of.fields)))}"


def _default(draft: Draft, operation: Operation) -> Any:
    """A value in the place of an answer: of an object's fields only some."""
    of = non_null(next((one.type for one in operation.success() if one.type is not None), TEXT))
    if not isinstance(of, ObjectType):
        return {"default": literal(draft.dice, of)}
    made: dict[str, Any] = {}
    for one in of.fields.values():
        if one.required or (isinstance(one.type, Scalar) and draft.dice.chance(30)):
            made[one.name] = _plainest(draft, one.type)
    return {"default": made}


def _plainest(draft: Draft, of: Type) -> Any:
    match non_null(of):
        case ListType(item) as found:
            return [_plainest(draft, item) for _ in range(found.min_items)]
        case MapType():
            return {}
        case ObjectType() as found:
            return {one.name: _plainest(draft, one.type) for one in found.fields.values() if one.required}
    return literal(draft.dice, of)


def _guard(draft: Draft, growth: Growth) -> dict[str, Any]:
    dice = draft.dice
    test, found = growth.find(boolean), growth.find(null)
    that = f"{found.inner} is not None" if found is not None and dice.chance(55) else test.text if test else "1 < 2"
    made: dict[str, Any] = {"that": that, "status": dice.one([403, 404, 409, 422, 503])}
    if dice.chance(40):
        told = growth.find(spelled)
        made["detail"] = f"no {{{told.text}}}" if told and '"' not in told.text and "{" not in told.text else "no"
    if dice.chance(20) and (value := growth.find(answerable)) is not None:
        made["extra"] = {"seen": value.text}
    return made


# ---------------------------------------------------------------------------------------------- endpoints


def endpoint(dice: Dice, groups: int) -> Draft | None:
    """An endpoint that the checker takes, over the backends of one of the groups; None where nothing came of it."""
    method = dice.weighted([(70, "GET"), (15, "POST"), (8, "PUT"), (4, "PATCH"), (3, "DELETE")])
    draft = Draft(dice, dice.number(0, groups - 1), "/draft", method)
    group = draft.group
    wrote = False
    for _ in range(dice.number(1, 4)):
        document = documents(group)[f"{dice.one(NAMES)}{group}"]
        operation = dice.one(document.operations())
        writes = operation.method != "GET" and operation.id not in ("searchOrders", "findEntries")
        if writes and (wrote or method == "GET"):
            continue
        add_call(draft, operation)
        wrote = wrote or writes
    for at in range(dice.number(0, 2)):
        found = draft.growth(6).find(lambda of: answerable(of) and not isinstance(of, Null))
        if found is not None:
            draft.attempt(partial(_set, draft, "let", f"l{at + 1}", found.text))
    for _ in range(dice.number(0, 2) if dice.chance(40) else 0):
        draft.attempt(partial(_append, draft, _guard(draft, draft.growth(4))))
    _answer(draft)
    return draft if not draft.check() and not draft.codes & UNUSED else None


def _set(draft: Draft, holder: str, name: str, value: Any) -> None:
    draft.written.setdefault(holder, {})[name] = value


def _append(draft: Draft, guard: dict[str, Any]) -> None:
    draft.written.setdefault("require", []).append(guard)


def _answer(draft: Draft) -> None:
    from .answers import answer  # both make values of each other's parts

    dice = draft.dice
    growth = draft.growth(dice.number(6, 16))
    for _ in range(4):
        if draft.attempt(lambda: draft.written.update(response=answer(draft, growth))):
            break
    if dice.chance(12) and (test := growth.find(boolean)) is not None:
        draft.attempt(lambda: draft.written.update(status=dice.one(["201", f"201 if {test.inner} else 200"])))
    if (
        dice.chance(15)
        and (value := growth.find(lambda of: is_text(non_null(of)) or kind(INTEGER.kind)(of))) is not None
    ):
        draft.attempt(lambda: draft.written.update(response_headers={"X-Made": value.text}))
    if dice.chance(8):
        draft.attempt(lambda: draft.written.update(degraded_status=dice.one([203, 206])))
    _use_all(draft)


def _use_all(draft: Draft) -> None:
    """Put what nothing uses yet into the answer."""
    draft.check()
    if not draft.codes & UNUSED or draft.checked is None:
        return
    names = [call.name for call in draft.checked.calls] + [param.name for param in draft.checked.params]
    shown = json.dumps(draft.written)
    missing = {name: name for name in names if shown.count(name) < 2 or name.startswith("c")}
    draft.attempt(lambda: draft.written.update(response={"made": draft.written.get("response"), "rest": missing}))


def compositions(random: Random, count: int, groups: int) -> dict[str, Any]:
    """A spec of so many endpoints, each over the backends of one of the groups."""
    by_group: dict[int, dict[str, Any]] = {}
    number = 0
    while number < count:
        draft = endpoint(seeded(random), groups)
        if draft is None:
            continue
        path = draft.path.replace("/draft", f"/e{number}", 1)
        made = {f"{draft.method} {path}": {"operation_id": f"op{number}", **draft.written}}
        together = {**by_group.get(draft.group, {}), **made}
        if not examined(together, draft.group)[0]:  # what one endpoint reads, another's default has to give
            by_group[draft.group] = together
            number += 1
    endpoints = {key: one for found in by_group.values() for key, one in found.items()}
    return spec_of(endpoints, set(by_group), "differential")
