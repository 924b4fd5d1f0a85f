"""`auth` of a backend and of a call, `tls` of a backend. A secret that stands in them is refused, and never shown."""

from __future__ import annotations

import re
from typing import cast, get_args

from bffgen.diagnostics.model import Label
from bffgen.source.nodes import Node
from bffgen.source.similar import closest
from bffgen.source.text import Span
from bffgen.spec.auth import Auth, AuthKind, Credential, Tls, TokenRequest
from bffgen.spec.keys import API_KEY, AUTH, BASIC, BEARER, CLIENT_CREDENTIALS, TLS, TOKEN_EXCHANGE, Table
from bffgen.spec.reader import Fields, Reader, shown
from bffgen.spec.urls import why_no_url

KINDS: tuple[AuthKind, ...] = get_args(AuthKind)
_ALONE = ("none", "forward", "mtls", "bearer", "basic")
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]{0,99})\}|([A-Za-z_][A-Za-z0-9_]{0,99}))\Z")
_SENT = re.compile(r"(?i)(bearer|basic)\s+\S")
_PLAIN = re.compile(r"[\x20-\x7e]*\Z")
_NEVER = frozenset(
    "connection content-encoding content-length content-type cookie expect host keep-alive proxy-authorization "
    "proxy-connection te trailer transfer-encoding upgrade".split()
)


class AuthReader(Reader):
    """Reads how the gateway shows a backend who asks."""

    def auth(self, node: Node | None, backend: str) -> Auth | None:
        """What `auth` says; `backend` is whose it is, for the variables that messages propose."""
        if node is None:
            return None
        if node.kind == "scalar":
            return self._word(node, backend)
        fields = self.fields(node, AUTH)
        if fields is None or not fields.known:
            if fields is not None and not fields.doubtful:
                self.wrong(node, "one way to show who asks, such as `bearer`")
            return None
        first, *more = fields.known
        if more:
            message = f"`{first}` and `{more[0]}` are two ways to show who asks"
            self.diags.report("BFF104", message, Label(fields.key(more[0]), "one too many"), Label(fields.key(first)))
            return None
        return self._of(cast(AuthKind, first), fields.known[first], backend)

    def _word(self, node: Node, backend: str) -> Auth | None:
        word = node.text
        if word in _ALONE:
            return _usual(cast(AuthKind, word))
        if node.value is None:
            help = "write `auth: none`" if node.text else None
            self.wrong(node, "how the gateway shows who asks", help)
            return None
        meant = word if word in KINDS else closest(word, KINDS)
        if found := _SENT.match(word):  # as it stands in a request
            self._written(node, found[1].lower(), "token" if found[1].lower() == "bearer" else "password", backend)
            return None
        if meant is None or not word.replace("_", "").isalpha():  # perhaps a secret
            _hide(node)
        ways = ", ".join(f"`{kind}`" for kind in _ALONE)
        help = {
            None: None,
            "api_key": "write `auth: {api_key: {header: X-Api-Key}}`",
            "client_credentials": "write `auth: {client_credentials: {token_url: https://...}}`",
            "token_exchange": "write `auth: {token_exchange: {token_url: https://...}}`",
        }.get(meant, f"did you mean `{meant}`?")
        label = Label(node.span)
        self.diags.report("BFF110", f"expected {ways} or a mapping", label, help=help)
        return None

    def _of(self, kind: AuthKind, node: Node, backend: str) -> Auth | None:
        match kind:
            case "bearer":
                return self._bearer(node, backend)
            case "basic":
                return self._basic(node, backend)
            case "api_key":
                return self._api_key(node, backend)
            case _:
                return self._tokens(kind, node, backend)

    def _bearer(self, node: Node, backend: str) -> Auth | None:
        if node.kind == "mapping":
            fields = self.fields(node, BEARER)
            if fields is None:
                return None
            token = self._secret(fields.get("token"), "token", "token", backend)
        else:
            token = self._secret(node, "token", "bearer", backend)
        return Auth("bearer", (token,)) if token is not None else None

    def _basic(self, node: Node, backend: str) -> Auth | None:
        fields = self.fields(node, BASIC)
        if fields is None:
            return None
        name = self._client(fields.get("username"), "username", ":")
        password = self._secret(fields.get("password"), "password", "password", backend)
        return Auth("basic", (name, password)) if name is not None and password is not None else None

    def _api_key(self, node: Node, backend: str) -> Auth | None:
        fields = self.fields(node, API_KEY)
        if fields is None:
            return None
        header, query = self.text(fields.get("header")), self.text(fields.get("query"))
        key = self._secret(fields.get("value"), "api_key", "value", backend)
        prefix = self._printable(fields.get("prefix"), "a text before the key")
        if (header is None) == (query is None):
            if not fields.doubtful:
                self.wrong(node, "`header` or `query`, and not both", "say where the key goes: `header: X-Api-Key`")
            return None
        if header is not None and not self._is_free(header, fields):
            return None
        if key is None or not (query is None or query):
            return None
        return Auth("api_key", (key,), header, query, prefix or "")

    def _is_free(self, header: str, fields: Fields) -> bool:
        span = fields.known["header"].span
        if not self.header(header, span, "a header"):
            return False
        if header.lower() in _NEVER:
            self.diags.report("BFF108", f"header `{header}` is not the spec's to set", Label(span))
            return False
        return True

    def _tokens(self, kind: AuthKind, node: Node, backend: str) -> Auth | None:
        table: Table = CLIENT_CREDENTIALS if kind == "client_credentials" else TOKEN_EXCHANGE
        fields = self.fields(node, table)
        if fields is None:
            return None
        get = fields.get
        complete = self.require(fields, table, node.span)
        url = self._token_url(get("token_url"))
        client = self._client(get("client_id"), "client_id")
        secret = self._secret(get("client_secret"), "client_secret", "client_secret", backend)
        scopes = tuple(text for text, _ in self.texts(get("scopes"), "a list of scopes"))
        audience = self._printable(get("audience"), "who the token is for")
        resource = self._printable(get("resource"), "the address of what the token is for")
        how = self.choice(get("client_auth"), ("basic", "body")) or "basic"
        if not complete or url is None or client is None or secret is None:
            return None
        return Auth(kind, (client, secret), token=TokenRequest(url, scopes, audience, resource, how == "body"))

    def _token_url(self, node: Node | None) -> str | None:
        url = self.text(node, "an address such as `https://login.example.com/oauth/token`")
        if node is None or url is None:
            return None
        if "@" in url:
            _hide(node)
            help = "leave them out: `client_id` and `client_secret` have keys of their own"
            self.diags.report("BFF601", "an address with a name and a password in it", Label(node.span), help=help)
            return None
        if why := why_no_url(url):
            self.bad(node.span, f"`{shown(url)}` is not the address of a token endpoint: {why}")
            return None
        return url

    # ---------------------------------------------------------------------------------------- credentials

    def _secret(self, node: Node | None, role: str, key: str, backend: str) -> Credential | None:
        """A secret is named, `$NAME`, or has the name of its setting."""
        if node is None or (node.kind == "scalar" and node.value is None and not node.text):
            return Credential(role)
        variable = _variable(node)
        if variable is not None:
            return Credential(role, variable=variable)
        if node.kind != "scalar":
            self.wrong(node, "the name of a variable, such as `$API_TOKEN`")
            return None
        self._written(node, key, role, backend)
        return None

    def _written(self, node: Node, key: str, role: str, backend: str) -> None:
        _hide(node)
        name = f"{re.sub(r'[^A-Z0-9]', '_', backend.upper())}_{role.upper()}"
        self.diags.report(
            "BFF601",
            f"`{key}` of backend `{shown(backend)}` is written into the spec",
            Label(node.span, "a secret that everybody reads"),
            note="secrets come from the environment, or from files in /run/secrets",
            help=f"write `{key}: ${name}`, set `{name}` where the gateway runs, and have this one revoked",
        )

    def _client(self, node: Node | None, role: str, never: str = "") -> Credential | None:
        """What is no secret may stand in the spec."""
        if node is None:
            return Credential(role, secret=False)
        if (variable := _variable(node)) is not None:
            return Credential(role, secret=False, variable=variable)
        text = self._printable(node, "a name")
        if text is None:
            return None
        if not text or (never and never in text):
            self.bad(node.span, f"expected a name{f' without `{never}`' if never else ''}")
            return None
        return Credential(role, secret=False, text=text)

    def _printable(self, node: Node | None, what: str) -> str | None:
        text = self.text(node, what)
        if node is not None and text is not None and not _PLAIN.match(text):
            self.bad(node.span, f"expected {what}, in ASCII")
            return None
        return text

    # ------------------------------------------------------------------------------------------------ tls

    def tls(self, node: Node | None) -> Tls | None:
        fields = self.fields(node, TLS) if node is not None else None
        if node is None or fields is None:
            return None
        ca, cert, key = (self._pem(fields.get(name), name) for name in ("ca", "cert", "key"))
        if key is not None and cert is None and fields.missing("cert"):
            label = Label(fields.key("key"), "the key of which certificate?")
            self.diags.report("BFF105", "a key needs its certificate", label, help="add `cert: certs/gateway.pem`")
            return None
        if not fields.known and not fields.doubtful:
            self.wrong(node, "`ca`, `cert` or `key`")
        return Tls(ca, cert, key) if fields.known else None

    def _pem(self, node: Node | None, key: str) -> str | None:
        path = self.text(node, "the path of a PEM file")
        if node is None or path is None:
            return None
        if "-----BEGIN" in path or "\n" in path.strip():
            _hide(node)
            label = Label(node.span, "the path of a file is expected")
            help = f"write it to a file, and its path here: `{key}: /run/secrets/gateway.pem`"
            self.diags.report("BFF601", f"`{key}` is written into the spec", label, help=help)
            return None
        if not path.strip() or not path.isprintable():
            self.wrong(node, "the path of a PEM file")
            return None
        return path


def _hide(node: Node) -> None:
    """Never show a scalar, also not the lines of one that has several."""
    file, start, end = node.file, node.span.start, node.span.end
    lines = node.text.count("\n") - file.text.count("\n", start, end)
    for _ in range(lines + 1 if lines > 0 else 0):
        end = file.text.find("\n", end) + 1 or len(file.text)
    file.hide(Span(file, start, end))


def _usual(kind: AuthKind) -> Auth:
    """What a word alone says: every credential by the name of its setting."""
    roles = {"bearer": ("token",), "basic": ("username", "password")}.get(kind, ())
    return Auth(kind, tuple(Credential(role, secret=role != "username") for role in roles))


def _variable(node: Node) -> str | None:
    found = _VARIABLE.match(node.text) if node.kind == "scalar" and isinstance(node.value, str) else None
    return found and (found[1] or found[2])
