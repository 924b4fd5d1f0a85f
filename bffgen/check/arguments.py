"""What a call sends: arguments for parameters, a value for the body."""

from __future__ import annotations

import re
from dataclasses import field

from bffgen.check import values
from bffgen.check.fit import fit
from bffgen.check.media import request_body, takes_bytes
from bffgen.check.model import CheckedArgument
from bffgen.check.names import Names
from bffgen.check.operations import Bound, sets_fields_as_arguments, target
from bffgen.diagnostics.model import Label
from bffgen.expr import tree
from bffgen.expr.assume import is_doubted
from bffgen.expr.nulls import why_null
from bffgen.expr.scope import Context
from bffgen.openapi.model import Operation, RequestBody
from bffgen.records import dataclass
from bffgen.spec import model as spec
from bffgen.typesystem.model import Null, Type, is_nullable, non_null, nullable
from bffgen.typesystem.names import python_name
from bffgen.typesystem.relations import BROKEN, assign, describe


@dataclass
class Made:
    """What the arguments of a call came to."""

    arguments: list[CheckedArgument] = field(default_factory=list)
    nulls: list[tree.Expr] = field(default_factory=list)
    may_be_skipped: bool = False  # it is not made where a required argument is null, whatever the call's type


def check_argument(bound: Bound, call: spec.Call, made: Made, ctx: Context, names: Names) -> None:
    parameter = bound.parameter
    what = f"parameter `{parameter.name}` of `{call.backend}.{parameter_owner(call)}`"
    why = Label(parameter.span, f"{describe(non_null(parameter.type))} expected")
    written = bound.argument.value
    shown = written.text if isinstance(written, spec.Expr) else ""
    found = values.value(written, ctx, None if not isinstance(written, spec.ObjectValue) else parameter.type)
    if parameter.required and _null_alone(found.type, parameter.type):
        found = _required_null(found, call, parameter.name, shown, why, made, ctx, names)
    wanted = parameter.type if parameter.required else nullable(parameter.type)
    span = found.span if isinstance(written, spec.Expr) else bound.argument.name_span
    value = fit(found, wanted, span, ctx, shown, what, why)
    if isinstance(value.type, Null) and parameter.required:
        return
    made.arguments.append(CheckedArgument(parameter, value, is_nullable(value.type)))


def parameter_owner(call: spec.Call) -> str:
    return call.operation if call.operation.isidentifier() else python_name(call.operation)


def _required_null(
    found: tree.Expr,
    call: spec.Call,
    name: str,
    shown: str,
    why: Label,
    made: Made,
    ctx: Context,
    names: Names,
) -> tree.Expr:
    """A required argument that may be null: a call that is nullable anyway is then not made, another is an error."""
    if (made.may_be_skipped or names.may_be_skipped(call.name)) and not isinstance(found.type, Null):
        made.nulls.append(found)
        return tree.Narrowed(found, False, non_null(found.type), found.span)
    if is_doubted(found, ctx):
        return tree.Literal(None, BROKEN, found.span)
    names.diags.report(
        "BFF402",
        f"call `{call.name}` needs `{name}`, which may be null",
        Label(found.span, describe(found.type)),
        why,
        *why_null(found, ctx),
        help=_only_when(call, shown) if shown and not isinstance(found.type, Null) else None,
    )
    return tree.Literal(None, BROKEN, found.span)


def _null_alone(given: Type, wanted: Type) -> bool:
    """Whether a value would fit if it were not null."""
    return is_nullable(given) and not is_nullable(wanted) and assign(non_null(given), wanted) is None


_PATH = re.compile(r"[\w.\[\]]+\Z")


def _only_when(call: spec.Call, shown: str) -> str:
    """The call with a condition, which makes it null where it cannot be made."""
    when = f"when: {shown if _PATH.match(shown) else f'({shown})'} is not None"
    if call.node.kind == "mapping":
        return f"add `{when}`: the call is null otherwise"
    return f"make the call null where it cannot be made:\n{call.name}:\n  call: {call.node.text}\n  {when}"


def sent_as(operation: Operation, names: Names) -> RequestBody | None:
    """The body of the operation that is sent, of those that it takes."""
    return request_body(operation, takes_bytes(names.root))


def check_body_of(call: spec.Call, operation: Operation, made: Made, ctx: Context, names: Names) -> tree.Expr | None:
    declared = sent_as(operation, names)
    if declared is None:
        if call.body is not None:
            label = Label(call.body.node.span, "not taken")
            names.diags.report("BFF209", f"`{call.backend}.{operation.key}` takes no body", label)
            values.value(call.body, ctx)
        return None
    why = Label(declared.span, f"{describe(non_null(declared.type))} expected")
    if call.body is None:
        if declared.required and not sets_fields_as_arguments(call, operation):
            head = f"{call.name}: {{call: {target(call.backend, call.operation)}, body: body}}"
            help_ = f"write `{head}`" if call.node.kind == "scalar" and not call.arguments else "add `body: body`"
            label = Label(call.operation_span, "needs a body")
            names.diags.report("BFF209", f"call `{call.name}` sends no body", label, why, help=help_)
        return None
    shown = call.body.text if isinstance(call.body, spec.Expr) else ""
    what = f"the body of `{call.backend}.{operation.key}`"
    if not isinstance(call.body, spec.Expr):
        return values.value(call.body, ctx, declared.type, values.Place(what, why))
    found = values.value(call.body, ctx)
    if declared.required and _null_alone(found.type, declared.type):
        found = _required_null(found, call, "body", shown, why, made, ctx, names)
    wanted = declared.type if declared.required else nullable(declared.type)
    return fit(found, wanted, found.span, ctx, shown, what, why)
