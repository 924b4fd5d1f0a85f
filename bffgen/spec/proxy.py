"""A route that passes through, as written."""

from __future__ import annotations

from typing import Literal

from bffgen.records import dataclass
from bffgen.source.nodes import Node
from bffgen.source.text import Span
from bffgen.spec.access import Access


@dataclass(frozen=True, eq=False, slots=True)
class Proxy:
    """A route that passes through: `path` and `to` are templates, `variables` those of `path` in order."""

    path: str
    variables: tuple[str, ...]
    span: Span  # of the key `/catalog/{path:path}`
    backend: str
    backend_span: Span
    to: str | None
    to_node: Node | None
    methods: tuple[tuple[str, Span], ...]
    allow: Literal["documented", "any"]
    security: Access | None = None
