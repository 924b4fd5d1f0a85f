"""The models of the gateway: which class each object is, in which module, under which names.

One class per schema. An object that is passed on whole keeps all its fields, absent apart from null; of any other
only the fields that are read stay, and an absent one is simply None.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from bffgen.check.model import CheckedGateway
from bffgen.plan.names import module_name
from bffgen.plan.shapes import ClassKey, fields_of, merged, place
from bffgen.plan.shapes import other_arms as arms_beside
from bffgen.plan.usage import Usage
from bffgen.typesystem.model import (
    Field,
    IterType,
    Kind,
    ListType,
    MapType,
    Null,
    Nullable,
    ObjectType,
    Scalar,
    SetType,
    TupleType,
    Type,
    Union,
    non_null,
)
from bffgen.typesystem.names import attribute_names, class_name
from bffgen.typesystem.relations import objects_in, parts

RESERVED = frozenset(
    "Annotated Any BaseModel Boolean ConfigDict Date DateTime Dict Enum Field Integer JsonValue List Literal "
    "MISSING Mapping Model None_ Number Optional RootModel Sequence Set StrictBool Tuple TypeAdapter "
    "TypeAliasType UUID Union".split()
)
"""Names that a module of models imports, or that its renderer keeps for itself."""

WIRE = {
    Kind.INTEGER: "Integer",
    Kind.NUMBER: "Number",
    Kind.BOOLEAN: "Boolean",
    Kind.DATE: "Date",
    Kind.DATETIME: "DateTime",
}
"""The types of `runtime.types` that read what JSON says; text and UUIDs need none."""

_CONTAINERS = {ListType: "list", SetType: "set", IterType: "Iterable", MapType: "dict", TupleType: "tuple"}
_STATIC = {
    Kind.TEXT: (None, "str"),
    Kind.INTEGER: (None, "int"),
    Kind.NUMBER: (None, "float"),
    Kind.BOOLEAN: (None, "bool"),
    Kind.BYTES: (None, "bytes"),
    Kind.DATE: ("datetime", "date"),
    Kind.DATETIME: ("datetime", "datetime"),
    Kind.DURATION: ("datetime", "timedelta"),
    Kind.UUID: ("uuid", "UUID"),
}


@dataclass(frozen=True, slots=True)
class ModelRef:
    """A class of the emitted project."""

    module: str
    name: str


@dataclass(frozen=True, slots=True)
class FieldPlan:
    attribute: str
    field: Field


@dataclass(frozen=True, eq=False, slots=True)
class ClassPlan:
    """A class to render. `whole`: optional fields may be MISSING; `extra`: further fields are kept."""

    key: ClassKey
    name: str
    description: str | None
    fields: tuple[FieldPlan, ...]
    whole: bool
    extra: bool
    request: bool  # enums and patterns are checked
    own: bool  # made by the gateway, not read: bounds are not checked again


@dataclass(frozen=True, eq=False, slots=True)
class ModelModule:
    """A module of models: `path` is its file, `classes` are sorted by name.

    `borrowed` are classes of other modules that fields refer to, by the name they have here.
    """

    path: str
    module: str
    runtime: str  # module of `Integer`, `Model` and the like
    backend: str | None
    classes: tuple[ClassPlan, ...]
    borrowed: Mapping[str, ModelRef]
    models: Models


@dataclass(frozen=True, slots=True)
class Annotation:
    """A type expression, and what has to be imported for it as (module, name)."""

    expr: ast.expr
    imports: frozenset[tuple[str, str]]


@dataclass(frozen=True, eq=False)
class Models:
    """Answers about the classes of objects. All modules that are not empty are in `modules`."""

    usage: Usage
    refs: Mapping[ClassKey, ModelRef]
    attributes: Mapping[ClassKey, Mapping[str, str]]
    runtime: str

    # set once, right after construction: modules refer to their models
    modules: tuple[ModelModule, ...] = ()

    def ref(self, of: Type) -> ModelRef | None:
        """The class of an object, or of a union that is one class; None where there is none."""
        found = self.keys(of)
        return self.refs[found[0]] if len(found) == 1 and not self.other_arms(of) else None

    def keys(self, of: Type) -> tuple[ClassKey, ...]:
        """The classes that a value of this type may have, itself and not its elements."""
        of = non_null(of)
        if isinstance(of, ObjectType):
            return self._object_keys(of)
        if not isinstance(of, Union):
            return ()
        members = merged(of)
        key = self._containing(members) if members else None
        alone = [one for arm in objects_in(of) for one in self._object_keys(arm) if one != key]
        keys = [key] if key else []
        if key is not None:  # members on their own reach this type only by a join of two values
            alone = [one for one in alone if isinstance(one, ObjectType) and one in self.usage.joined]
        return tuple(dict.fromkeys([*keys, *alone]))

    @cached_property
    def _unions(self) -> tuple[frozenset[ObjectType], ...]:
        return tuple(key for key in self.refs if isinstance(key, frozenset))

    def _object_keys(self, of: ObjectType) -> tuple[ClassKey, ...]:
        container = self._containing(frozenset((of,)))
        if of not in self.refs:
            return (container,) if container is not None else ()
        return (of, container) if container is not None and of in self.usage.narrowed else (of,)

    def _containing(self, members: frozenset[ObjectType]) -> ClassKey | None:
        """The smallest merged class that has all these members."""
        if members in self.refs:
            return members
        holders = [key for key in self._unions if members <= key]
        return min(holders, key=lambda key: (len(key), sorted(map(place, key))), default=None)

    def other_arms(self, of: Type) -> tuple[Type, ...]:
        """The arms of a union that are no part of its classes."""
        of = non_null(of)
        if not isinstance(of, Union):
            return ()
        return arms_beside(of) if merged(of) else tuple(a for a in of.arms if not isinstance(a, ObjectType))

    def attribute(self, owner: Type, field: str) -> str:
        """The attribute of a field, named as on the wire, in the classes of an object or union."""
        for key in [*self.keys(owner), *objects_in(owner)]:
            if field in (names := self.attributes.get(key, {})):
                return names[field]
        return attribute_names((field,))[field]

    def missing(self, owner: Type, field: str) -> bool:
        """Whether the attribute may be MISSING: it is read through `given`."""
        for key in self.keys(owner):
            if field in (fields := fields_of(key)):
                return self.usage.is_whole(key) and not fields[field].required
        return False

    def annotation(self, of: Type, wire: bool = False) -> Annotation:
        """The annotation of a type: for type checkers, or with `wire` for Pydantic (`Integer`, `DateTime`)."""
        imports: set[tuple[str, str]] = set()
        return Annotation(self._annotate(of, wire, imports), frozenset(imports))

    def _annotate(self, of: Type, wire: bool, imports: set[tuple[str, str]]) -> ast.expr:
        def inner(*types: Type) -> list[ast.expr]:
            return [self._annotate(one, wire, imports) for one in types]

        match of:
            case Null():
                return ast.Constant(None)
            case Nullable(some):
                return _either([*inner(some), ast.Constant(None)])
            case ListType() | SetType() | IterType() | MapType() | TupleType():
                if isinstance(of, IterType):
                    imports.add(("collections.abc", "Iterable"))
                return _subscript(_CONTAINERS[type(of)], inner(*parts(of)))
            case ObjectType() | Union():
                refs = [self.refs[key] for key in self.keys(of)]
                arms = [_named(ref.module, ref.name, imports) for ref in refs] + inner(*self.other_arms(of))
                return _either(arms) if arms else _named("pydantic", "JsonValue", imports)
            case Scalar(kind) if wire and kind in WIRE:
                return _named(self.runtime, WIRE[kind], imports)
            case Scalar(kind):
                return _named(*_STATIC[kind], imports)
            case _:
                return _named("pydantic", "JsonValue", imports)

    def footprint(self) -> dict[str, object]:
        """What is used of each backend, for the lock: operations with what is sent, and schemas with their fields."""
        found: dict[str, object] = {}
        for backend, operations in self.usage.operations.items():
            classes = [c for m in self.modules if m.backend == backend for c in m.classes]
            fields = {c.name: [f.field.name for f in c.fields] for c in classes}
            found[backend] = {
                "operations": {key: list(sent) for key, sent in operations.items()},
                "schemas": fields,
            }
        return found


def _named(module: str | None, name: str, imports: set[tuple[str, str]]) -> ast.expr:
    if module is not None:
        imports.add((module, name))
    return ast.Name(name, ast.Load())


def _subscript(name: str, items: list[ast.expr]) -> ast.expr:
    inside = items[0] if len(items) == 1 else ast.Tuple(items, ast.Load())
    return ast.Subscript(ast.Name(name, ast.Load()), inside, ast.Load())


def _either(arms: list[ast.expr]) -> ast.expr:
    """`A | B | None`; for very many arms the chain is balanced, or Python could not read it."""
    if len(arms) == 1:
        return arms[0]
    cut = len(arms) - 1 if len(arms) < 50 else len(arms) // 2
    return ast.BinOp(_either(arms[:cut]), ast.BitOr(), _either(arms[cut:]))


# ------------------------------------------------------------------------------------------------- planning


def plan_models(gateway: CheckedGateway, usage: Usage, package: str) -> Models:
    """The models of a gateway whose package is `package`."""
    by_backend: dict[str | None, list[ClassKey]] = {}
    for key in usage.classes:
        by_backend.setdefault(_backend(key), []).append(key)
    given = {of: name for endpoint in gateway.endpoints for of, name in endpoint.named_models.items()}
    refs: dict[ClassKey, ModelRef] = {}
    modules = _module_names(gateway, package)
    for backend, keys in by_backend.items():
        for key, name in _class_names(keys, given).items():
            refs[key] = ModelRef(modules[backend], name)
    models = Models(usage, refs, _attributes(usage.classes), f"{package}.runtime.types")
    found = [_module(models, backend, modules[backend]) for backend in modules if by_backend.get(backend)]
    object.__setattr__(models, "modules", tuple(sorted(found, key=lambda module: module.path)))
    return models


def _backend(key: ClassKey) -> str | None:
    return key.backend if isinstance(key, ObjectType) else min(key, key=place).backend


def _module_names(gateway: CheckedGateway, package: str) -> dict[str | None, str]:
    names: dict[str | None, str] = {None: f"{package}.models.responses"}
    for backend in gateway.backends:
        name = module_name(backend.name)
        name = "responses_backend" if name == "responses" else name
        names[backend.name] = f"{package}.models.{name}"
    return names


def _class_names(keys: Sequence[ClassKey], given: Mapping[ObjectType, str]) -> dict[ClassKey, str]:
    """A name for each, in the order of the document: replies, then merged unions, then requests."""
    taken = set(RESERVED)
    names: dict[ClassKey, str] = {}
    for key in sorted(keys, key=_rank):
        base = given.get(key) if isinstance(key, ObjectType) else None
        base = base or (class_name(key.name) if isinstance(key, ObjectType) else _common_name(key))
        if base in taken or base.endswith("_"):
            base = base.rstrip("_")
            base += "Input" if isinstance(key, ObjectType) and key.request else "Model"
        name, number = base, 2
        while name in taken:
            name, number = f"{base}{number}", number + 1
        taken.add(name)
        names[key] = name
    return names


def _rank(key: ClassKey) -> tuple[int, tuple[str, int, bool, str]]:
    if isinstance(key, ObjectType):
        return (2 if key.request else 0, place(key))
    return (1, min(map(place, key)))


def _common_name(members: Iterable[ObjectType]) -> str:
    """`CardPayment`, `CashPayment` -> `AnyPayment`; without a common end the first one's name."""
    names = [class_name(member.name) for member in sorted(members, key=place)]
    first = names[0]
    starts = [at for at, letter in enumerate(first) if letter.isupper()]
    common = next((first[at:] for at in starts if all(name.endswith(first[at:]) for name in names)), "")
    return f"Any{common if len(common) > 2 else first}"[:63]


def _attributes(classes: Sequence[ClassKey]) -> dict[ClassKey, Mapping[str, str]]:
    """The attributes of every class, fields that are left out included; members share those of their union."""
    found: dict[ClassKey, Mapping[str, str]] = {}
    unions = [key for key in classes if isinstance(key, frozenset)]
    for members in sorted(unions, key=_rank):
        found[members] = names = attribute_names(fields_of(members))
        for member in members:
            found.setdefault(member, names)
    for key in classes:
        if key not in found:
            found[key] = attribute_names(fields_of(key))
    return found


def _module(models: Models, backend: str | None, module: str) -> ModelModule:
    mine = [key for key, ref in models.refs.items() if ref.module == module]
    classes = sorted((_class(models, key) for key in mine), key=lambda plan: plan.name)
    taken = RESERVED | {plan.name for plan in classes}
    borrowed: dict[str, ModelRef] = {}
    used = {key for plan in classes for entry in plan.fields for key in keys_in(models, entry.field.type)}
    for ref in sorted((models.refs[key] for key in used - set(mine)), key=lambda ref: (ref.module, ref.name)):
        name = ref.name
        if name in taken or name in borrowed:
            name = class_name(ref.module.rpartition(".")[2]) + name
        borrowed[name] = ref
    path = module.replace(".", "/") + ".py"
    return ModelModule(path, module, models.runtime, backend, tuple(classes), borrowed, models)


def keys_in(models: Models, of: Type) -> set[ClassKey]:
    """The classes that an annotation of this type refers to."""
    found: set[ClassKey] = set()
    work: list[Type] = [of]
    while work:
        one = work.pop()
        found.update(models.keys(one))
        match one:
            case ListType(item) | SetType(item) | IterType(item) | Nullable(item):
                work.append(item)
            case MapType(_, value):
                work.append(value)
            case Union():
                work.extend(models.other_arms(one))
    return found


def _class(models: Models, key: ClassKey) -> ClassPlan:
    usage, names = models.usage, models.attributes[key]
    whole = usage.is_whole(key)
    fields = {name: _field(usage, key, field) for name, field in fields_of(key).items()}
    return ClassPlan(
        key,
        models.refs[key].name,
        key.description if isinstance(key, ObjectType) else _one_of(key),
        tuple(FieldPlan(names[name], fields[name]) for name in usage.kept(key)),
        whole,
        whole and (key.extra is not None if isinstance(key, ObjectType) else True),
        isinstance(key, ObjectType) and key.request,
        isinstance(key, ObjectType) and key.backend is None,
    )


def _field(usage: Usage, key: ClassKey, field: Field) -> Field:
    """A field as the class has it: a member that the document does not know lacks what nobody reads."""
    if isinstance(key, ObjectType) or not field.required:
        return field
    read = any(field.name in usage.reads.get(member, ()) for member in key)
    return replace(field, required=read)


def _one_of(members: Iterable[ObjectType]) -> str:
    return "One of: " + ", ".join(member.name for member in sorted(members, key=place)) + "."
