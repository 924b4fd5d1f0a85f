"""Bookinfo's details service: what is printed in a book's front. `uvicorn details:app --port 9080`."""

from __future__ import annotations

from fastapi import FastAPI, HTTPException

app = FastAPI(title="Details")

DETAILS = {
    "author": "William Shakespeare",
    "year": 1595,
    "type": "paperback",
    "pages": 200,
    "publisher": "PublisherA",
    "language": "English",
    "ISBN-10": "1234567890",
    "ISBN-13": "123-1234567890",
}


@app.get("/details/{book_id}")
async def get_details(book_id: int) -> dict[str, str | int]:
    if book_id != 0:
        raise HTTPException(404, "no such book")
    return {"id": book_id, **DETAILS}


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "Details is healthy"}
