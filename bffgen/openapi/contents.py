"""Request bodies, responses and their headers: which media type counts, and the type it holds."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bffgen.openapi.docs import NOTHING, docs_of, example_of
from bffgen.openapi.lazy import Hint
from bffgen.openapi.model import ANY_MEDIA, Content, Header, RequestBody, Response, is_json
from bffgen.openapi.references import References
from bffgen.openapi.scalars import flag, text_at
from bffgen.openapi.schemas import Schemas
from bffgen.source.nodes import Node
from bffgen.typesystem.model import BYTES, NO_DOCS, TEXT, UNKNOWN, Docs, Type
from bffgen.typesystem.names import class_name

FORMS = ("multipart/form-data", "application/x-www-form-urlencoded", "multipart/mixed")
BODILESS = (204, 205, 304)


class Contents:
    """Makes bodies and responses of one document."""

    def __init__(self, references: References, schemas: Schemas) -> None:
        self._references = references
        self._schemas = schemas

    def body(self, written: Node | None, name: str) -> RequestBody | None:
        """The request body of the operation `name`; None when it has none or it cannot be read."""
        node = self._references.follow(written)
        content = node.get("content") if node is not None and node.kind == "mapping" else None
        chosen = self._choose(content)
        if node is None or content is None or chosen is None:
            return None
        key, media = chosen
        media_type = "application/json" if key.strip() in ANY_MEDIA else key
        hint = Hint.of(class_name(f"{name} body"))
        return RequestBody(
            media_type,
            lambda: self._body_type(media_type, media, hint),
            flag(node, "required"),
            self._docs(node, media),
            lambda: content.key(key),
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
        chosen = self._choose(written)
        return ("application/json", None) if chosen is None else (chosen[0], chosen[1].get("schema"))

    def _response(self, status: int | str, key: str, node: Node, holder: Node, name: str) -> Response:
        return Response(status, lambda: self._content(status, node, name), lambda: holder.key(key))

    def _content(self, status: int | str, written: Node, name: str) -> Content:
        node = self._references.follow(written)
        if node is None or node.kind != "mapping":
            return Content()
        description, headers = text_at(node, "description"), self._headers(node, name)
        chosen = self._choose(node.get("content")) if status not in BODILESS else None
        if chosen is None:
            return Content(headers=headers, description=description)
        key, media = chosen
        part = "response" if str(status).startswith("2") else f"response {status}"
        hint = Hint(class_name(f"{name} {part}"), class_name(name if part == "response" else f"{name} {status}"))
        example = example_of(media, self._references) if media.kind == "mapping" else NOTHING
        made = self._reply_type(key, media, hint)
        has = example is not NOTHING
        return Content(key, made, headers, description, example if has else None, has)

    def _reply_type(self, key: str, media: Node, hint: Hint) -> Type:
        schema = media.get("schema")
        if not (is_json(key) or key.strip() in ANY_MEDIA):
            return UNKNOWN
        followed = self._references.follow(schema)
        if not is_json(key) and followed is not None and text_at(followed, "format") == "binary":
            return UNKNOWN  # `*/*` with a file
        return self._schemas.type_of(schema, hint, request=False)

    def _body_type(self, media_type: str, media: Node, hint: Hint) -> Type:
        bare = media_type.partition(";")[0].strip().lower()
        if is_json(media_type) or bare in FORMS:
            return self._schemas.type_of(media.get("schema"), hint, request=True)
        return TEXT if bare.startswith("text/") else BYTES

    def _choose(self, content: Node | None) -> tuple[str, Node] | None:
        """The media type that is read: JSON where there is one, else anything that may be JSON, else the first form."""
        offered = content.entries() if content is not None else {}
        for wanted in (_is_plain_json, is_json, _may_be_json, _is_form, lambda key: True):
            for key, written in offered.items():
                if wanted(key):
                    return key, self._references.follow(written) or written
        return None

    def _headers(self, response: Node, name: str) -> Mapping[str, Header]:
        found = response.get("headers")
        headers = {}
        for key, written in found.entries().items() if found is not None else ():
            node = self._references.follow(written)
            if node is not None and node.kind == "mapping" and key.lower() != "content-type":
                hint = Hint.of(class_name(f"{name} {key}"))
                made = self._schemas.type_of(node.get("schema"), hint, request=False)
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


def _is_plain_json(key: str) -> bool:
    return key.partition(";")[0].strip().lower() == "application/json"


def _may_be_json(key: str) -> bool:
    return key.strip() in ANY_MEDIA


def _is_form(key: str) -> bool:
    return key.partition(";")[0].strip().lower() in FORMS
