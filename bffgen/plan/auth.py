"""Credentials as the emitted project has them: its settings for secrets, and which client of a backend has which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bffgen.check.model import CheckedBackend
from bffgen.plan.names import Scope, local_name
from bffgen.records import dataclass
from bffgen.spec.auth import Auth, Credential

ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class SecretPlan:
    """A setting that has no place in a spec, or need not have one: its field, and the variable that is read.

    `default` is what stands in the spec, of what is no secret; None: the gateway does not start without it.
    """

    field: str
    variable: str
    secret: bool
    default: str | None = None


@dataclass(frozen=True, slots=True)
class AuthPlan:
    """How a backend is shown who asks: `name` of `BackendAuth`, `label` in logs, `settings` by what they are.

    `auth` is what the spec says; `token_url` the setting of the token endpoint.
    """

    name: str
    label: str
    auth: Auth
    settings: Mapping[str, str]
    token_url: str | None = None


@dataclass(frozen=True, slots=True)
class ClientPlan:
    """A client of a backend: its name in the backend's class (`_client` is the usual one), and what it shows."""

    name: str
    forward_headers: tuple[str, ...]
    auth: AuthPlan | None


@dataclass(frozen=True, slots=True)
class BackendAuthPlan:
    """The clients of one backend, the usual one first, and the names of the others by what they show."""

    clients: tuple[ClientPlan, ...]
    names: Mapping[Auth, str]

    @property
    def token_urls(self) -> dict[str, str]:
        """Settings of token endpoints, with what the spec has."""
        auths = [client.auth for client in self.clients if client.auth is not None]
        return {one.token_url: one.auth.token.url for one in auths if one.token_url and one.auth.token}


class AuthPlanner:
    """Names settings, each secret once however many use it."""

    def __init__(self, package: str, taken: Iterable[str]) -> None:
        self._prefix = f"{package.upper()}_"
        self._fields = Scope(taken)
        self._names = Scope()
        self._secrets: dict[str, SecretPlan] = {}

    def secrets(self) -> tuple[SecretPlan, ...]:
        """The settings that have been named, in the order of their names."""
        return tuple(sorted(self._secrets.values(), key=lambda secret: secret.field))

    def backend(self, backend: CheckedBackend, attribute: str, others: Iterable[Auth]) -> BackendAuthPlan:
        """The clients of a backend; `others` are what calls show instead of what the backend's `auth` says."""
        clients = [self._client(backend, attribute, backend.auth, "_client")]
        names, scope = {backend.auth: "_client"}, Scope(("_client",))
        for auth in others:
            if auth not in names:
                names[auth] = scope.take(f"_{ANONYMOUS if auth.kind == 'none' else auth.kind}")
                clients.append(self._client(backend, attribute, auth, names[auth]))
        return BackendAuthPlan(tuple(clients), names)

    def _client(self, backend: CheckedBackend, attribute: str, auth: Auth, name: str) -> ClientPlan:
        forwarded = {header.lower() for header in backend.forward_headers}
        if auth.kind == "forward":
            forwarded.add("authorization")
        if not auth.is_own:
            return ClientPlan(name, tuple(sorted(forwarded)), None)
        suffix = "" if name == "_client" else name
        settings = {one.role: self._setting(attribute, one) for one in auth.credentials}
        url = self._fields.take(f"{attribute}{suffix}_token_url") if auth.token is not None else None
        made = AuthPlan(self._names.take(f"{attribute}{suffix}"), backend.name, auth, settings, url)
        return ClientPlan(name, tuple(sorted(forwarded)), made)

    def _setting(self, attribute: str, one: Credential) -> str:
        key = one.variable or f"{self._prefix}{attribute}_{one.role}".upper()
        known = self._secrets.get(key)
        if known is None:
            field = local_name(one.variable.lower()) if one.variable else f"{attribute}_{one.role}"
            known = SecretPlan(self._fields.take(field), key, one.secret, one.text)
            self._secrets[key] = known
        return known.field


def stand_ins(
    package: str, secrets: Iterable[SecretPlan], backends: Iterable[BackendAuthPlan], url: str
) -> dict[str, str]:
    """The environment of a gateway that is tried over mocks: secrets that are none, tokens from `url`."""
    found = {one.variable: "stand-in" for one in secrets if one.default is None}
    urls = [name for backend in backends for name in backend.token_urls]
    return found | {f"{package}_{name}".upper(): url for name in urls}


_SUFFIXES = ("url", "timeout", "retries", "breaker", "concurrency", "tls_ca", "tls_cert", "tls_key")


def taken_settings(attributes: Iterable[str]) -> list[str]:
    """Names of settings that there may be anyway."""
    return ["ca_file", "log_level", *(f"{attribute}_{suffix}" for attribute in attributes for suffix in _SUFFIXES)]
