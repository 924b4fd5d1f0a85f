"""Examples of an endpoint: their names and data against the parameters, the backends' schemas and the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bffgen.check.example import CheckedExample, ExampleReply
from bffgen.check.model import CheckedCall, CheckedEndpoint, CheckedParam, leaves_by_path
from bffgen.check.plain import misfits
from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.diagnostics.suggest import closest
from bffgen.openapi.model import Operation
from bffgen.source.nodes import Node
from bffgen.source.text import Span
from bffgen.spec import example
from bffgen.spec import model as spec
from bffgen.spec.reader import is_null, shown
from bffgen.typesystem.model import Null, Type
from bffgen.typesystem.relations import is_broken

_CODE = "BFF316"
_INVALID = 422


def check_examples(
    written: spec.Endpoint, endpoint: CheckedEndpoint, answer: Type | None, diags: Diagnostics
) -> tuple[CheckedExample, ...]:
    """The examples of an endpoint that answers `answer` when all is well."""
    examples = (
        _Example(example, written, endpoint, answer, diags).checked(number)
        for number, example in enumerate(written.examples, 1)
    )
    return tuple(examples)


class _Example:
    def __init__(
        self,
        written: example.Example,
        whole: spec.Endpoint,
        endpoint: CheckedEndpoint,
        answer: Type | None,
        diags: Diagnostics,
    ) -> None:
        self.written = written
        self.whole = whole
        self.endpoint = endpoint
        self.answer = answer
        self.diags = diags
        self.invalid = written.status == _INVALID  # then the request may be anything

    def checked(self, number: int) -> CheckedExample:
        written = self.written
        return CheckedExample(
            name=written.name or f"example {number}",
            params=self._params(),
            body=self._body(),
            has_body=written.body is not None,
            headers=written.headers,
            replies=self._replies(),
            status=written.status,
            expected=self._expected(),
            has_expected=written.expected is not None,
            exact=written.exact,
        )

    # ----------------------------------------------------------------------------------------- the request

    def _params(self) -> Mapping[str, Any]:
        known = {param.name: param for param in self.endpoint.params}
        found: dict[str, Any] = {}
        for name, (node, span) in self.written.params.items():
            if name not in known:
                self._unknown("parameter", name, span, list(known))
            elif not is_null(node):
                self._fit(node, known[name].type, f"parameter `{name}`", request=True)
                found[name] = node.data()
        for param in known.values():
            if param.name not in found:
                self._missing(param)
        return found

    def _missing(self, param: CheckedParam) -> None:
        if param.required and (param.location == "path" or not self.invalid):
            message = f"the example has no value for `{param.name}`"
            help_ = f"add it under `params`: `{param.name}: ...`"
            self.diags.report(_CODE, message, Label(self.written.span, "needed by the request"), help=help_)

    def _body(self) -> Any:
        body, of = self.written.body, self.endpoint.body
        if body is None:
            if of is not None and self.endpoint.body_required and not is_broken(of) and not self.invalid:
                message = "the example has no `body`, which the endpoint needs"
                self.diags.report(_CODE, message, Label(self.written.span))
            return None
        if of is None:
            self.diags.report(_CODE, "this endpoint takes no body", body.span)
        else:
            self._fit(body, of, "the body", request=True)
        return body.data()

    # ----------------------------------------------------------------------------------------- the backends

    def _replies(self) -> Mapping[str, tuple[ExampleReply, ...]]:
        found: dict[str, tuple[ExampleReply, ...]] = {}
        for name, (replies, span) in self.written.replies.items():
            path, call = self._call(name, span)
            if call is not None:
                found[path] = tuple(self._reply(reply, call) for reply in replies)
        return found

    def _call(self, name: str, span: Span) -> tuple[str, CheckedCall | None]:
        """The call that a name or a path means."""
        calls = dict(leaves_by_path(self.endpoint.calls))
        meant = [path for path in calls if path == name] or [path for path in calls if path.endswith(f".{name}")]
        if len(meant) == 1:
            return meant[0], calls[meant[0]]
        if len(meant) > 1:
            paths = ", ".join(f"`{path}`" for path in meant)
            message = f"more than one call has the name `{shown(name)}`"
            self.diags.report(_CODE, message, Label(span, "which of them?"), help=f"write one of {paths}")
        elif name not in _entry_names(self.whole):  # one that is there and was not understood has its message
            self._unknown("call", name, span, [*calls, *(path.rpartition(".")[2] for path in calls)])
        return name, None

    def _reply(self, reply: example.ExampleReply, call: CheckedCall) -> ExampleReply:
        if reply.body is not None:
            of = _reply_type(call, reply.status)
            if isinstance(of, Null):
                message = f"`{call.operation.key}` answers this without content"
                self.diags.report(_CODE, message, reply.body.span)
            elif of is not None:
                self._fit(reply.body, of, f"the answer to `{call.name}`")
        data = reply.body.data() if reply.body is not None else None
        return ExampleReply(reply.status, data, reply.body is not None, reply.headers, reply.fault)

    # ------------------------------------------------------------------------------------------- the answer

    def _expected(self) -> Any:
        expected, endpoint = self.written.expected, self.endpoint
        if expected is None:
            return None
        usual = (*endpoint.statuses, endpoint.degraded_status)
        if self.answer is not None and (self.written.status is None or self.written.status in usual):
            self._fit(expected, self.answer, "the answer")
        elif self.answer is None and (self.written.status is None or self.written.status in usual):
            self.diags.report(_CODE, "this endpoint answers without content", expected.span)
        return expected.data()

    def _fit(self, node: Node, of: Type, what: str, request: bool = False) -> None:
        if request and self.invalid:
            return
        for found in misfits(node, of, what):
            found.report(_CODE, self.diags)

    def _unknown(self, what: str, name: str, span: Span, known: list[str]) -> None:
        near = closest(name, known)
        help_ = f"did you mean `{near}`?" if near else None
        message = f"the endpoint has no {what} `{shown(name)}`"
        self.diags.report(_CODE, message, Label(span, f"no such {what}"), help=help_)


def _entry_names(scope: spec.Endpoint | spec.Block) -> set[str]:
    inner = [_entry_names(entry) for entry in scope.calls.values() if isinstance(entry, spec.Block)]
    return set(scope.calls).union(*inner)


def _reply_type(call: CheckedCall, status: int | None) -> Type | None:
    """What the document has for a status; None where it has nothing."""
    if status is None:
        return call.reply
    return _documented(call.operation, status)


def _documented(operation: Operation, status: int) -> Type | None:
    if status >= 300:
        failure = operation.failure(status)
        return failure.type if failure is not None else None
    success = [response for response in operation.success() if response.status in (status, "2XX", "default")]
    return success[0].type if success else None
