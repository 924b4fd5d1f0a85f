"""Backends in memory: what they answer is drawn from their documents, or is the plain sample with some failing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

import httpx
from differential.dice import Dice
from differential.meaning.outcomes import Reply
from differential.meaning.requests import NOTHING
from differential.replies import reply

from bffgen.check.media import is_download, is_text_answer
from bffgen.check.model import CheckedCall, CheckedEndpoint, leaves
from bffgen.expr.tree import Role
from bffgen.openapi.model import Operation
from bffgen.openapi.sample import sample
from bffgen.plan.trials.evaluate import truth
from bffgen.plan.trials.model import SampleReply
from bffgen.plan.trials.samples import endings

Answers = Callable[[httpx.Request], Reply]
Fault = int | str
"""A status, or `timeout`, `unreachable`, `invalid`."""

DRAWS = 80
"""How often something is drawn until it is as it has to be."""


def label(operation: Operation) -> str:
    return f"{operation.backend}.{operation.key}"


class Routes:
    """Finds the call that a request is for."""

    def __init__(self, endpoint: CheckedEndpoint) -> None:
        self._routes = [(call, _pattern(call.operation)) for call in leaves(endpoint.calls)]

    def call(self, method: str, backend: str, target: str) -> CheckedCall:
        path = target.partition("?")[0]
        for call, pattern in self._routes:
            operation = call.operation
            if (operation.method, operation.backend) == (method, backend) and pattern.fullmatch(path):
                return call
        raise AssertionError(f"no call sends {method} {backend} {target}")

    def of(self, request: httpx.Request) -> CheckedCall:
        return self.call(request.method, request.url.host.removesuffix(".test"), request.url.raw_path.decode())


def _pattern(operation: Operation) -> re.Pattern[str]:
    parts = re.split(r"\{[^{}]*\}", operation.path)
    return re.compile("[^/]*".join(re.escape(quote(part, safe="/:@!$&'()*+,;=~")) for part in parts))


# ----------------------------------------------------------------------------------------------------- drawn


class Drawn:
    """Replies that are drawn, one for each request. `kept`: all of them are answers that keep the contract."""

    def __init__(self, endpoint: CheckedEndpoint, dice: Dice, *, keeping: bool) -> None:
        self._routes = Routes(endpoint)
        self._dice = dice
        self._keeping = keeping
        self._asked: Counter[str] = Counter()
        self.kept = True
        self.given: list[tuple[httpx.Request, Reply]] = []

    def __call__(self, request: httpx.Request) -> Reply:
        call = self._routes.of(request)
        self._asked[call.name] += 1
        for _ in range(DRAWS):
            made, kept = _drawn(self._dice, call)
            if self._keeping and not kept:
                continue
            if kept and call.pages is not None and self._asked[call.name] > 1 and not _ends(call, made):
                continue
            self.kept = self.kept and kept
            self.given.append((request, made))
            return made
        raise AssertionError(f"no reply to `{call.name}` could be drawn")


def _drawn(dice: Dice, call: CheckedCall) -> tuple[Reply, bool]:
    if is_download(call.reply):
        return Reply(200, text=dice.one(["\x89PNG", "", "x" * 1000]), media_type=_media_type(call)), True
    if is_text_answer(call.operation):
        return Reply(200, text=dice.one(["text", ""]), media_type=_media_type(call)), True
    made, wrong = reply(dice, call)
    return made, not wrong


def _media_type(call: CheckedCall) -> str:
    found = next((one.media_type for one in call.operation.success() if one.media_type), None)
    return (found or "text/plain").replace("*/*", "application/octet-stream").replace("*", "plain")


def _ends(call: CheckedCall, made: Reply) -> bool:
    """Whether the pages end with this one."""
    answer = {(Role.ANSWER, "answer"): None if made.body is NOTHING else made.body}
    return all(truth(condition, answer) for condition in endings(call))


def tame(given: list[tuple[httpx.Request, Reply]]) -> Answers:
    """The same replies without what is awkward to count with or to send: huge numbers, texts that are empty or odd."""
    by_target: dict[str, list[Reply]] = {}
    for request, made in given:
        by_target.setdefault(f"{request.method} {request.url.host}{request.url.path}", []).append(made)

    def answer(request: httpx.Request) -> Reply:
        path = f"{request.method} {request.url.host}{request.url.path}"
        near = by_target.get(path) or [made for other in by_target.values() for made in other]
        made = near.pop(0) if len(near) > 1 else near[0]
        body = made.body if made.body is NOTHING else _tamed(made.body)
        return Reply(made.status, body, made.headers, made.media_type, made.fault, made.text)

    return answer


def _tamed(value: Any) -> Any:
    match value:
        case dict():
            return {key: _tamed(one) for key, one in value.items()}
        case list():
            return [_tamed(one) for one in value]
        case bool() | None:
            return value
        case int() | float() if abs(value) > 10_000:
            return 7
        case str() if is_odd(value):
            return "plain"
    return value


def is_odd(text: str) -> bool:
    """Whether a text cannot stand in some part of a request or answer."""
    plain = text.isascii() and text.isprintable() and text == text.strip()
    return not plain or text in ("", ".", "..") or "/" in text


def edges(value: Any) -> Iterator[str]:
    """What is out of the ordinary in a reply."""
    match value:
        case dict():
            yield from ["further fields"] if "x-new" in value else []
            for one in value.values():
                yield from edges(one)
        case list():
            yield from [] if value else ["empty lists"]
            for one in value:
                yield from edges(one)
        case None:
            yield "nulls"
        case bool():
            return
        case int() | float() if abs(value) > 2**31:
            yield "huge numbers"
        case "":
            yield "empty texts"
        case "novel":
            yield "members that no enum knows"


# ---------------------------------------------------------------------------------------------------- failing


class Failing:
    """The plain sample of every backend, but for operations that fail."""

    def __init__(
        self, endpoint: CheckedEndpoint, samples: Mapping[str, SampleReply], faults: Mapping[str, Fault]
    ) -> None:
        self._routes = Routes(endpoint)
        self._samples = samples
        self._faults = faults

    def __call__(self, request: httpx.Request) -> Reply:
        call = self._routes.of(request)
        operation = call.operation
        made = self._samples[label(operation)]
        match self._faults.get(label(operation)):
            case "timeout" | "unreachable" as fault:
                return Reply(fault=fault)
            case "invalid":
                return Reply(made.status, text="<html>", media_type="text/html")
            case int() as status:
                return _failure(operation, status)
        if not made.has_body:
            return Reply(made.status, headers=dict(made.headers))
        if isinstance(made.body, bytes):
            return Reply(made.status, headers=dict(made.headers), text=made.body.decode(), media_type=made.media_type)
        return Reply(made.status, made.body, dict(made.headers), made.media_type)


def _failure(operation: Operation, status: int) -> Reply:
    """A failure with the body that the document says it has."""
    forms = (str(status), f"{status // 100}XX", "default")
    documented = {str(one.status).upper().replace("DEFAULT", "default"): one for one in operation.responses}
    found = next((documented[form] for form in forms if form in documented), None)
    if found is None or found.type is None:
        return Reply(status, {"detail": "no"})
    return Reply(status, sample(found.type), media_type=found.media_type or "application/json")


def has_content(operation: Operation) -> bool:
    """Whether a success has a body that can be wrong."""
    return all(one.type is not None for one in operation.success())


def operations(endpoint: CheckedEndpoint) -> dict[str, Operation]:
    """The operations that an endpoint asks for, by label."""
    return {label(call.operation): call.operation for call in leaves(endpoint.calls)}


def asked(endpoint: CheckedEndpoint, sent: Iterator[tuple[str, str, str]]) -> set[str]:
    """The operations of requests that were sent."""
    routes = Routes(endpoint)
    return {label(routes.call(*one).operation) for one in sent}
