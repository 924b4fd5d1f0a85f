"""Swagger 2.0: read as if it were 3.1, with findings in the user's own text."""

from __future__ import annotations

from typing import Any

import pytest

from bffgen.openapi.model import Encoding, Operation
from bffgen.typesystem.model import (
    BYTES,
    INTEGER,
    TEXT,
    UNKNOWN,
    ListType,
    Nullable,
    ObjectType,
    Scalar,
    Type,
    Union,
    is_nullable,
)

from .conftest import Read, ReadText


def swagger(paths: ReadText, operation: str, more: str = "") -> Read:
    """A document with one operation, written as the inside of its mapping."""
    return paths(f"/a/{{id}}: {{get: {{operationId: op, {operation}}}}}", version="2.0", more=more)


@pytest.mark.parametrize("written", ["'2.0'", "2.0", '"2.0"'])
def test_the_version_is_a_text_or_a_number(read: ReadText, written: str) -> None:
    assert read(f"swagger: {written}\npaths: {{}}").document.version == "2.0"


@pytest.mark.parametrize(
    ("written", "servers"),
    [
        ("host: api.example.com\nbasePath: /v1\nschemes: [https]", ("https://api.example.com/v1",)),
        ("host: api.example.com\nbasePath: /v1/\nschemes: [http, https]", ("https://api.example.com/v1",)),
        ("host: api.example.com\nbasePath: /\nschemes: [http, ws]", ("http://api.example.com",)),
        ("host: localhost:8081", ("http://localhost:8081",)),
        ("host: http://localhost:8081/", ("http://localhost:8081",)),
        ("basePath: v1", ("/v1",)),
        ("basePath: /", ()),
        ("schemes: [https]", ()),
    ],
)
def test_servers(read: ReadText, written: str, servers: tuple[str, ...]) -> None:
    assert read(f"swagger: '2.0'\n{written}\npaths: {{}}").document.servers == servers


PARAMETERS = """
    /pets/{ids}:
      parameters:
      - {name: ids, in: path, required: true, type: array, items: {type: integer}}
      - {$ref: '#/parameters/limit'}
      - {name: hidden, in: query, type: string}
      get:
        operationId: op
        parameters:
        - {name: kind, in: query, type: string, enum: [cat, dog], default: cat, description: which, x-example: dog}
        - {name: comma, in: query, type: array, items: {type: string}}
        - {name: space, in: query, type: array, items: {type: string}, collectionFormat: ssv}
        - {name: pipe, in: query, type: array, items: {type: string}, collectionFormat: pipes}
        - {name: each, in: query, required: true, type: array, items: {type: string}, collectionFormat: multi}
        - {name: X-Tags, in: header, type: array, items: {type: string}, collectionFormat: csv}
        - {name: hidden, in: query, type: integer, x-nullable: true}
        responses: {}
"""


def test_parameters(paths: ReadText) -> None:
    got = paths(
        PARAMETERS, version="2.0", more="parameters: {limit: {name: limit, in: query, type: integer, maximum: 50}}"
    )
    found = {p.name: p for p in got.operation().parameters}
    assert [(p.name, p.location, p.required) for p in found.values()] == [
        ("ids", "path", True),
        ("limit", "query", False),
        ("hidden", "query", False),
        ("kind", "query", False),
        ("comma", "query", False),
        ("space", "query", False),
        ("pipe", "query", False),
        ("each", "query", True),
        ("X-Tags", "header", False),
    ]
    assert {name: (p.style, p.explode) for name, p in found.items()} == {
        "ids": ("simple", False),
        "limit": ("form", True),
        "hidden": ("form", True),
        "kind": ("form", True),
        "comma": ("form", False),
        "space": ("spaceDelimited", False),
        "pipe": ("pipeDelimited", False),
        "each": ("form", True),
        "X-Tags": ("simple", False),
    }
    kind, limit = found["kind"], found["limit"]
    assert isinstance(kind.type, Scalar) and (kind.type.values, kind.type.open) == (("cat", "dog"), False)
    assert (kind.default, kind.docs.description, kind.docs.example) == ("cat", "which", "dog")
    assert isinstance(limit.type, Scalar) and limit.type.bounds.maximum == 50
    assert found["ids"].type == ListType(INTEGER)
    assert found["hidden"].type == Nullable(INTEGER)
    assert found["kind"].span.text == "kind"
    assert got.codes == []


@pytest.mark.parametrize(
    ("location", "collection", "said"),
    [("query", "tsv", 1), ("path", "pipes", 1), ("header", "ssv", 1), ("query", "ssv", 0), ("path", "csv", 0)],
)
def test_a_list_that_3_x_cannot_write_is_said_when_it_is_used(
    paths: ReadText, location: str, collection: str, said: int
) -> None:
    got = swagger(
        paths,
        f"parameters: [{{name: id, in: {location}, type: array, collectionFormat: {collection}}}], responses: {{}}",
    )
    (parameter,) = [p for p in got.operation().parameters if p.location == location]
    assert got.codes == []
    assert isinstance(parameter.type, ListType)
    assert got.codes == ["BFF505"] * said


def test_a_body(paths: ReadText) -> None:
    got = swagger(
        paths,
        "consumes: [application/xml, application/json], responses: {}, "
        "parameters: [{name: pet, in: body, required: true, description: it, schema: {$ref: '#/definitions/Pet'}}]",
        "definitions: {Pet: {type: object, properties: {id: {type: integer, readOnly: true}, name: {type: string}}}}",
    )
    operation = got.operation()
    body = operation.body
    assert body is not None and body.required and body.docs.description == "it"
    assert (body.media_type, body.span.text) == ("application/json", "application/json")
    assert isinstance(body.type, ObjectType) and list(body.type.fields) == ["name"]
    assert [(b.media_type, b.type == BYTES) for b in operation.bodies] == [
        ("application/json", False),
        ("application/xml", True),
    ]
    assert [p.name for p in operation.parameters] == ["id"]


def test_a_body_is_json_unless_something_is_said(paths: ReadText) -> None:
    body = "parameters: [{name: n, in: body, schema: {type: integer}}], responses: {}"
    assert [b.media_type for b in swagger(paths, body).operation().bodies] == ["application/json"]
    document = swagger(paths, body, "consumes: [text/plain]")
    assert [(b.media_type, b.type, b.required) for b in document.operation().bodies] == [("text/plain", TEXT, False)]


FORM = """
    consumes: {consumes},
    parameters: [
      {{name: name, in: formData, type: string, required: true, description: whose}},
      {{name: tags, in: formData, type: array, items: {{type: string}}, collectionFormat: multi}},
      {{name: sizes, in: formData, type: array, items: {{type: integer}}}}
      {more}
    ],
    responses: {{}}
"""
URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"


@pytest.mark.parametrize(
    ("consumes", "media_types"),
    [
        ("[]", [URLENCODED]),
        ("[application/json]", [URLENCODED]),
        (f"[{URLENCODED}]", [URLENCODED]),
        (f"[{MULTIPART}]", [MULTIPART]),
        (f"[{MULTIPART}, {URLENCODED}]", [MULTIPART, URLENCODED]),
    ],
)
def test_a_form(paths: ReadText, consumes: str, media_types: list[str]) -> None:
    operation = swagger(paths, FORM.format(consumes=consumes, more="")).operation()
    assert [body.media_type for body in operation.bodies] == media_types
    body = operation.body
    assert body is not None and body.is_form and body.required
    assert isinstance(body.type, ObjectType) and body.type.name == "OpBody"
    assert {name: (f.type, f.required) for name, f in body.type.fields.items()} == {
        "name": (TEXT, True),
        "tags": (ListType(TEXT), False),
        "sizes": (ListType(INTEGER), False),
    }
    assert body.encoding == {"tags": Encoding(None, "form", True), "sizes": Encoding(None, "form", False)}
    field = body.type.fields["name"]
    assert field.docs.description == "whose" and field.span is not None and field.span.text == "name"


def test_a_form_with_a_file_is_multipart(paths: ReadText) -> None:
    written = FORM.format(consumes=f"[{URLENCODED}]", more=", {name: photo, in: formData, type: file, required: true}")
    body = swagger(paths, written).operation().body
    assert body is not None and (body.media_type, body.is_multipart) == (MULTIPART, True)
    assert isinstance(body.type, ObjectType)
    assert {name: f.type for name, f in body.type.fields.items()}["photo"] == BYTES


RESPONSES = """
    produces: [application/json],
    responses: {
      200: {description: ok, schema: {$ref: '#/definitions/Pet'}, examples: {application/json: {name: Rex}},
            headers: {X-Rate: {type: integer, description: left}, X-Tags: {type: array, items: {type: string}}}},
      201: {description: nothing},
      404: {$ref: '#/responses/NotFound'},
      default: {description: else, schema: {type: string}}
    }
"""
SHARED = """
responses: {NotFound: {description: none, schema: {$ref: '#/definitions/Error'}}, Unused: {$ref: '#/nowhere'}}
definitions:
  Pet: {type: object, required: [name], properties: {name: {type: string}, nick: {type: string, x-nullable: true}}}
  Error: {type: object, properties: {code: {type: integer, minimum: 0, exclusiveMinimum: true}}}
"""


def test_responses(paths: ReadText) -> None:
    got = swagger(paths, RESPONSES, SHARED)
    ok, nothing, missing, other = got.operation().responses
    assert isinstance(ok.type, ObjectType) and ok.type is got.object("Pet")
    assert (ok.media_type, ok.content.example, ok.description) == ("application/json", {"name": "Rex"}, "ok")
    assert {n: (h.type, h.docs.description) for n, h in ok.headers.items()} == {
        "x-rate": (INTEGER, "left"),
        "x-tags": (ListType(TEXT), None),
    }
    assert (nothing.type, nothing.media_type) == (None, None)
    assert isinstance(missing.type, ObjectType) and missing.description == "none"
    code = missing.type.fields["code"].type
    assert isinstance(code, Scalar) and code.bounds.exclusive_minimum == 0
    assert other.type == TEXT
    assert is_nullable(got.object("Pet").fields["nick"].type)
    assert ok.span.text == "200"
    assert got.codes == []


@pytest.mark.parametrize(
    ("written", "offered"),
    [
        ("responses: {200: {schema: {type: integer}}}", [("*/*", INTEGER)]),
        ("produces: ['*/*'], responses: {200: {schema: {type: integer}}}", [("*/*", INTEGER)]),
        ("produces: [application/xml], responses: {200: {schema: {type: object}}}", [("application/xml", BYTES)]),
        ("produces: [image/png], responses: {200: {schema: {type: file}}}", [("image/png", BYTES)]),
        (
            "produces: [application/json], responses: {200: {schema: {type: file}}}",
            [("application/octet-stream", BYTES)],
        ),
        ("produces: [application/json, text/csv], responses: {200: {schema: {type: file}}}", [("text/csv", TEXT)]),
        ("produces: [image/png], responses: {200: {description: a picture}}", [("image/png", BYTES)]),
        ("produces: [image/png], responses: {404: {description: none}}", []),
        ("responses: {200: {description: nothing}}", []),
    ],
)
def test_what_an_answer_holds(paths: ReadText, written: str, offered: list[tuple[str, Type]]) -> None:
    response = swagger(paths, written).operation().responses[0]
    assert [(content.media_type, content.type) for content in response.contents] == offered


def test_the_errors_of_a_download_are_json(paths: ReadText) -> None:
    got = swagger(paths, "produces: [image/png], responses: {404: {schema: {$ref: '#/definitions/Error'}}}", SHARED)
    (missing,) = got.operation().responses
    assert missing.media_type == "application/json" and isinstance(missing.type, ObjectType)


POLYMORPHIC = """
definitions:
  Animal: {type: object, discriminator: kind, required: [kind], properties: {kind: {type: string}}}
  Dog: {allOf: [{$ref: '#/definitions/Animal'}, {properties: {bark: {type: boolean}}}]}
  Cat: {x-ms-discriminator-value: cat, allOf: [{$ref: '#/definitions/Animal'}, {properties: {lives: {type: integer}}}]}
  Puppy: {allOf: [{$ref: '#/definitions/Dog'}, {properties: {age: {type: integer}}}]}
"""


def test_a_discriminator_is_a_property_whose_values_are_definitions(paths: ReadText) -> None:
    got = swagger(paths, "responses: {200: {schema: {$ref: '#/definitions/Animal'}}}", POLYMORPHIC)
    made = got.operation().responses[0].type
    assert isinstance(made, Union)
    assert made.arms == (got.object("Dog"), got.object("Cat"), got.object("Puppy"))
    assert (made.tag, made.tags) == ("kind", (("Dog",), ("cat",), ("Puppy",)))
    assert isinstance(got.type("Animal", request=True), ObjectType)


def test_what_is_not_reached_does_not_matter(paths: ReadText) -> None:
    got = paths(
        """
        /good:
          get:
            operationId: good
            parameters: [{name: a, in: query, type: array, items: {$ref: '#/nowhere'}}]
            responses: {200: {schema: {$ref: '#/definitions/Good'}}, 404: {$ref: '#/nowhere'}}
        /bad: {get: {operationId: bad, parameters: 7, responses: [1], consumes: {a: b}, produces: 1}}
        /worse: {post: {operationId: worse, parameters: [{in: formData}, {in: body}, {name: x, in: nowhere}]}}
        """,
        version="2.0",
        more="definitions: {Good: {properties: {fine: {type: string}, broken: {$ref: '#/nowhere'}}}}",
    )
    reply = got.operation("good").success()[0].type
    assert isinstance(reply, ObjectType) and reply.fields["fine"].type == TEXT
    assert got.codes == []
    assert reply.fields["broken"].type == UNKNOWN
    assert (got.codes, got.places) == (["BFF502"], ["'#/nowhere'"])
    assert isinstance(got.operation("bad"), Operation)
    assert got.codes == ["BFF502"]
    worse = got.operation("worse")
    assert worse.parameters == () and worse.body is not None
    assert set(got.codes) == {"BFF502", "BFF504"}


def test_files_of_a_document_in_pieces(read: ReadText) -> None:
    files = {
        "parameters.yaml": "limit: {name: limit, in: query, type: integer}\n",
        "pet.json": '{"type": "object", "properties": {"name": {"type": "string"}}}',
        "paths/pets.yaml": """
            get:
              operationId: op
              parameters: [{$ref: ../parameters.yaml#/limit}]
              responses: {200: {schema: {$ref: ../pet.json}}, default: {$ref: '../responses.yaml#/bad'}}
        """,
        "responses.yaml": "bad: {description: bad, schema: {$ref: pet.json}, headers: {X-A: {type: string}}}",
    }
    got = read("swagger: '2.0'\nproduces: [application/json]\npaths: {/pets: {$ref: paths/pets.yaml}}", files=files)
    operation = got.operation()
    assert [(p.name, p.type) for p in operation.parameters] == [("limit", INTEGER)]
    ok, bad = operation.responses
    assert isinstance(ok.type, ObjectType) and ok.type.name == "pet"
    assert bad.type is ok.type and list(bad.headers) == ["x-a"]
    assert got.codes == []


def test_keys_of_3_x_are_understood(paths: ReadText) -> None:
    """Documents that were converted halfway."""
    got = swagger(
        paths,
        "parameters: [{name: q, in: query, schema: {type: integer}}], responses: {}",
        "definitions: {T: {properties: {a: {type: string, nullable: true}, b: {oneOf: [{type: string}]}}}}",
    )
    assert {p.name: p.type for p in got.operation().parameters} == {"q": INTEGER, "id": TEXT}
    fields: Any = got.object("T").fields
    assert (fields["a"].type, fields["b"].type) == (Nullable(TEXT), TEXT)


def test_security(read: ReadText) -> None:
    document = read("""
        swagger: '2.0'
        securityDefinitions:
          basic: {type: basic}
          key: {type: apiKey, name: X-Key, in: header}
          oauth: {type: oauth2, flow: implicit, authorizationUrl: x, scopes: {}}
        security: [{key: []}, {basic: [], oauth: [a]}]
        paths:
          /a: {get: {operationId: a}}
          /b: {get: {operationId: b, security: []}}
          /c: {get: {operationId: c, security: [{}, {basic: []}]}}
    """).document
    schemes = document.security_schemes
    assert {name: (s.kind, s.scheme, s.location, s.parameter) for name, s in schemes.items()} == {
        "basic": ("http", "basic", None, None),
        "key": ("apiKey", None, "header", "X-Key"),
        "oauth": ("oauth2", None, None, None),
    }
    asked = [operation.security for operation in document.operations()]
    assert asked == [(("key",), ("basic", "oauth")), (), ()]
