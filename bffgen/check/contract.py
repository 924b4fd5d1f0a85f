"""`contract:`: every endpoint against the operation of a document that was written first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bffgen.check.model import CheckedEndpoint, CheckedParam
from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.diagnostics.suggest import closest
from bffgen.openapi.document import Document
from bffgen.openapi.model import Operation, Parameter, Response
from bffgen.records import dataclass
from bffgen.source.text import Span
from bffgen.spec import model as spec
from bffgen.typesystem.model import (
    ListType,
    MapType,
    Null,
    ObjectType,
    Scalar,
    Type,
    Union,
    Unknown,
    is_nullable,
    non_null,
)
from bffgen.typesystem.relations import assign, describe, is_broken

_CODE = "BFF315"
_IGNORED = frozenset({"accept", "content-type", "authorization"})
"""Header parameters that OpenAPI itself says are none."""


def check_contract(
    written: Mapping[tuple[str, str], spec.Endpoint],
    endpoints: tuple[CheckedEndpoint, ...],
    document: Document,
    diags: Diagnostics,
) -> None:
    """Report every place where an endpoint does not fit the document (BFF315). `written` is by method and path."""
    for endpoint in endpoints:
        operation = _operation(endpoint, document)
        if operation is None:
            _no_operation(endpoint, document, diags)
        else:
            _Contract(written[endpoint.method, endpoint.path], endpoint, operation, diags).check()


def _operation(endpoint: CheckedEndpoint, document: Document) -> Operation | None:
    """The operation of the same id, else of the same method and path, whatever its variables are called."""
    operations = document.operations()
    by_id = [operation for operation in operations if operation.id == endpoint.operation_id]
    plain = endpoint.method, _plain(endpoint.path)
    by_place = [one for one in operations if (one.method, _plain(one.path)) == plain]
    return next(iter([*by_id, *by_place]), None)


def _plain(path: str) -> str:
    return re.sub(r"\{[^{}]*\}", "{}", path)


def _no_operation(endpoint: CheckedEndpoint, document: Document, diags: Diagnostics) -> None:
    places = [f"{operation.method} {operation.path}" for operation in document.operations()]
    near = closest(f"{endpoint.method} {endpoint.path}", places)
    diags.report(
        _CODE,
        f"the contract has no operation for `{endpoint.method} {endpoint.path}`",
        Label(endpoint.span, f"nor one with the id `{endpoint.operation_id}`"),
        help=f"did you mean `{near}`?" if near else None,
    )


@dataclass(frozen=True, eq=False)
class _Contract:
    written: spec.Endpoint
    endpoint: CheckedEndpoint
    operation: Operation
    diags: Diagnostics

    def check(self) -> None:
        if (self.operation.method, _plain(self.operation.path)) != (self.endpoint.method, _plain(self.endpoint.path)):
            there = f"`{self.operation.method} {self.operation.path}`"
            self._report(f"`{self.endpoint.operation_id}` is {there} in the contract", self.endpoint.span, "elsewhere")
            return
        self._parameters()
        self._body()
        self._answers()

    def _report(self, message: str, where: Span, label: str, other: Span | None = None, text: str = "") -> None:
        there = Label(other or self.operation.span, text or "the contract")
        self.diags.report(_CODE, message, Label(where, label), there)

    # ----------------------------------------------------------------------------------------- parameters

    def _parameters(self) -> None:
        pairs = list(self._pairs())
        for theirs, mine in pairs:
            if mine is None:
                where = f"the {theirs.location} parameter `{theirs.name}`"
                self._report(f"the endpoint does not take {where}", self.endpoint.span, "never used", theirs.span)
                continue
            self._parameter(theirs, mine)
        known = {mine.name for _, mine in pairs if mine is not None}
        for param in self.endpoint.params:
            if param.required and param.name not in known:
                message = f"the endpoint needs `{param.name}`, which the contract does not have"
                self._report(message, self._place(param), f"a {param.location} parameter")

    def _pairs(self) -> Iterator[tuple[Parameter, CheckedParam | None]]:
        """Each parameter of the contract with that of the endpoint; those of the path by their order."""
        mine = {(param.location, param.wire_name.lower()): param for param in self.endpoint.params}
        in_path = dict(zip(_variables(self.operation.path), _variables(self.endpoint.path), strict=True))
        for theirs in self.operation.parameters:
            name = in_path.get(theirs.name, theirs.name) if theirs.location == "path" else theirs.name
            if theirs.location != "header" or theirs.name.lower() not in _IGNORED:
                yield theirs, mine.get((theirs.location, name.lower()))

    def _parameter(self, theirs: Parameter, mine: CheckedParam) -> None:
        where = self._place(mine)
        if mine.required and not theirs.required:
            message = f"the endpoint needs `{mine.name}`, which is optional in the contract"
            self._report(message, where, "required", theirs.span, "optional")
        if not is_broken(mine.type) and assign(non_null(theirs.type), mine.type) is not None:
            message = f"`{mine.name}` is not what it is in the contract"
            self._report(message, where, describe(mine.type), theirs.span, describe(non_null(theirs.type)))

    def _place(self, param: CheckedParam) -> Span:
        found = self.written.params.get(param.name)
        return found.name_span if found is not None else self.endpoint.span

    # ---------------------------------------------------------------------------------------------- bodies

    def _body(self) -> None:
        mine, theirs = self.endpoint.body, self.operation.body
        where = self.written.body_span or self.endpoint.span
        if mine is not None and theirs is None:
            if self.endpoint.body_required:
                self._report("the endpoint needs a body, which the contract does not have", where, "takes one")
        elif theirs is not None and mine is None:
            self._report("the endpoint takes no body", where, "takes none", theirs.span, "the contract has one")
        elif theirs is not None and mine is not None:
            if self.endpoint.body_required and not theirs.required:
                message = "the endpoint needs the body, which is optional in the contract"
                self._report(message, where, "required", theirs.span, "optional")
            if not is_broken(mine) and (found := assign(non_null(theirs.type), mine)) is not None:
                path = f" at `{found.path.lstrip('.')}`" if found.path else ""
                message = f"the endpoint does not take every body of the contract{path}"
                needs = f"needs `{found.missing}`" if found.missing else describe(found.wanted)
                self._report(message, where, needs, theirs.span, describe(found.given))

    # ---------------------------------------------------------------------------------------------- answers

    def _answers(self) -> None:
        statuses = dict.fromkeys((*self.endpoint.statuses, self.endpoint.degraded_status))
        for status in statuses:
            response = _documented(self.operation, status)
            if response is None:
                where = self.written.status.node.span if self.written.status is not None else self.endpoint.span
                self._report(f"the contract has no answer with the status {status}", where, "may be answered")
            else:
                self._answer(response, status)

    def _answer(self, response: Response, status: int) -> None:
        endpoint = self.endpoint
        answer = endpoint.envelope or endpoint.response
        where = answer.span if answer is not None else endpoint.span
        if response.type is None:
            if answer is not None:
                message = f"the contract's answer {status} has no content"
                self._report(message, where, "content", response.span, "none")
            return
        if answer is None:
            self._report(f"the contract's answer {status} has content", where, "has none", response.span, "content")
        elif endpoint.stream is None and not endpoint.media_types and not is_broken(answer.type):
            for gap in _gaps(answer.type, response.type, "", None, response.span, frozenset()):
                self._gap(gap, where)

    def _gap(self, gap: _Gap, answer: Span) -> None:
        place = f"`{gap.path.lstrip('.')}`" if gap.path else "the answer"
        here = gap.given_span if gap.given_span is not None and gap.given_span.file is answer.file else answer
        labels = [Label(gap.wanted_span, gap.wanted)]
        if gap.given_span is not None and here is not gap.given_span:
            labels.append(Label(gap.given_span, gap.given))
        message = (
            f"{place} of the answer does not fit the contract" if gap.path else "the answer does not fit the contract"
        )
        self.diags.report(_CODE, message, Label(here, gap.given), *labels)


def _variables(path: str) -> list[str]:
    return re.findall(r"\{([^{}]*)\}", path)


def _documented(operation: Operation, status: int) -> Response | None:
    for wanted in (status, f"{status // 100}XX", "default"):
        for response in operation.responses:
            if response.status == wanted:
                return response
    return None


# ------------------------------------------------------------------------------------------------- answers


@dataclass(frozen=True, slots=True)
class _Gap:
    """What is given at `path` and what is wanted there, in words, with where both are declared."""

    path: str
    given: str
    wanted: str
    given_span: Span | None
    wanted_span: Span


Seen = frozenset[tuple[int, int]]


def _gaps(given: Type, wanted: Type, path: str, here: Span | None, there: Span, seen: Seen) -> Iterator[_Gap]:
    """Where values of one type are none of the other; null is only what the contract says may be null."""
    if isinstance(wanted, Unknown) or is_broken(given):
        return
    if is_nullable(given) and not is_nullable(wanted):
        yield _Gap(path, "may be null", f"{describe(wanted)}, never null", here, there)
    elif not isinstance(given, Null):
        yield from _plain_gaps(non_null(given), non_null(wanted), path, here, there, seen)


def _plain_gaps(given: Type, wanted: Type, path: str, here: Span | None, there: Span, seen: Seen) -> Iterator[_Gap]:
    match given, wanted:
        case Union(arms), _:
            for arm in arms:
                yield from _gaps(arm, wanted, path, here, there, seen)
        case ListType(), ListType():
            yield from _gaps(given.item, wanted.item, f"{path}[]", here, there, seen)
        case MapType(), MapType():
            yield from _gaps(given.value, wanted.value, f"{path}[]", here, there, seen)
        case ObjectType(), MapType():
            for name, field in given.fields.items():
                yield from _gaps(field.type, wanted.value, f"{path}.{name}", field.span, there, seen)
        case ObjectType(), ObjectType():
            if (id(given), id(wanted)) not in seen:
                yield from _in_object(given, wanted, path, there, seen | {(id(given), id(wanted))})
        case _:
            if not _fits(given, wanted, there, seen):
                yield _Gap(path, describe(given), describe(wanted), here, there)


def _in_object(given: ObjectType, wanted: ObjectType, path: str, there: Span, seen: Seen) -> Iterator[_Gap]:
    for name, field in wanted.fields.items():
        have, where = given.fields.get(name), field.span or there
        if have is None:
            if field.required:
                yield _Gap(f"{path}.{name}", "is not there", "required", given.span, where)
        elif field.required and not have.required:
            yield _Gap(f"{path}.{name}", "may be absent", "required", have.span, where)
        else:
            yield from _gaps(have.type, field.type, f"{path}.{name}", have.span, where, seen)


def _fits(given: Type, wanted: Type, there: Span, seen: Seen) -> bool:
    if isinstance(wanted, Union):
        return any(not any(True for _ in _gaps(given, arm, "", None, there, seen)) for arm in wanted.arms)
    if isinstance(given, Scalar) and isinstance(wanted, Scalar) and wanted.values:  # of an open enum the known ones
        return given.kind is wanted.kind and given.values is not None and set(given.values) <= set(wanted.values)
    return assign(given, wanted) is None
