"""The JSON Schema of a spec, for editors: completion and descriptions from the same tables as the parser."""

from __future__ import annotations

from typing import Any

from bffgen.spec.edge_keys import CORS, JWT, KEY_SCHEME, RATE_LIMIT, SECURITY
from bffgen.spec.key_examples import EXAMPLES
from bffgen.spec.keys import (
    API_KEY,
    AUTH,
    BACKEND,
    BACKEND_DEFAULTS,
    BASIC,
    BEARER,
    BREAKER,
    CALL,
    CLIENT_CREDENTIALS,
    COOKIE,
    DEFAULTS,
    DIRECTIVES,
    ENDPOINT,
    ENDPOINT_DEFAULTS,
    EXAMPLE,
    EXPECT,
    GUARD,
    HTTP,
    INCLUDED,
    OBSERVABILITY,
    OPERATION,
    OPERATION_PARAM,
    PAGINATE,
    PARAM,
    PROXY,
    REACTION,
    REPLY,
    RETRY,
    SPEC,
    TLS,
    TOKEN_EXCHANGE,
    Table,
)
from bffgen.spec.model import FAILURE_KINDS
from bffgen.spec.routes import PROXIED

_NAME = r"^[A-Za-z][A-Za-z0-9_]*$"
_HEADER = r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"
_ENDPOINT = r"^(GET|POST|PUT|PATCH|DELETE) /"
_ON_ERROR_KEY = rf"^([1-5][0-9][0-9]|[345][xX][xX]|{'|'.join(FAILURE_KINDS)}|else)$"

Schema = dict[str, Any]


def _map(shape: str, pattern: str = _NAME) -> Schema:
    """A mapping of the user's names; nothing at all counts as an empty one."""
    ref = {"$ref": f"#/$defs/{shape}"}
    return {"type": ["object", "null"], "patternProperties": {pattern: ref}, "additionalProperties": False}


def _ref(shape: str) -> Schema:
    return {"$ref": f"#/$defs/{shape}"}


def _status(low: int) -> Schema:
    return {"type": "integer", "minimum": low, "maximum": 599}


_TEXT: Schema = {"type": ["string", "number", "boolean"]}  # a text that YAML reads as a number is one too
_EXPRESSION: Schema = {"type": ["string", "number", "boolean", "null"]}
_TEXTS: Schema = {"type": ["array", "string", "number", "boolean", "null"], "items": _TEXT}

SHAPES: dict[str, Schema] = {
    "anything": {},
    "version": {"const": 1, "default": 1},
    "name": {"type": "string", "pattern": r"^[A-Za-z][A-Za-z0-9_-]*$"},
    "text": _TEXT,
    "template": _TEXT,
    "path": {"type": "string", "minLength": 1},
    "url": {"type": "string", "pattern": r"^https?://[^@?#]+$"},
    "presence": {"enum": ["declared", "assumed"]},
    "validate": {"enum": ["lenient", "strict", "off"]},
    "location": {"enum": ["query", "header", "cookie"]},
    "same_site": {"enum": ["lax", "strict", "none"]},
    "boolean": {"type": "boolean"},
    "names": _TEXTS,
    "headers_list": _TEXTS,
    "duration": {"type": "string", "pattern": r"^[0-9]{1,9}(\.[0-9]{1,6})?(ms|s|m|h)$"},
    "seconds": {"type": "integer", "minimum": 0},
    "status": _status(200),
    "problem_status": _status(400),
    "success_status": {"type": "integer", "minimum": 200, "maximum": 299},
    "times": {"type": "integer", "minimum": 0, "maximum": 5},
    "share": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    "gateway_statuses": {"anyOf": [_status(500), {"type": "array", "items": _status(500)}]},
    "operations": _map("operation", _ENDPOINT),
    "operation_params": {"type": ["object", "null"], "additionalProperties": _ref("operation_param")},
    "status_value": {"anyOf": [_status(100), {"type": "string"}]},
    "operation_id": {"type": "string", "pattern": r"^[A-Za-z][A-Za-z0-9_.-]*$"},
    "type_name": {"type": "string", "pattern": r"^[A-Z][A-Za-z0-9]*$"},
    "type": {"type": "string", "minLength": 1},
    "head": {"type": "string", "minLength": 1},
    "expression": _EXPRESSION,
    "backends": _map("backend"),
    "endpoints": _map("endpoint", _ENDPOINT),
    "patterns": _TEXTS,
    "plain_map": {"type": ["object", "null"]},
    "text_map": {"type": ["object", "null"], "additionalProperties": _TEXT},
    "replies": {
        "type": ["object", "null"],
        "additionalProperties": {"anyOf": [_ref("reply"), {"type": "array", "items": _ref("reply")}]},
    },
    "examples": {
        "anyOf": [
            {"type": "array", "items": _ref("example")},
            {"type": ["object", "null"], "additionalProperties": _ref("example")},
        ]
    },
    "stream": {"enum": ["lines", "events"]},
    "proxies": _map("proxy", "^/"),
    "schemes": _map("scheme"),
    "rate": {"type": "string", "pattern": r"^[1-9][0-9]{0,8}/[1-9][0-9]{0,4}(s|m|h)$"},
    "type_jwt": {"const": "jwt"},
    "type_api_key": {"const": "api_key"},
    "claims": {"type": ["object", "null"], "additionalProperties": {"type": "string"}},
    "scopes": {"anyOf": [_TEXTS, {"type": "object", "additionalProperties": {"type": ["string", "null"]}}]},
    "scopes_of": {"type": "object", "additionalProperties": _TEXTS},
    "route": {"type": "string", "pattern": "^/"},
    "allow": {"enum": ["documented", "any"]},
    "client_auth": {"enum": ["basic", "body"]},
    "secret": {"type": "string", "pattern": r"^\$([A-Za-z_][A-Za-z0-9_]*|\{[A-Za-z_][A-Za-z0-9_]*\})$"},
    "transport": {"enum": ["own", "stock"]},
    "methods": {"anyOf": [{"enum": [*PROXIED]}, {"type": "array", "items": {"enum": [*PROXIED]}, "minItems": 1}]},
    "params": _map("param"),
    "body": {"anyOf": [{"type": ["string", "null"]}, {"type": "object", "additionalProperties": _ref("type")}]},
    "calls": _map("call"),
    "lets": _map("value"),
    "shapes": _map("object", r"^[A-Z][A-Za-z0-9]*$"),
    "shape_params": {"type": "object", "additionalProperties": _ref("type")},
    "guards": {"type": ["array", "null"], "items": _ref("guard")},
    "count": {"type": "integer", "minimum": 1},
    "undo": {"anyOf": [_ref("head"), _ref("call")]},
    "headers": _map("value", _HEADER),
    "cookies": _map("cookie", _HEADER),
    "value_map": {"type": ["object", "null"], "additionalProperties": _ref("value")},
    "pick": {"type": ["object", "null"], "additionalProperties": {"anyOf": [{"const": "all"}, _TEXTS]}},
    "on_error": {"anyOf": [_ref("reaction"), _map("reaction", _ON_ERROR_KEY)]},
}


def json_schema() -> Schema:
    """JSON Schema 2020-12 of a spec. Keys that do not work yet are not in it."""
    schema = _object(SPEC)
    required = [key for key in schema.pop("required") if key != "endpoints"]
    schema |= {"required": required, "anyOf": [{"required": [key]} for key in ("endpoints", "include", "proxies")]}
    definitions = SHAPES | {
        "included": _object(INCLUDED) | {"description": "A file that a spec includes"},
        "defaults": _object(DEFAULTS),
        "backend_defaults": _object(BACKEND_DEFAULTS),
        "endpoint_defaults": _object(ENDPOINT_DEFAULTS),
        "backend": _object(BACKEND),
        "endpoint": _object(ENDPOINT) | {"description": "An endpoint: what it takes, calls and answers"},
        "retry": {"anyOf": [{"type": "boolean"}, _ref("times"), _object(RETRY)]},
        "breaker": {"anyOf": [{"type": "boolean"}, _object(BREAKER)]},
        "auth": {
            "anyOf": [
                {"enum": ["none", "forward", "mtls", "bearer", "basic"]},
                _object(AUTH) | {"minProperties": 1, "maxProperties": 1},
            ]
        },
        "bearer": {"anyOf": [_ref("secret"), _object(BEARER)]},
        "basic": _object(BASIC),
        "api_key": _object(API_KEY) | {"oneOf": [{"required": ["header"]}, {"required": ["query"]}]},
        "client_credentials": _object(CLIENT_CREDENTIALS),
        "token_exchange": _object(TOKEN_EXCHANGE),
        "tls": _object(TLS) | {"minProperties": 1, "dependentRequired": {"key": ["cert"]}},
        "hedge": {"anyOf": [{"type": "boolean"}, _ref("duration")]},
        "operation": _object(OPERATION) | {"description": "An operation that a backend's document omits"},
        "operation_param": {"anyOf": [_ref("type"), _object(OPERATION_PARAM)]},
        "http": _object(HTTP),
        "cors": _object(CORS),
        "security": _object(SECURITY),
        "rate_limit": {"anyOf": [{"const": "none"}, _ref("rate"), _object(RATE_LIMIT)]},
        "scheme": {"anyOf": [_object(JWT), _object(KEY_SCHEME)]},
        "access": {
            "anyOf": [_TEXT, _ref("scopes_of"), {"type": "array", "items": {"anyOf": [_TEXT, _ref("scopes_of")]}}]
        },
        "observability": _object(OBSERVABILITY),
        "proxy": _object(PROXY) | {"description": "A route that passes through to a backend"},
        "param": _object(PARAM, "null"),
        "call": {"anyOf": [_ref("head"), _object(CALL)]},
        "paginate": _object(PAGINATE),
        "guard": _object(GUARD),
        "reaction": {"anyOf": [{"enum": [None, "fail", "pass"]}, _object(REACTION) | {"minProperties": 1}]},
        "example": _object(EXAMPLE),
        "reply": _object(REPLY) | {"minProperties": 1},
        "expectation": _object(EXPECT),
        "cookie": {"anyOf": [_EXPRESSION, _object(COOKIE)]},
        "value": {"anyOf": [_EXPRESSION, {"type": "array", "items": _ref("value")}, _ref("object")]},
        "object": _response_mapping(),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "bffgen spec",
        **schema,
        "$defs": {name: definitions[name] for name in sorted(definitions)},
    }


def _object(table: Table, *more_types: str) -> Schema:
    """A mapping with the keys of a table and no others."""
    schema: Schema = {"type": ["object", *more_types] if more_types else "object"}
    examples = EXAMPLES[table.what]
    schema["properties"] = {
        key.name: _ref(key.shape) | {"description": key.about, "examples": [examples[key.name]]}
        for key in table.keys.values()
        if not key.later
    }
    required = [key.name for key in table.keys.values() if key.required]
    return schema | ({"required": required} if required else {}) | {"additionalProperties": False}


def _response_mapping() -> Schema:
    """Fields under any name that is no directive."""
    schema = _object(DIRECTIVES)
    return schema | {"patternProperties": {r"^(?!\$)": _ref("value")}}
