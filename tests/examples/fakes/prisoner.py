"""Services of a prison: A1234AA has everything, B1234BB is on remand; C1234CC's notes are down, D1234DD's alerts."""

from __future__ import annotations

from typing import Any

from fake import fake
from fastapi import Header, Request
from fastapi.responses import JSONResponse, Response

person, alerts, visits, incentives, relations, notes, staff = (fake() for _ in range(7))

PEOPLE = {"A1234AA": "Ann", "B1234BB": "Bo", "C1234CC": "Cy", "D1234DD": "Di"}
NONE = {"code": None, "description": None}


@person.get("/person/prison/dps/{number}")
async def get_person(number: str, authorization: str = Header("")) -> Response:
    if authorization != "Bearer token":
        return JSONResponse({"status": 401}, 401)
    if number not in PEOPLE:
        return JSONResponse({"status": 404, "userMessage": "Not found"}, 404)
    found: dict[str, Any] = {"firstName": PEOPLE[number], "lastName": "Smith", "dateOfBirth": "1990-08-21"}
    found |= dict.fromkeys(["title", "sex", "sexualOrientation", "religion", "ethnicity"], NONE)
    found |= dict.fromkeys(["aliases", "nationalities", "addresses", "religionHistory"], [])
    lists = ["arrestSummonsNumbers", "cids", "crns", "cros", "defendantIds", "driverLicenseNumbers"]
    lists += ["nationalInsuranceNumbers", "otherIdentifiers", "pncs", "prisonNumbers"]
    return JSONResponse({**found, "identifiers": dict.fromkeys(lists, [])})


def alert(number: int, code: str, updated: str | None) -> dict[str, Any]:
    made = {
        "alertUuid": f"8cdadcf3-b003-4116-9956-c99bd8df6{number:03}",
        "prisonNumber": "A1234AA",
        "alertCode": {
            "alertTypeCode": code[0],
            "alertTypeDescription": code[0],
            "code": code,
            "description": f"Alert {code}",
            "canBeAdministered": True,
        },
        "activeFrom": "2021-09-27",
        "isActive": True,
        "createdAt": "2021-09-27T14:19:25",
        "createdBy": "USER",
        "createdByDisplayName": "Firstname Lastname",
    }
    return {**made, "lastModifiedAt": updated} if updated else made


ALERTS = [alert(n, "OLD", None) for n in range(100)]
ALERTS += [alert(100, "HA", None), alert(101, "XA", "2024-01-02T10:00:00"), alert(102, "C1", "2023-01-02T10:00:00")]


@alerts.get("/prisoners/{number}/alerts")
async def list_alerts(number: str, page: int, size: int, isActive: bool) -> Response:
    if number == "D1234DD":
        return JSONResponse({"status": 500}, 500)
    found = ALERTS if number == "A1234AA" else []
    content = found[page * size : (page + 1) * size]
    return JSONResponse({"content": content, "number": page, "last": (page + 1) * size >= len(found)})


@visits.get("/visits/allocation/prisoner/{number}/balance")
async def balance(number: str) -> Response:
    if number == "B1234BB":
        return JSONResponse({"status": 404}, 404)
    return JSONResponse({"prisonerId": number, "voBalance": 5, "pvoBalance": -2})


@incentives.get("/incentive-reviews/prisoner/{number}")
async def incentive(number: str) -> Response:
    if number == "B1234BB":
        return JSONResponse({"status": 404}, 404)
    found = {"id": 1, "iepCode": "STD", "iepLevel": "Standard", "prisonerNumber": number, "bookingId": 1}
    found |= {"iepDate": "2021-12-31", "iepTime": "2021-07-05T10:35:17", "iepDetails": []}
    return JSONResponse({**found, "nextReviewDate": "2022-12-31", "daysSinceReview": 23})


def relation(id_: int, is_open: bool, restriction: str) -> dict[str, Any]:
    texts = ["reasonDescription", "roleDescription", "restrictionTypeDescription", "authorisedBy", "updatedBy"]
    other = {"prisonerNumber": f"E123{id_}EE", "role": "NOT_RELEVANT", "roleDescription": "", "prisonId": "MDI"}
    return {
        "id": id_,
        "role": "VICTIM",
        "reason": "SOMETHING_NEW",
        "restrictionType": restriction,
        "comment": "fights",
        "whenCreated": "2023-05-01T10:00:00",
        "whenUpdated": "2023-05-01T10:00:00",
        "isClosed": not is_open,
        "isOpen": is_open,
        "otherPrisonerDetails": {**other, "firstName": "E", "lastName": "E"},
        **dict.fromkeys(texts, ""),
    }


@relations.get("/prisoner/{number}/non-associations")
async def non_associations(number: str, includeOtherPrisons: bool) -> Any:
    found = {"prisonerNumber": number, "firstName": "A", "lastName": "S", "prisonId": "MDI", "openCount": 2}
    rows = [relation(1, True, "CELL"), relation(2, False, "WING"), relation(3, True, "WING")]
    return {**found, "prisonName": "Moorland", "closedCount": 1, "nonAssociations": rows}


def note(id_: int, author: str) -> dict[str, Any]:
    texts = ["type", "typeDescription", "subType", "subTypeDescription", "source", "authorName", "authorUserId", "text"]
    made = {"caseNoteId": str(id_), "offenderIdentifier": "A1234AA", "authorUsername": author, "sensitive": False}
    made |= dict.fromkeys(["creationDateTime", "occurrenceDateTime"], "2024-01-02T10:00:00")
    return {**made, **dict.fromkeys(texts, ""), "eventId": 1, "legacyId": 1, "amendments": [], "systemGenerated": False}


@notes.post("/search/case-notes/{number}")
async def search(number: str, request: Request) -> Response:
    asked = await request.json()
    assert asked == {
        "includeSensitive": False,
        "typeSubTypes": [],
        "page": 1,
        "size": 20,
        "sort": "occurrenceDateTime,desc",
    }
    if number == "C1234CC":
        return JSONResponse({"status": 503}, 503)
    rows = [note(1, "AUTHOR"), note(2, "GONE"), note(3, "AUTHOR")] if number == "A1234AA" else []
    metadata = {"totalElements": len(rows), "page": 1, "size": 20}
    return JSONResponse({"content": rows, "metadata": metadata, "hasCaseNotes": bool(rows)})


@staff.post("/users/basic/find-by-usernames")
async def find(request: Request) -> Any:
    names = await request.json()
    assert names == ["AUTHOR", "GONE"]
    details = {"staffId": 1, "firstName": "Au", "lastName": "Thor", "enabled": True}
    return {name: {**details, "username": name} for name in names if name == "AUTHOR"}
