"""The gateway's own OpenAPI document: every endpoint, and every status that it can answer."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from bffgen.check.model import CheckedEndpoint, CheckedGateway, CheckedParam
from bffgen.plan.answers import PROBLEM, Answers, answers_of
from bffgen.plan.contract import Contract
from bffgen.typesystem.model import Docs, non_null

JSON = "application/json"
PROBLEM_JSON = "application/problem+json"

_PROBLEM_SCHEMA = {
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
    info = {"title": gateway.title, "version": gateway.version}
    if gateway.description:
        info["description"] = gateway.description
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": {"schemas": writer.components()}}


class _Writer:
    def __init__(self, gateway: CheckedGateway) -> None:
        self._gateway = gateway
        self._contract = Contract(gateway)
        given = {name for endpoint in gateway.endpoints for name in endpoint.named_models.values()}
        self._problem = PROBLEM if PROBLEM not in given else f"Gateway{PROBLEM}"

    def components(self) -> Json:
        return dict(sorted({**self._contract.components(), self._problem: _PROBLEM_SCHEMA}.items()))

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
            content = {JSON: {"schema": self._contract.schema(endpoint.body)}}
            made["requestBody"] = {"required": endpoint.body_required, "content": content}
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
        answers = answers_of(endpoint, self._gateway)
        made: Json = {str(status): self._success(endpoint, answers) for status in answers.successes}
        for status in sorted(answers.problems | answers.bodies.keys(), key=str):
            made[str(status)] = self._failure(status, answers)
        return made

    def _success(self, endpoint: CheckedEndpoint, answers: Answers) -> Json:
        made: Json = {"description": "The answer"}
        if endpoint.response is not None:
            made["content"] = {JSON: {"schema": self._contract.schema(endpoint.response.type)}}
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

    def _failure(self, status: int | str, answers: Answers) -> Json:
        content: Json = {}
        if status in answers.problems:
            content[PROBLEM_JSON] = {"schema": {"$ref": f"#/components/schemas/{self._problem}"}}
        for media_type, types in answers.bodies.get(status, {}).items():
            schemas = [self._contract.schema(of) for of in types]
            if media_type == PROBLEM_JSON and PROBLEM_JSON in content:
                schemas.insert(0, content[PROBLEM_JSON]["schema"])
            content[media_type] = {"schema": _any_of(schemas)}
        made: Json = {"description": phrase(status)}
        return {**made, "content": content} if content else made


def _any_of(schemas: list[Json]) -> Json:
    unique = [schema for index, schema in enumerate(schemas) if schema not in schemas[:index]]
    return unique[0] if len(unique) == 1 else {"anyOf": unique}


def phrase(status: int | str) -> str:
    """What a status means, in a few words."""
    if isinstance(status, str):
        return "A failure that a backend passes on"
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "A failure"
