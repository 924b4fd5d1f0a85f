"""What a client sends to an endpoint, and what its backend answers: data that the documents allow."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from bffgen.check.media import is_upload, raw_media_types
from bffgen.check.model import CheckedEndpoint, CheckedParam
from bffgen.openapi.fits import fits
from bffgen.openapi.media import is_text
from bffgen.openapi.model import Operation, Response
from bffgen.openapi.sample import is_json_like, sample, sample_of, success_response
from bffgen.typesystem.model import BYTES, Docs, ListType, MapType, Nullable, ObjectType, Type, Union, non_null

CONTENT = b"\x89PNG\r\n\x1a\n..."
NO_CONTENT = (204, 205, 304)
OF_THE_CONNECTION = ("content-type", "content-length", "transfer-encoding", "content-encoding", "connection")


@dataclass(frozen=True)
class Reply:
    """A successful answer. `data` is what its JSON holds; a text or bytes have `content` alone."""

    status: int
    content: bytes
    media_type: str | None
    data: Any
    is_json: bool

    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> httpx.Response:
        headers = {**self.headers, "content-type": self.media_type} if self.media_type is not None else self.headers
        return httpx.Response(self.status, headers=headers, content=self.content)


def replies_of(operation: Operation) -> Iterator[tuple[str, Reply]]:
    """What a backend may answer, with words for it: each documented success, and the usual one at its least."""
    usual = success_response(operation)
    for documented in operation.success():
        status = documented.status if isinstance(documented.status, int) else 200
        yield f"{status} whole", _reply(operation, documented, status, whole=True)
        if documented is usual:
            yield f"{status} least", _reply(operation, documented, status, whole=False)
    if usual is None:
        yield "200", Reply(200, b"", None, None, False)


def _reply(operation: Operation, documented: Response, status: int, *, whole: bool) -> Reply:
    headers = _headers(documented)
    if documented.type is None or status in NO_CONTENT:
        return Reply(status, b"", None, None, False, headers)
    media_type = documented.media_type or ""
    shown, has_body = _concrete(media_type), operation.method != "HEAD"
    if documented.type == BYTES or not is_json_like(media_type):
        content = b"some text" if is_text(media_type) else CONTENT
        return Reply(status, content if has_body else b"", shown, None, False, headers)
    if not has_body:
        return Reply(status, b"", None, None, False, headers)
    data = declared(sample_of(documented), documented.type)
    data = data if whole else least(data, documented.type)
    return Reply(status, json.dumps(data, ensure_ascii=False).encode(), shown, data, True, headers)


def _headers(documented: Response) -> dict[str, str]:
    made = {}
    for name, header in documented.headers.items():
        value = sample(header.type, header.docs, header.name)
        shown = value if isinstance(value, str) else json.dumps(value)
        if shown.isascii() and shown.isprintable() and name not in OF_THE_CONNECTION:
            made[name] = shown
    return made


def declared(data: Any, of: Type) -> Any:
    """What the type has of the data: examples hold fields that no schema has, and nobody reads those."""
    match of:
        case Nullable(inner):
            return data if data is None else declared(data, inner)
        case ListType(item) if isinstance(data, list):
            return [declared(each, item) for each in data]
        case MapType(_, value) if isinstance(data, dict):
            return {key: declared(each, value) for key, each in data.items()}
        case Union(arms):
            arm = next((arm for arm in arms if fits(data, arm)), None)
            return data if arm is None else declared(data, arm)
        case ObjectType() if isinstance(data, dict) and of.extra is None:
            return {name: declared(each, of.fields[name].type) for name, each in data.items() if name in of.fields}
        case ObjectType() if isinstance(data, dict):
            types = {name: of.fields[name].type if name in of.fields else of.extra for name in data}
            return {name: declared(each, types[name]) for name, each in data.items()}
    return data


def least(data: Any, of: Type) -> Any:
    """The data without what an object may leave out, and null where that may be."""
    match of:
        case Nullable():
            return None
        case ListType(item) if isinstance(data, list):
            return [least(each, item) for each in data[: max(of.min_items, 1)]]
        case MapType(_, value) if isinstance(data, dict):
            return {key: least(each, value) for key, each in data.items()}
        case Union(arms):
            arm = next((arm for arm in arms if fits(data, arm)), None)
            return data if arm is None or of.tag is not None else least(data, arm)
        case ObjectType() if isinstance(data, dict):
            fields = of.fields
            return {n: least(each, fields[n].type) for n, each in data.items() if n in fields and fields[n].required}
    return data


def _concrete(media_type: str) -> str:
    """A media type that fits a range of them."""
    bare = media_type.partition(";")[0].strip().lower()
    if bare in ("", "*/*", "application/*"):
        return "application/json"
    return {"image/*": "image/png", "text/*": "text/plain", "audio/*": "audio/mpeg"}.get(bare, media_type)


# ------------------------------------------------------------------------------------------------ requests


def request_of(client: httpx.AsyncClient, endpoint: CheckedEndpoint, whole: bool) -> httpx.Request:
    """A request with all that the endpoint takes, or with what it must have alone."""
    url, query, headers = endpoint.path, list[tuple[str, str]](), dict[str, str]()
    for param in endpoint.params:
        if not (param.required or whole):
            continue
        texts = _spelled(param)
        match param.location:
            case "path":
                url = url.replace(f"{{{param.wire_name}}}", quote(texts[0], safe=""))
            case "query":
                query += [(param.wire_name, text) for text in texts]
            case "header":
                headers[param.wire_name] = texts[0]
            case "cookie":
                headers["cookie"] = "; ".join(filter(None, (headers.get("cookie"), f"{param.wire_name}={texts[0]}")))
    target = url + ("?" + "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in query) if query else "")
    if endpoint.body is None:
        return client.build_request(endpoint.method, target, headers=headers)
    if not (endpoint.body_required or whole):
        return client.build_request(endpoint.method, target, headers=headers)
    content, headers["content-type"] = _body(endpoint, whole)
    return client.build_request(endpoint.method, target, headers=headers, content=content)


def _spelled(param: CheckedParam) -> list[str]:
    made = sample(param.type, _non_empty(param), param.wire_name)
    values = made if isinstance(made, list) else [made]
    if isinstance(param.type, ListType) and not values:
        values = [sample(param.type.item, name=param.wire_name)]
    return [value if isinstance(value, str) else json.dumps(value) for value in values]


def _non_empty(param: CheckedParam) -> Docs:
    """The docs of a parameter; without an example that no path can have, as servers decode `%2F`."""
    unusable = param.docs.example in ("", [], None) or "/" in str(param.docs.example)
    return Docs() if param.docs.has_example and unusable else param.docs


def _body(endpoint: CheckedEndpoint, whole: bool) -> tuple[bytes, str]:
    of = endpoint.body
    assert of is not None
    if of == BYTES:
        media_types = raw_media_types(endpoint)
        return CONTENT, _concrete(media_types[0] if media_types else "*/*")
    if is_upload(of):
        assert isinstance(of, ObjectType)
        return _form(of)
    made = sample(of) if whole else least_body(of)
    return json.dumps(made, ensure_ascii=False).encode(), "application/json"


def least_body(of: Type) -> Any:
    """What a body must have; an argument in it is whole, as an empty object cannot stand in a path."""
    made = sample(of)
    if not isinstance(of, ObjectType) or of.backend is not None:
        return least(made, of)
    payload = of.fields.get("payload")
    kept = {name: made[name] for name, field in of.fields.items() if field.required}
    return (
        kept if payload is None or "payload" not in kept else {**kept, "payload": least(made["payload"], payload.type)}
    )


def _form(of: ObjectType) -> tuple[bytes, str]:
    parts: list[bytes] = []
    for part in of.fields.values():
        inner = non_null(part.type)
        items = [non_null(inner.item)] if isinstance(inner, ListType) else [inner]
        for item in items:
            is_file = item == BYTES
            name = part.name.replace('"', "%22")
            head = f'--edge\r\nContent-Disposition: form-data; name="{name}"'
            head += '; filename="a.bin"\r\nContent-Type: application/octet-stream' if is_file else ""
            made = None if is_file else sample(item, part.docs if item is inner else Docs(), part.name)
            shown = made if isinstance(made, str) else json.dumps(made)
            parts.append(f"{head}\r\n\r\n".encode() + (CONTENT if is_file else shown.encode()) + b"\r\n")
    return b"".join(parts) + b"--edge--\r\n", "multipart/form-data; boundary=edge"


def path_pattern(operation: Operation) -> re.Pattern[str]:
    """What the path of a request for the operation looks like."""
    parts = re.split(r"\{[^{}]*\}", operation.path)
    return re.compile(".*" + "[^/]*".join(re.escape(quote(part, safe="/:@!$&'()*+,;=~%")) for part in parts))
