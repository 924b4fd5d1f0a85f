"""Bookinfo over its own services: the page lives while they go down one by one."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .running import ROOT, Running

NAMES = ("details", "reviews", "ratings")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sockets are handed down as on POSIX")


@pytest.fixture
def bookinfo(tmp_path: Path) -> Iterator[Running]:
    started = Running("bookinfo", tmp_path, ROOT / "specs/bookinfo/backends", {name: f"{name}:app" for name in NAMES})
    yield started
    started.close()


def page_of(bookinfo: Running) -> tuple[Any, str | None]:
    """The answer, and which of its parts the gateway says are degraded."""
    answer = bookinfo.ask("GET", "/productpage")
    assert answer.status == 200, answer.body
    return answer.body, answer.headers["Gateway-Degraded"]


def test_the_page_lives_while_its_services_go_down_one_by_one(bookinfo: Running) -> None:
    page, degraded = page_of(bookinfo)
    assert degraded is None
    assert page["product"] == {"id": 0, "title": "The Comedy of Errors"}
    assert (page["detailsStatus"], page["reviewsStatus"]) == (200, 200)
    assert page["details"]["isbn13"] == "123-1234567890"
    assert "error" not in page["details"]
    assert [review["rating"] for review in page["reviews"]] == [{"stars": 5}, {"stars": 4}]

    bookinfo.end("ratings")
    page, degraded = page_of(bookinfo)
    assert degraded == "ratings"
    assert [review["reviewer"] for review in page["reviews"]] == ["Reviewer1", "Reviewer2"]
    assert [review["rating"] for review in page["reviews"]] == [{"error": "ratings are currently unavailable"}] * 2

    bookinfo.end("details")
    page, degraded = page_of(bookinfo)
    assert degraded == "details, ratings"
    assert page["detailsStatus"] == 503
    assert page["details"] == {"error": "details are currently unavailable"}
    assert page["reviewsStatus"] == 200

    bookinfo.end("reviews")
    page, degraded = page_of(bookinfo)
    assert (page["reviewsStatus"], page["reviews"]) == (503, None)


def test_an_unknown_book_is_the_clients_mistake(bookinfo: Running) -> None:
    refused = bookinfo.ask("GET", "/productpage?product_id=7")
    problem = refused.body
    assert refused.status == 404
    assert (problem["status"], problem["call"]) == (404, "details")
    assert "localhost" not in json.dumps(problem) and "127.0.0.1" not in json.dumps(problem)
