"""The gateway's own OpenAPI document: every endpoint, and every status that it can answer."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from bffgen.check.media import is_raw, is_upload, raw_media_types
from bffgen.check.model import CheckedEndpoint, CheckedGateway, CheckedParam
from bffgen.expr.tree import Expr, Loop
from bffgen.openapi.contents import BODILESS
from bffgen.openapi.media import MULTIPART
from bffgen.plan.answers import PROBLEM, Answers, answers_of, refusals
from bffgen.plan.contract import Contract
from bffgen.plan.proxies import proxied_operations
from bffgen.plan.secured import asked_of_clients, challenged, security_schemes
from bffgen.plan.traits import traits_of
from bffgen.typesystem.model import Docs, Type, non_null

JSON = "application/json"
PROBLEM_JSON = "application/problem+json"

_STREAMS = {"lines": "application/x-ndjson", "events": "text/event-stream"}

_PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "A problem document (RFC 9457).",
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "instance": {"type": "string", "format": "uri-reference", "description": "The request's id."},
        "detail": {"type": "string"},
        "call": {"type": "string", "description": "The call that failed."},
        "errors": {
            "type": "array",
            "description": "Where the request is wrong.",
            "items": {
                "type": "object",
                "properties": {
                    "loc": {"type": "array", "items": {"type": ["string", "integer"]}},
                    "msg": {"type": "string"},
                    "type": {"type": "string"},
                },
                "required": ["loc", "msg", "type"],
            },
        },
    },
    "required": ["type", "title", "status"],
}
_WRITES = {
    "applied": "Writes that took effect and stand.",
    "undone": "Writes that took effect and were taken back.",
    "undo_failed": "Writes that took effect and could not be taken back.",
    "unknown": "Writes of which nobody knows whether they took effect.",
}
_WRITE_MEMBERS = {
    name: {"type": "array", "items": {"type": "string"}, "description": told} for name, told in _WRITES.items()
}
_DEGRADED = {
    "description": "The calls that failed and that the answer does without, separated by commas.",
    "schema": {"type": "string"},
}

Json = dict[str, Any]


def gateway_document(gateway: CheckedGateway) -> Json:
    """The document, in OpenAPI 3.1; endpoints as written, schemas by name."""
    writer = _Writer(gateway)
    paths: Json = {}
    for endpoint in gateway.endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = writer.operation(endpoint)
    for path, method, made in writer.proxied():
        paths.setdefault(path, {}).setdefault(method, made)
    info = {"title": gateway.title, "version": gateway.version}
    if gateway.description:
        info["description"] = gateway.description
    components = {"schemas": writer.components(), **security_schemes(gateway.schemes)}
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": components}


class _Writer:
    def __init__(self, gateway: CheckedGateway) -> None:
        self._gateway = gateway
        self._contract = Contract(gateway)
        given = {name for endpoint in gateway.endpoints for name in endpoint.named_models.values()}
        self._problem = PROBLEM if PROBLEM not in given else f"Gateway{PROBLEM}"

    def components(self) -> Json:
        problem: Json = dict(_PROBLEM_SCHEMA)
        if any(traits_of(endpoint).records for endpoint in self._gateway.endpoints):
            problem["properties"] = {**_PROBLEM_SCHEMA["properties"], **_WRITE_MEMBERS}
        return dict(sorted({**self._contract.components(), self._problem: problem}.items()))

    def proxied(self) -> Iterator[tuple[str, str, Json]]:
        """The operations behind proxies."""
        taken = {endpoint.operation_id for endpoint in self._gateway.endpoints}
        problem = {"$ref": f"#/components/schemas/{self._problem}"}
        return proxied_operations(self._gateway, self._contract, problem, taken)

    def operation(self, endpoint: CheckedEndpoint) -> Json:
        made: Json = {"operationId": endpoint.operation_id}
        texts = {"summary": endpoint.summary, "description": endpoint.description}
        made |= {key: text for key, text in texts.items() if text}
        if endpoint.tags:
            made["tags"] = list(endpoint.tags)
        if endpoint.deprecated:
            made["deprecated"] = True
        if endpoint.params:
            made["parameters"] = [self._parameter(param) for param in endpoint.params]
        if endpoint.body is not None:
            content = self._body(endpoint, endpoint.body)
            made["requestBody"] = {"required": endpoint.body_required, "content": content}
        if endpoint.access is not None:
            made |= asked_of_clients(endpoint.access)
        made["responses"] = self._responses(endpoint)
        return made

    def _parameter(self, param: CheckedParam) -> Json:
        made: Json = {"name": param.wire_name, "in": param.location, "required": param.required}
        if param.docs.description:
            made["description"] = param.docs.description
        if param.docs.deprecated:
            made["deprecated"] = True
        schema = self._contract.schema(param.type, Docs(None, param.docs.example, param.docs.has_example))
        if param.has_default and param.default is not None:
            schema = {**schema, "default": param.default}
        made["schema"] = schema
        return made

    def _responses(self, endpoint: CheckedEndpoint) -> Json:
        answers = answers_of(endpoint)
        made: Json = {str(status): self._success(endpoint, status, answers) for status in answers.successes}
        succeeding = tuple(made)
        for status in sorted(answers.problems | answers.bodies.keys(), key=str):
            failure = self._failure(endpoint, status, answers)
            made[str(status)] = _either(made[str(status)], failure) if str(status) in made else failure
        for status in refusals(endpoint.body is not None):
            known = made.setdefault(str(status), {"description": phrase(status)})
            made[str(status)] = _either(known, self._refusal(endpoint, known))
        return {status: made[status] for status in sorted(made, key=lambda one: "" if one in succeeding else one)}

    def _refusal(self, endpoint: CheckedEndpoint, known: Json) -> Json:
        """What a refusal has in addition; its envelope is the app's, if there is one."""
        schemas = {PROBLEM_JSON: {"$ref": f"#/components/schemas/{self._problem}"}}
        if endpoint.envelope is not None:
            schemas[JSON] = self._contract.schema(endpoint.envelope.type)
        content = known.get("content", {})
        return {"content": {media: {"schema": of} for media, of in schemas.items() if media not in content}}

    def _success(self, endpoint: CheckedEndpoint, status: int, answers: Answers) -> Json:
        made: Json = {"description": "The answer"}
        if endpoint.envelope is not None:
            made["content"] = {JSON: {"schema": self._contract.schema(endpoint.envelope.type)}}
        elif endpoint.response is not None and status not in BODILESS:
            made["content"] = self._content(endpoint, endpoint.response)
        headers: Json = {
            name: {"required": False, "schema": self._contract.schema(non_null(value.type))}
            for name, value in endpoint.headers
        }
        if answers.degrades:
            headers["Gateway-Degraded"] = _DEGRADED
        if endpoint.cookies:
            names = ", ".join(cookie.name for cookie in endpoint.cookies)
            headers["Set-Cookie"] = {"description": f"Cookies: {names}", "schema": {"type": "string"}}
        return {**made, "headers": headers} if headers else made

    def _content(self, endpoint: CheckedEndpoint, response: Expr) -> Json:
        """The body by media type; of a stream the schema of one item."""
        if endpoint.media_types:
            return {media_type: {} for media_type in endpoint.media_types}
        if endpoint.stream is None or not isinstance(response, Loop):
            return {JSON: {"schema": self._contract.schema(response.type)}}
        return {_STREAMS[endpoint.stream.form]: {"schema": self._contract.schema(non_null(response.element.type))}}

    def _body(self, endpoint: CheckedEndpoint, of: Type) -> Json:
        if is_raw(of):
            return {media_type: {} for media_type in raw_media_types(endpoint) or ("*/*",)}
        return {MULTIPART if is_upload(of) else JSON: {"schema": self._contract.schema(of)}}

    def _failure(self, endpoint: CheckedEndpoint, status: int | str, answers: Answers) -> Json:
        content: Json = {}
        if status in answers.problems and endpoint.envelope is not None:
            content[JSON] = {"schema": self._contract.schema(endpoint.envelope.type)}
        elif status in answers.problems:
            content[PROBLEM_JSON] = {"schema": {"$ref": f"#/components/schemas/{self._problem}"}}
        for media_type, types in answers.bodies.get(status, {}).items():
            schemas = [self._contract.schema(of) for of in types]
            if media_type in content:
                schemas.insert(0, content[media_type]["schema"])
            content[media_type] = {"schema": _any_of(schemas)}
        made: Json = {"description": phrase(status), **challenged(endpoint.access, status)}
        return {**made, "content": content} if content else made


def _either(success: Json, failure: Json) -> Json:
    """What a status holds that a success and an own answer to a failure share."""
    content = dict(success.get("content", {}))
    for media_type, held in failure.get("content", {}).items():
        schemas = [one["schema"] for one in (content.get(media_type), held) if one is not None]
        content[media_type] = {"schema": _any_of(schemas)}
    return {**success, **({"content": content} if content else {})}


def _any_of(schemas: list[Json]) -> Json:
    unique = [schema for index, schema in enumerate(schemas) if schema not in schemas[:index]]
    return unique[0] if len(unique) == 1 else {"anyOf": unique}


_PHRASES = {  # RFC 9110's; which ones Python has depends on its version
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}


def phrase(status: int | str) -> str:
    """What a status means, in a few words."""
    if isinstance(status, str):
        return "A failure that a backend passes on"
    if status in _PHRASES:
        return _PHRASES[status]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "A failure"
