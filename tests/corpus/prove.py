"""What becomes of every operation of a document: tried, compiled, answered, or an exception with its reason."""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import subprocess
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from bffgen.check.model import CheckedEndpoint, CheckedGateway
from bffgen.plan.lower import lower
from bffgen.render.project import render

from .mock import Reply, path_pattern, replies_of, request_of
from .onecall import BACKEND, OneCall, Source, check_all, one_calls, read


@dataclass(frozen=True)
class Exception_:
    """An operation that did not come through: how far it came, and why not further."""

    operation: str
    stage: str  # check, generate, import, type, lint, answer
    reason: str


@dataclass
class Result:
    """Of one document."""

    path: str
    operations: int = 0
    compiled: int = 0
    answered: int = 0
    exceptions: list[Exception_] = field(default_factory=list)

    def except_for(self, operation: str, stage: str, reason: str) -> None:
        self.exceptions.append(Exception_(operation, stage, reason))


def prove(root: Path, path: str, out: Path, types: bool = True) -> Result:
    """Compile every operation of a document into a project in `out`, and have it answer."""
    source = read(root, path)
    calls = one_calls(source.operations)
    result = Result(path, len(calls))
    checked, calls = _sound(source, calls, result)
    if checked is None:
        return result
    package = _written(source, checked, calls, result, out)
    if package is None:
        return result
    broken = _broken(out, package, calls) if types else {}
    for call in calls:
        for stage, reason in broken.get(call.name, ())[:1]:
            result.except_for(call.operation.key, stage, reason)
    if "" in broken:
        result.except_for("*", *broken[""][0])
    fine = [call for call in calls if call.name not in broken and "" not in broken]
    result.compiled = len(fine)
    try:
        complaints = asyncio.run(_answers(out, package, checked, calls))
    except Exception:
        result.except_for("*", "import", traceback.format_exc(limit=-3))
        return result
    result.answered = len([call for call in fine if call.name not in complaints])
    for call in calls:
        if call.name in complaints:
            result.except_for(call.operation.key, "answer", complaints[call.name])
    return result


def _sound(source: Source, calls: list[OneCall], result: Result) -> tuple[CheckedGateway | None, list[OneCall]]:
    """The gateway of the operations in which nothing is wrong."""
    try:
        found = check_all(source, calls)
        if found.gateway is not None or not calls:
            return found.gateway, calls
    except Exception:
        pass
    fine = []
    for call in calls:
        try:
            alone = check_all(source, [call])
        except Exception:
            result.except_for(call.operation.key, "check", traceback.format_exc(limit=-3))
            continue
        if alone.gateway is not None:
            fine.append(call)
            continue
        first = next(each for each in (*alone.elsewhere, *(d for ds in alone.refused.values() for d in ds)))
        span = first.primary.span
        line, column = span.file.place(span.start)
        where = f"{Path(span.file.path).name}:{line}:{column}"
        label = f" ({first.primary.text})" if first.primary.text else ""
        result.except_for(call.operation.key, "check", f"{first.code} {first.message}{label} at {where}")
    return (check_all(source, fine).gateway, fine) if fine else (None, [])


def _written(source: Source, gateway: CheckedGateway, calls: list[OneCall], result: Result, out: Path) -> str | None:
    """The project's package, or None when generating it fails: whose fault it is is found one by one."""
    try:
        plan = lower(gateway)
        tree = render(plan)
    except Exception:
        whole = traceback.format_exc(limit=-3)
        before = len(result.exceptions)
        for call in calls:
            try:
                alone = check_all(source, [call]).gateway
                assert alone is not None
                render(lower(alone))
            except Exception:
                result.except_for(call.operation.key, "generate", traceback.format_exc(limit=-3))
        if len(result.exceptions) == before:
            result.except_for("*", "generate", whole)
        return None
    for path, file in tree.items():
        target = out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.content)
    return plan.package


def _broken(out: Path, package: str, calls: list[OneCall]) -> dict[str, list[tuple[str, str]]]:
    """What mypy --strict and ruff say, by endpoint; "" for what stands in no endpoint's files."""
    cache = out.parent / ".mypy"
    mypy = ["-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", str(cache), "."]
    ruff = ["-m", "ruff", "check", "--output-format", "concise", "--no-cache", "."]
    formatted = ["-m", "ruff", "format", "--check", "--no-cache", "."]
    names = {call.name for call in calls}
    found: dict[str, list[tuple[str, str]]] = {}
    for stage, command in (("type", mypy), ("lint", ruff), ("lint", formatted)):
        done = subprocess.run([sys.executable, *command], cwd=out, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            continue
        for line in (done.stdout + done.stderr).splitlines():
            stem = Path(line.partition(":")[0]).stem.removeprefix("test_")
            if ": note:" in line or not line.strip() or line.startswith("Found "):
                continue
            found.setdefault(stem if stem in names else "", []).append((stage, line))
    return found


# ------------------------------------------------------------------------------------------------ answers


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        where = traceback.extract_tb(error.__traceback__)[-1:] if error is not None else []
        self.found.append(f"{record.getMessage()}: {error!r} {[f'{w.filename}:{w.lineno} {w.line}' for w in where]}")


async def _answers(out: Path, package: str, gateway: CheckedGateway, calls: list[OneCall]) -> dict[str, str]:
    """What is wrong with the answers, by endpoint."""
    errors = _Errors()
    logger = logging.getLogger(package)
    sys.path.insert(0, str(out))
    backend = _Backend()
    try:
        module = importlib.import_module(package)
        settings = module.Settings(**{f"{BACKEND}_url": "http://api.test"}, log_level="ERROR")
        app = module.create_app(settings, transport=httpx.MockTransport(backend.answer))
        logger.handlers = [errors]
        by_id = {endpoint.operation_id: endpoint for endpoint in gateway.endpoints}
        complaints = {}
        documents = _Documented(json.loads((out / "openapi.json").read_text("utf-8")))
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client:
                for call in calls:
                    errors.found.clear()
                    wrong = await _one(client, backend, call, by_id[call.name], documents)
                    if wrong is not None:
                        complaints[call.name] = " | ".join([wrong, *errors.found])
        return complaints
    finally:
        sys.path.remove(str(out))
        logger.handlers = []
        for name in [name for name in sys.modules if name.partition(".")[0] == package]:
            del sys.modules[name]


class _Backend:
    """Answers one operation, whatever is asked; what was asked is remembered."""

    def __init__(self) -> None:
        self.sent: list[httpx.Request] = []
        self.reply: httpx.Response | None = None

    async def answer(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.sent.append(request)
        assert self.reply is not None
        return self.reply


async def _one(
    client: httpx.AsyncClient, backend: _Backend, call: OneCall, endpoint: CheckedEndpoint, documents: _Documented
) -> str | None:
    """What is wrong with the answer of an endpoint whose backend answers well; None: nothing."""
    for words, reply in replies_of(call.operation):
        backend.sent.clear()
        backend.reply = reply.response()
        try:
            response = await client.send(request_of(client, endpoint, not words.endswith("least")))
        except Exception:
            return traceback.format_exc(limit=-3)
        wrong = _wrong_answer(response, reply, endpoint) or _wrong_request(backend.sent, call)
        wrong = wrong or documents.against(endpoint, response)
        if wrong is not None:
            return f"{words}: {wrong}"
    return None


def _wrong_answer(response: httpx.Response, reply: Reply, endpoint: CheckedEndpoint) -> str | None:
    if response.status_code not in (*endpoint.statuses, reply.status) or response.status_code >= 300:
        return f"status {response.status_code} for {endpoint.statuses}: {response.text[:600]}"
    if reply.is_json and endpoint.response is not None:
        if not endpoint.media_types and not same(json.loads(response.content), reply.data):
            return f"{response.text[:500]} for {json.dumps(reply.data)[:500]}"
        if endpoint.media_types and response.content != reply.content:
            return "other bytes"
    elif endpoint.response is not None and endpoint.media_types and response.content != reply.content:
        return f"other bytes: {response.content[:80]!r} for {reply.content!r}"
    return None


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are one."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _wrong_request(sent: list[httpx.Request], call: OneCall) -> str | None:
    if len(sent) != 1:
        return f"{len(sent)} requests"
    path = sent[0].url.raw_path.decode().partition("?")[0]
    if sent[0].method != call.operation.method or not path_pattern(call.operation).fullmatch(path):
        return f"{sent[0].method} {path} for {call.operation.method} {call.operation.path}"
    return None


class _Documented:
    """The `openapi.json` of the project."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def against(self, endpoint: CheckedEndpoint, response: httpx.Response) -> str | None:
        """How an answer differs from what is documented."""
        responses = self._document["paths"][endpoint.path][endpoint.method.lower()]["responses"]
        status = response.status_code
        key = next((key for key in (str(status), f"{status // 100}XX", "default") if key in responses), None)
        if key is None:
            return f"status {status} is not documented: {sorted(responses)}"
        content = responses[key].get("content", {})
        if not response.content:
            return None
        media_type = response.headers.get("content-type", "").partition(";")[0]
        if media_type not in content:
            return None if endpoint.media_types else f"{media_type} is not documented: {sorted(content)}"
        if endpoint.media_types or "json" not in media_type:
            return None
        schema = {"components": self._document["components"], "allOf": [content[media_type]["schema"]]}
        first = next(Draft202012Validator(schema).iter_errors(json.loads(response.content)), None)
        return None if first is None else f"against its openapi.json: {first.json_path}: {first.message[:200]}"
