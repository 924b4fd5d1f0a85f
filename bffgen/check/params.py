"""Parameters and body of an endpoint: declared, or inferred from where they are used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from bffgen.check.inference import Agreed, Flow, Use, Uses, Wanted, agree
from bffgen.check.media import request_body, takes_bytes
from bffgen.check.mentions import mentioned_fields, mentioned_names, paths_in, paths_of_call
from bffgen.check.model import CheckedParam
from bffgen.check.operations import Backends, bind
from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.diagnostics.suggest import closest
from bffgen.expr.scope import Signature
from bffgen.openapi.docs import NOTHING, data_of
from bffgen.openapi.fits import fits
from bffgen.openapi.model import Operation
from bffgen.source.text import Span
from bffgen.spec import model as spec
from bffgen.typesystem.model import (
    BOOLEAN,
    BYTES,
    INTEGER,
    NO_BOUNDS,
    NO_DOCS,
    NUMBER,
    RAW_BODY,
    TEXT,
    Docs,
    Field,
    Kind,
    ListType,
    ObjectType,
    Scalar,
    Type,
    Unknown,
    is_nullable,
    non_null,
)
from bffgen.typesystem.names import class_name
from bffgen.typesystem.relations import BROKEN, an, annotation, is_broken


def collect_uses(
    endpoint: spec.Endpoint, operations: Mapping[spec.Call, Operation | None], own: Callable[[str], Signature | None]
) -> Uses:
    """Every place of the endpoint that says what a name must be."""
    uses = Uses(takes_bytes=takes_bytes(endpoint))
    flow = Flow(uses, own)
    _flow_calls(endpoint, operations, flow, uses)
    return uses


def _flow_calls(
    scope: spec.Endpoint | spec.Block, operations: Mapping[spec.Call, Operation | None], flow: Flow, uses: Uses
) -> None:
    for entry in scope.calls.values():
        if isinstance(entry, spec.Block):
            _flow_calls(entry, operations, flow, uses)
            continue
        for call in (entry, entry.undo):
            operation = operations.get(call) if call is not None else None
            if call is not None and operation is not None:
                _flow_call(call, operation, flow)
            elif call is not None:
                uses.unseen |= set(paths_of_call(call))
    for name, (value, _) in scope.let.items():
        for use in uses.of(name):
            flow.value(value, Wanted(use.type, use.required, use.docs, use.declared, use.where))


def _flow_call(call: spec.Call, operation: Operation, flow: Flow) -> None:
    uses = flow.uses
    silent = Diagnostics()  # arguments are bound again, aloud, when the call is checked
    bounds = bind(call, operation, silent)
    lost = [a.value for a in call.arguments if not any(bound.argument is a for bound in bounds)]
    flow.uses.unseen |= set(paths_in(lost))
    for bound in bounds:
        p = bound.parameter
        where = f"parameter `{p.name}` of `{call.backend}.{operation.key}`"
        flow.value(bound.argument.value, Wanted(p.type, p.required, p.docs, p.span, where))
    b = request_body(operation, uses.takes_bytes)
    if call.body is not None and b is not None:
        where = f"the body of `{call.backend}.{operation.key}`"
        flow.value(call.body, Wanted(b.type, b.required, b.docs, b.span, where))
    for value, _ in call.headers.values():
        flow.value(value, Wanted(TEXT, False, NO_DOCS, None, "a header"))


# ---------------------------------------------------------------------------------------------- parameters


def check_params(endpoint: spec.Endpoint, uses: Uses, backends: Backends) -> dict[str, CheckedParam]:
    """All parameters by name; the ones of the path first, in its order."""
    declared = endpoint.params
    names = [*endpoint.path_params, *(name for name in declared if name not in endpoint.path_params)]
    checked: dict[str, CheckedParam] = {}
    for name in names:
        param = declared.get(name)
        found = _param(name, param, name in endpoint.path_params, endpoint, uses, backends)
        checked[name] = found
    return checked


def _param(
    name: str,
    param: spec.Param | None,
    in_path: bool,
    endpoint: spec.Endpoint,
    uses: Uses,
    backends: Backends,
) -> CheckedParam:
    diags = backends.diags
    of = _param_type(name, param, endpoint, uses, backends)
    location = "path" if in_path else (param.location if param and param.location else "query")
    if in_path and param and param.location:
        diags.report("BFF211", f"`{name}` stands in the path", Label(param.node.span, f"not in {param.location}"))
    inner = non_null(of.type)
    if not is_broken(inner) and not _fits_location(inner, location):
        where = param.name_span if param else endpoint.span
        allowed = "a scalar" if location != "query" else "a scalar or a list of scalars"
        diags.report("BFF301", f"a {location} parameter is {allowed}", Label(where, f"`{name}` is {an(inner)}"))
    has_default = param is not None and param.default is not None
    default = param.default.data() if param and param.default else None
    if param and param.default and not is_broken(inner) and default is not None and not fits(default, _closed(inner)):
        diags.report(
            "BFF313",
            f"the default of `{name}` does not fit",
            Label(param.default.span, _needed(default, inner)),
            help=_near_member(default, inner),
        )
    docs = of.docs
    if param is not None:
        own = data_of(param.example) if param.example else NOTHING
        docs = Docs(
            param.description or docs.description,
            docs.example if own is NOTHING else own,
            own is not NOTHING or docs.has_example,
            param.deprecated,
        )
    required = location == "path" or (of.required and not has_default)
    wire = (param.wire_name if param else None) or name
    return CheckedParam(name, wire, location, inner, required, default, has_default and default is not None, docs)


def _needed(default: object, of: Type) -> str:
    """What a default has to be: the bounds alone where its type is right."""
    bounds = of.bounds if isinstance(of, Scalar) and fits(default, replace(of, bounds=NO_BOUNDS)) else NO_BOUNDS
    limits = [f"{words} {limit}" for words, name in _LIMITS if (limit := getattr(bounds, name)) is not None]
    return f"must be {' and '.join(limits)}" if limits else f"{an(of)} is needed"


_LIMITS = (
    ("at least", "minimum"),
    ("at most", "maximum"),
    ("more than", "exclusive_minimum"),
    ("less than", "exclusive_maximum"),
    ("a multiple of", "multiple_of"),
    ("of a length of at least", "min_length"),
    ("of a length of at most", "max_length"),
    ("like", "pattern"),
)


def _near_member(default: object, of: Type) -> str | None:
    known = of.values or (("true", "false") if of.kind is Kind.BOOLEAN else ()) if isinstance(of, Scalar) else ()
    near = closest(str(default), map(str, known))
    return f"did you mean `{near}`?" if near else None


def _closed(of: Type) -> Type:
    return replace(of, open=False) if isinstance(of, Scalar) else of


def _fits_location(of: Type, location: str) -> bool:
    if location == "query" and isinstance(of, ListType):
        of = non_null(of.item)
    return isinstance(of, Scalar) and of.kind is not Kind.BYTES


def _param_type(name: str, param: spec.Param | None, endpoint: spec.Endpoint, uses: Uses, backends: Backends) -> Agreed:
    found = uses.of(name)
    if param is not None and param.type is not None:
        said = backends.written_type(param.type, request=True)
        docs = next((use.docs for use in found), NO_DOCS)
        return Agreed(BROKEN if said is None else non_null(said), said is None or not is_nullable(said), docs)
    if (name,) in uses.unseen:
        return Agreed(BROKEN, True, NO_DOCS)
    if found:
        agreed = agree(name, found, backends.diags) or Agreed(BROKEN, True, NO_DOCS)
        return replace(agreed, type=_on_the_wire(agreed.type))
    kind = _default_kind(param)
    if kind is not None:
        return Agreed(kind, False, NO_DOCS)
    where = param.name_span if param is not None else endpoint.span
    mentioned = mentioned_names(endpoint)
    if param is None and closest(name, [other for other in endpoint.params if other not in mentioned]):
        return Agreed(BROKEN, True, NO_DOCS)  # one that is declared and not used was meant for it, see `unused`
    if name in mentioned:
        uses.doubts.report(
            "BFF309",
            f"what `{name}` is cannot be inferred",
            Label(where, "not used as an argument of a call"),
            help=f"add it under `params`: `{name}: {{type: str}}`",
        )
    return Agreed(BROKEN, True, NO_DOCS)


def _on_the_wire(of: Type) -> Type:
    """The type; a text where the document does not say what it is, as a URL and headers have nothing else."""
    if isinstance(of, ListType):
        return replace(of, item=_on_the_wire(of.item))
    return TEXT if isinstance(of, Unknown) and not is_broken(of) else of


def _default_kind(param: spec.Param | None) -> Type | None:
    if param is None or param.default is None or param.default.kind != "scalar":
        return None
    kinds: dict[type, Type] = {bool: BOOLEAN, int: INTEGER, float: NUMBER, str: TEXT}
    return kinds.get(type(param.default.value))


def unused(
    endpoint: spec.Endpoint, checked: Mapping[str, CheckedParam], seen: frozenset[str], diags: Diagnostics
) -> None:
    """Parameters that nothing uses, and a body (BFF404)."""
    if endpoint.body is not None and "body" not in seen:
        where = endpoint.body_span or endpoint.span
        diags.report(
            "BFF404",
            "the body is never used",
            Label(where, "not used by a call or the response"),
            help="leave it out, or send it on: `body: body` of a call",
        )
    for name in checked:
        if name in seen:
            continue
        param = endpoint.params.get(name)
        where = param.name_span if param else endpoint.span
        near = closest(name, [other for other in endpoint.path_params if other not in endpoint.params])
        help_ = f"did you mean `{near}`?" if near and param else None
        message = f"parameter `{name}` is never used"
        diags.report("BFF404", message, Label(where, "not used by a call or the response"), help=help_)


# ---------------------------------------------------------------------------------------------- body


def check_body(endpoint: spec.Endpoint, operation_id: str, uses: Uses, backends: Backends) -> tuple[Type | None, bool]:
    """The body's type, without null, and whether it must be there; None when the endpoint takes none."""
    if isinstance(endpoint.body, spec.TypeText):
        said = backends.written_type(endpoint.body, request=True)
        return (BROKEN, True) if said is None else (_raw(non_null(said)), not is_nullable(said))
    name = f"{class_name(operation_id)}Body"
    if endpoint.body is not None:
        return _declared_fields(name, endpoint, endpoint.body, backends), True
    whole, fields = uses.of("body"), uses.below("body")
    if ("body",) in uses.unseen:
        return BROKEN, True
    if whole:
        agreed = agree("body", whole, backends.diags)
        return (_raw(agreed.type), agreed.required) if agreed else (BROKEN, True)
    if fields:
        made = _inferred_fields(name, fields, backends.diags)
        lost = {path[1]: Field(path[1], BROKEN, True) for path in uses.unseen if path[0] == "body" and len(path) > 1}
        made = _with_fields(made, lost)
        return _with_unused(made, mentioned_fields("body", endpoint), uses.doubts), True
    if "body" in mentioned_names(endpoint):
        shown = ", ".join(f"{field}: str" for field in mentioned_fields("body", endpoint)) or "field: str"
        uses.doubts.report(
            "BFF309",
            "what `body` is cannot be inferred",
            Label(endpoint.span, "it is not used as an argument of a call"),
            help=f"say what it is: `body: {{{shown}}}`, or `body: backend.Schema`",
        )
        return BROKEN, True
    return None, False


def _raw(of: Type) -> Type:
    """The body's type: bytes that are all of it are the request as it arrives."""
    return RAW_BODY if of == BYTES else of


def _with_unused(of: ObjectType, mentioned: Mapping[str, Span], doubts: Diagnostics) -> ObjectType:
    """The inferred body with the fields that are read and passed to no call: their types are not known (BFF309)."""
    lost = {name: span for name, span in mentioned.items() if name not in of.fields and not closest(name, of.fields)}
    for name, span in lost.items():
        shown = ", ".join(f"{field}: {annotation(known.type)}" for field, known in of.fields.items())
        doubts.report(
            "BFF309",
            f"what `body.{name}` is cannot be inferred",
            Label(span, "it is not used as an argument of a call"),
            help=f"say what the body is: `body: {{{shown}, {name}: str}}`",
        )
    return _with_fields(of, {name: Field(name, BROKEN, True, NO_DOCS, span) for name, span in lost.items()})


def _with_fields(of: ObjectType, added: Mapping[str, Field]) -> ObjectType:
    fields = {**of.fields, **added}
    return replace(of, make_fields=lambda: fields) if added else of


def _declared_fields(
    model: str, endpoint: spec.Endpoint, written: Mapping[str, spec.TypeText], backends: Backends
) -> Type:
    fields: dict[str, Field] = {}
    for name, text in written.items():
        said = backends.written_type(text, request=True)
        of = BROKEN if said is None else said
        fields[name] = Field(name, of, said is None or not is_nullable(of), NO_DOCS, text.node.span)
    return ObjectType(model, None, lambda: fields, place=endpoint.body_span or endpoint.span, request=True)


def _inferred_fields(name: str, found: Mapping[tuple[str, ...], list[Use]], diags: Diagnostics) -> ObjectType:
    """An object of the fields that are used, nested as they are used."""
    fields: dict[str, Field] = {}
    for first in dict.fromkeys(path[0] for path in found):
        direct = found.get((first,))
        deeper = {path[1:]: uses for path, uses in found.items() if path[0] == first and len(path) > 1}
        if direct:
            agreed = agree(f"body.{first}", direct, diags) or Agreed(BROKEN, True, NO_DOCS)
            fields[first] = Field(first, agreed.type, agreed.required, agreed.docs, direct[0].span)
        else:
            fields[first] = Field(first, _inferred_fields(name + class_name(first), deeper, diags), True)
    return ObjectType(name, None, lambda: fields, request=True)
