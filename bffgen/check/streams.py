"""`stream:`: the items of a backend's stream, mapped one by one."""

from __future__ import annotations

import ast

from bffgen.check import values
from bffgen.check.media import item_of
from bffgen.check.model import CheckedCall, CheckedEntry
from bffgen.check.passed import CheckedStream
from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.expr import tree
from bffgen.expr.parse import parse_loop
from bffgen.spec import model as spec
from bffgen.typesystem.model import StreamType
from bffgen.typesystem.relations import is_broken


def streamed_call(endpoint: spec.Endpoint) -> str | None:
    """The call of `stream:` with `$for: x in call`; None where there is none."""
    response = endpoint.response
    if endpoint.stream is None or not isinstance(response, spec.ObjectValue) or response.loop is None:
        return None
    clause = parse_loop(values.source_text(response.loop), Diagnostics())
    source = clause[0].iter if clause is not None else None
    return source.id if isinstance(source, ast.Name) and source.id in endpoint.calls else None


def check_stream(
    endpoint: spec.Endpoint, response: tree.Expr | None, calls: tuple[CheckedEntry, ...], diags: Diagnostics
) -> CheckedStream | None:
    """What the endpoint re-emits; None where it answers at once, or after a message (BFF317)."""
    if endpoint.stream is None or endpoint.stream_span is None:
        return None
    name = streamed_call(endpoint)
    if name is None:
        where = endpoint.response.node.span if endpoint.response is not None else endpoint.stream_span
        if isinstance(endpoint.response, spec.ObjectValue) and endpoint.response.loop is not None:
            where = endpoint.response.loop.span
        help_ = "begin `response:` with `$for: x in call`"
        diags.report("BFF317", "a stream is made of the items of one call", Label(where, "no call"), help=help_)
        return None
    call = next((call for call in calls if call.name == name), None)
    if not isinstance(call, CheckedCall) or response is None or is_broken(response.type):
        return None
    written = endpoint.calls[name]
    if item_of(call.operation) is None:
        declared = [Label(answer.span, "declared here") for answer in call.operation.success()][:1]
        message = f"`{call.operation.key}` answers no JSON lines and no events"
        diags.report("BFF317", message, Label(call.span, "nothing to read one by one"), *declared)
        return None
    if not isinstance(call.type, StreamType):
        message = f"`{name}` is what the answer is made of, and may not be there"
        label = Label(written.name_span, "null, another value, or several")
        diags.report("BFF317", message, label, help="leave out `when`, `for` and values in `on_error` here")
        return None
    _plain(endpoint, call, diags)
    return CheckedStream(endpoint.stream, name)


def _plain(endpoint: spec.Endpoint, call: CheckedCall, diags: Diagnostics) -> None:
    """What has been sent when the first item comes cannot be taken back."""
    if endpoint.status is not None:
        diags.report("BFF110", "a stream is answered with 200", endpoint.status.node.span, help="leave `status` out")
    if call.guards:
        label = Label(call.span, "has answered nothing yet when it is looked at")
        diags.report("BFF317", f"`{call.name}` cannot have guards: its items come one by one", label)
