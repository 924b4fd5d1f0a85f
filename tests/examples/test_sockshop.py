"""The Sock Shop's cart and orders: what its front end did by hand, and its failures told apart."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from .running import Running, running

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sockets are handed down as on POSIX")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running("sockshop", tmp_path_factory.mktemp("sockshop"), ["catalogue", "carts", "orders", "user"]) as started:
        yield started


def test_a_cart_of_a_session_that_is_nobody_yet(shop: Running) -> None:
    anonymous = {"Cookie": "md.sid=s-1"}
    assert shop.ask("GET", "/cart", **anonymous).body == []
    added = shop.ask("POST", "/cart", {"id": "holy"}, **anonymous)
    assert (added.status, added.content) == (201, b"")
    shop.ask("POST", "/cart", {"id": "crossed"}, **anonymous)
    changed = shop.ask("POST", "/cart/update", {"id": "crossed", "quantity": 5}, **anonymous)
    assert changed.status == 202
    rows = shop.ask("GET", "/cart", **anonymous).body
    assert [(row["itemId"], row["quantity"], row["unitPrice"]) for row in rows] == [
        ("holy", 1, 99.99),
        ("crossed", 5, 17.32),
    ]

    assert shop.ask("DELETE", "/cart/holy", **anonymous).status == 202
    assert [row["itemId"] for row in shop.ask("GET", "/cart", **anonymous).body] == ["crossed"]
    assert shop.ask("DELETE", "/cart", **anonymous).status == 202
    assert shop.ask("GET", "/cart", **anonymous).body == []


def test_who_is_logged_in_has_a_cart_of_ones_own(shop: Running) -> None:
    shop.ask("POST", "/cart", {"id": "holy"}, Cookie="md.sid=s-2; logged_in=eve")
    assert len(shop.ask("GET", "/cart", Cookie="logged_in=eve").body) == 1
    assert shop.ask("GET", "/cart", Cookie="md.sid=s-2").body == []
    assert shop.ask("GET", "/cart").status == 401


def test_an_unknown_sock_goes_into_no_cart(shop: Running) -> None:
    shop.received("carts")
    refused = shop.ask("POST", "/cart", {"id": "gone"}, Cookie="md.sid=s-3")
    assert (refused.status, refused.body["detail"]) == (404, "no sock gone")
    assert shop.received("carts") == []


def test_an_order_is_made_of_addresses_of_resources(shop: Running) -> None:
    assert shop.ask("GET", "/orders", Cookie="logged_in=eve").body == []  # 404 is no mistake
    made = shop.ask("POST", "/orders", Cookie="logged_in=eve")
    assert (made.status, made.body["customerId"], made.body["total"]) == (201, "eve", 104.98)
    assert made.body["address"]["street"] == "Road"
    assert made.body["_links"]["self"]["href"] == "http://orders/orders/o1"
    listed = shop.ask("GET", "/orders", Cookie="logged_in=eve")
    assert (listed.status, listed.body) == (201, [made.body])


def test_no_address_is_null(shop: Running) -> None:
    made = shop.ask("POST", "/orders", Cookie="logged_in=adam").body
    assert made["address"] is None and made["card"] is not None


def test_a_declined_payment_says_why(shop: Running) -> None:
    declined = shop.ask("POST", "/orders", Cookie="logged_in=poor")
    assert declined.status == 406
    assert declined.body["message"] == "Payment declined: amount exceeds 100.00"


def test_an_unknown_customer_orders_nothing(shop: Running) -> None:
    shop.received("orders")
    failed = shop.ask("POST", "/orders", Cookie="logged_in=nobody")
    assert (failed.status, failed.body["call"]) == (502, "customer")
    assert shop.received("orders") == []
    assert shop.ask("POST", "/orders").status == 422
