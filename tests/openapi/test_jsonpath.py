"""JSONPath: what it selects, and where it is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bffgen.diagnostics.model import Diagnostics
from bffgen.openapi.overlay.parse import BadPath, parse_path
from bffgen.openapi.overlay.select import select
from bffgen.source.nodes import Node, parse_nodes
from bffgen.source.text import SourceFile

STORE = {
    "books": [
        {"id": "a", "price": 8.95, "tags": ["x", "y"], "stock": 0},
        {"id": "b", "price": 12, "x-old": True, "author": {"name": "Ann"}},
        {"id": "c", "price": 5, "tags": [], "author": None},
    ],
    "/paths/{id}": {"get": {"id": "g"}, "200": "ok"},
    "x-note": {"id": "n"},
    "it's": 1,
    'say "x"': 2,
    "é": 3,
}


def nodes(data: Any) -> Node:
    found = parse_nodes(SourceFile("a.json", json.dumps(data)), Diagnostics())
    assert found is not None
    return found


def selected(path: str, data: Any = STORE) -> list[Any]:
    return [place.node.data() for place in select(parse_path(path), nodes(data))]


IDS = [
    ("$.books[*].id", ["a", "b", "c"]),
    ("$.books.*.id", ["a", "b", "c"]),
    ("$..id", ["g", "n", "a", "b", "c"]),
    ("$ . books [ * ] . id", ["a", "b", "c"]),
    ("$['books'][0]['id']", ["a"]),
    ('$["books"][-1]["id"]', ["c"]),
    ("$.books[0, 2].id", ["a", "c"]),
    ("$.books[0,0].id", ["a"]),
    ("$.books[1:].id", ["b", "c"]),
    ("$.books[:-1].id", ["a", "b"]),
    ("$.books[::2].id", ["a", "c"]),
    ("$.books[::-1].id", ["c", "b", "a"]),
    ("$.books[7].id", []),
    ("$.books[::0].id", []),
    ("$['/paths/{id}'].get.id", ["g"]),
    ("$.x-note.id", ["n"]),
    ("$.none.id", []),
    ("$.books.id", []),
    ("$.books[?@.price < 10].id", ["a", "c"]),
    ("$.books[?(@.price < 10)].id", ["a", "c"]),
    ("$.books[?@.price <= 8.95].id", ["a", "c"]),
    ("$.books[?@.price > 5 && @.price < 10].id", ["a"]),
    ("$.books[?@.price == 12 || @.id == 'c'].id", ["b", "c"]),
    ("$.books[?@.tags].id", ["a", "c"]),
    ("$.books[?!@.tags].id", ["b"]),
    ("$.books[?!(@.tags && @.stock == 0)].id", ["b", "c"]),
    ("$.books[?@.author.name == 'Ann'].id", ["b"]),
    ("$.books[?@.author == null].id", ["c"]),
    ("$.books[?@.x-old == true].id", ["b"]),
    ("$.books[?@.stock == false].id", []),
    ("$.books[?@.stock == @.none].id", ["b", "c"]),
    ("$.books[?@.none == @.gone].id", ["a", "b", "c"]),
    ("$.books[?@.id != 'a'].id", ["b", "c"]),
    ("$.books[?@['id'] == $.books[0].id].id", ["a"]),
    ("$.books[?@.tags[?@ == 'y']].id", ["a"]),
    ("$.books[?length(@.tags) == 2].id", ["a"]),
    ("$.books[?count(@.*) > 3].id", ["a", "b", "c"]),
    ("$.books[?value(@.tags[0]) == 'x'].id", ["a"]),
    ("$.books[?match(@.id, '[ab]')].id", ["a", "b"]),
    ("$.books[?search(@.author.name, 'n+')].id", ["b"]),
    ("$.books[?!match(@.id, '[ab]')].id", ["c"]),
    ("$.books[?match(@.id, '(')].id", []),
    ("$.books[?match(@.id, '(a*)*b')].id", []),
    ("$.books[?@.id < 'b'].id", ["a"]),
    ("$.books[?@.id < 1].id", []),
    ("$..[?@.name].name", ["Ann"]),
    ("$..books[?@.price == 1.2e1].id", ["b"]),
]


@pytest.mark.parametrize(("path", "ids"), IDS)
def test_what_is_selected(path: str, ids: list[str]) -> None:
    assert sorted(selected(path)) == sorted(ids)
    if ".." not in path:
        assert selected(path) == ids


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("$", [STORE]),
        ("$['it\\'s']", [1]),
        ('$["say \\"x\\""]', [2]),
        ("$['\\u00e9']", [3]),
        ("$.é", [3]),
        ("$['/paths/{id}'].200", ["ok"]),
        ("$['/paths/{id}'][200]", ["ok"]),
        ("$.books[0].tags.*", ["x", "y"]),
        ("$.books[0].tags[*, 0]", ["x", "y"]),
        ("$.books[?@.none]", []),
    ],
)
def test_values(path: str, values: list[Any]) -> None:
    assert selected(path) == values


@pytest.mark.parametrize(
    ("path", "place", "message"),
    [
        ("", "", "begins with `$`"),
        ("books", "b", "begins with `$`"),
        ("$.", "", "a name or `*`"),
        ("$./paths", "/paths", "a name or `*`"),
        ("$.a b", "b", "`b` has no meaning"),
        ("$[", "", "a quoted name, a number"),
        ("$[a]", "a", "a quoted name, a number"),
        ("$['a", "'a", "closing quote"),
        ("$['a'", "", "`]` is expected"),
        ("$['\\q']", "q", "an escape"),
        ("$[?@.a = 1]", "=", "`]` is expected"),
        ("$[?@.a == ]", "]", "`]` has no meaning"),
        ("$[?'a']", "'a'", "neither true nor false"),
        ("$[?length(@.a)]", "length(@.a)", "neither true nor false"),
        ("$[?@.* == 1]", "@.*", "several values"),
        ("$[?match(@.a, 'b') == true]", "match(@.a, 'b')", "true or false"),
        ("$[?size(@.a) == 1]", "size", "no function"),
        ("$[?count(@.a, 1) == 1]", "count(@.a, 1)", "takes 1 argument"),
        ("$[?(@.a]", "]", "`)` is expected"),
        ("$[?!1]", "1", "`1` has no meaning"),
        (f"$[?{'(' * 30}@.a{')' * 30}]", "(", "nested too deep"),
        ("$[?" + "@[?" * 30 + "@.a" + "]" * 31, "@", "nested too deep"),
    ],
)
def test_what_is_no_path(path: str, place: str, message: str) -> None:
    with pytest.raises(BadPath) as caught:
        parse_path(path)
    assert message in str(caught.value)
    assert path[caught.value.start : caught.value.end] == place


def test_only_what_is_asked_for_is_read() -> None:
    """A key that stands twice is reported when its mapping is read."""
    diags = Diagnostics()
    root = parse_nodes(SourceFile("a.yaml", "a: {x: {n: 1}, y: {n: 2}}\nb: {k: 1, k: 2}"), diags)
    assert root is not None
    assert len(select(parse_path("$.a.*.n"), root)) == 2
    assert not diags.has_errors
    assert len(select(parse_path("$..n"), root)) == 2
    assert diags.has_errors
