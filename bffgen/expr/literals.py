"""Literal texts where a date, date-time or uuid is wanted: read when the spec is, never when it runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

from bffgen.expr import tree
from bffgen.typesystem.model import Kind, Scalar, Type, non_null


def read_as(value: tree.Expr, wanted: Type) -> tree.Expr:
    """A literal text as the date, date-time or uuid that it spells, where one is wanted; else the value itself."""
    of = non_null(wanted)
    if not (isinstance(value, tree.Literal) and isinstance(value.value, str) and isinstance(of, Scalar)):
        return value
    spelling = _spelling(value.value, of.kind)
    return value if spelling is None else replace(value, value=spelling, type=Scalar(of.kind))


def _spelling(text: str, kind: Kind) -> str | None:
    try:
        match kind:
            case Kind.DATE:
                return date.fromisoformat(text).isoformat()
            case Kind.DATETIME:
                moment = datetime.fromisoformat(text)
                return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()
            case Kind.UUID:
                return str(UUID(text)) if len(text) == 36 else None
    except ValueError:
        return None
    return None
