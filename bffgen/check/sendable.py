"""Values that the next backend may not take, although the last one keeps its contract (BFF330, BFF331).

A value out of the bounds of its parameter is not sent: the call has failed with kind `invalid`, and where nothing
says what happens then, the endpoint answers 502. So a composition says what happens, or proves that it cannot.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from bffgen.check.arguments import Made
from bffgen.check.known import Known
from bffgen.check.model import CheckedBatch
from bffgen.check.names import Names
from bffgen.check.promises import Missing, may_be_no_header, may_be_no_segment, missing
from bffgen.diagnostics.model import Label
from bffgen.expr import tree
from bffgen.expr.scope import Context
from bffgen.expr.tree import Role
from bffgen.expr.walk import walk
from bffgen.openapi.model import Parameter, RequestBody
from bffgen.records import dataclass
from bffgen.source.text import Span
from bffgen.spec import model as spec
from bffgen.typesystem.model import ListType, MapType, ObjectType, Type, is_nullable, non_null
from bffgen.typesystem.relations import is_broken

StandsFor = Callable[[tree.Ref], tree.Expr | None]

_CAUGHT = ("invalid", "else")
_LONGEST = 60
_NAME = re.compile(r"[\w.\[\]]+\Z")


@dataclass(frozen=True, eq=False, slots=True)
class Risk:
    """A value whose bounds are not proved; `loop` is the loop whose element it is, if it is one's."""

    value: tree.Expr
    missing: Missing
    code: str = "BFF330"
    loop: tree.Loop | None = None


def check_sendable(
    call: spec.Call,
    made: Made,
    body: tuple[tree.Expr | None, RequestBody | None],
    headers: tuple[tuple[str, tree.Expr], ...],
    batch: CheckedBatch | None,
    ctx: Context,
    names: Names,
) -> None:
    """Warn of the arguments, body and headers of a call that may not be sendable."""
    if _says_what_then(call, names):
        return
    reader = _Reader(ctx, names, batch)
    for argument in made.arguments:
        parameter = argument.parameter
        what = f"parameter `{parameter.name}` of `{call.backend}.{call.operation}`"
        _tell(call, reader.of_parameter(argument.value, parameter), what, parameter.span, names)
    sent, request = body
    if sent is not None and request is not None:
        what = f"the body of `{call.backend}.{call.operation}`"
        for path, value, wanted, span in _fields(sent, request):
            _tell(call, reader.of_value(value, wanted), f"{path}{what}", span, names)
    for name, value in headers:
        _tell(call, reader.of_header(value), f"the header `{name}`", None, names)


def _fields(sent: tree.Expr, request: RequestBody) -> Iterator[tuple[str, tree.Expr, Type, Span | None]]:
    """The fields of a body, each for itself where the spec writes them so."""
    of = non_null(request.type)
    if not isinstance(sent, tree.MakeObject) or not isinstance(of, ObjectType):
        yield "", sent, request.type, request.span
        return
    for name, value in sent.entries:
        if name in of.fields:
            yield f"`{name}` in ", value, of.fields[name].type, of.fields[name].span or request.span


def _says_what_then(call: spec.Call, names: Names) -> bool:
    """Whether an `on_error` of the call, or of a block around it, is about a value that cannot be sent."""
    scope: Names | None = names
    entries = [*call.on_error]
    while scope is not None:
        if isinstance(scope.endpoint, spec.Block):
            entries += scope.endpoint.on_error
        scope = scope.around
    return any(entry.when in _CAUGHT for entry in entries)


class _Reader:
    """Looks for risks: first without what guards prove, so that nothing waits for a guard that it does not need."""

    def __init__(self, ctx: Context, names: Names, batch: CheckedBatch | None) -> None:
        own = {name: fact for name, fact in ctx.facts.items() if fact.origin is None}
        self._names, self._batch = names, batch
        self._plain = Known(own, lambda need: None, self._stands_for)
        self._guarded = Known(ctx.facts, ctx.used.add, self._stands_for)

    def _stands_for(self, ref: tree.Ref) -> tree.Expr | None:
        if ref.role is Role.LET:
            scope: Names | None = self._names
            while scope is not None and ref.name not in scope.endpoint.let:
                scope = scope.around
            return scope.let(ref.name)[0] if scope is not None else None
        return self._batch.keys if ref.role is Role.BATCH and self._batch is not None else None

    def of_parameter(self, value: tree.Expr, parameter: Parameter) -> Risk | None:
        risk = self.of_value(value, parameter.type)
        if risk is not None or parameter.json:
            return risk
        if parameter.location == "header":
            return self.of_header(value)
        return self._first(value, _segments) if parameter.location == "path" else None

    def of_value(self, value: tree.Expr, wanted: Type) -> Risk | None:
        for known in (self._plain, self._guarded):
            risk = _risk(value, wanted, known)
            if risk is None:
                return None
        return risk

    def of_header(self, value: tree.Expr) -> Risk | None:
        return self._first(value, _headers)

    def _first(self, value: tree.Expr, look: Callable[[tree.Expr, Known], Risk | None]) -> Risk | None:
        if _is_clients(value, self._stands_for):
            return None
        for known in (self._plain, self._guarded):
            risk = look(value, known)
            if risk is None:
                return None
        return risk


def _is_clients(value: tree.Expr, stands_for: StandsFor) -> bool:
    """Whether a value is the client's alone."""
    for node in walk(value):
        if isinstance(node, tree.Ref):
            behind = stands_for(node)
            if behind is not None and _is_clients(behind, stands_for):
                continue
            if node.role not in (Role.PARAM, Role.BODY):
                return False
    return True


def _segments(value: tree.Expr, known: Known) -> Risk | None:
    """A text in a path is not empty, and no step up."""
    for one, inner in _parts(value, known):
        of = inner.type(one)
        if isinstance(of, ListType):
            item = may_be_no_segment(non_null(of.item), frozenset()) if of.min_items < 2 else None
            found = Missing("at least 1 item", "len(x) >= 1") if of.min_items < 1 else item
        else:
            found = None if _has_letters(one) else may_be_no_segment(of, inner.excluded(one))
        if found is not None:
            return Risk(one, found, "BFF331")
    return None


def _has_letters(value: tree.Expr) -> bool:
    """Whether a text is made of more than dots."""
    return isinstance(value, tree.MakeText) and any(isinstance(p, str) and p.strip(".") for p in value.parts)


def _headers(value: tree.Expr, known: Known) -> Risk | None:
    for one, inner in _parts(value, known):
        if isinstance(one, tree.HeaderOf):
            continue  # it came in one
        if isinstance(one, tree.MakeText):
            held = [_headers(part.value, inner) for part in one.parts if isinstance(part, tree.TextPart)]
            if found := next((risk for risk in held if risk is not None), None):
                return found
            continue
        found_ = may_be_no_header(inner.type(one))
        if found_ is not None:
            return Risk(one, found_, "BFF331")
    return None


def _parts(value: tree.Expr, known: Known) -> Iterator[tuple[tree.Expr, Known]]:
    """The values that a value may be, each with what is known where it is."""
    match value:
        case tree.Choice(test, then, other):
            yield from _parts(then, known.where(test, True))
            yield from _parts(other, known.where(test, False))
        case tree.CallFunction("default", (first, second)):
            yield from _parts(first, known)
            yield from _parts(second, known)
        case tree.Narrowed(inner) if isinstance(inner, (tree.Choice, tree.CallFunction)):
            yield from _parts(inner, known)
        case tree.Ref() if (behind := known.stands_for(value)) is not None and not isinstance(behind, tree.Loop):
            yield from ((value if one is behind else one, inner) for one, inner in _parts(behind, known))
        case _:
            yield value, known


# ------------------------------------------------------------------------------------------------- bounds


def _risk(value: tree.Expr, wanted: Type, known: Known) -> Risk | None:
    """The first part of a value that may break a bound."""
    inner = non_null(wanted)
    if is_broken(value.type):
        return None
    match value:
        case tree.MakeObject(entries) if isinstance(inner, ObjectType):
            return _first_of(_in_field(name, one, inner, known) for name, one in entries if name in inner.fields)
        case tree.MakeMap(entries) if isinstance(inner, MapType):
            return _first_of(_risk(one, inner.value, known) for _, one in entries)
        case tree.MakeList(items) if isinstance(inner, ListType):
            sized = missing(ListType(inner.item, len(items), len(items)), inner)
            own = None if sized is None else Risk(value, sized)
            return own or _first_of(_risk(one, inner.item, known) for one in items)
        case tree.Loop(element=element, clauses=clauses) if isinstance(inner, ListType):
            of = known.type(value)
            sized = missing(replace(of, item=inner.item), inner) if isinstance(of, ListType) else None
            found = _risk(element, inner.item, known.inside(clauses))
            if found is not None:
                return replace(found, loop=found.loop or value)
            return None if sized is None else Risk(value, sized)
        case tree.Choice(test, then, other):
            found = _risk(then, wanted, known.where(test, True))
            return found or _risk(other, wanted, known.where(test, False))
        case tree.Narrowed(one) | tree.Convert(one) if isinstance(one, (tree.Choice, tree.MakeObject, tree.Loop)):
            return _risk(one, wanted, known)
        case tree.Ref(role=Role.BATCH) if (keys := known.stands_for(value)) is not None and isinstance(inner, ListType):
            return _of_batch(value, keys, inner, known)
    lack = missing(known.type(value), inner)
    return None if lack is None else Risk(value, lack)


def _in_field(name: str, value: tree.Expr, of: ObjectType, known: Known) -> Risk | None:
    found = _risk(value, of.fields[name].type, known)
    return found and replace(found, missing=replace(found.missing, path=f".{name}{found.missing.path}"))


def _of_batch(value: tree.Ref, keys: tree.Expr, wanted: ListType, known: Known) -> Risk | None:
    """A chunk of keys has one at least, and no more than `size`."""
    chunk = value.type
    sized = missing(replace(chunk, item=wanted.item), wanted) if isinstance(chunk, ListType) else None
    if sized is not None:
        return Risk(value, sized)
    if isinstance(keys, tree.Loop):
        found = _risk(keys.element, wanted.item, known.inside(keys.clauses))
        return found and replace(found, loop=found.loop or keys)
    lack = missing(known.element(keys), wanted.item)
    return None if lack is None else Risk(keys, lack)


def _first_of(risks: Iterator[Risk | None]) -> Risk | None:
    return next((risk for risk in risks if risk is not None), None)


# ------------------------------------------------------------------------------------------------ messages


def _tell(call: spec.Call, risk: Risk | None, what: str, declared: Span | None, names: Names) -> None:
    if risk is None:
        return
    lack = risk.missing
    path = lack.path.lstrip(".").removesuffix("[]")
    what = f"`{path}` in {what}" if path else what
    what = f"an item of {what}" if lack.path.endswith("[]") or risk.loop is not None else what
    message = f"{what} has to be {lack.words}, and this value may be something else"
    label = Label(risk.value.span, "then nothing is sent, and the endpoint answers 502")
    why = () if declared is None else (Label(declared, "declared here"),)
    names.warnings.report(risk.code, message, label, *why, help=_way_out(call, risk))


def _way_out(call: spec.Call, risk: Risk) -> str:
    """A condition that proves it, or what happens when it does not hold."""
    shown = " ".join(risk.value.span.text.split())
    test = risk.missing.condition
    if shown == "batch" and test is not None and test.startswith("len(x) <="):
        return f"add `size: {test.rpartition(' ')[2]}`"
    if test is not None and len(shown) <= _LONGEST and _NAME.match(shown):
        proof = re.sub(r"\bx\b", shown, test, count=1)
        proof = f"{shown} is not None and {proof}" if is_nullable(risk.value.type) else proof
        if risk.loop is not None:
            return f"leave the others out: `... if {proof}`"
        if call.each is not None and any(
            isinstance(node, tree.Ref) and node.role is Role.LOOP for node in walk(risk.value)
        ):
            return f"leave the others out: `if: {proof}`"
        proof = f"({proof})" if not _NAME.match(proof[:1]) else proof
        return f"make the call where it can be made:\n{_headed(call)}\n  when: {proof}"
    return f"say what happens then:\n{_headed(call)}\n  on_error: {{invalid: null}}"


def _headed(call: spec.Call) -> str:
    if call.node.kind == "mapping":
        return f"{call.name}:\n  ..."
    return f"{call.name}:\n  call: {call.node.text}"
