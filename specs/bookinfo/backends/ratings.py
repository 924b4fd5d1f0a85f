"""Bookinfo's ratings service: stars by reviewer. `uvicorn ratings:app --port 9082`."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

app = FastAPI(title="Ratings")

RATINGS = {"Reviewer1": 5, "Reviewer2": 4}


@app.get("/ratings/{product_id}")
async def get_ratings(product_id: int) -> dict[str, Any]:
    return {"id": product_id, "ratings": RATINGS}


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "Ratings is healthy"}
