"""The client of a backend as a class: one method for each operation in use."""

from __future__ import annotations

import ast
import re
from urllib.parse import quote as percent

from bffgen.check.media import is_download, is_text_answer, says_no_content
from bffgen.check.model import CheckedArgument, CheckedCall
from bffgen.expr.emit import condition
from bffgen.expr.tree import Expr, Not, Role
from bffgen.openapi.model import Operation, Parameter
from bffgen.plan.auth import AuthPlanner
from bffgen.plan.bodies import SentBody
from bffgen.plan.constraints import bounded, is_bounded
from bffgen.plan.emitted_names import Module, ModuleNames
from bffgen.plan.model import ArgumentPlan, BackendPlan, MethodPlan
from bffgen.plan.openings import Opening
from bffgen.plan.operations import LOCALS, PAGE, UsedBackend, UsedOperation
from bffgen.plan.quote import called, code, constant, name, quote
from bffgen.plan.schemas import Models
from bffgen.plan.traits import adds_key, key_parameter
from bffgen.source.text import Span
from bffgen.typesystem.model import BOOLEAN, Null, Scalar, StreamType, is_nullable

_DEFAULT_STYLES = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}
_SENT_AS_IS = "/:@!$&'()*+,;=-._~%"


class ClientNames(ModuleNames):
    """Names in a client's method, where the only value that an expression reads is `answer`."""

    def ref(self, role: Role, name: str) -> str:
        return "answer"

    def reply(self, call: str) -> str:
        raise AssertionError("a backend's `success` reads its answer alone")

    def call_may_be_null(self, call: str) -> bool:
        raise AssertionError("a backend's `success` reads its answer alone")

    def instant(self, kind: str, span: Span) -> str:
        raise AssertionError("a backend's `success` reads its answer alone")


def plan_client(used: UsedBackend, models: Models, package: str, auth: AuthPlanner) -> BackendPlan:
    """The backend with the methods of its client, by name."""
    module = Module(models, package, (used.class_name,))
    for operation in used.operations:
        module.scope.reserve(operation.method, *LOCALS)
        module.scope.reserve(*(name_ for _, name_ in operation.arguments))
    client = module.runtime("client", "BackendClient")
    backend = used.backend
    clients = auth.backend(backend, used.attribute, used.other_auths)
    methods = [
        _Method(used, operation, module, clients.names[operation.calls[0].auth]).plan() for operation in used.operations
    ]
    return BackendPlan(
        backend.name,
        used.attribute,
        used.class_name,
        used.module,
        client,
        backend.url,
        used.timeout,
        module.imports.sorted(),
        module.constants(),
        tuple(sorted(methods, key=lambda method: method.name)),
        backend.policies,
        clients,
        backend.tls,
        tuple((name, call.policy) for call, name in used.call_policies.items() if call.policy is not None),
    )


class _Method:
    def __init__(self, used: UsedBackend, operation: UsedOperation, module: Module, client: str) -> None:
        self.client = f"self.{client}"
        self.backend = used
        self.used = operation
        self.operation: Operation = operation.operation
        self.module = module
        self.label = constant(operation.label)
        self.body = SentBody(operation, module)

    def plan(self) -> MethodPlan:
        about = f"{self.operation.method} {self.operation.path}"
        if self.operation.summary:
            about += f"\n\n{self.operation.summary}"
        body = [*self._sending(), *self._answering()]
        return MethodPlan(self.used.method, about, self._arguments(), self._result(), body)

    # ---------------------------------------------------------------------------------------------- signature

    def _arguments(self) -> tuple[ArgumentPlan, ...]:
        made = [self._argument(parameter, name_) for parameter, name_ in self.used.arguments]
        if self.body.request is not None:
            annotation = self.body.annotation()
            plain = ArgumentPlan("body", annotation)
            made.append(plain if self.body.always else _optional("body", code("some | None", some=annotation)))
        if self._adds_headers:
            mapping = self.module.imported("collections.abc", "Mapping")
            made.append(_optional("extra_headers", code("Mapping[str, object] | None", Mapping=mapping)))
        if self.backend.sets_timeout(self.used):
            made.append(_optional("within", code("float | None")))
        if self._has_policies:
            made.append(_optional("policy", code("str | None")))
        if self.used.linked:
            sequence, pair = self.module.imported("collections.abc", "Sequence"), self.module.runtime("encode", "Pair")
            made.append(_optional(PAGE, code("Sequence[Pair] | None", Sequence=sequence, Pair=pair)))
        return tuple(sorted(made, key=lambda argument: argument.default is not None))

    def _argument(self, parameter: Parameter, name_: str) -> ArgumentPlan:
        annotation = self.module.taken(parameter.type)
        if self._always_set(parameter):
            return ArgumentPlan(name_, annotation)
        if not is_nullable(parameter.type):
            annotation = code("some | None", some=annotation)
        return _optional(name_, annotation)

    def _always_set(self, parameter: Parameter) -> bool:
        return parameter.required or all(_sets(call, parameter) for call in self.used.calls)

    @property
    def _adds_headers(self) -> bool:
        return any(call.headers or adds_key(call) for call in self.used.calls)

    def _result(self) -> ast.expr:
        made = self.module.annotation(self.used.reply)
        if not (self.used.wants_reply or self.used.linked):
            return made
        return code("Reply[made]", Reply=self.module.runtime("replies", "Reply"), made=made)

    # ------------------------------------------------------------------------------------------------ sending

    def _sending(self) -> list[ast.stmt]:
        before, body = self.body.sent()
        target = (self.label, constant(self.operation.method), self._url())
        if self._opens:
            opening = Opening(self.used, self.module)
            download = self.module.runtime("downloads", "download")
            options = self._options() | opening.options() | body
            opened = called(download, code(self.client), *target, **options)
            return [*before, *opening.answer(opened)]
        sent = called(f"{self.client}.send", *target, **self._options(), **body, read=self._read())
        if self._decodes or self.used.wants_reply or self.used.linked or self._success is not None:
            return [*before, *quote("raw = await sent", sent=sent)]
        return [*before, *quote("await sent", sent=sent)]

    def _options(self) -> dict[str, ast.expr | None]:
        return {
            "success": _statuses(self.operation),
            "query": self._query(),
            "headers": self._headers(),
            "cookies": self._pairs("cookie"),
            "within": name("within") if self.backend.sets_timeout(self.used) else None,
            "policy": name("policy") if self._has_policies else None,
        }

    @property
    def _has_policies(self) -> bool:
        """Whether a call of the operation has policies of its own."""
        return any(call.policy is not None for call in self.used.calls)

    @property
    def _opens(self) -> bool:
        """Whether the answer is passed on as it arrives, or read item by item."""
        return is_download(self.used.reply) or isinstance(self.used.reply, StreamType)

    def _read(self) -> ast.expr | None:
        """Said only where the method does not tell."""
        writes, told = self.used.calls[0].write, self.operation.method not in ("GET", "HEAD")
        return constant(not writes) if writes != told else None

    def _url(self) -> ast.expr:
        parts = re.split(r"\{([^{}]*)\}", self.operation.path)
        values: list[ast.expr] = []
        for index, part in enumerate(parts):
            if index % 2:
                values.append(ast.FormattedValue(self._segment(part), -1))
            elif part:
                values.append(ast.Constant(percent(part, safe=_SENT_AS_IS)))
        if not any(isinstance(value, ast.FormattedValue) for value in values):
            return constant(percent(self.operation.path, safe=_SENT_AS_IS) or "/")
        return ast.JoinedStr(values)

    def _segment(self, wire_name: str) -> ast.expr:
        parameter = next(p for p, _ in self.used.arguments if p.location == "path" and p.name == wire_name)
        value = self._value(parameter)
        segment = self.module.runtime("encode", "segment")
        plain = parameter.style == "simple" and not parameter.explode
        return called(segment, value) if plain else called(segment, value, constant(wire_name), **_style(parameter))

    def _query(self) -> ast.expr | None:
        """The pairs of the query; those of a link as they came."""
        pairs = self._pairs("query")
        if not self.used.linked:
            return pairs
        return code("pairs if page is None else page", page=PAGE, pairs=pairs or ast.List([], ast.Load()))

    def _pairs(self, location: str) -> ast.expr | None:
        """`[*query("limit", limit), ...]`; None where there are none."""
        encode = {"query": "query", "cookie": "cookie"}[location]
        items: list[ast.expr] = []
        if location == "query":
            fixed = [(percent(key, safe=""), percent(value, safe="")) for key, value in self.operation.query]
            items += [ast.Tuple([constant(key), constant(value)], ast.Load()) for key, value in fixed]
        for parameter, _ in self.used.arguments:
            if parameter.location == location:
                encoder = self.module.runtime("encode", encode)
                pairs = called(encoder, constant(parameter.name), self._value(parameter), **_style(parameter))
                items.append(ast.Starred(pairs, ast.Load()))
        if len(items) == 1 and isinstance(items[0], ast.Starred):
            return items[0].value
        return ast.List(items, ast.Load()) if items else None

    def _headers(self) -> ast.expr | None:
        keys: list[ast.expr | None] = []
        values: list[ast.expr] = []
        for parameter, _ in self.used.arguments:
            if parameter.location == "header":
                keys.append(constant(parameter.name))
                values.append(self._header(parameter))
        if self._adds_headers:
            keys.append(None)
            values.append(code("extra_headers or {}"))
        if not keys:
            return None
        return called(self.module.runtime("arguments", "present"), ast.Dict(keys, values))

    def _header(self, parameter: Parameter) -> ast.expr:
        value = self._value(parameter)
        if not parameter.explode or isinstance(parameter.type, Scalar):
            return value
        header = called(self.module.runtime("encode", "header"), value, explode=constant(True))
        return header if self._always_set(parameter) else self._unless_none(parameter, header)

    def _value(self, parameter: Parameter) -> ast.expr:
        """The argument, within its bounds; as one JSON text where the document wants that."""
        value: ast.expr = name(self.used.argument(parameter))
        if is_bounded(parameter.type):
            adapter = self.module.adapter_of(bounded(parameter.type, self.module), self.used.argument(parameter))
            value = called(self.module.runtime("arguments", "checked"), name(adapter), value)
        if not parameter.json:
            return value
        adapter = self.module.adapter(parameter.type)
        made = called(self.module.runtime("encode", "json_text"), name(adapter), value)
        return made if self._always_set(parameter) else self._unless_none(parameter, made)

    def _unless_none(self, parameter: Parameter, value: ast.expr) -> ast.expr:
        return code("None if argument is None else value", argument=self.used.argument(parameter), value=value)

    # ---------------------------------------------------------------------------------------------- answering

    @property
    def _decodes(self) -> bool:
        return not isinstance(self.used.reply, Null)

    @property
    def _success(self) -> Expr | None:
        return self.used.calls[0].success

    def _answering(self) -> list[ast.stmt]:
        value: ast.expr = constant(None)
        if self._opens:
            return []
        if self._decodes and is_text_answer(self.operation):
            value = Opening(self.used, self.module).text()
        elif self._decodes:
            adapter = name(self.module.adapter(self.used.reply))
            value = called(self.module.runtime("replies", "decode"), self.label, name("raw"), adapter)
            value.args += _empty(self.operation)
        made: list[ast.stmt] = []
        if self._success is not None and self._decodes:
            made += quote("answer = value", value=value) + self._refusing(self._success)
            value = name("answer")
        if self.used.linked:
            reply = self.module.runtime("replies", "Reply")
            return made + quote("return Reply(value, raw.status, raw.headers, raw.url)", Reply=reply, value=value)
        if self.used.wants_reply:
            reply = self.module.runtime("replies", "Reply")
            return made + quote("return Reply(value, raw.status, raw.headers)", Reply=reply, value=value)
        return made + quote("return value", value=value) if self._decodes else made

    def _refusing(self, success: Expr) -> list[ast.stmt]:
        """An answer that the backend itself calls a failure."""
        failed = condition(Not(success, BOOLEAN, success.span), ClientNames(self.module))
        failure = called(
            self.module.runtime("failures", "BackendFailure"),
            self.label,
            constant("refused"),
            status=code("raw.status"),
        )
        return quote("if failed:\n    raise failure", failed=failed, failure=failure)


def _optional(name_: str, annotation: ast.expr) -> ArgumentPlan:
    return ArgumentPlan(name_, annotation, constant(None))


def _is(argument: CheckedArgument, parameter: Parameter) -> bool:
    return (argument.parameter.location, argument.parameter.name) == (parameter.location, parameter.name)


def _sets(call: CheckedCall, parameter: Parameter) -> bool:
    """Whether a call sets the parameter for sure, each time."""
    pages = call.pages.parameter if call.pages is not None and call.pages.by != "cursor" else None
    made = [one for one in (pages, key_parameter(call)) if one is not None]
    if any((one.location, one.name) == (parameter.location, parameter.name) for one in made):
        return True
    return any(_is(argument, parameter) and not argument.omit_null for argument in call.arguments)


def _style(parameter: Parameter) -> dict[str, ast.expr | None]:
    """Options of the encoder where they are not what it does anyway."""
    form = parameter.location in ("query", "cookie")
    scalar = isinstance(parameter.type, Scalar)
    styled = parameter.style != _DEFAULT_STYLES[parameter.location]
    return {
        "style": constant(parameter.style) if styled and parameter.location != "cookie" else None,
        "explode": constant(parameter.explode) if parameter.explode != form and not (scalar and form) else None,
        "allow_reserved": constant(True) if parameter.allow_reserved and parameter.location == "query" else None,
    }


def _empty(operation: Operation) -> list[ast.expr]:
    """The statuses of success that the document has without content, the ones apart that never have any."""
    if says_no_content(operation):  # the spec knows better
        return []
    empty = {response.status for response in operation.success() if response.type is None} - {204, 205}
    found = sorted(status for status in empty if isinstance(status, int))
    return [called("frozenset", ast.Set([constant(status) for status in found]))] if found else []


def _statuses(operation: Operation) -> ast.expr:
    """The statuses of success that the document has: `frozenset({200, 201})`."""
    found = [response.status for response in operation.success()]
    if any(not isinstance(status, int) for status in found) or not found:
        return code("frozenset(range(200, 300))")
    return called("frozenset", ast.Set([constant(status) for status in sorted(set(map(int, found)))]))
