"""`envelope:`: what is made of every answer, and of every problem."""

from __future__ import annotations

from bffgen.check import values
from bffgen.check.answers import answerable
from bffgen.check.own import Own
from bffgen.diagnostics.model import Diagnostics
from bffgen.expr import tree
from bffgen.expr.scope import Binding
from bffgen.expr.tree import Role
from bffgen.spec import model as spec
from bffgen.typesystem.model import INTEGER, NULL, TEXT, Field, ObjectType, Type, nullable

_TEXTS = {"type": TEXT, "title": TEXT, "status": INTEGER}
_MAYBE = ("instance", "detail", "call")


def _fields() -> dict[str, Field]:
    fields = {name: Field(name, of, True) for name, of in _TEXTS.items()}
    return fields | {name: Field(name, nullable(TEXT), True) for name in _MAYBE}


PROBLEM = ObjectType("ProblemDetails", None, _fields)
"""`problem`: what an envelope can tell of a problem document. One for all envelopes."""

DEGRADED = ObjectType(
    "degraded", None, lambda: {"kind": Field("kind", TEXT, True), "status": Field("status", nullable(INTEGER), True)}
)
"""An entry of `degraded`: how a call failed that the answer can do without. One for the whole gateway."""


def check_envelope(
    written: spec.Value, response: Type | None, degraded: Type, hint: str, own: Own, diags: Diagnostics
) -> tree.Expr:
    """The envelope of one endpoint, for answers and problems alike: `response` or `problem` is null.

    It is over `Ref`s of `Role.ENVELOPE`: `status`, `response`, `problem`, `degraded`.
    """
    bound = {
        "status": Binding(Role.ENVELOPE, INTEGER),
        "response": Binding(Role.ENVELOPE, NULL if response is None else nullable(response)),
        "problem": Binding(Role.ENVELOPE, nullable(PROBLEM)),
        "degraded": Binding(Role.ENVELOPE, degraded),
    }
    ctx = own.context(bound, hint, diags)
    made = values.value(written, ctx)
    answerable(made, ctx)
    return made
