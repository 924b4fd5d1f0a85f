"""Values come back as the bytes they were."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

import pytest
from pydantic import MISSING, Field, StrictBool, TypeAdapter, ValidationError

from templates.runtime.types import (
    Date,
    DateTime,
    Integer,
    Model,
    Number,
    convert,
    given,
    wire_text,
)


class Everything(Model):
    integer: Integer
    number: Number
    moment: DateTime
    day: Date
    flag: StrictBool
    maybe: Annotated[DateTime | None | MISSING, Field(alias="may-be")] = MISSING
    list_: Annotated[list[Number], Field(alias="list")]


WIRE = (
    '{"integer":9007199254740993,"number":5,"moment":"2026-11-24T10:00:00.10+01:00",'
    '"day":"2026-11-24","flag":true,"may-be":"2026-11-24t09:00:00z","list":[1,1.0,1.5,-0.0,1e+100]}'
)


def test_a_model_round_trips_byte_by_byte() -> None:
    assert Everything.model_validate_json(WIRE).model_dump_json() == WIRE


def test_absent_stays_absent_and_null_null() -> None:
    absent = WIRE.replace('"may-be":"2026-11-24t09:00:00z",', "")
    assert Everything.model_validate_json(absent).model_dump_json() == absent
    null = absent.replace('"list"', '"may-be":null,"list"')
    assert Everything.model_validate_json(null).model_dump_json() == null


def test_python_values_are_read_like_json_ones() -> None:
    """FastAPI gives a request's body as Python objects."""
    assert Everything.model_validate(json.loads(WIRE)) == Everything.model_validate_json(WIRE)


def read(of: Any, text: str, python: bool) -> Any:
    adapter: TypeAdapter[Any] = TypeAdapter(of)
    return adapter.validate_python(json.loads(text)) if python else adapter.validate_json(text)


@pytest.mark.parametrize("python", [False, True])
@pytest.mark.parametrize(
    ("of", "text", "value"),
    [
        (Integer, "5", 5),
        (Integer, "5.0", 5),
        (Integer, "1e3", 1000),
        (Integer, "-9223372036854775808", -(2**63)),
        (Number, "5", 5),
        (Number, "5.5", 5.5),
        (Number, "18446744073709551617", 2**64 + 1),
        (DateTime, '"2026-11-24T10:00:00Z"', datetime(2026, 11, 24, 10, tzinfo=UTC)),
        (DateTime, '"2026-11-24T10:00:00"', datetime(2026, 11, 24, 10, tzinfo=UTC)),
        (DateTime, '"2026-11-24 12:00:00+0200"', datetime(2026, 11, 24, 10, tzinfo=UTC)),
        (Date, '"2026-11-24"', date(2026, 11, 24)),
    ],
)
def test_reads(of: Any, text: str, value: object, python: bool) -> None:
    got = read(of, text, python)
    assert got == value
    assert isinstance(value, datetime) or type(got) is type(value)


@pytest.mark.parametrize("python", [False, True])
@pytest.mark.parametrize(
    ("of", "text"),
    [
        (Integer, '"5"'),
        (Integer, "true"),
        (Integer, "5.5"),
        (Integer, "null"),
        (Integer, "9223372036854775808"),
        (Integer, "1e19"),
        (Number, "true"),
        (Number, '"5"'),
        (Number, "1e400"),
        (Number, "NaN"),
        (Number, "-Infinity"),
        (Number, "1" + "0" * 400),
        (DateTime, "1577836800"),
        (DateTime, '"1577836800"'),
        (DateTime, '"2026-13-01T00:00:00Z"'),
        (DateTime, '"2026-W01-1T00:00:00Z"'),
        (DateTime, '""'),
        (DateTime, "true"),
        (Date, '"1577836800"'),
        (Date, "1577836800"),
        (Date, '"2026-11-24T00:00:00Z"'),
        (Date, '"20261124"'),
        (Date, '"2026-02-30"'),
    ],
)
def test_refuses(of: Any, text: str, python: bool) -> None:
    with pytest.raises(ValidationError) as raised:
        read(of, text, python)
    assert raised.value.error_count() == 1


def test_a_moment_keeps_its_text_from_model_to_model_and_loses_it_when_computed_with() -> None:
    class Page(Model):
        at: DateTime

    read_at = Everything.model_validate_json(WIRE).moment
    assert Page(at=read_at).model_dump_json() == '{"at":"2026-11-24T10:00:00.10+01:00"}'
    later = read_at + timedelta(hours=1)
    assert Page(at=later).model_dump_json() == '{"at":"2026-11-24T11:00:00.100000+01:00"}'
    assert wire_text(read_at.astimezone(UTC)) == "2026-11-24T09:00:00.100000+00:00"
    assert Page(at=datetime(2026, 1, 1)).at.tzinfo is UTC


def test_moments_compare_whoever_made_them() -> None:
    naive = TypeAdapter(DateTime).validate_json('"2026-11-24T10:00:00"')
    assert naive < datetime(2026, 11, 24, 10, 1, tzinfo=UTC)
    assert TypeAdapter(DateTime).dump_json(naive) == b'"2026-11-24T10:00:00"'


def test_schemas_say_what_is_read() -> None:
    schema = Everything.model_json_schema()["properties"]
    assert schema["integer"]["type"] == "integer"
    assert schema["number"]["type"] == "number"
    assert schema["moment"]["format"] == "date-time"
    assert schema["day"]["format"] == "date"


def test_bounds_hold_beside_the_type() -> None:
    rating: TypeAdapter[int] = TypeAdapter(Annotated[Integer, Field(ge=1, le=5)])
    assert rating.validate_python(5.0) == 5
    for wrong in (0, 6, 5.5, True, "5"):
        with pytest.raises(ValidationError):
            rating.validate_python(wrong)


def test_given_is_none_for_what_is_absent() -> None:
    assert given(MISSING) is None
    assert given(None) is None
    assert given(0) == 0


def test_convert_goes_by_structure() -> None:
    class Other(Model):
        moment: DateTime
        maybe: Annotated[DateTime | None | MISSING, Field(alias="may-be")] = MISSING
        note: str = "none"

    whole = Everything.model_validate_json(WIRE.replace('"may-be":"2026-11-24t09:00:00z",', ""))
    made = convert(TypeAdapter(list[Other]), [whole])
    assert made[0].model_dump_json() == '{"moment":"2026-11-24T10:00:00.10+01:00","note":"none"}'
    with pytest.raises(ValidationError):
        convert(TypeAdapter(Everything), made[0])
