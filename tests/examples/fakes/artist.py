"""Spotify with two artists, 23 albums of one of them, and a playlist of two pages."""

from __future__ import annotations

from typing import Any

from fake import fake
from fastapi import Header
from fastapi.responses import JSONResponse, Response

spotify = fake()

ARTISTS = {"a1": "The Band", "a2": "Band"}


def page(rows: list[Any], offset: int, limit: int) -> dict[str, Any]:
    following = "https://api.spotify.com/v1/next" if offset + limit < len(rows) else None
    about = {"href": "", "limit": limit, "next": following, "offset": offset, "previous": None, "total": len(rows)}
    return {**about, "items": rows[offset : offset + limit]}


def artist(id_: str) -> dict[str, Any]:
    images = [{"url": f"{size}.jpg", "height": size, "width": size} for size in (640, 320, 64)]
    found = {"id": id_, "name": ARTISTS[id_], "type": "artist", "genres": ["folk"], "images": images, "popularity": 1}
    return {**found, "followers": {"href": None, "total": 12}, "href": "", "uri": "", "external_urls": {}}


def album(number: int, kind: str = "album") -> dict[str, Any]:
    found = {"id": f"b{number}", "name": f"Album {number}", "album_type": kind, "album_group": kind, "type": "album"}
    found |= {"release_date": f"{1970 + number}-05", "release_date_precision": "month", "total_tracks": 2}
    return {**found, "available_markets": [], "external_urls": {}, "href": "", "images": [], "uri": "", "artists": []}


def track(name: str, **parts: Any) -> dict[str, Any]:
    found = {"id": f"t-{name}", "name": name, "type": "track", "explicit": False, "duration_ms": 61_500, **parts}
    return {**found, "album": album(1), "artists": [artist("a1"), artist("a2")]}


ALBUMS = [album(number) for number in range(22)] + [album(22, "single")]


@spotify.get("/search")
async def search(q: str, type: str, limit: int, authorization: str = Header("")) -> Response:
    assert (type, limit) == ("artist", 5)
    if authorization != "Bearer token":
        return JSONResponse({"error": {"status": 401, "message": "no token"}}, 401)
    found = [artist(id_) for id_, name in ARTISTS.items() if q.lower() in name.lower()]
    return JSONResponse({"artists": page(found, 0, limit)})


@spotify.get("/artists/{id_}")
async def get_artist(id_: str) -> Any:
    return artist(id_)


@spotify.get("/artists/{id_}/top-tracks")
async def top_tracks(id_: str) -> Response:
    if id_ == "a1":
        return JSONResponse({"error": {"status": 500, "message": "down"}}, 500)
    return JSONResponse({"tracks": [track(f"{number}") for number in range(9)]})


@spotify.get("/artists/{id_}/albums")
async def albums(id_: str, include_groups: str, limit: int, offset: int) -> Any:
    assert include_groups == "album,single"
    return page(ALBUMS, offset, limit)


@spotify.get("/albums")
async def several(ids: str) -> Any:
    assert len(ids.split(",")) <= 20
    tracks = page([{"id": "t", "duration_ms": 90_000}, {"id": "u", "duration_ms": 95_000}], 0, 50)
    extra = {"tracks": tracks, "copyrights": [], "external_ids": {}, "genres": [], "popularity": 1}
    found = [one for one in ALBUMS if one["id"] in ids.split(",")]
    return {"albums": [{**one, **extra, "label": f"Label of {one['id']}"} for one in found]}


@spotify.get("/playlists/{id_}")
async def playlist(id_: str, fields: str) -> Response:
    if id_ != "p1":
        return JSONResponse({"error": {"status": 404, "message": "Resource not found"}}, 404)
    images = [{"url": "only.jpg", "height": None, "width": None}]
    return JSONResponse({"name": "Mix", "owner": {"id": "me", "display_name": None}, "images": images})


@spotify.get("/playlists/{id_}/items")
async def items(id_: str, limit: int, offset: int) -> Any:
    show = {"id": "e1", "name": "Talk", "type": "episode", "duration_ms": 600_000, "explicit": False}
    show |= {"show": {"name": "The Show"}}
    entries = [{"added_at": None, "added_by": None, "is_local": False, "item": track(f"{n}")} for n in range(51)]
    return page([*entries, {"item": show}, {"item": None, "added_at": None, "added_by": None}], offset, limit)
