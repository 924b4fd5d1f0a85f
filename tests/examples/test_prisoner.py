"""A prisoner's profile: six services, three of them needed; authors of notes are named, or stay without names."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from .running import Answer, Running, running

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sockets are handed down as on POSIX")

BACKENDS = ["person", "alerts", "visits", "incentives", "relations", "notes", "staff"]


@pytest.fixture(scope="module")
def prison(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running("prisoner", tmp_path_factory.mktemp("prisoner"), BACKENDS) as started:
        yield started


def profile(prison: Running, prisoner: str, in_prison: str = "MDI", token: str = "Bearer token") -> Answer:
    return prison.ask("GET", f"/prisons/{in_prison}/prisoners/{prisoner}/profile", Authorization=token)


def test_a_whole_profile(prison: Running) -> None:
    found = profile(prison, "A1234AA").body
    assert (found["firstName"], found["prison"]["name"]) == ("Ann", "Moorland")
    assert found["balance"] == {"voBalance": 5, "pvoBalance": -2, "total": 3}
    assert (found["incentiveLevel"], found["nextReview"]) == ("Standard", "2022-12-31")
    # of 103 alerts on two pages those that matter, the last changed first
    assert [alert["code"] for alert in found["alerts"]] == ["XA", "C1", "HA"]
    assert [(one["prisoner"], one["sameCellBlock"]) for one in found["keepApart"]] == [
        ("E1231EE", False),
        ("E1233EE", True),
    ]
    assert found["keepApart"][0]["reason"] == "SOMETHING_NEW"  # a member that the document does not know
    assert [(one["caseNoteId"], one["author"]["lastName"]) for one in found["caseNotes"]] == [
        ("1", "Thor"),
        ("2", None),
        ("3", "Thor"),
    ]


def test_without_a_balance_and_a_level(prison: Running) -> None:
    prison.received("staff")
    answer = profile(prison, "B1234BB")
    assert (answer.status, answer.headers["Gateway-Degraded"]) == (200, None)  # 404 is data here
    assert (answer.body["balance"], answer.body["incentiveLevel"]) == (None, None)
    assert prison.received("staff") == []  # no notes: nobody to be named


def test_without_notes(prison: Running) -> None:
    answer = profile(prison, "C1234CC")
    assert (answer.status, answer.headers["Gateway-Degraded"]) == (200, "notes")
    assert answer.body["caseNotes"] is None


def test_what_fails_the_profile(prison: Running) -> None:
    assert profile(prison, "D1234DD").status == 502
    assert profile(prison, "D1234DD").body["call"] == "alerts"
    unknown = profile(prison, "Z1234ZZ")
    assert (unknown.status, unknown.body["detail"]) == (404, "no prisoner Z1234ZZ")
    elsewhere = profile(prison, "B1234BB", in_prison="LEI")
    assert (elsewhere.status, elsewhere.body["detail"]) == (400, "prisoner B1234BB is not in LEI")
    assert profile(prison, "A1234AA", token="Bearer stale").status == 401
