"""Bookinfo's reviews service: what readers say. `uvicorn reviews:app --port 9081`."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

app = FastAPI(title="Reviews")

REVIEWS = [
    {
        "reviewer": "Reviewer1",
        "text": "An extremely entertaining play by Shakespeare. The slapstick humour is refreshing!",
    },
    {
        "reviewer": "Reviewer2",
        "text": "Absolutely fun and entertaining. The play lacks thematic depth when compared to other plays "
        "by Shakespeare.",
    },
]


@app.get("/reviews/{product_id}")
async def get_reviews(product_id: int) -> dict[str, Any]:
    return {"id": product_id, "podname": "reviews-v1", "reviews": REVIEWS}


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "Reviews is healthy"}
