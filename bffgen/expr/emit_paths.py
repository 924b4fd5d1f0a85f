"""Names, fields, elements, entries, slices, where null propagates; and values known not to be null."""

from __future__ import annotations

import ast
import builtins
import keyword
from collections.abc import Iterable
from dataclasses import replace

from bffgen.expr import tree
from bffgen.expr.emit_context import Emitter
from bffgen.expr.emit_values import (
    Guard,
    Value,
    attribute,
    call,
    close,
    item,
    literal,
    literal_number,
    name,
    not_none,
)
from bffgen.typesystem.model import (
    Kind,
    ListType,
    MapType,
    ObjectType,
    Scalar,
    TupleType,
    Type,
    Union,
    Unknown,
    is_nullable,
    non_null,
)
from bffgen.typesystem.relations import join_all, objects_in


def may_be_null(of: Type) -> bool:
    """Whether a value of this type has to be tested for null."""
    return is_nullable(of) or isinstance(of, Unknown)


def literal_of(em: Emitter, expr: tree.Literal) -> Value:
    code = literal(expr.value)
    of = non_null(expr.type)
    if isinstance(expr.value, str) and isinstance(of, Scalar) and of.kind in _READERS:
        module, of_class, method = _READERS[of.kind]
        made = name(em.names.imported(module, of_class))
        code = call(attribute(made, method) if method else made, code)
    return Value(code, nullable=expr.value is None)


_READERS = {
    Kind.DATE: ("datetime", "date", "fromisoformat"),
    Kind.DATETIME: ("datetime", "datetime", "fromisoformat"),
    Kind.UUID: ("uuid", "UUID", ""),
}


def ref(em: Emitter, expr: tree.Ref) -> Value:
    return Value(name(em.names.ref(expr.role, expr.name)), nullable=may_be_null(expr.type), path=True)


def looked_into(em: Emitter, base: tree.Expr) -> Value:
    """The base, non-null under its guards."""
    value = em.value(base)
    return em.some(value, hint(value.code))


def hint(code: ast.expr) -> str:
    """A name for the value of code: `authors.get(k)` is an `author`."""
    match code:
        case ast.Attribute(attr=word) | ast.Name(id=word):
            return _usable(word)
        case ast.Call(func=ast.Attribute(value=base, attr="get")) | ast.Subscript(value=base):
            return _usable(_singular(hint(base)))
        case ast.Call(func=ast.Name(id="given"), args=[base]):
            return hint(base)
        case ast.Call(func=ast.Name(id="at" | "first" | "last"), args=[base, *_]):
            return _usable(_singular(hint(base)))
    return "found"


def _singular(word: str) -> str:
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("xes", "x"), ("s", "")):
        if word.endswith(ending) and not word.endswith("ss") and len(word) > len(ending) + 1:
            return word[: -len(ending)] + instead
    return "found"


def _usable(word: str) -> str:
    word = word.rstrip("_")
    bad = not word.isidentifier() or keyword.iskeyword(word) or hasattr(builtins, word)
    return "found" if bad else word


# ------------------------------------------------------------------------------------------------ fields


def field_of(em: Emitter, expr: tree.FieldOf) -> Value:
    owner = _owner(expr.base)
    base = _as_holder(em, looked_into(em, expr.base), non_null(expr.base.type), expr.name)
    read: ast.expr = attribute(base.code, em.names.attribute(owner, expr.name))
    missing = em.names.missing(owner, expr.name)
    if missing and _is_mixed(owner, expr.name):
        return _there(em, base.but(read, path=base.path), owner, expr.name)
    if missing:
        read = call(em.names.helper("given"), read)
    nullable = missing or _field_may_be_null(owner, expr.name)
    loose = nullable if isinstance(owner, Union) else isinstance(owner, ObjectType) and em.names.loose(owner, expr.name)
    if loose and not _field_may_be_null(non_null(expr.base.type), expr.name):
        # One class stands for all members of the union; that this member has the field is known here alone.
        return base.but(call(em.names.helper("known"), read))
    return base.but(read, nullable=nullable, path=base.path and not missing)


def _is_mixed(owner: Type, field: str) -> bool:
    """Whether a field has values of several Python types, of which type checkers lose track in `given(...)`."""
    of = non_null(join_all([one.fields[field].type for one in objects_in(owner) if field in one.fields]))
    return isinstance(of, Union) and not all(isinstance(arm, ObjectType) for arm in of.arms)


def _there(em: Emitter, value: Value, owner: Type, field: str) -> Value:
    """The value of a field under the guard that it is not absent."""
    missing = name(em.names.imported("pydantic", "MISSING"))

    def test(code: ast.expr) -> ast.expr:
        return ast.Compare(code, [ast.IsNot()], [missing])

    found = [one.fields[field].type for one in objects_in(owner) if field in one.fields]
    there = value.plus(*em.unproven(test(value.code))) if value.path else em.bind(value, hint(value.code), test)
    return there.but(there.code, nullable=any(map(may_be_null, found)), path=True)


def _owner(base: tree.Expr) -> Type:
    """The type whose class has the field: a union narrowed to a member is still of the union's class."""
    inner = base
    while isinstance(inner, tree.Narrowed):
        inner = inner.value
    wide = non_null(inner.type)
    return wide if isinstance(wide, Union) else non_null(base.type)


def _field_may_be_null(owner: Type, field: str) -> bool:
    found = [owner_.fields.get(field) for owner_ in objects_in(owner)]
    return not found or any(f is None or not f.required or may_be_null(f.type) for f in found)


def _as_holder(em: Emitter, base: Value, of_base: Type, field: str) -> Value:
    """Of a union with members that do not have the field, such as a text: one that has it."""
    holders = em.names.holders(of_base, field) if isinstance(of_base, Union) else None
    if holders is None:
        return base
    of = one_of(holders)
    if not base.path:
        return em.bind(base, hint(base.code), lambda code: call("isinstance", code, of))
    implied = ast.dump(not_none(base.code))  # by its class
    guards = tuple(guard for guard in base.guards if ast.dump(guard.test) != implied)
    return Value(base.code, (*guards, Guard(call("isinstance", base.code, of))), path=True)


def one_of(classes: Iterable[str]) -> ast.expr:
    """What `isinstance` takes for any of these classes."""
    names: list[ast.expr] = [name(written) for written in sorted(classes)]
    return names[0] if len(names) == 1 else ast.Tuple(names, ast.Load())


# ------------------------------------------------------------------------------------------------ elements


def element_of(em: Emitter, expr: tree.ElementOf) -> Value:
    base = looked_into(em, expr.base)
    index = looked_into(em, expr.index)
    both = base.plus(*index.guards)
    number = literal_number(index.code)
    nullable = may_be_null(_item(non_null(expr.base.type), number))
    plain = item(base.code, index.code)
    if expr.within:
        return both.but(plain, nullable=nullable, path=base.path and number is not None)
    if base.path and number in (0, -1):
        return both.but(plain, nullable=nullable, path=True).plus(*em.unproven(base.code, exact=False))
    return both.but(call(em.names.helper("at"), base.code, index.code), nullable=True)


def _item(of: Type, index: int | float | None) -> Type:
    if isinstance(of, TupleType) and isinstance(index, int):
        return of.items[index]
    return of.item if isinstance(of, ListType) else of


def entry_of(em: Emitter, expr: tree.EntryOf) -> Value:
    of = non_null(expr.base.type)
    nullable = not isinstance(of, MapType) or may_be_null(of.value)
    return entry(em, looked_into(em, expr.base), looked_into(em, expr.key), expr.within, nullable)


def entry(em: Emitter, base: Value, key: Value, within: bool, nullable: bool) -> Value:
    """An entry of a map: null when missing, unless known to be `within`; `nullable` as its values are."""
    both = base.plus(*key.guards)
    if within:
        literal_key = isinstance(key.code, ast.Constant)
        return both.but(item(base.code, key.code), nullable=nullable, path=base.path and literal_key)
    return both.but(call(attribute(base.code, "get"), key.code), nullable=True)


def slice_of(em: Emitter, expr: tree.SliceOf) -> Value:
    base = looked_into(em, expr.base)
    start, stop = (looked_into(em, bound) if bound else None for bound in (expr.start, expr.stop))
    step = None if expr.step is None else literal(expr.step)
    cut = ast.Slice(start.code if start else None, stop.code if stop else None, step)
    guards = [guard for bound in (start, stop) if bound for guard in bound.guards]
    return base.plus(*guards).but(item(base.code, cut))


# ------------------------------------------------------------------------------------------------ narrowing


def narrowed(em: Emitter, expr: tree.Narrowed) -> Value:
    """A value that is known not to be null.

    After a test in the same expression Python's type checkers know a path, too. An entry or element that is
    known to be there is indexed plainly. What is left is said with `known(x)`.
    """
    found = em.already(expr.value)
    if found is not None:
        return found
    inner, tested = expr.value, True
    if isinstance(inner, (tree.ElementOf, tree.EntryOf)) and not inner.within:
        tested = _tested_as_path(inner)
        inner = replace(inner, within=True)
    value = em.value(inner)
    value = value.but(value.code, nullable=value.nullable, path=value.path and tested)
    if (not value.nullable and not value.guards) or may_be_null(expr.type):
        return value
    if value.path and not expr.proven_elsewhere and not value.guards:
        return Value(value.code, path=True)
    return Value(call(em.names.helper("known"), close(value)))


def _tested_as_path(inner: tree.Expr) -> bool:
    """Whether the test of this element printed `xs[0]`, not `at(xs, 1)`."""
    index = inner.index if isinstance(inner, tree.ElementOf) else None
    return isinstance(index, tree.Literal) and index.value in (0, -1)
