"""How backends are connected to, as written."""

from __future__ import annotations

from bffgen.records import dataclass


@dataclass(frozen=True, slots=True)
class Http:
    """`stock`: over httpx's own connections instead of the gateway's, with HTTP/2 where a backend has it."""

    stock: bool = False
    http2: bool = False
