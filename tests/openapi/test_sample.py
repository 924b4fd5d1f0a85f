"""Example data: of the type, from the document's examples, always the same."""

from __future__ import annotations

from typing import Any

import pytest

from bffgen.openapi.fits import fits
from bffgen.openapi.sample import sample, sample_reply
from bffgen.typesystem.model import DATE, DATETIME, INTEGER, NUMBER, TEXT, UUID, Nullable

from .conftest import ReadText


@pytest.mark.parametrize(
    ("written", "made"),
    [
        ("{type: integer}", 1),
        ("{type: integer, minimum: 5}", 5),
        ("{type: integer, exclusiveMinimum: 5, multipleOf: 4}", 8),
        ("{type: integer, maximum: -3}", -3),
        ("{type: number, minimum: 0, exclusiveMaximum: 0.25}", 0),
        ("{type: boolean}", True),
        ("{type: string, enum: [b, a]}", "b"),
        ("{type: string, format: email}", "somebody@example.com"),
        ("{type: string, format: date}", "2024-01-15"),
        ("{type: string, minLength: 6}", "textxx"),
        ("{type: string, maxLength: 2}", "te"),
        ("{type: string, pattern: '^[A-Z]{2}-[0-9]{3,}$'}", "AA-111"),
        ("{type: string, pattern: '^(foo|bar)_\\d+$', minLength: 8}", "foo_11111"),
        # repeated at most once is not repeated
        ("{type: string, pattern: '^[0-9]{2}[T,t][0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2})$'}", "11T11Z"),
        ("{type: string, pattern: '^[a-z_]*$'}", "text"),
        # a known format that fits, where no text is easily made
        (
            "{type: string, pattern: '^(?:[a-z0-9]+(?:[.][a-z0-9]+)*)@(?:(?:[a-z]+)[.])+[a-z]+$'}",
            "somebody@example.com",
        ),
        ("{type: array, items: {type: integer}, minItems: 3}", [1, 1, 1]),
        ("{type: array, items: {type: integer}, maxItems: 0}", []),
        ("{type: object, additionalProperties: {type: integer}}", {"key": 1}),
        ("{type: [string, 'null']}", "text"),
        ("{type: 'null'}", None),
    ],
)
def test_samples(schemas: ReadText, written: str, made: Any) -> None:
    of = schemas(f"T: {written}").type("T")
    assert sample(of) == made
    assert fits(made, of)


def test_examples_count_when_they_fit(schemas: ReadText) -> None:
    of = schemas("""
        T:
          required: [id]
          properties:
            id: {type: integer, example: 7}
            name: {type: string, example: 12}
            size: {type: string, enum: [s], example: s}
            owner_id: {type: string}
            recipe: {type: [string, 'null'], example: null}
    """).type("T")
    assert sample(of) == {"id": 7, "name": "name", "size": "s", "owner_id": "1", "recipe": None}


def test_recursion_ends(schemas: ReadText) -> None:
    got = schemas("""
        Node: {required: [kids, maybe], properties: {
          kids: {type: array, items: {$ref: '#/components/schemas/Node'}},
          by_name: {additionalProperties: {$ref: '#/components/schemas/Node'}},
          next: {$ref: '#/components/schemas/Node'},
          maybe: {anyOf: [{$ref: '#/components/schemas/Node'}, {type: 'null'}]},
          either: {oneOf: [{$ref: '#/components/schemas/Node'}, {type: string}]}}}
        Endless: {required: [self], properties: {self: {$ref: '#/components/schemas/Endless'}}}
    """)
    node = got.type("Node")
    assert sample(node) == {"kids": [], "by_name": {}, "maybe": None, "either": "either"}
    assert fits(sample(node), node)
    assert sample(got.type("Endless")) is None


def test_wide_types_end(schemas: ReadText) -> None:
    def row(n: int) -> str:
        fields = ", ".join(f"p{i}: {{$ref: '#/components/schemas/L{n + 1}'}}" for i in range(10))
        return f"L{n}: {{properties: {{{fields}}}}}"

    rows = "\n".join(map(row, range(9)))
    got = schemas(rows + "\nL9: {type: string}")
    assert fits(sample(got.type("L0")), got.type("L0"))


@pytest.mark.parametrize(
    ("data", "of", "does"),
    [
        (1, INTEGER, True),
        (1.0, INTEGER, True),
        (1.5, INTEGER, False),
        (True, INTEGER, False),
        ("1", INTEGER, False),
        (1, NUMBER, True),
        (float("nan"), NUMBER, False),
        (None, TEXT, False),
        (None, Nullable(TEXT), True),
        ("2024-01-15", DATE, True),
        ("2024-01-15T00:00:00Z", DATE, False),
        ("2024-01-15T00:00:00Z", DATETIME, True),
        ("2024-01-15", DATETIME, False),
        ("x", UUID, False),
        ("3fa85f64-5717-4562-b3fc-2c963f66afa6", UUID, True),
    ],
)
def test_fits(data: Any, of: Any, does: bool) -> None:
    assert fits(data, of) is does


def test_a_pattern_that_would_take_forever_is_read_in_linear_time(schemas: ReadText) -> None:
    of = schemas("T: {type: string, pattern: '^(a+)+$', example: " + "a" * 60 + "b}").type("T")
    assert fits("a" * 60, of) and not fits("a" * 60 + "b", of)
    assert isinstance(sample(of), str)


def test_a_pattern_that_would_take_forever_and_is_read_by_nobody_is_let_pass(schemas: ReadText) -> None:
    of = schemas("T: {type: string, pattern: '^(?=a)(a+)+$'}").type("T")
    assert fits("a" * 60 + "b", of)


def test_fits_objects(schemas: ReadText) -> None:
    got = schemas("""
        T: {required: [a], properties: {a: {type: string}, b: {type: integer}}}
        E: {properties: {a: {type: string}}, additionalProperties: {type: integer}}
    """)
    t, e = got.type("T"), got.type("E")
    assert fits({"a": "x", "other": []}, t)
    assert not fits({"b": 1}, t) and not fits({"a": "x", "b": "y"}, t) and not fits([], t)
    assert fits({"x": 1}, e) and not fits({"x": "1"}, e)


def test_replies(paths: ReadText) -> None:
    document = paths("""
        /a:
          get:
            operationId: withExample
            responses:
              200: {content: {application/json: {schema: {properties: {a: {type: string}}}, example: {a: seen}}}}
          put:
            operationId: withWrongExample
            responses:
              200: {content: {application/json: {schema: {properties: {a: {type: string}}}, example: {a: 1}}}}
          patch:
            operationId: withText
            responses:
              200: {content: {application/json: {schema: {properties: {a: {type: string}}}, example: '{"a": "t"}'}}}
          post: {operationId: made, responses: {404: {}, 201: {content: {application/json: {schema: {type: integer}}}}}}
          delete: {operationId: nothing, responses: {204: {description: d}}}
          head: {operationId: undocumented, responses: {}}
          options: {operationId: image, responses: {default: {content: {image/png: {}}}}}
    """).document
    keys = ("withExample", "withWrongExample", "withText", "made", "nothing", "undocumented", "image")
    found = {key: sample_reply(op) for key in keys if (op := document.operation(key))}
    assert found == {
        "withExample": (200, {"a": "seen"}),
        "withWrongExample": (200, {"a": "a"}),
        "withText": (200, {"a": "t"}),
        "made": (201, 1),
        "nothing": (204, None),
        "undocumented": (200, None),
        "image": (200, None),
    }
