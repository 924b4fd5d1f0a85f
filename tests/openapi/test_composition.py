"""`allOf`, unions, discriminators."""

from __future__ import annotations

from bffgen.typesystem.model import (
    INTEGER,
    NUMBER,
    TEXT,
    UNKNOWN,
    ListType,
    MapType,
    Nullable,
    ObjectType,
    Scalar,
    Union,
)

from .conftest import ReadText


def test_all_of_merges_objects(schemas: ReadText) -> None:
    got = schemas("""
        Base: {required: [id], properties: {id: {type: integer}, kind: {type: string}}}
        Middle: {allOf: [{$ref: '#/components/schemas/Base'}, {properties: {middle: {type: string}}}]}
        Top:
          allOf: [{$ref: '#/components/schemas/Middle'}]
          required: [kind, own]
          properties: {own: {type: string}}
    """)
    top = got.object("Top")
    assert {name: field.required for name, field in top.fields.items()} == {
        "id": True, "kind": True, "middle": False, "own": True
    }  # fmt: skip
    assert top.name == "Top"
    assert got.object("Base").fields["kind"].required is False


def test_all_of_meets_the_types_of_one_property(schemas: ReadText) -> None:
    top = schemas("""
        Base: {properties: {n: {type: number}, kind: {type: string}, at: {properties: {x: {type: integer}}}, u: {}}}
        Top:
          allOf:
          - $ref: '#/components/schemas/Base'
          - properties:
              n: {type: integer}
              kind: {enum: [top]}
              at: {required: [x], properties: {y: {type: integer}}}
              u: {type: string}
    """).object("Top", request=True)
    assert top.fields["n"].type == INTEGER
    kind, at = top.fields["kind"].type, top.fields["at"].type
    assert isinstance(kind, Scalar) and kind.values == ("top",)
    assert isinstance(at, ObjectType) and list(at.fields) == ["x", "y"]
    assert at.fields["x"].required and at.fields["x"].type == INTEGER
    assert top.fields["u"].type == TEXT


def test_all_of_that_holds_itself(schemas: ReadText) -> None:
    got = schemas("""
        A: {allOf: [{$ref: '#/components/schemas/B'}], properties: {a: {type: string}}}
        B: {allOf: [{$ref: '#/components/schemas/A'}], properties: {b: {type: string}}}
    """)
    assert set(got.object("A").fields) == {"a", "b"}


def test_all_of_one_nullable(schemas: ReadText) -> None:
    got = schemas("""
        X: {type: [object, 'null'], properties: {a: {type: string}}}
        Same: {allOf: [{$ref: '#/components/schemas/X'}]}
        More: {allOf: [{$ref: '#/components/schemas/X'}, {properties: {b: {type: string}}}]}
        Typed: {allOf: [{$ref: '#/components/schemas/X'}, {type: object, properties: {b: {type: string}}}]}
    """)
    assert isinstance(got.type("Same"), Nullable)
    assert isinstance(got.type("Typed"), ObjectType)


def test_all_of_of_a_map(schemas: ReadText) -> None:
    made = schemas("T: {allOf: [{type: object, additionalProperties: {type: integer}}, {description: d}]}").type("T")
    assert made == MapType(TEXT, INTEGER)


def test_properties_beside_alternatives(schemas: ReadText) -> None:
    got = schemas("""
        T:
          required: [kind]
          properties: {kind: {type: string}}
          oneOf:
          - required: [a]
            properties: {a: {type: string}, v: {type: string}}
          - properties: {b: {type: integer}, v: {type: integer}}
        OnlyRequired:
          properties: {a: {type: string}, b: {type: string}}
          anyOf: [{required: [a]}, {required: [b]}]
    """)
    fields = got.object("T").fields
    assert {name: (field.required, field.type) for name, field in fields.items()} == {
        "kind": (True, TEXT), "a": (False, TEXT), "v": (False, Union((TEXT, INTEGER))), "b": (False, INTEGER)
    }  # fmt: skip
    assert list(got.object("OnlyRequired").fields) == ["a", "b"]


def test_a_parent_that_lists_its_children(schemas: ReadText) -> None:
    """Each child is `allOf` the parent, whose `oneOf` lists the children: no end of it."""
    got = schemas("""
        Pet:
          required: [kind]
          properties: {kind: {type: string}}
          oneOf: [{$ref: '#/components/schemas/Cat'}]
          discriminator: {propertyName: kind}
        Cat: {allOf: [{$ref: '#/components/schemas/Pet'}, {properties: {lives: {type: integer}}}]}
    """)
    assert list(got.object("Pet").fields) == ["kind", "lives"]
    assert set(got.object("Cat").fields) == {"kind", "lives"}


UNIONS = """
    Cat: {required: [kind], properties: {kind: {type: string}, lives: {type: integer}}}
    Dog: {required: [kind], properties: {kind: {type: string}, bark: {type: string}}}
    Mapped:
      oneOf: [{$ref: '#/components/schemas/Cat'}, {$ref: '#/components/schemas/Dog'}]
      discriminator:
        propertyName: kind
        mapping: {cat: '#/components/schemas/Cat', kitten: Cat, dog: '#/components/schemas/Dog'}
    Named:
      anyOf: [{$ref: '#/components/schemas/Cat'}, {$ref: '#/components/schemas/Dog'}, {type: 'null'}]
      discriminator: {propertyName: kind}
    Const:
      oneOf:
      - {properties: {kind: {const: a}, x: {type: string}}}
      - {title: Second, properties: {kind: {enum: [b]}, y: {type: string}}}
      discriminator: {propertyName: kind}
    Plain: {oneOf: [{$ref: '#/components/schemas/Cat'}, {type: string}]}
    Single: {oneOf: [{$ref: '#/components/schemas/Cat'}]}
    Twice: {oneOf: [{$ref: '#/components/schemas/Cat'}, {$ref: '#/components/schemas/Cat'}]}
"""


def test_discriminators(schemas: ReadText) -> None:
    got = schemas(UNIONS)
    mapped, named, const = got.type("Mapped"), got.type("Named"), got.type("Const")
    assert isinstance(mapped, Union)
    assert mapped.arms == (got.object("Cat"), got.object("Dog"))
    assert (mapped.tag, mapped.tags) == ("kind", (("cat", "kitten"), ("dog",)))
    assert isinstance(named, Nullable) and isinstance(named.of, Union)
    assert (named.of.tag, named.of.tags) == ("kind", (("Cat",), ("Dog",)))
    assert isinstance(const, Union) and const.tags == (("a",), ("b",))
    assert [arm.name for arm in const.arms if isinstance(arm, ObjectType)] == ["ConstOption1", "ConstSecond"]


def test_unions_without_a_discriminator(schemas: ReadText) -> None:
    got = schemas(UNIONS)
    assert got.type("Plain") == Union((got.object("Cat"), TEXT))
    assert got.type("Single") is got.object("Cat")
    assert got.type("Twice") is got.object("Cat")


def test_recursion_that_is_no_object(schemas: ReadText) -> None:
    got = schemas("""
        Json: {oneOf: [{type: string}, {type: number}, {type: array, items: {$ref: '#/components/schemas/Json'}}]}
        Tree: {type: object, additionalProperties: {$ref: '#/components/schemas/Tree'}}
    """)
    assert got.type("Json") == Union((TEXT, NUMBER, ListType(UNKNOWN)))
    assert got.type("Tree") == MapType(TEXT, UNKNOWN)
    assert got.codes == []


def test_a_union_of_itself_has_no_meaning(schemas: ReadText) -> None:
    got = schemas("A: {oneOf: [{$ref: '#/components/schemas/A'}, {type: string}]}")
    assert got.type("A") == UNKNOWN
    assert got.codes == ["BFF503"]
    assert got.places == ["'#/components/schemas/A'"]


def test_deep_nesting_ends(schemas: ReadText) -> None:
    chain = "\n".join(f"S{n}: {{type: array, items: {{$ref: '#/components/schemas/S{n + 1}'}}}}" for n in range(600))
    made = schemas(chain + "\nS600: {type: string}").type("S0")
    assert isinstance(made, ListType)
