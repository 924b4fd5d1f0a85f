"""aiohttp on both sides, by hand: dicts, nothing checked."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

import uvloop
from aiohttp import ClientSession, ClientTimeout, TCPConnector, web

BACKEND = os.environ["BACKEND"]
SESSION: web.AppKey[ClientSession] = web.AppKey("session", ClientSession)


async def session(app: web.Application) -> AsyncIterator[None]:
    async with ClientSession(connector=TCPConnector(limit=0), timeout=ClientTimeout(2)) as made:
        app[SESSION] = made
        yield


async def ask(client: ClientSession, path: str) -> Any:
    async with client.get(BACKEND + path) as response:
        if response.status != 200:
            raise web.HTTPBadGateway
        return json.loads(await response.read())


async def product_page(request: web.Request) -> web.Response:
    product_id = int(request.match_info["product_id"])
    client = request.app[SESSION]
    product, price, reviews = await asyncio.gather(
        ask(client, f"/products/{product_id}"),
        ask(client, f"/prices/{product_id}"),
        ask(client, f"/reviews?product={product_id}&limit=20"),
    )
    items = reviews["items"]
    page = {
        "id": product["id"],
        "name": product["name"],
        "description": product["description"],
        "price": price["amount"],
        "currency": price["currency"],
        "rating": sum(r["rating"] for r in items) / len(items) if items else 0,
        "reviews": [{key: r[key] for key in ("id", "rating", "body", "created_at")} for r in items],
    }
    return web.Response(body=json.dumps(page).encode(), content_type="application/json")


if __name__ == "__main__":
    app = web.Application()
    app.cleanup_ctx.append(session)
    app.router.add_get("/products/{product_id}", product_page)
    uvloop.install()
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
