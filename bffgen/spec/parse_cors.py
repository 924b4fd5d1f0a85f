"""`cors:`, which sites may call."""

from __future__ import annotations

from urllib.parse import urlsplit

from bffgen.diagnostics.model import Label
from bffgen.source.nodes import Node
from bffgen.source.text import Span
from bffgen.spec.edge import Cors
from bffgen.spec.edge_keys import CORS
from bffgen.spec.reader import Reader, shown

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_USUAL = Cors(())


class CorsReader(Reader):
    """Reads `cors:`."""

    def cors(self, node: Node | None, key: Span | None = None) -> Cors | None:
        fields = self.fields(node, CORS) if node is not None else None
        if fields is None or node is None or not self.require(fields, CORS, key or node.span):
            return None
        get = fields.get
        written = self.texts(get("origins"), "a list of origins")
        origins = tuple(text for text, span in written if self._is_origin(text, span))
        credentials = self.boolean(get("credentials"), False)
        if not written and fields.known["origins"].kind == "sequence":
            self.bad(fields.known["origins"].span, "expected an origin, found none", 'write `"*"` for all sites')
        every = [span for text, span in written if text == "*"]
        if every and credentials:
            self._open_to_all(every[0], fields.known["credentials"].span)
        return Cors(
            tuple(dict.fromkeys(origins)),
            credentials,
            self._site_methods(get("methods")),
            self._site_headers(get("headers")),
            self._site_headers(get("expose")),
            self.duration(get("max_age")) or _USUAL.max_age,
        )

    def _open_to_all(self, every: Span, credentials: Span) -> None:
        """All sites, with the user's credentials: no browser does it, and no reflection is made of it (BFF160)."""
        self.diags.report(
            "BFF160",
            "`cors` lets all sites call with the user's credentials",
            Label(every, "all sites"),
            Label(credentials, "with cookies"),
            note="any page that a user opens could read what is the user's; browsers refuse it",
            help="list the sites: `origins: [https://shop.example.com]`",
        )

    def _is_origin(self, text: str, span: Span) -> bool:
        why, near = why_no_origin(text)
        if why is None:
            return True
        help_ = f"write `{near}`" if near else None
        self.diags.report("BFF160", f"`{shown(text)}` is no origin", Label(span, why), help=help_)
        return False

    def _site_methods(self, node: Node | None) -> tuple[str, ...] | None:
        if node is None:
            return None
        found: dict[str, None] = {}
        for text, span in self.texts(node, "a list of methods"):
            if text in _METHODS:
                found[text] = None
                continue
            help_ = f"write `{text.upper()}`" if text.upper() in _METHODS else None
            note = f"methods are {', '.join(f'`{name}`' for name in _METHODS)}"
            self.diags.report(
                "BFF110", f"`{shown(text)}` is not a method that is answered", span, note=note, help=help_
            )
        return tuple(found)

    def _site_headers(self, node: Node | None) -> tuple[str, ...] | None:
        if node is None:
            return None
        return tuple(
            text for text, span in self.texts(node, "a list of headers") if self.header(text, span, "a header")
        )


def why_no_origin(text: str) -> tuple[str | None, str | None]:
    """What is wrong with an origin, and the origin that was probably meant; None when nothing is."""
    if text == "*":
        return None, None
    if text == "null":
        return "pages without an origin of their own, whoever wrote them", None
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "its host or port cannot be read", None
    if not parts.scheme or not host:
        plain = text.isascii() and text.isprintable() and not set(text) & set(" /*\\@?#")
        return "it has no scheme", f"https://{text}" if plain and text else None
    if "*" in text:
        return "a site is named whole: its subdomains are listed", None
    if parts.scheme not in ("http", "https") or not text.isascii() or not text.isprintable() or " " in text:
        return "it begins with neither `http://` nor `https://`, or has a character that no origin has", None
    usual = {"http": 80, "https": 443}[parts.scheme]
    whole = f"{parts.scheme}://{_bracketed(host)}" + (f":{port}" if port not in (None, usual) else "")
    return (None, None) if text == whole else ("browsers send scheme, host and port, in lower case", whole)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
