"""Request bodies, responses and their headers: which media type counts, and the type it holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from bffgen.openapi import media as media_types
from bffgen.openapi.docs import NOTHING, docs_of, example_of
from bffgen.openapi.lazy import Hint
from bffgen.openapi.model import Content, Encoding, Header, RequestBody, Response, Style
from bffgen.openapi.references import References
from bffgen.openapi.scalars import flag, text_at
from bffgen.openapi.schemas import Schemas
from bffgen.openapi.streams import item_type
from bffgen.source.nodes import Node
from bffgen.typesystem.model import BYTES, NO_DOCS, TEXT, UNKNOWN, Docs, Type
from bffgen.typesystem.names import class_name

BODILESS = (204, 205, 304)
"""Statuses of answers that never have a body (RFC 9110)."""

QUERY_STYLES = ("form", "spaceDelimited", "pipeDelimited", "deepObject")


class Contents:
    """Makes bodies and responses of one document."""

    def __init__(self, references: References, schemas: Schemas) -> None:
        self._references = references
        self._schemas = schemas

    def bodies(self, written: Node | None, name: str) -> tuple[RequestBody, ...]:
        """The request body of the operation `name` in each of its media types, the one to prefer first."""
        node = self._references.follow(written)
        content = node.get("content") if node is not None and node.kind == "mapping" else None
        if node is None or content is None:
            return ()
        return tuple(self._body(node, content, key, media, name) for key, media in self._offered(content))

    def _body(self, node: Node, content: Node, key: str, media: Node, name: str) -> RequestBody:
        media_type = "application/json" if media_types.may_be_json(key) and not self._is_file(media) else key
        hint = Hint.of(class_name(f"{name} body"))
        encoding = _encodings(media) if media_types.is_form(media_type) else {}
        return RequestBody(
            media_type,
            lambda: self._body_type(media_type, media, encoding, hint),
            flag(node, "required"),
            self._docs(node, media),
            lambda: content.key(key),
            encoding,
        )

    def responses(self, written: Node | None, name: str) -> tuple[Response, ...]:
        """The lines of `responses`, in the order written."""
        if written is None:
            return ()
        return tuple(
            self._response(status, key, node, written, name)
            for key, node in written.entries().items()
            if (status := _status(key)) is not None
        )

    def parameter_content(self, written: Node) -> tuple[str, Node | None]:
        """The media type of a parameter that has `content`, and its schema."""
        offered = self._offered(written)
        return (offered[0][0], offered[0][1].get("schema")) if offered else ("application/json", None)

    def _response(self, status: int | str, key: str, node: Node, holder: Node, name: str) -> Response:
        return Response(
            status,
            lambda: self._content(status, node, name),
            lambda: holder.key(key),
            lambda: self._others(status, node, name),
        )

    def _content(self, status: int | str, written: Node, name: str) -> Content:
        node = self._references.follow(written)
        if node is None or node.kind != "mapping":
            return Content()
        offered = self._offered(node.get("content")) if status not in BODILESS else []
        if not offered:
            return Content(headers=self._headers(node, name), description=text_at(node, "description"))
        return self._offer(node, status, name, *offered[0])

    def _others(self, status: int | str, written: Node, name: str) -> tuple[Content, ...]:
        node = self._references.follow(written)
        if node is None or node.kind != "mapping":
            return ()
        return tuple(self._offer(node, status, name, *each) for each in self._offered(node.get("content"))[1:])

    def _offer(self, node: Node, status: int | str, name: str, key: str, media: Node) -> Content:
        """What a response holds in one of its media types."""
        part = "response" if str(status).startswith("2") else f"response {status}"
        hint = Hint(class_name(f"{name} {part}"), class_name(name if part == "response" else f"{name} {status}"))
        example = example_of(media, self._references) if media.kind == "mapping" else NOTHING
        has = example is not NOTHING
        return Content(
            key,
            self._reply_type(key, media, hint),
            self._headers(node, name),
            text_at(node, "description"),
            example if has else None,
            has,
            item_type(key, media, hint, self._references, self._schemas) if media_types.is_stream(key) else None,
        )

    def _reply_type(self, key: str, media: Node, hint: Hint) -> Type:
        schema = media.get("schema")
        if media_types.is_json(key):
            return self._schemas.type_of(schema, hint, request=False)
        if media_types.may_be_json(key):
            return BYTES if self._is_file(media) else self._schemas.type_of(schema, hint, request=False)
        return TEXT if media_types.is_text(key) and not media_types.is_stream(key) else BYTES

    def _is_file(self, media: Node) -> bool:
        schema = self._references.follow(media.get("schema"))
        return schema is not None and self._schemas.is_file(schema)

    def _body_type(self, media_type: str, media: Node, encoding: Mapping[str, Encoding], hint: Hint) -> Type:
        schema = media.get("schema")
        if media_types.is_multipart(media_type):
            return self._schemas.multipart(schema, hint, encoding)
        if media_types.is_json(media_type) or media_types.is_form(media_type):
            return self._schemas.type_of(schema, hint, request=True)
        return TEXT if media_types.is_text(media_type) else BYTES

    def _offered(self, content: Node | None) -> list[tuple[str, Node]]:
        """The media types: JSON first, then what may be JSON, then forms, else in the order written."""
        offered = content.entries() if content is not None else {}
        followed = [(key, self._references.follow(written) or written) for key, written in offered.items()]
        return sorted(followed, key=lambda each: _rank(each[0]))

    def _headers(self, response: Node, name: str) -> Mapping[str, Header]:
        found = response.get("headers")
        headers = {}
        for key, written in found.entries().items() if found is not None else ():
            node = self._references.follow(written)
            if node is not None and node.kind == "mapping" and key.lower() != "content-type":
                hint = Hint.of(class_name(f"{name} {key}"))
                content = node.get("content")
                schema = self.parameter_content(content)[1] if content is not None else node.get("schema")
                made = self._schemas.type_of(schema, hint, request=False)
                made = TEXT if made == UNKNOWN else made
                docs = docs_of([node], self._references)
                headers[key.lower()] = Header(key, made, flag(node, "required"), docs)
        return headers

    def _docs(self, node: Node, media: Node) -> Docs:
        example = example_of(media, self._references) if media.kind == "mapping" else NOTHING
        description = text_at(node, "description")
        if example is NOTHING:
            return Docs(description) if description else NO_DOCS
        return Docs(description, example, True)


def _status(key: str) -> int | str | None:
    if re.fullmatch(r"[1-5][0-9][0-9]", key):
        return int(key)
    if re.fullmatch(r"[1-5][xX][xX]", key):
        return key.upper()
    return "default" if key.lower() == "default" else None


def _rank(key: str) -> int:
    return next(at for at, is_wanted in enumerate(media_types.PREFERENCE) if is_wanted(key))


def _encodings(media: Node) -> dict[str, Encoding]:
    """What a form's media type says of how its fields are written."""
    found = media.get("encoding")
    entries = found.entries() if found is not None else {}
    return {name: _encoding(node) for name, node in entries.items() if node.kind == "mapping"}


def _encoding(node: Node) -> Encoding:
    style = text_at(node, "style")
    said = style in QUERY_STYLES or node.get("explode") is not None or node.get("allowReserved") is not None
    style = (style if style in QUERY_STYLES else "form") if said else None
    explode = flag(node, "explode") if node.get("explode") is not None else style in (None, "form", "deepObject")
    return Encoding(text_at(node, "contentType"), cast(Style | None, style), explode, flag(node, "allowReserved"))
