"""Everything inside of one scope: guards, calls, blocks, lets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bffgen.check.calls import call_proofs, check_call, check_guards, make_guard, outer_needs, own_needs
from bffgen.check.graph import check_cycles
from bffgen.check.lists import in_turn
from bffgen.check.model import (
    CheckedBlock,
    CheckedCall,
    CheckedEndpoint,
    CheckedEntry,
    CheckedGuard,
    CheckedLet,
)
from bffgen.check.names import Names
from bffgen.check.within import expressions_in
from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.expr import tree
from bffgen.expr.assume import doubts_of
from bffgen.expr.facts import proved
from bffgen.expr.scope import Fact
from bffgen.expr.walk import walk
from bffgen.source.text import Span
from bffgen.spec import model as spec

Parts = tuple[tuple[CheckedGuard, ...], tuple[CheckedEntry, ...], tuple[CheckedLet, ...]]


def check_scope(names: Names) -> Parts:
    """The guards, calls and lets of an endpoint or block."""
    guards = _guards(names)
    _call_facts(names)
    made = [_entry(entry, names) for entry in names.endpoint.calls.values()]
    calls = tuple(call for call in made if call is not None)
    lets = tuple(_let(name, names) for name in names.endpoint.let)
    return guards, calls, lets


def only_instead(scope: CheckedEndpoint | CheckedBlock, names: Names) -> None:
    """A call that takes another's place is not there unless that one failed: nothing may wait for it (BFF415)."""
    used = _used_by(scope)
    for name, span in names.lazy().items():
        entry = names.endpoint.calls.get(name)
        if entry is None or name not in used:
            continue
        names.diags.report(
            "BFF415",
            f"`{name}` is made only in the place of another call",
            Label(entry.name_span, "and is used by its own name, too"),
            Label(span, "made here"),
            help="use the name of the call whose place it takes",
        )
    _written_twice(scope, names)


def _written_twice(scope: CheckedEndpoint | CheckedBlock, names: Names) -> None:
    """A write that would be sent more than once, for each call that it takes the place of (BFF332)."""
    writes = {entry.name: entry for entry in scope.calls if entry.write}
    seen: dict[str, Span] = {}
    for entry in scope.calls:
        for written in names.endpoint.calls[entry.name].on_error:
            other = written.reaction.name if isinstance(written.reaction, spec.UseCall) else ""
            if other not in writes:
                continue
            assert isinstance(written.reaction, spec.UseCall)
            again = seen.get(other)
            if again is not None or entry.each is not None:
                more = Label(again, "and here") if again is not None else Label(entry.span, "once for each item")
                names.diags.report(
                    "BFF332",
                    f"the write `{other}` would be sent more than once",
                    Label(written.reaction.span, "in this call's place"),
                    more,
                    help="write another call for one of them: a write of its own, with its own name",
                )
            seen[other] = written.reaction.span


def _used_by(scope: CheckedEndpoint | CheckedBlock) -> set[str]:
    """The nodes that something in the scope waits for; a call's own guards do not count for the call."""
    used: set[str] = set()
    for entry in scope.calls:
        guards = entry.guards if isinstance(entry, CheckedCall) else ()
        used.update(entry.needs | entry.after, *(guard.needs - {entry.name} for guard in guards))
    used.update(*(let.needs for let in scope.lets), *(guard.needs for guard in scope.guards))
    if isinstance(scope, CheckedBlock):
        roots: list[tree.Expr | None] = [scope.value]
    else:
        roots = [scope.response, scope.status, *(value for _, value in scope.headers)]
        roots += [cookie.value for cookie in scope.cookies]
    nodes = [node for root in roots if root is not None for node in walk(root)]
    used.update(node.name for node in nodes if isinstance(node, tree.Ref) and node.role is tree.Role.CALL)
    return used | replies_in(roots)


def _let(name: str, names: Names) -> CheckedLet:
    value, used = names.let(name)
    return CheckedLet(name, value, own_needs(used))


def _entry(entry: spec.Entry, names: Names) -> CheckedEntry | None:
    if isinstance(entry, spec.Block):
        return check_block(entry, names)
    return check_call(entry, names)


def check_block(block: spec.Block, names: Names) -> CheckedBlock:
    """A block: its own scope, then what is made of its value."""
    inside = names.inside(block.name)
    guards, calls, lets = check_scope(inside.names)
    asked = replies_in([inside.value]) | replies_of_scope(calls, lets, guards)
    calls = with_replies(calls, asked, names.diags)
    from_inside = outer_needs(inside.names.everything_used)
    names.everything_used.update(from_inside)
    needs = inside.used | from_inside | names.reaction_needs(block.name)
    made = CheckedBlock(
        name=block.name,
        each=in_turn(inside.each, block.each, any(call.write for call in calls)),
        key=names.given(block.name).key,
        when=inside.when,
        reactions=names.reactions(block.name),
        calls=calls,
        lets=lets,
        guards=guards,
        value=inside.value,
        reply=names.reply(block.name),
        item_type=names.item_type(block.name),
        type=names.call_type(block.name),
        timeout=block.timeout,
        needs=own_needs(needs),
        after=frozenset(name for name, _ in block.after),
        lazy=block.name in names.lazy(),
        span=block.name_span,
    )
    check_cycles(made, block, names.diags)
    only_instead(made, inside.names)
    return made


# ---------------------------------------------------------------------------------------------- guards


def _guards(names: Names) -> tuple[CheckedGuard, ...]:
    """The scope's guards in order; what one proves is known from there on, everywhere."""
    made: list[CheckedGuard] = []
    for at, written in enumerate(names.endpoint.require):
        ctx = names.context()
        guard = make_guard(written, ctx)
        names.doubts |= doubts_of(guard.that, ctx, written.that.node.span)
        made.append(replace(guard, needs=guard.needs - {f"guard:{n}" for n in range(at)}))
        for path, of in proved(guard.that, True).items():
            names.facts[path] = Fact(of, f"guard:{at}")
    return tuple(made)


def _call_facts(names: Names) -> None:
    """What the calls' own guards prove holds for whoever waits for the call."""
    silent = names.silent()
    for name, call in names.endpoint.calls.items():
        if not isinstance(call, spec.Call) or not call.require or names.is_skipped(name):
            continue
        guards = check_guards(call, silent)
        for path, of in call_proofs(silent.call_type(name), guards).items():
            names.facts.setdefault(path, Fact(of, name))
        for guard, written in zip(guards, call.require, strict=True):
            names.doubts |= doubts_of(guard.that, silent.context(), written.that.node.span)


# ---------------------------------------------------------------------------------------------- replies


def replies_in(roots: Iterable[tree.Expr | None]) -> set[str]:
    """The calls whose status or headers the expressions ask for."""
    nodes = (node for root in roots if root is not None for node in walk(root))
    return {node.call for node in nodes if isinstance(node, (tree.StatusOf, tree.HeaderOf))}


def replies_of_scope(
    calls: tuple[CheckedEntry, ...], lets: tuple[CheckedLet, ...], guards: tuple[CheckedGuard, ...]
) -> set[str]:
    """The calls whose status or headers are asked for in a scope, or in a block inside of it."""
    return replies_in(expressions_in((calls, lets, guards)))


def with_replies(calls: tuple[CheckedEntry, ...], names: set[str], diags: Diagnostics) -> tuple[CheckedEntry, ...]:
    """The calls, those that are asked for status or headers saying so; one that has many answers has none (BFF306)."""
    for call in calls:
        many = isinstance(call, CheckedBlock) or call.each or call.batch or call.pages
        if call.name in names and many:
            message = f"`{call.name}` has no one answer, so it has no status and no headers"
            diags.report("BFF306", message, Label(call.span, "answered more than once"))
    return tuple(
        replace(call, wants_reply=call.name in names) if isinstance(call, CheckedCall) else call for call in calls
    )
