"""The services of the Sock Shop, as far as carts and orders need them; one customer, two socks."""

from __future__ import annotations

from typing import Any

from fake import fake
from fastapi import Request
from fastapi.responses import JSONResponse, Response

catalogue, carts, orders, user = fake(), fake(), fake(), fake()
HAL = "application/hal+json;charset=UTF-8"

SOCKS = {
    "holy": {"id": "holy", "name": "Holy", "description": "Socks", "imageUrl": [], "price": 99.99, "count": 1},
    "crossed": {"id": "crossed", "name": "Crossed", "description": "Socks", "imageUrl": [], "price": 17.32, "count": 3},
}
CARTS: dict[str, list[dict[str, Any]]] = {}
ORDERS: dict[str, list[dict[str, Any]]] = {}


def link(path: str) -> dict[str, str]:
    return {"href": f"http://user/{path}"}


@catalogue.get("/catalogue/{name}")
async def get_sock(name: str) -> Response:
    if name not in SOCKS:
        return JSONResponse({"error": "not found", "status_code": 404}, 404)
    return JSONResponse({**SOCKS[name], "tag": ["blue"]})


@carts.get("/carts/{customer}/items")
async def list_items(customer: str) -> Any:
    return CARTS.setdefault(customer, [])


@carts.post("/carts/{customer}/items", status_code=201)
async def add_item(customer: str, item: dict[str, Any]) -> Any:
    rows = CARTS.setdefault(customer, [])
    row = next((row for row in rows if row["itemId"] == item["itemId"]), None)
    if row is None:
        row = {"id": f"row-{len(rows)}", "itemId": item["itemId"], "quantity": 0, "unitPrice": item["unitPrice"]}
        rows.append(row)
    row["quantity"] += item.get("quantity", 1)
    return row


@carts.patch("/carts/{customer}/items", status_code=202)
async def change_item(customer: str, item: dict[str, Any]) -> None:
    for row in CARTS.setdefault(customer, []):
        if row["itemId"] == item["itemId"]:
            row.update(item)


@carts.delete("/carts/{customer}/items/{item}", status_code=202)
async def remove_item(customer: str, item: str) -> None:
    CARTS[customer] = [row for row in CARTS.get(customer, []) if row["itemId"] != item]


@carts.delete("/carts/{customer}", status_code=202)
async def empty(customer: str) -> None:
    CARTS.pop(customer, None)


@user.get("/customers/{customer}")
async def get_customer(customer: str) -> Response:
    if customer not in ("eve", "adam", "poor"):
        return JSONResponse({"error": "not found", "status_code": 500, "status_text": "Internal"}, 500)
    links = {"self": link(f"customers/{customer}"), "customer": link(f"customers/{customer}")}
    return JSONResponse({"firstName": "E", "lastName": "B", "username": customer, "_links": links}, media_type=HAL)


@user.get("/customers/{customer}/addresses")
async def get_addresses(customer: str) -> Response:
    address = {"number": "1", "street": "Road", "city": "Town", "postcode": "1", "country": "X"}
    links = {"self": link("addresses/a1"), "address": link("addresses/a1")}
    found = [{**address, "_links": links}] if customer != "adam" else []
    return JSONResponse({"_embedded": {"address": found}}, media_type=HAL)


@user.get("/customers/{customer}/cards")
async def get_cards(customer: str) -> Response:
    links = {"self": link("cards/c1"), "card": link("cards/c1")}
    card = {"longNum": "4111", "expires": "08/29", "ccv": "1", "_links": links}
    return JSONResponse({"_embedded": {"card": [card]}}, media_type=HAL)


@orders.post("/orders")
async def make_order(request: Request) -> Response:
    order = await request.json()
    customer = order["customer"].rpartition("/")[2]
    if customer == "poor":
        refusal = {"status": 406, "error": "Not Acceptable", "message": "Payment declined: amount exceeds 100.00"}
        return JSONResponse(refusal, 406)
    made = {
        "id": "o1",
        "customerId": customer,
        "customer": {"id": None, "firstName": "E", "lastName": "B", "username": customer, "addresses": [], "cards": []},
        "address": order["address"]
        and {"id": None, "number": "1", "street": "Road", "city": "Town", "postcode": "1", "country": "X"},
        "card": order["card"] and {"id": None, "longNum": "4111", "expires": "08/29", "ccv": "1"},
        "items": [{"id": "row-0", "itemId": "holy", "quantity": 1, "unitPrice": 99.99}],
        "shipment": {"id": "s1", "name": customer},
        "date": "2026-11-24T15:00:00.000+0000",
        "total": 104.98,
        "_links": {"self": {"href": "http://orders/orders/o1"}},
    }
    ORDERS.setdefault(customer, []).append(made)
    return JSONResponse(made, 201, media_type=HAL)


@orders.get("/orders/search/customerId")
async def search(custId: str, sort: str) -> Response:
    assert sort == "date"
    if custId not in ORDERS:
        return Response(status_code=404)
    return JSONResponse({"_embedded": {"customerOrders": ORDERS[custId]}}, media_type=HAL)
