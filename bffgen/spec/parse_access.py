"""`security:`, of a spec, an endpoint and a proxy."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from bffgen.diagnostics.model import Label
from bffgen.source.nodes import Node
from bffgen.source.similar import closest
from bffgen.source.text import Span
from bffgen.spec.access import Access, Alternative, Jwt, Scheme, Security
from bffgen.spec.edge_keys import JWT, KEY_SCHEME, SECURITY
from bffgen.spec.keys import Table
from bffgen.spec.operation import TypeText
from bffgen.spec.parse_value import ValueReader
from bffgen.spec.reader import Fields, is_null, kind_of, shown

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_USUAL = ("RS256", "ES256")
_TABLES: Mapping[str, Table] = {"jwt": JWT, "api_key": KEY_SCHEME}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class AccessReader(ValueReader):
    """Reads who may call."""

    def security(self, node: Node | None, key: Span | None) -> Security | None:
        fields = self.fields(node, SECURITY) if node is not None else None
        if fields is None or not self.require(fields, SECURITY, key or fields.node.span):
            return None
        written, schemes = fields.known["schemes"], dict[str, Scheme]()
        for name, item in self.entries(written, "schemes by name, a mapping").items():
            why = "the word for nobody in particular" if name == "none" else None
            usable = self.name(name, written.key(name), "a scheme") and (
                why is None or self.checked_name(name, written.key(name), "a scheme", why)
            )
            scheme = self._scheme(name, written.key(name), item)
            if usable and scheme is not None:
                schemes[name] = scheme
        default = self.access(fields.get("default"))
        return Security(schemes, default) if default is not None else None

    # --------------------------------------------------------------------------------------------- schemes

    def _scheme(self, name: str, span: Span, node: Node) -> Scheme | None:
        if node.kind != "mapping":
            self.wrong(node, "a scheme, a mapping", "begin with `type: jwt` or `type: api_key`")
            return None
        kind_node = node.get("type")
        kind = self.choice(kind_node, tuple(_TABLES)) if kind_node is not None else None
        if kind_node is not None and kind is None:
            return None
        table = _TABLES[kind or "jwt"]
        fields = self.fields(node, table)
        if fields is None or not self.require(fields, table, span):
            return None
        get = fields.get
        jwt = self._jwt(fields) if kind == "jwt" else None
        if kind == "jwt" and jwt is None:
            return None
        header = self.text(get("header"), "the name of a header") or "X-API-Key"
        header_node, claims = get("header"), get("claims")
        if header_node is not None:
            self.header(header, header_node.span, "a header")
        return Scheme(
            name,
            span,
            self.text(get("description")),
            jwt,
            header,
            self._scopes(get("scopes")),
            self._claims(claims),
            claims.span if claims is not None else None,
        )

    def _jwt(self, fields: Fields) -> Jwt | None:
        get = fields.get
        issuer, jwks = self.text(get("issuer"), "an issuer"), self._jwks(fields.known["jwks"])
        audience = tuple(text for text, _ in self.texts(get("audience"), "a list of audiences"))
        if not audience:
            self.bad(fields.known["audience"].span, "expected an audience, found none")
        algorithms = self._algorithms(get("algorithms"))
        leeway, scope_claim = self.duration(get("leeway")), self.text(get("scope_claim"), "the name of a claim")
        if not issuer or jwks is None or not algorithms:
            return None
        return Jwt(issuer, audience, jwks, algorithms, 30.0 if leeway is None else leeway, scope_claim or "scope")

    def _algorithms(self, node: Node | None) -> tuple[str, ...]:
        """Asymmetric ones: with any other, who can check a token can make one (BFF164)."""
        if node is None:
            return _USUAL
        written = self.texts(node, "a list of algorithms")
        found = tuple(dict.fromkeys(text for text, span in written if self._algorithm(text, span)))
        if not written:
            self.bad(node.span, "expected an algorithm, found none", "write `algorithms: [RS256]`")
        return found

    def _algorithm(self, text: str, span: Span) -> bool:
        if text in ALGORITHMS:
            return True
        label, help_ = "no algorithm for tokens", None
        if text.lower() == "none":
            label, help_ = "no signature at all: anybody could write such a token", "write `RS256` or `ES256`"
        elif text.upper().startswith("HS"):
            label = "the key that checks such a token also makes one"
            help_ = "write `RS256` or `ES256`, whichever the issuer signs with"
        elif near := next((one for one in ALGORITHMS if one.lower() == text.lower()), closest(text, ALGORITHMS)):
            help_ = f"did you mean `{near}`?"
        note = f"algorithms are {', '.join(f'`{one}`' for one in ALGORITHMS)}"
        message = f"tokens are not to be signed with `{shown(text)}`"
        self.diags.report("BFF164", message, Label(span, label), note=note, help=help_)
        return False

    def _jwks(self, node: Node) -> str | None:
        url = self.text(node, "the address of a key set")
        if url is None:
            return None
        try:
            parts = urlsplit(url)
            host, sound = parts.hostname, parts.scheme in ("http", "https") and parts.port != 0
        except ValueError:
            host, sound = None, False
        if not host or not sound or not url.isascii() or not url.isprintable() or " " in url or "@" in parts.netloc:
            help_ = "write `jwks: https://id.example.com/.well-known/jwks.json`"
            self.bad(node.span, f"`{shown(url)}` is not the address of a key set", help_)
            return None
        if parts.scheme == "http" and host not in _LOOPBACK:
            self.diags.report(
                "BFF165",
                "the keys that vouch for every token are fetched without TLS",
                Label(node.span, "anybody between here and there could put a key in"),
                help=f"write `https{shown(url)[4:]}`",
            )
            return None
        return url

    def _claims(self, node: Node | None) -> Mapping[str, TypeText]:
        found: dict[str, TypeText] = {}
        for name, item in (self.entries(node, "claims and their types, a mapping") if node else {}).items():
            of = self.type_text(item)
            if of is not None:
                found[name] = of
        return found

    def _scopes(self, node: Node | None) -> Mapping[str, str]:
        found: dict[str, str] = {}
        if node is None:
            return found
        if node.kind == "mapping":
            pairs = [(name, node.key(name), self._about(item)) for name, item in node.entries().items()]
        else:
            pairs = [(text, span, "") for text, span in self.texts(node, "scopes, a list or a mapping")]
        for name, span, about in pairs:
            if name and name.isascii() and name.isprintable() and not set(name) & set(' "\\'):
                found[name] = about
            else:
                message = f"`{shown(name)}` cannot be the name of a scope"
                self.diags.report("BFF108", message, Label(span, "a scope has no blanks, quotes or backslashes"))
        return found

    def _about(self, node: Node) -> str:
        return "" if is_null(node) else self.text(node) or ""

    # ---------------------------------------------------------------------------------------------- access

    def access(self, node: Node | None) -> Access | None:
        """`none`, a scheme, a scheme with scopes, or several of which one is enough."""
        if node is None:
            return None
        if node.kind == "scalar" and node.text == "none":
            return Access((), node.span)
        items = node.elements() if node.kind == "sequence" else [node]
        found = [one for item in items for one in self._alternatives(item)]
        if not found:
            if node.kind != "scalar" and not items:
                self.bad(node.span, f"expected a scheme, found {kind_of(node)}", "write `none` for everybody")
            return None
        return Access(tuple(found), node.span)

    def _alternatives(self, node: Node) -> list[Alternative]:
        if node.kind == "mapping":
            what = "a list of scopes"
            return [
                Alternative(name, node.key(name), self.texts(scopes, what)) for name, scopes in node.entries().items()
            ]
        text = self.text(node, "`none`, a scheme, or schemes with their scopes")
        if text == "none":
            self.bad(node.span, "`none` stands alone: it lets everybody in", "write `security: none`")
            return []
        return [Alternative(text, node.span, ())] if text is not None else []
