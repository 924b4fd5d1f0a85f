"""Who may call: schemes and scopes by name, and what is known of who was let in."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.diagnostics.suggest import closest
from bffgen.records import dataclass
from bffgen.source.text import Span
from bffgen.spec import access as written
from bffgen.spec.operation import TypeText
from bffgen.typesystem.model import NO_DOCS, TEXT, Field, ObjectType, Type, is_nullable, nullable
from bffgen.typesystem.names import class_name
from bffgen.typesystem.relations import BROKEN, join_all

CLIENT = "client"
"""The claim of who calls with a key: the name that the gateway's operator gave the client."""


@dataclass(frozen=True, eq=False, slots=True)
class CheckedScheme:
    """How clients are known. `claims` is what is known of one of them."""

    name: str
    description: str | None
    jwt: written.Jwt | None  # else a key in `header`
    header: str
    scopes: Mapping[str, str]
    claims: ObjectType


@dataclass(frozen=True, eq=False, slots=True)
class Requirement:
    """One way to be let in."""

    of: CheckedScheme
    scopes: tuple[str, ...]

    @property
    def scheme(self) -> str:
        return self.of.name


@dataclass(frozen=True, eq=False, slots=True)
class CheckedAccess:
    """Who may call an endpoint: one of `ways` is enough. `claims` is what is then known of who calls."""

    ways: tuple[Requirement, ...]
    claims: Type


class Accesses:
    """The schemes of a spec, and what endpoints and proxies ask for."""

    def __init__(
        self, security: written.Security | None, read: Callable[[TypeText], Type | None], diags: Diagnostics
    ) -> None:
        self._security = security
        self._diags = diags
        self.schemes: dict[str, CheckedScheme] = {}
        self._joined: dict[tuple[str, ...], ObjectType] = {}
        self._known: dict[written.Access, CheckedAccess | None] = {}
        for scheme in security.schemes.values() if security is not None else ():
            self.schemes[scheme.name] = self._scheme(scheme, read)
        self._default = self._checked(security.default) if security is not None else None

    def of(self, asked: written.Access | None) -> CheckedAccess | None:
        """What an endpoint or proxy asks for itself, or what holds for all; None: everybody may call."""
        if asked is None:
            return self._default
        if asked not in self._known:
            self._known[asked] = self._checked(asked)
        return self._known[asked]

    def _scheme(self, scheme: written.Scheme, read: Callable[[TypeText], Type | None]) -> CheckedScheme:
        fields: dict[str, Field] = {}
        for name, text in scheme.claims.items():
            said = read(text)
            of = BROKEN if said is None else said
            fields[name] = Field(name, of, said is None or not is_nullable(of), NO_DOCS, text.node.span)
        if scheme.jwt is None:
            fields[CLIENT] = Field(CLIENT, TEXT, True, NO_DOCS, scheme.span)
        name, place = f"{class_name(scheme.name)}Claims", scheme.claims_span or scheme.span
        claims = ObjectType(name, None, lambda: fields, place=place, request=True)
        return CheckedScheme(scheme.name, scheme.description, scheme.jwt, scheme.header, scheme.scopes, claims)

    def _checked(self, asked: written.Access) -> CheckedAccess | None:
        known = [way for way in asked.alternatives if self._is_known(way)]
        for way in known:
            self._check_scopes(way)
        if not asked.alternatives:
            return None
        names = tuple(dict.fromkeys(way.scheme for way in known))
        ways = tuple(Requirement(self.schemes[way.scheme], tuple(scope for scope, _ in way.scopes)) for way in known)
        complete = len(known) == len(asked.alternatives)
        return CheckedAccess(ways, self._claims(names, asked.span) if complete else BROKEN)

    def _claims(self, names: tuple[str, ...], span: Span) -> ObjectType:
        """The claims of who is known by one of these schemes: a field that not all of them have is nullable."""
        if len(names) == 1:
            return self.schemes[names[0]].claims
        if names not in self._joined:
            given = [self.schemes[name].claims for name in names]
            fields: dict[str, Field] = {}
            for name in dict.fromkeys(name for of in given for name in of.fields):
                having = [of.fields[name] for of in given if name in of.fields]
                joined = join_all([field.type for field in having])
                of = joined if len(having) == len(given) else nullable(joined)
                required = all(field.required for field in having) and len(having) == len(given)
                fields[name] = Field(name, of, required, NO_DOCS, having[0].place)
            title = "Or".join(class_name(name) for name in names)
            self._joined[names] = ObjectType(f"{title}Claims", None, lambda: fields, place=span, request=True)
        return self._joined[names]

    def _is_known(self, way: written.Alternative) -> bool:
        if way.scheme in self.schemes:
            return True
        near = closest(way.scheme, self.schemes)
        known = self._security.schemes[near].span if near and self._security is not None else None
        listed = ", ".join(f"`{name}`" for name in self.schemes)
        self._diags.report_use(
            "schemes",
            "BFF161",
            f"unknown security scheme `{way.scheme}`",
            Label(way.span, "not declared under `security`"),
            *([Label(known, "a scheme with a similar name")] if known else []),
            note=f"schemes: {listed}" if listed and not near else None,
            help=f"did you mean `{near}`?" if near else "declare it: `security: {schemes: ..., default: ...}`",
        )
        return False

    def _check_scopes(self, way: written.Alternative) -> None:
        scopes = self.schemes[way.scheme].scopes
        for scope, span in way.scopes:
            if scope in scopes:
                continue
            near = closest(scope, scopes)
            listed = ", ".join(f"`{name}`" for name in list(scopes)[:8])
            help_ = f"did you mean `{near}`?" if near else f"add it to the scheme: `scopes: [{scope}]`"
            self._diags.report(
                "BFF162",
                f"scheme `{way.scheme}` has no scope `{scope}`",
                Label(span, "no token would ever be asked for it" if not near else "no such scope"),
                note=f"scopes: {listed}" if listed and not near else None,
                help=help_,
            )
