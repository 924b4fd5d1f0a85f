"""A table of routes takes the route that a router would."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.routing import BaseRoute, Match, NoMatchFound, Route, Router

from templates.runtime.table import RouteTable

SEGMENTS = ["a", "b", "a.b", "", "{x}", "{x}.b", "a{x}", "{y}"]
TAILS = ["", "/{rest:path}"]
ROUTES = st.lists(
    st.tuples(
        st.lists(st.sampled_from(SEGMENTS), min_size=1, max_size=3),
        st.sampled_from(TAILS),
        st.sampled_from(["GET", "POST"]),
    ),
    max_size=8,
)
PATHS = st.lists(st.sampled_from(["a", "b", "a.b", "ab", "", "c", "x.b", "\n"]), max_size=5)


async def nothing(request: Any) -> Any:
    raise NotImplementedError


def made(path: list[str], tail: str, method: str) -> Route | None:
    text = "".join(f"/{segment}" for segment in path)
    doubled = any(text.count(f"{{{name}}}") > 1 for name in "xy")
    return None if doubled else Route(text + tail, nothing, methods=[method])


def chosen(routes: list[BaseRoute], scope: dict[str, Any]) -> tuple[Match, BaseRoute | None, Any]:
    """What Starlette's router takes: the first that matches, else the first of whose path it is."""
    partial: tuple[Match, BaseRoute | None, Any] = (Match.NONE, None, None)
    for route in routes:
        match, child = route.matches(scope)
        if match is Match.FULL:
            return match, route, child["path_params"]
        if match is Match.PARTIAL and partial[1] is None:
            partial = match, route, child["path_params"]
    return partial


@example([(["{x}"], "", "GET"), (["a"], "", "GET")], ["a"], "GET", "")
@example([(["a"], "/{rest:path}", "GET"), (["a", "b"], "", "GET")], ["a", "b"], "GET", "")
@example([(["a", "b"], "", "GET"), (["a"], "/{rest:path}", "GET")], ["a", "b"], "GET", "")
@given(ROUTES, PATHS, st.sampled_from(["GET", "POST", "HEAD"]), st.sampled_from(["", "/root", "/a"]))
def test_the_same_route_is_taken(
    routes: list[tuple[list[str], str, str]], path: list[str], method: str, root: str
) -> None:
    all_routes: list[BaseRoute] = [route for one in routes if (route := made(*one)) is not None]
    text = "".join(f"/{segment}" for segment in path)
    scope = {"type": "http", "path": root + text or "/", "root_path": root, "method": method}
    match, route, params = chosen(all_routes, scope)
    found, child = RouteTable(all_routes).matches(scope)
    if text.endswith("\n"):
        return  # `$` of a pattern is before a last line end, too: the table has no such path
    assert found is match
    if match is not Match.NONE:
        assert child["route_table.found"] is route
        assert child["path_params"] == params


def test_other_protocols_are_not_its_own() -> None:
    table = RouteTable([Route("/a", nothing)])
    assert table.matches({"type": "websocket", "path": "/a"}) == (Match.NONE, {})


def test_routes_are_found_by_name() -> None:
    router = Router([RouteTable([Route("/a", nothing, name="a"), Route("/b/{x}", nothing, name="b")])])
    assert router.url_path_for("b", x=1) == "/b/1"
    with pytest.raises(NoMatchFound):
        router.url_path_for("c")
