"""3.1 and 3.2: methods, servers of operations, whole query strings."""

from __future__ import annotations

import pytest

from bffgen.openapi.model import Operation
from bffgen.typesystem.model import INTEGER, TEXT, ListType, ObjectType, Scalar

from .conftest import ReadText


def test_methods(paths: ReadText) -> None:
    got = paths(
        """
        /a:
          query:
            operationId: ask
            requestBody: {content: {application/json: {schema: {type: integer}}}}
            responses: {200: {description: d, content: {application/json: {schema: {type: string}}}}}
          additionalOperations:
            COPY: {operationId: copyA, responses: {}}
            Link: {responses: {}}
          parameters: [{name: q, in: query, schema: {type: string}}]
        """,
        version="3.2.0",
    )
    ask, copy, link = got.operation("ask"), got.operation("copyA"), got.operation("LINK /a")
    assert (ask.method, copy.method, link.method) == ("QUERY", "COPY", "LINK")
    assert ask.body is not None and ask.body.type == INTEGER
    assert [p.name for p in copy.parameters] == ["q"]
    assert (link.span.text, copy.span.text) == ("Link", "copyA")


SERVED = """
    /plain: {{get: {{operationId: op, responses: {{}}{op}}}{item}}}
"""


@pytest.mark.parametrize(
    ("document", "item", "op", "server"),
    [
        ("https://a.example.com/v1", "", "", None),
        ("https://a.example.com/v1", "", "https://b.example.com/up", "https://b.example.com/up"),
        ("https://a.example.com/v1", "https://b.example.com/up", "", "https://b.example.com/up"),
        ("https://a.example.com/v1", "https://b.example.com", "https://c.example.com", "https://c.example.com"),
        ("https://a.example.com/v1", "", "https://a.example.com/v1/", None),
        ("https://a.example.com/v1", "https://b.example.com", "https://a.example.com/v1", None),
        ("https://a.example.com/v1", "", "/v2", "https://a.example.com/v2"),
        ("/v1", "", "/v2", "/v2"),
        ("/v1", "", "https://b.example.com", "https://b.example.com"),
        ("", "", "https://b.example.com", "https://b.example.com"),
    ],
)
def test_servers_of_operations(paths: ReadText, document: str, item: str, op: str, server: str | None) -> None:
    def servers(url: str) -> str:
        return f", servers: [{{url: '{url}'}}]" if url else ""

    more = f"servers: [{{url: '{document}'}}]" if document else ""
    got = paths(SERVED.format(op=servers(op), item=servers(item)), more=more)
    assert got.operation().server == server


def test_variables_of_the_server_of_an_operation(paths: ReadText) -> None:
    got = paths("""
        /a:
          get:
            operationId: op
            responses: {}
            servers: [{url: 'https://{where}.example.com', variables: {where: {default: eu}}}]
    """)
    assert got.operation().server == "https://eu.example.com"


def test_a_whole_query_string(paths: ReadText) -> None:
    got = paths(
        """
        /a:
          get:
            operationId: op
            responses: {}
            parameters:
            - name: all
              in: querystring
              required: true
              content: {application/x-www-form-urlencoded: {schema: {$ref: '#/components/schemas/Q'}}}
        """,
        version="3.2.0",
        more="""
        components:
          schemas:
            Q:
              required: [a]
              properties:
                a: {type: integer, description: first, default: 3}
                b: {type: array, items: {type: string}}
        """,
    )
    operation: Operation = got.operation()
    assert [(p.name, p.location, p.required, p.style, p.explode, p.type) for p in operation.parameters] == [
        ("a", "query", True, "form", True, INTEGER),
        ("b", "query", False, "form", True, ListType(TEXT)),
    ]
    assert (operation.parameters[0].docs.description, operation.parameters[0].default) == ("first", 3)
    assert operation.parameters[0].span.text == "a"


def test_a_query_string_that_is_no_form(paths: ReadText) -> None:
    got = paths(
        "/a: {get: {operationId: op, responses: {}, parameters: "
        "[{name: q, in: querystring, content: {application/json: {schema: {}}}}]}}",
        version="3.2.0",
    )
    assert got.operation().parameters == ()
    assert got.codes == ["BFF505"]


def test_both_styles_of_null_in_one_document(schemas: ReadText) -> None:
    for version in ("3.0.3", "3.1.0"):
        got = schemas(
            """
            T:
              properties:
                a: {type: string, nullable: true}
                b: {type: [string, 'null']}
                c: {anyOf: [{type: string}, {type: 'null'}]}
                d: {anyOf: [{type: string, nullable: true}, {type: 'null'}]}
                e: {$ref: '#/components/schemas/N', nullable: true}
                f: {oneOf: [{$ref: '#/components/schemas/N'}, {type: 'null'}]}
                g: {allOf: [{$ref: '#/components/schemas/N'}], x-nullable: true}
            N: {type: string}
            """,
            version=version,
        )
        types = {field.type for field in got.object("T").fields.values()}
        assert len(types) == 1 and str(types.pop()) == f"Nullable(of={TEXT})"


def test_security(read: ReadText) -> None:
    document = read("""
        openapi: 3.1.0
        components:
          securitySchemes:
            bearer: {type: http, scheme: Bearer, in: header, name: Authorization}
            cookie: {type: apiKey, in: cookie, name: sid}
            oidc: {type: openIdConnect, openIdConnectUrl: x}
            shared: {$ref: '#/components/securitySchemes/bearer'}
            odd: {type: magic}
        paths: {/a: {get: {operationId: a, security: [{bearer: [], cookie: []}, {oidc: [x]}]}}}
    """).document
    found = {name: (s.kind, s.scheme, s.location, s.parameter) for name, s in document.security_schemes.items()}
    assert found == {
        "bearer": ("http", "bearer", None, None),
        "cookie": ("apiKey", None, "cookie", "sid"),
        "oidc": ("openIdConnect", None, None, None),
        "shared": ("http", "bearer", None, None),
    }
    (operation,) = document.operations()
    assert operation.security == (("bearer", "cookie"), ("oidc",))


def test_a_document_without_named_schemas(paths: ReadText) -> None:
    got = paths("""
        /a:
          get:
            operationId: getA
            responses:
              default:
                content:
                  '': {schema: {type: object, properties: {kids: {type: array, items: {enum: [x]}}}}}
    """)
    (only,) = got.operation("getA").success()
    assert only.status == "default" and isinstance(only.type, ObjectType)
    assert only.type.name == "GetAResponseDefault"
    kids = only.type.fields["kids"].type
    assert isinstance(kids, ListType) and isinstance(kids.item, Scalar) and kids.item.open
    assert got.document.schema_names() == [] and got.document.schema("Kids", request=False) is None
