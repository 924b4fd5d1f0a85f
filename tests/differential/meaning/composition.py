"""What an endpoint answers to a request, given what its backends do.

Where two things fail that do not wait for each other, the language leaves open which is told: then several outcomes
are right. So they are where a reply breaks its contract in a place that this endpoint does not need but another one of
the gateway may.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from bffgen.check.model import CheckedEndpoint, CheckedGateway
from bffgen.expr import tree
from bffgen.expr.tree import Role
from bffgen.typesystem.model import Kind, ListType, Scalar, Type, nullable

from .chance import Oracle, every_way
from .data import Breach, Obj, Overflow, Reader, write
from .decoding import Decoding
from .expressions import Env
from .needs import Needs, nodes, roots
from .outcomes import Asked, Blocked, Expected, Failure, Outcome, Replies, Request, Stop, problem
from .requests import NOTHING, Unsent, header_text, plain_text
from .scopes import Scope, made

MOST_WAYS = 48
INSTANCE = "urn:uuid:6ba7b810-9dad-41d1-80b4-00c04fd430c8"
"""What problem documents say of a request with the id that `project` sends."""

_IN_URI = frozenset(chr(code) for code in range(0x21, 0x7F)) - frozenset('"<>\\^`{|}')

_PHRASES = {413: "Content Too Large", 422: "Unprocessable Content"}


def expected(gateway: CheckedGateway, endpoint: CheckedEndpoint, request: Request, replies: Replies) -> Expected:
    """What is right."""
    needs = Needs(gateway, endpoint)
    found: dict[str, Outcome] = {}
    shaky: list[str] = []
    is_open = False
    for outcomes in every_way(
        lambda oracle: Run(gateway, endpoint, request, replies, needs, oracle, shaky).outcomes(), MOST_WAYS
    ):
        is_open = outcomes is None
        for outcome in outcomes or ():
            found.setdefault(repr(outcome), outcome)
    return Expected(tuple(found.values()), bool(shaky), is_open)


class Run:
    """One way to answer one request."""

    def __init__(
        self,
        gateway: CheckedGateway,
        endpoint: CheckedEndpoint,
        request: Request,
        replies: Replies,
        needs: Needs,
        oracle: Oracle,
        shaky: list[str],
    ) -> None:
        self.gateway = gateway
        self.endpoint = endpoint
        self.request = request
        self.replies = replies
        self.oracle = oracle
        self.backends = {one.name: one for one in gateway.backends}
        self.decoding = Decoding(needs, oracle)
        self.degraded: list[tuple[str, Failure, bool]] = []
        self.asked: list[Asked] = []
        shapes = {shape.name: shape.value for shape in gateway.shapes}
        self.env = Env({}, _nothing, _nothing, _nothing, shaky=shaky, shapes=shapes)

    # ------------------------------------------------------------------------------------------ notes

    def mark(self) -> tuple[int, int]:
        return len(self.asked), len(self.degraded)

    def doubt(self, since: tuple[int, int]) -> None:
        """What was done since then may have been given up before."""
        self.asked[since[0] :] = [replace(one, sure=False) for one in self.asked[since[0] :]]
        self.degraded[since[1] :] = [(name, failure, False) for name, failure, _ in self.degraded[since[1] :]]

    def soften(self, path: str, failure: Failure) -> None:
        if failure.degrades:
            self.degraded.append((path.partition(".")[0], failure, True))

    # ------------------------------------------------------------------------------------------ the whole

    def outcomes(self) -> list[Outcome]:
        """All that may be answered, in an envelope where there is one."""
        found = self._outcomes()
        if self.endpoint.envelope is None:
            return found
        told = [variant for one in found if one.problem for variant in _variants(one)]
        return [one for one in found if not one.problem] + [self._wrapped_problem(one) for one in told]

    def _outcomes(self) -> list[Outcome]:
        try:
            self.env = self.env.having(Role.PARAM, dict(self._params()))
            if self.endpoint.body is not None:
                self.env = self.env.having(Role.BODY, {"body": self._body()})
        except Breach:
            return [Outcome(422, {}, "request", problem=True)]
        scope = Scope(self, self.endpoint, self.env, None, "")
        failed = [self._told(one) for one in scope.failures()]
        if not failed:
            failed = [self._answer(scope)]
        return failed + [one for one in self._eager_lets(scope) if one not in failed]

    def _eager_lets(self, scope: Scope) -> Iterator[Outcome]:
        """A `let` is lazy: whether an overflow in one that turns out not to be needed counts is left open."""
        mentioned = {n.name for n in nodes(*roots(self.endpoint)) if isinstance(n, tree.Ref) and n.role is Role.LET}
        for name in sorted(mentioned & scope.lets.keys()):
            found = scope.do(name)
            if isinstance(found, Outcome | Failure):
                yield self._told(found)

    def _told(self, found: Outcome | Failure) -> Outcome:
        return found if isinstance(found, Outcome) else self._problem_of(found)

    def _problem_of(self, failure: Failure) -> Outcome:
        """A failure that nothing softens."""
        why = failure.why or ("unsent" if failure.unsent else failure.kind)
        if failure.kind == "status" and failure.status is not None and failure.leaf is not None:
            backend = self.backends[failure.leaf.operation.backend]
            forwarded = {name.lower() for name in backend.forward_headers}
            judged = failure.status in (401, 403) and forwarded & {"authorization", "cookie"}
            status = failure.status if failure.status in failure.leaf.passes or judged else 502
        elif failure.unsent and failure.direct:
            return replace(problem(422, "request", failure.call), also=frozenset({502}))
        else:
            status = {"timeout": 504, "open": 503}.get(failure.kind, 502)
        return problem(status, why, failure.call)

    # ------------------------------------------------------------------------------------------ the request

    def _params(self) -> Iterator[tuple[str, Any]]:
        for param in self.endpoint.params:
            if param.name in self.request.params:
                value = Reader(closed=True).read(self.request.params[param.name], param.type)
                yield param.name, _as_text_reads(value, param.type)
            elif param.has_default:
                yield param.name, Reader(closed=True).read(param.default, param.type)
            elif param.required:
                raise Breach(f"{param.name} is missing")
            else:
                yield param.name, None

    def _body(self) -> Any:
        of, data = self.endpoint.body, self.request.body
        assert of is not None
        if self.endpoint.body_required:
            if data is NOTHING:
                raise Breach("no body")
            return Reader(closed=True).read(data, of)
        return Reader(closed=True).read(None if data is NOTHING else data, nullable(of))

    # ------------------------------------------------------------------------------------------ the answer

    def _answer(self, scope: Scope) -> Outcome:
        endpoint = self.endpoint
        degraded = self._degraded()
        entries = {name: Obj({"kind": one.kind, "status": one.status}) for name, one in degraded.items()}
        env = scope.env.having(Role.DEGRADED, {"degraded": entries})
        try:
            value = None if endpoint.response is None else made(endpoint.response, env)
            body = NOTHING if endpoint.response is None else self.written(value, endpoint.response.type)
            status = endpoint.statuses[0] if endpoint.status is None else made(endpoint.status, env)
            headers = tuple(self._headers(env))
            cookies = tuple(self._cookies(env))
            if degraded and endpoint.degraded_status != endpoint.statuses[0]:
                status = endpoint.degraded_status
            if endpoint.envelope is not None:
                body = self._wrapped(status, value, None, entries)
        except Stop as stop:
            return stop.outcome
        except Failure as failure:
            return self._problem_of(failure)
        except Blocked:
            return self._told(scope.failures()[0])
        names = tuple(sorted(degraded))
        return Outcome(status, body, "success", False, names, headers, cookies, tuple(self.asked))

    def _degraded(self) -> dict[str, Failure]:
        """What was softened, by name. Of several failures the last one is told, whichever that was."""
        found: dict[str, Failure] = {}
        mentioned = any(isinstance(n, tree.Ref) and n.role is Role.DEGRADED for n in nodes(*roots(self.endpoint)))
        for name in dict.fromkeys(name for name, _, _ in self.degraded):
            notes = [(failure, sure) for other, failure, sure in self.degraded if other == name]
            told: dict[Any, Failure | None] = {(one.kind, one.status): one for one, _ in notes}
            options = list(told.values()) if mentioned else [notes[-1][0]]
            if not any(sure for _, sure in notes):
                options = [*options, None]
            chosen = self.oracle.choose(options)
            if chosen is not None:
                found[name] = chosen
        return found

    def written(self, value: Any, of: Type) -> Any:
        try:
            return write(value, of)
        except Overflow:
            raise Stop(problem(502, "overflow")) from None

    def _headers(self, env: Env) -> Iterator[tuple[str, str]]:
        for name, value in self.endpoint.headers:
            found = made(value, env)
            if found is None:
                continue
            try:
                written = plain_text(found)
            except Unsent:
                raise Stop(problem(502, "unsent")) from None
            if name.lower() in ("location", "content-location"):
                written = "".join(one if one in _IN_URI else quote(one, safe="") for one in written)
            with suppress(Unsent):  # what no header can hold is left out
                yield name.lower(), header_text(written.strip(" \t"))

    def _cookies(self, env: Env) -> Iterator[tuple[str, str]]:
        for cookie in self.endpoint.cookies:
            found = made(cookie.value, env)
            if found is None:
                continue
            text = str(found)
            yield cookie.name, text if text.isascii() and text.isprintable() else quote(text, safe="")

    # ------------------------------------------------------------------------------------------ envelopes

    def _wrapped(self, status: int, response: Any, told: Obj | None, degraded: Mapping[str, Obj]) -> Any:
        envelope = self.endpoint.envelope
        assert envelope is not None
        names = {"status": status, "response": response, "problem": told, "degraded": degraded}
        return self.written(made(envelope, self.env.having(Role.ENVELOPE, names)), envelope.type)

    def _wrapped_problem(self, outcome: Outcome) -> Outcome:
        """The problem in the envelope; its `body` becomes what an envelope makes of it."""
        title = _PHRASES[outcome.status] if outcome.status in _PHRASES else HTTPStatus(outcome.status).phrase
        known: dict[str, Any] = {"type": "about:blank", "title": title, "status": outcome.status}
        known |= {"instance": INSTANCE, "detail": None, "call": None}
        known |= {name: value for name, value in outcome.body.items() if name in ("detail", "call")}
        return replace(outcome, body=self._wrapped(outcome.status, None, Obj(known), {}))


UNSAID = ("request", "overflow", "broken", "breach")
"""Where the language does not say whether a problem names a call."""


def _variants(outcome: Outcome) -> Iterator[Outcome]:
    for status in (outcome.status, *sorted(outcome.also)):
        same = replace(outcome, status=status, also=frozenset())
        yield same
        if outcome.because in UNSAID and "call" in outcome.body:
            yield replace(same, body={name: one for name, one in outcome.body.items() if name != "call"})


def _nothing(name: str) -> Any:
    raise AssertionError(name)


def _as_text_reads(value: Any, of: Type) -> Any:
    """A number that came as text in the URL is a float, whether it is whole or not."""
    match of:
        case Scalar(Kind.NUMBER):
            return float(value)
        case ListType(item):
            return [_as_text_reads(one, item) for one in value]
    return value
