"""`http:`, how backends are connected to."""

from __future__ import annotations

from bffgen.diagnostics.model import Label
from bffgen.source.nodes import Node
from bffgen.spec.http import Http
from bffgen.spec.keys import HTTP
from bffgen.spec.reader import Reader


class HttpReader(Reader):
    """Reads `http:`."""

    def http(self, node: Node | None) -> Http:
        fields = self.fields(node, HTTP) if node is not None else None
        if fields is None:
            return Http()
        transport = self.choice(fields.get("transport"), ("own", "stock"))
        http2 = self.boolean(fields.get("http2"), False)
        if http2 and transport != "stock" and (transport == "own" or fields.missing("transport")):
            self._needs_stock(fields.known["http2"], fields.get("transport"))
        return Http(transport == "stock", http2)

    def _needs_stock(self, http2: Node, transport: Node | None) -> None:
        place = Label(http2.span, "HTTP/2 is httpx's")
        why = [] if transport is None else [Label(transport.span, "the gateway's own speak HTTP/1.1")]
        note = "the gateway's own connections speak HTTP/1.1"
        help = "write `http: {transport: stock, http2: true}`"
        self.diags.report(
            "BFF110", "`http2: true` needs `transport: stock`", place, *why, note=None if why else note, help=help
        )
