"""The classes of the gateway's models, and what they are called in annotations and attributes.

One class per schema. An object that is passed on whole keeps all its fields, absent apart from null; of any other
only the fields that are read stay, and an absent one is simply None.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cached_property

from bffgen.plan.shapes import ClassKey, fields_of, is_made, merged, place
from bffgen.plan.shapes import other_arms as arms_beside
from bffgen.plan.usage import Usage
from bffgen.records import dataclass
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
    StreamType,
    TupleType,
    Type,
    Union,
    is_nullable,
    non_null,
)
from bffgen.typesystem.names import attribute_names
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

_BYTES = {"answer": ("downloads", "Download"), "body": ("uploads", "ClientBody")}
"""What holds bytes, by where they come from; a file in a form is an `UploadFile`."""

_CONTAINERS = {ListType: "list", SetType: "set", IterType: "Iterable", MapType: "dict", TupleType: "tuple"}
_STATIC = {
    Kind.TEXT: (None, "str"),
    Kind.INTEGER: (None, "int"),
    Kind.NUMBER: (None, "float"),
    Kind.BOOLEAN: (None, "bool"),
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
    own: bool  # an answer that the gateway makes: bounds were checked where its values were read


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
        keys = [key] if key else [one for one in self._unions if one <= members]  # unions that were joined with more
        if key is not None:  # members on their own reach this type only by a join of two values
            alone = [one for one in alone if isinstance(one, ObjectType) and (is_made(one) or one in self.usage.joined)]
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
        if merged(of) in self.refs:  # read as one class, an open map, too; not so where two values are joined
            return arms_beside(of)
        return tuple(arm for arm in of.arms if not isinstance(arm, ObjectType))

    def attribute(self, owner: Type, field: str) -> str:
        """The attribute of a field, named as on the wire, in the classes of an object or union."""
        for key in [*self.keys(owner), *objects_in(owner)]:
            if field in (names := self.attributes.get(key, {})):
                return names[field]
        return attribute_names((field,))[field]

    def missing(self, owner: Type, field: str) -> bool:
        """Whether the attribute may be MISSING: it is read through `given`."""
        found = [(key, fields_of(key)) for key in self.keys(owner)]
        having = [(key, fields[field]) for key, fields in found if field in fields]
        return any(self.usage.is_whole(key) and not one.required for key, one in having)

    def loose(self, of: ObjectType, field: str) -> bool:
        """Whether a value of the object may be of a union's class, which has the field as nullable."""
        wider = [fields_of(key) for key in self.keys(of) if isinstance(key, frozenset)]
        return any(not fields[field].required or is_nullable(fields[field].type) for fields in wider)

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
            case StreamType(item):
                return self._stream(item, imports)
            case ListType() | SetType() | IterType() | MapType() | TupleType():
                if isinstance(of, IterType):
                    imports.add(("collections.abc", "Iterable"))
                return _subscript(_CONTAINERS[type(of)], inner(*parts(of)))
            case ObjectType() | Union():
                refs = [self.refs[key] for key in self.keys(of)]
                arms = [_named(ref.module, ref.name, imports) for ref in refs] + inner(*self.other_arms(of))
                return _either(arms) if arms else _named("pydantic", "JsonValue", imports)
            case Scalar(Kind.BYTES):
                module, name = _BYTES.get(of.format or "", ("", "UploadFile"))
                return _named(f"{self.runtime.rpartition('.')[0]}.{module}" if module else "fastapi", name, imports)
            case Scalar(kind) if wire and kind in WIRE:
                return _named(self.runtime, WIRE[kind], imports)
            case Scalar(kind):
                return _named(*_STATIC[kind], imports)
            case _:
                return _named("pydantic", "JsonValue", imports)

    def _stream(self, item: Type, imports: set[tuple[str, str]]) -> ast.expr:
        """`AsyncGenerator[Item[LogEntry]]`."""
        imports |= {("collections.abc", "AsyncGenerator"), (f"{self.runtime.rpartition('.')[0]}.events", "Item")}
        return _subscript("AsyncGenerator", [_subscript("Item", [self._annotate(item, False, imports)])])

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
