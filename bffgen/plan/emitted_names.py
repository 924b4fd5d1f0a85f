"""The Python names of one emitted endpoint, and what its module imports and defines for them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from bffgen.check.model import CheckedBlock, CheckedEndpoint
from bffgen.expr.tree import Role, Target
from bffgen.plan.imports import Imports
from bffgen.plan.model import ConstantPlan
from bffgen.plan.names import Scope, local_name
from bffgen.plan.quote import called, code, constant
from bffgen.plan.schemas import Models
from bffgen.plan.shapes import fields_of
from bffgen.plan.traits import traits_of
from bffgen.plan.walk import CallScope, scope_exprs, scopes, walk
from bffgen.source.text import Span
from bffgen.typesystem.model import Kind, ListType, LiteralValue, Nullable, ObjectType, Scalar, Type, non_null
from bffgen.typesystem.names import python_name

MACHINERY = (
    *("backends", "calls", "response", "failure", "router", "answer", "degraded", "error_body", "error_status"),
    *("item", "batch"),  # words of the language, which no value is called
)
"""Names that the emitted function has of its own."""

_TYPES_HELPERS = frozenset({"given", "convert", "wire_text"})


class Module:
    """A module being made: its scope, imports and constants."""

    def __init__(self, models: Models, package: str, taken: tuple[str, ...] = ()) -> None:
        self.models = models
        self.package = package
        self.scope = Scope(taken)
        self.imports = Imports(self.scope, package)
        self._adapters: dict[str, str] = {}
        self._constants: list[ConstantPlan] = []

    def imported(self, module: str, name: str) -> str:
        return self.imports.name(module, name)

    def runtime(self, module: str, name: str) -> str:
        """A name of the emitted runtime."""
        return self.imports.name(f"{self.package}.runtime.{module}", name)

    def annotation(self, of: Type, wire: bool = False) -> ast.expr:
        """The annotation of a type, with what it needs imported."""
        made = self.models.annotation(of, wire)
        return self.imports.adopt(made.expr, made.imports)

    def taken(self, of: Type, wire: bool = False) -> ast.expr:
        """The annotation of what a client's method takes.

        The members of an enum that came in are a list of texts only for who does not write to it.
        """
        if not _lists_members(of):
            return self.annotation(of, wire)
        if isinstance(of, Nullable):
            return code("made | None", made=self.taken(of.of, wire))
        assert isinstance(of, ListType)
        sequence = self.imported("collections.abc", "Sequence")
        return code("Sequence[item]", Sequence=sequence, item=self.taken(of.item, wire))

    def adapter(self, of: Type) -> str:
        """The name of a module-level `TypeAdapter` that reads this type; an enum's members are checked."""
        return self.adapter_of(closed_annotation(of, self) or self.annotation(of, wire=True))

    def adapter_of(self, annotation: ast.expr, hint: str | None = None) -> str:
        """The name of a module-level `TypeAdapter`; equal annotations share one."""
        key = ast.unparse(annotation)
        if key not in self._adapters:
            name = self.scope.take(f"_{hint.upper().rstrip('_') if hint else _constant_name(annotation)}")
            made = called(self.imported("pydantic", "TypeAdapter"), annotation)
            self._constants.append(ConstantPlan(name, made, self._declared(annotation)))
            self._adapters[key] = name
        return self._adapters[key]

    def constant(self, hint: str, value: ast.expr, annotation: ast.expr | None = None) -> str:
        """The name of a module-level constant of this value."""
        name = self.scope.take(hint)
        self._constants.append(ConstantPlan(name, value, annotation))
        return name

    def _declared(self, annotation: ast.expr) -> ast.expr | None:
        """Type checkers cannot infer the type of an adapter of something that is no class: say it."""
        holder = annotation.value if isinstance(annotation, ast.Subscript) else annotation
        if isinstance(holder, ast.Name) and holder.id not in ("Annotated", "Literal"):
            return None
        adapter = self.imported("pydantic", "TypeAdapter")
        return code("TypeAdapter[annotation]", TypeAdapter=adapter, annotation=annotation)

    def constants(self) -> tuple[ConstantPlan, ...]:
        return tuple(sorted(self._constants, key=lambda constant: constant.name))


def _lists_members(of: Type) -> bool:
    """Whether a value is a list of an enum's members, or of lists of them."""
    match of:
        case Nullable(inner):
            return _lists_members(inner)
        case ListType(item):
            inner = non_null(item)
            return _lists_members(item) or (isinstance(inner, Scalar) and inner.values is not None)
    return False


def closed_annotation(of: Type, module: Module) -> ast.expr | None:
    """The annotation of an enum of texts that is closed, or of a list of them, as type checkers know it."""
    match of:
        case Scalar(Kind.TEXT, values, False) if values:
            return literal_type(values, module)
        case ListType(item) if (inner := closed_annotation(item, module)) is not None:
            return code("list[inner]", inner=inner)
    return None


def literal_type(values: tuple[LiteralValue, ...], module: Module) -> ast.expr:
    """`Literal["a", "b"]`."""
    members: list[ast.expr] = [constant(value) for value in values]
    inside = members[0] if len(members) == 1 else ast.Tuple(members, ast.Load())
    return code("Literal[inside]", Literal=module.imported("typing", "Literal"), inside=inside)


def _constant_name(annotation: ast.expr) -> str:
    """`list[Order] | None` -> `LIST_ORDER_OR_NONE`."""
    words = re.findall(r"[A-Za-z0-9_]+|\|", ast.unparse(annotation))
    shown = "_".join("or" if word == "|" else word for word in words if word != "Annotated")
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", shown).upper().strip("_")
    return snake[:60].rstrip("_")


class ModuleNames:
    """Names for the emitter (`bffgen.expr.emit_context.Names`) in a module, but for values in scope."""

    def __init__(self, module: Module) -> None:
        self.module = module

    def attribute(self, owner: Type, field: str) -> str:
        return self.module.models.attribute(owner, field)

    def missing(self, owner: Type, field: str) -> bool:
        return self.module.models.missing(owner, field)

    def loose(self, of: ObjectType, field: str) -> bool:
        return self.module.models.loose(of, field)

    def model(self, of: ObjectType) -> str:
        return self.classes(of)[0]

    def classes(self, of: ObjectType) -> tuple[str, ...]:
        refs = [self.module.models.refs[key] for key in self.module.models.keys(of)]
        return tuple(self.module.imported(ref.module, ref.name) for ref in refs)

    def holders(self, of: Type, field: str) -> tuple[str, ...] | None:
        models = self.module.models
        keys = models.keys(of)
        having = [models.refs[key] for key in keys if field in fields_of(key)]
        if len(having) == len(keys) and not models.other_arms(of):
            return None
        return tuple(self.module.imported(ref.module, ref.name) for ref in having)

    def adapter(self, of: Type) -> str:
        return self.module.adapter(of)

    def own(self, kind: str, name: str) -> str:
        module, function = ("functions", name) if kind == "function" else ("shapes", local_name(python_name(name)))
        return self.module.imported(f"{self.module.package}.{module}", function)

    def helper(self, name: str) -> str:
        return self.module.runtime("types" if name in _TYPES_HELPERS else "values", name)

    def imported(self, module: str, name: str) -> str:
        return self.module.imported(module, name)

    def fresh(self, base: str) -> str:
        return self.module.scope.take(local_name(base))


class EndpointNames(ModuleNames):
    """Names in one endpoint's module: every value of the endpoint has one, wherever it is read.

    Blocks have their own, which share the words: what two blocks call by one name has one name here, too, since
    they are two functions.
    """

    def __init__(self, scope: CallScope, module: Module, function: str, around: EndpointNames | None = None) -> None:
        super().__init__(module)
        self.function = function
        self.around = around
        self.depth: int = 0 if around is None else around.depth + 1
        self._own = {entry.name: Role.CALL for entry in scope.calls} | {let.name: Role.LET for let in scope.lets}
        self._nullable = {call.name: call.may_be_null for call in scope.calls}
        self._values: dict[tuple[Role, str], str] = {} if around is None else around._values
        self._derived: dict[tuple[str, str], str] = {} if around is None else around._derived
        self._instants: dict[object, tuple[str, str]] = {} if around is None else around._instants
        self._functions: dict[str, str] = {} if around is None else around._functions
        if around is None:
            self._name_all(scope)

    def _name_all(self, endpoint: CallScope) -> None:
        taken = self.module.scope
        taken.reserve(*MACHINERY, self.function)
        if isinstance(endpoint, CheckedEndpoint) and traits_of(endpoint).records:
            taken.reserve("writes")
        for role, written in _named(endpoint):
            self._values[role, written] = taken.take(local_name(written))
        if isinstance(endpoint, CheckedEndpoint) and endpoint.body is not None:
            taken.reserve("body")
        if isinstance(endpoint, CheckedEndpoint) and endpoint.reads_claims:
            taken.reserve("claims")

    def inside(self, block: CheckedBlock) -> EndpointNames:
        """The names in a block of this scope."""
        return EndpointNames(block, self.module, self.function, self)

    @property
    def calls(self) -> str:
        """The local of the scope's own `fan_out`."""
        if self.depth == 0:
            return "calls"
        return self.machinery("inner" if self.depth == 1 else f"inner_{self.depth}")

    def machinery(self, name: str) -> str:
        """A local of the emitted code's own, one for all of an endpoint: `one`, `inner`."""
        if name not in self._functions:
            self._functions[name] = self.module.scope.take(name)
        return self._functions[name]

    def derived(self, key: str, kind: str) -> str:
        """A name that belongs to a node: `product_call`, `fetch_product`."""
        if (key, kind) not in self._derived:
            base = key if key.startswith("guards:") else self.value(key)
            wanted = kind.format(base.rstrip("_")) if not key.startswith("guards:") else kind
            self._derived[key, kind] = self.module.scope.take(wanted)
        return self._derived[key, kind]

    def value(self, name: str) -> str:
        """The local of a call or `let`."""
        if name not in self._own and self.around is not None:
            return self.around.value(name)
        return self._values[self._own.get(name, Role.CALL), name]

    def handle(self, key: str) -> str:
        """The local of a node's `Call`."""
        return self.derived(key, "guards_call" if key.startswith("guards:") else "{}_call")

    def ref(self, role: Role, name: str) -> str:
        match role:
            case Role.BODY | Role.CLAIMS:
                return role.value
            case Role.ERROR:
                return "failure" if name == "error" else name
            case Role.DEGRADED:
                return "degraded"
            case Role.ANSWER | Role.ITEM | Role.BATCH:
                return role.value
        return self._values[role, name]

    def local(self, hint: str, key: str) -> None:
        """Make a name for a value that the plan itself binds, which expressions reach as a loop's `key`."""
        self._values[Role.LOOP, key] = self.fresh(hint)

    def reply(self, call: str) -> str:
        return self.derived(call, "{}_reply")

    def call_may_be_null(self, call: str) -> bool:
        if call not in self._nullable and self.around is not None:
            return self.around.call_may_be_null(call)
        return self._nullable[call]

    def instant(self, kind: str, span: Span) -> str:
        key: object = (kind, span) if kind == "uuid4" else kind
        if key not in self._instants:
            name = self.fresh({"now": "now", "today": "today", "uuid4": "new_id"}[kind])
            self._instants[key] = (kind, name)
        return self._instants[key][1]

    def instants(self) -> tuple[tuple[str, str], ...]:
        """(kind, local) of every instant that was asked for."""
        return tuple(self._instants.values())


def _named(endpoint: CallScope) -> Iterator[tuple[Role, str]]:
    """Everything that has a name in the spec, once, the user's own words first."""
    found: dict[tuple[Role, str], None] = {}
    for param in endpoint.params if isinstance(endpoint, CheckedEndpoint) else ():
        found[Role.PARAM, param.name] = None
    for scope in scopes(endpoint):
        found.update(dict.fromkeys((Role.CALL, call.name) for call in scope.calls))
        found.update(dict.fromkeys((Role.LET, let.name) for let in scope.lets))
    for target in _targets(endpoint):
        if target.name:
            found[Role.LOOP, target.name] = None
    return iter(found)


def _targets(endpoint: CallScope) -> Iterator[Target]:
    """What loops bind, those of `for` too."""
    for scope in scopes(endpoint):
        for entry in scope.calls:
            if entry.each is not None:
                yield from all_targets(entry.each.target)
    yield from (node for node in walk(*scope_exprs(endpoint)) if isinstance(node, Target))


def all_targets(target: Target) -> Iterator[Target]:
    """A target and every one inside of it."""
    yield target
    for item in target.items:
        yield from all_targets(item)
