"""Specs as written: backends, endpoints, responses; and the message for everything else."""

# ruff: noqa: E501 - a mistake and its message stand on one line
from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from bffgen.diagnostics.model import Diagnostics
from bffgen.source.nodes import parse_nodes
from bffgen.source.text import SourceFile
from bffgen.spec.keys import BACKEND, CALL, ENDPOINT, GUARD, PARAM, REACTION, SPEC, Table
from bffgen.spec.model import Const, Expr, ListValue, ObjectValue, TypeText
from bffgen.spec.parse import parse_spec
from bffgen.spec.schema import json_schema

from .read import HEAD, at, endpoint, findings, mistakes, parse, spec

TOUR = """\
# yaml-language-server: $schema=bffgen.schema.json
bffgen: 1
name: storefront
version: 1.0.0

backends:
  catalog: {openapi: backends/catalog.yaml, url: http://localhost:8001}
  pricing: {openapi: backends/pricing.yaml, url: http://localhost:8002, timeout: 500ms}
  reviews: {openapi: backends/reviews.yaml}
  users:   {openapi: backends/users.yaml}

endpoints:
  GET /products/{product_id}:
    summary: Product page
    params:
      min_rating: {default: 1}                 # type, bounds and docs come from where it is used
    calls:
      product: catalog.getProduct(id=product_id)
      price:
        call: pricing.getPrice(product_id=product_id)
        on_error: null                         # the page lives without it; `price` becomes nullable
      reviews: reviews.listReviews(product=product_id, rating_min=min_rating, limit=20)
    response:
      id: product.id
      name: product.name
      price: price.amount
      currency: default(price.currency, "EUR")
      rating: default(sum(r.rating for r in reviews.items) / len(reviews.items), 0)
      reviews:
        $for: r in reviews.items
        text: r.body
"""


def test_the_tour() -> None:
    found = spec(TOUR)
    assert (found.name, found.version, list(found.backends)) == (
        "storefront",
        "1.0.0",
        ["catalog", "pricing", "reviews", "users"],
    )
    assert (found.backends["pricing"].timeout, found.backends["catalog"].timeout) == (0.5, None)
    (page,) = found.endpoints
    assert (page.method, page.path, page.path_params) == ("GET", "/products/{product_id}", ("product_id",))
    assert list(page.calls) == ["product", "price", "reviews"]
    default = page.params["min_rating"].default
    assert default is not None and default.data() == 1
    assert isinstance(page.response, ObjectValue)
    name, span, value = page.response.entries[5]
    assert (name, at(span)) == ("reviews", "reviews")
    assert isinstance(value, ObjectValue) and value.loop is not None
    assert (value.loop.text, at(value.loop.part(5, 12))) == ("r in reviews.items", "reviews")


def test_every_part_of_a_backend() -> None:
    text = """\
bffgen: 1
name: shop
title: The Shop
description: 2024
backends:
  a:
    openapi: a.json
    url: https://a.example/v1
    presence: assumed
    validate: strict
    success: answer.status == "ok"
    reads: [searchOrders, "POST /find"]
    forward_headers: [Accept-Language]
    timeout: 1.5m
endpoints:
"""
    found = spec(text)
    backend = found.backends["a"]
    assert (found.title, found.description, found.version, found.endpoints) == ("The Shop", "2024", "0.1.0", ())
    assert (backend.openapi, backend.url, backend.presence) == ("a.json", "https://a.example/v1", "assumed")
    assert (backend.validate, backend.timeout) == ("strict", 90.0)
    assert [name for name, _ in backend.reads] == ["searchOrders", "POST /find"]
    assert [name for name, _ in backend.forward_headers] == ["Accept-Language"]
    assert backend.success is not None and backend.success.text == 'answer.status == "ok"'


def test_every_part_of_an_endpoint() -> None:
    found = endpoint("""
        summary: One
        description: Two
        tags: [x, y]
        operation_id: getIt
        deprecated: true
        params:
          lat:
          token: {in: header, name: X-Token, type: str | None, description: d, example: e, deprecated: true}
        body: {name: str, items: "list[users.Item]"}
        let: {total: len(xs)}
        require:
          - {that: lat > 0, status: 400}
        response: [1, lat, {a: "b"}]
        status: 201 if x else 200
        response_headers: {ETag: x}
        cookies:
          plain: x
          full: {value: y, secure: false, http_only: false, same_site: none, max_age: 60, path: /x}
        deadline: 2s
        degraded_status: 206
    """)
    token = found.params["token"]
    assert (token.location, token.wire_name, token.deprecated) == ("header", "X-Token", True)
    assert token.type is not None and token.type.text == "str | None"
    assert found.params["lat"].location is None
    assert isinstance(found.body, dict) and found.body["items"].text == "list[users.Item]"
    assert isinstance(found.response, ListValue)
    assert [type(item) for item in found.response.items] == [Const, Expr, ObjectValue]
    assert isinstance(found.status, Expr)
    full = found.cookies["full"][0]
    assert (full.secure, full.http_only, full.same_site, full.max_age, full.path) == (False, False, "none", 60, "/x")
    assert found.cookies["plain"][0].secure
    assert (found.deadline, found.degraded_status, found.tags) == (2.0, 206, ("x", "y"))


def test_a_body_of_one_type_and_a_plain_status() -> None:
    found = endpoint("body: users.NewUser\nstatus: 201\n", "POST /a")
    assert isinstance(found.body, TypeText) and found.body.text == "users.NewUser"
    assert isinstance(found.status, Const) and found.status.value == 201


def test_directives() -> None:
    found = endpoint("""
        response:
          $for: r in rows
          $if: r.ok
          $name: Row
          $omit_null: true
          $pick: {product: [name, images], basket.all: all}
          x: r.x
    """).response
    assert isinstance(found, ObjectValue)
    assert (found.name, found.omit_null, [name for name, _, _ in found.entries]) == ("Row", True, ["x"])
    assert found.condition is not None and found.condition.text == "r.ok"
    product, basket = found.picks
    assert (product.source.text, at(product.source.span)) == ("product", "product")
    assert [name for name, _ in product.fields] == ["name", "images"] and basket.fields == "all"


def test_quoted_scalars_are_expressions() -> None:
    found = endpoint("response: \"xs['a'] + 1\"").response
    assert isinstance(found, Expr) and at(found.part(0, 2)) == "xs"


@pytest.mark.parametrize(
    ("written", "value"),
    [("1", 1), ("1.5", 1.5), ("true", True), ("null", None), ("", None), ("~", None)],
)
def test_numbers_booleans_and_null_are_themselves(written: str, value: Any) -> None:
    found = endpoint(f"response:\n  a: {written}").response
    assert isinstance(found, ObjectValue) and isinstance(found.entries[0][2], Const)
    assert repr(found.entries[0][2].value) == repr(value)


def test_a_spec_in_json_is_a_spec() -> None:
    text = '{"bffgen": 1, "name": "s", "backends": {}, "endpoints": {"GET /": {"response": {"$pick": {"x": "all"}}}}}'
    found = spec(text)
    assert isinstance(found.endpoints[0].response, ObjectValue)


# ------------------------------------------------------------------------------------------------ mistakes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", ["BFF104 expected a spec, a mapping, found `a` [a]"]),
        ("[]", ["BFF104 expected a spec, a mapping, found a list [[]]"]),
        ("{}", ["BFF105 a spec needs the keys `bffgen`, `name`, `backends` and `endpoints` [{]"]),
        ("bffgen: 2\nsurprise: 1", ["BFF112 this spec is written in version 2 of the language [2]"]),
        (
            "name: a\nbackends:\nendpoints:",
            ["BFF105 a spec needs the key `bffgen` [n] | begin the spec with `bffgen: 1`"],
        ),
        (
            "bffgen: '1'\nname: a\nbackends:\nendpoints:",
            ["BFF110 expected the number `1`, found the text `1` ['1'] | write `bffgen: 1`"],
        ),
        (
            "bffgen: true\nname: a\nbackends:\nendpoints:",
            ["BFF110 expected the number `1`, found `true` [true] | write `bffgen: 1`"],
        ),
        (
            "bffgen: 1\nname: a b\nbackends:\nendpoints:",
            ["BFF108 `a b` cannot be the name of a gateway [a b] | write `a_b`"],
        ),
        (
            "bffgen: 1\nnmae: a\nbackends:\nendpoints:",
            ["BFF102 unknown key `nmae` in a spec [nmae] | did you mean `name`?"],
        ),
    ],
)
def test_mistakes_in_the_spec_itself(text: str, expected: list[str]) -> None:
    assert findings(parse(text)[1]) == expected


@pytest.mark.parametrize("key", [key.name for key in SPEC.keys.values() if key.later])
def test_sections_that_come_later_say_so(key: str) -> None:
    assert findings(parse(f"{HEAD}{key}: x\n")[1]) == [f"BFF109 `{key}` of a spec is not there yet [{key}]"]


@pytest.mark.parametrize("key", [key.name for key in ENDPOINT.keys.values() if key.later])
def test_keys_of_endpoints_that_come_later_say_so(key: str) -> None:
    assert mistakes(f"{key}: x") == [f"BFF109 `{key}` of an endpoint is not there yet [{key}]"]


def backend_mistakes(text: str, name: str = "b") -> list[str]:
    return findings(parse(f"bffgen: 1\nname: a\nbackends:\n  {name}: {text}\nendpoints:\n")[1])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x.yaml", ["BFF104 expected a backend, a mapping, found `x.yaml` [x.yaml] | write `b: {openapi: x.yaml}`"]),
        ("{}", ["BFF105 a backend needs the key `openapi` [b]"]),
        ("{openapi: [x]}", ["BFF104 expected the path of an OpenAPI document, found a list [[x]]"]),
        ("{openapi: x, auth: y}", ["BFF110 expected `none`, `forward`, `mtls`, `bearer`, `basic` or a mapping [y]"]),
        ("{openapi: x, timout: 1s}", ["BFF102 unknown key `timout` in a backend [timout] | did you mean `timeout`?"]),
        (
            "{openapi: x, presence: assume}",
            ["BFF110 expected `declared` or `assumed`, found `assume` [assume] | did you mean `assumed`?"],
        ),
        (
            "{openapi: x, success: true}",
            ['BFF104 expected a condition such as `answer.status == "ok"`, found `true` [true]'],
        ),
        ("{openapi: x, forward_headers: [a b]}", ["BFF108 `a b` cannot be the name of a header [a b]"]),
        (
            "{openapi: x, url: 'ftp://h'}",
            [
                "BFF110 `ftp://h` is not the address of a backend: it begins with neither `http://` nor `https://` ['ftp://h']"
            ],
        ),
        (
            "{openapi: x, url: 'http://'}",
            ["BFF110 `http://` is not the address of a backend: it has no host ['http://']"],
        ),
        (
            "{openapi: x, url: 'http://h:x/'}",
            ["BFF110 `http://h:x/` is not the address of a backend: its host or port cannot be read ['http://h:x/']"],
        ),
        (
            "{openapi: x, url: 'http://h/?a=1'}",
            ["BFF110 `http://h/?a=1` is not the address of a backend: a query is not part of it ['http://h/?a=1']"],
        ),
    ],
)
def test_mistakes_in_backends(text: str, expected: list[str]) -> None:
    assert findings_without_quotes(backend_mistakes(text)) == findings_without_quotes(expected)


def findings_without_quotes(found: list[str]) -> list[str]:
    return [line.replace("'", "") for line in found]


@pytest.mark.parametrize("key", ["url", "openapi"])
def test_a_secret_in_an_address_is_refused_and_never_shown(key: str) -> None:
    other = "" if key == "openapi" else "openapi: x, "
    found = backend_mistakes(f"{{{other}{key}: https://joe:hunter2@h/x}}")
    assert [line.rsplit(" [", 1)[0] for line in found] == [
        "BFF601 an address with a name and a password in it: `https://***@h/x`"
    ]


@pytest.mark.parametrize(
    ("name", "help"), [("body", "body_"), ("from", "from_"), ("my-api", "my_api"), ("_x", None), ("é", None)]
)
def test_names_that_cannot_be_used(name: str, help: str | None) -> None:
    (found,) = backend_mistakes("{openapi: x}", name)
    assert found == f"BFF108 `{name}` cannot be the name of a backend [{name}]" + (f" | write `{help}`" if help else "")


@pytest.mark.parametrize(
    "key", ["GET /", "POST /a", "PUT /a/{b}", "PATCH /a/v{b}", "DELETE /{a}/{b}.json", "GET /a/", "GET /a-b_c~d/@x:y"]
)
def test_paths_that_an_endpoint_has(key: str) -> None:
    found = endpoint("summary: x", f'"{key}"')
    assert f"{found.method} {found.path}" == key


@pytest.mark.parametrize(
    ("key", "finding"),
    [
        ("/a", "BFF111 an endpoint is `METHOD /path`, with one space [/a] | write `GET /a`"),
        ("get /a", "BFF111 `get` is not a method that an endpoint has [get] | write `GET /a`"),
        ("HEAD /a", "BFF111 `HEAD` is not a method that an endpoint has [HEAD]"),
        ("GET a", "BFF111 a path begins with `/` [a] | write `GET /a`"),
        ("GET  /a", "BFF111 a path begins with `/` [ /a]"),
        ("GET /a//b", "BFF111 a path has no empty segment [/]"),
        ("GET /a/../b", "BFF111 a path has no segment `..` [/..]"),
        ("GET /./b", "BFF111 a path has no segment `.` [/.]"),
        ("GET /a?b=1", "BFF111 `?` cannot stand in a path [?]"),
        ("GET /a#b", "BFF111 `#` cannot stand in a path [#]"),
        ("GET /a%2fb", "BFF111 `%` cannot stand in a path [%]"),
        ("GET /á", "BFF111 `á` cannot stand in a path [á]"),
        ("GET /{a", "BFF111 `{a` is not a segment of a path [{a]"),
        ("GET /{a}{b}", "BFF111 `{a}{b}` is not a segment of a path [{a}{b}]"),
        ("GET /{a:path}", "BFF111 a variable has no converter [a:path] | write `{a}`"),
        ("GET /{a}/{a}", "BFF111 variable `a` stands twice in the path [a]"),
        ("GET /{}", "BFF111 a variable without a name [}]"),
        ("GET /{class}", "BFF108 `class` cannot be a name [class] | write `class_`"),
        ("GET /{user-id}", "BFF108 `user-id` cannot be a name [user-id] | write `user_id`"),
        ("GET /{__class__}", "BFF108 `__class__` cannot be a name [__class__]"),
    ],
)
def test_paths_that_no_endpoint_has(key: str, finding: str) -> None:
    found = findings(parse(f'{HEAD}  "{key}": {{}}\n')[1])
    assert found == [finding]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("calls: [a]", ["BFF104 expected calls by name, a mapping, found a list [[a]]"]),
        ("deprecated: yes", ["BFF104 expected `true` or `false`, found `yes` [yes] | write `true`"]),
        ("params: {x: int}", ["BFF104 expected nothing, or a mapping with the keys of a parameter, found `int` [int] | write `x: {type: int}`"]),
        ("params: {b: {in: query}}", ["BFF211 parameter `b` stands in the path [query]"]),
        ("params: {b: {name: c}}", ["BFF211 the name of a parameter of the path is the one in the path [c]"]),
        ("params: {x: {in: path}}", ["BFF211 parameter `x` does not stand in the endpoint's path [path] | write `{x}` in the path, and leave out `in`"]),
        ("params: {x: {in: body}}", ["BFF110 expected `query`, `header` or `cookie`, found `body` [body]"]),
        ("params: {x: {in: header, name: a b}}", ["BFF108 `a b` cannot be the name of a header [a b]"]),
        ("let: {error: 1}", ["BFF108 `error` cannot be the name of a value [error] | write `error_`"]),
        ("status: true", ["BFF110 expected a status from 100 to 599, or an expression of literals, found `true` [true]"]),
        ("status: 700", ["BFF110 expected a status from 100 to 599, or an expression of literals, found the number `700` [700]"]),
        ("operation_id: a b", ["BFF108 `a b` cannot be the name of an operation [a b] | write `a_b`"]),
        ("response: [x for x in xs]", ["BFF115 YAML reads this as a list, not as an expression [[x for x in xs]] | put the expression in parentheses: `([x for x in xs])`"]),
        ("response: {a: [f(x, y)]}", ["BFF115 YAML reads this as a list, not as an expression [[f(x, y)]] | put the expression in parentheses: `([f(x, y)])`"]),
        ("response: {$foo: 1}", ["BFF102 unknown key `$foo` in a mapping of a response [$foo] | did you mean `$for`?"]),
        ("response: {$of: {}}", ["BFF104 `$of` belongs to a shape [$of]"]),
        ("response: {$name: row}", ["BFF108 `row` cannot be the name of a model [row] | write `Row`"]),
        ("response: {a: ''}", ["BFF113 expected an expression, found an empty text [''] | a text is written `(\"\")`, nothing is `null`"]),
        ("cookies: {a b: x}", ["BFF108 `a b` cannot be the name of a cookie [a b]"]),
        ("cookies: {a: {secure: true}}", ["BFF105 a cookie needs the key `value` [a]"]),
        ("cookies: {a: {value: x, path: 'a;b'}}", ["BFF110 `a;b` is not the path of a cookie ['a;b']"]),
        ("body: 5", ["BFF104 expected a type such as `int` or `list[str] | None`, found the number `5` [5]"]),
        ("summary: [x]", ["BFF104 expected a text, found a list [[x]]"]),
        ("summary: null", ["BFF104 expected a text, found null [null]"]),
    ],
)  # fmt: skip
def test_mistakes_in_endpoints(text: str, expected: list[str]) -> None:
    assert findings_without_quotes(mistakes(text)) == findings_without_quotes(expected)


def test_all_mistakes_are_found_in_one_run() -> None:
    text = HEAD + "  GET /a:\n    sumary: x\n    calls: {c: users, d: {call: users.f(1), timeout: x}}\n  get /b: {}\n"
    assert [line.split()[0] for line in findings(parse(text)[1])] == ["BFF102", "BFF114", "BFF114", "BFF110", "BFF111"]


def test_a_value_that_is_nested_too_deep() -> None:
    text = "response: " + "{a: " * 60 + "1" + "}" * 60
    assert [line.split(" [")[0] for line in mistakes(text)] == ["BFF107 a value is nested more than 50 deep"]


# -------------------------------------------------------------------------------------------- any structure

_KEYS = sorted({key for table in (SPEC, BACKEND, ENDPOINT, PARAM, CALL, GUARD, REACTION) for key in table.keys})
_WORDS = st.sampled_from(
    [*_KEYS, "GET /a/{b}", "GET /", "404", "5xx", "timeout", "else", "$for", "$pick", "$name", "$if", "users", "x"]
)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["users.f(a=1)", "users.f(", "x for x in y", "1s", "{a}", "pass", "all", "list[int]", "*", "x"])
)
_STRUCTURES = st.recursive(
    _SCALARS, lambda below: st.lists(below, max_size=4) | st.dictionaries(_WORDS, below, max_size=6), max_leaves=15
)
_SPECS = st.dictionaries(_WORDS, _STRUCTURES, max_size=8) | st.fixed_dictionaries(
    {"bffgen": st.just(1), "name": st.just("a")},
    optional={
        "backends": st.dictionaries(_WORDS, st.dictionaries(st.sampled_from(list(BACKEND.keys)), _STRUCTURES)),
        "endpoints": st.dictionaries(_WORDS, st.dictionaries(st.sampled_from(list(ENDPOINT.keys)), _STRUCTURES)),
    },
)


@given(_SPECS)
@settings(max_examples=150, deadline=None)
def test_no_structure_makes_the_parser_raise(data: Any) -> None:
    try:
        text = yaml.dump(data, Dumper=yaml.CSafeDumper, allow_unicode=True)
    except yaml.YAMLError:
        return
    diags = Diagnostics()
    node = parse_nodes(SourceFile("spec.yaml", text), diags)
    if node is not None:
        found = parse_spec(node, diags)
        assert found is not None or diags.has_errors


@given(st.text(max_size=80) | st.text(alphabet="ab.()[]=,\"'*+-#\n\\ é{}:", max_size=60))
@settings(max_examples=600, deadline=None)
def test_no_text_makes_the_parser_of_heads_raise(text: str) -> None:
    if any("\ud800" <= char <= "\udfff" for char in text):
        return
    data = {"bffgen": 1, "name": "a", "backends": {}, "endpoints": {f"GET /{text}": {"calls": {"c": text}}}}
    file = SourceFile("spec.json", json.dumps(data))
    diags = Diagnostics()
    node = parse_nodes(file, diags)
    assert node is not None
    parse_spec(node, diags)
    for found in diags.sorted():
        assert 0 <= found.primary.span.start <= found.primary.span.end <= len(file.text)


# --------------------------------------------------------------------------------------------- JSON Schema


def schema_errors(text: str) -> list[str]:
    node = parse_nodes(SourceFile("spec.yaml", text), Diagnostics())
    assert node is not None
    return [error.message for error in Draft202012Validator(json_schema()).iter_errors(node.data())]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(json_schema())


def test_every_key_has_an_example_that_fits() -> None:
    schema = json_schema()
    objects = [
        schema,
        *schema["$defs"].values(),
        *(arm for of in schema["$defs"].values() for arm in of.get("anyOf", [])),
    ]
    described = [(name, of) for each in objects for name, of in each.get("properties", {}).items()]
    assert len(described) > 120
    for name, of in described:
        assert of["description"], name
        (example,) = of["examples"]
        validator = Draft202012Validator({"$defs": schema["$defs"], "$ref": of["$ref"]})
        assert [error.message for error in validator.iter_errors(example)] == [], name


def test_the_schema_takes_the_tour() -> None:
    assert schema_errors(TOUR) == []


@pytest.mark.parametrize(
    "text",
    [
        "on_error: {404: null, 5xx: pass, timeout: {default: [1, x]}, else: {status: 502, detail: x}}",
        "on_error: {status: 404, body: {a: b}}",
        "on_error: fail",
        "require: [{that: x, status: 404, extra: {a: 1}}]",
        "args: {query.id: x}\n        after: [a]\n        read: true\n        as: int\n        headers: {X-A: null}",
    ],
)
def test_the_schema_takes_what_the_parser_takes(text: str) -> None:
    whole = f"{HEAD}  GET /a:\n    calls:\n      c:\n        call: users.f\n        {text}\n"
    assert (findings(parse(whole)[1]), schema_errors(whole)) == ([], [])


@pytest.mark.parametrize(
    "text",
    [
        "timeout: 5",
        "timout: 5s",
        "on_error: {teapot: null}",
        "on_error: 5",
        "require: [{that: x}]",
        "batch: {x: y}",
        "size: 0",
    ],
)
def test_the_schema_refuses_what_the_parser_refuses(text: str) -> None:
    whole = f"{HEAD}  GET /a:\n    calls:\n      c:\n        call: users.f\n        {text}\n"
    assert findings(parse(whole)[1]) and schema_errors(whole)


@pytest.mark.parametrize("table", [SPEC, BACKEND, ENDPOINT, PARAM, CALL, GUARD, REACTION], ids=lambda table: table.what)
def test_every_key_is_described(table: Table) -> None:
    assert all(key.about for key in table.keys.values())
