"""Parents with a discriminator, and tags that unions have without one."""

from __future__ import annotations

import pytest

from bffgen.openapi.sample import sample
from bffgen.typesystem.model import TEXT, Nullable, ObjectType, Type, Union, non_null

from .conftest import Read, ReadText


def union_of(got: Read, name: str) -> Union:
    made = non_null(got.type(name))
    assert isinstance(made, Union), made
    return made


def tags_of(made: Union) -> dict[str, tuple[str, ...]]:
    names = [arm.name for arm in made.arms if isinstance(arm, ObjectType)]
    return dict(zip(names, made.tags, strict=True))


FAMILY = """
    Pet:
      type: object
      required: [kind]
      properties: {{kind: {{type: string}}, friend: {{$ref: '#/components/schemas/Pet'}}}}
      discriminator: {{propertyName: kind{mapping}}}
    Cat: {{allOf: [{{$ref: '#/components/schemas/Pet'}}, {{properties: {{lives: {{type: integer}}}}}}]}}
    Dog: {{allOf: [{{$ref: '#/components/schemas/Pet'}}], properties: {{bark: {{type: string}}}}}}
    Bare: {{allOf: [{{$ref: '#/components/schemas/Pet'}}]}}
    Owner:
      properties:
        pet: {{allOf: [{{$ref: '#/components/schemas/Pet'}}], description: hers, nullable: true}}
        cat: {{$ref: '#/components/schemas/Cat'}}
    Broken: {{allOf: [{{$ref: '#/nowhere'}}]}}
"""


def test_a_parent_is_one_of_its_children(schemas: ReadText) -> None:
    got = schemas(FAMILY.format(mapping=""))
    pet = union_of(got, "Pet")
    assert pet.arms == (got.object("Cat"), got.object("Dog"), got.object("Bare"))
    assert (pet.tag, tags_of(pet)) == ("kind", {"Cat": ("Cat",), "Dog": ("Dog",), "Bare": ("Bare",)})
    assert set(got.object("Cat").fields) == {"kind", "friend", "lives"}
    assert set(got.object("Bare").fields) == {"kind", "friend"}
    assert got.object("Cat").fields["friend"].type is pet
    owner = got.object("Owner").fields
    assert owner["pet"].type == Nullable(pet) and owner["cat"].type is got.object("Cat")
    assert got.codes == []


def test_a_parent_in_a_request_is_itself(schemas: ReadText) -> None:
    got = schemas(FAMILY.format(mapping=""))
    assert set(got.object("Pet", request=True).fields) == {"kind", "friend"}


@pytest.mark.parametrize(
    ("mapping", "tags"),
    [
        ("{cat: Cat, dog: '#/components/schemas/Dog'}", {"Cat": ("cat",), "Dog": ("dog",)}),
        ("{cat: Cat, kitten: Cat, '': Dog}", {"Cat": ("cat", "kitten"), "Dog": ("",)}),
        ("{cat: Cat, any: Pet}", {"Cat": ("cat",), "Pet": ("any",)}),
        ("{cat: Cat, other: more.yaml#/Fish}", {"Cat": ("cat",), "more": ("other",)}),
        ("{cat: Cat, dog: Dog, gone: Gone, lost: '#/components/schemas/Lost'}", {"Cat": ("cat",), "Dog": ("dog",)}),
    ],
)
def test_a_mapping_says_which_children(schemas: ReadText, mapping: str, tags: dict[str, tuple[str, ...]]) -> None:
    files = {"more.yaml": "Fish: {properties: {kind: {type: string}, fins: {type: integer}}}"}
    got = schemas(FAMILY.format(mapping=f", mapping: {mapping}"), files=files)
    made = union_of(got, "Pet")
    assert made.tag == "kind"
    assert list(made.tags) == list(tags.values())
    assert got.codes == []


def test_a_child_alone_is_no_union(schemas: ReadText) -> None:
    got = schemas(FAMILY.format(mapping=", mapping: {cat: Cat}"))
    assert got.type("Pet") is got.object("Cat")


def test_a_discriminator_without_children(schemas: ReadText) -> None:
    got = schemas("Pet: {properties: {kind: {type: string}}, discriminator: {propertyName: kind}}")
    assert set(got.object("Pet").fields) == {"kind"}


def test_children_of_children(schemas: ReadText) -> None:
    got = schemas("""
        Shape: {required: [t], properties: {t: {type: string}}, discriminator: {propertyName: t}}
        Round: {allOf: [{$ref: '#/components/schemas/Shape'}], properties: {r: {type: number}}}
        Ball: {allOf: [{$ref: '#/components/schemas/Round'}], properties: {weight: {type: number}}}
        Square:
          allOf: [{$ref: '#/components/schemas/Shape'}]
          properties: {side: {type: number}}
          discriminator: {propertyName: t, mapping: {dice: Dice, box: Box}}
        Dice: {allOf: [{$ref: '#/components/schemas/Square'}], properties: {eyes: {type: integer}}}
        Box: {allOf: [{$ref: '#/components/schemas/Square'}], properties: {lid: {type: boolean}}}
    """)
    shape = union_of(got, "Shape")
    assert [arm.name for arm in shape.arms if isinstance(arm, ObjectType)] == ["Round", "Dice", "Box", "Ball"]
    assert shape.tag == "t" and tags_of(shape)["Round"] == ("Round",)
    assert "dice" in tags_of(shape)["Dice"] and "box" in tags_of(shape)["Box"]
    assert set(got.object("Ball").fields) == {"t", "r", "weight"}
    assert got.codes == []


def test_a_family_in_another_file(schemas: ReadText) -> None:
    got = schemas(
        "T: {properties: {pet: {$ref: 'pets.yaml#/components/schemas/Pet'}}}",
        files={
            "pets.yaml": """
            components:
              schemas:
                Pet: {required: [k], properties: {k: {type: string}}, discriminator: {propertyName: k}}
                Cat: {allOf: [{$ref: '#/components/schemas/Pet'}, {properties: {a: {type: string}}}]}
                Dog: {allOf: [{$ref: '#/components/schemas/Pet'}, {properties: {b: {type: string}}}]}
            """
        },
    )
    pet = got.object("T").fields["pet"].type
    assert isinstance(pet, Union) and pet.tags == (("Cat",), ("Dog",))


def test_a_family_in_a_file_of_schemas(schemas: ReadText) -> None:
    files = {
        "pets.yaml": """
            Pet: {required: [k], properties: {k: {type: string}}, discriminator: {propertyName: k}}
            Cat: {allOf: [{$ref: '#/Pet'}, {properties: {a: {type: string}}}]}
            Dog: {allOf: [{$ref: '#/Pet'}, {properties: {b: {type: string}}}]}
        """
    }
    got = schemas("T: {properties: {pet: {$ref: 'pets.yaml#/Pet'}}}", files=files)
    pet = got.object("T").fields["pet"].type
    assert isinstance(pet, Union) and tags_of(pet) == {"Cat": ("Cat",), "Dog": ("Dog",)}


def test_sample_data_has_the_tag_of_its_arm(schemas: ReadText) -> None:
    got = schemas(FAMILY.format(mapping=", mapping: {cat: Cat, dog: Dog}"))
    made = sample(got.type("Pet"))
    assert made["kind"] == "cat" and "lives" in made


def test_other_schemas_are_not_converted_for_it(schemas: ReadText) -> None:
    got = schemas(
        FAMILY.format(mapping="")
        + "    Odd: {allOf: 7}\n    Scalar: text\n"
        + "    Away: {allOf: [{$ref: 'gone.yaml'}], properties: {x: {$ref: '#/no'}}}\n"
    )
    assert len(union_of(got, "Pet").arms) == 3
    assert got.codes == []


@pytest.mark.parametrize(
    ("arms", "tag", "tags"),
    [
        ("[{required: [k], properties: {k: {const: a}}}, {required: [k], properties: {k: {enum: [b]}}}]", "k",
         (("a",), ("b",))),
        ("[{required: [j, k], properties: {j: {type: string}, k: {const: a}}}, "
         "{required: [k], properties: {k: {$ref: '#/components/schemas/B'}}}]", "k", (("a",), ("b",))),
        ("[{properties: {k: {const: a}}}, {required: [k], properties: {k: {const: b}}}]", None, ()),
        ("[{required: [k], properties: {k: {const: a}}}, {required: [k], properties: {x: {}, k: {const: a}}}]",
         None, ()),
        ("[{required: [k], properties: {k: {const: 1}}}, {required: [k], properties: {k: {const: 2}}}]", None, ()),
        ("[{required: [k], properties: {k: {const: a}}}, {required: [k], properties: {k: {type: string}}}]", None, ()),
        ("[{required: [k], properties: {k: {const: a}}}, {type: string}]", None, ()),
        ("[{required: [k, t], properties: {t: {const: x}, k: {const: a}}}, "
         "{required: [t, k], properties: {t: {const: x}, k: {const: b}}}]", "k", (("a",), ("b",))),
        ("[{allOf: [{required: [k], properties: {k: {type: string}}}, {properties: {k: {enum: [a]}}}]}, "
         "{required: [k], properties: {k: {const: b}}}]", "k", (("a",), ("b",))),
    ],
)  # fmt: skip
def test_tags_that_the_arms_fix(
    schemas: ReadText, arms: str, tag: str | None, tags: tuple[tuple[str, ...], ...]
) -> None:
    got = schemas(f"T: {{oneOf: {arms}}}\nB: {{const: b}}")
    for request in (False, True):
        made: Type = got.type("T", request=request)
        assert isinstance(made, Union)
        assert (made.tag, made.tags) == (tag, tags)


def test_presence_assumed_is_as_good_as_required(schemas: ReadText) -> None:
    text = "T: {oneOf: [{properties: {k: {const: a}}}, {properties: {k: {const: b}}}]}"
    assert union_of(schemas(text), "T").tag is None
    assert union_of(schemas(text, presence="assumed"), "T").tag == "k"


NESTED = """
    A: {required: [k], properties: {k: {type: string}, a: {}}}
    B: {required: [k], properties: {k: {type: string}, b: {}}}
    C: {required: [k], properties: {k: {const: c}}}
    Two:
      oneOf: [{$ref: '#/components/schemas/A'}, {$ref: '#/components/schemas/B'}]
      discriminator: {propertyName: k, mapping: {a: A, b: B}}
    Null: {anyOf: [{$ref: '#/components/schemas/Two'}, {type: 'null'}]}
    Three: {oneOf: [{$ref: '#/components/schemas/Two'}, {$ref: '#/components/schemas/C'}]}
    Told:
      oneOf: [{$ref: '#/components/schemas/Two'}, {$ref: '#/components/schemas/C'}]
      discriminator: {propertyName: k}
    Mixed: {oneOf: [{$ref: '#/components/schemas/Two'}, {type: object, required: [k], properties: {k: {type: string}}}]}
    List: {type: array, items: {anyOf: [{$ref: '#/components/schemas/Three'}, {type: 'null'}]}}
"""


def test_tags_of_unions_within_unions(schemas: ReadText) -> None:
    got = schemas(NESTED)
    assert tags_of(union_of(got, "Null")) == {"A": ("a",), "B": ("b",)}
    for name in ("Three", "Told"):
        made = union_of(got, name)
        assert (made.tag, tags_of(made)) == ("k", {"A": ("a",), "B": ("b",), "C": ("c",)})
    assert union_of(got, "Mixed").tag is None


def test_a_property_of_alternatives_keeps_its_tags(schemas: ReadText) -> None:
    got = schemas(
        NESTED
        + """
    Holder:
      properties: {id: {type: string}}
      oneOf:
      - {properties: {what: {$ref: '#/components/schemas/Two'}}}
      - {properties: {what: {$ref: '#/components/schemas/C'}}}
    """
    )
    what = got.object("Holder").fields["what"].type
    assert isinstance(what, Union) and tags_of(what) == {"A": ("a",), "B": ("b",), "C": ("c",)}
    assert got.object("Holder").fields["id"].type == TEXT
