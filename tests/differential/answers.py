"""What an endpoint answers: expressions, mappings, `$for`, `$if`, `$pick`, `$omit_null`."""

from __future__ import annotations

from typing import Any

from bffgen.typesystem.model import ObjectType, Union, non_null
from bffgen.typesystem.relations import objects_in

from .draft import Draft
from .forms import grow
from .grow import Growth, Is, answerable

DEEPEST = 3


def answer(draft: Draft, growth: Growth, depth: int = 0) -> Any:
    """A YAML value."""
    dice = draft.dice
    forms = (
        [(28, "mapping"), (43, "value"), (10, "for"), (8, "if"), (6, "list"), (5, "shape")]
        if depth < DEEPEST
        else [(100, "value")]
    )
    match dice.weighted(forms) if depth else dice.weighted([(70, "mapping"), (22, "value"), (8, "for")]):
        case "mapping":
            return _mapping(draft, growth, depth)
        case "for":
            return _for(draft, growth, depth)
        case "if":
            return _if(draft, growth, depth)
        case "shape":
            return _shape(draft, growth)
        case "list":
            return [answer(draft, growth, depth + 1) for _ in range(dice.number(1, 2))]
    found = growth.find(answerable)
    return found.text if found is not None else "'none'"


def _shape(draft: Draft, growth: Growth) -> Any:
    """A shape of the group's as a function."""
    group = draft.group
    product = growth.find(_is(f"shop{group}", "Product"))
    if product is None:
        return "'none'"
    if draft.dice.chance(30):
        return f"Small{group}({product.text})"
    note = growth.find(lambda of: _is(f"feed{group}", "Note")(non_null(of)))
    return f"Card{group}({product.text}, note={note.text if note is not None else 'None'})"


def _is(backend: str, name: str) -> Is:
    return lambda of: isinstance(of, ObjectType) and (of.backend, of.name) == (backend, name)


def _mapping(draft: Draft, growth: Growth, depth: int) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if draft.dice.chance(15):
        made["$pick"] = _picks(draft, growth)
    for at in range(draft.dice.number(1, 4 if depth < 2 else 2)):
        made[f"f{depth}{at}"] = answer(draft, growth, depth + 1)
    if draft.dice.chance(12):
        made["$omit_null"] = True
    if not made.get("$pick", True):
        del made["$pick"]
    return made


def _picks(draft: Draft, growth: Growth) -> dict[str, Any]:
    base = growth.find(lambda of: isinstance(non_null(of), ObjectType | Union) and any(True for _ in objects_in(of)))
    if base is None:
        return {}
    if draft.dice.chance(25):
        return {base.text: "all"}
    names = sorted({name for one in objects_in(base.type) for name in one.fields})
    return {base.text: draft.dice.some(names, 1, 3)}


def _for(draft: Draft, growth: Growth, depth: int) -> Any:
    loop = growth.loop(nullable=True)
    if loop is None:
        return _mapping(draft, growth, depth)
    head, sub = loop
    made: dict[str, Any] = {"$for": head}
    if draft.dice.chance(30) and (known := sub.knowing()) is not None:
        made["$if"], sub = known
    grow(sub, draft.dice.number(1, 6))
    return {**made, **_mapping(draft, sub, depth + 1)}


def _if(draft: Draft, growth: Growth, depth: int) -> Any:
    known = growth.knowing()
    if known is None:
        return _mapping(draft, growth, depth)
    test, sub = known
    grow(sub, draft.dice.number(1, 4))
    return {"$if": test, **_mapping(draft, sub, depth + 1)}
