"""Fits a mock's answer to its request: ids that were asked for, values that were sent."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from bffgen.openapi.fits import fits
from bffgen.openapi.model import Operation
from bffgen.openapi.sample import sample_reply, success_response
from bffgen.records import dataclass
from bffgen.typesystem.model import Kind, ListType, MapType, ObjectType, Scalar, Type, Union, non_null
from bffgen.typesystem.names import python_name

MAX_ITEMS = 100


@dataclass(frozen=True, slots=True)
class Request:
    """What a request asks for: values of the path, of the query (several of one name), and a JSON body."""

    path: Mapping[str, str]
    query: Mapping[str, list[str]]
    body: Any = None


def reply_data(operation: Operation, asked: Request) -> tuple[int, Any]:
    """The status and data of the operation's answer to a request."""
    status, data = sample_reply(operation)
    response = success_response(operation)
    if response is None or response.type is None or data is None:
        return status, data
    data, of = copy.deepcopy(data), non_null(response.type)
    _repeat(data, of, dict(asked.body) if isinstance(asked.body, dict) else {})
    _repeat(data, of, _own_values(asked.path))
    keys = _listed_keys(operation, asked)
    if keys is not None:
        data = _one_each(data, of, *keys)
    shared = {**{name: values[0] for name, values in asked.query.items() if len(values) == 1}, **asked.path}
    shared.pop("id", None)  # of one item, not of all
    for item, item_type in _items(data, of):
        _repeat(item, item_type, shared)
    return status, data


def _own_values(path: Mapping[str, str]) -> dict[str, Any]:
    """Values of a path by the field they belong to: `/users/{user_id}` asks for a user whose `id` that is."""
    last = next(reversed(list(path)), None)
    is_id = last is not None and python_name(last).endswith("_id")
    return {**({"id": path[last]} if is_id and last is not None else {}), **path}


def _repeat(data: Any, of: Type, values: Mapping[str, Any]) -> None:
    """Put values into the fields of an object that have their names, where they fit."""
    obj = _object_type(of)
    if not isinstance(data, dict) or obj is None:
        return
    by_form = {python_name(name): value for name, value in values.items()}
    for name, field in obj.fields.items():
        if python_name(name) in by_form:
            value = _as(by_form[python_name(name)], field.type)
            if fits(value, field.type):
                data[name] = value


def _as(value: Any, of: Type) -> Any:
    """A text of a URL as the type has it."""
    inner = non_null(of)
    if isinstance(value, str) and isinstance(inner, Scalar):
        if inner.kind in (Kind.INTEGER, Kind.NUMBER):
            try:
                return int(value) if inner.kind is Kind.INTEGER else float(value)
            except ValueError:
                return value
        if inner.kind is Kind.BOOLEAN:
            return {"true": True, "false": False}.get(value, value)
    return value


def _listed_keys(operation: Operation, asked: Request) -> tuple[str, list[Any]] | None:
    """The field, and its values, of a list of ids that the query or the body asks for; without doubles."""
    for parameter in operation.parameters:
        values = asked.query.get(parameter.name)
        if parameter.location == "query" and values and isinstance(non_null(parameter.type), ListType):
            separators = {"spaceDelimited": " ", "pipeDelimited": "|"}
            mark = separators.get(parameter.style, ",")
            texts = values if parameter.explode else [each for value in values for each in value.split(mark)]
            return _singular(parameter.name), list(dict.fromkeys(texts))[:MAX_ITEMS]
    for name, value in asked.body.items() if isinstance(asked.body, dict) else ():
        if isinstance(value, list) and python_name(name).endswith("ids") and all(_is_key(each) for each in value):
            return _singular(name), list(dict.fromkeys(value))[:MAX_ITEMS]
    return None


def _is_key(value: Any) -> bool:
    return isinstance(value, str | int)


def _singular(name: str) -> str:
    form = python_name(name)
    return form[:-1] if form.endswith("s") and len(form) > 1 else form


def _one_each(data: Any, of: Type, key: str, values: list[Any]) -> Any:
    """The answer with one item for each value: of its list, or of the only list of objects it holds."""
    inner = non_null(of)
    if isinstance(inner, MapType) and isinstance(data, dict) and data:
        return {str(value): copy.deepcopy(next(iter(data.values()))) for value in values}
    if isinstance(inner, ListType) and isinstance(data, list) and data:
        return _copies(data[0], inner.item, key, values)
    obj = _object_type(inner)
    if obj is not None and isinstance(data, dict):
        for name in [name for name, field in obj.fields.items() if isinstance(non_null(field.type), ListType)]:
            held = non_null(obj.fields[name].type)
            if isinstance(held, ListType) and _object_type(held.item) is not None and data.get(name):
                data[name] = _copies(data[name][0], held.item, key, values)
                return data
    return data


def _copies(item: Any, of: Type, key: str, values: list[Any]) -> list[Any]:
    obj = _object_type(of)
    names = {python_name(name) for name in obj.fields} if obj is not None else set()
    field = key if key in names else "id"
    made = []
    for value in values:
        each = copy.deepcopy(item)
        _repeat(each, of, {field: value})
        made.append(each)
    return made


def _items(data: Any, of: Type) -> list[tuple[Any, Type]]:
    """The objects that an answer lists, with their type; the answer itself is none of them."""
    inner = non_null(of)
    if isinstance(inner, ListType) and isinstance(data, list):
        return [(each, inner.item) for each in data]
    obj = _object_type(inner)
    if obj is None or not isinstance(data, dict):
        return []
    lists = [(data[name], non_null(field.type)) for name, field in obj.fields.items() if data.get(name)]
    return [(each, held.item) for values, held in lists if isinstance(held, ListType) for each in values]


def _object_type(of: Type) -> ObjectType | None:
    inner = non_null(of)
    if isinstance(inner, Union):
        return next((arm for arm in inner.arms if isinstance(arm, ObjectType)), None)
    return inner if isinstance(inner, ObjectType) else None
