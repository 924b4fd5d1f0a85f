"""What is read, what is passed whole, and what the classes of types are called."""

from __future__ import annotations

import ast

import jsonschema
import pytest

from bffgen.check.model import AnswerWith, CheckedLet, CheckedReaction, PassOn
from bffgen.expr import tree
from bffgen.expr.tree import Role
from bffgen.plan.contract import Contract
from bffgen.plan.usage import find_usage
from bffgen.render.format import FormatError, format_python
from bffgen.typesystem.model import (
    BOOLEAN,
    DATETIME,
    DURATION,
    INTEGER,
    NULL,
    TEXT,
    UNKNOWN,
    Bounds,
    Docs,
    IterType,
    Kind,
    ListType,
    MapType,
    Scalar,
    SetType,
    TupleType,
    nullable,
    union,
)
from tests.render.build import SPAN, answer, call, endpoint, gateway, obj, read, ref
from tests.render.project import PACKAGE, planned

USER = obj("User", {"id": INTEGER, "name": TEXT, "mail": TEXT}, optional=("mail",))
PAGE = obj("Page", {"items": ListType(USER), "next": nullable(TEXT)})


def test_reading_marks_fields_and_nothing_more() -> None:
    made = call("users", PAGE)
    usage = find_usage(gateway(endpoint([made], answer("A", next=read(ref(made), "next", nullable(TEXT))))))
    assert usage.reads == {PAGE: ("next",)} and usage.kept(PAGE) == ("next",)
    assert PAGE not in usage.whole and USER not in usage.classes


def test_what_reaches_the_answer_is_whole_with_all_inside() -> None:
    made = call("users", PAGE)
    usage = find_usage(gateway(endpoint([made], answer("A", users=read(ref(made), "items", ListType(USER))))))
    assert USER in usage.whole and PAGE not in usage.whole
    assert usage.kept(USER) == ("id", "name", "mail")


def test_a_value_in_a_loop_or_a_let_is_followed_by_its_type() -> None:
    made = call("users", PAGE)
    loop_name = tree.Ref("u", Role.LOOP, USER, SPAN)
    source = read(ref(made), "items", ListType(USER))
    clause = tree.Clause(tree.Target("u", (), USER), source, (tree.Compare("==", read(loop_name, "id", INTEGER),
                         tree.Literal(1, INTEGER, SPAN), BOOLEAN, SPAN),))  # fmt: skip
    loop = tree.Loop(tree.LoopKind.LIST, None, loop_name, (clause,), False, ListType(USER), SPAN)
    let = CheckedLet("first", loop, frozenset(("users",)))
    name = tree.Ref("first", Role.LET, ListType(USER), SPAN)
    only_read = find_usage(gateway(endpoint([made], None, lets=(let,))))
    passed = find_usage(gateway(endpoint([made], name, lets=(let,))))
    assert only_read.reads[USER] == ("id",) and USER not in only_read.whole
    assert USER in passed.whole


@pytest.mark.parametrize("way", ["pass", "body", "extra", "headers", "argument", "client"])
def test_every_way_out_is_seen(way: str) -> None:
    made = call("user", USER)
    changes = {
        "pass": {"reactions": (CheckedReaction(404, PassOn(((404, USER),)), None),)},
        "body": {"reactions": (CheckedReaction("else", AnswerWith(503, None, (), ref(made)), None),)},
        "extra": {"reactions": (CheckedReaction("else", AnswerWith(503, None, (("u", ref(made)),), None), None),)},
        "headers": {"headers": (("X-User", ref(made)),)},
        "argument": {"body": ref(made)},
        "client": {},
    }[way]
    other = call("other", TEXT, **changes)
    body = {"body": USER} if way == "client" else {}
    assert USER in find_usage(gateway(endpoint([made, other], None, **body))).whole


def test_a_union_with_one_whole_member_is_whole() -> None:
    card, cash = obj("Card", {"k": TEXT, "n": TEXT}), obj("Cash", {"k": TEXT, "c": TEXT})
    pay, one = call("pay", union((card, cash))), call("card", card)
    usage = find_usage(gateway(endpoint([pay, one], answer("A", k=read(ref(pay), "k", TEXT), card=ref(one)))))
    key = frozenset((card, cash))
    assert key in usage.classes and usage.is_whole(key) and cash in usage.whole


def test_the_footprint_names_operations_and_fields() -> None:
    made = call("users", PAGE)
    models = planned(gateway(endpoint([made], answer("A", next=read(ref(made), "next", nullable(TEXT))))))
    assert models.footprint() == {"catalog": {"operations": {"getusers": []}, "schemas": {"Page": ["next"]}}}


def test_annotations() -> None:
    made = call("users", PAGE)
    models = planned(gateway(endpoint([made], ref(made))))
    types = {
        nullable(ListType(USER)): "list[User] | None",
        MapType(TEXT, INTEGER): "dict[str, int]",
        TupleType((TEXT, INTEGER)): "tuple[str, int]",
        SetType(DATETIME): "set[datetime]",
        IterType(BOOLEAN): "Iterable[bool]",
        DURATION: "timedelta",
        NULL: "None",
        UNKNOWN: "JsonValue",
        union((TEXT, USER)): "User | str",
    }
    assert {of: ast.unparse(models.annotation(of).expr) for of in types} == types
    wire = models.annotation(nullable(ListType(DATETIME)), wire=True)
    assert (ast.unparse(wire.expr), wire.imports) == (
        "list[DateTime] | None",
        {(f"{PACKAGE}.runtime.types", "DateTime")},
    )
    assert models.missing(nullable(USER), "mail") and not models.missing(USER, "name")


def test_a_union_of_very_many_arms_can_be_read_by_python() -> None:
    arms = tuple(obj(f"Own{i}", {"a": TEXT}, backend=None) for i in range(1000))
    models = planned(gateway(endpoint([], None, body=union(arms))))
    assert ast.unparse(models.annotation(union(arms)).expr).count("Own") == 1000


# ------------------------------------------------------------------------------------- the published document


def contract(*types: object) -> Contract:
    return Contract(gateway(endpoint([], None)))


def test_schemas_of_the_published_document() -> None:
    made = contract()
    status = Scalar(Kind.TEXT, ("a", "b"), open=True, format=None)
    bounded = Scalar(Kind.INTEGER, bounds=Bounds(minimum=1, multiple_of=0))
    thing = obj("thing", {"s": status, "n": nullable(bounded), "u": nullable(USER), "any": UNKNOWN}, optional=("n",))
    assert made.schema(nullable(thing)) == {"anyOf": [{"$ref": "#/components/schemas/CatalogThing"}, {"type": "null"}]}
    assert made.components()["CatalogThing"] == {
        "type": "object",
        "properties": {
            "s": {"type": "string", "description": "Known values: a, b"},
            "n": {"type": ["integer", "null"], "minimum": 1},
            "u": {"anyOf": [{"$ref": "#/components/schemas/CatalogUser"}, {"type": "null"}]},
            "any": {},
        },
        "required": ["s", "u", "any"],
    }
    for schema in made.components().values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_requests_are_closed_and_named_apart() -> None:
    made = contract()
    pattern = Scalar(Kind.TEXT, bounds=Bounds(pattern="^a$"))
    reply = obj("Order", {"x": pattern})
    asked = obj("Order", {"x": pattern, "e": Scalar(Kind.TEXT, ("a",))}, request=True)
    made.schema(reply), made.schema(asked)
    assert made.components()["CatalogOrder"]["properties"] == {"x": {"type": "string"}}
    assert made.components()["CatalogOrderInput"]["properties"]["x"] == {"type": "string", "pattern": "^a$"}
    assert made.components()["CatalogOrderInput"]["properties"]["e"] == {"type": "string", "enum": ["a"]}


def test_a_reply_union_admits_members_to_come() -> None:
    made = contract()
    schema = made.schema(union((obj("A", {"a": TEXT}), obj("B", {"b": TEXT}))))
    assert [arm.get("type", "ref") for arm in schema["anyOf"]] == ["ref", "ref", "object"]


def test_docs_of_a_place() -> None:
    docs = Docs(description="How\ud800", example=3, has_example=True, deprecated=True)
    schema = contract().schema(INTEGER, docs)
    assert schema == {"type": "integer", "description": "How?", "examples": [3], "deprecated": True}


# ------------------------------------------------------------------------------------------------- formatting


def test_files_are_formatted_by_their_own_text_alone() -> None:
    assert format_python({"a/b.py": "x = {  'a':1 }\n", "c.py": "y=2\n"}) == {
        "a/b.py": 'x = {"a": 1}\n',
        "c.py": "y = 2\n",
    }
    assert format_python({}) == {}


def test_code_that_does_not_parse_is_kept_for_the_report() -> None:
    with pytest.raises(FormatError) as failed:
        format_python({"good.py": "x = 1\n", "shop/bad.py": "def f(:\n"})
    assert "shop/bad.py" in failed.value.output and failed.value.files["shop/bad.py"] == "def f(:\n"
