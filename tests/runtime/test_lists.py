"""Keys in batches, lists in pages, links."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import httpx
import pytest

from templates.runtime.batches import in_batches, in_batches_map
from templates.runtime.failures import BackendFailure, Refusal
from templates.runtime.links import Link, parse_links
from templates.runtime.pages import by_cursor, by_link, by_offset, by_page
from templates.runtime.replies import Reply

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_is_left")]


class TestBatches:
    @pytest.mark.parametrize(
        ("size", "chunks"),
        [(2, [[3, 1], [2, 5], [4]]), (5, [[3, 1, 2, 5, 4]]), (9, [[3, 1, 2, 5, 4]]), (None, [[3, 1, 2, 5, 4]])],
    )
    async def test_each_key_once_in_chunks_in_order(self, size: int | None, chunks: list[list[int]]) -> None:
        asked: list[list[int]] = []

        async def fetch(keys: list[int]) -> list[str]:
            asked.append(keys)
            await asyncio.sleep(0.01 * (3 - len(asked)))
            return [str(key) for key in keys]

        found = await in_batches([3, None, 1, 3, 2, 5, None, 4, 1], fetch, size=size)
        assert asked == chunks
        assert found == ["3", "1", "2", "5", "4"]

    async def test_chunks_run_at_the_same_time(self) -> None:
        started = asyncio.get_running_loop().time()

        async def fetch(keys: list[int]) -> list[int]:
            await asyncio.sleep(0.05)
            return keys

        await in_batches(range(6), fetch, size=1)
        assert asyncio.get_running_loop().time() - started < 0.15

    async def test_without_keys_there_is_no_call(self) -> None:
        async def fetch(keys: list[int]) -> list[int]:
            raise AssertionError

        async def fetch_map(keys: list[int]) -> dict[int, int]:
            raise AssertionError

        assert await in_batches([None, None], fetch, size=2) == []
        assert await in_batches([], fetch, size=None) == []
        assert await in_batches_map([None], fetch_map, size=None) == {}

    async def test_maps_unite_and_the_first_of_equal_keys_stays(self) -> None:
        async def fetch(keys: list[str]) -> dict[str, str]:
            return {key: key for key in keys} | {"all": keys[0]}

        assert await in_batches_map("abc", fetch, size=2) == {"a": "a", "b": "b", "all": "a", "c": "c"}

    async def test_a_failure_is_raised_as_itself_and_cancels_the_others(self) -> None:
        error = BackendFailure("users.list", "status", status=500)
        cancelled: list[int] = []

        async def fetch(keys: list[int]) -> list[int]:
            if keys == [1]:
                raise error
            try:
                await asyncio.sleep(5)
            except asyncio.CancelledError:
                cancelled.extend(keys)
                raise
            return keys

        with pytest.raises(BackendFailure) as raised:
            await in_batches([0, 1], fetch, size=1)
        assert (raised.value, cancelled) == (error, [0])

    async def test_too_many_keys(self) -> None:
        async def fetch(keys: list[int]) -> list[int]:
            return keys

        assert await in_batches([1, 1, None, 2], fetch, size=2, limit=2) == [1, 2]
        with pytest.raises(BackendFailure) as raised:
            await in_batches([1, 2, 3], fetch, size=2, limit=2)
        assert raised.value.kind == "limit"
        with pytest.raises(Refusal):
            await in_batches([1, 2, 3], fetch, size=2, limit=2, client_list=True)


Page = tuple[list[int] | None, str | None]


class Cursors:
    """Pages by cursor; "" is the first."""

    def __init__(self, pages: dict[str | None, Page]) -> None:
        self.pages = pages
        self.asked: list[str | None] = []

    async def fetch(self, cursor: str | None) -> Page:
        self.asked.append(cursor)
        return self.pages[cursor]

    async def all(self, max_pages: int = 10, until: int | None = None, start: str | None = None) -> list[int]:
        return await by_cursor(
            self.fetch,
            items=lambda page: page[0],
            following=lambda page: page[1],
            max_pages=max_pages,
            until=None if until is None else lambda page: until in (page[0] or []),
            start=start,
        )


class TestCursor:
    @pytest.mark.parametrize(
        ("pages", "found"),
        [
            ({None: ([1], "a"), "a": ([2, 3], "b"), "b": ([4], None)}, [1, 2, 3, 4]),
            ({None: ([1], None)}, [1]),
            ({None: ([], "a")}, []),
            ({None: (None, "a")}, []),
            ({None: ([1], "a"), "a": ([], "b")}, [1]),
            ({None: ([1], ""), "": ([2], None)}, [1, 2]),
        ],
    )
    async def test_pages_end(self, pages: dict[str | None, Page], found: list[int]) -> None:
        cursors = Cursors(pages)
        assert await cursors.all() == found
        assert cursors.asked == list(pages)

    async def test_until_counts_its_page(self) -> None:
        cursors = Cursors({None: ([1], "a"), "a": ([2], "b")})
        assert await cursors.all(until=2) == [1, 2]

    async def test_a_start_of_its_own(self) -> None:
        assert await Cursors({"x": ([1], "y"), "y": ([2], None)}).all(start="x") == [1, 2]

    async def test_so_many_pages_and_no_more(self) -> None:
        pages: dict[str | None, Page] = {None: ([1], "a"), "a": ([2], "b"), "b": ([3], None)}
        assert await Cursors(pages).all(max_pages=3) == [1, 2, 3]
        cursors = Cursors(pages)
        with pytest.raises(BackendFailure) as raised:
            await cursors.all(max_pages=2)
        assert (raised.value.kind, cursors.asked) == ("limit", [None, "a"])

    @pytest.mark.parametrize("loop", ["a", "b", "x"])
    async def test_a_loop_is_a_breach(self, loop: str) -> None:
        cursors = Cursors({"x": ([0], "a"), "a": ([1], "b"), "b": ([2], loop)})
        with pytest.raises(BackendFailure) as raised:
            await cursors.all(start="x")
        assert (raised.value.kind, cursors.asked) == ("invalid", ["x", "a", "b"])


class TestNumbers:
    async def test_pages(self) -> None:
        asked: list[int] = []

        async def fetch(number: int) -> list[int]:
            asked.append(number)
            return [number] if number <= 3 else []

        assert await by_page(fetch, items=lambda page: page, max_pages=5) == [1, 2, 3]
        assert asked == [1, 2, 3, 4]
        assert await by_page(fetch, items=lambda page: page, max_pages=9, first=0) == [0, 1, 2, 3]

    async def test_as_many_pages_as_allowed_are_seen_to_be_all(self) -> None:
        async def fetch(number: int) -> list[int]:
            return [number] if number <= 3 else []

        assert await by_page(fetch, items=lambda page: page, max_pages=3) == [1, 2, 3]
        with pytest.raises(BackendFailure) as raised:
            await by_page(fetch, items=lambda page: page, max_pages=2)
        assert raised.value.kind == "limit"

    async def test_until_spares_the_last_request(self) -> None:
        asked: list[int] = []

        async def fetch(number: int) -> tuple[list[int], int]:
            asked.append(number)
            return [number], 2

        found = await by_page(fetch, items=lambda page: page[0], max_pages=2, until=lambda page: page[0][0] == page[1])
        assert (found, asked) == ([1, 2], [1, 2])

    async def test_offsets_count_items(self) -> None:
        asked: list[int] = []

        async def fetch(offset: int) -> list[int] | None:
            asked.append(offset)
            return list(range(offset, min(offset + 3, 7))) or None

        assert await by_offset(fetch, items=lambda page: page, max_pages=5) == list(range(7))
        assert asked == [0, 3, 6, 7]


class Linked:
    """A backend whose pages have `Link` headers."""

    def __init__(self, links: list[str | list[str]], url: str | None = "http://c.test/v2/items?page=1") -> None:
        self.links = links
        self.url = url
        self.asked: list[Sequence[tuple[str, str]] | None] = []

    async def fetch(self, page: Sequence[tuple[str, str]] | None) -> Reply[list[int]]:
        self.asked.append(page)
        number = len(self.asked)
        sent = self.links[number - 1] if number <= len(self.links) else []
        headers = httpx.Headers([("link", value) for value in ([sent] if isinstance(sent, str) else sent)])
        return Reply([number], 200, headers, httpx.URL(self.url) if self.url else None)

    async def all(self) -> list[int]:
        return await by_link(self.fetch, items=lambda page: page, max_pages=5)


class TestLink:
    @pytest.mark.parametrize(
        ("link", "query"),
        [
            ('<http://c.test/v2/items?page=2&q=a%2Fb>; rel="next"', [("page", "2"), ("q", "a%2Fb")]),
            ("</elsewhere?page=2>; rel=next", [("page", "2")]),
            ("<?cursor=x%3D%3D&flag>;rel=next", [("cursor", "x%3D%3D"), ("flag", "")]),
            ("<//c.test:80/?a=1>; REL=NEXT", [("a", "1")]),
            ('<?a=1>; rel="prev last", <?a=3> ; title="a, <b>; rel=\'x\'" ; rel="last next"', [("a", "3")]),
            (["<?a=1>; rel=prev", "<?a=2>; rel=next"], [("a", "2")]),
            ("</items>; rel=next", []),
        ],
    )
    async def test_only_the_query_is_taken(self, link: str | list[str], query: list[tuple[str, str]]) -> None:
        backend = Linked([link])
        assert await backend.all() == [1, 2]
        assert backend.asked == [None, tuple(query)]

    @pytest.mark.parametrize(
        "link",
        ["", "<?a=2>", "<?a=2>; rel=prev", "<?a=2>; rel=prev; rel=next", "?a=2; rel=next", "<?a=2; rel=next", "<" * 99],
    )
    async def test_no_next_page(self, link: str) -> None:
        assert await Linked([link]).all() == [1]

    @pytest.mark.parametrize(
        "link",
        ["http://evil.test/?page=2", "https://c.test/?page=2", "//evil.test", "http://c.test:81/", "http://[::1"],
    )
    async def test_another_origin_is_a_breach(self, link: str) -> None:
        backend = Linked([f"<{link}>; rel=next"])
        with pytest.raises(BackendFailure) as raised:
            await backend.all()
        assert (raised.value.kind, len(backend.asked)) == ("invalid", 1)

    async def test_a_loop_is_a_breach_and_many_pages_a_limit(self) -> None:
        for links, kind in ((["<?p=2>;rel=next"] * 9, "invalid"), ([f"<?p={n}>;rel=next" for n in range(9)], "limit")):
            with pytest.raises(BackendFailure) as raised:
                await Linked(list(links)).all()
            assert raised.value.kind == kind

    def test_links_with_their_parameters(self) -> None:
        header = '</a>; rel="next"; title="x\\"y", ,<b>;rel=prev;rel=next,</c>,;'
        assert list(parse_links(header)) == [
            Link("/a", ("next",), '; rel="next"; title="x\\"y"'),
            Link("b", ("prev",), ";rel=prev;rel=next"),
            Link("/c", (), ""),
        ]

    def test_a_header_that_is_too_long_has_none(self) -> None:
        assert list(parse_links("<a>" + "," * 9000)) == []

    @pytest.mark.parametrize("unit", ['<a>;x="', '\\"', "; ", "x", ",", "<a>", "<a>;rel=next,", '";'])
    def test_hostile_headers_take_no_time(self, unit: str) -> None:
        hostile = '<a>;x="' + unit * (8000 // len(unit))
        started = time.perf_counter()
        list(parse_links(hostile))
        assert time.perf_counter() - started < 0.1
