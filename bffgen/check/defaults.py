"""Values that stand in for a failed call: of its schema's fields, those that are read must be given.

What is read is known only when every endpoint has been checked: a schema has one class in the emitted project.
A value is published like the answer that it replaces, so it keeps the bounds of the schema, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from bffgen.check.model import (
    AnswerWith,
    CheckedBlock,
    CheckedEndpoint,
    CheckedEntry,
    CheckedGateway,
    Use,
    leaves,
)
from bffgen.check.within import expressions_in
from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.expr import tree
from bffgen.expr.walk import walk
from bffgen.openapi.fits import fits
from bffgen.typesystem.model import ListType, ObjectType, Scalar, Type, non_null
from bffgen.typesystem.relations import object_name, objects_in, parts

Roots = Iterable[tree.Expr | None]


def check_defaults(gateway: CheckedGateway, diags: Diagnostics) -> None:
    """Report every default that lacks a field which some expression reads, or which is passed on whole (BFF209).

    And every value in one that is known to break a bound (BFF313).
    """
    entries = [entry for endpoint in gateway.endpoints for entry in _entries(endpoint.calls)]
    nodes = (node for entry in entries for value in _stand_ins(entry) for node in walk(value))
    made = [node for node in nodes if isinstance(node, tree.MakeObject)]
    for node in made:
        _check_bounds(node, diags)
    partial = [node for node in made if _lacking(node)]
    if not partial:
        return
    reads, whole = _reads(gateway), _whole(gateway)
    for node in partial:
        missing = [name for name in _lacking(node) if node.type in whole or name in reads.get(node.type, set())]
        if missing:
            _report(node, missing, diags)


def _report(node: tree.MakeObject, missing: list[str], diags: Diagnostics) -> None:
    first = node.type.fields[missing[0]]
    labels = [Label(first.span, "required, and read")] if first.span else []
    given = node.entries[0][1].span if node.entries else node.span
    diags.report(
        "BFF209",
        f"the default of `{object_name(node.type)}` needs the field `{missing[0]}`",
        Label(given, "does not set it"),
        *labels,
        note=f"also missing: {', '.join(f'`{name}`' for name in missing[1:])}" if missing[1:] else None,
        help=f"add `{missing[0]}: ...`",
    )


def _check_bounds(node: tree.MakeObject, diags: Diagnostics) -> None:
    for name, value in node.entries if node.type.backend is not None else ():
        field = node.type.fields[name]
        if why := _broken_bound(value, non_null(field.type)):
            labels = [Label(field.span, "declared here")] if field.span else []
            message = f"the default of `{object_name(node.type)}` does not fit"
            diags.report("BFF313", message, Label(value.span, why), *labels)


def _broken_bound(value: tree.Expr, of: Type) -> str | None:
    """What a value that is known beforehand has to be and is not."""
    match value, of:
        case tree.Literal(given), Scalar() if given is not None and not fits(given, replace(of, values=None)):
            return f"`{given}` is outside of the bounds"
        case _, ListType(min_items=wanted) if isinstance(value.type, ListType) and value.type.min_items < wanted:
            return f"a list of {wanted} at least"
    return None


def _entries(entries: tuple[CheckedEntry, ...]) -> Iterator[CheckedEntry]:
    for entry in entries:
        yield entry
        if isinstance(entry, CheckedBlock):
            yield from _entries(entry.calls)


def _stand_ins(entry: CheckedEntry) -> Iterator[tree.Expr]:
    return (reaction.action.value for reaction in entry.reactions if isinstance(reaction.action, Use))


def _lacking(node: tree.MakeObject) -> list[str]:
    """The required fields of a backend's object that the value does not give."""
    if node.type.backend is None or node.type.request:
        return []
    given = {name for name, _ in node.entries}
    return [name for name in node.type.fields if name not in given and node.type.fields[name].required]


# ---------------------------------------------------------------------------------------------- what is used


def _reads(gateway: CheckedGateway) -> dict[ObjectType, set[str]]:
    found: dict[ObjectType, set[str]] = {}
    for root in expressions_in((gateway.endpoints, gateway.shapes)):
        for node in walk(root):
            if isinstance(node, tree.FieldOf):
                for of in objects_in(node.base.type):
                    found.setdefault(of, set()).add(node.name)
    return found


def _whole(gateway: CheckedGateway) -> set[ObjectType]:
    """The objects that leave the gateway as they came, with everything inside of them."""
    found: set[ObjectType] = set()
    work: list[Type] = [root.type for endpoint in gateway.endpoints for root in _leaving(endpoint) if root is not None]
    while work:
        of = work.pop()
        if not isinstance(of, ObjectType):
            work.extend(parts(of))
        elif of not in found:
            found.add(of)
            work.extend(field.type for field in of.fields.values())
    return found


def _leaving(endpoint: CheckedEndpoint) -> Iterator[tree.Expr | None]:
    """What reaches a client or a backend."""
    yield endpoint.response
    yield from (value for _, value in endpoint.headers)
    for call in leaves(endpoint.calls):
        yield call.body
        yield from (argument.value for argument in call.arguments)
        yield from (value for _, value in call.headers)
    for entry in _entries(endpoint.calls):
        for reaction in entry.reactions:
            if isinstance(reaction.action, AnswerWith):
                yield reaction.action.body
                yield from (value for _, value in reaction.action.extra)
