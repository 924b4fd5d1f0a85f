"""What holds where a condition came out true or false; and what is not known because the condition is broken."""

from __future__ import annotations

import re
from dataclasses import replace

from bffgen.diagnostics.suggest import closest
from bffgen.expr import tree
from bffgen.expr.facts import proved
from bffgen.expr.scope import Context
from bffgen.expr.walk import walk
from bffgen.source.text import Span
from bffgen.typesystem.relations import is_broken

_WORD = re.compile(r"[A-Za-z_]\w*")


def assume(ctx: Context, test: tree.Expr, truth: bool, where: Span | None = None) -> Context:
    """The context where `test`, written at `where`, came out as `truth`."""
    inner = ctx.with_facts(proved(test, truth))
    doubts = doubts_of(test, ctx, where)
    return replace(inner, doubts=inner.doubts | doubts) if doubts else inner


def doubts_of(test: tree.Expr, ctx: Context, where: Span | None = None) -> frozenset[str]:
    """The names that a broken condition speaks of, or means: what it would have proved of them is not known."""
    if not any(is_broken(node.type) for node in walk(test)):
        return frozenset()
    words = frozenset(_WORD.findall((where or test.span).text))
    known = set(ctx.scope.names())
    return words | {near for word in words - known if (near := closest(word, known))}


def is_doubted(value: tree.Expr, ctx: Context) -> bool:
    """Whether a broken condition may have been about this value: then no null of it is complained about."""
    if not ctx.doubts:
        return False
    at: tree.Expr | None = value
    while at is not None:
        match at:
            case tree.Ref(name):
                return name in ctx.doubts
            case tree.FieldOf(base) | tree.ElementOf(base) | tree.EntryOf(base) | tree.SliceOf(base):
                at = base
            case tree.CallMethod(base) | tree.Narrowed(base) | tree.Truth(base):
                at = base
            case _:
                at = None
    return False
