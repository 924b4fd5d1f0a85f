"""Swagger 2.0 operations as those of OpenAPI 3.1: put together of the document's own nodes when they are asked for.

Schemas need no conversion: what 2.0 says differently (`type: file`, `x-nullable`, a discriminator that is a text,
`exclusiveMinimum: true`) is read as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bffgen.diagnostics.model import Diagnostics
from bffgen.openapi.files import is_file
from bffgen.openapi.index import Entry
from bffgen.openapi.made import MadeList, MadeMapping, MadeScalar
from bffgen.openapi.media import FORM, MULTIPART, is_form, is_json, may_be_json
from bffgen.openapi.parts import all_of
from bffgen.openapi.references import References
from bffgen.openapi.scalars import flag, text_at, type_words
from bffgen.source.nodes import Node
from bffgen.source.text import Span

REPLACED = ("parameters", "responses", "consumes", "produces", "schemes")
NOT_OF_SCHEMA = ("name", "in", "required", "collectionFormat", "allowEmptyValue", "schema", "x-example")
QUERY_FORMATS = {"csv": ("form", False), "ssv": ("spaceDelimited", False), "pipes": ("pipeDelimited", False)}
BINARY = "application/octet-stream"


class Swagger:
    """Upgrades the operations of one document."""

    def __init__(self, references: References, diags: Diagnostics) -> None:
        self._references = references
        self._diags = diags

    def upgraded(self, entry: Entry) -> Entry:
        """The same place with an operation, and a path item, as 3.1 has them."""
        node = entry.node
        listed = self._parameters(entry)
        bodies = [each for each in listed if text_at(each, "in") == "body"]
        fields = [each for each in listed if text_at(each, "in") == "formData"]
        others = [self._parameter(each) for each in listed if each not in bodies and each not in fields]
        entries = {key: value for key, value in node.entries().items() if key not in REPLACED}
        entries["parameters"] = MadeList(node, others)
        if bodies:
            entries["requestBody"] = self._body(bodies[0], self._media_types(node, "consumes"))
        elif fields:
            entries["requestBody"] = self._form(node, fields, self._media_types(node, "consumes"))
        if (responses := self._references.child(node, "responses")) is not None:
            entries["responses"] = self._responses(responses, entry)
        return replace(entry, item=MadeMapping(entry.item, {}), node=MadeMapping(node, entries))

    def _parameters(self, entry: Entry) -> list[Node]:
        """Those of the path item and the operation, references followed; the operation's hide the path item's."""
        found: dict[object, Node] = {}
        for holder in (entry.item, entry.node):
            listed = self._references.child(holder, "parameters")
            for written in listed.elements() if listed is not None else ():
                node = self._references.follow(written)
                if node is not None and node.kind == "mapping":
                    where, name = text_at(node, "in"), text_at(node, "name")
                    key = (where, None if where == "body" else name) if where is not None else node
                    found[key] = node
        return list(found.values())

    def _media_types(self, operation: Node, key: str) -> dict[str, Span]:
        """`consumes` or `produces`, of the operation or else the document, with their places."""
        own = operation.get(key)
        found = own if own is not None and own.elements() else self._references.root.get(key)
        return {node.text: node.span for node in (found.elements() if found is not None else ()) if node.text}

    # -------------------------------------------------------------------------------------------- parameters

    def _parameter(self, node: Node) -> Node:
        """A parameter with its type under `schema`, and the style that its `collectionFormat` means."""
        entries = {key: value for key, value in node.entries().items() if key not in ("collectionFormat", "x-example")}
        entries["schema"] = self._schema(node)
        if (example := node.get("x-example")) is not None:
            entries.setdefault("example", example)
        return MadeMapping(node, entries | self._style(node))

    def _schema(self, node: Node) -> Node:
        """What a parameter, a form's field or a header says of its type, as a schema."""
        if (own := node.get("schema")) is not None and node.get("type") is None:  # of 3.0: meant all the same
            return own

        def entries() -> Mapping[str, Node]:
            if self._is_unreadable(node):
                what = f"`collectionFormat: {text_at(node, 'collectionFormat')}` is not supported here"
                self._diags.report(
                    "BFF505", what, node.span, help="the values can be sent with csv, or multi in a query"
                )
            return {key: value for key, value in node.entries().items() if key not in NOT_OF_SCHEMA}

        return MadeMapping(node, entries)

    def _is_unreadable(self, node: Node) -> bool:
        if text_at(node, "type") != "array":
            return False
        in_query = text_at(node, "in") in ("query", "formData")
        known = ("csv", "multi", "ssv", "pipes") if in_query else ("csv", "multi")
        return (text_at(node, "collectionFormat") or "csv") not in known

    def _style(self, node: Node) -> dict[str, Node]:
        """The `style` and `explode` of a list; nothing for what is no list."""
        if text_at(node, "type") != "array":
            return {}
        in_query = text_at(node, "in") in ("query", "formData")
        written = text_at(node, "collectionFormat") or "csv"
        style, explode = QUERY_FORMATS.get(written, ("form", True)) if in_query else ("simple", False)
        return {"style": MadeScalar(node, style), "explode": MadeScalar(node, explode)}

    # ------------------------------------------------------------------------------------------------ bodies

    def _body(self, parameter: Node, consumes: dict[str, Span]) -> Node:
        schema = parameter.get("schema")
        held: Node = MadeMapping(parameter, {"schema": schema} if schema is not None else {})
        offered = dict.fromkeys(consumes, held) or {"application/json": held}
        return self._request_body(parameter, offered, consumes, required=flag(parameter, "required"))

    def _form(self, operation: Node, fields: list[Node], consumes: dict[str, Span]) -> Node:
        """The fields of a form as the properties of an object."""
        names = {name: node for node in fields if (name := text_at(node, "name"))}
        required = [said for node in names.values() if flag(node, "required") and (said := node.get("name"))]
        schema = MadeMapping(
            operation,
            {
                "type": MadeScalar(operation, "object"),
                "properties": MadeMapping(
                    operation,
                    {name: self._schema(node) for name, node in names.items()},
                    {name: named.span for name, node in names.items() if (named := node.get("name")) is not None},
                ),
                "required": MadeList(operation, required),
            },
        )
        encoding = {name: MadeMapping(node, style) for name, node in names.items() if (style := self._style(node))}
        media = MadeMapping(operation, {"schema": schema, "encoding": MadeMapping(operation, encoding)})
        has_files = any(is_file(node) for node in names.values())
        offered = [] if has_files else [key for key in consumes if is_form(key)] or [FORM]
        content: dict[str, Node] = dict.fromkeys(offered or [MULTIPART], media)
        return self._request_body(operation, content, consumes, required=bool(required))

    def _request_body(self, origin: Node, content: dict[str, Node], places: dict[str, Span], *, required: bool) -> Node:
        entries: dict[str, Node] = {
            "content": MadeMapping(origin, content, places),
            "required": MadeScalar(origin, required),
        }
        if (description := origin.get("description")) is not None and text_at(origin, "in") is not None:
            entries["description"] = description
        return MadeMapping(origin, entries)

    # --------------------------------------------------------------------------------------------- responses

    def _responses(self, written: Node, entry: Entry) -> Node:
        made = {key: self._response(key, node, entry) for key, node in written.entries().items()}
        return MadeMapping(written, made)

    def _response(self, status: str, written: Node, entry: Entry) -> Node:
        def entries() -> Mapping[str, Node]:
            node = self._references.follow(written)
            if node is None or node.kind != "mapping":
                return {}
            made = {key: value for key, value in node.entries().items() if key in ("description", "headers")}
            if (headers := node.get("headers")) is not None:
                made["headers"] = self._headers(headers)
            content = self._content(status, node, entry)
            return {**made, "content": content} if content is not None else made

        return MadeMapping(written, entries)

    def _headers(self, headers: Node) -> Node:
        followed = {key: self._references.follow(node) for key, node in headers.entries().items()}
        made = {key: self._parameter(node) for key, node in followed.items() if node is not None}
        return MadeMapping(headers, made)

    def _content(self, status: str, response: Node, entry: Entry) -> Node | None:
        produces, schema = self._media_types(entry.node, "produces"), response.get("schema")
        if schema is None:
            if not self._is_download(status, entry):
                return None
            return MadeMapping(response, {key: MadeMapping(response, {}) for key in produces}, produces)
        examples = response.get("examples")
        offered = self._offered(schema, examples, list(produces))
        made = {key: MadeMapping(response, _held(schema, _example(examples, key))) for key in offered}
        return MadeMapping(response, made, produces)

    def _offered(self, schema: Node, examples: Node | None, produces: list[str]) -> list[str]:
        """The media types of an answer with a schema.

        `produces` is of the operation: an endpoint of images has errors that are JSON, as their schema or example
        shows.
        """
        followed = self._references.follow(schema)
        if followed is not None and followed.kind == "mapping" and is_file(followed):
            return [key for key in produces if not (is_json(key) or may_be_json(key))] or [BINARY]
        shown = [key for key in (examples.entries() if examples is not None else ()) if "/" in key]
        offered = list(dict.fromkeys([*produces, *shown])) or ["*/*"]
        if followed is None or any(is_json(key) or may_be_json(key) or "xml" in key for key in offered):
            return offered
        is_structured = bool(all_of(followed)) or type_words(followed) in (["object"], ["array"])
        return ["application/json", *offered] if is_structured else offered

    def _is_download(self, status: str, entry: Entry) -> bool:
        """Whether an answer without a schema has content all the same: a GET that produces what is not JSON."""
        own = self._references.child(entry.node, "produces")
        produced = [node.text for node in (own.elements() if own is not None else ())]
        is_success = entry.method == "GET" and status.startswith("2")
        return is_success and bool(produced) and not any(is_json(key) or may_be_json(key) for key in produced)


def _held(schema: Node, example: Node | None) -> dict[str, Node]:
    return {"schema": schema} if example is None else {"schema": schema, "example": example}


def _example(examples: Node | None, media_type: str) -> Node | None:
    """The example of a media type; of any kind of JSON where that is what it is."""
    entries = examples.entries() if examples is not None else {}
    if media_type in entries:
        return entries[media_type]
    if is_json(media_type) or may_be_json(media_type):
        return next((node for key, node in entries.items() if is_json(key)), None)
    return None
