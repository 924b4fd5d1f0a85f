"""`observability:`, what a gateway lets be seen of its work."""

from __future__ import annotations

from bffgen.source.nodes import Node
from bffgen.spec.keys import OBSERVABILITY
from bffgen.spec.reader import Reader
from bffgen.spec.seeing import Seeing


class SeeingReader(Reader):
    """Reads `observability:`."""

    def seeing(self, node: Node | None) -> Seeing:
        fields = self.fields(node, OBSERVABILITY) if node is not None else None
        if fields is None:
            return Seeing()
        return Seeing(*(self.boolean(fields.get(key), False) for key in OBSERVABILITY.keys))
