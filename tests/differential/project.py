"""A spec's emitted project, imported and called in process, many times over."""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from jsonschema import Draft202012Validator

from bffgen.check.model import CheckedEndpoint, CheckedGateway, CheckedParam, leaves
from bffgen.diagnostics.model import Diagnostics
from bffgen.diagnostics.render import text
from bffgen.openapi.model import Operation
from bffgen.pipeline import check_spec
from bffgen.plan.lower import lower
from bffgen.render.project import render

from .meaning.composition import INSTANCE
from .meaning.outcomes import Replies, Reply, Request
from .meaning.requests import NOTHING, Sent


@dataclass(frozen=True)
class Actual:
    """What the emitted gateway answered, and what it sent. `errors` are log records of ERROR and above."""

    status: int
    body: Any
    media_type: str
    headers: Mapping[str, str] = field(repr=False)
    cookies: tuple[tuple[str, str], ...]
    sent: tuple[Sent, ...]
    errors: tuple[str, ...]


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage() == "a write could not be taken back":
            return  # because its backend said no
        error = record.exc_info[1] if record.exc_info else None
        where = ""
        if error is not None and error.__traceback__ is not None:
            frames = _frames(error)
            where = f" at {frames[-1]}" + (f", from {frames[-2]}" if len(frames) > 1 else "")
        self.found.append(f"{record.getMessage()}: {error!r}{where}")


def _frames(error: BaseException) -> list[str]:
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    return [f"{Path(one.filename).name}:{one.lineno}: {one.line}" for one in frames]


@dataclass
class Project:
    """A generated project under way. Its backends answer as `replies` says, by operation.

    `warned` are the endpoints of which the compiler says that a value may not be sendable.
    """

    gateway: CheckedGateway
    out: Path
    package: str
    loop: asyncio.AbstractEventLoop
    warned: frozenset[str]
    errors: _Errors = field(default_factory=_Errors)
    client: httpx.AsyncClient = field(init=False)
    reply: Callable[[Sent], Reply] = field(init=False)
    sent: list[Sent] = field(default_factory=list)
    last: Actual = field(init=False)

    @cached_property
    def document(self) -> Any:
        return json.loads((self.out / "openapi.json").read_text("utf-8"))

    def ask(self, endpoint: CheckedEndpoint, request: Request, replies: Replies) -> Actual:
        """Send a request to the emitted app."""
        self.sent.clear()
        self.errors.found.clear()
        operations = operations_of(endpoint)
        self.reply = lambda sent: replies(_meant(sent, operations), sent)
        response = self.loop.run_until_complete(self.client.send(self._request(endpoint, request)))
        body = NOTHING
        if response.content:
            body = json.loads(response.content)
        media_type = response.headers.get("content-type", "").partition(";")[0]
        headers = dict(response.headers)
        cookies = tuple(_cookie(one) for one in response.headers.get_list("set-cookie"))
        sent, errors = tuple(self.sent), tuple(self.errors.found)
        self.client.cookies.clear()
        self.last = Actual(response.status_code, body, media_type, headers, cookies, sent, errors)
        return self.last

    def _request(self, endpoint: CheckedEndpoint, request: Request) -> httpx.Request:
        url = endpoint.path
        query: list[tuple[str, str]] = []
        headers: dict[str, str] = {"x-request-id": INSTANCE.removeprefix("urn:uuid:")}
        cookies: list[str] = []
        for param in endpoint.params:
            if param.name not in request.params:
                continue
            for spelled in _spelled(param, request.params[param.name]):
                match param.location:
                    case "path":
                        url = url.replace(f"{{{param.wire_name}}}", quote(spelled, safe=""))
                    case "query":
                        query.append((param.wire_name, spelled))
                    case "header":
                        headers[param.wire_name] = spelled
                    case "cookie":
                        cookies.append(f"{param.wire_name}={spelled}")
        if cookies:
            headers["cookie"] = "; ".join(cookies)
        content = None
        if request.body is not NOTHING:
            content = json.dumps(request.body).encode()
            headers["content-type"] = "application/json"
        target = url + ("?" + "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in query) if query else "")
        return self.client.build_request(endpoint.method, target, headers=headers, content=content)

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """Stands in for the network."""
        await asyncio.sleep(0)
        content = json.loads(request.content) if request.content else NOTHING
        backend = request.url.host.removesuffix(".test")
        headers = tuple(sorted((name.lower(), value) for name, value in request.headers.items()))
        sent = Sent(request.method, backend, request.url.raw_path.decode(), content, headers)
        self.sent.append(sent)
        return _response(self.reply(sent))

    # -------------------------------------------------------------------------------------- the document

    def undocumented(self, endpoint: CheckedEndpoint, actual: Actual) -> str | None:
        """How the answer differs from what the project's `openapi.json` says."""
        responses = self.document["paths"][endpoint.path][endpoint.method.lower()]["responses"]
        keys = (str(actual.status), f"{actual.status // 100}XX", "default")
        key = next((key for key in keys if key in responses), None)
        if key is None:
            return f"status {actual.status} is not documented: {sorted(responses)}"
        content = responses[key].get("content", {})
        if actual.body is NOTHING:
            return "a body is documented, none came" if content and actual.status not in (204, 304) else None
        if actual.media_type not in content:
            return f"{actual.media_type} is not documented for {key}: {sorted(content)}"
        errors = self._validator(endpoint, key, actual.media_type).iter_errors(actual.body)
        first = next(errors, None)
        return None if first is None else f"{first.json_path}: {first.message[:200]}"

    def _validator(self, endpoint: CheckedEndpoint, key: str, media_type: str) -> Draft202012Validator:
        responses = self.document["paths"][endpoint.path][endpoint.method.lower()]["responses"]
        schema = responses[key]["content"][media_type]["schema"]
        return Draft202012Validator({"components": self.document["components"], "allOf": [schema]})


def operations_of(endpoint: CheckedEndpoint) -> list[Operation]:
    """What an endpoint may call, undoing included."""
    found: dict[int, Operation] = {}
    for call in leaves(endpoint.calls):
        for operation in (call.operation, *([call.undo.operation] if call.undo is not None else [])):
            found[id(operation)] = operation
    return list(found.values())


def _meant(sent: Sent, operations: list[Operation]) -> Operation:
    """The operation that a request is for."""
    for operation in operations:
        if is_for(sent, operation):
            return operation
    raise AssertionError(f"nothing sends {sent}")


def is_for(sent: Sent, operation: Operation) -> bool:
    """Whether a request is for this operation."""
    path = sent.target.partition("?")[0]
    of = operation.backend, operation.method
    return of == (sent.backend, sent.method) and _pattern(operation.path).fullmatch(path) is not None


@cache
def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{[^{}]*\}", template)
    return re.compile("[^/]*".join(re.escape(quote(part, safe="/:@!$&'()*+,;=~")) for part in parts))


def _cookie(header: str) -> tuple[str, str]:
    """Name and value, which is quoted where it has to be."""
    [(name, morsel)] = SimpleCookie(header).items()
    return name, morsel.value


def _spelled(param: CheckedParam, value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _spelled(param, one)
    elif isinstance(value, bool):
        yield "true" if value else "false"
    elif isinstance(value, str):
        yield value
    else:
        yield json.dumps(value)


def _response(reply: Reply) -> httpx.Response:
    if reply.fault == "timeout":
        raise httpx.ReadTimeout("too slow")
    if reply.fault == "unreachable":
        raise httpx.ConnectError("refused")
    if reply.body is NOTHING and reply.text is None:
        return httpx.Response(reply.status, headers=dict(reply.headers))
    content = reply.text if reply.text is not None else json.dumps(reply.body)
    headers = {**reply.headers, "content-type": reply.media_type}
    return httpx.Response(reply.status, headers=headers, content=content.encode())


@contextmanager
def running(spec: Path, out: Path) -> Iterator[Project]:
    """The project of a spec, generated into `out`, its app started."""
    gateway, package, warned = generate(spec, out)
    sys.path.insert(0, str(out))
    loop = asyncio.new_event_loop()
    project = Project(gateway, out, package, loop, warned)
    loop.set_exception_handler(lambda _, told: project.errors.found.append(f"asyncio: {told}"))
    logger = logging.getLogger(package)
    try:
        module = importlib.import_module(package)
        urls = {f"{name}_url": f"http://{name}.test" for name in (one.name for one in gateway.backends)}
        known = {name: url for name, url in urls.items() if name in module.Settings.model_fields}
        app = module.create_app(
            module.Settings(**known, log_level="ERROR"), transport=httpx.MockTransport(project.answer)
        )
        logger.handlers = [project.errors]
        lifespan = app.router.lifespan_context(app)
        loop.run_until_complete(lifespan.__aenter__())
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        project.client = httpx.AsyncClient(transport=transport, base_url="http://gateway.test")
        yield project
        loop.run_until_complete(project.client.aclose())
        loop.run_until_complete(lifespan.__aexit__(None, None, None))
    finally:
        loop.close()
        sys.path.remove(str(out))
        logger.handlers = []
        for name in [name for name in sys.modules if name.partition(".")[0] == package]:
            del sys.modules[name]


def generate(spec: Path, out: Path) -> tuple[CheckedGateway, str, frozenset[str]]:
    """Check a spec and write its project; the package's name, and the endpoints that are warned of."""
    checked = check_spec(spec)
    assert checked.gateway is not None, text(checked.diagnostics)
    plan = lower(checked.gateway)
    for path, file in render(plan).items():
        target = out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.content)
    return checked.gateway, plan.package, frozenset(_warned(checked.gateway, checked.diagnostics))


def _warned(gateway: CheckedGateway, diagnostics: Diagnostics) -> Iterator[str]:
    """The endpoints with a value that may not be sendable (BFF330, BFF331)."""
    for found in diagnostics.sorted():
        if found.code in ("BFF330", "BFF331"):
            span = found.primary.span
            before = [one for one in gateway.endpoints if one.span.file is span.file and one.span.start < span.start]
            yield max(before, key=lambda one: one.span.start).operation_id
