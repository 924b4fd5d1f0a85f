"""Backends made of their documents: every operation answers with its example, or with data of its type.

An answer repeats what the request asks for (`/users/7` answers the user 7, `?ids=3,5` the items 3 and 5), so that
the joins of a composition find each other.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from bffgen.dev.echo import Request, reply_data
from bffgen.dev.pages import NO_PAGES, Page, Pages, emptied
from bffgen.openapi.contents import BODILESS
from bffgen.openapi.document import Document
from bffgen.openapi.media import EVENTS, bare
from bffgen.openapi.model import Operation, Response
from bffgen.openapi.sample import is_json_like, sample, success_response
from bffgen.records import dataclass

if TYPE_CHECKING:
    from starlette.requests import Request as HttpRequest
    from starlette.responses import Response as HttpResponse
    from starlette.types import ASGIApp

NOT_DOCUMENTED = ("connection", "date", "keep-alive", "server", "trailer", "transfer-encoding", "upgrade")


@dataclass(frozen=True, slots=True)
class Faults:
    """How a mock misbehaves: seconds before each answer, and the share of requests (0 to 1) answered with 503."""

    latency: float = 0.0
    rate: float = 0.0
    seed: int = 0


NO_FAULTS = Faults()


@dataclass(frozen=True, slots=True)
class _Route:
    pattern: re.Pattern[str]
    literals: int  # of the template; the most literal one is tried first
    operation: Operation


def mock_app(document: Document, faults: Faults = NO_FAULTS, pages: Pages = NO_PAGES) -> ASGIApp:
    """An ASGI app that stands in for the backend of the document."""
    from starlette.applications import Starlette
    from starlette.routing import Route

    routes = sorted((_route(op) for op in document.operations()), key=lambda route: -route.literals)
    handler = _handler(document, routes, faults, pages)
    methods = sorted({route.operation.method for route in routes} | {"GET", "HEAD"})
    return Starlette(routes=[Route("/{path:path}", handler, methods=methods)])


def _handler(
    document: Document, routes: list[_Route], faults: Faults, pages: Pages
) -> Callable[[HttpRequest], Awaitable[HttpResponse]]:
    chance = random.Random(faults.seed)
    bases = sorted({urlsplit(url).path.rstrip("/") for url in document.servers} | {""}, key=len, reverse=True)

    async def handle(request: HttpRequest) -> HttpResponse:
        if faults.latency:
            await asyncio.sleep(faults.latency)
        if chance.random() < faults.rate:
            return _problem(503, "a fault on purpose")
        path = request.scope.get("raw_path", request.url.path.encode()).decode("ascii", "replace").partition("?")[0]
        found = _matches(routes, bases, path)
        wanted = [each for each in found if each[0].method == request.method]
        wanted = wanted or [each for each in found if (each[0].method, request.method) == ("GET", "HEAD")]
        if not wanted:
            return _problem(405 if found else 404, f"{document.backend} documents no {request.method} {path}")
        operation, values = wanted[0]
        return _answer(operation, await _request(request, values), pages.get(operation.key))

    return handle


def _route(operation: Operation) -> _Route:
    """Matches the template of an operation; a parameter is anything within one segment."""
    pieces = re.split(r"(\{[^{}]+\})", operation.path)
    pattern = "".join(
        f"(?P<p{at}>[^/]+?)" if piece.startswith("{") else re.escape(piece) for at, piece in enumerate(pieces)
    )
    return _Route(re.compile(pattern), sum(len(p) for p in pieces if not p.startswith("{")), operation)


def _matches(routes: list[_Route], bases: list[str], path: str) -> list[tuple[Operation, dict[str, str]]]:
    for base in bases:
        inside = path[len(base) :] if path.startswith(f"{base}/") else None
        found = [(r, match) for r in routes if inside is not None and (match := r.pattern.fullmatch(inside))]
        if found:
            return [(route.operation, _path_values(route.operation, match)) for route, match in found]
    return []


def _path_values(operation: Operation, match: re.Match[str]) -> dict[str, str]:
    names = re.findall(r"\{([^{}]+)\}", operation.path)
    return {name: unquote(value) for name, value in zip(names, match.groups(), strict=True)}


async def _request(request: HttpRequest, path: dict[str, str]) -> Request:
    query: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        query.setdefault(name, []).append(value)
    try:
        body = json.loads(await request.body() or b"null")
    except (ValueError, RecursionError):
        body = None
    return Request(path, query, body)


def _answer(operation: Operation, asked: Request, page: Page | None) -> HttpResponse:
    from starlette.responses import Response as HttpResponse

    status, data = reply_data(operation, asked)
    if page is not None and page.is_later(asked.query):
        data = emptied(data)
    response = success_response(operation)
    headers = dict(_headers(response)) if response is not None else {}
    if response is None or response.type is None or status in BODILESS:
        return HttpResponse(status_code=status, headers=headers)
    media_type = response.media_type or ""
    if response.content.item_type is not None:
        return HttpResponse(_stream(media_type, sample(response.content.item_type)), status, media_type=media_type)
    if not is_json_like(media_type):
        text = data if isinstance(data, str) else "example" if data is None else json.dumps(data)
        return HttpResponse(text, status, headers, media_type)
    shown = "application/json" if "*" in media_type or not media_type.strip() else media_type
    return HttpResponse(json.dumps(data, ensure_ascii=False), status, headers, shown)


def _headers(response: Response) -> Iterator[tuple[str, str]]:
    """The headers that the answer documents, but for those that are of the connection or of the content."""
    for name, header in response.headers.items():
        made = sample(header.type, header.docs, header.name)
        texts = [
            one if isinstance(one, str) else json.dumps(one) for one in (made if isinstance(made, list) else [made])
        ]
        text = ",".join(texts).strip()
        if name not in NOT_DOCUMENTED and not name.startswith("content-") and text.isascii() and text.isprintable():
            yield name, text


def _stream(media_type: str, item: Any) -> str:
    """A stream of one item: a line, or an event."""
    line = item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)
    return f"data: {line}\n\n" if bare(media_type) == EVENTS else f"{json.dumps(item, ensure_ascii=False)}\n"


def _problem(status: int, detail: str) -> HttpResponse:
    from starlette.responses import Response as HttpResponse

    body = json.dumps({"status": status, "detail": detail})
    return HttpResponse(body, status, media_type="application/problem+json")
