"""A server of Discord's: three channels, three roles; the emojis of server 2 are down, its channels empty."""

from __future__ import annotations

from typing import Any

from fake import fake
from fastapi import Header
from fastapi.responses import JSONResponse, Response

discord = fake()


@discord.get("/guilds/{number}")
async def guild(number: str, with_counts: str, authorization: str = Header("")) -> Response:
    if authorization != "Bot token":
        return JSONResponse({"message": "401: Unauthorized", "code": 0}, 401)
    if number not in ("1", "2"):
        return JSONResponse({"message": "Unknown Guild", "code": 10004}, 404)
    found: dict[str, Any] = {"id": number, "name": "Friends", "description": None, "owner_id": "80351110224678912"}
    counts = {"approximate_member_count": 12, "approximate_presence_count": 3} if with_counts == "true" else {}
    return JSONResponse({**found, **counts, "features": ["COMMUNITY", "SOMETHING_NEW"]})


@discord.get("/guilds/{number}/channels")
async def channels(number: str) -> Any:
    category = {"id": "10", "type": 4, "name": "Text", "position": 0, "guild_id": number}
    general = {"id": "11", "type": 0, "name": "general", "position": 2, "topic": "hello", "parent_id": "10"}
    thread = {"id": "12", "type": 0, "name": "news", "position": 1, "parent_id": "10"}
    return [general, category, thread] if number == "1" else []


@discord.get("/guilds/{number}/roles")
async def roles(number: str) -> Any:
    role = {"color": 0, "hoist": False, "managed": False, "permissions": "0", "position": 0, "unicode_emoji": None}
    crown = {**role, "id": "21", "name": "crown", "color": 15844367, "hoist": True, "unicode_emoji": "👑"}
    return [{**role, "id": "20", "name": "@everyone"}, crown, {**role, "id": "22", "name": "bot", "managed": True}]


@discord.get("/guilds/{number}/emojis")
async def emojis(number: str) -> Response:
    if number == "2":
        return JSONResponse({"message": "down", "code": 0}, 503)
    return JSONResponse([{"id": "30", "name": "party", "roles": [], "animated": True, "managed": False}])
