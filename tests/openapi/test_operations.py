"""Parameters, bodies and responses of an operation."""

from __future__ import annotations

import pytest

from bffgen.openapi.model import Operation
from bffgen.typesystem.model import BYTES, INTEGER, TEXT, UNKNOWN, ListType, ObjectType, Scalar

from .conftest import Read, ReadText


def operation_of(got: Read, key: str = "op") -> Operation:
    found = got.document.operation(key)
    assert found is not None
    return found


def test_parameters_of_path_and_operation(paths: ReadText) -> None:
    operation = operation_of(
        paths("""
        /users/{id}:
          parameters:
          - {name: id, in: path, required: true, schema: {type: integer, minimum: 1}, description: whose}
          - {name: lang, in: query, schema: {type: string}}
          - {name: id, in: query, schema: {type: string}}
          get:
            operationId: op
            parameters:
            - {name: lang, in: query, required: true, schema: {type: string, default: en, example: de}}
            - {name: lang, in: header, schema: {type: string}}
            - {name: Authorization, in: header, schema: {type: string}}
            - {name: '', in: query}
            responses: {}
    """)
    )
    found = [(p.location, p.name, p.required) for p in operation.parameters]
    assert found == [
        ("path", "id", True),
        ("query", "lang", True),
        ("query", "id", False),
        ("header", "lang", False),
    ]
    whose, lang = operation.parameters[:2]
    assert isinstance(whose.type, Scalar) and whose.type.bounds.minimum == 1
    assert whose.docs.description == "whose"
    assert (lang.default, lang.docs.example) == ("en", "de")
    assert whose.span.file.text[whose.span.start : whose.span.end] == "id"


@pytest.mark.parametrize(
    ("written", "style", "explode"),
    [
        ("{in: query}", "form", True),
        ("{in: query, explode: false}", "form", False),
        ("{in: query, style: pipeDelimited}", "pipeDelimited", False),
        ("{in: query, style: spaceDelimited, explode: true}", "spaceDelimited", True),
        ("{in: query, style: deepObject}", "deepObject", True),
        ("{in: query, style: simple}", "form", True),
        ("{in: path}", "simple", False),
        ("{in: path, style: label, explode: true}", "label", True),
        ("{in: path, style: matrix}", "matrix", False),
        ("{in: header}", "simple", False),
        ("{in: cookie}", "form", True),
    ],
)
def test_styles(paths: ReadText, written: str, style: str, explode: bool) -> None:
    got = paths(f"/a/{{p}}: {{get: {{operationId: op, responses: {{}}, parameters: [{{name: p, {written[1:]}]}}}}")
    (parameter,) = [p for p in operation_of(got).parameters if p.location in written]
    assert (parameter.style, parameter.explode, parameter.json) == (style, explode, False)


def test_parameters_with_content(paths: ReadText) -> None:
    got = paths("""
        /a:
          get:
            operationId: op
            parameters:
            - {name: filter, in: query, content: {application/json: {schema: {properties: {a: {type: string}}}}}}
            - {name: text, in: query, content: {text/plain: {schema: {type: string}}}}
            - {name: free, in: query, allowReserved: true}
            responses: {}
    """)
    first, second, third = operation_of(got).parameters
    assert first.json and isinstance(first.type, ObjectType) and first.type.request
    assert not second.json and second.type == TEXT
    assert third.allow_reserved and third.type == UNKNOWN


def test_a_parameter_without_place_is_reported(paths: ReadText) -> None:
    got = paths("/a: {get: {operationId: op, responses: {}, parameters: [{name: x, in: body}, {in: query}, 7]}}")
    assert operation_of(got).parameters == ()
    assert got.codes == ["BFF504", "BFF504"]


def test_path_parameters_are_those_of_the_path(paths: ReadText) -> None:
    got = paths("""
        /a/{undeclared}/{id:[0-9]+}/x.{ext}:
          get:
            operationId: op
            parameters:
            - {name: id, in: path, schema: {type: integer}}
            - {name: elsewhere, in: path, schema: {type: integer}}
            responses: {}
    """)
    operation = operation_of(got)
    assert operation.path == "/a/{undeclared}/{id}/x.{ext}"
    assert {p.name: p.type for p in operation.parameters} == {"id": INTEGER, "undeclared": TEXT, "ext": TEXT}
    assert all(p.required for p in operation.parameters)


@pytest.mark.parametrize(
    ("content", "media_type", "type_name"),
    [
        ("{application/json: {schema: {type: integer}}}", "application/json", INTEGER),
        ("{application/xml: {}, application/json: {schema: {type: integer}}}", "application/json", INTEGER),
        ("{text/json: {}, application/json: {schema: {type: integer}}}", "application/json", INTEGER),
        ("{application/vnd.x+json: {schema: {type: integer}}}", "application/vnd.x+json", INTEGER),
        ("{'application/json; profile=\"a\"': {schema: {type: integer}}}", 'application/json; profile="a"', INTEGER),
        ("{application/json;charset=utf-8: {schema: {type: integer}}}", "application/json;charset=utf-8", INTEGER),
        ("{application/json: {}}", "application/json", UNKNOWN),
        ("{application/json: }", "application/json", UNKNOWN),
    ],
)
def test_json_on_both_sides(paths: ReadText, content: str, media_type: str, type_name: object) -> None:
    got = paths(f"/a: {{post: {{operationId: op, requestBody: &c {{content: {content}}}, responses: {{200: *c}}}}}}")
    operation = operation_of(got)
    assert operation.body is not None and operation.body.is_json
    assert (operation.body.media_type, operation.body.type) == (media_type, type_name)
    assert (operation.responses[0].media_type, operation.responses[0].type) == (media_type, type_name)
    assert got.codes == []


@pytest.mark.parametrize(
    ("content", "media_type", "type_name"),
    [
        ("{'*/*': {schema: {type: integer}}}", "*/*", INTEGER),
        ("{'': {schema: {type: integer}}}", "", INTEGER),
        ("{'*/*;charset=UTF-8': {schema: {type: integer}}}", "*/*;charset=UTF-8", INTEGER),
        ("{'*/*': {schema: {type: string, format: binary}}}", "*/*", BYTES),
        ("{image/png: {schema: {type: string}}}", "image/png", BYTES),
        ("{application/pdf: }", "application/pdf", BYTES),
        ("{application/xml: {schema: {type: object}}}", "application/xml", BYTES),
        ("{text/plain: {schema: {type: string}}}", "text/plain", TEXT),
        ("{text/csv;charset=utf-8: {}}", "text/csv;charset=utf-8", TEXT),
        ("{application/x-ndjson: {schema: {type: string}}}", "application/x-ndjson", BYTES),
        ("{text/csv: {}, image/png: {}}", "text/csv", TEXT),
        ("{text/html: {}, application/problem+json: {schema: {type: integer}}}", "application/problem+json", INTEGER),
        ("{image/png: {}, '*/*': {schema: {type: integer}}}", "*/*", INTEGER),
        ("{}", None, None),
    ],
)
def test_other_replies(paths: ReadText, content: str, media_type: str | None, type_name: object) -> None:
    got = paths(f"/a: {{get: {{operationId: op, responses: {{200: {{content: {content}}}}}}}}}")
    response = operation_of(got).responses[0]
    assert (response.media_type, response.type) == (media_type, type_name)


@pytest.mark.parametrize(
    ("content", "media_type", "of"),
    [
        ("{'*/*': {schema: {type: integer}}}", "application/json", INTEGER),
        ("{application/octet-stream: {}}", "application/octet-stream", BYTES),
        ("{text/plain: {schema: {type: string}}}", "text/plain", TEXT),
        ("{image/png: {}, multipart/form-data: {schema: {type: integer}}}", "multipart/form-data", INTEGER),
    ],
)
def test_other_bodies(paths: ReadText, content: str, media_type: str, of: object) -> None:
    got = paths(
        f"/a: {{post: {{operationId: op, responses: {{}}, requestBody: {{required: true, content: {content}}}}}}}"
    )
    body = operation_of(got).body
    assert body is not None and body.required
    assert (body.media_type, body.type, body.is_json) == (media_type, of, media_type == "application/json")


def test_responses(paths: ReadText) -> None:
    got = paths("""
        /a:
          get:
            operationId: getThing
            responses:
              200:
                description: fine
                headers:
                  ETag: {required: true, schema: {type: string}, description: version}
                  X-Total: {schema: {type: integer}}
                  Content-Type: {schema: {type: string}}
                content: {application/json: {schema: {properties: {address: {properties: {a: {type: string}}}}}}}
              '201': {description: made}
              204: {description: nothing, content: {application/json: {schema: {type: string}}}}
              2xx: {description: others}
              4XX: {description: bad, content: {application/json: {schema: {properties: {a: {type: string}}}}}}
              404: {description: gone}
              default: {description: else}
              x-note: {}
              600: {}
    """)
    operation = operation_of(got, "getThing")
    assert [r.status for r in operation.responses] == [200, 201, 204, "2XX", "4XX", 404, "default"]
    first, made, nothing = operation.responses[:3]
    assert isinstance(first.type, ObjectType) and first.type.name == "GetThingResponse"
    address = first.type.fields["address"].type
    assert isinstance(address, ObjectType) and address.name == "GetThingAddress"
    assert (made.type, nothing.type, first.description) == (None, None, "fine")
    assert {name: (h.name, h.type, h.required) for name, h in first.headers.items()} == {
        "etag": ("ETag", TEXT, True),
        "x-total": ("X-Total", INTEGER, False),
    }
    assert [r.status for r in operation.success()] == [200, 201, 204, "2XX"]
    found = [operation.failure(status) for status in (404, 409, 500)]
    assert [r.status for r in found if r] == [404, "4XX", "default"]
    assert first.span.file.text[first.span.start : first.span.end] == "200"


def test_default_stands_for_success_where_nothing_else_does(paths: ReadText) -> None:
    operation = operation_of(paths("/a: {get: {operationId: op, responses: {404: {}, default: {description: d}}}}"))
    assert [r.status for r in operation.success()] == ["default"]


def test_directions(paths: ReadText) -> None:
    got = paths(
        """
        /a:
          post:
            operationId: op
            parameters: [{name: kind, in: query, schema: {type: array, items: {enum: [a, b]}}}]
            requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/T'}}}}
            responses: {200: {content: {application/json: {schema: {$ref: '#/components/schemas/T'}}}}}
        """,
        more="components: {schemas: {T: {properties: {id: {type: string, readOnly: true}, kind: {enum: [a, b]}}}}}",
    )
    operation = operation_of(got)
    assert operation.body is not None
    sent, received = operation.body.type, operation.responses[0].type
    assert isinstance(sent, ObjectType) and isinstance(received, ObjectType)
    assert (list(sent.fields), list(received.fields)) == (["kind"], ["id", "kind"])
    kinds = [sent.fields["kind"].type, received.fields["kind"].type]
    assert [kind.open for kind in kinds if isinstance(kind, Scalar)] == [False, True]
    listed = operation.parameters[0].type
    assert isinstance(listed, ListType) and isinstance(listed.item, Scalar) and not listed.item.open
