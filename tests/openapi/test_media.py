"""Forms, files, streams, several media types: what is not one JSON value."""

from __future__ import annotations

import pytest

from bffgen.openapi.model import Encoding
from bffgen.typesystem.model import (
    BYTES,
    INTEGER,
    TEXT,
    UNKNOWN,
    ListType,
    Nullable,
    ObjectType,
    Type,
    Union,
)

from .conftest import Read, ReadText


def body_of(paths: ReadText, content: str, more: str = "", version: str = "3.1.0") -> Read:
    written = f"/a: {{post: {{operationId: op, responses: {{}}, requestBody: {{content: {content}}}}}}}"
    return paths(written, more=more, version=version)


@pytest.mark.parametrize(
    ("schema", "of"),
    [
        ("{type: string, format: binary}", BYTES),
        ("{format: binary}", BYTES),
        ("{type: string, contentMediaType: application/octet-stream}", BYTES),
        ("{contentMediaType: image/png}", BYTES),
        ("{type: file}", BYTES),
        ("{type: array, items: {type: string, format: binary}, maxItems: 3}", ListType(BYTES)),
        ("{type: array, items: {$ref: '#/components/schemas/File'}}", ListType(BYTES)),
        ("{$ref: '#/components/schemas/File'}", BYTES),
        ("{anyOf: [{type: string, format: binary}, {type: 'null'}]}", Nullable(BYTES)),
        ("{type: [string, 'null'], format: binary}", Nullable(BYTES)),
        ("{type: string, format: binary, nullable: true}", Nullable(BYTES)),
        ("{type: string}", TEXT),
        ("{type: string, format: byte}", TEXT),
        ("{type: string, contentEncoding: base64, contentMediaType: image/png}", TEXT),
        ("{type: string, contentMediaType: text/html}", TEXT),
        ("{type: string, contentMediaType: application/json}", TEXT),
        ("{type: integer}", INTEGER),
        ("{}", UNKNOWN),
    ],
)
def test_fields_of_a_multipart_body(paths: ReadText, schema: str, of: Type) -> None:
    got = body_of(
        paths,
        f"{{multipart/form-data: {{schema: {{type: object, required: [f], properties: {{f: {schema}}}}}}}}}",
        "components: {schemas: {File: {type: string, format: binary, description: a file}}}",
    )
    body = got.operation().body
    assert body is not None and body.is_multipart and body.is_form and not body.is_json
    assert isinstance(body.type, ObjectType)
    field = body.type.fields["f"]
    assert (field.type, field.required) == (of, True)
    assert field.span is not None and field.span.text == "f"


def test_a_named_schema_is_a_form_only_as_one(paths: ReadText) -> None:
    got = paths(
        "/a: {post: {operationId: op, responses: {200: {content: {application/json: {schema: "
        "{$ref: '#/components/schemas/Up'}}}}}, requestBody: "
        "{content: {multipart/form-data: {schema: {$ref: '#/components/schemas/Up'}}}}}}",
        more="components: {schemas: {Up: {properties: {f: {type: string, format: binary}, n: {type: string}}}}}",
    )
    operation = got.operation()
    assert operation.body is not None
    sent, back = operation.body.type, operation.responses[0].type
    assert isinstance(sent, ObjectType) and isinstance(back, ObjectType)
    assert (sent.name, sent.fields["f"].type, back.fields["f"].type) == ("Up", BYTES, TEXT)
    assert sent.fields["n"].type == TEXT


def test_how_fields_of_a_form_are_written(paths: ReadText) -> None:
    got = body_of(
        paths,
        """{multipart/form-data: {
            schema: {properties: {meta: {type: object}, icon: {type: string}, tags: {type: array}, all: {}, d: {}}},
            encoding: {
                meta: {contentType: application/json},
                icon: {contentType: 'image/png, image/jpeg', headers: {X-A: {schema: {type: string}}}},
                tags: {style: form, explode: false}, all: {style: pipeDelimited}, d: {style: deepObject},
                raw: {allowReserved: true}, bad: 7}}}""",
    )
    body = got.operation().body
    assert body is not None
    assert body.encoding == {
        "meta": Encoding("application/json"),
        "icon": Encoding("image/png, image/jpeg"),
        "tags": Encoding(None, "form", False),
        "all": Encoding(None, "pipeDelimited", False),
        "d": Encoding(None, "deepObject", True),
        "raw": Encoding(None, "form", True, True),
    }
    assert isinstance(body.type, ObjectType) and body.type.fields["icon"].type == BYTES


def test_a_url_encoded_form(paths: ReadText) -> None:
    got = body_of(
        paths,
        "{application/x-www-form-urlencoded: {schema: {properties: {a: {type: integer}, at: {type: object}}}, "
        "encoding: {at: {style: deepObject, explode: true}}}}",
    )
    body = got.operation().body
    assert body is not None and body.is_form and not body.is_multipart
    assert isinstance(body.type, ObjectType) and body.type.fields["a"].type == INTEGER
    assert body.encoding == {"at": Encoding(None, "deepObject", True)}


def test_bodies_of_several_media_types(paths: ReadText) -> None:
    got = body_of(
        paths,
        "{image/png: {}, multipart/form-data: {schema: {properties: {f: {format: binary}}}}, text/plain: {}, "
        "application/vnd.x+json: {schema: {type: integer}}, application/json: {schema: {type: string}}}",
    )
    operation = got.operation()
    assert [body.media_type for body in operation.bodies] == [
        "application/json",
        "application/vnd.x+json",
        "multipart/form-data",
        "image/png",
        "text/plain",
    ]
    assert operation.body is operation.bodies[0]
    assert [body.type for body in operation.bodies if not body.is_form] == [TEXT, INTEGER, BYTES, TEXT]


def test_replies_of_several_media_types(paths: ReadText) -> None:
    got = paths("""
        /a:
          get:
            operationId: op
            responses:
              200:
                description: d
                content:
                  text/csv: {schema: {type: string}}
                  application/json: {schema: {type: integer}, example: 3}
                  application/pdf: {}
              204: {description: none, content: {application/json: {}}}
              202: {description: empty}
    """)
    ok, none, empty = got.operation().responses
    assert [(c.media_type, c.type, c.description) for c in ok.contents] == [
        ("application/json", INTEGER, "d"),
        ("text/csv", TEXT, "d"),
        ("application/pdf", BYTES, "d"),
    ]
    assert ok.content is ok.contents[0] and ok.content.example == 3
    assert none.contents == () and empty.contents == ()


STREAMS = """
components:
  schemas:
    Log: {type: object, required: [at], properties: {at: {type: integer}}}
    Tick: {type: object, properties: {data: {type: string}, event: {const: tick}, id: {type: string}}}
    Event:
      oneOf:
      - {properties: {event: {const: log}, data: {contentMediaType: application/json,
          contentSchema: {$ref: '#/components/schemas/Log'}}}}
      - {properties: {event: {const: count}, data: {type: integer}}}
"""


@pytest.mark.parametrize(
    ("media_type", "media", "item"),
    [
        ("application/jsonl", "{itemSchema: {$ref: '#/components/schemas/Log'}}", "Log"),
        ("application/x-ndjson", "{schema: {$ref: '#/components/schemas/Log'}}", "Log"),
        ("application/json-seq", "{itemSchema: {type: integer}}", INTEGER),
        ("application/geo+json-seq", "{schema: {type: array, items: {$ref: '#/components/schemas/Log'}}}", "Log"),
        ("application/x-ndjson", "{schema: {type: string}}", UNKNOWN),
        ("application/x-ndjson", "{}", UNKNOWN),
        ("application/x-ndjson", "", UNKNOWN),
        ("text/event-stream", "{itemSchema: {$ref: '#/components/schemas/Log'}}", "Log"),
        ("text/event-stream", "{schema: {$ref: '#/components/schemas/Log'}}", "Log"),
        ("text/event-stream", "{schema: {type: array, items: {$ref: '#/components/schemas/Log'}}}", "Log"),
        ("text/event-stream; charset=utf-8", "{schema: {type: string}}", TEXT),
        ("text/event-stream", "{}", TEXT),
        ("text/event-stream", "{itemSchema: {$ref: '#/components/schemas/Tick'}}", TEXT),
        ("text/event-stream", "{itemSchema: {properties: {data: {$ref: '#/components/schemas/Log'}}}}", "Log"),
        ("application/json", "{itemSchema: {type: integer}}", None),
        ("image/png", "{}", None),
    ],
)
def test_what_a_stream_is_made_of(paths: ReadText, media_type: str, media: str, item: object) -> None:
    got = paths(
        f"/a: {{get: {{operationId: op, responses: {{200: {{content: {{'{media_type}': {media}}}}}}}}}}}", more=STREAMS
    )
    content = got.operation().responses[0].content
    expected = got.object("Log") if item == "Log" else item
    assert content.item_type == expected
    assert content.media_type == media_type
    assert got.codes == []


def test_events_of_several_kinds(paths: ReadText) -> None:
    got = paths(
        "/a: {get: {operationId: op, responses: {200: {content: "
        "{text/event-stream: {itemSchema: {$ref: '#/components/schemas/Event'}}}}}}}",
        more=STREAMS,
    )
    item = got.operation().responses[0].content.item_type
    assert isinstance(item, Union) and set(item.arms) == {got.object("Log"), INTEGER}


def test_a_stream_beside_json(paths: ReadText) -> None:
    got = paths(
        "/a: {post: {operationId: op, responses: {200: {content: {application/json: {schema: {type: integer}}, "
        "text/event-stream: {schema: {$ref: '#/components/schemas/Log'}}}}}}}",
        more=STREAMS,
    )
    whole, parts = got.operation().responses[0].contents
    assert (whole.type, whole.item_type) == (INTEGER, None)
    assert (parts.media_type, parts.item_type) == ("text/event-stream", got.object("Log"))


def test_media_types_that_are_shared(paths: ReadText) -> None:
    """3.2: a media type may be a reference, and an example may be data."""
    got = paths(
        "/a: {get: {operationId: op, responses: {200: {content: "
        "{application/json: {$ref: '#/components/mediaTypes/M'}}}}}}",
        version="3.2.0",
        more="components: {mediaTypes: {M: {schema: {type: integer}, examples: {a: {dataValue: 3}}}}}",
    )
    content = got.operation().responses[0].content
    assert (content.type, content.example) == (INTEGER, 3)
