"""What clients send and backends do: data of a type, edge values included, and ways to break it."""

from __future__ import annotations

import math
from typing import Any

from bffgen.check.model import CheckedCall, CheckedEndpoint, CheckedParam, leaves
from bffgen.openapi.model import Response
from bffgen.typesystem.model import (
    Bounds,
    Kind,
    ListType,
    MapType,
    Null,
    Nullable,
    ObjectType,
    Scalar,
    Type,
    Union,
    Unknown,
)

from .compare import Example, operation_name
from .dice import Dice
from .meaning.data import within
from .meaning.outcomes import Reply, Request
from .meaning.requests import NOTHING

DEEPEST = 4

TEXTS = ["a", "b", "abc", "", "7", "-2", "1.5", "A b", "x/y", "..", "äß", "日本", "two\nlines", 'say "hi"', "a,b,,c"]
TEXTS += [" lead", "%2F", "'", "{x}", "2024-01-15", "\U0001f600", "a&b=c#d?e", "aAaA zzz", "x" * 50, "\\", "\x00"]
PLAIN = ["a", "abc", "b7", "xy z", "äß", "q-1", "%41", "a.b", "a+b"]
INTEGERS = [1, 2, 0, 3, 5, 7, -1, 12, 24, 50, 100, 2**31, 2**53 + 1, 2**63 - 1, -(2**63)]
NUMBERS = [1, 0.5, 0, 2, -1.5, 3.0, 0.1, 10, 1e16, 123456789.125, 1e300, -1e300, 5e-324, 10**20]
DATES = ["2024-01-15", "1999-12-31", "2024-02-29", "0001-01-01", "9999-12-31"]
MOMENTS = ["2024-01-15T09:30:00Z", "2024-01-15T09:30:00.125+02:00", "1999-12-31T23:59:59-05:30", "2024-01-15T09:30:00"]
MOMENTS += ["2024-01-15t09:30:00z", "2024-01-15T09:30:00.123456789Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"]
UUIDS = ["3fa85f64-5717-4562-b3fc-2c963f66afa6", "00000000-0000-0000-0000-000000000000"]
UUIDS += ["0188D5F2-6E4B-7C3A-8F00-ABCDEF012345"]
ANYTHING: list[Any] = [None, 1, "a", {}, [], {"a": [1, None]}, True, 0.5, [{"b": {}}]]

_POOLS: dict[Kind, list[Any]] = {
    Kind.TEXT: TEXTS,
    Kind.INTEGER: INTEGERS,
    Kind.NUMBER: NUMBERS,
    Kind.BOOLEAN: [True, False],
    Kind.DATE: DATES,
    Kind.DATETIME: MOMENTS,
    Kind.UUID: UUIDS,
}


# -------------------------------------------------------------------------------------------------- data of a type


def data(dice: Dice, of: Type, depth: int = 0) -> Any:
    """JSON of the type. An open enum has a member that is not known now and then."""
    match of:
        case Null():
            return None
        case Nullable(inner):
            return None if depth > DEEPEST or dice.chance(30) else data(dice, inner, depth)
        case Scalar():
            return _scalar(dice, of)
        case ListType(item):
            most = of.min_items if depth >= DEEPEST else min(of.min_items + 3, of.max_items or 99)
            return [data(dice, item, depth + 1) for _ in range(dice.number(of.min_items, most))]
        case MapType(_, value):
            keys = [dice.one(TEXTS) for _ in range(dice.number(0, 0 if depth >= DEEPEST else 3))]
            return {key: data(dice, value, depth + 1) for key in dict.fromkeys(keys)}
        case ObjectType():
            return _object(dice, of, depth)
        case Union(arms):
            return _arm(dice, arms, depth)
    return dice.one(ANYTHING)


def _object(dice: Dice, of: ObjectType, depth: int) -> dict[str, Any]:
    made = {}
    for field in of.fields.values():
        if field.required or (dice.chance(55) and not (depth >= DEEPEST and _is_deep(field.type))):
            made[field.name] = data(dice, field.type, depth + 1)
    if not of.request and dice.chance(5):
        made["x-new"] = dice.one(ANYTHING)
    return made


def _is_deep(of: Type) -> bool:
    match of:
        case Nullable(inner) | ListType(inner) | MapType(_, inner):
            return _is_deep(inner)
    return isinstance(of, ObjectType | Union)


def _arm(dice: Dice, arms: tuple[Type, ...], depth: int) -> Any:
    objects = [arm for arm in arms if isinstance(arm, ObjectType)]
    if len(objects) > 1 and not objects[0].request and dice.chance(8):
        return _new_kind(dice, objects)
    return data(dice, dice.one(arms), depth)


def _new_kind(dice: Dice, objects: list[ObjectType]) -> dict[str, Any]:
    """An object that the document does not know yet: it has what all known ones have."""
    common = [f for f in objects[0].fields.values() if all(f.name in one.fields for one in objects)]
    made = {f.name: data(dice, f.type, DEEPEST) for f in common if f.required}
    return {name: "novel" if isinstance(value, str) else value for name, value in made.items()} | {"y": 1}


def _scalar(dice: Dice, of: Scalar) -> Any:
    if of.values:
        if of.open and of.kind in (Kind.TEXT, Kind.INTEGER) and dice.chance(8):
            return "novel" if of.kind is Kind.TEXT else 99
        return dice.one(of.values)
    pool = [value for value in _POOLS[of.kind] if within(value, of.bounds)] or [_within(of)]
    plain = pool[: max(1, len(pool) // 2)]
    value = dice.one(pool if dice.chance(25) else plain)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53 and dice.chance(5):
        return float(value)
    return value


def _within(of: Scalar) -> Any:
    least = of.bounds.minimum if of.bounds.minimum is not None else of.bounds.exclusive_minimum
    return {Kind.TEXT: "1234"[: of.bounds.max_length], Kind.INTEGER: least}.get(of.kind, least)


# -------------------------------------------------------------------------------------------------- breaches

_WRONG: dict[Kind, list[Any]] = {
    Kind.TEXT: [7, None, [], {}],
    Kind.INTEGER: ["7", None, 1.5, 2**63, True, {}],
    Kind.NUMBER: ["1.5", None, True, []],
    Kind.BOOLEAN: ["true", 1, None],
    Kind.DATE: ["15.01.2024", "2024-13-01", 20240115, "2024-01-15T00:00:00Z"],
    Kind.DATETIME: ["yesterday", 1705311000, "2024-01-15T25:00:00Z"],
    Kind.UUID: ["not-one", 7],
}


def broken(dice: Dice, value: Any, of: Type) -> Any:
    """The data with something wrong in it, in some place."""
    match of:
        case Nullable(inner):
            return broken(dice, data(dice, inner, 2) if value is None else value, inner)
        case Scalar(kind):
            return dice.one(_WRONG[kind])
        case ListType(item):
            if not isinstance(value, list) or not value or dice.chance(25):
                return dice.one([None, {}, "list", [] if of.min_items else 7])
            at = dice.number(0, len(value) - 1)
            return [broken(dice, one, item) if at == here else one for here, one in enumerate(value)]
        case MapType(_, inner):
            if not isinstance(value, dict) or not value or dice.chance(25):
                return dice.one([None, [], "map"])
            key = dice.one(list(value))
            return {**value, key: broken(dice, value[key], inner)}
        case ObjectType():
            return _broken_object(dice, value, of)
        case Union(arms):
            fields = [arm for arm in arms if isinstance(arm, ObjectType)]
            if isinstance(value, dict) and fields and dice.chance(60):
                return _broken_object(dice, value, dice.one(fields))
            return dice.one([None, [[]], {"nothing": "known"}])
    return value


def _broken_object(dice: Dice, value: Any, of: ObjectType) -> Any:
    if not isinstance(value, dict) or dice.chance(10):
        return dice.one([None, [], "object", 7])
    required = [f.name for f in of.fields.values() if f.required and f.name in value]
    if required and dice.chance(35):
        gone = dice.one(required)
        return {name: one for name, one in value.items() if name != gone}
    known = [name for name in value if name in of.fields]
    if not known:
        return None
    name = dice.one(known)
    return {**value, name: broken(dice, value[name], of.fields[name].type)}


# -------------------------------------------------------------------------------------------------- replies


_HOW = [
    (72, "fine"),
    (8, "failure"),
    (3, "undocumented"),
    (3, "timeout"),
    (3, "unreachable"),
    (8, "breach"),
    (3, "odd"),
]


def reply(dice: Dice, call: CheckedCall) -> tuple[Reply, str]:
    """What a backend does, and what is wrong with that: nothing where it is an answer that keeps its contract."""
    how = dice.weighted(_HOW)
    if how in ("timeout", "unreachable"):
        return Reply(fault=how), how
    if how == "undocumented":
        status = dice.one([500, 404, 503, 409, 401, 429, 302, 418, 203])
        return Reply(status, dice.one([NOTHING, {"detail": "no"}, "no"])), how
    failures = [one for one in call.operation.responses if not str(one.status).startswith("2")]
    if how == "failure" and failures:
        return _failure(dice, dice.one(failures)), how
    made, response = success(dice, call)
    if how == "odd":
        return _odd(dice, made), how
    if how == "breach" and made.body is not NOTHING and response.type is not None:
        body = broken(dice, made.body, response.type)
        return Reply(made.status, body, made.headers), how
    refused = isinstance(made.body, dict) and call.success is not None and made.body.get("ok") is False
    return made, "refused" if refused else ""


def success(dice: Dice, call: CheckedCall) -> tuple[Reply, Response]:
    response = dice.one(call.operation.success())
    status = response.status if isinstance(response.status, int) else 200
    headers = {
        one.name: dice.one(["1", "abc", '"x"', "42"])
        for one in response.headers.values()
        if one.required or dice.chance(70)
    }
    if response.type is None:
        return Reply(status, NOTHING, headers), response
    body = data(dice, call.reply if isinstance(response.type, Unknown) else response.type)
    if call.success is not None and isinstance(body, dict) and "ok" in body:
        body["ok"] = not dice.chance(12)
    return Reply(status, body, headers), response


def _failure(dice: Dice, response: Response) -> Reply:
    match response.status:
        case int() as status:
            pass
        case "default":
            status = dice.one([500, 400, 404, 502])
        case _:
            status = int(response.status[0]) * 100 + dice.one([0, 3, 4, 22])
    headers = {"Retry-After": "7"} if dice.chance(20) else {}
    if response.type is None:
        return Reply(status, NOTHING, headers)
    body = data(dice, response.type)
    if dice.chance(12):
        body = broken(dice, body, response.type)
    return Reply(status, body, headers, response.media_type or "application/json")


def _odd(dice: Dice, made: Reply) -> Reply:
    return dice.one(
        [
            Reply(made.status, NOTHING),
            Reply(made.status, made.body if made.body is not NOTHING else {}, media_type="text/plain"),
            Reply(made.status, text="<html>"),
            Reply(made.status, text='{"id": NaN}'),
            Reply(204, NOTHING),
        ]
    )


# -------------------------------------------------------------------------------------------------- requests


def request(dice: Dice, endpoint: CheckedEndpoint) -> Request:
    """A request, a wrong one now and then."""
    params = {}
    for param in endpoint.params:
        if param.required or dice.chance(65):
            params[param.name] = _argument(dice, param)
    body: Any = NOTHING
    if endpoint.body is not None and (endpoint.body_required or dice.chance(70)):
        body = data(dice, endpoint.body)
        if dice.chance(4):
            body = broken(dice, body, endpoint.body)
    return Request(params, body)


def _argument(dice: Dice, param: CheckedParam) -> Any:
    of = param.type
    if dice.chance(3) and (wrong := _wrong_argument(of)) is not None:
        return wrong
    if isinstance(of, ListType):
        most = min(3, of.max_items if of.max_items is not None else 3)
        return [_plain(dice, param, of.item) for _ in range(dice.number(max(1, of.min_items), max(1, most)))]
    return _plain(dice, param, of)


def _plain(dice: Dice, param: CheckedParam, of: Type) -> Any:
    assert isinstance(of, Scalar)
    if of.kind is Kind.TEXT and not of.values:
        pool = TEXTS if param.location == "query" else PLAIN
        if param.location in ("header", "cookie"):
            pool = ["a", "abc", "b7"]
        pool = [text for text in pool if within(text, of.bounds)]
        return dice.one(pool or [_within(of)])
    value = _scalar(dice, of)
    return int(value) if of.kind is Kind.INTEGER else value


def _wrong_argument(of: Type) -> Any:
    match of:
        case Scalar(Kind.INTEGER | Kind.NUMBER | Kind.DATE | Kind.DATETIME | Kind.UUID | Kind.BOOLEAN):
            return "wrong"
        case Scalar(Kind.TEXT, values) if values:
            return "no-member"
        case Scalar(Kind.INTEGER, bounds=Bounds(minimum=least)) if least is not None:
            return math.floor(least) - 1
    return None


def example(dice: Dice, endpoint: CheckedEndpoint) -> Example:
    """A request and what the backends do: of several replies of one operation each request gets its own."""
    found: dict[str, tuple[Reply, ...]] = {}
    injected: list[str] = []
    for call in leaves(endpoint.calls):
        name = operation_name(call.operation)
        if name in found:
            continue
        often = call.each is not None or call.batch is not None or call.pages is not None
        made = [reply(dice, call) for _ in range(dice.weighted([(70, 1), (20, 2), (10, 3)]) + often)]
        found[name] = tuple(one for one, _ in made)
        injected += [how for _, how in made if how]
        if call.undo is not None:
            undo = Reply(dice.weighted([(70, 200), (20, 500), (10, 404)]))
            found.setdefault(operation_name(call.undo.operation), (undo,))
    return Example(request(dice, endpoint), found, tuple(injected))
