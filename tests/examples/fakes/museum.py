"""The museum: open from Tuesday to Sunday, with three events; tickets have a code as an image."""

from __future__ import annotations

from base64 import b64decode
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from fake import fake
from fastapi import Request
from fastapi.responses import JSONResponse, Response

museum = fake()

PNG = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
BALLET = "f3e0e76e-e4a8-466e-ab9c-ae36c15b8e97"
TEA = "6744a0da-4121-49cd-8479-f8cc20526495"
MANY = "2f14374a-9c65-4ee5-94b7-fba66d893483"


def event(id_: str, name: str, price: float, *dates: str) -> dict[str, Any]:
    return {
        "eventId": id_,
        "name": name,
        "location": "Hall",
        "eventDescription": "Big, hairy and graceful",
        "dates": dates,
        "price": price,
    }


EVENTS = [event(TEA, "Tea Party", 0, "2023-11-18", "2023-11-25")]
EVENTS += [event(BALLET, "Sasquatch Ballet", 40, "2023-12-15", "2023-11-18")]
EVENTS += [event(MANY, f"Class {number:02}", 5, "2023-11-19") for number in range(35)]


@museum.get("/museum-hours")
async def hours(startDate: str, limit: int) -> Any:
    days = [{"date": f"2023-11-{day}", "timeOpen": "09:00", "timeClose": "18:00"} for day in (18, 19, 21, 22)]
    return [day for day in days if day["date"] >= startDate][:limit]


@museum.get("/special-events")
async def events(request: Request, startDate: str, endDate: str, page: int, limit: int) -> Response:
    if startDate == "2023-11-22":
        return JSONResponse({"title": "down for repairs"}, 500)
    found = [one for one in EVENTS if any(startDate <= date <= endDate for date in one["dates"])]
    if not found:
        return JSONResponse({"title": "nothing"}, 404, media_type="application/problem+json")
    return JSONResponse(found[(page - 1) * limit : page * limit])


@museum.get("/special-events/{id_}")
async def special(id_: str) -> Response:
    found = [one for one in EVENTS if one["eventId"] == id_]
    return JSONResponse(found[0]) if found else JSONResponse({"title": "Not found"}, 404)


@museum.post("/tickets")
async def buy(request: Request) -> Response:
    order = await request.json()
    if request.headers.get("authorization") != "Basic Og==":
        return JSONResponse({"title": "Who are you?"}, 401)
    if order.get("email") == "void@example.com":
        refusal = {"type": "object", "title": "Validation failed"}
        return JSONResponse(refusal, 400, media_type="application/problem+json")
    number = str(uuid5(NAMESPACE_URL, order.get("email", "")))
    made = {**order, "ticketId": number, "message": "Ticket purchased", "confirmationCode": "ticket-a98c8f"}
    return JSONResponse(made, 201)


@museum.get("/tickets/{number}/qr")
async def code(number: str) -> Response:
    if number == str(uuid5(NAMESPACE_URL, "late@example.com")):
        return JSONResponse({"title": "not yet"}, 404)
    return Response(PNG, media_type="image/png")
