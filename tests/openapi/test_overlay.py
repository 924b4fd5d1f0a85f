"""Overlays: a document mended without being edited, with places in both files."""

from __future__ import annotations

from typing import Any

import pytest

from bffgen.diagnostics.model import Diagnostics
from bffgen.openapi.overlay.apply import apply_overlay
from bffgen.source.nodes import Node, parse_nodes
from bffgen.source.text import SourceFile
from bffgen.typesystem.model import INTEGER, TEXT, ListType, ObjectType, Scalar

from .conftest import ReadText


def applied(document: str, *actions: str) -> tuple[Node | None, Diagnostics]:
    diags = Diagnostics()
    listed = "\n".join(f"- {{{action}}}" for action in actions)
    overlay = parse_nodes(SourceFile("o.yaml", f"overlay: 1.0.0\nactions:\n{listed}\n"), diags)
    root = parse_nodes(SourceFile("a.yaml", document), diags)
    assert root is not None and overlay is not None
    return apply_overlay(root, overlay, diags), diags


DOCUMENT = "{a: {n: 1, l: [1, 2], m: {x: 1}, nul: null}, b: [{k: x, v: 1}, {k: y, v: 2}, {k: z}], c: {d: {n: 1}}}"
A: dict[str, Any] = {"n": 1, "l": [1, 2], "m": {"x": 1}, "nul": None}
B: list[dict[str, Any]] = [{"k": "x", "v": 1}, {"k": "y", "v": 2}, {"k": "z"}]
C: dict[str, Any] = {"d": {"n": 1}}


@pytest.mark.parametrize(
    ("actions", "result"),
    [
        (["target: $.c, update: {e: 1}"], {"a": A, "b": B, "c": {**C, "e": 1}}),
        (["target: $.c, update: {d: {o: {p: 1}}}"], {"a": A, "b": B, "c": {"d": {"n": 1, "o": {"p": 1}}}}),
        (["target: $, update: {c: {d: {n: 2}}}"], {"a": A, "b": B, "c": {"d": {"n": 2}}}),
        (["target: $.a, update: {n: {x: 1}}"], {"a": {**A, "n": {"x": 1}}, "b": B, "c": C}),
        (["target: $.a, update: {n: [x, y]}"], {"a": {**A, "n": ["x", "y"]}, "b": B, "c": C}),
        (["target: $.a, update: {l: [3]}"], {"a": {**A, "l": [1, 2, 3]}, "b": B, "c": C}),
        (["target: $.a, update: {m: 7}"], {"a": {**A, "m": 7}, "b": B, "c": C}),
        (["target: $.a, update: {m: , l: , nul: 1}"], {"a": {**A, "nul": 1}, "b": B, "c": C}),
        (["target: $.a.l, update: 3"], {"a": {**A, "l": [1, 2, 3]}, "b": B, "c": C}),
        (["target: $.a.l, update: [3, 4]"], {"a": {**A, "l": [1, 2, 3, 4]}, "b": B, "c": C}),
        (["target: $.b, update: {k: w}"], {"a": A, "b": [*B, {"k": "w"}], "c": C}),
        (["target: $.a.n, update: 5"], {"a": {**A, "n": 5}, "b": B, "c": C}),
        (["target: '$.b[0].v', update: 5"], {"a": A, "b": [{"k": "x", "v": 5}, *B[1:]], "c": C}),
        (["target: '$.a.l[0]', update: 5"], {"a": {**A, "l": [5, 2]}, "b": B, "c": C}),
        (["target: $.c.d, remove: true"], {"a": A, "b": B, "c": {}}),
        (["target: '$.b[?@.v > 1]', remove: true"], {"a": A, "b": [B[0], B[2]], "c": C}),
        (["target: '$.b[?@.v]', remove: true"], {"a": A, "b": [B[2]], "c": C}),
        (["target: '$.b[0,1,2]', remove: true"], {"a": A, "b": [], "c": C}),
        (["target: '$.a.l[?@ == 2]', remove: true"], {"a": {**A, "l": [1]}, "b": B, "c": C}),
        (["target: $..n, update: 9"], {"a": {**A, "n": 9}, "b": B, "c": {"d": {"n": 9}}}),
        (["target: '$.b[*]', update: {t: [q]}"], {"a": A, "b": [{**b, "t": ["q"]} for b in B], "c": C}),
        (["target: $.c, remove: true", "target: $, update: {c: 1}"], {"a": A, "b": B, "c": 1}),
        (["target: $, update: {e: {}}", "target: $.e, update: {f: 1}", "target: $.e.f, update: 2"],
         {"a": A, "b": B, "c": C, "e": {"f": 2}}),
        (["target: $.c, copy: $.a.m"], {"a": A, "b": B, "c": {**C, "x": 1}}),
        (["target: $, update: {e: {}}", "target: $.e, copy: $.c", "target: $.c, remove: true"],
         {"a": A, "b": B, "e": C}),
        (["target: $.a, copy: $.c", "target: $.c.d, update: {n: 2}"], {"a": {**A, **C}, "b": B, "c": {"d": {"n": 2}}}),
        (["target: $.a.l, remove: false, update: 3"], {"a": {**A, "l": [1, 2, 3]}, "b": B, "c": C}),
        (["target: $.a.l, remove: true, update: 3"], {"a": {k: v for k, v in A.items() if k != "l"}, "b": B, "c": C}),
        (["target: $.c, update: {x-a: 1}, description: why, x-b: 2"], {"a": A, "b": B, "c": {**C, "x-a": 1}}),
    ],
)  # fmt: skip
def test_actions(actions: list[str], result: Any) -> None:
    got, diags = applied(DOCUMENT, *actions)
    assert not diags.has_errors, [found.message for found in diags.sorted()]
    assert got is not None and got.data() == result
    untouched = parse_nodes(SourceFile("a.yaml", DOCUMENT), diags)
    assert untouched is not None and untouched.data() == {"a": A, "b": B, "c": C}


@pytest.mark.parametrize(
    ("action", "code", "place", "message"),
    [
        ("target: $.d, update: {}", "BFF508", "$.d", "changes nothing in `a.yaml`"),
        ("target: '$.b[?@.k == 1]', remove: true", "BFF508", "'$.b[?@.k == 1]'", "changes nothing"),
        ("target: a.b, update: {}", "BFF509", "a", "begins with `$`"),
        ("target: $.a['n, update: {}", "BFF509", "'n, update: {}}\n", None),
        ("target: 7, update: {}", "BFF509", "7", "a `target`, a JSONPath"),
        ("update: {}", "BFF509", "{update: {}}", "a `target`, a JSONPath"),
        ("target: $.a", "BFF509", "{target: $.a}", "an `update`, or `remove: true`"),
        ("target: $.a, remove: false", "BFF509", "{target: $.a, remove: false}", "an `update`, or `remove: true`"),
        ("target: $.a, update: {}, copy: $.c", "BFF509", "copy", "an `update` or a `copy`, not both"),
        ("target: $.a, updte: {}", "BFF509", "updte", "no key `updte`"),
        ("target: $, remove: true", "BFF509", "$", "whole document"),
        ("target: $.a, update: 7", "BFF509", "7", "a single value cannot be laid over a mapping"),
        ("target: $.a, update: [1]", "BFF509", "[1]", "a list cannot be laid over a mapping"),
        ("target: $.a.n, update: {x: 1}", "BFF509", "{x: 1}", "a mapping cannot be laid over a single value"),
        ("target: $.a, copy: $.none", "BFF509", "$.none", "leads to none"),
        ("target: $.a, copy: '$.b[*]'", "BFF509", "'$.b[*]'", "leads to 3"),
    ],
)
def test_what_is_wrong_with_an_action(action: str, code: str, place: str, message: str | None) -> None:
    if message is None:
        action, place, message = 'target: "$.a[\'n", update: {}', "'n", "closing quote"
    got, diags = applied(DOCUMENT, action)
    assert got is None
    (found,) = diags.sorted()
    assert (found.code, found.primary.span.text) == (code, place)
    assert message in found.message


def test_each_action_that_is_wrong_is_said() -> None:
    got, diags = applied(DOCUMENT, "target: $.x, update: {}", "target: $.c, update: {}", "target: $.y, remove: true")
    assert got is None
    assert [found.primary.span.text for found in diags.sorted()] == ["$.x", "$.y"]
    assert "there is no `x` in `$`" in (diags.sorted()[0].note or "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("openapi: 3.1.0", "no key `overlay`"),
        ("[1]", "no key `overlay`"),
        ("overlay: 1.2.0\nactions: [{target: $, update: {}}]", "1.2.0; the versions that are read are 1.0 and 1.1"),
        ("overlay: {}\nactions: []", "without a version number"),
        ("overlay: 1.0.0", "a list of `actions`"),
        ("overlay: 1.0.0\nactions: []", "a list of `actions`"),
        ("overlay: 1.0.0\nactions: {target: $}", "a list of `actions`"),
    ],
)
def test_files_that_are_no_overlay(read: ReadText, text: str, message: str) -> None:
    got = read("openapi: 3.1.0\npaths: {}", overlay=text)
    assert got.maybe is None
    assert got.codes == ["BFF509"] and message in got.messages[0]


def test_growth_has_an_end() -> None:
    grow = ["target: $..*, update: {a: {b: 1}, c: {d: 1}}"] * 40
    got, diags = applied("{a: {}}", "target: $.a, update: {b: {c: {}}}", *grow)
    assert got is None
    assert {found.code for found in diags.sorted()} == {"BFF509"}


MENDED = """
    openapi: 3.0.3
    servers: [{url: http://old}]
    paths:
      /pets/{id}:
        get:
          parameters: [{name: id, in: path, required: true, schema: {type: string}}]
          responses:
            200: {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}
      /broken: {get: {operationId: broken, responses: {200: {$ref: '#/nowhere'}}}}
    components:
      schemas:
        Pet: {type: object, properties: {name: {type: string}, age: {type: string}}}
        Broken: {twice: 1, twice: 2}
"""
OVERLAY = """
    overlay: 1.0.0
    info: {title: t, version: 1.0.0}
    extends: api.yaml
    actions:
    - target: $.servers
      update: {url: http://unused}
    - target: $.paths['/pets/{id}'].get
      update: {operationId: getPet, parameters: [{name: q, in: query, schema: {$ref: '#/components/schemas/Kind'}}]}
    - target: $.paths.*.get.parameters[?@.name == 'id'].schema
      update: {type: integer}
    - target: $.components.schemas
      update:
        Kind: {type: string, enum: [cat, dog]}
        Pet: {required: [name], properties: {kind: {$ref: '#/components/schemas/Kind'}, more: {$ref: more.yaml}}}
    - target: $.components.schemas.Pet.properties.age
      remove: true
    - target: $.paths
      update:
        /pets:
          get:
            operationId: listPets
            responses:
              200:
                description: d
                content:
                  application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Pet'}}}
"""


def test_a_document_under_an_overlay(read: ReadText) -> None:
    files = {"more.yaml": "{type: object, properties: {back: {$ref: 'api.yaml#/components/schemas/Pet'}}}"}
    got = read(MENDED, overlay=OVERLAY, files=files)
    operation = got.operation("getPet")
    assert {p.name: p.type for p in operation.parameters} == {
        "id": INTEGER,
        "q": Scalar(TEXT.kind, ("cat", "dog")),
    }
    pet = operation.success()[0].type
    assert isinstance(pet, ObjectType) and pet is got.object("Pet")
    assert {name: f.required for name, f in pet.fields.items()} == {"name": True, "kind": False, "more": False}
    more = pet.fields["more"].type
    assert isinstance(more, ObjectType) and more.fields["back"].type is pet
    assert got.operation("list_pets").success()[0].type == ListType(pet)
    assert got.document.servers == ("http://old", "http://unused")
    assert got.document.operation_names() == ["getPet", "broken", "listPets"]
    assert got.codes == []


def test_places_are_where_each_thing_is_written(read: ReadText) -> None:
    got = read(MENDED, overlay=OVERLAY, files={"more.yaml": "{type: string}"})
    pet, operation = got.object("Pet"), got.operation("getPet")
    spans = [
        operation.span,
        operation.parameters[0].span,
        operation.parameters[1].span,
        pet.span,
        pet.fields["name"].span,
        pet.fields["kind"].span,
    ]
    found = [(span.file.path.rpartition("/")[2], span.text) for span in spans if span is not None]
    assert found == [
        ("api.overlay.yaml", "getPet"),
        ("api.yaml", "id"),
        ("api.overlay.yaml", "q"),
        ("api.yaml", "Pet"),
        ("api.yaml", "name"),
        ("api.overlay.yaml", "kind"),
    ]


def test_a_finding_in_what_the_overlay_added_points_at_the_overlay(read: ReadText) -> None:
    changes = """
        overlay: 1.0.0
        actions:
        - target: $.components.schemas.Pet.properties
          update: {odd: {$ref: '#/components/schemas/Odd'}}
    """
    got = read(MENDED, overlay=changes)
    assert got.object("Pet").fields["odd"].type is not None
    (found,) = got.diags.sorted()
    assert (found.code, found.primary.span.file.path.rpartition("/")[2]) == ("BFF502", "api.overlay.yaml")


def test_what_no_action_reaches_stays_unread(read: ReadText) -> None:
    changes = "overlay: 1.0.0\nactions: [{target: $.info, update: {title: t}}]"
    got = read(MENDED + "    info: {}\n", overlay=changes)
    assert got.operation("GET /pets/{id}").success()[0].type is got.object("Pet")
    assert got.codes == []


def test_swagger_under_an_overlay(read: ReadText) -> None:
    got = read(
        "swagger: '2.0'\npaths: {/a: {get: {responses: {200: {description: d}}}}}",
        overlay="""
            overlay: 1.1.0
            actions:
            - target: $.paths['/a'].get
              update: {operationId: op, parameters: [{name: l, in: query, type: array, items: {type: integer}}]}
            - target: $.paths['/a'].get.responses[200]
              update: {schema: {$ref: '#/definitions/T'}}
            - target: $
              update: {definitions: {T: {type: string}}, host: api.example.com, schemes: [https]}
        """,
    )
    operation = got.operation()
    assert operation.success()[0].type == TEXT
    assert [(p.type, p.explode) for p in operation.parameters] == [(ListType(INTEGER), False)]
    assert got.document.servers == ("https://api.example.com",)
