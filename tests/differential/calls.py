"""Calls of an endpoint: arguments, conditions, failures, guards; and the other forms that a call may have."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from bffgen.expr.scope import Binding
from bffgen.expr.tree import Role
from bffgen.openapi.model import Operation
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
)
from bffgen.typesystem.relations import assign

from .draft import Draft
from .forms import grow
from .grow import Growth, access, answerable, boolean, key, listed, literal, null, spelled
from .grow import text as is_text

UNDO = {
    "placeOrder": ("cancelOrder", lambda name: {"id": f"{name}.id"}),
    "addNote": ("dropNote", lambda name: {"text": f"default({name}.text, 'none')"}),
}
"""Operations that take another one back, with the arguments for that."""


def add_call(draft: Draft, operation: Operation) -> None:
    """A call of the operation, if the checker takes one of those that come to mind."""
    name = f"c{len(draft.written.setdefault('calls', {})) + 1}"
    growth = draft.growth(draft.dice.number(0, 6))

    def change() -> None:
        soft = draft.dice.chance(45)
        call = written_call(draft, operation, growth, soft)
        if soft:
            call["on_error"] = _on_error(draft, operation)
        _conditions(draft, call, growth)
        draft.written["calls"][name] = call

    if attempt_call(draft, change) and draft.dice.chance(15):
        draft.attempt(lambda: draft.written["calls"][name].update(require=[guard(draft, draft.growth(4))]))


def attempt_call(draft: Draft, change: Callable[[], None]) -> bool:
    return any(draft.attempt(change) for _ in range(3))


def written_call(draft: Draft, operation: Operation, growth: Growth, soft: bool) -> dict[str, Any]:
    """The operation with its arguments and its body; a write that can be taken back, with how."""
    call: dict[str, Any] = {"call": f"{operation.backend}.{operation.id}"}
    if args := arguments(draft, operation, growth, soft):
        call["args"] = args
    if operation.body is not None and (operation.body.required or draft.dice.chance(80)):
        whole = draft.method != "GET" and "body" not in json.dumps(draft.written) and draft.dice.chance(45)
        call["body"] = "body" if whole else draft.value(operation.body.type, growth)
    return call


def add_undo(draft: Draft, name: str) -> None:
    """How a write is taken back, where that can be."""
    call = draft.written["calls"].get(name, {})
    backend, _, operation = str(call.get("call", "")).partition(".")
    if operation in UNDO and draft.dice.chance(75):
        undo, given = UNDO[operation]
        draft.attempt(lambda: call.update(undo={"call": f"{backend}.{undo}", "args": given(name)}))


def add_fallback(draft: Draft, operation: Operation, other: Operation) -> None:
    """A call, and one that takes its place when it fails."""
    calls = draft.written.setdefault("calls", {})
    name, lazy = f"c{len(calls) + 1}", f"c{len(calls) + 2}"
    growth = draft.growth(draft.dice.number(0, 4))

    def change() -> None:
        call = written_call(draft, operation, growth, False)
        action: Any = {"use": lazy}
        call["on_error"] = draft.dice.one([action, {"404": action}, {"5xx": action, "else": None}])
        calls = draft.written["calls"]
        calls[name], calls[lazy] = call, written_call(draft, other, growth, False)
        if draft.dice.chance(30):
            calls[lazy]["on_error"] = _on_error(draft, other)

    attempt_call(draft, change)


# ---------------------------------------------------------------------------------------------- lists


def over(growth: Growth, name: str, role: Role, of: Type, steps: int) -> Growth:
    """Expressions over one more name, which has a type."""
    sub = growth.inside([name], growth.ctx.with_names({name: Binding(role, of)}))
    grow(sub, steps)
    return sub


def add_loop(draft: Draft, operation: Operation) -> None:
    """A call for each item of a list."""
    calls = draft.written.setdefault("calls", {})
    name, growth = f"c{len(calls) + 1}", draft.growth(draft.dice.number(2, 8))

    def change() -> None:
        dice = draft.dice
        head, sub = _loop(draft, growth)
        call: dict[str, Any] = {"for": head, "limit": dice.one([20, 20, 3, 1])}
        if dice.chance(30) and (known := sub.knowing()) is not None:
            call["if"], sub = known
        grow(sub, dice.number(0, 4))
        soft = dice.chance(50)
        call = {**written_call(draft, operation, sub, soft), **call}
        _about_items(draft, call, operation, sub)
        of = _items(draft, call, operation, growth, 25)
        if soft:
            call["on_error"] = _on_error(draft, operation)
        if dice.chance(25):
            _key(draft, call, of, growth)
        if dice.chance(20):
            call["concurrency"] = dice.one([1, 2])
        draft.written["calls"][name] = call

    attempt_call(draft, change)


def _loop(draft: Draft, growth: Growth) -> tuple[str, Growth]:
    """`x in xs` over what a call answered, or over a list of the client's, or one that is written there."""
    dice = draft.dice
    found = growth.loop() if dice.chance(75) else None
    if found is not None:
        return found
    name, of = f"v{growth.loops}", dice.one([INTEGER, INTEGER, TEXT])
    sub = growth.inside([name], growth.ctx.with_names({name: Binding(Role.LOOP, of)}))
    if dice.chance(50):
        draft.params += 1
        draft.written.setdefault("params", {})[f"p{draft.params}"] = {
            "type": f"list[{'int' if of == INTEGER else 'str'}]"
        }
        return f"{name} in p{draft.params}", sub
    return f"{name} in {dice.one(['[1, 2, 3]', '[2, 7, 2, 0]'] if of == INTEGER else [repr(['a', 'b', 'abc'])])}", sub


def _about_items(draft: Draft, call: dict[str, Any], operation: Operation, sub: Growth) -> None:
    """Arguments that speak of the loop's variable, so that the calls differ."""
    name = call["for"].partition(" ")[0].rstrip(",") if "for" in call else f"v{sub.loops - 1}"
    for parameter in operation.parameters:
        if not (parameter.required or draft.dice.chance(50)) or draft.dice.chance(15):
            continue
        of = non_null(parameter.type)
        own = [one for one in sub.pool if name in one.text and not is_nullable(one.type)]
        fitting = [one.text for one in own if assign(one.type, of) is None]
        if of == TEXT:
            fitting += [f"str({one.text})" for one in own if isinstance(one.type, Scalar) and spelled(one.type)]
        if fitting:
            call.setdefault("args", {})[parameter.name] = draft.dice.one(fitting)


def _answer_of(operation: Operation) -> Type:
    return next((one.type for one in operation.success() if one.type is not None), TEXT)


def _items(draft: Draft, call: dict[str, Any], operation: Operation, growth: Growth, percent: int) -> Type:
    """Maybe `items`; the type of what one answer gives."""
    of = _answer_of(operation)
    if not draft.dice.chance(percent):
        return of
    found = over(growth, "answer", Role.ANSWER, of, 3).find(
        lambda of: listed(non_null(of)) or isinstance(non_null(of), MapType)
    )
    if found is None:
        return of
    call["items"] = found.text
    return found.type


def _key(draft: Draft, call: dict[str, Any], item: Type, growth: Growth) -> None:
    inside = over(growth, "item", Role.ITEM, non_null(item), 4)
    own = [one for one in inside.pool if "item" in one.text and key(non_null(one.type))]
    found = draft.dice.one(own) if own and draft.dice.chance(90) else inside.find(lambda of: key(non_null(of)))
    if found is not None:
        call["key"] = found.text


def _element(of: Type) -> Type | None:
    match non_null(of):
        case ListType(item):
            return item
        case MapType(_, value):
            return value
    return None


def add_batch(draft: Draft, operation: Operation) -> None:
    """One call for the keys of many items: for operations that take a list of scalars."""
    calls = draft.written.setdefault("calls", {})
    name, growth = f"c{len(calls) + 1}", draft.growth(draft.dice.number(2, 8))
    place = next((p for p in operation.parameters if isinstance(non_null(p.type), ListType)), None)

    def change() -> None:
        dice = draft.dice
        wanted = _element(place.type) if place is not None else TEXT
        loop = growth.loop()
        found = None
        if loop is not None:
            head, sub = loop
            grow(sub, dice.number(0, 3))
            found = sub.find(lambda of: wanted is not None and assign(non_null(of), wanted) is None)
        call: dict[str, Any] = {"call": f"{operation.backend}.{operation.id}"}
        call["batch"] = (
            f"{found.text if found else literal(dice, wanted or TEXT)} for {head if loop else 'n in range(3)'}"
        )
        if dice.chance(60):
            call["size"] = dice.one([1, 2, 3])
        if place is not None:
            call["args"] = {place.name: "batch"}
        else:
            call["body"] = {"accounts": "batch"}
        of = _items(draft, call, operation, growth, 30 if _element(_answer_of(operation)) else 100)
        element = _element(of)
        if element is not None and dice.chance(50):
            _key(draft, call, element, growth)
        if dice.chance(45):
            call["on_error"] = _on_error(draft, operation)
        _conditions(draft, call, growth)
        draft.written["calls"][name] = call

    attempt_call(draft, change)


def add_pages(draft: Draft, operation: Operation, by: str, parameter: str) -> None:
    """All pages of a list."""
    calls = draft.written.setdefault("calls", {})
    name, growth = f"c{len(calls) + 1}", draft.growth(draft.dice.number(0, 6))

    def change() -> None:
        dice = draft.dice
        call: dict[str, Any] = {"call": f"{operation.backend}.{operation.id}"}
        args = arguments(draft, operation, growth, False)
        args.pop(parameter, None)
        if args:
            call["args"] = args
        answer = _answer_of(operation)
        pages: dict[str, Any] = {by: parameter}
        inside = over(growth, "answer", Role.ANSWER, answer, 4)
        if by == "cursor":
            following = inside.find(lambda of: is_nullable(of) and is_text(non_null(of)))
            pages["next"] = following.text if following is not None and dice.chance(40) else "answer.next"
        call["paginate"] = pages
        call["max_pages"] = dice.number(1, 4)
        if dice.chance(30) and (test := inside.find(boolean)) is not None:
            call["until"] = test.text
        of = _items(draft, call, operation, growth, 0 if _element(answer) else 100)
        if (element := _element(of)) is not None and dice.chance(35):
            _key(draft, call, element, growth)
        if dice.chance(50):
            call["on_error"] = _on_error(draft, operation)
        draft.written["calls"][name] = call

    attempt_call(draft, change)


# ---------------------------------------------------------------------------------------------- blocks


def add_block(draft: Draft, operations: list[Operation]) -> None:
    """Calls in a scope of their own: for each item of a list, or once."""
    from .answers import answer  # both make values of each other's parts

    dice = draft.dice
    calls = draft.written.setdefault("calls", {})
    name = f"c{len(calls) + 1}"
    head, inside = _head(draft)

    def change(at: int, operation: Operation) -> None:
        soft = dice.chance(35)
        call = written_call(draft, operation, here, soft)
        if "for" in head:
            _about_items(draft, call, operation, here)
        if soft:
            call["on_error"] = _on_error(draft, operation)
        elif dice.chance(20) and (known := here.knowing()) is not None:
            call["when"] = known[0]
        inner = draft.written["calls"].get(name, {}).get("calls", {})
        inner = {**inner, f"{name}x{at}": call}
        draft.written["calls"][name] = {**head, "calls": inner, "value": {one: one for one in inner}}

    here = inside
    for at, operation in enumerate(operations):
        attempt_call(draft, lambda at=at, operation=operation: change(at, operation))  # type: ignore[misc]
        here = _inside(draft, name, inside)
    block = draft.written["calls"].get(name)
    if block is None:
        return
    grow(here, dice.number(2, 8))
    for _ in range(3):
        if draft.attempt(lambda: draft.written["calls"][name].update(value=answer(draft, here, 2))):
            break
    _around(draft, name, here)


def _head(draft: Draft) -> tuple[dict[str, Any], Growth]:
    """What stands over a block, and what its calls see of that."""
    dice = draft.dice
    growth = draft.growth(dice.number(2, 8))
    loop = _loop(draft, growth) if dice.chance(65) else None
    head: dict[str, Any] = {}
    inside = growth
    if loop is not None:
        head, inside = {"for": loop[0], "limit": dice.one([20, 20, 2])}, loop[1]
        if dice.chance(25) and (known := inside.knowing()) is not None:
            head["if"], inside = known
    elif dice.chance(40) and (known := growth.knowing()) is not None:
        head["when"], inside = known
    grow(inside, dice.number(0, 4))
    return head, inside


def _around(draft: Draft, name: str, here: Growth) -> None:
    """A guard, a `let`, a fallback of a block."""
    dice = draft.dice
    if dice.chance(25):
        draft.attempt(lambda: draft.written["calls"][name].update(require=[guard(draft, here)]))
    if dice.chance(25) and (found := here.find(lambda of: answerable(of) and not isinstance(of, Null))) is not None:
        value = draft.written["calls"][name]["value"]
        changed = {"let": {f"{name}l": found.text}, "value": {"of": value, "let": f"{name}l"}}
        draft.attempt(lambda: draft.written["calls"][name].update(changed))
    if dice.chance(45):
        action = dice.one([None, {"404": None, "else": "fail"}, {"timeout": {"status": 418, "detail": "slow"}}])
        draft.attempt(lambda: draft.written["calls"][name].update(on_error=action))


def _inside(draft: Draft, name: str, growth: Growth) -> Growth:
    """Expressions in a block, over the calls that it has."""
    from bffgen.check.model import CheckedBlock

    entry = next((one for one in draft.checked.calls if one.name == name), None) if draft.checked else None
    if not isinstance(entry, CheckedBlock):
        return growth
    bound = {call.name: Binding(Role.CALL, call.type, needs=call.name) for call in entry.calls}
    sub = growth.inside(list(bound), growth.ctx.with_names(bound))
    for one in growth.pool:
        sub.add(one.text, one.tight)
    sub.level = growth.level
    return sub


# ---------------------------------------------------------------------------------------------- parts


def arguments(draft: Draft, operation: Operation, growth: Growth, soft: bool) -> dict[str, Any]:
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


def guard(draft: Draft, growth: Growth) -> dict[str, Any]:
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
