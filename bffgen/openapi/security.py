"""The credentials that a document asks for."""

from __future__ import annotations

from typing import cast, get_args

from bffgen.openapi.model import KeyPlace, SchemeKind, SecurityScheme
from bffgen.openapi.references import References
from bffgen.openapi.scalars import text_at
from bffgen.source.nodes import Node

KINDS = get_args(SchemeKind)


class Security:
    """Reads the security schemes of a document, and which of them an operation asks for."""

    def __init__(self, references: References) -> None:
        self._references = references

    def schemes(self) -> dict[str, SecurityScheme]:
        """The schemes that can be told, by name."""
        root = self._references.root
        components = self._references.child(root, "components")
        found = self._references.child(components, "securitySchemes") or root.get("securityDefinitions")
        made = (
            (name, self._scheme(name, node)) for name, node in (found.entries() if found is not None else {}).items()
        )
        return {name: scheme for name, scheme in made if scheme is not None}

    def of(self, operation: Node) -> tuple[tuple[str, ...], ...]:
        """The alternatives of an operation, else of the document; empty where it asks for nothing, or need not."""
        found = operation.get("security")
        found = found if found is not None else self._references.root.get("security")
        alternatives = [tuple(each.entries()) for each in (found.elements() if found is not None else ())]
        return () if () in alternatives else tuple(alternatives)

    def _scheme(self, name: str, written: Node) -> SecurityScheme | None:
        node = self._references.follow(written)
        kind = text_at(node, "type") if node is not None and node.kind == "mapping" else None
        if node is None or kind is None:
            return None
        if kind == "basic":  # 2.0
            return SecurityScheme(name, "http", "basic")
        if kind not in KINDS:
            return None
        scheme, location = text_at(node, "scheme"), text_at(node, "in")
        return SecurityScheme(
            name,
            cast(SchemeKind, kind),
            scheme.lower() if kind == "http" and scheme else None,
            cast(KeyPlace, location) if kind == "apiKey" and location in get_args(KeyPlace) else None,
            text_at(node, "name") if kind == "apiKey" else None,
        )
