"""Planning the models: which objects are classes, in which module, under which names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bffgen.check.model import CheckedGateway
from bffgen.plan.classes import (
    RESERVED,
    WIRE,
    Annotation,
    ClassPlan,
    FieldPlan,
    ModelModule,
    ModelRef,
    Models,
)
from bffgen.plan.names import module_name
from bffgen.plan.shapes import ClassKey, fields_of, place
from bffgen.plan.usage import Usage
from bffgen.typesystem.model import Field, IterType, ListType, MapType, Nullable, ObjectType, SetType, Type, Union
from bffgen.typesystem.names import attribute_names, class_name

__all__ = [
    "WIRE",
    "Annotation",
    "ClassPlan",
    "FieldPlan",
    "ModelModule",
    "ModelRef",
    "Models",
    "keys_in",
    "plan_models",
]


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
    known = fields_of(key)
    fields = {name: _field(usage, key, known[name]) for name in usage.kept(key)}
    return ClassPlan(
        key,
        models.refs[key].name,
        key.description if isinstance(key, ObjectType) else _one_of(key),
        tuple(FieldPlan(names[name], fields[name]) for name in usage.kept(key)),
        whole,
        whole and (key.extra is not None if isinstance(key, ObjectType) else True),
        isinstance(key, ObjectType) and key.request,
        isinstance(key, ObjectType) and key.backend is None and not key.request,
    )


def _field(usage: Usage, key: ClassKey, field: Field) -> Field:
    """A field as the class has it: a member that the document does not know lacks what nobody reads."""
    if isinstance(key, ObjectType) or not field.required:
        return field
    read = any(field.name in usage.reads.get(member, ()) for member in key)
    return replace(field, required=read)


def _one_of(members: Iterable[ObjectType]) -> str:
    return "One of: " + ", ".join(member.name for member in sorted(members, key=place)) + "."
