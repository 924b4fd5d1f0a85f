"""A backend of the tests: an app that remembers what it was sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request, Response

Next = Callable[[Request], Awaitable[Response]]


def fake() -> FastAPI:
    """`DELETE /received` gives the requests since the last time, as `METHOD target`."""
    app = FastAPI()
    seen: list[str] = []

    @app.middleware("http")
    async def remember(request: Request, call_next: Next) -> Response:
        if request.url.path not in ("/received", "/openapi.json"):
            query = f"?{request.url.query}" if request.url.query else ""
            seen.append(f"{request.method} {request.url.path}{query}")
        return await call_next(request)

    @app.delete("/received")
    async def received() -> Any:
        told = list(seen)
        seen.clear()
        return told

    return app
