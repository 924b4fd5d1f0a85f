"""As a first script has it: a client for each request, one call after another, dicts."""

from __future__ import annotations

import os
from typing import Any

import httpx
from fastapi import FastAPI

BACKEND = os.environ["BACKEND"]
app = FastAPI()


@app.get("/products/{product_id}")
async def product_page(product_id: int) -> Any:
    async with httpx.AsyncClient() as client:
        product = (await client.get(f"{BACKEND}/products/{product_id}")).json()
        price = (await client.get(f"{BACKEND}/prices/{product_id}")).json()
        reviews = (await client.get(f"{BACKEND}/reviews", params={"product": product_id, "limit": 20})).json()
    items = reviews["items"]
    return {
        "id": product["id"],
        "name": product["name"],
        "description": product["description"],
        "price": price["amount"],
        "currency": price["currency"],
        "rating": sum(r["rating"] for r in items) / len(items) if items else 0,
        "reviews": [{key: r[key] for key in ("id", "rating", "body", "created_at")} for r in items],
    }
