"""A call per item where the backend's document offers one call for many (BFF413)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bffgen.check.model import CheckedArgument, CheckedBlock, CheckedCall, CheckedEach, CheckedEndpoint, CheckedEntry
from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.expr import tree
from bffgen.expr.tree import Role, Target
from bffgen.expr.walk import walk
from bffgen.openapi.document import Document
from bffgen.openapi.model import Operation, Parameter
from bffgen.records import dataclass
from bffgen.typesystem.model import ListType, MapType, ObjectType, Scalar, Type, non_null
from bffgen.typesystem.names import python_name


@dataclass(frozen=True, eq=False)
class _Repeated:
    """A call that is made for each item, the argument that tells the item, and the loop."""

    call: CheckedCall
    argument: CheckedArgument
    each: CheckedEach


@dataclass(frozen=True, eq=False)
class _Offer:
    """An operation that takes a list of keys; `items` is the field of its answer that has the list."""

    operation: Operation
    parameter: Parameter
    items: str | None


def check_repeats(endpoints: Iterable[CheckedEndpoint], documents: Mapping[str, Document], diags: Diagnostics) -> None:
    """Warn of calls per item that one call could stand for; called last, what it looks at is asked for by nobody."""
    for endpoint in endpoints:
        for repeated in _repeated(endpoint.calls, ()):
            document = documents.get(repeated.call.operation.backend)
            with diags.unheard():
                offer = _offer(repeated, document.operations() if document is not None else ())
            if offer is not None:
                _warn(repeated, offer, diags)


def _repeated(entries: tuple[CheckedEntry, ...], around: tuple[CheckedEach, ...]) -> Iterator[_Repeated]:
    for entry in entries:
        loops = (*around, entry.each) if entry.each is not None else around
        if isinstance(entry, CheckedBlock):
            yield from _repeated(entry.calls, loops)
        elif loops and entry.operation.method == "GET" and entry.batch is None:
            yield from _keyed(entry, loops)


def _keyed(call: CheckedCall, loops: tuple[CheckedEach, ...]) -> Iterator[_Repeated]:
    """The call with the one argument that differs from item to item."""
    found = []
    for argument in call.arguments:
        names = {node.name for node in walk(argument.value) if isinstance(node, tree.Ref) and node.role is Role.LOOP}
        own = [each for each in loops if names & set(_names(each.target))]
        if own:
            found.append(_Repeated(call, argument, own[-1]))
    if len(found) == 1 and isinstance(non_null(found[0].argument.parameter.type), Scalar):
        yield found[0]


def _names(target: Target) -> Iterator[str]:
    if target.name is not None:
        yield target.name
    for item in target.items:
        yield from _names(item)


def _offer(repeated: _Repeated, operations: Iterable[Operation]) -> _Offer | None:
    wanted = non_null(repeated.call.reply)
    if not isinstance(wanted, ObjectType):
        return None
    for operation in operations:
        if operation.method != "GET" or operation is repeated.call.operation:
            continue
        parameter = _of_keys(operation, repeated)
        if parameter is None:
            continue
        for response in operation.success():
            where = _place_of(wanted, response.type)
            if where is not None:
                return _Offer(operation, parameter, where or None)
    return None


def _of_keys(operation: Operation, repeated: _Repeated) -> Parameter | None:
    """The parameter that takes a list of such keys, where the operation needs no more than the call gives."""
    key = non_null(repeated.argument.parameter.type)
    given = {argument.parameter.name for argument in repeated.call.arguments}
    for parameter in operation.parameters:
        of = non_null(parameter.type)
        item = non_null(of.item) if isinstance(of, ListType) else None
        others = {other.name for other in operation.parameters if other.required and other is not parameter}
        alike = isinstance(item, Scalar) and isinstance(key, Scalar) and item.kind is key.kind
        if alike and others <= given and _same_name(parameter.name, repeated.argument.parameter.name):
            return parameter
    return None


def _same_name(many: str, one: str) -> bool:
    """`ids` or `product_ids` for `id`; `id_in` for `id`."""
    plural, single = python_name(many).strip("_"), python_name(one).strip("_")
    bare = plural.removesuffix("_in").removesuffix("[]").removesuffix("s")
    return bool(bare) and (bare.endswith(single) or single.endswith(bare))


def _place_of(wanted: ObjectType, of: Type | None) -> str | None:
    """Where an answer has a list of the objects: "" for the answer itself, else the field; None: nowhere."""
    inner = non_null(of) if of is not None else None
    if _holds(wanted, inner):
        return ""
    if isinstance(inner, ObjectType):
        return next((name for name, field in inner.fields.items() if _holds(wanted, non_null(field.type))), None)
    return None


def _holds(wanted: ObjectType, of: Type | None) -> bool:
    item = of.item if isinstance(of, ListType) else of.value if isinstance(of, MapType) else None
    return item is not None and non_null(item) == wanted


def _warn(repeated: _Repeated, offer: _Offer, diags: Diagnostics) -> None:
    call, backend = repeated.call, offer.operation.backend
    name = offer.operation.key
    target = f"{backend}.{name}" if name.isidentifier() else f'{backend}["{name}"]'
    diags.report(
        "BFF413",
        f"call `{call.name}` asks `{backend}.{call.operation.key}` once for each item",
        Label(call.span, "as many requests as there are items"),
        Label(offer.operation.span, "takes many at a time"),
        help="\n".join(_written(repeated, offer, target)),
    )


def _written(repeated: _Repeated, offer: _Offer, target: str) -> Iterator[str]:
    """The call as one for all items."""
    each, wanted = repeated.each, non_null(repeated.call.reply)
    yield "ask for all of them at once:"
    yield f"{repeated.call.name}:"
    yield f"  call: {target}({python_name(offer.parameter.name)}=batch)"
    key = " ".join(repeated.argument.value.span.text.split())
    variables = ", ".join(_names(each.target))
    yield f"  batch: {key} for {variables} in {' '.join(each.source.span.text.split())}"
    if offer.items is not None:
        yield f"  items: answer.{python_name(offer.items)}"
    of_key = python_name(repeated.argument.parameter.name).rstrip("_")
    fields = [python_name(field) for field in wanted.fields] if isinstance(wanted, ObjectType) else []
    if of_key in fields or "id" in fields:
        yield f"  key: item.{of_key if of_key in fields else 'id'}"
