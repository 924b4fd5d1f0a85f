"""Every name that an endpoint mentions, before anything is known of them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from bffgen.check.templates import holes
from bffgen.check.values import source_text
from bffgen.diagnostics.model import Diagnostics
from bffgen.expr.parse import Parsed, SourceText, parse, parse_generator, parse_loop
from bffgen.records import dataclass
from bffgen.source.text import Span
from bffgen.spec import model as spec


def mentioned_names(endpoint: spec.Endpoint) -> frozenset[str]:
    """The names in all expressions of an endpoint, loop variables among them."""
    return frozenset(node.id for node, _ in _names(_values(endpoint)))


def mentioned_fields(name: str, endpoint: spec.Endpoint) -> dict[str, Span]:
    """The fields that are read of a name, each with the first place that does."""
    found: dict[str, Span] = {}
    for tree, parsed in (pair for value in _values(endpoint) for pair in _trees(value)):
        for node in ast.walk(tree):
            match node:
                case ast.Attribute(value=ast.Name(id=base), attr=field) if base == name:
                    found.setdefault(field, parsed.span(node))
    return found


Path = tuple[str, ...]


def paths_in(values: Iterable[_Written]) -> Iterator[Path]:
    """Every `a.b.c` that values mention, as long as it is written."""
    return (path for value in values for tree, _ in _trees(value) for path in _paths(tree))


def paths_of_call(call: spec.Call) -> Iterator[Path]:
    return paths_in(_values_of_call(call))


def _paths(node: ast.AST) -> Iterator[Path]:
    steps: list[str] = []
    at = node
    while isinstance(at, ast.Attribute):
        steps.append(at.attr)
        at = at.value
    if isinstance(at, ast.Name):
        yield (at.id, *reversed(steps))
        return
    for child in ast.iter_child_nodes(node):
        yield from _paths(child)


def where_waiting(node: str, other: str, endpoint: spec.Endpoint | spec.Block) -> Span | None:
    """Where a node of the graph (a call, a let, `guard:0`) says that it waits for another; None if it does not."""
    call = endpoint.calls.get(node)
    if call is not None:
        named = next((span for name, span in call.after if name == other), None)
        return named or _place_of(other, _values_of_entry(call))
    if node in endpoint.let:
        return _place_of(other, [endpoint.let[node][0]])
    if node.startswith("guard:"):
        return _place_of(other, _values_of_guard(endpoint.require[int(node.removeprefix("guard:"))]))
    return None


@dataclass(frozen=True, slots=True)
class _LoopText:
    """A text that is no expression by itself: `x in xs`, or with `generator` `x.id for x in xs`."""

    text: spec.Expr
    generator: bool = False


_Written = spec.Value | _LoopText


def _parse_clause(source: SourceText, diags: Diagnostics) -> Parsed | None:
    found = parse_loop(source, diags)
    return found[1] if found else None


def _place_of(name: str, values: Iterable[_Written]) -> Span | None:
    return next((parsed.span(node) for node, parsed in _names(values) if node.id == name), None)


def _names(values: Iterable[_Written]) -> Iterator[tuple[ast.Name, Parsed]]:
    for value in values:
        for tree, parsed in _trees(value):
            for node in ast.walk(tree):
                if isinstance(node, ast.Name):
                    yield node, parsed


def _trees(written: _Written) -> Iterator[tuple[ast.expr, Parsed]]:
    silent = Diagnostics()  # what is wrong with an expression is said when it is checked
    match written:
        case _LoopText(text, generator):
            read = parse_generator if generator else _parse_clause
            parsed = read(source_text(text), silent)
            if parsed:
                yield parsed.tree, parsed
        case spec.Expr():
            parsed = parse(source_text(written), silent)
            if parsed:
                yield parsed.tree, parsed
        case spec.ListValue(items):
            for item in items:
                yield from _trees(item)
        case spec.ObjectValue():
            clause = parse_loop(source_text(written.loop), silent) if written.loop else None
            if clause:
                yield clause[1].tree, clause[1]
            for value in (written.condition, *(pick.source for pick in written.picks)):
                yield from _trees(value) if value else ()
            for _, _, item in written.entries:
                yield from _trees(item)


def _values(endpoint: spec.Endpoint) -> Iterator[_Written]:
    for call in endpoint.calls.values():
        yield from _values_of_entry(call)
    for guard in endpoint.require:
        yield from _values_of_guard(guard)
    for value in (endpoint.response, endpoint.status):
        if value is not None:
            yield value
    yield from (value for value, _ in endpoint.let.values())
    yield from (value for value, _ in endpoint.response_headers.values())
    yield from (cookie.value for cookie, _ in endpoint.cookies.values())


def _values_of_entry(entry: spec.Entry) -> Iterator[_Written]:
    if entry.each is not None:
        yield _LoopText(entry.each.clause)
        if entry.each.condition is not None:
            yield entry.each.condition
    yield from (value for value in (entry.when, entry.key) if value is not None)
    for guard in entry.require:
        yield from _values_of_guard(guard)
    yield from _values_of_reactions(entry.on_error)
    if isinstance(entry, spec.Block):
        for inner in entry.calls.values():
            yield from _values_of_entry(inner)
        yield from (value for value, _ in entry.let.values())
        yield entry.value
    else:
        yield from _values_of_call(entry)


def _values_of_call(call: spec.Call) -> Iterator[_Written]:
    yield from (argument.value for argument in call.arguments)
    yield from (value for value in (call.body, call.items) if value is not None)
    yield from (value for value, _ in call.headers.values())
    if call.batch is not None:
        yield _LoopText(call.batch.clause, generator=True)
    if call.paginate is not None:
        yield from (value for value in (call.paginate.next, call.paginate.until) if value is not None)
    if call.undo is not None:
        yield from _values_of_call(call.undo)


def _values_of_reactions(entries: tuple[spec.OnErrorEntry, ...]) -> Iterator[_Written]:
    for entry in entries:
        match entry.reaction:
            case spec.Default(value):
                yield value
            case spec.Answer(_, detail, extra, body):
                yield from holes(detail)
                yield from extra.values()
                if body is not None:
                    yield body


def _values_of_guard(guard: spec.Guard) -> Iterator[_Written]:
    yield guard.that
    yield from holes(guard.detail)
    yield from guard.extra.values()
