"""One API written in 2.0 and in 3.1: both documents give the same operations."""

from __future__ import annotations

from bffgen.openapi.document import Document
from bffgen.typesystem.model import ListType, MapType, Nullable, ObjectType, Scalar, Type, Union

from .conftest import ReadText

OLD = """
swagger: '2.0'
host: api.example.com:8443
basePath: /v2/
schemes: [https]
consumes: [application/json]
produces: [application/json]
parameters:
  limit: {name: limit, in: query, type: integer, minimum: 1, default: 20, description: how many}
  pet: {name: pet, in: body, required: true, schema: {$ref: '#/definitions/Animal'}}
responses:
  NotFound: {description: none, schema: {$ref: '#/definitions/Error'}}
securityDefinitions:
  key: {type: apiKey, name: X-Key, in: header}
  basic: {type: basic}
security: [{key: []}]
paths:
  /pets/{ids}:
    parameters:
    - {name: ids, in: path, required: true, type: array, items: {type: integer}}
    - {$ref: '#/parameters/limit'}
    get:
      operationId: listPets
      summary: Pets
      parameters:
      - {name: kind, in: query, type: array, items: {type: string, enum: [cat, dog]}}
      - {name: pipes, in: query, type: array, items: {type: string}, collectionFormat: pipes}
      - {name: each, in: query, type: array, items: {type: string}, collectionFormat: multi, minItems: 1}
      - {name: X-Tags, in: header, type: array, items: {type: string}}
      - {name: since, in: query, type: string, format: date-time}
      responses:
        200:
          description: pets
          schema: {type: array, items: {$ref: '#/definitions/Animal'}}
          headers: {X-Left: {type: integer, description: calls left}}
          examples: {application/json: []}
        404: {$ref: '#/responses/NotFound'}
        default: {description: else}
    post:
      operationId: addPet
      security: [{basic: []}, {key: []}]
      consumes: [application/json, application/xml]
      parameters: [{$ref: '#/parameters/pet'}]
      responses: {201: {description: made, schema: {$ref: '#/definitions/Dog'}}}
  /forms:
    post:
      operationId: sendForm
      consumes: [application/x-www-form-urlencoded]
      parameters:
      - {name: name, in: formData, type: string, required: true, maxLength: 3}
      - {name: each, in: formData, type: array, items: {type: integer}, collectionFormat: multi}
      - {name: comma, in: formData, type: array, items: {type: integer}}
      responses: {204: {description: done}}
  /files:
    put:
      operationId: upload
      consumes: [multipart/form-data]
      parameters:
      - {name: file, in: formData, type: file, required: true}
      - {name: note, in: formData, type: string}
      responses: {200: {description: done, schema: {type: string}}}
    get:
      operationId: download
      produces: [application/pdf]
      responses: {200: {description: done, schema: {type: file}}}
definitions:
  Error:
    type: object
    required: [code]
    properties:
      code: {type: integer, minimum: 0, exclusiveMinimum: true}
      text: {type: string, x-nullable: true}
      inner: {$ref: '#/definitions/Error'}
  Animal: {type: object, discriminator: kind, required: [kind], properties: {kind: {type: string}}}
  Dog: {allOf: [{$ref: '#/definitions/Animal'}, {type: object, properties: {bark: {type: boolean}}}]}
  Cat: {allOf: [{$ref: '#/definitions/Animal'}, {type: object, properties: {lives: {type: integer}}}]}
"""
NEW = """
openapi: 3.1.0
servers: [{url: 'https://api.example.com:8443/v2'}]
security: [{key: []}]
paths:
  /pets/{ids}:
    parameters:
    - {name: ids, in: path, required: true, schema: {type: array, items: {type: integer}}}
    - {$ref: '#/components/parameters/limit'}
    get:
      operationId: listPets
      summary: Pets
      parameters:
      - {name: kind, in: query, explode: false, schema: {type: array, items: {type: string, enum: [cat, dog]}}}
      - {name: pipes, in: query, style: pipeDelimited, schema: {type: array, items: {type: string}}}
      - {name: each, in: query, schema: {type: array, items: {type: string}, minItems: 1}}
      - {name: X-Tags, in: header, schema: {type: array, items: {type: string}}}
      - {name: since, in: query, schema: {type: string, format: date-time}}
      responses:
        200:
          description: pets
          headers: {X-Left: {description: calls left, schema: {type: integer}}}
          content:
            application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Animal'}}, example: []}
        404: {$ref: '#/components/responses/NotFound'}
        default: {description: else}
    post:
      operationId: addPet
      security: [{basic: []}, {key: []}]
      requestBody: {$ref: '#/components/requestBodies/pet'}
      responses:
        201: {description: made, content: {application/json: {schema: {$ref: '#/components/schemas/Dog'}}}}
  /forms:
    post:
      operationId: sendForm
      requestBody:
        required: true
        content:
          application/x-www-form-urlencoded:
            schema:
              type: object
              required: [name]
              properties:
                name: {type: string, maxLength: 3}
                each: {type: array, items: {type: integer}}
                comma: {type: array, items: {type: integer}}
            encoding: {each: {style: form, explode: true}, comma: {style: form, explode: false}}
      responses: {204: {description: done}}
  /files:
    put:
      operationId: upload
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema:
              type: object
              required: [file]
              properties: {file: {type: string, contentMediaType: application/octet-stream}, note: {type: string}}
      responses: {200: {description: done, content: {application/json: {schema: {type: string}}}}}
    get:
      operationId: download
      responses: {200: {description: done, content: {application/pdf: {}}}}
components:
  securitySchemes:
    key: {type: apiKey, name: X-Key, in: header}
    basic: {type: http, scheme: basic}
  parameters:
    limit: {name: limit, in: query, description: how many, schema: {type: integer, minimum: 1, default: 20}}
  requestBodies:
    pet:
      required: true
      content:
        application/json: {schema: {$ref: '#/components/schemas/Animal'}}
        application/xml: {schema: {$ref: '#/components/schemas/Animal'}}
  responses:
    NotFound: {description: none, content: {application/json: {schema: {$ref: '#/components/schemas/Error'}}}}
  schemas:
    Error:
      type: object
      required: [code]
      properties:
        code: {type: integer, exclusiveMinimum: 0}
        text: {type: [string, 'null']}
        inner: {$ref: '#/components/schemas/Error'}
    Animal:
      type: object
      discriminator: {propertyName: kind}
      required: [kind]
      properties: {kind: {type: string}}
    Dog: {allOf: [{$ref: '#/components/schemas/Animal'}, {type: object, properties: {bark: {type: boolean}}}]}
    Cat: {allOf: [{$ref: '#/components/schemas/Animal'}, {type: object, properties: {lives: {type: integer}}}]}
"""


def shape(of: Type | None, depth: int = 0) -> object:
    """A type as plain data, bounds and formats included, three objects deep."""
    match of:
        case Scalar():
            return of.kind, of.values, of.open, of.bounds
        case ListType(item):
            return "list", shape(item, depth), of.min_items, of.max_items
        case Nullable(inner) | MapType(_, inner):
            return type(of).__name__, shape(inner, depth)
        case Union(arms, tag, tags):
            return tuple(shape(arm, depth) for arm in arms), tag, tags
        case ObjectType() if depth < 3:
            fields = of.fields.items()
            return of.name, {name: (field.required, shape(field.type, depth + 1)) for name, field in fields}
    return type(of).__name__


def summary(document: Document) -> dict[str, object]:
    return {
        op.key: (
            (op.method, op.path, op.summary, op.security, op.server),
            [
                (p.name, p.location, p.required, p.style, p.explode, p.default, p.docs.description, shape(p.type))
                for p in op.parameters
            ],
            [(body.media_type, body.required, body.encoding, shape(body.type)) for body in op.bodies],
            [
                (
                    response.status,
                    response.description,
                    [(c.media_type, shape(c.type), c.example, c.has_example) for c in response.contents],
                    {name: (shape(header.type), header.docs) for name, header in response.headers.items()},
                )
                for response in op.responses
            ],
        )
        for op in document.operations()
    }


def test_both_give_the_same(read: ReadText) -> None:
    old, new = read(OLD, name="old.yaml"), read(NEW, name="new.yaml")
    found, expected = summary(old.document), summary(new.document)
    assert list(found) == ["listPets", "addPet", "sendForm", "upload", "download"]
    for key, operation in expected.items():
        assert found[key] == operation, key
    assert old.document.servers == new.document.servers
    assert old.document.security_schemes.keys() == new.document.security_schemes.keys()
    assert old.document.schema_names() == new.document.schema_names()
    assert old.codes == new.codes == []
