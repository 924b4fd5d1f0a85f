"""`$ref`: pointers, files, siblings, circles, and what leads nowhere."""

from __future__ import annotations

import json

import pytest

from bffgen.typesystem.model import INTEGER, NUMBER, TEXT, UNKNOWN, Nullable, ObjectType, Scalar

from .conftest import ReadText


def test_pointers_to_any_place(paths: ReadText) -> None:
    got = paths(
        """
        /my/ships/{id}:
          get:
            operationId: getShip
            responses:
              201:
                description: d
                content:
                  application/json: {schema: {properties: {a~b: {type: integer}}}}
        /b:
          get:
            operationId: other
            responses:
              '200':
                description: d
                content:
                  application/json:
                    schema:
                      properties:
                        whole:
                          $ref: '#/paths/~1my~1ships~1%7Bid%7D/get/responses/201/content/application~1json/schema'
                        part: {$ref: '#/components/schemas/Alias/properties/a~0b'}
                        item: {$ref: '#/components/schemas/Any/oneOf/1'}
        """,
        more="""
        components:
          schemas:
            Alias: {$ref: '#/paths/~1my~1ships~1%7Bid%7D/get/responses/201/content/application~1json/schema'}
            Any: {oneOf: [{type: string}, {type: number}]}
        """,
    )
    operation = got.document.operation("other")
    assert operation is not None
    reply = operation.success()[0].type
    assert isinstance(reply, ObjectType)
    types = {name: field.type for name, field in reply.fields.items()}
    assert isinstance(types["whole"], ObjectType)
    assert (types["part"], types["item"]) == (INTEGER, NUMBER)
    assert got.codes == []


@pytest.mark.parametrize(
    ("ref", "code", "reason"),
    [
        ("#/components/schemas/Nope", "BFF502", "there is no `Nope` in `/components/schemas` of"),
        ("#/components/schemas/T/properties/b", "BFF502", "there is no `b`"),
        ("#/components/schemas/L/oneOf/7", "BFF502", "there is no `7`"),
        ("#anchor", "BFF502", "there is no `$anchor: anchor` in"),
        ("other.yaml#anchor", "BFF502", "other.yaml"),
        ("other.yaml#/components/schemas/Nope", "BFF502", "other.yaml"),
        ("gone.yaml", "BFF106", "there is no file"),
        ("https://example.com/x.yaml#/a", "BFF505", "documents are not fetched"),
        ("../../outside.yaml", "BFF602", "outside"),
    ],
)
def test_references_that_lead_nowhere(schemas: ReadText, ref: str, code: str, reason: str) -> None:
    got = schemas(
        f"T: {{properties: {{a: {{$ref: '{ref}'}}}}}}\nL: {{oneOf: [{{type: string}}]}}",
        files={"other.yaml": "components: {schemas: {}}"},
    )
    obj = got.object("T")
    assert got.codes == []
    assert obj.fields["a"].type == UNKNOWN
    assert obj.fields["a"].type == UNKNOWN
    assert got.codes == [code]
    assert reason in got.messages[0]
    assert got.places == [f"'{ref}'"]


@pytest.mark.parametrize(
    "text",
    [
        "T: {$ref: '#/components/schemas/T'}",
        "T: {$ref: '#/components/schemas/U'}\nU: {$ref: '#/components/schemas/T'}",
        "T: {$ref: '#/components/schemas/T/properties/a'}",
    ],
)
def test_circles(schemas: ReadText, text: str) -> None:
    got = schemas(text)
    assert got.type("T") == UNKNOWN
    assert got.codes and set(got.codes) <= {"BFF502", "BFF503"}


def test_a_circle_of_parameters(paths: ReadText) -> None:
    got = paths(
        "/a: {get: {operationId: a, parameters: [{$ref: '#/components/parameters/P'}], responses: {}}}",
        more="""
        components:
          parameters: {P: {$ref: '#/components/parameters/Q'}, Q: {$ref: '#/components/parameters/P'}}
        """,
    )
    operation = got.document.operation("a")
    assert operation is not None and operation.parameters == ()
    assert got.codes == ["BFF503"]


def test_keys_beside_a_reference(schemas: ReadText) -> None:
    text = """
        T:
          properties:
            null: {$ref: '#/components/schemas/S', nullable: true}
            more: {$ref: '#/components/schemas/O', properties: {b: {type: string}}, required: [a]}
            short: {$ref: '#/components/schemas/S', maxLength: 3}
        S: {type: string}
        O: {properties: {a: {type: string}}}
    """
    got = schemas(text, version="3.1.0")
    fields = got.object("T").fields
    more, short = fields["more"].type, fields["short"].type
    assert fields["null"].type == Nullable(TEXT)
    assert isinstance(more, ObjectType) and {n: f.required for n, f in more.fields.items()} == {"a": True, "b": False}
    assert more.name == "TMore"
    assert isinstance(short, Scalar) and short.bounds.max_length == 3
    older = schemas(text, version="3.0.3")
    fields = older.object("T").fields
    assert fields["more"].type is older.object("O")
    assert fields["null"].type == Nullable(TEXT)


FILES = {
    "paths/users.yaml": """
        get:
          operationId: getUser
          parameters:
          - $ref: ../parameters.json#/id
          requestBody: {$ref: '../bodies.yaml'}
          responses:
            200: {$ref: '../responses.yaml#/ok'}
    """,
    "parameters.json": '{"id": {"name": "id", "in": "path", "required": true, "schema": {"$ref": "schemas/Id.yaml"}}}',
    "bodies.yaml": "content: {application/json: {schema: {$ref: 'schemas/User.yaml'}}}",
    "responses.yaml": """
        ok:
          description: d
          headers: {ETag: {$ref: '#/etag'}}
          content: {application/json: {schema: {$ref: 'schemas/User.yaml'}, examples: {a: {$ref: 'example.yaml'}}}}
        etag: {schema: {type: string}}
    """,
    "example.yaml": "value: {name: ann}",
    "schemas/Id.yaml": "type: integer",
    "schemas/User.yaml": """
        properties:
          name: {type: string}
          friends: {type: array, items: {$ref: User.yaml}}
          root: {$ref: '../api.yaml#/components/schemas/Root'}
    """,
}


def test_references_across_files(paths: ReadText) -> None:
    got = paths(
        "/users/{id}: {$ref: paths/users.yaml}",
        more="components: {schemas: {Root: {properties: {user: {$ref: schemas/User.yaml}}}}}",
        files=FILES,
    )
    operation = got.document.operation("get_user")
    assert operation is not None
    assert got.document.operation_names() == ["getUser"]
    reply = operation.success()[0]
    user = reply.type
    assert isinstance(user, ObjectType) and user.name == "User"
    root = user.fields["root"].type
    assert isinstance(root, ObjectType) and root is got.object("Root")
    assert root.fields["user"].type is user
    assert operation.parameters[0].type == INTEGER
    assert operation.body is not None and isinstance(operation.body.type, ObjectType)
    assert reply.content.example == {"name": "ann"}
    assert reply.headers["etag"].name == "ETag"
    assert got.codes == []


def test_an_operation_that_is_a_reference(paths: ReadText) -> None:
    got = paths("/a: {get: {$ref: op.yaml}}", files={"op.yaml": "operationId: getA\nresponses: {}"})
    assert [op.key for name in ("getA", "GET /a") if (op := got.document.operation(name))] == ["getA", "getA"]


ANCHORED = """
    Holder:
      $defs:
        Inner: {$anchor: inner, type: object, properties: {a: {type: string}}}
        Local: {$id: 'https://example.com/local', type: integer}
        Deep: {type: object, properties: {b: {$dynamicAnchor: deep, type: number}}}
      properties:
        one: {$ref: '#inner'}
        two: {$ref: 'https://example.com/local'}
        three: {$ref: '#deep'}
        four: {$ref: '#/components/schemas/Holder/$defs/Inner/properties/a'}
        five: {$ref: 'https://example.com/local#/nowhere'}
        text: {type: string, description: 'see $anchor: inner'}
    Twice: {a: 1, a: 2}
"""


def test_anchors_and_identifiers(schemas: ReadText) -> None:
    got = schemas(ANCHORED)
    fields = got.object("Holder").fields
    inner = fields["one"].type
    assert isinstance(inner, ObjectType) and (inner.name, list(inner.fields)) == ("Inner", ["a"])
    found = {name: fields[name].type for name in ("two", "three", "four")}
    assert found == {"two": INTEGER, "three": NUMBER, "four": TEXT}
    assert got.codes == []
    assert fields["five"].type == UNKNOWN
    assert got.codes == ["BFF502"]


def test_anchors_in_json(read: ReadText) -> None:
    schemas = {"T": {"properties": {"a": {"$ref": "#x"}}}, "X": {"$anchor": "x", "type": "integer"}}
    got = read(json.dumps({"openapi": "3.1.0", "components": {"schemas": schemas}}), name="api.json")
    assert got.object("T").fields["a"].type == INTEGER


def test_a_document_that_says_its_own_address(read: ReadText) -> None:
    got = read("""
        openapi: 3.2.0
        $self: https://example.com/api/openapi.yaml
        components:
          schemas:
            T:
              properties:
                full: {$ref: 'https://example.com/api/openapi.yaml#/components/schemas/N'}
                near: {$ref: 'openapi.yaml#/components/schemas/N'}
                here: {$ref: '#/components/schemas/N'}
                other: {$ref: 'https://example.com/other.yaml#/N'}
            N: {type: integer}
    """)
    fields = got.object("T").fields
    assert [fields[name].type for name in ("full", "near", "here")] == [INTEGER] * 3
    assert got.codes == []
    assert fields["other"].type == UNKNOWN
    assert got.codes == ["BFF505"]


def test_a_file_that_refers_back(schemas: ReadText) -> None:
    got = schemas(
        "T: {properties: {away: {$ref: 'b.yaml#/U'}}}\nN: {type: object, properties: {n: {type: integer}}}",
        files={"b.yaml": "U: {properties: {back: {$ref: 'api.yaml#/components/schemas/N'}}}"},
    )
    away = got.object("T").fields["away"].type
    assert isinstance(away, ObjectType) and away.fields["back"].type is got.object("N")
