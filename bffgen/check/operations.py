"""Calls meet operations: which one is meant, what it answers, which argument is which parameter."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from bffgen.check.access import Accesses
from bffgen.check.media import answered, is_undeclared, item_of, says_no_content
from bffgen.check.own import Own
from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.diagnostics.suggest import closest
from bffgen.expr.annotations import annotation
from bffgen.expr.parse import SourceText, parse
from bffgen.expr.scope import Context, Scope
from bffgen.openapi import media
from bffgen.openapi.document import Document
from bffgen.openapi.model import Operation, Parameter, Response
from bffgen.records import dataclass
from bffgen.spec import model as spec
from bffgen.typesystem.model import NULL, TEXT, ObjectType, StreamType, Type, Unknown, non_null, nullable
from bffgen.typesystem.names import field_named, python_name
from bffgen.typesystem.relations import BROKEN, an, describe, is_broken, join_all

SAFE = ("GET", "HEAD", "OPTIONS", "QUERY", "TRACE")


@dataclass(frozen=True, eq=False)
class Backends:
    """The spec's backends beside their documents, and the types that can be named."""

    whole: spec.Spec
    documents: Mapping[str, Document]
    diags: Diagnostics
    own: Own
    accesses: Accesses | None = None

    def operations(self, calls: Mapping[str, spec.Entry]) -> Iterator[tuple[spec.Call, Operation | None]]:
        """The operation of every call, those in blocks and those that take a write back too."""
        for entry in calls.values():
            if isinstance(entry, spec.Block):
                yield from self.operations(entry.calls)
                continue
            yield entry, self.operation(entry)
            if entry.undo is not None:
                yield entry.undo, self.operation(entry.undo)

    def operation(self, call: spec.Call) -> Operation | None:
        """The operation that a call names; None after a message (BFF201, BFF202)."""
        if call.backend not in self.whole.backends:
            self._unknown_backend(call)
            return None
        document = self.documents.get(call.backend)
        if document is None:  # it could not be read: that has been said
            return None
        found = document.operation(call.operation)
        if found is None:
            self._unknown_operation(call, document)
        return found

    def _unknown_backend(self, call: spec.Call) -> None:
        near = closest(call.backend, self.whole.backends)
        labels = [Label(self.whole.backends[near].name_span, "a backend with a similar name")] if near else []
        self.diags.report_use(
            "backends",
            "BFF201",
            f"unknown backend `{call.backend}`",
            Label(call.backend_span, "not declared under `backends`"),
            *labels,
            help=f"did you mean `{near}`?" if near else None,
        )

    def _unknown_operation(self, call: spec.Call, document: Document) -> None:
        names = document.operation_names()
        near = closest(call.operation, names)
        where = document.span_of(near) if near else None
        note = f"operations: {', '.join(f'`{n}`' for n in names)}" if not near and 0 < len(names) <= 8 else None
        self.diags.report(
            "BFF202",
            f"backend `{call.backend}` has no operation `{call.operation}`",
            Label(call.operation_span, "no such operation"),
            *([Label(where, "a similar operation")] if where else []),
            note=note,
            help=f"did you mean `{target(call.backend, near)}`?" if near else None,
        )

    def type_named(self, node: ast.expr, ctx: Context, request: bool) -> Type | None:
        """`reviews.Review` or `reviews["odd name"]`; None after a message (BFF201, BFF207)."""
        base = node.value if isinstance(node, (ast.Attribute, ast.Subscript)) else node
        if not isinstance(base, ast.Name) or base.id not in self.whole.backends:
            near = closest(base.id, self.whole.backends) if isinstance(base, ast.Name) else None
            label, help_ = "not declared under `backends`", f"did you mean `{near}`?" if near else None
            message = f"unknown backend `{ctx.text(base)}`"
            ctx.diags.report_use("backends", "BFF201", message, Label(ctx.span(base), label), help=help_)
            return None
        name = node.attr if isinstance(node, ast.Attribute) else ""
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            name = str(node.slice.value)
        document = self.documents.get(base.id)
        if document is None:
            return BROKEN
        found = document.schema(name, request=request)
        if found is None:
            near = closest(name, document.schema_names())
            help_ = f"did you mean `{base.id}.{near}`?" if near else None
            ctx.error("BFF207", node, f"backend `{base.id}` has no schema `{name}`", "no such schema", help=help_)
        return found

    def written_type(self, text: spec.TypeText, request: bool, within: str | None = None) -> Type | None:
        """A type as the spec writes it; None after a message. The schemas of the backend `within` go by their names."""
        node = text.node
        document = self.documents.get(within) if within is not None else None
        parsed = parse(SourceText(text.text, node.part), self.diags)
        if parsed is None:
            return None
        scope = Scope(
            lambda name: None,
            lambda: (),
            type_named=lambda found, inner: self.type_named(found, inner, request),
            schema=lambda name: document.schema(name, request=request) if document is not None else None,
            schemas=lambda: document.schema_names() if document is not None else (),
        )
        return annotation(parsed.tree, Context(scope, self.diags, parsed))

    def is_write(self, operation: Operation, call: spec.Call) -> bool:
        """Whether the operation changes something: its method says so, unless `reads` or `read` know better."""
        if call.read is not None:
            return not call.read
        reads = {name for name, _ in self.whole.backends[call.backend].reads}
        return operation.method not in SAFE and not ({operation.id, operation.key} & reads)


def target(backend: str, operation: str | None) -> str:
    """An operation as one writes it in a call."""
    if operation and operation.isidentifier():
        return f"{backend}.{operation}"
    return f'{backend}["{operation}"]'


# ---------------------------------------------------------------------------------------------- replies


def reply_type(operation: Operation, call: spec.Call, backends: Backends, streamed: bool = False) -> Type:
    """What a successful call gives; with `streamed` the items of what it answers one by one."""
    stream = item_of(operation) if streamed else None
    found = answered(operation) if stream is None else stream[1]
    if call.as_type is not None:
        found = _said(call.as_type, found, operation, call, backends)
    return found if stream is None or is_broken(found) else StreamType(found)


def _said(text: spec.TypeText, found: Type, operation: Operation, call: spec.Call, backends: Backends) -> Type:
    """`as`, where the document says nothing of what comes, or that nothing comes where something may."""
    said = backends.written_type(text, request=False)
    if said is None:
        return BROKEN
    stream = item_of(operation)
    is_open = isinstance(found, Unknown) or says_no_content(operation)
    if not is_open and not (found == TEXT and stream and is_undeclared(*stream)):
        backends.diags.report(
            "BFF301",
            f"`{call.operation}` declares what it answers",
            Label(text.node.span, f"it is {an(found)}"),
            help="leave `as` out",
        )
    return said


def is_json(media_type: str) -> bool:
    """Whether a media type is JSON: `application/json`, `+json`, and `*/*`, which most documents mean so."""
    return media.is_json(media_type) or media.may_be_json(media_type)


def failure_body(operation: Operation, when: int | str) -> Type:
    """The type of `error.body` in an `on_error` entry; null where the document declares nothing for sure."""
    if isinstance(when, int):
        response = operation.failure(when)
        return _body(response) if response else NULL
    if when in ("4xx", "5xx", "else"):
        firsts = "45" if when == "else" else when[0]
        declared = [r for r in operation.responses if str(r.status)[0] in firsts or r.status == "default"]
        bodies = [_body(response) for response in declared]
        return nullable(join_all(bodies)) if bodies else NULL
    return NULL


def _body(response: Response) -> Type:
    if response.type is None or (response.media_type and not is_json(response.media_type)):
        return NULL
    return response.type


# ---------------------------------------------------------------------------------------------- arguments


@dataclass(frozen=True, eq=False, slots=True)
class Bound:
    """An argument with the parameter that it is for."""

    argument: spec.Argument
    parameter: Parameter


def bind(call: spec.Call, operation: Operation, diags: Diagnostics, writes: bool = False) -> list[Bound]:
    """Arguments by parameter, in the document's order; messages for unknown, doubled and missing ones.

    What `paginate` sets is not missing, nor the idempotency key of a write, which it gets anyway.
    """
    found: dict[int, Bound] = {}
    unknown: list[spec.Argument] = []
    for argument in call.arguments:
        fitting = _fitting(argument, operation)
        if len(fitting) != 1:
            unknown.append(argument)
            continue
        at = operation.parameters.index(fitting[0])
        if at in found:
            labels = Label(argument.name_span, "again here"), Label(found[at].argument.name_span, "first here")
            diags.report("BFF103", f"the parameter `{fitting[0].name}` is set twice", *labels)
        found[at] = Bound(argument, fitting[0])
    paged = _page_number(call)
    needed = [p for at, p in enumerate(operation.parameters) if p.required and at not in found]
    missing = [p for p in needed if paged not in spellings(p) and not (writes and _is_key(p))]
    meant = _meant(unknown, missing, operation)
    for argument in unknown:
        _unknown(argument, meant[argument.name], call, operation, diags)
    claimed = [parameter for parameters in meant.values() for parameter in parameters]
    for parameter in missing:
        if parameter not in claimed:
            _missing(call, operation, parameter, diags)
    return [found[at] for at in sorted(found)]


def _is_key(parameter: Parameter) -> bool:
    return parameter.location == "header" and parameter.name.lower() == "idempotency-key"


def _page_number(call: spec.Call) -> str | None:
    """The parameter that `paginate` sets from the first page on."""
    counted = call.paginate is not None and call.paginate.by in ("page", "offset")
    return call.paginate.parameter if call.paginate is not None and counted else None


def _fitting(argument: spec.Argument, operation: Operation) -> list[Parameter]:
    exact = [p for p in operation.parameters if p.name == argument.name]
    return exact or [p for p in operation.parameters if argument.name in spellings(p)]


def _meant(unknown: list[spec.Argument], missing: list[Parameter], operation: Operation) -> dict[str, list[Parameter]]:
    """The parameters that unknown arguments probably mean: then nothing is said of these missing, too."""
    names = {p.name: p for p in operation.parameters}
    meant: dict[str, list[Parameter]] = {}
    for argument in unknown:
        near = closest(argument.name, names)
        meant[argument.name] = _fitting(argument, operation) or ([names[near]] if near else [])
    lost = [name for name, parameters in meant.items() if not parameters]
    free = [p for p in missing if all(p not in parameters for parameters in meant.values())]
    if len(lost) == len(free) == 1:
        meant[lost[0]] = free
    return meant


def spellings(parameter: Parameter) -> tuple[str, ...]:
    """How an argument for the parameter may be named."""
    plain = (parameter.name, python_name(parameter.name))
    return (*plain, *(f"{parameter.location}.{name}" for name in plain))


def _unknown(
    argument: spec.Argument, meant: list[Parameter], call: spec.Call, operation: Operation, diags: Diagnostics
) -> None:
    if len(meant) > 1:
        ways = ", ".join(f"{p.location}.{p.name}: ..." for p in meant)
        message = f"`{operation.key}` has {len(meant)} parameters named `{argument.name}`"
        labels = [Label(p.span, f"in {p.location}") for p in meant]
        diags.report(
            "BFF204", message, Label(argument.name_span, "which one?"), *labels, help=f"write `args: {{{ways}}}`"
        )
        return
    names = [p.name for p in operation.parameters]
    note = f"parameters: {', '.join(f'`{n}`' for n in names)}" if names and not meant and len(names) <= 8 else None
    help_ = f"did you mean `{_argument_name(meant[0])}`?" if meant else None
    if (field := _body_field(argument, operation)) is not None:
        written = argument.value.text if isinstance(argument.value, spec.Expr) else "..."
        note, help_ = f"`{field}` is a field of the body", f"set it under `body:` of the call: `{field}: {written}`"
    elif not names:
        note = f"`{operation.key}` has no parameters"
    message = f"`{call.backend}.{operation.key}` has no parameter `{argument.name}`"
    labels = [Label(p.span, "a similar parameter" if closest(argument.name, [p.name]) else "not set") for p in meant]
    diags.report("BFF204", message, Label(argument.name_span, "no such parameter"), *labels, note=note, help=help_)


def _argument_name(parameter: Parameter) -> str:
    return parameter.name if parameter.name.isidentifier() else python_name(parameter.name)


def _body_field(argument: spec.Argument, operation: Operation) -> str | None:
    """The field of the operation's body that an argument names."""
    of = non_null(operation.body.type) if operation.body else None
    field = field_named(of, argument.name) if isinstance(of, ObjectType) else None
    return field.name if field else None


def sets_fields_as_arguments(call: spec.Call, operation: Operation) -> bool:
    """Whether an argument was written that is a field of the body: then that is what is wrong."""
    names = [name for p in operation.parameters for name in spellings(p)]
    return any(argument.name not in names and _body_field(argument, operation) for argument in call.arguments)


def _missing(call: spec.Call, operation: Operation, parameter: Parameter, diags: Diagnostics) -> None:
    head, name = target(call.backend, call.operation), python_name(parameter.name)
    is_bare = call.node.kind == "scalar" and not call.arguments
    diags.report(
        "BFF203",
        f"call `{call.name}` does not set the required parameter `{parameter.name}`",
        Label(call.operation_span, f"needs `{parameter.name}`"),
        Label(parameter.span, f"declared here: {parameter.location}, required, {describe(parameter.type)}"),
        help=f"write `{head}({name}=...)`" if is_bare else f"add `{name}=...`",
    )
