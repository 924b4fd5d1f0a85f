"""Compositions: each call, guard, value put in as the checker takes it."""

from __future__ import annotations

import json
from functools import partial
from random import Random
from typing import Any

from bffgen.openapi.model import Operation
from bffgen.typesystem.model import INTEGER, Null, non_null

from .calls import add_batch, add_block, add_call, add_fallback, add_loop, add_pages, add_undo, guard
from .dice import Dice, seeded
from .draft import NAMES, UNUSED, Draft, documents, examined, spec_of
from .grow import answerable, boolean, kind, spelled
from .grow import text as is_text

PAGED = {"listEvents": ("cursor", "after"), "listPosts": ("page", "page"), "listNotes": ("offset", "skip")}
PAGED |= {"listProducts": ("page", "limit")}
ENVELOPES = (
    {"code": "status", "data": "response", "error": "problem.title"},
    {"ok": "status < 400", "data": "response", "why": "problem.detail", "at": "default(problem.call, '-')"},
    {"data": "response", "problem": "problem", "late": "[name for name in degraded.keys()]"},
)
BATCHED = ("listProducts", "listMakers", "findPeople", "getMetrics", "findEntries")


def endpoint(dice: Dice, groups: int) -> Draft | None:
    """An endpoint that the checker takes, over the backends of one of the groups; None where nothing came of it."""
    method = dice.weighted([(70, "GET"), (15, "POST"), (8, "PUT"), (4, "PATCH"), (3, "DELETE")])
    draft = Draft(dice, dice.number(0, groups - 1), "/draft", method)
    wrote = False
    for _ in range(dice.number(1, 4)):
        operation = _operation(draft)
        writes = _writes(operation)
        if writes and (method == "GET" or (wrote and not dice.chance(30))):
            continue
        _add(draft, operation)
        wrote = wrote or writes
    for name in list(draft.written.get("calls", {})):
        add_undo(draft, name)
    for at in range(dice.number(0, 2)):
        found = draft.growth(6).find(lambda of: answerable(of) and not isinstance(of, Null))
        if found is not None:
            draft.attempt(partial(_set, draft, "let", f"l{at + 1}", found.text))
    for _ in range(dice.number(0, 2) if dice.chance(40) else 0):
        draft.attempt(partial(_append, draft, guard(draft, draft.growth(4))))
    _answer(draft)
    return draft if not draft.check() and not draft.codes & UNUSED else None


def _operation(draft: Draft) -> Operation:
    return draft.dice.one(documents(draft.group)[f"{draft.dice.one(NAMES)}{draft.group}"].operations())


def _writes(operation: Operation) -> bool:
    return operation.method != "GET" and operation.id not in ("searchOrders", "findEntries")


def _reading(draft: Draft) -> Operation:
    """An operation that only reads."""
    while _writes(found := _operation(draft)):
        pass
    return found


def _add(draft: Draft, operation: Operation) -> None:
    """A call in one of its forms."""
    dice = draft.dice
    if operation.id in PAGED and dice.chance(45):
        add_pages(draft, operation, *PAGED[operation.id])
    elif operation.id in BATCHED and dice.chance(45):
        add_batch(draft, operation)
    else:
        match dice.weighted([(50, "one"), (24, "for"), (16, "block"), (10, "use")]):
            case "one":
                add_call(draft, operation)
            case "for":
                add_loop(draft, operation)
            case "block":
                add_block(draft, [operation, *(_reading(draft) for _ in range(dice.number(0, 1)))])
            case "use":
                add_fallback(draft, operation, _reading(draft) if dice.chance(60) else operation)


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
    if dice.chance(10) and (value := growth.find(lambda of: spelled(non_null(of)))) is not None:
        draft.attempt(lambda: draft.written.update(cookies={"made": f"{value.inner} if 1 < 2 else None"}))
    if dice.chance(12):
        draft.attempt(lambda: draft.written.update(envelope=dict(dice.one(ENVELOPES))))
    if dice.chance(8):
        draft.attempt(lambda: draft.written.update(degraded_status=dice.one([203, 206])))
    _use_all(draft)


def _use_all(draft: Draft) -> None:
    """Put what nothing uses yet into the answer."""
    draft.check()
    if draft.checked is None or not (draft.codes & UNUSED or draft.dice.chance(35)):
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
    return spec_of(endpoints, set(by_group), "bff_under_test")
