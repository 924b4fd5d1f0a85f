"""Models as they behave: rendered, imported and fed with JSON."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import MISSING, ValidationError

from bffgen.check.model import CheckedGateway
from bffgen.plan.files import HEADER
from bffgen.render.documents import KNOWN_LIMIT
from bffgen.typesystem.model import (
    BOOLEAN,
    DATE,
    DATETIME,
    INTEGER,
    NUMBER,
    TEXT,
    UNKNOWN,
    UUID,
    Bounds,
    Kind,
    ListType,
    MapType,
    ObjectType,
    Scalar,
    Type,
    nullable,
    union,
)
from tests.hostile.samples import NAMES, TEXTS
from tests.render.build import answer, call, endpoint, gateway, obj, read, ref
from tests.render.project import PACKAGE, imported, planned, rendered, write


def passes(reply: Type, **changes: Any) -> CheckedGateway:
    """A gateway that answers a reply as it came."""
    made = call("thing", reply)
    return gateway(endpoint([made], ref(made), **changes))


def reads(reply: ObjectType, *names: str) -> CheckedGateway:
    """A gateway that reads fields of a reply."""
    made = call("thing", reply)
    entries = {f"f{i}": read(ref(made), name, reply.fields[name].type) for i, name in enumerate(names)}
    return gateway(endpoint([made], answer("Thing", **entries)))


def test_an_object_passed_whole_comes_out_as_it_went_in(tmp_path: Path) -> None:
    inner = obj("Inner", {"a": nullable(TEXT), "b": nullable(INTEGER)}, optional=("a", "b"))
    whole = obj(
        "Whole",
        {"when": DATETIME, "day": DATE, "n": NUMBER, "i": INTEGER, "u": UUID, "ok": BOOLEAN, "any": UNKNOWN,
         "list": ListType(nullable(inner)), "map": MapType(TEXT, NUMBER), "content-type": TEXT},
    )  # fmt: skip
    text = {
        "when": "2024-01-02T03:04:05.120+00:00", "day": "2024-01-02", "n": 1.5, "i": 3, "ok": True,
        "u": "0b1b0000-0000-0000-0000-000000000000", "any": {"x": [None]}, "list": [{"a": None}, None, {"b": 1}],
        "map": {"x": 1}, "content-type": "x",
    }  # fmt: skip
    with imported(passes(whole), tmp_path) as modules:
        model = modules["catalog"].Whole
        value = model.model_validate_json(json.dumps({**text, "extra": 1}))
        assert json.loads(value.model_dump_json()) == text
        assert value.list_[0].b is MISSING


def test_extra_fields_stay_where_the_schema_declares_them(tmp_path: Path) -> None:
    with imported(passes(obj("Open", {"a": TEXT}, extra=UNKNOWN)), tmp_path) as modules:
        text = '{"a":"x","more":{"y":[1]}}'
        assert modules["catalog"].Open.model_validate_json(text).model_dump_json() == text


def test_only_fields_that_are_read_can_break_a_call(tmp_path: Path) -> None:
    thing = obj("Thing", {"id": INTEGER, "name": TEXT, "note": TEXT}, optional=("note",))
    with imported(reads(thing, "id", "note"), tmp_path) as modules:
        model = modules["catalog"].Thing
        assert list(model.model_fields) == ["id", "note"]
        assert model.model_validate_json('{"id": 1, "name": 7}').note is None
        for text in ('{"id": "1"}', '{"id": true}', '{"id": 1.5}', "{}", '{"id": null}', '{"id": 9223372036854775808}'):
            with pytest.raises(ValidationError):
                model.model_validate_json(text)


def test_the_four_states_of_a_field(tmp_path: Path) -> None:
    states = obj("States", {"r": TEXT, "rn": nullable(TEXT), "o": TEXT, "on": nullable(TEXT)}, optional=("o", "on"))
    with imported(passes(states), tmp_path) as modules:
        model = modules["catalog"].States
        for text in ('{"r":"x","rn":null}', '{"r":"x","rn":"y","o":"z","on":null}'):
            assert model.model_validate_json(text).model_dump_json() == text
        for text in ('{"r":null,"rn":null}', '{"r":"x"}', '{"r":"x","rn":null,"o":null}'):
            with pytest.raises(ValidationError):
                model.model_validate_json(text)


def test_recursion(tmp_path: Path) -> None:
    fields: dict[str, Type] = {"name": TEXT}
    node = obj("Node", fields, optional=("children", "parent"))
    fields |= {"children": ListType(node), "parent": nullable(node)}
    text = '{"name":"a","children":[{"name":"b","parent":null}]}'
    with imported(passes(node), tmp_path) as modules:
        assert modules["catalog"].Node.model_validate_json(text).model_dump_json() == text


CARD = {"kind": TEXT, "number": TEXT, "amount": INTEGER}
CASH = {"kind": TEXT, "coins": INTEGER, "amount": NUMBER}


def test_a_union_that_is_read_has_all_fields_of_its_members(tmp_path: Path) -> None:
    of = union((obj("CardPayment", CARD), obj("CashPayment", CASH)))
    made = call("pay", of)
    parts = {"kind": read(ref(made), "kind", TEXT), "coins": read(ref(made), "coins", INTEGER, null=True)}
    with imported(gateway(endpoint([made], answer("Pay", **parts))), tmp_path) as modules:
        model = modules["catalog"].AnyPayment
        assert model.model_validate_json('{"kind":"card","number":"1","amount":2}').coins is None
        assert model.model_validate_json('{"kind":"cash","coins":3}').coins == 3
        assert model.model_validate_json('{"kind":"crypto","wallet":"x"}').kind == "crypto"
        with pytest.raises(ValidationError):
            model.model_validate_json('{"coins":3}')


def test_a_union_passed_whole_keeps_members_that_nobody_knows(tmp_path: Path) -> None:
    of = union((obj("CardPayment", CARD), obj("CashPayment", CASH, optional=("coins",)), TEXT))
    with imported(passes(obj("Order", {"pay": of})), tmp_path) as modules:
        for pay in ('{"kind":"card","amount":2,"number":"1"}', '{"kind":"crypto","wallet":[1]}', '"later"'):
            value = modules["catalog"].Order.model_validate_json(f'{{"pay":{pay}}}')
            assert json.loads(value.model_dump_json()) == {"pay": json.loads(pay)}


def test_an_enum_is_open_in_replies_and_closed_in_requests(tmp_path: Path) -> None:
    reply = Scalar(Kind.TEXT, ("new", "done"), open=True)
    request = obj(
        "Filter", {"status": Scalar(Kind.TEXT, ("new", 'do"ne')), "n": Scalar(Kind.INTEGER, (1, 2))}, request=True
    )
    with imported(passes(obj("Job", {"status": reply}), body=request), tmp_path) as modules:
        models = modules["catalog"]
        assert models.Job.model_validate_json('{"status":"odd"}').status == "odd"
        assert models.Filter.model_validate_json('{"status":"do\\"ne","n":1}').n == 1
        for text in ('{"status":"odd","n":1}', '{"status":"new","n":3}'):
            with pytest.raises(ValidationError):
                models.Filter.model_validate_json(text)


def test_known_values_are_documented_up_to_a_limit() -> None:
    many = Scalar(Kind.TEXT, tuple(f"v{n}" for n in range(200)), open=True)
    text = rendered(passes(obj("Job", {"status": many})))[f"{PACKAGE}/models/catalog.py"]
    assert f"v{KNOWN_LIMIT - 1}, ..." in text and f"v{KNOWN_LIMIT}" not in text


BOUNDED = [
    (Scalar(Kind.INTEGER, bounds=Bounds(minimum=1, maximum=5)), "3", "0"),
    (Scalar(Kind.NUMBER, bounds=Bounds(exclusive_maximum=5)), "4.9", "5"),
    (Scalar(Kind.TEXT, bounds=Bounds(min_length=2, max_length=3)), '"abc"', '"a"'),
    (Scalar(Kind.INTEGER, bounds=Bounds(multiple_of=5)), "10", "3"),
    (ListType(TEXT, min_items=1), '["a"]', "[]"),
]


@pytest.mark.parametrize(("of", "good", "bad"), BOUNDED)
@pytest.mark.parametrize("null", [False, True])
@pytest.mark.parametrize("optional", [(), ("x",)])
@pytest.mark.parametrize("whole", [False, True])
def test_bounds_of_fields_hold(
    tmp_path: Path, of: Type, good: str, bad: str, null: bool, optional: tuple[str, ...], whole: bool
) -> None:
    thing = obj("Thing", {"x": nullable(of) if null else of}, optional=optional)
    with imported(passes(thing) if whole else reads(thing, "x"), tmp_path) as modules:
        model = modules["catalog"].Thing
        assert json.loads(model.model_validate_json(f'{{"x":{good}}}').model_dump_json())["x"] == json.loads(good)
        with pytest.raises(ValidationError):
            model.model_validate_json(f'{{"x":{bad}}}')
        if optional:
            model.model_validate_json("{}")


@pytest.mark.parametrize(
    "bounds",
    [Bounds(multiple_of=0), Bounds(multiple_of=-1), Bounds(minimum=5, maximum=1), Bounds(minimum=float("nan")),
     Bounds(maximum=float("inf")), Bounds(maximum=2**70), Bounds(minimum=True), Bounds(multiple_of=0.1)],
)  # fmt: skip
def test_bounds_without_sense_are_dropped(tmp_path: Path, bounds: Bounds) -> None:
    thing = obj("Thing", {"x": Scalar(Kind.NUMBER, bounds=bounds), "i": Scalar(Kind.INTEGER, bounds=bounds)})
    with imported(passes(thing), tmp_path) as modules:
        assert modules["catalog"].Thing.model_validate_json('{"x": 0.3, "i": 3}').x == 0.3


@pytest.mark.parametrize(
    "bounds", [Bounds(min_length=-1), Bounds(max_length=2**70), Bounds(min_length=3, max_length=1)]
)
def test_lengths_without_sense_are_dropped(tmp_path: Path, bounds: Bounds) -> None:
    with imported(passes(obj("Thing", {"x": Scalar(Kind.TEXT, bounds=bounds)})), tmp_path) as modules:
        assert modules["catalog"].Thing.model_validate_json('{"x": "ab"}').x == "ab"


@pytest.mark.parametrize(
    ("pattern", "kept"),
    [
        ("^a+$", True),
        ("^\"'\\\\[a-z]$", True),
        ("(?=a)a", False),
        (r"(a)\1", False),
        ("(", False),
        ("a{9999}{9999}", False),
    ],
)
def test_patterns_hold_in_requests_where_the_engine_has_them(tmp_path: Path, pattern: str, kept: bool) -> None:
    text = Scalar(Kind.TEXT, bounds=Bounds(pattern=pattern))
    asked = obj("Asked", {"x": text}, request=True)
    with imported(passes(obj("Thing", {"x": text}), body=asked), tmp_path) as modules:
        assert modules["catalog"].Thing.model_validate_json('{"x": "?"}').x == "?"
        if kept:
            with pytest.raises(ValidationError):
                modules["catalog"].Asked.model_validate_json('{"x": "?"}')
        else:
            assert modules["catalog"].Asked.model_validate_json('{"x": "?"}').x == "?"


def test_every_name_of_a_field_survives(tmp_path: Path) -> None:
    thing = obj("Thing", dict.fromkeys(NAMES, TEXT))
    with imported(passes(thing), tmp_path) as modules:
        text = {name: f"v{i}" for i, name in enumerate(NAMES)}
        value = modules["catalog"].Thing.model_validate_json(json.dumps(text))
        assert json.loads(value.model_dump_json()) == text
        assert all(name.isascii() and not name.startswith("_") for name in modules["catalog"].Thing.model_fields)


def test_names_of_classes_are_ours_and_no_two_are_equal(tmp_path: Path) -> None:
    names = [*NAMES, "Date", "Integer", "Model", "BaseModel", "Any", "List", "IntEnum", "order", "Order", "or-der"]
    inner = {f"f{i}": obj(name, {"a": TEXT}) for i, name in enumerate(names)}
    made = passes(obj("Root", inner))
    with imported(made, tmp_path) as modules:
        classes = {ref.name for ref in planned(made).refs.values()}
        assert len(classes) == len(names) + 1
        assert all(hasattr(modules["catalog"], name) for name in classes)


def test_two_backends_with_a_schema_of_one_name(tmp_path: Path) -> None:
    users = call("user", obj("User", {"id": INTEGER}, backend="users"), "users")
    orders = call("owner", obj("User", {"name": TEXT}, backend="orders"), "orders")
    made = gateway(
        endpoint([users, orders], answer("User", user=ref(users), owner=ref(orders))), backends=("users", "orders")
    )
    with imported(made, tmp_path) as modules:
        response = modules["responses"].User
        user, owner = modules["users"].User(id=1), modules["orders"].User(name="x")
        assert json.loads(response(user=user, owner=owner).model_dump_json()) == {
            "user": {"id": 1},
            "owner": {"name": "x"},
        }


def test_request_and_reply_of_one_schema_are_two_classes(tmp_path: Path) -> None:
    reply, asked = obj("Order", {"id": INTEGER}), obj("Order", {"note": TEXT}, request=True)
    made = passes(reply, body=asked)
    with imported(made, tmp_path) as modules:
        assert list(modules["catalog"].Order.model_fields) == ["id"]
        assert list(modules["catalog"].OrderInput.model_fields) == ["note"]


# ------------------------------------------------------------------------------------------------- hostile


def skeleton(text: str) -> list[str]:
    """The shape of a module without its constants: what no text of a document may change."""
    return [type(node).__name__ for node in ast.walk(ast.parse(text))]


def hostile(text: str) -> CheckedGateway:
    """A gateway whose documents say `text` wherever they say anything that is no name."""
    docs = {"a": text, "e": text, "self": text}
    fields = {"a": TEXT, "e": Scalar(Kind.TEXT, (text, "b"), open=True), "self": nullable(TEXT), f"k {text}": INTEGER}
    thing = obj("Thing", fields, optional=("a",), docs=docs, description=text)
    closed = Scalar(Kind.TEXT, (f"v{text}", "b"))
    asked = obj("Asked", {"e": closed, "p": Scalar(Kind.TEXT, bounds=Bounds(pattern=text))}, request=True)
    return passes(thing, body=asked)


@pytest.mark.parametrize("text", TEXTS)
def test_no_text_of_a_document_changes_the_shape_of_a_module(text: str) -> None:
    if "\ud800" in text:
        pytest.skip("the reader refuses lone surrogates: they are no UTF-8")
    path = f"{PACKAGE}/models/catalog.py"
    hostile_text, plain_text = rendered(hostile(text))[path], rendered(hostile("word"))[path]
    assert hostile_text.split("\n")[:2] == [HEADER, ""]
    docs = {"Expr", "Constant"}  # an empty description has no docstring
    patterns = {"keyword", "Call", "Name", "Load", "Subscript", "Tuple"}  # a bad pattern is left out
    ignored = docs | patterns
    assert [n for n in skeleton(hostile_text) if n not in ignored] == [
        n for n in skeleton(plain_text) if n not in ignored
    ]
    names = {node.id for node in ast.walk(ast.parse(hostile_text)) if isinstance(node, ast.Name)}
    assert "BFFPWN" not in names and "exec" not in names


# ------------------------------------------------------------------------------------------------- quality


def tour() -> CheckedGateway:
    address = obj(
        "Address", {"street": TEXT, "geo": nullable(NUMBER)}, optional=("geo",), docs={"street": "The street."}
    )
    product = obj(
        "Product",
        {"id": Scalar(Kind.INTEGER, bounds=Bounds(minimum=1)), "made": DATETIME, "home": address, "class": TEXT,
         "tags": ListType(TEXT), "pay": union((obj("Card", CARD), obj("Cash", CASH)))},
        optional=("made", "tags"),
    )  # fmt: skip
    made = call("product", product)
    base = ref(made)
    parts = {
        "id": read(base, "id", INTEGER),
        "made": read(base, "made", DATETIME, null=True),
        "home": read(base, "home", address),
        "kind": read(read(base, "pay", product.fields["pay"].type), "kind", TEXT),
        "cls": read(base, "class", TEXT),
    }
    return gateway(endpoint([made], answer("ProductPage", **parts)))


def test_the_output_is_what_a_person_would_write() -> None:
    files = rendered(tour())
    assert (
        files[f"{PACKAGE}/models/catalog.py"]
        == f'''\
{HEADER}

from __future__ import annotations

from typing import Annotated

from pydantic import MISSING, Field

from {PACKAGE}.runtime.types import DateTime, Integer, Model, Number


class Address(Model):
    street: str
    """The street."""
    geo: Number | None | MISSING = MISSING


class AnyCard(Model):
    """One of: Card, Cash."""

    kind: str


class Product(Model):
    id: Annotated[Integer, Field(ge=1)]
    made: DateTime | None = None
    home: Address
    class_: Annotated[str, Field(alias="class")]
    pay: AnyCard
'''
    )
    assert "class ProductPage(Model):\n    id: Integer\n" in files[f"{PACKAGE}/models/responses.py"]


def test_type_checker_and_linter_have_nothing_to_say(tmp_path: Path) -> None:
    write(tour(), tmp_path)
    run = [sys.executable, "-m"]
    config = tmp_path / "mypy.ini"
    config.write_text("[mypy]\nstrict = true\nenable_incomplete_feature = \n")
    checked = subprocess.run(
        [*run, "mypy", "--strict", "--config-file", str(config), f"{PACKAGE}/models"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr
    linted = subprocess.run(
        [*run, "ruff", "check", "--isolated", "--no-cache", "--target-version=py311", "--line-length=100",
         "--select=E,F,I,UP,B", f"{PACKAGE}/models"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.mark.parametrize(
    "changes", [{"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo", "LC_ALL": "C"}]
)
def test_the_same_bytes_everywhere(tmp_path: Path, changes: dict[str, str]) -> None:
    code = "from tests.render.test_models import tour, rendered; print(repr(rendered(tour())))"
    root = Path(__file__).parents[2]
    env = {**os.environ, **changes, "PYTHONPATH": str(root)}
    made = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    )
    assert ast.literal_eval(made.stdout) == rendered(tour())
