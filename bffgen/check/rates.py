"""How often a client may call: what holds for an endpoint, and by what clients are told apart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from bffgen.check.access import CheckedAccess
from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.diagnostics.suggest import closest
from bffgen.records import dataclass
from bffgen.spec.edge import RateLimit
from bffgen.typesystem.model import Kind, ObjectType, Scalar, Type, non_null
from bffgen.typesystem.relations import an

ALL = "default"
"""The name of the limit that all endpoints share which have none of their own."""


@dataclass(frozen=True, eq=False, slots=True)
class CheckedRate:
    """A limit, by the name that clients read."""

    name: str
    limit: RateLimit


def rate_of(own: RateLimit | Literal["none"] | None, of_all: RateLimit | None, name: str) -> CheckedRate | None:
    """What holds for an endpoint: its own limit, else the one that it shares with the others."""
    if own == "none":
        return None
    if own is not None:
        return CheckedRate(name, own)
    return CheckedRate(ALL, of_all) if of_all is not None else None


def check_rate(limit: RateLimit | None, accesses: Iterable[CheckedAccess | None], diags: Diagnostics) -> None:
    """A claim that some client may have, and that tells clients apart (BFF166)."""
    if limit is None or limit.claim is None or limit.span is None:
        return
    known = [access.claims for access in accesses if access is not None]
    if any(not isinstance(of, ObjectType) for of in known):
        return
    fields = {name: field.type for of in known if isinstance(of, ObjectType) for name, field in of.fields.items()}
    message, name = f"no client has the claim `{limit.claim}` here", limit.claim
    if name not in fields:
        near = closest(name, fields)
        label = "nobody has to say who they are" if not known else "not among the claims of its scheme"
        declare = f"declare it in the scheme: `claims: {{{name}: str}}`"
        help_ = f"did you mean `claims.{near}`?" if near else declare if known else "say who may call: `security: user`"
        diags.report("BFF166", message, Label(limit.span, label), help=help_)
    elif not _tells_apart(fields[name]):
        message = f"`claims.{name}` does not tell clients apart"
        label = f"it is {an(non_null(fields[name]))}"
        diags.report("BFF166", message, Label(limit.span, label), help="count by a text or an integer")


def _tells_apart(of: Type) -> bool:
    inner = non_null(of)
    return isinstance(inner, Scalar) and inner.kind in (Kind.TEXT, Kind.INTEGER, Kind.UUID)
