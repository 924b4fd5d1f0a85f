"""The policies of one call: its own, those of its endpoint, those of its backend; and whether they fit it (BFF150)."""

from __future__ import annotations

from bffgen.check.media import is_download
from bffgen.check.names import Names
from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.openapi.model import Operation
from bffgen.source.text import Span
from bffgen.spec import model as spec
from bffgen.spec.policies import CallPolicies, Hedge, OwnPolicies, Retry
from bffgen.typesystem.model import StreamType

DEFAULT_TIMEOUT = 2.0  # seconds
_KEY = "idempotency-key"
_IDEMPOTENT = frozenset({"PUT", "DELETE"})


def policy_of(call: spec.Call, operation: Operation, names: Names) -> CallPolicies | None:
    """What holds for a call in the place of its backend's policies; None: these."""
    backend = names.backends.whole.backends[call.backend]
    write = names.backends.is_write(operation, call)
    own, around = call.policies or OwnPolicies(), names.root.policies or OwnPolicies()
    reply = names.reply(call.name)
    if is_download(reply) or isinstance(reply, StreamType):
        _passed_on(own, names.diags)
        return None
    if write:
        around = OwnPolicies()
    retry_span, hedge_span = own.retry_span or around.retry_span, own.hedge_span or around.hedge_span
    if retry_span is None and hedge_span is None:
        return None
    retry = (own if own.retry_span else around).retry if retry_span else backend.policies.retry
    hedge = (own if own.hedge_span else around).hedge if hedge_span else backend.policies.hedge
    repeatable = write and own.retry is not None
    if write:
        repeatable = _may_repeat(call, own, operation, names.diags)
    else:
        seconds = call.timeout or backend.timeout or DEFAULT_TIMEOUT
        _in_time(retry if retry_span else None, retry_span, hedge if hedge_span else None, hedge_span, seconds, names)
    return CallPolicies(retry, hedge, repeatable)


def check_backend_policies(backend: spec.Backend, diags: Diagnostics) -> None:
    """Pauses of a backend that are longer than its calls."""
    policies, seconds = backend.policies, backend.timeout or DEFAULT_TIMEOUT
    place = Label(backend.name_span, f"its calls take {seconds:g} s at most")
    if policies.retry is not None and policies.retry.backoff >= seconds:
        _too_long(
            diags, "nothing is tried again", place, f"lower `backoff` of `{backend.name}`, or raise its `timeout`"
        )
    if policies.hedge is not None and (policies.hedge.after or 0) >= seconds:
        _too_long(diags, "nothing is asked twice", place, f"lower `hedge` of `{backend.name}`, or raise its `timeout`")


def _passed_on(own: OwnPolicies, diags: Diagnostics) -> None:
    for span in (own.retry_span, own.hedge_span):
        if span is not None:
            diags.report(
                "BFF150",
                "a call whose answer is handed on as it arrives has the policies of its backend",
                Label(span, "has no effect here"),
                help="leave it out, or write it at the backend",
            )


def _may_repeat(call: spec.Call, own: OwnPolicies, operation: Operation, diags: Diagnostics) -> bool:
    """Whether a write may be sent again, as its call wants it."""
    if own.hedge is not None and own.hedge_span is not None:
        diags.report(
            "BFF150",
            f"`{call.backend}.{call.operation}` writes: it cannot be asked twice at one time",
            Label(own.hedge_span, "would write twice"),
            help="leave out `hedge`",
        )
    if own.retry is None or own.retry_span is None:
        return False
    sent = {name.lower() for name in call.headers}
    sent |= {parameter.name.lower() for parameter in operation.parameters if parameter.location == "header"}
    if operation.method in _IDEMPOTENT or _KEY in sent:
        return True
    diags.report(
        "BFF150",
        f"`{call.backend}.{call.operation}` may not be sent twice",
        Label(own.retry_span, f"a {operation.method} that is sent again may be done again"),
        note="a write that was not sent at all is tried again by the `retry` of its backend",
        help="if the backend knows the header, write `headers: {Idempotency-Key: str(uuid4())}`",
    )
    return False


def _in_time(
    retry: Retry | None,
    retry_span: Span | None,
    hedge: Hedge | None,
    hedge_span: Span | None,
    seconds: float,
    names: Names,
) -> None:
    if retry is not None and retry_span is not None and retry.backoff >= seconds:
        place = Label(retry_span, f"the call takes {seconds:g} s at most, all attempts together")
        _too_long(names.diags, "nothing is tried again", place, "lower `backoff`, or raise the `timeout` of the call")
    if hedge is not None and hedge_span is not None and (hedge.after or 0) >= seconds:
        place = Label(hedge_span, f"the call takes {seconds:g} s at most")
        _too_long(names.diags, "nothing is asked twice", place, "lower it, or raise the `timeout` of the call")


def _too_long(diags: Diagnostics, what: str, place: Label, help: str) -> None:
    diags.report("BFF150", f"{what}: the pause is longer than the call", place, help=help)
