"""An OpenAPI document as a backend: its operations and schemas, read when they are asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from copy import copy
from functools import cached_property
from typing import Literal

from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.openapi.elsewhere import named_elsewhere
from bffgen.openapi.index import Entry, Index
from bffgen.openapi.inline import operation_of
from bffgen.openapi.lazy import Hint
from bffgen.openapi.model import InlineOperation, Operation, SecurityScheme
from bffgen.openapi.operations import Operations, same_path, span_of
from bffgen.openapi.overlay.apply import apply_overlay
from bffgen.openapi.references import References
from bffgen.openapi.schemas import Schemas
from bffgen.openapi.security import Security
from bffgen.openapi.servers import server_urls
from bffgen.openapi.swagger import Swagger
from bffgen.source.loader import Loader
from bffgen.source.nodes import Node
from bffgen.source.text import Span
from bffgen.typesystem.model import Type
from bffgen.typesystem.names import class_name, python_name

READ_VERSIONS = re.compile(r"3\.[012](\.\d+)?([-+].*)?")
READ_SWAGGER = re.compile(r"2(\.0(\.0)?)?")
Presence = Literal["declared", "assumed"]


class Document:
    """A backend's document. Findings are reported once, when the part that has them is reached."""

    def __init__(
        self, backend: str, root: Node, loader: Loader, diags: Diagnostics, presence: Presence, bounded: bool = True
    ) -> None:
        version = root.get("openapi") or root.get("swagger")
        self.backend = backend
        self.version = version.text if version is not None else ""
        self.root = root
        self._diags = diags
        self._references = References(root, loader, diags)
        self._index = Index(root, self._references)
        siblings = not self.version.startswith(("2.", "3.0"))
        assumed = presence == "assumed"
        named = self._schemas_of
        self._schemas = Schemas(
            backend, self._references, diags, named, siblings=siblings, assumed=assumed, bounded=bounded
        )
        self._operations = Operations(backend, self._references, self._schemas, diags)
        self._swagger = Swagger(self._references, diags) if root.get("openapi") is None else None
        self._made: dict[tuple[str, str, Node], Operation] = {}
        self._inline: tuple[Operation, ...] = ()

    def with_operations(self, written: Iterable[InlineOperation]) -> Document:
        """The same document with more operations. One with the id, or the method and path, of another hides it."""
        made = copy(self)
        made._inline = (*self._inline, *(operation_of(self.backend, each) for each in written))
        return made

    @property
    def servers(self) -> tuple[str, ...]:
        """The addresses of `servers`, variables replaced by their defaults; one may be relative (`/api/v1`)."""
        return server_urls(self.root)

    @property
    def security_schemes(self) -> dict[str, SecurityScheme]:
        """The credentials that the document speaks of, by name."""
        return Security(self._references).schemes()

    def operation(self, key: str) -> Operation | None:
        """The operation that `key` names: an operationId, its Python form (`get_cart`), or `GET /path`.

        None when there is none. BFF506 when several have that operationId; the first is given.
        """
        if (inline := self._inline_named(key)) is not None:
            return inline
        found = self._index.find(key)
        if not found:
            formed = {op.key: op for op in self._inline if op.id is not None and python_name(op.id) == key}
            return next(iter(formed.values())) if len(formed) == 1 else None
        if len(found) > 1:
            self._report_same_id(found)
        return self._operation(found[0])

    def operations(self) -> list[Operation]:
        """Every operation, in the order of the document, those that share an operationId included."""
        hidden = {(op.method, op.path, op.query) for op in self._inline} | {op.id for op in self._inline if op.id}
        made = [self._operation(entry) for entry in self._index.entries]
        seen = [op for op in made if (op.method, op.path, op.query) not in hidden and op.id not in hidden]
        return [*seen, *self._inline]

    def operation_names(self) -> list[str]:
        """Every operation's operationId, or `GET /path` where it has none."""
        return list(dict.fromkeys([*(entry.key for entry in self._index.entries), *(op.key for op in self._inline)]))

    def span_of(self, name: str) -> Span | None:
        """Where an operation stands, by any of its names."""
        if (inline := self._inline_named(name)) is not None:
            return inline.span
        found = self._index.find(name)
        return span_of(found[0]) if found else None

    def schema(self, name: str, *, request: bool) -> Type | None:
        """A named schema; by its name or, where only one has it, by its Python form. None when there is none.

        One of another file that the document refers to has the name that it has there.
        """
        named: Mapping[str, Node] = self._named_schemas()
        if name not in named and not any(name in (class_name(known), python_name(known)) for known in named):
            named = self._elsewhere
        if name not in named:
            forms = [known for known in named if name in (class_name(known), python_name(known))]
            if len(forms) != 1:
                return None
            name = forms[0]
        return self._schemas.type_of(named[name], Hint.of(name), request=request)

    def schema_names(self) -> list[str]:
        return list(dict.fromkeys([*self._named_schemas(), *self._elsewhere]))

    @cached_property
    def _elsewhere(self) -> Mapping[str, Node]:
        return named_elsewhere(self._references)

    def _named_schemas(self) -> dict[str, Node]:
        return self._schemas_of(self.root)

    def _schemas_of(self, root: Node) -> dict[str, Node]:
        """The named schemas of a document, this one or one that it refers to."""
        components = self._references.child(root, "components")
        found = self._references.child(components, "schemas") or self._references.child(root, "definitions")
        if found is None and root.file is not self.root.file:  # a file of schemas
            found = root
        return dict(found.entries()) if found is not None else {}

    def _operation(self, entry: Entry) -> Operation:
        place = (entry.path, entry.method, entry.node)  # a path item may be that of several paths
        if place not in self._made:
            upgraded = self._swagger.upgraded(entry) if self._swagger is not None else entry
            self._made[place] = self._operations.make(upgraded)
        return self._made[place]

    def _inline_named(self, key: str) -> Operation | None:
        """The operation of the spec with this id, or method and path."""
        method, _, path = key.partition(" ")
        for operation in self._inline:
            if operation.id == key or (operation.method == method.upper() and same_path(operation, path)):
                return operation
        return None

    def _report_same_id(self, found: list[Entry]) -> None:
        first, second, *_ = found
        self._diags.report(
            "BFF506",
            f"operationId `{first.id}` is that of {len(found)} operations of backend `{self.backend}`",
            Label(span_of(second), f"of {second.place_key}"),
            Label(span_of(first), f"of {first.place_key}"),
            help=f'name the one that is meant by its place: `{self.backend}["{first.place_key}"]`',
        )


def load_document(  # noqa: PLR0913 - what a spec says of a document, key by key
    backend: str,
    path: str,
    loader: Loader,
    diags: Diagnostics,
    asked_by: Span,
    presence: Presence = "declared",
    overlay: str | None = None,
    overlay_by: Span | None = None,
    bounded: bool = True,
) -> Document | None:
    """Read a backend's document; None when it cannot be read or is not OpenAPI 2.0 to 3.2 (BFF501).

    `overlay` is the path of an OpenAPI Overlay that is applied to it (BFF508, BFF509), asked for at `overlay_by`.
    Without `bounded` replies need not keep the bounds of their schemas.
    """
    root = loader.load(path, asked_by)
    if root is not None and overlay is not None:
        changes = loader.load(overlay, overlay_by or asked_by)
        root = apply_overlay(root, changes, diags) if changes is not None else None
    if root is None:
        return None
    wrong = _why_unread(root)
    if wrong is None:
        return Document(backend, root, loader, diags, presence, bounded)
    span, message, help = wrong
    diags.report("BFF501", f"`{path}` {message}", span, Label(asked_by, "asked for here"), help=help)
    return None


def _why_unread(root: Node) -> tuple[Span, str, str | None] | None:
    first = Span(root.file, 0, min(1, len(root.file.text)))
    if root.kind != "mapping":
        return first, "is not an OpenAPI document: a mapping with the key `openapi` is expected", None
    version, older = root.get("openapi"), root.get("swagger")
    if version is None and older is None:
        return first, "is not an OpenAPI document: there is no key `openapi`", None
    if version is None and older is not None:
        version, named, known = older, "Swagger", READ_SWAGGER
    else:
        assert version is not None
        named, known = "OpenAPI", READ_VERSIONS
    if version.kind == "scalar" and known.fullmatch(version.text.strip()):
        return None
    shown = version.text or "without a version number"
    return version.span, f"is {named} {shown}; the versions that are read are 2.0, 3.0, 3.1 and 3.2", None
