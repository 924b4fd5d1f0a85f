"""Narrowing: what a condition proves about values. Values never change, so it holds for any path."""

from __future__ import annotations

from collections.abc import Mapping

from bffgen.expr import tree
from bffgen.expr.limits import either, is_limit, limited
from bffgen.typesystem.model import (
    IterType,
    Kind,
    ListType,
    MapType,
    Nullable,
    ObjectType,
    Scalar,
    SetType,
    TupleType,
    Type,
    Union,
    is_nullable,
    non_null,
    nullable,
    union,
)

Facts = Mapping[str, Type]


def path(node: tree.Expr) -> str | None:
    """A name for a value that is the same wherever it is written, or None when it has no such name."""
    match node:
        case tree.Narrowed(value) | tree.Truth(value):
            return path(value)
        case tree.Ref(name, role):
            return f"{role}:{name}"
        case tree.Literal(value):
            return f"={value!r}"
        case tree.FieldOf(base, name):
            return _joined(path(base), f".{name}")
        case tree.ElementOf(base, index):
            return _joined(path(base), f"[{path(index)}]") if path(index) else None
        case tree.EntryOf(base, key):
            return _joined(path(base), f"{{{path(key)}}}") if path(key) else None
        case tree.MakeTuple(items):
            names = [path(item) for item in items]
            return f"({','.join(map(str, names))})" if all(names) else None
    return None


def _joined(base: str | None, step: str) -> str | None:
    return base + step if base else None


def proved(condition: tree.Expr, truth: bool) -> Facts:
    """What is known where `condition` came out as `truth`: path -> type."""
    match condition:
        case tree.IsNull(value, negated):
            return present(value) if truth == negated else {}
        case tree.Truth(value):
            return present(value) if truth else {}
        case tree.IsInstance(value, of):
            return _instance(value, of, truth)
        case tree.Not(value):
            return proved(value, not truth)
        case tree.Compare():
            return {**_compared(condition, truth), **limited(condition, truth, path)}
        case tree.Logic(operator, operands):
            each = [proved(operand, truth) for operand in operands]
            if (operator == "and") == truth:
                return {name: type_ for facts in each for name, type_ in facts.items()}
            alike = {k: t for k, t in each[0].items() if all(facts.get(k) == t for facts in each[1:])}
            common = {k: t for k, t in alike.items() if not is_limit(k)}
            return {**common, **either(each)}
        case tree.Literal() | tree.Ref() | tree.FieldOf() if truth:
            return present(condition)
    return {}


def present(node: tree.Expr) -> Facts:
    """`node` is not null: then nothing on the way to it is, either."""
    facts: dict[str, Type] = {}
    current: tree.Expr | None = node
    while current is not None:
        known = False  # by a proof from elsewhere, which stays the one that counts
        while isinstance(current, tree.Narrowed):
            known = known or (current.proven_elsewhere and not is_nullable(current.type))
            current = current.value
        name = path(current)
        if name and is_nullable(current.type) and not known:
            facts[name] = non_null(current.type)
        match current:
            case tree.FieldOf(base) | tree.SliceOf(base) | tree.CallMethod(base):
                current = base
            case tree.ElementOf(base, index):
                facts.update(present(index))
                current = base
            case tree.EntryOf(base, key):
                facts.update(present(key))
                current = base
            case _:
                current = None
    return facts


def _compared(condition: tree.Compare, truth: bool) -> Facts:
    left, right = condition.left, condition.right
    match condition.operator, truth:
        case ("==", True) | ("!=", False):
            facts: dict[str, Type] = {}
            for this, that in ((left, right), (right, left)):
                if not is_nullable(that.type):
                    facts.update(present(this))
                facts.update(_tagged(this, that))
            return facts
        case ("==", False) | ("!=", True):
            return {}
        case ("in", True) | ("not in", False):
            return {**_member(left, right)}
    return {}


def _instance(value: tree.Expr, of: Type, truth: bool) -> Facts:
    name, inner = path(value), non_null(value.type)
    if truth:
        return {**present(value), **({name: of} if name else {})}
    if name and isinstance(inner, Union):
        rest = union(tuple(arm for arm in inner.arms if arm != of))
        return {name: nullable(rest) if is_nullable(value.type) else rest}
    return {}


def _member(left: tree.Expr, right: tree.Expr) -> Facts:
    container = non_null(right.type)
    facts: dict[str, Type] = {}
    if members := _members(container):
        facts.update({} if any(map(is_nullable, members)) else present(left))
    name, key = path(right), path(left)
    if isinstance(container, MapType) and name and key:
        facts[f"{name}{{{key}}}"] = container.value
        facts[f"{name}{{{key}}}?"] = container.value  # the entry is there, whatever its value
    return facts


def _members(container: Type) -> tuple[Type, ...]:
    match container:
        case MapType(key, _):
            return (key,)
        case ListType(item) | SetType(item) | IterType(item):
            return (item,)
        case TupleType(items):
            return items
    return ()


def _tagged(this: tree.Expr, that: tree.Expr) -> Facts:
    """`x.kind == "card"` leaves of a union the arms whose `kind` can be that."""
    if not isinstance(this, tree.FieldOf) or not isinstance(that, tree.Literal):
        return {}
    base = this.base
    name, inner = path(base), non_null(base.type)
    if not name or not isinstance(inner, Union):
        return {}
    arms = [arm for i, arm in enumerate(inner.arms) if _may_be(inner, i, arm, this.name, that.value)]
    if len(arms) == 1 and isinstance(arms[0], ObjectType):
        return {name: arms[0]}
    return {}


def _may_be(whole: Union, index: int, arm: Type, field_name: str, value: object) -> bool:
    if whole.tag == field_name and whole.tags and whole.tags[index]:
        return value in whole.tags[index]
    if not isinstance(arm, ObjectType) or field_name not in arm.fields:
        return False
    of = non_null(arm.fields[field_name].type)
    return not (isinstance(of, Scalar) and of.values is not None and value not in of.values)


def known_in_range(base: Type, index: int) -> bool:
    """Whether so many items are known to be there that the element is."""
    of = base.of if isinstance(base, Nullable) else base
    return isinstance(of, ListType) and 0 <= index < of.min_items


def covers(entries: tuple[tuple[tree.Expr, tree.Expr], ...], key: Type) -> bool:
    """Whether a dict display has an entry for every member of a closed enum."""
    if not isinstance(key, Scalar) or key.values is None or key.open or key.kind is Kind.NUMBER:
        return False
    have = {entry.value for entry, _ in entries if isinstance(entry, tree.Literal)}
    return set(key.values) <= have
