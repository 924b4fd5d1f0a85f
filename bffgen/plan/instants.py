"""Instants and ids that are bound once: `now`, `today`, `uuid4`."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from bffgen.plan.emitted_names import Module
from bffgen.plan.quote import called, code, quote


def bind_instants(instants: Iterable[tuple[str, str]], module: Module) -> list[ast.stmt]:
    """The statements that bind (kind, local) pairs; today is the day of now."""
    made: list[ast.stmt] = []
    now: str | None = None
    for kind, local in sorted(instants):
        if kind == "uuid4":
            value: ast.expr = called(module.imported("uuid", "uuid4"))
        elif now is not None and kind == "today":
            value = code("now.date()", now=now)
        else:
            source = "datetime.now(UTC)" + (".date()" if kind == "today" else "")
            imported = module.imported
            value = code(source, datetime=imported("datetime", "datetime"), UTC=imported("datetime", "UTC"))
        now = local if kind == "now" else now
        made += quote("local = value", local=local, value=value)
    return made
