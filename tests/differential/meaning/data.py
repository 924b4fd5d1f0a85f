"""Values: JSON read as a type, and written again.

An object is an `Obj`, absent fields are not in it; a map is a dict; a date-time is a `Moment`, which keeps its text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from bffgen.typesystem.model import (
    Bounds,
    Field,
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
from bffgen.typesystem.relations import join_all

LEAST_INTEGER, LARGEST_INTEGER = -(2**63), 2**63 - 1
LARGEST_NUMBER = 1.7976931348623157e308


class Breach(Exception):
    """Data that is not of its type."""


class Overflow(Exception):
    """A computed number that is too large, or not finite."""


@dataclass(eq=False)
class Obj:
    """An object: fields by their names on the wire, absent ones left out."""

    fields: dict[str, Any]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Obj) and self.fields == other.fields

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, order=True)
class Moment:
    """A date-time. It is written as it was read; a computed one in ISO 8601."""

    at: datetime
    text: str | None = field(default=None, compare=False)

    @property
    def written(self) -> str:
        return self.text if self.text is not None else self.at.isoformat()


Needed = Callable[[ObjectType, str], bool]


@dataclass(frozen=True)
class Reader:
    """Reads JSON as a type. `needed` says which fields of a reply count: a breach in another is no failure.

    A member of a union may be of a new kind. It may lack what all known ones have, unless that is `asked` for, and
    what it has beside is `kept` where it is passed on whole.

    `closed` is for what a backend or the gateway is sent: enums and bounds are kept. `lenient`: bounds of a reply
    do not count, and a null where a field is only optional is as if it were absent.
    """

    needed: Needed = lambda of, name: True
    asked: Needed = lambda of, name: True
    kept: Callable[[ObjectType], bool] = lambda of: False
    closed: bool = False
    lenient: bool = False

    def read(self, data: Any, of: Type) -> Any:
        """The value. Raises `Breach`."""
        match of:
            case Unknown():
                return data
            case Null():
                return self._only(data is None, data)
            case Nullable(inner):
                return None if data is None else self.read(data, inner)
            case Scalar():
                return self._scalar(data, of)
            case ListType(item):
                self._only(isinstance(data, list), data)
                most = len(data) if of.max_items is None else of.max_items
                self._only(self.lenient or of.min_items <= len(data) <= most, data)
                return [self.read(one, item) for one in data]
            case MapType(_, value):
                self._only(isinstance(data, dict), data)
                return {key: self.read(one, value) for key, one in data.items()}
            case ObjectType():
                return self._object(data, (of,))
            case Union(arms):
                return self._union(data, arms)
        raise AssertionError(of)

    def _only(self, fine: bool, data: Any) -> Any:
        if not fine:
            raise Breach(repr(data)[:80])
        return data

    # ---------------------------------------------------------------------------------------------- objects

    def _union(self, data: Any, arms: tuple[Type, ...]) -> Any:
        """First fit; objects of a reply are read as one, with the fields of all: a new kind is no breach."""
        objects = tuple(arm for arm in arms if isinstance(arm, ObjectType))
        if isinstance(data, dict) and len(objects) > 1 and not any(arm.request or self.closed for arm in objects):
            return self._object(data, objects)
        for arm in arms:
            try:
                return self.read(data, arm)
            except Breach:
                continue
        raise Breach(repr(data)[:80])

    def _object(self, data: Any, members: tuple[ObjectType, ...]) -> Obj:
        self._only(isinstance(data, dict), data)
        made: dict[str, Any] = {}
        for name in dict.fromkeys(name for one in members for name in one.fields):
            declared = [one.fields[name] for one in members if name in one.fields]
            required = len(declared) == len(members) and all(one.required for one in declared)
            if not any(self.needed(one, name) for one in members):
                continue
            if name in data:
                self._field(data[name], declared, required, name, made)
            elif required and (len(members) == 1 or any(self.asked(one, name) for one in members)):
                raise Breach(f"{name} is missing")
        if len(members) > 1 and any(map(self.kept, members)):
            declared_names = {name for one in members for name in one.fields}
            made |= {name: value for name, value in data.items() if name not in declared_names}
        return Obj(made)

    def _field(self, data: Any, declared: list[Field], required: bool, name: str, made: dict[str, Any]) -> None:
        of = join_all([one.type for one in declared])
        if data is None and not required and self.lenient and not isinstance(of, (Nullable, Null, Unknown)):
            return
        made[name] = self.read(data, of)

    # ---------------------------------------------------------------------------------------------- scalars

    def _scalar(self, data: Any, of: Scalar) -> Any:
        value = _READ[of.kind](data)
        if self.closed and of.values is not None and not of.open:
            self._only(any(value == one and type(value) is type(one) for one in of.values), data)
        bounds = of.bounds if self.closed else replace(of.bounds, pattern=None)
        self._only(self.lenient or within(value, bounds), data)
        return value


def _text(data: Any) -> str:
    if not isinstance(data, str):
        raise Breach(repr(data)[:80])
    return data


def _integer(data: Any) -> int:
    whole = isinstance(data, int) and not isinstance(data, bool)
    if isinstance(data, float) and math.isfinite(data) and data.is_integer():
        whole, data = True, int(data)
    if not whole or not LEAST_INTEGER <= data <= LARGEST_INTEGER:
        raise Breach(repr(data)[:80])
    number: int = data
    return number


def _number(data: Any) -> float:
    if isinstance(data, bool) or not isinstance(data, (int, float)):
        raise Breach(repr(data)[:80])
    if isinstance(data, float) and not math.isfinite(data) or abs(data) > LARGEST_NUMBER:
        raise Breach(repr(data)[:80])
    return data


def _boolean(data: Any) -> bool:
    if not isinstance(data, bool):
        raise Breach(repr(data)[:80])
    return data


def _date(data: Any) -> date:
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", _text(data), re.ASCII):
            return date.fromisoformat(data)
    except ValueError:
        pass
    raise Breach(repr(data)[:80])


def moment(data: Any) -> Moment:
    """A date-time as text; one without offset is in UTC."""
    try:
        at = datetime.fromisoformat(_text(data).upper())
    except ValueError:
        raise Breach(repr(data)[:80]) from None
    if not re.match(r"\d{4}-\d{2}-\d{2}", data):
        raise Breach(repr(data)[:80])
    return Moment(at if at.tzinfo else at.replace(tzinfo=UTC), data)


def _uuid(data: Any) -> UUID:
    try:
        return UUID(_text(data))
    except ValueError:
        raise Breach(repr(data)[:80]) from None


_READ: dict[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: _text,
    Kind.INTEGER: _integer,
    Kind.NUMBER: _number,
    Kind.BOOLEAN: _boolean,
    Kind.DATE: _date,
    Kind.DATETIME: moment,
    Kind.UUID: _uuid,
}


def within(value: Any, bounds: Bounds) -> bool:
    """Whether a scalar keeps its bounds."""
    if isinstance(value, str):
        length = bounds.min_length or 0, len(value) if bounds.max_length is None else bounds.max_length
        return length[0] <= len(value) <= length[1] and (not bounds.pattern or bool(re.search(bounds.pattern, value)))
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return True
    return (
        (bounds.minimum is None or value >= bounds.minimum)
        and (bounds.maximum is None or value <= bounds.maximum)
        and (bounds.exclusive_minimum is None or value > bounds.exclusive_minimum)
        and (bounds.exclusive_maximum is None or value < bounds.exclusive_maximum)
        and (bounds.multiple_of is None or value % bounds.multiple_of == 0)
    )


# -------------------------------------------------------------------------------------------------- writing


def write(value: Any, of: Type | None = None) -> Any:
    """The value as JSON. Raises `Overflow` for a number that JSON or its type does not have."""
    match value:
        case Obj(fields):
            return {name: write(one, _field_type(of, name)) for name, one in fields.items()}
        case dict():
            inside = _part(of, MapType)
            return {key_text(key): write(one, inside.value if inside else None) for key, one in value.items()}
        case list() | tuple() | set():
            inside = _part(of, ListType)
            return [write(one, inside.item if inside else None) for one in value]
        case bool() | None | str():
            return value
        case int() | float() if of is None:
            return value
        case int() | float():
            return _checked(value, of)
        case Moment():
            return value.written
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
    raise AssertionError(f"not JSON: {value!r}")


def key_text(key: Any) -> str:
    """A map's key as JSON has it."""
    return str(write(key))


def arms(of: Type | None) -> tuple[Type, ...]:
    """The types that a value may have, null left out."""
    match of:
        case None:
            return ()
        case Nullable(inner):
            return arms(inner)
        case Union(members):
            return tuple(one for member in members for one in arms(member))
    return (of,)


def _part(of: Type | None, kind: type[Any]) -> Any:
    return next((one for one in arms(of) if isinstance(one, kind)), None)


def _field_type(of: Type | None, name: str) -> Type | None:
    found = [one.fields[name].type for one in arms(of) if isinstance(one, ObjectType) and name in one.fields]
    return join_all(found) if found else None


def _checked(value: float, of: Type | None) -> float:
    kinds = {one.kind for one in arms(of) if isinstance(one, Scalar)}
    if isinstance(value, float) and not math.isfinite(value) or abs(value) > LARGEST_NUMBER:
        raise Overflow
    if Kind.NUMBER not in kinds and Kind.INTEGER in kinds and not LEAST_INTEGER <= value <= LARGEST_INTEGER:
        raise Overflow
    return value
