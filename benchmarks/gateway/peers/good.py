"""As a good engineer writes it with FastAPI and httpx: one client, calls at the same time, models both ways."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TypeVar

import httpx
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

BACKEND = os.environ["BACKEND"]
T = TypeVar("T", bound=BaseModel)


class Product(BaseModel):
    id: int
    name: str
    description: str | None = None


class Price(BaseModel):
    amount: float
    currency: str


class Review(BaseModel):
    id: int
    rating: int
    body: str
    created_at: datetime


class Reviews(BaseModel):
    items: list[Review]


class Page(BaseModel):
    id: int
    name: str
    description: str | None
    price: float
    currency: str
    rating: float
    reviews: list[Review]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with httpx.AsyncClient(base_url=BACKEND, timeout=2.0) as client:
        app.state.client = client
        yield


app = FastAPI(lifespan=lifespan)


async def ask(model: type[T], path: str, **params: int) -> T:
    try:
        response = await app.state.client.get(path, params=params)
        response.raise_for_status()
        return model.model_validate(response.json())
    except (httpx.HTTPError, ValueError) as error:
        raise HTTPException(502) from error


@app.get("/products/{product_id}", response_model=Page)
async def product_page(product_id: int) -> Page:
    product, price, reviews = await asyncio.gather(
        ask(Product, f"/products/{product_id}"),
        ask(Price, f"/prices/{product_id}"),
        ask(Reviews, "/reviews", product=product_id, limit=20),
    )
    items = reviews.items
    return Page(
        id=product.id,
        name=product.name,
        description=product.description,
        price=price.amount,
        currency=price.currency,
        rating=sum(r.rating for r in items) / len(items) if items else 0,
        reviews=items,
    )
