"""What a spec says of credentials for a backend, and of the certificates of its connections. Never a secret itself."""

from __future__ import annotations

from typing import Literal

from bffgen.records import dataclass

AuthKind = Literal["none", "forward", "bearer", "basic", "api_key", "client_credentials", "token_exchange", "mtls"]


@dataclass(frozen=True, slots=True)
class Credential:
    """A part of the credentials: `role` is what it is (`token`, `client_id`), and how its setting is called.

    `variable` is the environment's where the spec names one; `text` stands in the spec, of what is no secret.
    """

    role: str
    secret: bool = True
    variable: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What a token endpoint is asked for."""

    url: str
    scopes: tuple[str, ...] = ()
    audience: str | None = None
    resource: str | None = None
    in_body: bool = False  # the client's id and secret, instead of as basic credentials


@dataclass(frozen=True, slots=True)
class Auth:
    """How the gateway shows a backend who asks.

    `header` or `query` is where an API key goes, after `prefix`.
    """

    kind: AuthKind
    credentials: tuple[Credential, ...] = ()
    header: str | None = None
    query: str | None = None
    prefix: str = ""
    token: TokenRequest | None = None

    @property
    def is_own(self) -> bool:
        """Whether something is sent that is the gateway's, not the client's."""
        return self.kind not in ("none", "forward", "mtls")

    @property
    def judges_client(self) -> bool:
        """Whether a backend that refuses it has refused the client."""
        return self.kind in ("forward", "token_exchange")


@dataclass(frozen=True, slots=True)
class Tls:
    """Files that are read where the gateway runs: authorities to trust, the gateway's own certificate and key."""

    ca: str | None = None
    cert: str | None = None
    key: str | None = None


NO_AUTH = Auth("none")
