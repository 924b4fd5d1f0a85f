"""Python names for names on the wire."""

from __future__ import annotations

import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from bffgen.typesystem.model import TEXT, Field, ObjectType
from bffgen.typesystem.names import attribute_name, attribute_names, class_name, field_named, python_name, variable_name


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        ("listOrders", "list_orders"),
        ("Get cart", "get_cart"),
        ("repos/get", "repos_get"),
        ("X-Amz-Date", "x_amz_date"),
        ("HTTPStatus", "http_status"),
        ("userIDs", "user_ids"),
        ("ids[]", "ids"),
        ("from", "from_"),
        ("match", "match_"),
        ("@type", "type_"),
        ("__class__", "class_"),
        ("_links", "links"),
        ("+1", "plus_1"),
        ("-1", "minus_1"),
        ("400", "n400"),
        ("ﬁle", "file"),
        ("ünïcode", "unicode"),
    ],
)
def test_python_names(wire: str, name: str) -> None:
    assert python_name(wire) == name


def test_names_by_their_place() -> None:
    assert [variable_name(text) for text in ("id", "type", "user")] == ["id_", "type_", "user"]
    assert [attribute_name(text) for text in ("id", "type", "from", "schema", "model_config", "model_dump")] == [
        "id", "type", "from_", "schema_", "model_config_", "field_model_dump"
    ]  # fmt: skip
    names = ["api.v2010.account", "400", "User--Base", "x-metadata", "order", "None"]
    assert [class_name(text) for text in names] == [
        "ApiV2010Account",
        "Model400",
        "UserBase",
        "XMetadata",
        "Order",
        "None_",
    ]


@given(st.text(max_size=200))
def test_every_text_has_a_name(text: str) -> None:
    for name in (python_name(text), variable_name(text), attribute_name(text), class_name(text)):
        assert name.isidentifier() and name.isascii() and not keyword.iskeyword(name)
        assert not name.startswith("_") and len(name) <= 64


@given(st.lists(st.text(max_size=12), max_size=20))
def test_attributes_are_distinct(wire: list[str]) -> None:
    names = attribute_names(wire)
    assert set(names) == set(wire)
    assert len(set(names.values())) == len(names)


def test_no_attribute_hides_one_of_a_model() -> None:
    public = [name for name in dir(BaseModel) if not name.startswith("_")]
    assert not set(attribute_names(public).values()) & set(public)


def test_a_name_keeps_its_own() -> None:
    assert attribute_names(["Id", "id", "_id"]) == {"Id": "id_2", "id": "id", "_id": "id_3"}


def test_fields_by_either_name() -> None:
    fields = {name: Field(name, TEXT, True) for name in ("firstName", "first-name", "from", "lastName", "type")}
    obj = ObjectType("T", None, lambda: fields)
    found = {w: field_named(obj, w) for w in ("firstName", "first_name", "from_", "last_name", "type", "type_", "none")}
    assert {written: field.name if field else None for written, field in found.items()} == {
        "firstName": "firstName",
        "first_name": None,
        "from_": "from",
        "last_name": "lastName",
        "type": "type",
        "type_": "type",
        "none": None,
    }
