"""Every style of parameter, every kind of value: the tables of OpenAPI 3.1, and what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Annotated, Any
from uuid import UUID

import pytest
from pydantic import MISSING, Field, TypeAdapter

from templates.runtime import encode
from templates.runtime.failures import BackendFailure, InvalidArgument
from templates.runtime.types import DateTime, Model

COLORS = ["blue", "black", "brown"]
RGB = {"R": 100, "G": 200, "B": 150}


class Filter(Model):
    from_: Annotated[str | MISSING, Field(alias="from")] = MISSING
    size: int | None = None
    deep: dict[str, int] | None = None


class Color(StrEnum):
    RED = "red"


class Level(Enum):
    HIGH = 3


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a b", "a b"),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (-0.5, "-0.5"),
        (5.0, "5.0"),
        (1e22, "10000000000000000000000"),
        (1e-7, "0.0000001"),
        (Decimal("1E+3"), "1000"),
        (date(2026, 11, 24), "2026-11-24"),
        (datetime(2026, 11, 24, tzinfo=UTC), "2026-11-24T00:00:00+00:00"),
        (TypeAdapter(DateTime).validate_python("2026-11-24T00:00:00Z"), "2026-11-24T00:00:00Z"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Color.RED, "red"),
        (Level.HIGH, "3"),
    ],
)
def test_values(value: object, text: str) -> None:
    assert encode.text(value) == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN"), object(), b"x"])
def test_values_without_a_text(value: object) -> None:
    with pytest.raises(InvalidArgument):
        encode.text(value)


@pytest.mark.parametrize(
    ("style", "explode", "scalar", "array", "members"),
    [
        ("simple", False, "blue", "blue,black,brown", "R,100,G,200,B,150"),
        ("simple", True, "blue", "blue,black,brown", "R=100,G=200,B=150"),
        ("label", False, ".blue", ".blue,black,brown", ".R,100,G,200,B,150"),
        ("label", True, ".blue", ".blue.black.brown", ".R=100.G=200.B=150"),
        ("matrix", False, ";color=blue", ";color=blue,black,brown", ";color=R,100,G,200,B,150"),
        (
            "matrix",
            True,
            ";color=blue",
            ";color=blue;color=black;color=brown",
            ";R=100;G=200;B=150",
        ),
    ],
)
def test_path(style: Any, explode: bool, scalar: str, array: str, members: str) -> None:
    assert encode.segment("blue", "color", style, explode) == scalar
    assert encode.segment(COLORS, "color", style, explode) == array
    assert encode.segment(RGB, "color", style, explode) == members


def joined(pairs: list[tuple[str, str]]) -> str:
    return "&".join(f"{name}={value}" for name, value in pairs)


@pytest.mark.parametrize(
    ("style", "explode", "array", "members"),
    [
        ("form", False, "color=blue,black,brown", "color=R,100,G,200,B,150"),
        ("form", True, "color=blue&color=black&color=brown", "R=100&G=200&B=150"),
        ("spaceDelimited", False, "color=blue%20black%20brown", "color=R%20100%20G%20200%20B%20150"),
        ("pipeDelimited", False, "color=blue%7Cblack%7Cbrown", "color=R%7C100%7CG%7C200%7CB%7C150"),
        ("spaceDelimited", True, "color=blue&color=black&color=brown", "R=100&G=200&B=150"),
        (
            "deepObject",
            True,
            "color=blue&color=black&color=brown",
            "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150",
        ),
    ],
)
def test_query(style: Any, explode: bool, array: str, members: str) -> None:
    assert joined(encode.query("color", COLORS, style, explode)) == array
    assert joined(encode.query("color", RGB, style, explode)) == members
    assert joined(encode.query("color", "blue", style, explode)) == "color=blue"


def test_query_leaves_out_nulls_and_what_is_absent() -> None:
    assert encode.query("a", None) == []
    assert encode.query("a", []) == []
    assert encode.query("a", [], explode=False) == []
    assert encode.query("a", [None]) == []
    assert joined(encode.query("a", [1, None, 2], explode=False)) == "a=1,2"
    assert encode.query("f", Filter()) == []
    assert joined(encode.query("f", Filter(from_="x"))) == "from=x"
    deep = Filter(size=1, deep={"k": 2})
    assert joined(encode.query("f", deep, "deepObject")) == "f%5Bsize%5D=1&f%5Bdeep%5D%5Bk%5D=2"
    assert joined(encode.query("a", "")) == "a="


def test_nothing_escapes_its_place() -> None:
    assert encode.segment("a/b?c#d%2e") == "a%2Fb%3Fc%23d%252e"
    assert joined(encode.query("a&b[]", "x&y=z#+ \r\n")) == "a%26b%5B%5D=x%26y%3Dz%23%2B%20%0D%0A"
    assert joined(encode.query("a", ["x,y", "z"], explode=False)) == "a=x%2Cy,z"
    assert joined(encode.query("a", {"k=": "v&"})) == "k%3D=v%26"
    assert encode.cookie("c", "a; b=ü") == [("c", "a%3B%20b%3D%C3%BC")]


def test_reserved_characters_pass_where_allowed_but_end_nothing() -> None:
    pairs = encode.query("redirect", "https://x.y/?a=1&b#c+d", allow_reserved=True)
    assert joined(pairs) == "redirect=https://x.y/?a=1%26b%23c%2Bd"


@pytest.mark.parametrize("value", ["", ".", "..", [], {}, "\ud800"])
def test_path_segments_that_would_name_another_resource(value: object) -> None:
    with pytest.raises(BackendFailure) as raised:
        encode.segment(value)
    assert raised.value.kind == "invalid"


def test_header() -> None:
    assert encode.header(["a", "b", None, 3]) == "a,b,3"
    assert encode.header(RGB) == "R,100,G,200,B,150"
    assert encode.header(RGB, explode=True) == "R=100,G=200,B=150"
    assert encode.header('W/"x"') == 'W/"x"'
    assert encode.header("caf\xe9") == "caf\xe9"
    assert encode.header("") == ""


@pytest.mark.parametrize("value", ["a\r\nb", "a\nb", "a\0", "\x7f", " a", "a ", "\u20ac", "a\x1b"])
def test_header_values_that_are_none(value: str) -> None:
    with pytest.raises(InvalidArgument):
        encode.header(value)


def test_a_json_parameter() -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(Filter)
    assert joined(encode.query("f", encode.json_text(adapter, Filter(from_="a")))).startswith(
        "f=%7B%22from%22%3A%22a%22%2C%22size%22%3Anull"
    )


class Page(Model):
    size: int = 2
    sort: list[str] | None = None
    near: Filter | None = None
    on: date | None = None


def test_what_is_nested_is_json_or_repeats() -> None:
    """No style of OpenAPI says how a list or an object inside of another one is written."""
    page = Page(sort=["a,asc", "b"], near=Filter(from_="x", size=1), on=date(2026, 1, 2))
    near = "%7B%22from%22%3A%22x%22%2C%22size%22%3A1%2C%22deep%22%3Anull%7D"
    assert joined(encode.query("p", page)) == f"size=2&sort=a%2Casc&sort=b&near={near}&on=2026-01-02"
    assert joined(encode.query("p", [page, {"a": [1]}])).endswith("&p=%7B%22a%22%3A%5B1%5D%7D")
    assert encode.header({"a": [1, "x"], "b": 2}) == 'a,[1,"x"],b,2'
    assert encode.segment({"a": {"b": 1}}, explode=True) == "a=%7B%22b%22%3A1%7D"
