"""Operations: what a path item and the operation in it declare, put together."""

from __future__ import annotations

import re
from typing import cast
from urllib.parse import parse_qsl

from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.openapi.contents import Contents
from bffgen.openapi.docs import NOTHING, default_of, docs_of, example_of
from bffgen.openapi.index import Entry
from bffgen.openapi.lazy import Hint
from bffgen.openapi.made import MadeMapping
from bffgen.openapi.media import FORM, bare, is_json
from bffgen.openapi.model import Location, Operation, Parameter, Style, Value
from bffgen.openapi.parts import parts_of
from bffgen.openapi.references import References
from bffgen.openapi.scalars import flag, text_at
from bffgen.openapi.schemas import Schemas
from bffgen.openapi.security import Security
from bffgen.openapi.servers import other_server, server_urls
from bffgen.openapi.wire import NOT_HEADERS, is_token, why_no_path
from bffgen.source.nodes import Node
from bffgen.source.text import Span
from bffgen.typesystem.model import NO_DOCS, TEXT, Docs
from bffgen.typesystem.names import class_name

STYLES: dict[str, tuple[str, ...]] = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form",),
}


class Operations:
    """Makes the operations of one document."""

    def __init__(self, backend: str, references: References, schemas: Schemas, diags: Diagnostics) -> None:
        self._backend = backend
        self._references = references
        self._schemas = schemas
        self._contents = Contents(references, schemas)
        self._diags = diags
        self._servers = server_urls(references.root)
        self._security = Security(references)

    def make(self, entry: Entry) -> Operation:
        """The operation at a place, its types still to be made."""
        node = entry.node
        template, query = split_path(entry.path)
        self._check_path(template, entry)
        parameters = self._parameters(entry, template)
        names = {p.name for p in parameters if p.location == "path"}
        bodies = self._contents.bodies(node.get("requestBody"), entry.key)
        return Operation(
            self._backend,
            entry.id,
            entry.key,
            entry.method,
            _plain_template(template, names),
            query,
            text_at(node, "summary"),
            text_at(node, "description"),
            parameters,
            bodies[0] if bodies else None,
            self._contents.responses(self._references.child(node, "responses"), entry.key),
            lambda: span_of(entry),
            other_server(server_urls(node) or server_urls(entry.item), self._servers),
            bodies,
            self._security.of(node),
        )

    def _check_path(self, template: str, entry: Entry) -> None:
        why, paths = why_no_path(template), self._references.child(self._references.root, "paths")
        if why is not None and paths is not None:
            self._diags.report("BFF504", "this cannot be a path", Label(paths.key(entry.path), why))

    def _parameters(self, entry: Entry, template: str) -> tuple[Parameter, ...]:
        """Those of the path item and the operation, the operation's first; undeclared ones of the path are texts."""
        found: dict[tuple[str, str], Parameter] = {}
        for holder in (entry.item, entry.node):
            listed = self._references.child(holder, "parameters")
            for written in listed.elements() if listed is not None else ():
                node = self._references.follow(written)
                if node is not None and node.kind == "mapping":
                    found |= {(made.location, made.name): made for made in self._declared(node, entry.key)}
        names = template_names(template)
        for name in names:
            if ("path", name) not in found:
                found["path", name] = _undeclared(name, entry)
        return tuple(p for p in found.values() if p.location != "path" or p.name in names)

    def _declared(self, node: Node, operation: str) -> list[Parameter]:
        """The parameter of a node; of a whole query string (3.2), the parameters that are its fields."""
        if text_at(node, "in") == "querystring":
            return self._query_string(node, operation)
        made = self._parameter(node, operation)
        return [made] if made is not None else []

    def _query_string(self, node: Node, operation: str) -> list[Parameter]:
        content = node.get("content")
        media_type, schema = self._contents.parameter_content(content) if content is not None else ("", None)
        if schema is None or bare(media_type) != FORM:
            self._diags.report(
                "BFF505",
                "a query string that is no form is not supported",
                node.span,
                help="use parameters `in: query`",
            )
            return []
        parts = parts_of(schema, self._references)
        found = [(name, owners[-1].get("properties")) for name, owners in parts.properties.items()]
        return [
            self._of_query(name, holder, name in parts.required and flag(node, "required"), operation)
            for name, holder in found
            if holder is not None
        ]

    def _of_query(self, name: str, holder: Node, required: bool, operation: str) -> Parameter:
        schema, hint = holder.get(name), Hint.of(class_name(f"{operation} {name}"))
        make = lambda: self._value(MadeMapping(holder, {}), schema, hint)  # noqa: E731
        return Parameter(name, "query", required, make, "form", True, False, False, lambda: holder.key(name))

    def _parameter(self, node: Node, operation: str) -> Parameter | None:
        name, location = text_at(node, "name"), text_at(node, "in")
        if name is None or location not in STYLES:
            self._diags.report(
                "BFF504", "a parameter needs a `name`, and `in` one of path, query, header, cookie", node.span
            )
            return None
        if not name or (location == "header" and name.lower() in NOT_HEADERS):
            return None
        if location in ("header", "cookie") and not is_token(name):
            where = name_node.span if (name_node := node.get("name")) is not None else node.span
            self._diags.report("BFF504", f"a {location} cannot have this name", where)
            return None
        content = node.get("content")
        media, schema = self._contents.parameter_content(content) if content is not None else ("", node.get("schema"))
        style = text_at(node, "style") or STYLES[location][0]
        style = style if style in STYLES[location] else STYLES[location][0]
        explode = node.get("explode")
        hint = Hint.of(class_name(f"{operation} {name}"))
        return Parameter(
            name,
            cast(Location, location),
            location == "path" or flag(node, "required"),
            lambda: self._value(node, schema, hint),
            cast(Style, style),
            flag(node, "explode") if explode is not None else style in ("form", "deepObject"),
            flag(node, "allowReserved"),
            content is not None and is_json(media),
            lambda: name_node.span if (name_node := node.get("name")) is not None else node.span,
        )

    def _value(self, node: Node, schema: Node | None, hint: Hint) -> Value:
        made = self._schemas.type_of(schema, hint, request=True)
        said = docs_of([schema] if schema is not None and schema.kind == "mapping" else [], self._references)
        example = example_of(node, self._references)
        has = example is not NOTHING
        docs = Docs(
            text_at(node, "description") or said.description,
            example if has else said.example,
            has or said.has_example,
            said.deprecated or flag(node, "deprecated"),
        )
        return Value(made, docs, default_of(schema, self._references))


def split_path(key: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The template of a path's key without `#...`, and the fixed query that stands in it (`?beta=true`)."""
    template, _, query = key.partition("#")[0].partition("?")
    template = template if template.startswith("/") else f"/{template}"
    return template, tuple(parse_qsl(query, keep_blank_values=True))


def same_path(operation: Operation, path: str) -> bool:
    """Whether a path as one writes it, perhaps with its `#...` and `?...`, is an operation's."""
    return bool(path) and split_path(path) in ((operation.path, operation.query), (operation.path, ()))


def template_names(template: str) -> list[str]:
    """The names of the parameters in a path; `{id:[0-9]+}` is `id`."""
    return [_bare_name(name) for name in re.findall(r"\{([^{}]+)\}", template)]


def span_of(entry: Entry) -> Span:
    """The operationId's value, else the method's key."""
    id_node = entry.node.get("operationId")
    if id_node is not None and entry.id is not None:
        return id_node.span
    written = next((key for key in entry.holder.entries() if key.upper() == entry.method), entry.method)
    return entry.holder.key(written)


def _plain_template(template: str, names: set[str]) -> str:
    return re.sub(r"\{([^{}]+)\}", lambda m: f"{{{_bare_name(m[1])}}}" if _bare_name(m[1]) in names else m[0], template)


def _bare_name(name: str) -> str:
    return name.partition(":")[0]


def _undeclared(name: str, entry: Entry) -> Parameter:
    return Parameter(
        name, "path", True, lambda: Value(TEXT, NO_DOCS, None), "simple", False, False, False, lambda: span_of(entry)
    )
