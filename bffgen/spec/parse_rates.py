"""`rate_limit:`, how often a client may call."""

from __future__ import annotations

import re
from typing import Literal

from bffgen.source.nodes import Node
from bffgen.source.similar import closest
from bffgen.spec.edge import RateLimit
from bffgen.spec.edge_keys import RATE_LIMIT
from bffgen.spec.reader import Reader, kind_of, shown

_RATE = re.compile(r"([1-9][0-9]{0,8})/([1-9][0-9]{0,4})(s|m|h)\Z")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_LONGEST = 24 * 3600
_LOOSE = re.compile(r"([1-9][0-9]{0,8})\s*(?:/|per)\s*(s|m|h)[a-z]*\Z")
_CLAIM = re.compile(r"claims\.([A-Za-z_][A-Za-z0-9_]*)\Z")


class RateReader(Reader):
    """Reads how often a client may call."""

    def rate_limit(self, node: Node | None, lifted: bool = False) -> RateLimit | Literal["none"] | None:
        """A rate, or a mapping with one; where there is one to be `lifted`, `none` too."""
        if node is None:
            return None
        if node.kind == "scalar":
            if lifted and node.text == "none":
                return "none"
            rate = self._rate(node)
            return RateLimit(*rate) if rate is not None else None
        fields = self.fields(node, RATE_LIMIT)
        if fields is None or not self.require(fields, RATE_LIMIT, node.span):
            return None
        rate, per = self._rate(fields.known["limit"]), fields.get("per")
        text = self.text(per, "`client`, `address` or a claim") or "client"
        claim = _CLAIM.match(text)
        if per is not None and text not in ("client", "address") and not claim:
            near = closest(text, ("client", "address"))
            help_ = f"did you mean `{near}`?" if near else f"for a claim, write `per: claims.{text}`"
            help_ = help_ if near or text.isidentifier() else "write `per: claims.sub`, with the claim that is meant"
            self.bad(per.span, f"`{shown(text)}` is none of `client`, `address` and `claims.NAME`", help_)
            return None
        if rate is None:
            return None
        return RateLimit(*rate, text, claim[1] if claim else None, per.span if per is not None else None)

    def _rate(self, node: Node) -> tuple[int, int] | None:
        found = _RATE.match(node.text) if node.kind == "scalar" else None
        seconds = int(found[2]) * _SECONDS[found[3]] if found else 0
        if found and seconds <= _LONGEST:
            return int(found[1]), seconds
        loose = _LOOSE.match(node.text.strip().lower()) if node.kind == "scalar" else None
        help_ = f"write `{loose[1]}/1{loose[2]}`" if loose else "write `100/1m` for a hundred calls a minute"
        found_ = kind_of(node) if not found else f"`{shown(node.text)}`: more than a day"
        self.bad(node.span, f"expected a number of calls in a time, such as `100/1m`, found {found_}", help_)
        return None
