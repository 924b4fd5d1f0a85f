"""A museum day: hours and events in one answer; a ticket is bought, and its code comes as an image."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from .running import Answer, Running, running

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sockets are handed down as on POSIX")

BALLET = "f3e0e76e-e4a8-466e-ab9c-ae36c15b8e97"


@pytest.fixture(scope="module")
def museum(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running("museum", tmp_path_factory.mktemp("museum"), ["museum"]) as started:
        yield started


def test_a_day_with_its_events(museum: Running) -> None:
    day = museum.ask("GET", "/days/2023-11-18").body
    assert (day["open"], day["opens"], day["closes"]) == (True, "09:00", "18:00")
    assert [(e["name"], e["free"]) for e in day["events"]] == [("Sasquatch Ballet", False), ("Tea Party", True)]
    assert day["events"][0]["eventId"] == BALLET


def test_all_pages_of_the_events(museum: Running) -> None:
    museum.received("museum")
    events = museum.ask("GET", "/days/2023-11-19").body["events"]
    assert [e["name"] for e in events] == [f"Class {number:02}" for number in range(35)]
    pages = [target for target in museum.received("museum") if "special-events" in target]
    assert [f"page={number}" in target for number, target in enumerate(pages, 1)] == [True, True]


def test_a_day_on_which_it_is_closed(museum: Running) -> None:
    day = museum.ask("GET", "/days/2023-11-20").body
    assert day == {"day": "2023-11-20", "open": False, "opens": None, "closes": None, "events": []}


def test_the_hours_without_the_events(museum: Running) -> None:
    day = museum.ask("GET", "/days/2023-11-22")
    assert (day.status, day.headers["Gateway-Degraded"]) == (200, "events")
    assert (day.body["opens"], day.body["events"]) == ("09:00", [])


def buy(museum: Running, **order: str) -> Answer:
    return museum.ask("POST", "/tickets", {"ticketDate": "2023-11-18", **order}, Authorization="Basic Og==")


def test_a_ticket_is_bought_and_its_code_is_the_answer(museum: Running) -> None:
    code = buy(museum, ticketType="event", eventId=BALLET, email="me@example.com")
    assert (code.status, code.headers["Content-Type"]) == (201, "image/png")
    assert code.content.startswith(b"\x89PNG")
    assert code.headers["Ticket-Confirmation"] == "ticket-a98c8f"
    again = museum.ask("GET", code.headers["Location"])
    assert (again.status, again.content) == (200, code.content)


def test_no_ticket_for_an_event_of_another_day(museum: Running) -> None:
    museum.received("museum")
    refused = buy(museum, ticketType="event", eventId=BALLET, ticketDate="2023-11-19")
    assert (refused.status, refused.body["detail"]) == (409, "Sasquatch Ballet is not on 2023-11-19")
    assert buy(museum, ticketType="event").status == 422
    assert buy(museum, ticketType="event", eventId="00000000-0000-0000-0000-000000000000").status == 404
    assert not any(target.startswith("POST") for target in museum.received("museum"))


def test_what_the_museum_refuses_and_why(museum: Running) -> None:
    refused = buy(museum, ticketType="general", email="void@example.com")
    assert (refused.status, refused.body) == (400, {"type": "object", "title": "Validation failed"})
    order = {"ticketType": "general", "ticketDate": "2023-11-18"}
    assert museum.ask("POST", "/tickets", order).status == 401  # the client's own credentials


def test_a_ticket_that_is_paid_is_not_lost_with_its_code(museum: Running) -> None:
    failed = buy(museum, ticketType="general", email="late@example.com")
    assert failed.status == 502
    assert failed.body["confirmation"] == "ticket-a98c8f"
    assert failed.body["detail"].endswith(f"see /tickets/{failed.body['ticket']}/code")
