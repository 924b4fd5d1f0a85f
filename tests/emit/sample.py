"""Models as a generated project would have them. Stands alone: the emitted code is typed against it, too."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import MISSING, BaseModel


class Country(BaseModel):
    code: str
    name: str | None = None


class Address(BaseModel):
    city: str
    zip: str | None = None
    country: Country | None = None


class Customer(BaseModel):
    id_: int
    name: str
    nick: str | None = None
    vip: bool | None = None
    address: Address | None = None
    note: str | MISSING = MISSING  # passed through whole: absent and null are told apart
    home: Address | None | MISSING = MISSING
    tags: list[str]
    friends: list[Country | None]


class Item(BaseModel):
    sku: str
    price: float
    quantity: int
    discount: float | None = None
    gift: bool
    origin: Country | None = None


class Order(BaseModel):
    id_: int
    items: list[Item]
    customer: Customer | None = None
    notes: list[str] | None = None
    by_sku: dict[str, Item]
    extras: dict[str, Item] | None = None
    placed: datetime
    due: date | None = None


class Payment(BaseModel):
    """One class for a union of two objects, told apart by `kind`."""

    kind: str
    number: str | None = None
    iban: str | None = None


class Card(BaseModel):
    """An answer of the gateway's own."""

    title: str
    city: str | None = None
    badge: str | MISSING = MISSING
