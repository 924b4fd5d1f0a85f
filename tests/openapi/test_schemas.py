"""Schemas of every version as types."""

from __future__ import annotations

import pytest

from bffgen.typesystem.model import (
    BOOLEAN,
    DATE,
    DATETIME,
    INTEGER,
    NULL,
    NUMBER,
    TEXT,
    UNKNOWN,
    UUID,
    Bounds,
    Kind,
    ListType,
    MapType,
    Nullable,
    ObjectType,
    Scalar,
    Type,
    Union,
)

from .conftest import ReadText

OPEN = {"open": True}


@pytest.mark.parametrize(
    ("written", "made"),
    [
        ("{type: string}", TEXT),
        ("{type: integer, format: int64}", INTEGER),
        ("{type: number}", NUMBER),
        ("{type: boolean}", BOOLEAN),
        ("{type: string, format: date-time}", DATETIME),
        ("{type: string, format: date}", DATE),
        ("{type: string, format: uuid}", UUID),
        ("{type: string, format: byte}", TEXT),
        ("{type: 'null'}", NULL),
        ("{type: null}", NULL),
        ("{type: [string, 'null']}", Nullable(TEXT)),
        ("{type: string, nullable: true}", Nullable(TEXT)),
        ("{type: [string, 'null'], nullable: true}", Nullable(TEXT)),
        ("{anyOf: [{type: string}, {type: 'null'}]}", Nullable(TEXT)),
        ("{oneOf: [{type: 'null'}, {type: integer}]}", Nullable(INTEGER)),
        ("{type: [string, integer]}", Union((TEXT, INTEGER))),
        ("{type: [integer, number]}", NUMBER),
        ("{anyOf: [{type: string, format: uuid}, {type: string}]}", TEXT),
        ("{anyOf: [{type: string, format: date}, {type: string, format: date-time}]}", Union((DATE, DATETIME))),
        ("{}", UNKNOWN),
        ("true", UNKNOWN),
        ("false", UNKNOWN),
        ("null", UNKNOWN),
        ("{description: anything}", UNKNOWN),
        ("{type: whatever}", UNKNOWN),
        ("{anyOf: [{type: string}, {}]}", UNKNOWN),
        ("{type: string, anyOf: [{pattern: a}, {title: b}]}", TEXT),
        ("{type: string, not: {enum: [a]}, if: {}, then: {type: integer}}", TEXT),
        ("{format: uuid}", UUID),
        ("{minLength: 1}", TEXT),
        ("{minimum: 1}", NUMBER),
        ("{items: {type: string}}", ListType(TEXT)),
        ("{type: array}", ListType(UNKNOWN)),
        (
            "{type: array, prefixItems: [{type: string}, {type: integer}], items: false}",
            ListType(Union((TEXT, INTEGER))),
        ),
        ("{type: array, items: [{type: string}, {type: string}]}", ListType(TEXT)),
        ("{type: object}", MapType(TEXT, UNKNOWN)),
        ("{type: object, additionalProperties: true}", MapType(TEXT, UNKNOWN)),
        ("{type: object, additionalProperties: {type: integer}}", MapType(TEXT, INTEGER)),
        ("{additionalProperties: {type: integer}}", MapType(TEXT, INTEGER)),
        ("{type: object, patternProperties: {'^a': {type: integer}}}", MapType(TEXT, INTEGER)),
        ("{allOf: [{type: string}, {maxLength: 3}]}", TEXT),
        ("{allOf: [{type: integer}, {nullable: true}]}", INTEGER),
        ("{allOf: [{type: string}], nullable: true, description: d}", Nullable(TEXT)),
        ("{allOf: [{type: number}, {type: integer}]}", INTEGER),
    ],
)
def test_types(schemas: ReadText, written: str, made: Type) -> None:
    got = schemas(f"T: {written}")
    assert got.type("T") == made
    assert got.type("T", request=True) == made
    assert got.codes == []


@pytest.mark.parametrize(
    ("written", "kind", "values"),
    [
        ("{type: string, enum: [a, b]}", Kind.TEXT, ("a", "b")),
        ("{enum: [a, b]}", Kind.TEXT, ("a", "b")),
        ("{const: a}", Kind.TEXT, ("a",)),
        ("{type: string, enum: [01, on, 2019-01-01, 1.10, 'aborted ', '', '<']}", Kind.TEXT,
         ("01", "on", "2019-01-01", "1.10", "aborted ", "", "<")),
        ("{type: integer, enum: [1, 2]}", Kind.INTEGER, (1, 2)),
        ("{type: number, enum: [1, 2.5]}", Kind.NUMBER, (1, 2.5)),
        ("{enum: [true]}", Kind.BOOLEAN, (True,)),
        ("{oneOf: [{const: a, title: A}, {const: b}]}", Kind.TEXT, ("a", "b")),
        ("{type: integer, oneOf: [{const: 1}, {const: 2}]}", Kind.INTEGER, (1, 2)),
        ("{anyOf: [{enum: [a]}, {enum: [b, a]}]}", Kind.TEXT, ("a", "b")),
        ("{allOf: [{enum: [a, b, c]}, {enum: [b, c, d]}]}", Kind.TEXT, ("b", "c")),
    ],
)  # fmt: skip
def test_enums_are_open_in_replies_and_closed_in_requests(
    schemas: ReadText, written: str, kind: Kind, values: tuple[object, ...]
) -> None:
    got = schemas(f"T: {written}")
    for request in (False, True):
        made = got.type("T", request=request)
        assert isinstance(made, Scalar)
        assert (made.kind, made.values, made.open) == (kind, values, not request)


def test_an_enum_with_null_is_nullable(schemas: ReadText) -> None:
    got = schemas("A: {type: string, enum: [a, null]}\nB: {enum: [null]}\nC: {type: [string, 'null'], enum: [a]}")
    assert got.type("A", request=True) == Nullable(Scalar(Kind.TEXT, ("a",)))
    assert got.type("B") == NULL
    assert got.type("C", request=True) == Nullable(Scalar(Kind.TEXT, ("a",)))


def test_an_enum_beside_its_plain_kind_is_open(schemas: ReadText) -> None:
    made = schemas("T: {anyOf: [{type: string}, {enum: [gpt-4, o1]}]}").type("T", request=True)
    assert made == Scalar(Kind.TEXT, ("gpt-4", "o1"), True)


def test_an_enum_of_two_kinds_is_a_union(schemas: ReadText) -> None:
    made = schemas("T: {enum: [auto, 1]}").type("T", request=True)
    assert made == Union((Scalar(Kind.TEXT, ("auto",)), Scalar(Kind.INTEGER, (1,))))


@pytest.mark.parametrize(
    ("written", "bounds"),
    [
        ("{type: integer, minimum: 1, maximum: 5, multipleOf: 2}", Bounds(1, 5, multiple_of=2)),
        ("{type: integer, minimum: 0, exclusiveMinimum: true}", Bounds(exclusive_minimum=0)),
        ("{type: integer, maximum: 9, exclusiveMaximum: true}", Bounds(exclusive_maximum=9)),
        ("{type: integer, minimum: 1, exclusiveMinimum: false}", Bounds(1)),
        ("{type: integer, exclusiveMinimum: 3}", Bounds(exclusive_minimum=3)),
        ("{type: string, minLength: 1, maxLength: 3, pattern: '^a'}", Bounds(min_length=1, max_length=3, pattern="^a")),
        ("{type: string, minLength: -1, maxLength: 99999999999}", Bounds()),
        ("{type: string, minLength: 5, maxLength: 3}", Bounds()),
        ("{type: integer, multipleOf: 0}", Bounds()),
        ("{type: integer, minimum: many}", Bounds()),
        ("{type: number, minimum: .nan, maximum: .inf}", Bounds()),
        ("{type: integer, minimum: 5, maximum: 1}", Bounds()),
        ("{allOf: [{type: integer, minimum: 1}, {minimum: 3, maximum: 9}]}", Bounds(3, 9)),
    ],
)
def test_bounds(schemas: ReadText, written: str, bounds: Bounds) -> None:
    made = schemas(f"T: {written}").type("T")
    assert isinstance(made, Scalar)
    assert made.bounds == bounds


def test_sizes_of_lists(schemas: ReadText) -> None:
    got = schemas("A: {type: array, minItems: 2, maxItems: 4}\nB: {type: array, minItems: -2, maxItems: x}\n"
                  "C: {type: array, minItems: 5, maxItems: 4}")  # fmt: skip
    sizes = [(t.min_items, t.max_items) for name in "ABC" if isinstance(t := got.type(name), ListType)]
    assert sizes == [(2, 4), (0, None), (0, None)]


def test_the_four_states_of_a_field(schemas: ReadText) -> None:
    obj = schemas("""
        T:
          required: [a, b]
          properties:
            a: {type: string}
            b: {type: [string, 'null']}
            c: {type: string}
            d: {type: string, nullable: true}
    """).object("T")
    states = {name: (field.required, field.type) for name, field in obj.fields.items()}
    assert states == {"a": (True, TEXT), "b": (True, Nullable(TEXT)), "c": (False, TEXT), "d": (False, Nullable(TEXT))}


def test_presence_assumed(schemas: ReadText) -> None:
    text = """
        T: {properties: {a: {type: string}, b: {type: [string, 'null']}, c: {}, d: {$ref: '#/components/schemas/N'}}}
        N: {type: string, nullable: true}
        V:
          properties: {a: {type: string}}
          oneOf: [{properties: {b: {type: string}}}, {properties: {c: {type: string}}}]
    """
    got = schemas(text, presence="assumed")
    required = {name: field.required for name, field in got.object("T").fields.items()}
    assert required == {"a": True, "b": False, "c": False, "d": False}
    assert not any(field.required for field in got.object("T", request=True).fields.values())
    assert not any(field.required for field in schemas(text).object("T").fields.values())
    assert {n: f.required for n, f in got.object("V").fields.items()} == {"a": True, "b": False, "c": False}


def test_read_only_and_write_only(schemas: ReadText) -> None:
    got = schemas("""
        T:
          required: [id, secret, name]
          properties:
            id: {type: integer, readOnly: true}
            secret: {type: string, writeOnly: true}
            name: {type: string}
            stamp: {$ref: '#/components/schemas/Stamp'}
        Stamp: {type: string, readOnly: true}
    """)
    assert list(got.object("T").fields) == ["id", "name", "stamp"]
    assert list(got.object("T", request=True).fields) == ["secret", "name"]


def test_required_names_without_a_property(schemas: ReadText) -> None:
    """Asked for in a request; a reply is not refused for what is more often a slip."""
    got = schemas("T: {required: [Name, name], properties: {Name: {type: string}}}")
    for request in (False, True):
        field = got.object("T", request=request).fields["name"]
        assert (field.type, field.required) == (UNKNOWN, request)


def test_odd_names_of_properties(schemas: ReadText) -> None:
    obj = schemas("""
        T:
          properties:
            $ref: {type: string}
            '@type': {type: string}
            1: {type: integer}
            true: {type: boolean}
            a/b~c: {type: string}
    """).object("T")
    assert {name: field.type for name, field in obj.fields.items()} == {
        "$ref": TEXT, "@type": TEXT, "1": INTEGER, "true": BOOLEAN, "a/b~c": TEXT
    }  # fmt: skip


def test_objects_with_further_properties(schemas: ReadText) -> None:
    got = schemas("""
        A: {properties: {a: {type: string}}, additionalProperties: {type: integer}}
        B: {properties: {a: {type: string}}, additionalProperties: true}
        C: {properties: {a: {type: string}}, additionalProperties: false}
        D: {type: object, additionalProperties: false}
    """)
    assert [got.object(name).extra for name in "ABCD"] == [INTEGER, UNKNOWN, None, None]
    assert dict(got.object("D").fields) == {}


def test_docs_of_fields(schemas: ReadText) -> None:
    obj = schemas("""
        T:
          properties:
            a: {type: string, description: own, example: x, deprecated: true}
            b: {$ref: '#/components/schemas/D'}
            c: {$ref: '#/components/schemas/D', description: beside}
            d: {allOf: [{$ref: '#/components/schemas/D'}]}
            e: {type: string, examples: [one, two]}
            f: {type: string, example: null}
        D: {type: string, description: far, example: y}
    """).object("T")
    docs = {
        name: (f.docs.description, f.docs.example, f.docs.has_example, f.docs.deprecated)
        for name, f in obj.fields.items()
    }
    assert docs == {
        "a": ("own", "x", True, True),
        "b": ("far", "y", True, False),
        "c": ("beside", "y", True, False),
        "d": ("far", "y", True, False),
        "e": (None, "one", True, False),
        "f": (None, None, True, False),
    }


def test_spans_point_at_keys(schemas: ReadText) -> None:
    obj = schemas("T:\n  properties:\n    first: {type: string}\n    second: {type: string}").object("T")
    spans = [obj.span, obj.fields["second"].span]
    assert [span.file.text[span.start : span.end] for span in spans if span] == ["T", "second"]


def test_a_schema_is_one_type(schemas: ReadText) -> None:
    got = schemas("""
        User: {properties: {friend: {$ref: '#/components/schemas/User'}, boss: {$ref: '#/components/schemas/Alias'}}}
        Alias: {$ref: '#/components/schemas/Chain'}
        Chain: {$ref: '#/components/schemas/User'}
        Wrapped: {allOf: [{$ref: '#/components/schemas/User'}], description: words}
        Maybe: {anyOf: [{$ref: '#/components/schemas/User'}, {type: 'null'}]}
    """)
    user = got.object("User")
    assert user.fields["friend"].type is user
    assert [got.object(name) is user for name in ("Alias", "Wrapped", "Maybe")] == [True, True, True]
    assert (user.name, user.backend) == ("User", "shop")
    request = got.object("User", request=True)
    assert request is not user and request.fields["friend"].type is request


def test_names_of_inline_objects(schemas: ReadText) -> None:
    user = schemas("""
        User:
          properties:
            home_address: {properties: {street: {properties: {no: {type: string}}}}}
            tags: {type: array, items: {properties: {a: {type: string}}}}
    """).object("User")
    address = user.fields["home_address"].type
    assert isinstance(address, ObjectType) and address.name == "UserHomeAddress"
    street, tags = address.fields["street"].type, user.fields["tags"].type
    assert isinstance(street, ObjectType) and street.name == "UserHomeAddressStreet"
    assert isinstance(tags, ListType) and isinstance(tags.item, ObjectType) and tags.item.name == "UserTagsItem"


def test_schemas_by_their_python_form(schemas: ReadText) -> None:
    got = schemas("api.v2010.account: {type: string}\nOne-Two: {type: string}\nOneTwo: {type: integer}")
    assert got.document.schema("ApiV2010Account", request=False) == TEXT
    assert got.document.schema("OneTwo", request=False) == INTEGER
    assert got.document.schema("one_two", request=False) is None
    assert got.document.schema_names() == ["api.v2010.account", "One-Two", "OneTwo"]
