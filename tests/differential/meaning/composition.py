"""What an endpoint answers to a request, given what its backends do.

Where two things fail that do not wait for each other, the language leaves open which is told: then several outcomes
are right. So they are where a reply breaks its contract in a place that this endpoint does not need but another one of
the gateway may.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bffgen.check.model import (
    AnswerWith,
    CheckedBackend,
    CheckedCall,
    CheckedEndpoint,
    CheckedGuard,
    CheckedReaction,
    PassOn,
    Use,
)
from bffgen.expr import tree
from bffgen.expr.tree import Role
from bffgen.openapi.model import Response
from bffgen.typesystem.model import Kind, ListType, Null, Nullable, Scalar, Type, Unknown, nullable

from .data import Breach, Obj, Overflow, Reader, write
from .expressions import Broken, Env, evaluate
from .needs import Needs, nodes
from .requests import NOTHING, Sent, Unsent, header_text, request_of

# -------------------------------------------------------------------------------------------------- what goes in


@dataclass(frozen=True)
class Reply:
    """What a backend does: it answers, or there is a `fault`. `text` is a body that is not made of `body`."""

    status: int = 200
    body: Any = NOTHING
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"
    fault: str | None = None  # timeout, unreachable
    text: str | None = None

    @property
    def content(self) -> Any:
        """The JSON that came, or `NOTHING`."""
        if not _is_json(self.media_type):
            return NOTHING
        if self.text is None:
            return self.body
        try:
            return json.loads(self.text, parse_constant=_refused)
        except ValueError:
            return NOTHING


def _refused(word: str) -> Any:
    raise ValueError(word)


def _is_json(media_type: str) -> bool:
    bare = media_type.partition(";")[0]
    return bare == "application/json" or bare.endswith("+json")


@dataclass(frozen=True)
class Request:
    """Parameters by their names in the spec, as JSON; those not sent are left out."""

    params: Mapping[str, Any] = field(default_factory=dict)
    body: Any = NOTHING


# -------------------------------------------------------------------------------------------------- what comes out


@dataclass(frozen=True)
class Outcome:
    """An answer. `body` of a problem has `call`, `detail` and the further members, nothing that every problem has.

    `because`: success, request, guard, on_error, overflow, breach, or the kind of a failure. `also` are statuses that
    would do as well.
    """

    status: int
    body: Any
    because: str
    problem: bool = False
    degraded: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    sent: tuple[Sent, ...] | None = None
    also: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Expected:
    """All outcomes that are right. `shaky`: a number that is not finite was made on the way."""

    outcomes: tuple[Outcome, ...]
    shaky: bool


@dataclass(eq=False)
class Failure(Exception):
    """A call that failed."""

    kind: str
    status: int | None = None
    content: Any = NOTHING
    unsent: bool = False

    @property
    def degrades(self) -> bool:
        return self.kind != "status" or self.status is None or self.status >= 500 or self.status == 429


class Stop(Exception):
    """The endpoint's answer is decided."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class Blocked(Exception):
    """Something that is needed is not there: why is told elsewhere."""


# -------------------------------------------------------------------------------------------------- the answer


def expected(
    endpoint: CheckedEndpoint,
    backends: Mapping[str, CheckedBackend],
    request: Request,
    replies: Callable[[CheckedCall], Reply],
) -> Expected:
    """What is right."""
    needs = Needs(endpoint)
    calls = [call.name for call in endpoint.calls]
    least = {name: _Decoder(Reader(needs, needs.is_read, needs.is_whole, lenient=True)) for name in calls}
    most = {name: _Decoder(Reader(kept=needs.is_whole)) for name in calls}
    doubtful = [call.name for call in endpoint.calls if _differs(call, replies(call), least, most)]
    found: dict[str, Outcome] = {}
    shaky = False
    for chosen in itertools.product((least, most), repeat=min(len(doubtful), 4)):
        decoders = {**least, **{name: one[name] for name, one in zip(doubtful, chosen, strict=False)}}
        run = _Run(endpoint, backends, request, replies, decoders)
        for outcome in run.outcomes():
            found.setdefault(repr(outcome), outcome)
        shaky = shaky or bool(run.shaky)
    return Expected(tuple(found.values()), shaky)


@dataclass(frozen=True)
class _Decoder:
    reader: Reader

    def success(self, call: CheckedCall, reply: Reply) -> Any:
        """The value of a successful answer. Raises `Failure`."""
        response = _documented(call, reply.status)
        if response is None:
            raise Failure("invalid")
        if isinstance(call.reply, Null) or response.type is None:
            return None
        content = reply.content
        if reply.status in (204, 205):
            content = None
        elif content is NOTHING:
            raise Failure("invalid")
        try:
            exact = not self.reader.lenient and not isinstance(response.type, Unknown)
            return self.reader.read(content, response.type if exact else call.reply)
        except Breach:
            raise Failure("invalid") from None


def _documented(call: CheckedCall, status: int) -> Response | None:
    """The response of a success."""
    for response in call.operation.success():
        if response.status == status or not isinstance(response.status, int):
            return response
    return None


def _differs(call: CheckedCall, reply: Reply, least: Mapping[str, _Decoder], most: Mapping[str, _Decoder]) -> bool:
    """Whether a breach is in doubt; for failures it is in doubt when there is any."""
    if reply.fault is not None:
        return False
    if not 200 <= reply.status < 300:
        types = [reaction.error_body for reaction in call.reactions if reaction.error_body is not None]
        types += [of for r in call.reactions if isinstance(r.action, PassOn) for _, of in r.action.bodies if of]
        return any(_reads(least[call.name], reply, of) != _reads(most[call.name], reply, of) for of in types)

    def fails(decoder: _Decoder) -> bool:
        try:
            decoder.success(call, reply)
        except Failure:
            return True
        return False

    return fails(least[call.name]) != fails(most[call.name])


def _reads(decoder: _Decoder, reply: Reply, of: Type) -> bool:
    try:
        decoder.reader.read(None if reply.content is NOTHING else reply.content, of)
    except Breach:
        return False
    return True


class _Run:
    """One way to answer one request."""

    def __init__(
        self,
        endpoint: CheckedEndpoint,
        backends: Mapping[str, CheckedBackend],
        request: Request,
        replies: Callable[[CheckedCall], Reply],
        decoders: Mapping[str, _Decoder],
    ) -> None:
        self.endpoint = endpoint
        self.backends = backends
        self.request = request
        self.replies = replies
        self.decoders = decoders
        self.calls = {call.name: call for call in endpoint.calls}
        self.lets = {let.name: let for let in endpoint.lets}
        self.done: dict[str, Any] = {}
        self.degraded: dict[str, Failure] = {}
        self.answered: dict[str, tuple[int, Mapping[str, str]]] = {}
        self.sent: dict[str, Sent] = {}
        self.shaky: list[str] = []
        self.env = Env({}, self._value, self._value, self._reply, shaky=self.shaky)

    # ------------------------------------------------------------------------------------------ the whole

    def outcomes(self) -> list[Outcome]:
        try:
            self.env = self.env.having(Role.PARAM, dict(self._params()))
            if self.endpoint.body is not None:
                self.env = self.env.having(Role.BODY, {"body": self._body()})
        except Breach:
            return [Outcome(422, {}, "request", problem=True)]
        for at, guard in enumerate(self.endpoint.guards):
            if not self._calls_behind(guard.needs) and isinstance(self._do(f"guard:{at}"), Outcome):
                return [self.done[f"guard:{at}"]]
        keys = [f"guard:{at}" for at in range(len(self.endpoint.guards))] + list(self.calls)
        for key in keys:
            self._do(key)
        failed = [one for one in self.done.values() if isinstance(one, Outcome)]
        if not failed:
            failed = [self._answer()]
        return failed + [one for one in self._eager_lets() if one not in failed]

    def _eager_lets(self) -> Iterator[Outcome]:
        """A `let` is lazy: whether an overflow in one that turns out not to be needed counts is left open."""
        mentioned = {n.name for n in nodes(*_roots(self.endpoint)) if isinstance(n, tree.Ref) and n.role is Role.LET}
        for name in mentioned & self.lets.keys():
            if isinstance(found := self._do(name), Outcome):
                yield found

    def _calls_behind(self, needs: Iterable[str]) -> set[str]:
        """The calls that must be there, directly or by other nodes."""
        found: set[str] = set()
        work = list(needs)
        while work:
            need = work.pop()
            if need in found:
                continue
            found.add(need)
            if need in self.lets:
                work += self.lets[need].needs
            elif need.startswith("guard:"):
                work += self.endpoint.guards[int(need[6:])].needs
        return found & self.calls.keys()

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

    # ------------------------------------------------------------------------------------------ nodes

    def _do(self, key: str) -> Any:
        """Work a node out, once: its value, an `Outcome` where it ends everything, or `Blocked`."""
        if key not in self.done:
            try:
                self.done[key] = self._work(key)
            except Stop as stop:
                self.done[key] = stop.outcome
            except Blocked:
                self.done[key] = Blocked
        return self.done[key]

    def _value(self, key: str) -> Any:
        found = self._do(key)
        if isinstance(found, Outcome) or found is Blocked:
            raise Blocked
        return found

    def _reply(self, name: str) -> tuple[int, Mapping[str, str]] | None:
        self._value(name)
        return self.answered.get(name)

    def _work(self, key: str) -> Any:
        if key in self.calls:
            return self._call(self.calls[key])
        if key in self.lets:
            return self._made(self.lets[key].value, self.env)
        number = int(key.removeprefix("guard:"))
        for before in range(number):
            self._value(f"guard:{before}")
        guard = self.endpoint.guards[number]
        for need in sorted(guard.needs):
            self._value(need)
        return self._guard(guard, self.env)

    def _made(self, expr: tree.Expr, env: Env) -> Any:
        """The value; the endpoint fails where it cannot be made."""
        try:
            return evaluate(expr, env)
        except Overflow:
            raise Stop(_problem(502, "overflow")) from None
        except Broken:
            raise Stop(_problem(502, "broken")) from None
        except Breach:
            raise Stop(_problem(502, "breach")) from None

    def _guard(self, guard: CheckedGuard, env: Env) -> None:
        if not self._made(guard.that, env):
            raise Stop(self._own(guard.status, guard.detail, guard.extra, "guard", env))

    def _own(
        self, status: int, detail: tree.Expr | None, extra: tuple[tuple[str, tree.Expr], ...], why: str, env: Env
    ) -> Outcome:
        """A problem of the endpoint's own."""
        members = {name: write(self._made(value, env), value.type) for name, value in extra}
        if detail is not None:
            members["detail"] = self._made(detail, env)
        return Outcome(status, members, why, problem=True)

    # ------------------------------------------------------------------------------------------ calls

    def _call(self, call: CheckedCall) -> Any:
        for need in sorted(call.needs | call.after):
            self._value(need)
        made = call.when is None or self._made(call.when, self.env)
        if made:
            made = all(self._made(value, self.env) is not None for value in call.null_arguments)
        value = self._asked(call) if made else None
        # A call's guards may read the call itself.
        env = replace(
            self.env,
            call=lambda name: value if name == call.name else self._value(name),
            reply=lambda name: self.answered.get(name) if name == call.name else self._reply(name),
        )
        for guard in call.guards:
            if value is None and guard.skip_if_null and call.may_be_null:
                continue
            for need in sorted(guard.needs - {call.name}):
                self._value(need)
            self._guard(guard, env)
        return value

    def _asked(self, call: CheckedCall) -> Any:
        try:
            self.sent[call.name] = self._request(call)
            return self._answered(call)
        except Failure as failure:
            return self._failed(call, failure)

    def _request(self, call: CheckedCall) -> Sent:
        try:
            values = {at: evaluate(one.value, self.env) for at, one in enumerate(call.arguments)}
            body = NOTHING if call.body is None else evaluate(call.body, self.env)
            if call.body is not None and body is None:
                body = NOTHING
            sent = request_of(call, values, body)
            own = [(name.lower(), evaluate(value, self.env)) for name, value in call.headers]
            added = tuple((name, header_text(value)) for name, value in own if value is not None)
        except (Overflow, Breach):
            raise Failure("invalid", unsent=True) from None
        except Unsent:
            raise Failure("invalid", unsent=True) from None
        return replace(sent, headers=tuple(sorted((*sent.headers, *added))))

    def _answered(self, call: CheckedCall) -> Any:
        reply = self.replies(call)
        if reply.fault is not None:
            raise Failure(reply.fault)
        if not 200 <= reply.status < 300:
            raise Failure("status", reply.status, reply.content)
        value = self.decoders[call.name].success(call, reply)
        if call.success is not None:
            try:
                fine = evaluate(call.success, self.env.having(Role.ANSWER, {"answer": value}))
            except Broken:
                raise Failure("invalid") from None
            if not fine:
                raise Failure("refused", reply.status)
        self.answered[call.name] = reply.status, {name.lower(): one for name, one in reply.headers.items()}
        return value

    # ------------------------------------------------------------------------------------------ failures

    def _failed(self, call: CheckedCall, failure: Failure) -> Any:
        reaction = _reaction(call, failure)
        match None if reaction is None else reaction.action:
            case Use(value):
                assert reaction is not None
                env = self._with_error(call, reaction, failure)
                if failure.degrades:
                    self.degraded[call.name] = failure
                found = self._made(value, env)
                if found is not None:
                    self.answered[call.name] = failure.status or 0, {}
                return found
            case AnswerWith(status, detail, extra, None):
                assert reaction is not None
                env = self._with_error(call, reaction, failure)
                raise Stop(self._own(status, detail, extra, "on_error", env))
            case AnswerWith(status, _, _, body) if body is not None:
                assert reaction is not None
                made = self._made(body, self._with_error(call, reaction, failure))
                raise Stop(Outcome(status, self._written(made, body.type), "on_error"))
            case PassOn(bodies):
                self._pass_on(call, bodies, failure)
        raise Stop(self._problem_of(call, failure))

    def _with_error(self, call: CheckedCall, reaction: CheckedReaction, failure: Failure) -> Env:
        error = {"kind": failure.kind, "status": failure.status}
        if (of := reaction.error_body) is not None:
            error["body"] = self._error_body(call, of, failure)
        return self.env.having(Role.ERROR, {"error": Obj(error)})

    def _error_body(self, call: CheckedCall, of: Type, failure: Failure) -> Any:
        if isinstance(of, Null) or (failure.content is NOTHING and isinstance(of, Nullable)):
            return None
        return self._read(call, failure.content, of)

    def _read(self, call: CheckedCall, content: Any, of: Type) -> Any:
        """A failure's body; that it is not as documented is a failure that nothing softens."""
        try:
            if content is NOTHING:
                raise Breach("no body")
            return self.decoders[call.name].reader.read(content, of)
        except Breach:
            raise Stop(_problem(502, "invalid", call.name)) from None

    def _pass_on(self, call: CheckedCall, bodies: tuple[tuple[int | str, Type | None], ...], failure: Failure) -> None:
        if failure.kind != "status" or failure.status is None:
            return
        for said in (failure.status, f"{failure.status // 100}XX", "default"):
            for status, of in bodies:
                if str(status) == str(said):
                    body = NOTHING if of is None else write(self._read(call, failure.content, of), of)
                    raise Stop(Outcome(failure.status, body, "on_error"))

    def _problem_of(self, call: CheckedCall, failure: Failure) -> Outcome:
        """A failure that nothing softens."""
        if failure.kind == "status" and failure.status is not None:
            forwarded = {name.lower() for name in self.backends[call.operation.backend].forward_headers}
            judged = failure.status in (401, 403) and forwarded & {"authorization", "cookie"}
            status = failure.status if failure.status in call.passes or judged else 502
        elif failure.unsent and self._is_direct(call):
            return replace(_problem(422, "request", call.name), also=frozenset({502}))
        else:
            status = {"timeout": 504, "open": 503}.get(failure.kind, 502)
        return _problem(status, "unsent" if failure.unsent else failure.kind, call.name)

    def _is_direct(self, call: CheckedCall) -> bool:
        """Whether what is sent comes from the request alone."""
        values = [*(one.value for one in call.arguments), call.body, *(value for _, value in call.headers)]
        read = {n.name for n in nodes(*values) if isinstance(n, tree.Ref) and n.role in (Role.CALL, Role.LET)}
        return not self._calls_behind(read)

    # ------------------------------------------------------------------------------------------ composing

    def _written(self, value: Any, of: Type) -> Any:
        try:
            return write(value, of)
        except Overflow:
            raise Stop(_problem(502, "overflow")) from None

    def _answer(self) -> Outcome:
        endpoint = self.endpoint
        entries = {name: Obj({"kind": one.kind, "status": one.status}) for name, one in self.degraded.items()}
        env = self.env.having(Role.DEGRADED, {"degraded": entries})
        try:
            body = NOTHING
            if endpoint.response is not None:
                body = self._written(self._made(endpoint.response, env), endpoint.response.type)
            status = endpoint.statuses[0] if endpoint.status is None else self._made(endpoint.status, env)
            headers = tuple(self._headers(env))
        except Stop as stop:
            return stop.outcome
        except Blocked:
            return next(one for one in self.done.values() if isinstance(one, Outcome))
        if self.degraded and endpoint.degraded_status != endpoint.statuses[0]:
            status = endpoint.degraded_status
        sent = tuple(self.sent.values())
        return Outcome(status, body, "success", False, tuple(sorted(self.degraded)), headers, sent)

    def _headers(self, env: Env) -> Iterator[tuple[str, str]]:
        for name, value in self.endpoint.headers:
            found = self._made(value, env)
            if found is None:
                continue
            try:
                yield name.lower(), header_text(found)
            except Unsent:
                raise Stop(_problem(502, "unsent")) from None


def _as_text_reads(value: Any, of: Type) -> Any:
    """A number that came as text in the URL is a float, whether it is whole or not."""
    match of:
        case Scalar(Kind.NUMBER):
            return float(value)
        case ListType(item):
            return [_as_text_reads(one, item) for one in value]
    return value


def _problem(status: int, why: str, call: str | None = None) -> Outcome:
    return Outcome(status, {} if call is None else {"call": call}, why, problem=True)


def _reaction(call: CheckedCall, failure: Failure) -> CheckedReaction | None:
    """The most specific entry of `on_error` that speaks of the failure."""
    known = {reaction.when: reaction for reaction in call.reactions}
    keys: list[int | str] = [failure.kind]
    if failure.kind == "status" and failure.status is not None:
        keys = [failure.status, f"{failure.status // 100}xx"]
    return next((known[key] for key in (*keys, "else") if key in known), None)


def _roots(endpoint: CheckedEndpoint) -> list[tree.Expr | None]:
    roots: list[tree.Expr | None] = [endpoint.response, endpoint.status, *(value for _, value in endpoint.headers)]
    roots += [let.value for let in endpoint.lets]
    for guard in itertools.chain(endpoint.guards, *(call.guards for call in endpoint.calls)):
        roots += [guard.that, guard.detail, *(value for _, value in guard.extra)]
    for call in endpoint.calls:
        roots += [call.when, call.body, *(one.value for one in call.arguments), *(value for _, value in call.headers)]
        for reaction in call.reactions:
            match reaction.action:
                case Use(value):
                    roots.append(value)
                case AnswerWith(_, detail, extra, body):
                    roots += [detail, body, *(value for _, value in extra)]
    return roots
