"""Where a backend, and an operation of it, is."""

from __future__ import annotations

import re
from urllib.parse import urljoin

from bffgen.openapi.scalars import text_at
from bffgen.source.nodes import Node


def server_urls(holder: Node) -> tuple[str, ...]:
    """The addresses of a `servers`, variables replaced by their defaults; one may be a path (`/api/v1`).

    `holder` is a document, a path item or an operation. A document of 2.0 has a host, schemes and a base path.
    """
    if holder.get("swagger") is not None:
        return _of_swagger(holder)
    found = holder.get("servers")
    urls = (_server_url(node) for node in (found.elements() if found is not None else ()))
    return tuple(url for url in urls if url)


def other_server(urls: tuple[str, ...], usual: tuple[str, ...]) -> str | None:
    """The first address of an operation, in full where it can be; None where the document's own is among them."""
    if not urls:
        return None
    base = usual[0] if usual else ""
    full = [urljoin(base, url) if "://" in base else url for url in urls]
    return None if any(_same(url, known) for url in full for known in usual[:1]) else full[0]


def _same(one: str, other: str) -> bool:
    return one.rstrip("/") == other.rstrip("/")


def _server_url(server: Node) -> str | None:
    url, variables = (text_at(server, "url"), server.get("variables")) if server.kind == "mapping" else (None, None)
    if url is None:
        return None

    def value(match: re.Match[str]) -> str:
        variable = variables.get(match[1]) if variables is not None else None
        default = variable.get("default") if variable is not None else None
        return default.text if default is not None else match[0]

    return re.sub(r"\{([^{}]+)\}", value, url.strip())


def _of_swagger(root: Node) -> tuple[str, ...]:
    host, base = (text_at(root, "host") or "").strip(), (text_at(root, "basePath") or "").strip()
    base = f"/{base.strip('/')}" if base.strip("/") else ""
    if not host:
        return (base,) if base else ()
    host = host.partition("://")[2] or host  # a slip that is often made
    named = root.get("schemes")
    schemes = [node.text for node in (named.elements() if named is not None else ())]
    scheme = "https" if "https" in schemes else "http"
    return (f"{scheme}://{host.rstrip('/')}{base}",)
