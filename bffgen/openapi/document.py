"""An OpenAPI document as a backend: its operations and schemas, read when they are asked for."""

from __future__ import annotations

import re
from typing import Literal

from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.openapi.index import Entry, Index
from bffgen.openapi.lazy import Hint
from bffgen.openapi.model import Operation
from bffgen.openapi.operations import Operations, span_of
from bffgen.openapi.references import References
from bffgen.openapi.scalars import text_at
from bffgen.openapi.schemas import Schemas
from bffgen.source.loader import Loader
from bffgen.source.nodes import Node
from bffgen.source.text import Span
from bffgen.typesystem.model import Type
from bffgen.typesystem.names import class_name, python_name

READ_VERSIONS = re.compile(r"3\.[012](\.\d+)?([-+].*)?")
Presence = Literal["declared", "assumed"]


class Document:
    """A backend's document. Findings are reported once, when the part that has them is reached."""

    def __init__(self, backend: str, root: Node, loader: Loader, diags: Diagnostics, presence: Presence) -> None:
        version = root.get("openapi")
        self.backend = backend
        self.version = version.text if version is not None else ""
        self.root = root
        self._diags = diags
        self._references = References(root, loader, diags)
        self._index = Index(root, self._references)
        siblings = not self.version.startswith("3.0")
        assumed = presence == "assumed"
        self._schemas = Schemas(backend, self._references, diags, siblings=siblings, assumed=assumed)
        self._operations = Operations(backend, self._references, self._schemas, diags)
        self._made: dict[int, Operation] = {}

    @property
    def servers(self) -> tuple[str, ...]:
        """The addresses of `servers`, variables replaced by their defaults; one may be relative (`/api/v1`)."""
        found = self.root.get("servers")
        urls = (_server_url(node) for node in (found.elements() if found is not None else ()))
        return tuple(url for url in urls if url)

    def operation(self, key: str) -> Operation | None:
        """The operation that `key` names: an operationId, its Python form (`get_cart`), or `GET /path`.

        None when there is none. BFF506 when several have that operationId; the first is given.
        """
        found = self._index.find(key)
        if not found:
            return None
        if len(found) > 1:
            self._report_same_id(found)
        return self._operation(found[0])

    def operations(self) -> list[Operation]:
        """Every operation, in the order of the document, those that share an operationId included."""
        return [self._operation(entry) for entry in self._index.entries]

    def operation_names(self) -> list[str]:
        """Every operation's operationId, or `GET /path` where it has none."""
        return list(dict.fromkeys(entry.key for entry in self._index.entries))

    def span_of(self, name: str) -> Span | None:
        """Where an operation stands, by any of its names."""
        found = self._index.find(name)
        return span_of(found[0]) if found else None

    def schema(self, name: str, *, request: bool) -> Type | None:
        """A named schema; by its name or, where only one has it, by its Python form. None when there is none."""
        named = self._named_schemas()
        if name not in named:
            forms = [known for known in named if name in (class_name(known), python_name(known))]
            if len(forms) != 1:
                return None
            name = forms[0]
        return self._schemas.type_of(named[name], Hint.of(name), request=request)

    def schema_names(self) -> list[str]:
        return list(self._named_schemas())

    def _named_schemas(self) -> dict[str, Node]:
        found = self._references.child(self._references.child(self.root, "components"), "schemas")
        return dict(found.entries()) if found is not None else {}

    def _operation(self, entry: Entry) -> Operation:
        if id(entry.node) not in self._made:
            self._made[id(entry.node)] = self._operations.make(entry)
        return self._made[id(entry.node)]

    def _report_same_id(self, found: list[Entry]) -> None:
        first, second, *_ = found
        self._diags.report(
            "BFF506",
            f"operationId `{first.id}` is that of {len(found)} operations of backend `{self.backend}`",
            Label(span_of(second), f"of {second.place_key}"),
            Label(span_of(first), f"of {first.place_key}"),
            help=f'name the one that is meant by its place: `{self.backend}["{first.place_key}"]`',
        )


def load_document(
    backend: str,
    path: str,
    loader: Loader,
    diags: Diagnostics,
    asked_by: Span,
    presence: Presence = "declared",
) -> Document | None:
    """Read a backend's document; None when it cannot be read or is not OpenAPI 3.0 to 3.2 (BFF501)."""
    root = loader.load(path, asked_by)
    if root is None:
        return None
    wrong = _why_unread(root)
    if wrong is None:
        return Document(backend, root, loader, diags, presence)
    span, message, help = wrong
    diags.report("BFF501", f"`{path}` {message}", span, Label(asked_by, "asked for here"), help=help)
    return None


def _why_unread(root: Node) -> tuple[Span, str, str | None] | None:
    first = Span(root.file, 0, min(1, len(root.file.text)))
    if root.kind != "mapping":
        return first, "is not an OpenAPI document: a mapping with the key `openapi` is expected", None
    version, swagger = root.get("openapi"), root.get("swagger")
    if version is None and swagger is not None:
        help = "convert it to OpenAPI 3, for example with swagger2openapi"
        return swagger.span, f"is a Swagger {swagger.text or '2.0'} document, which is not read yet", help
    if version is None:
        return first, "is not an OpenAPI document: there is no key `openapi`", None
    if version.kind != "scalar" or not READ_VERSIONS.fullmatch(version.text.strip()):
        shown = version.text or "without a version number"
        return version.span, f"is OpenAPI {shown}; the versions that are read are 3.0, 3.1 and 3.2", None
    return None


def _server_url(server: Node) -> str | None:
    url, variables = (text_at(server, "url"), server.get("variables")) if server.kind == "mapping" else (None, None)
    if url is None:
        return None

    def value(match: re.Match[str]) -> str:
        variable = variables.get(match[1]) if variables is not None else None
        default = variable.get("default") if variable is not None else None
        return default.text if default is not None else match[0]

    return re.sub(r"\{([^{}]+)\}", value, url.strip())
