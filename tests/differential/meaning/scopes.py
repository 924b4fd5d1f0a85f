"""The calls, lets and guards of an endpoint, or of a block inside of one, worked out when they are needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bffgen.check.model import (
    AnswerWith,
    CheckedBlock,
    CheckedCall,
    CheckedEndpoint,
    CheckedEntry,
    CheckedGuard,
    CheckedReaction,
    PassOn,
    Use,
    UseOther,
)
from bffgen.expr import tree
from bffgen.expr.tree import Role
from bffgen.openapi.model import Parameter
from bffgen.typesystem.model import MapType, Null, Nullable, Type, non_null

from .data import Breach, Obj, Overflow, write
from .expressions import Broken, Env, evaluate, taken
from .needs import nodes
from .outcomes import Asked, Blocked, Failure, Outcome, Stop
from .requests import NOTHING, Sent, Unsent, header_text, request_of

if TYPE_CHECKING:
    from .composition import Run


def made(expr: tree.Expr, env: Env) -> Any:
    """The value. Where it cannot be made, whoever composes it fails."""
    try:
        return evaluate(expr, env)
    except Overflow:
        raise Failure("invalid", why="overflow") from None
    except Broken:
        raise Failure("invalid", why="broken") from None
    except Breach:
        raise Failure("invalid", why="breach") from None


class Scope:
    """One scope. `path` stands before the names of its calls: `rows.` in the block `rows`."""

    def __init__(
        self, run: Run, holder: CheckedEndpoint | CheckedBlock, env: Env, outer: Scope | None, path: str
    ) -> None:
        self.run = run
        self.holder = holder
        self.outer = outer
        self.path = path
        self.calls: Mapping[str, CheckedEntry] = {call.name: call for call in holder.calls}
        self.lets = {let.name: let for let in holder.lets}
        self.answered: dict[str, tuple[int, Mapping[str, str]]] = {}
        self.done: dict[str, Any] = {}
        self.env = replace(env, call=self.value, let=self.value, reply=self.reply)

    # ------------------------------------------------------------------------------------------ nodes

    def failures(self) -> list[Outcome | Failure]:
        """Do everything; what there is to tell instead of a value."""
        guards = [f"guard:{at}" for at in range(len(self.holder.guards))]
        for key, guard in zip(guards, self.holder.guards, strict=True):
            if not self.calls_behind(guard.needs) and isinstance(found := self.do(key), Outcome | Failure):
                return [found]
        for key in [*guards, *(name for name, call in self.calls.items() if not call.lazy)]:
            self.do(key)
        return [one for one in self.done.values() if isinstance(one, Outcome | Failure)]

    def do(self, key: str) -> Any:
        """Work a node out, once: its value, an `Outcome` or a `Failure` where it has none, or `Blocked`."""
        if key not in self.done:
            try:
                self.done[key] = self._work(key)
            except Stop as stop:
                self.done[key] = stop.outcome
            except Failure as failure:
                self.done[key] = failure
            except Blocked:
                self.done[key] = Blocked
        return self.done[key]

    def value(self, key: str) -> Any:
        """The value of a node of this scope, or of one around it. Raises `Blocked`."""
        own = key in self.calls or key in self.lets or key.startswith("guard:")
        if not own and self.outer is not None:
            return self.outer.value(key)
        found = self.do(key)
        if isinstance(found, Outcome | Failure) or found is Blocked:
            raise Blocked
        return found

    def reply(self, name: str) -> tuple[int, Mapping[str, str]] | None:
        if name not in self.calls and self.outer is not None:
            return self.outer.reply(name)
        self.value(name)
        return self.answered.get(name)

    def calls_behind(self, needs: Iterable[str]) -> set[str]:
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
                work += self.holder.guards[int(need[6:])].needs
        return found & self.calls.keys()

    def _work(self, key: str) -> Any:
        if key in self.calls:
            return self._entry(self.calls[key])
        if key in self.lets:
            return made(self.lets[key].value, self.env)
        number = int(key.removeprefix("guard:"))
        guard = self.holder.guards[number]
        early = not self.calls_behind(guard.needs)
        for before in range(number):
            if not early or not self.calls_behind(self.holder.guards[before].needs):
                self.value(f"guard:{before}")
        for need in sorted(guard.needs):
            self.value(need)
        return self._guard(guard, self.env)

    def _guard(self, guard: CheckedGuard, env: Env) -> None:
        if not made(guard.that, env):
            raise Stop(self._own(guard.status, guard.detail, guard.extra, "guard", env))

    def _own(
        self, status: int, detail: tree.Expr | None, extra: tuple[tuple[str, tree.Expr], ...], why: str, env: Env
    ) -> Outcome:
        """A problem of the endpoint's own."""
        try:
            members = {name: write(made(value, env), value.type) for name, value in extra}
        except Overflow:
            raise Failure("invalid", why="overflow") from None
        if detail is not None:
            members["detail"] = made(detail, env)
        return Outcome(status, members, why, problem=True)

    # ------------------------------------------------------------------------------------------ entries

    def _entry(self, entry: CheckedEntry) -> Any:
        for need in sorted(entry.needs | entry.after):
            self.value(need)
        mark = self.run.mark()
        try:
            value = self._whole(entry) if entry.when is None or made(entry.when, self.env) else None
            if isinstance(entry, CheckedCall):
                self._own_guards(entry, value)
            return value
        except Failure as failure:
            self.run.doubt(mark)
            raise self._blamed(entry, failure) from None

    def _blamed(self, entry: CheckedEntry, failure: Failure) -> Failure:
        """The failure as it leaves an entry: of those inside of a block nothing is told."""
        if isinstance(entry, CheckedBlock) or failure.call is None:
            failure.call = self.path + entry.name
        if isinstance(entry, CheckedCall) and failure.leaf is None:
            failure.leaf, failure.direct = entry, self._is_direct(entry)
        return failure

    def _is_direct(self, call: CheckedCall) -> bool:
        """Whether what is sent comes from the request alone."""
        values = [*(one.value for one in call.arguments), call.body, *(value for _, value in call.headers)]
        if call.each is not None or call.batch is not None or self.outer is not None:
            return True  # or it does not: what both would do is in `also`
        read = {n.name for n in nodes(*values) if isinstance(n, tree.Ref) and n.role in (Role.CALL, Role.LET)}
        return not self.calls_behind(read)

    def _own_guards(self, call: CheckedCall, value: Any) -> None:
        """A call's guards; they may read the call itself."""
        env = replace(
            self.env,
            call=lambda name: value if name == call.name else self.value(name),
            reply=lambda name: self.answered.get(name) if name == call.name else self.reply(name),
        )
        for guard in call.guards:
            if value is None and guard.skip_if_null and call.may_be_null:
                continue
            for need in sorted(guard.needs - {call.name}):
                self.value(need)
            self._guard(guard, env)

    def _whole(self, entry: CheckedEntry) -> Any:
        """What the name holds when `when` is true."""
        each = entry.each
        if each is None:
            return self._softly(entry, self.env)
        items = list(made(each.source, self.env))
        if each.limit is not None and len(items) > each.limit:
            if each.client_list:
                raise Stop(Outcome(422, {"detail": f"more than {each.limit} items"}, "limit", problem=True))
            raise Failure("limit", unsent=False)
        results, failed = list[Any](), list[Failure | Stop | Blocked]()
        for item in items:
            env = self.env.having(Role.LOOP, taken(each.target, item))
            try:
                wanted = each.condition is None or made(each.condition, env)
                results.append(self._softly(entry, env) if wanted else None)
            except (Failure, Stop, Blocked) as error:
                failed.append(error)
                if each.concurrency == 1:
                    break
        told = [one for one in failed if not isinstance(one, Blocked)]
        if failed:
            raise self.run.oracle.choose(told) if told else failed[0]
        return results if entry.key is None else _by_key(results, entry.key, self.env)

    def _softly(self, entry: CheckedEntry, env: Env) -> Any:
        """One time, and what becomes of its failure."""
        mark = self.run.mark()
        try:
            return self._inside(entry, env) if isinstance(entry, CheckedBlock) else self._once(entry, env)
        except Failure as failure:
            if isinstance(entry, CheckedBlock) or entry.batch is not None:
                self.run.doubt(mark)
            return self._failed(entry, self._blamed(entry, failure), env, mark)

    def _inside(self, block: CheckedBlock, env: Env) -> Any:
        scope = Scope(self.run, block, env, self, f"{self.path}{block.name}.")
        failed = scope.failures()
        if not failed:
            return made(block.value, scope.env)
        told = self.run.oracle.choose(failed)
        raise Stop(told) if isinstance(told, Outcome) else replace(told)

    # ------------------------------------------------------------------------------------------ calls

    def _once(self, call: CheckedCall, env: Env) -> Any:
        if not all(made(value, env) is not None for value in call.null_arguments):
            return None
        if call.batch is not None:
            return self._batch(call, env)
        if call.pages is not None:
            return self._pages(call, env)
        answer = self._asked(call, env)
        items = self._items(call, answer, env)
        if call.key is None or call.each is not None or items is None:
            return items
        return _by_key(items, call.key, env)

    def _items(self, call: CheckedCall, answer: Any, env: Env) -> Any:
        return answer if call.items is None else made(call.items, env.having(Role.ANSWER, {"answer": answer}))

    def _batch(self, call: CheckedCall, env: Env) -> Any:
        assert call.batch is not None
        keys = [key for key in dict.fromkeys(made(call.batch.keys, env)) if key is not None]
        of = call.reply if call.items is None else call.items.type
        is_map = isinstance(non_null(of), MapType)
        united: Any = {} if is_map else []
        failed = []
        for start in range(0, len(keys), call.batch.size):
            inner = env.having(Role.BATCH, {"batch": keys[start : start + call.batch.size]})
            try:
                found = self._items(call, self._asked(call, inner), inner)
            except Failure as failure:
                failed.append(failure)
                continue
            if is_map:
                united = {**(found or {}), **united}
            else:
                united += found or []
        if failed:
            raise self.run.oracle.choose(failed)
        return united if call.key is None else _by_key(united, call.key, env)

    def _pages(self, call: CheckedCall, env: Env) -> Any:
        pages = call.pages
        assert pages is not None and pages.parameter is not None
        cursor = None if pages.by == "cursor" else pages.start
        of = call.reply if call.items is None else call.items.type
        found: Any = {} if isinstance(non_null(of), MapType) else []
        seen = [cursor]
        for _ in range(pages.max_pages):
            answer = self._asked(call, env, (pages.parameter, cursor))
            page = self._items(call, answer, env) or type(found)()
            found = {**page, **found} if isinstance(found, dict) else [*found, *page]
            inner = env.having(Role.ANSWER, {"answer": answer})
            if pages.by == "cursor":
                assert pages.next is not None
                cursor = made(pages.next, inner)
            if not page or cursor is None or (pages.until is not None and made(pages.until, inner)):
                break
            if pages.by != "cursor":
                cursor += 1 if pages.by == "page" else len(page)
            elif cursor in seen:
                raise Failure("invalid", why="repeated")
            seen.append(cursor)
        else:
            if pages.by == "cursor" or self._items(call, self._asked(call, env, (pages.parameter, cursor)), env):
                raise Failure("limit")
        return found if call.key is None else _by_key(found, call.key, env)

    def _asked(self, call: CheckedCall, env: Env, page: tuple[Parameter, Any] | None = None) -> Any:
        """Ask once. Raises `Failure`."""
        sent = self._request(call, env, page)
        self.run.asked.append(Asked(sent, call.write))
        reply = self.run.replies(call.operation, sent)
        if reply.fault is not None:
            raise Failure(reply.fault)
        if not 200 <= reply.status < 300:
            raise Failure("status", reply.status, reply.content, reply)
        value = self.run.decoding.success(call, reply)
        if call.success is not None:
            try:
                fine = made(call.success, self.env.having(Role.ANSWER, {"answer": value}))
            except Failure:
                raise Failure("invalid") from None
            if not fine:
                raise Failure("refused", reply.status)
        self.answered[call.name] = reply.status, {name.lower(): one for name, one in reply.headers.items()}
        return value

    def _request(self, call: CheckedCall, env: Env, page: tuple[Parameter, Any] | None) -> Sent:
        try:
            values = {id(one.parameter): evaluate(one.value, env) for one in call.arguments}
            if page is not None:
                values[id(page[0])] = page[1]
            body = NOTHING if call.body is None else evaluate(call.body, env)
            if call.body is not None and body is None:
                body = NOTHING
            sent = request_of(call.operation, values, body)
            own = [(name.lower(), evaluate(value, env)) for name, value in call.headers]
            added = tuple((name, header_text(value)) for name, value in own if value is not None)
        except Overflow:
            raise Failure("invalid", unsent=True, why="overflow") from None
        except (Breach, Unsent):
            raise Failure("invalid", unsent=True) from None
        return replace(sent, headers=tuple(sorted((*sent.headers, *added))))

    # ------------------------------------------------------------------------------------------ failures

    def _failed(self, entry: CheckedEntry, failure: Failure, env: Env, mark: tuple[int, int]) -> Any:
        reaction = _reaction(entry, failure)
        action = None if reaction is None else reaction.action
        if reaction is None or action is None:
            raise failure
        match action:
            case UseOther(other):
                value = self.value(other)
                self.answered[entry.name] = failure.status or 0, {}  # of the call that failed
                return value
            case Use(value):
                inner = self._with_error(entry, reaction, failure, env)
                if failure.degrades:
                    self.run.degraded[mark[1] :] = []
                self.run.soften(self.path + entry.name, failure)
                found = made(value, inner)
                if found is not None:
                    self.answered[entry.name] = failure.status or 0, {}
                return found
            case AnswerWith(status, detail, extra, None):
                inner = self._with_error(entry, reaction, failure, env)
                raise Stop(self._own(status, detail, extra, "on_error", inner))
            case AnswerWith(status, _, _, body) if body is not None:
                value = made(body, self._with_error(entry, reaction, failure, env))
                raise Stop(Outcome(status, self.run.written(value, body.type), "on_error", plain=True))
            case PassOn(bodies):
                self._pass_on(entry, bodies, failure)
        raise failure

    def _with_error(self, entry: CheckedEntry, reaction: CheckedReaction, failure: Failure, env: Env) -> Env:
        error = {"kind": failure.kind, "status": failure.status}
        if (of := reaction.error_body) is not None:
            error["body"] = self._error_body(entry, of, failure)
        return env.having(Role.ERROR, {"error": Obj(error)})

    def _error_body(self, entry: CheckedEntry, of: Type, failure: Failure) -> Any:
        if isinstance(of, Null) or (failure.content is NOTHING and isinstance(of, Nullable)):
            return None
        return self._read(entry, failure, of)

    def _read(self, entry: CheckedEntry, failure: Failure, of: Type) -> Any:
        """A failure's body; that it is not as documented is a failure that nothing softens."""
        try:
            if failure.reply is None or failure.leaf is None:
                raise Breach("no body")
            return self.run.decoding.body(failure.leaf, failure.reply, of)
        except Breach:
            raise Failure("invalid", call=failure.call, leaf=failure.leaf) from None

    def _pass_on(
        self, entry: CheckedEntry, bodies: tuple[tuple[int | str, Type | None], ...], failure: Failure
    ) -> None:
        if failure.kind != "status" or failure.status is None:
            return
        for said in (failure.status, f"{failure.status // 100}XX", "default"):
            for status, of in bodies:
                if str(status) == str(said):
                    body = NOTHING if of is None else write(self._read(entry, failure, of), of)
                    raise Stop(Outcome(failure.status, body, "on_error", plain=True))


def _reaction(entry: CheckedEntry, failure: Failure) -> CheckedReaction | None:
    """The most specific line of `on_error` that speaks of the failure."""
    known = {reaction.when: reaction for reaction in entry.reactions}
    keys: list[int | str] = [failure.kind]
    if failure.kind == "status" and failure.status is not None:
        keys = [failure.status, f"{failure.status // 100}xx"]
    return next((known[key] for key in (*keys, "else") if key in known), None)


def _by_key(items: Any, key: tree.Expr, env: Env) -> dict[Any, Any]:
    """The items by their key: the first of equal keys stays, what has none is left out."""
    found: dict[Any, Any] = {}
    for item in items.values() if isinstance(items, dict) else items:
        if item is not None:
            at = made(key, env.having(Role.ITEM, {"item": item}))
            if at is not None:
                found.setdefault(at, item)
    return found
