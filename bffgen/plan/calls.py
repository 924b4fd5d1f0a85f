"""The call of an endpoint as Python: asking the backend, once or several times, and what becomes of a failure."""

from __future__ import annotations

import ast

from bffgen.check.model import CheckedCall
from bffgen.expr.emit import condition
from bffgen.expr.tree import Not
from bffgen.plan.blocks import composed
from bffgen.plan.emitted_names import EndpointNames
from bffgen.plan.quote import code, name, quote
from bffgen.plan.reactions import Failing, assigns
from bffgen.plan.repeats import BatchWriter, EachWriter, PagesWriter
from bffgen.plan.requests import Place, RequestWriter
from bffgen.plan.shaping import is_shaped, items_type, shaped
from bffgen.typesystem.model import BOOLEAN, Null, is_nullable, non_null

Block = list[ast.stmt]


class CallWriter:
    """Writes the coroutine of one call. `number` is a local for the place of an item with `for`, where it is needed."""

    def __init__(self, call: CheckedCall, names: EndpointNames, place: Place, number: str | None = None) -> None:
        self.call = call
        self.names = names
        self.module = names.module
        self.place = place
        self.number = number
        self.request = RequestWriter(call, names, place)

    @property
    def result(self) -> ast.expr:
        """The annotation of what the coroutine returns."""
        if not self.call.wants_reply:
            return self.module.annotation(self.call.type)
        of = self.call.reply
        if is_shaped(self.call):
            of = non_null(self.call.type) if not is_nullable(items_type(self.call)) else self.call.type
        reply = self.module.runtime("replies", "Reply")
        made = code("Reply[T]", Reply=reply, T=self.module.annotation(of))
        return code("made | None", made=made) if self.call.may_be_null else made

    @property
    def local(self) -> str:
        """What the coroutine binds: the reply, or the value."""
        return self.names.reply(self.call.name) if self.call.wants_reply else self.names.value(self.call.name)

    @property
    def is_plain(self) -> bool:
        """Whether it needs nothing but to be sent: no coroutine of its own."""
        call = self.call
        waits = (call.guards, call.reactions, call.null_arguments, call.when, call.write, call.lazy)
        repeated = (call.each, call.batch, call.pages)
        return not (any(waits) or any(repeated) or is_shaped(call) or self.request.composes())

    def body(self, returns: bool) -> Block:
        """Asking, and what happens on a failure. The value is returned, or bound to the call's local."""
        call, made = self.call, list[ast.stmt]()
        if call.when is not None:
            unless = condition(Not(call.when, BOOLEAN, call.span), self.names)
            made += composed([call.when], quote("if unless:\n    return None", unless=unless), self.module)
        if call.each is not None:
            one = self.request.skipping() + self._caught(self._once(returns=True), returns=True)
            before, value = EachWriter(call, call.each, self.names, self.number).written(one)
            return made + before + self.give(value, returns)
        made += self.request.skipping()
        if call.batch is not None:
            function, before, value = BatchWriter(call, call.batch, self.names).written(*self.request.answer())
            return made + function + self._caught(before + self.give(value, returns), returns)
        if call.pages is not None:
            pages = PagesWriter(call, call.pages, self.names, self.request.page_local)
            function = pages.function_of(*self.request.answer())
            return made + function + self._caught(self.give(pages.everything(), returns), returns)
        return made + self._caught(self._once(returns), returns)

    def _once(self, returns: bool) -> Block:
        """Asking one time, and what is made of the answer."""
        before, answer = self.request.answer()
        if not is_shaped(self.call):
            return before + self.give(answer, returns)
        bound = quote("answer = value", value=answer)
        if self.call.wants_reply and self.call.each is None:
            whole, made = self.names.machinery("reply"), self.module.runtime("replies", "Reply")
            bound = quote("whole = value", whole=whole, value=answer) + quote("answer = whole.value", whole=whole)
            more, value = shaped(self.call, name("answer"), self.names)
            value = code("Reply(value, whole.status, whole.headers)", Reply=made, whole=whole, value=value)
        else:
            more, value = shaped(self.call, name("answer"), self.names)
        return before + bound + more + self.give(value, returns)

    def _caught(self, tried: Block, returns: bool) -> Block:
        failing = Failing(self.call, self.names, self.local, lambda value: self.give(value, returns), self.place.start)
        made = failing.caught(tried)
        if returns or made is tried:
            return made
        handlers = [line for one in made if isinstance(one, ast.Try) for part in one.handlers for line in part.body]
        declared = ast.AnnAssign(ast.Name(self.local, ast.Store()), self.result, None, 1)
        return [declared, *made] if assigns(handlers, self.local) else made

    def give(self, value: ast.expr, returns: bool) -> Block:
        if returns:
            return quote("return value", value=value)
        if isinstance(self.call.type, Null) and not self.call.wants_reply:
            return [ast.Expr(value), *quote("local = None", local=self.local)]
        return quote("local = value", local=self.local, value=value)
