"""Answers as bytes, without sockets: however they are cut into pieces, they mean the same."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from templates.runtime.incoming import HEAD_LIMIT, INTERIM_LIMIT, Incoming

from .replies import replies
from .wire import chunked, ok

REPLIES = {name: reply for name, reply in replies() if len(reply) < 4096}


class Read(Incoming):
    """What has come, in words."""

    def __init__(self, head_only: bool, limit: int | None) -> None:
        super().__init__()
        self.expect(head_only=head_only, limit=limit)

    def all(self, pieces: Iterable[bytes]) -> str:
        for piece in pieces:
            if self.idle and self.error is not None:
                break
            self.feed(piece)
        if not self.idle:
            self.end()
        body = b"".join(self.parts)
        if self.error is not None:
            return type(self.error).__name__
        return f"{self.status} {self.headers} {body!r} {self.too_large}"


def read(reply: bytes, cuts: Iterable[int], head_only: bool = False, limit: int | None = 1 << 20) -> tuple[str, bool]:
    places = [0, *sorted(set(cuts)), len(reply)]
    answer = Read(head_only, limit)
    pieces = [reply[start:stop] for start, stop in zip(places, places[1:], strict=False) if start < stop]
    return answer.all(pieces), answer.keep


@pytest.mark.parametrize("head_only", [False, True])
@pytest.mark.parametrize("limit", [1 << 20, None, 2])
def test_byte_by_byte(head_only: bool, limit: int | None, record_property: Any) -> None:
    for name, reply in REPLIES.items():
        whole = read(reply, (), head_only, limit)
        assert read(reply, range(len(reply)), head_only, limit) == whole, name
    record_property("count replies read byte by byte", len(REPLIES))


@given(st.sampled_from(sorted(REPLIES)), st.lists(st.integers(1, 200), max_size=6), st.booleans())
@settings(max_examples=500, deadline=None)
def test_in_any_pieces(name: str, cuts: list[int], head_only: bool) -> None:
    reply = REPLIES[name]
    cuts = [cut for cut in cuts if cut < len(reply)]
    assert read(reply, cuts, head_only) == read(reply, (), head_only)


@given(st.binary(max_size=300), st.lists(st.integers(1, 300), max_size=4))
@settings(max_examples=500, deadline=None)
def test_any_bytes_are_an_answer_or_an_error(data: bytes, cuts: list[int]) -> None:
    for prefix in (
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    ):
        text, _ = read(prefix + data, [cut for cut in cuts if cut < len(prefix + data)])
        assert text[0].isdigit() or text in ("RemoteProtocolError", "ReadError")


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=8), st.binary(max_size=20))
@settings(max_examples=300, deadline=None)
def test_what_was_sent_is_what_comes_and_nothing_more(pieces: list[bytes], surplus: bytes) -> None:
    body = b"".join(pieces)
    for framed in (
        ok(body),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(*pieces) + b"0\r\n\r\n",
    ):
        answer = Read(False, 1 << 20)
        answer.feed(framed + surplus)
        assert (answer.idle, answer.error, b"".join(answer.parts)) == (True, None, body)
        # an empty line is skipped, as RFC 9112 2.2 has it for requests; all else says that the framing is broken
        assert answer.keep == (not surplus.strip(b"\r\n"))


def test_bytes_that_come_before_they_are_asked_for() -> None:
    answer = Read(False, 10)
    answer.feed(ok(b"1"))
    assert answer.keep and answer.idle
    answer.feed(ok(b"2"))
    assert not answer.keep and list(answer.parts) == [b"1"]


@pytest.mark.parametrize(
    ("begin", "endless"),
    [
        (b"HTTP/1.1 200 OK\r\nX-A: ", b"a" * 1000),
        (b"HTTP/1.1 200 OK\r\n", b"X-A: a\r\n" * 100),
        (b"HTTP/1.1 200 ", b"O" * 1000),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
            b"X-A: a\r\n" * 100,
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-A:",
            b"a" * 1000,
        ),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=", b"a" * 1000),
    ],
    ids=["a field", "fields", "a reason", "trailers", "a trailer", "an extension of a chunk"],
)
@pytest.mark.parametrize("limit", [None, 1 << 20])
def test_what_never_ends_is_given_up(begin: bytes, endless: bytes, limit: int | None) -> None:
    tracemalloc.start()
    answer = Read(False, limit)
    answer.feed(begin)
    fed = 0
    while answer.error is None:
        answer.feed(endless)
        fed += len(endless)
        assert fed <= 2 * HEAD_LIMIT
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(answer.error, httpx.RemoteProtocolError)
    assert peak < 4 << 20


def test_the_budget_is_for_what_is_between_two_pieces() -> None:
    answer = Read(False, None)
    answer.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(HEAD_LIMIT):  # sizes and pieces come apart: each is little, all of them are more than a head
        answer.feed(b"1\r\n")
        answer.feed(b"x\r\n")
    assert answer.error is None and answer.size == HEAD_LIMIT


def test_announcements() -> None:
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    text, keep = read(INTERIM_LIMIT * interim + ok(b"1"), ())
    assert text.startswith("200") and "Link" not in text and keep
    assert read((INTERIM_LIMIT + 1) * interim + ok(b"1"), ())[0] == "RemoteProtocolError"


def test_a_body_that_is_too_large_is_dropped_with_its_status() -> None:
    answer = Read(False, 4)
    answer.feed(ok(b"hello", status=b"404 Not Found"))
    assert (answer.status, answer.too_large, answer.idle, answer.keep) == (404, True, True, False)
