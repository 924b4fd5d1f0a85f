"""A generated gateway that is asked in process, and whether its answer is one that its own document describes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
from differential.meaning.outcomes import Request
from differential.meaning.requests import NOTHING, Sent
from differential.project import Project
from jsonschema import Draft202012Validator

from bffgen.check.model import CheckedEndpoint
from bffgen.plan.trials.model import SampleRequest

from .backends import Answers


@dataclass(frozen=True)
class Answer:
    """`errors` are log records of ERROR and above; `sent` are method, backend and target of what was asked."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    errors: tuple[str, ...]
    sent: tuple[tuple[str, str, str], ...]

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0]

    @property
    def body(self) -> Any:
        return json.loads(self.content)

    @property
    def problem(self) -> Mapping[str, Any]:
        return self.body if self.media_type == "application/problem+json" else {}

    def __str__(self) -> str:
        sent = "".join(f"\n    {' '.join(one)}" for one in self.sent)
        return f"{self.status} {self.media_type} {self.content[:600]!r}\n  sent:{sent}\n  errors: {self.errors}"


def ask(project: Project, request: httpx.Request, answers: Answers) -> Answer:
    project.sent.clear()
    project.errors.found.clear()
    project.reply = lambda sent: answers(_as_sent(sent))
    response = project.loop.run_until_complete(project.client.send(request))
    sent = tuple((one.method, one.backend, one.target) for one in project.sent)
    return Answer(response.status_code, response.headers, response.content, tuple(project.errors.found), sent)


def _as_sent(sent: Sent) -> httpx.Request:
    url = f"http://{sent.backend}.test{sent.target}"
    content = None if sent.body is NOTHING else json.dumps(sent.body).encode()
    return httpx.Request(sent.method, url, content=content)


def drawn_request(project: Project, endpoint: CheckedEndpoint, request: Request) -> httpx.Request:
    return project._request(endpoint, request)


def sample_request(project: Project, request: SampleRequest) -> httpx.Request:
    content = json.dumps(request.body).encode() if request.has_body else None
    headers = {**dict(request.headers), **({"content-type": "application/json"} if request.has_body else {})}
    return project.client.build_request(request.method, request.url, headers=headers, content=content)


def undocumented(document: Any, method: str, path: str, answer: Answer) -> str | None:
    """How an answer differs from what a document says of the operation."""
    responses = document["paths"][path][method.lower()]["responses"]
    keys = (str(answer.status), f"{answer.status // 100}XX", "default")
    key = next((key for key in keys if key in responses), None)
    if key is None:
        return f"status {answer.status} is not documented: {sorted(responses)}"
    content = responses[key].get("content", {})
    if not content:
        return "a body came, none is documented" if answer.content else None
    if answer.media_type not in content:
        return f"{answer.media_type} is not documented for {key}: {sorted(content)}"
    if answer.media_type.rpartition("+")[2].rpartition("/")[2] != "json":
        return None
    schema = json.dumps(content[answer.media_type].get("schema", {}))
    first = next(_validator(id(document), schema, json.dumps(document["components"])).iter_errors(answer.body), None)
    return None if first is None else f"{first.json_path}: {first.message[:300]}"


@cache
def _validator(_: int, schema: str, components: str) -> Draft202012Validator:
    return Draft202012Validator({"components": json.loads(components), "allOf": [json.loads(schema)]})
