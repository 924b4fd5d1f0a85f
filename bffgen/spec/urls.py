"""Addresses of backends and token endpoints."""

from __future__ import annotations

from urllib.parse import urlsplit


def why_no_url(url: str) -> str | None:
    """What is wrong with the address of a backend; None when nothing is."""
    if not url.isascii() or not url.isprintable() or set(url) & set(" \\<>\"'`{}|^"):
        return "a character that an address does not have"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "its host or port cannot be read"
    if parts.scheme not in ("http", "https"):
        return "it begins with neither `http://` nor `https://`"
    if not host or port == 0:
        return "it has no host"
    return "a query is not part of it" if "?" in url or "#" in url else None
