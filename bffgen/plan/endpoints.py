"""The function of an endpoint: guards, calls as a graph, the answer."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from bffgen.check.model import CheckedEndpoint
from bffgen.expr.emit import emit
from bffgen.expr.tree import Ref, Role
from bffgen.plan.answers import degrades_at_all
from bffgen.plan.blocks import in_composing
from bffgen.plan.emitted_names import EndpointNames
from bffgen.plan.envelope import degraded_calls, wrapping
from bffgen.plan.instants import bind_instants
from bffgen.plan.operations import Clients
from bffgen.plan.passing import is_passed_on, own_status, passed_on
from bffgen.plan.quote import called, code, constant, name, quote
from bffgen.plan.schedule import Schedule
from bffgen.plan.scopes import Around, ScopeWriter
from bffgen.plan.tidy import tidied
from bffgen.plan.traits import traits_of
from bffgen.plan.walk import result_exprs, walk

Block = list[ast.stmt]


class EndpointWriter(ScopeWriter):
    """Writes the body of one endpoint's function, in paragraphs."""

    def __init__(self, endpoint: CheckedEndpoint, plan: Schedule, names: EndpointNames, clients: Clients) -> None:
        self.endpoint = endpoint
        self.traits = traits_of(endpoint)
        super().__init__(endpoint, plan, names, Around(clients, self.traits, endpoint.parallel_writes))
        self.degrades = degrades_at_all(endpoint)

    wrapper = ""  # the function that puts an answer into its envelope

    def paragraphs(self) -> tuple[Sequence[ast.stmt], ...]:
        before, block, answer = self.before(), self._fan_out(), self._answer()
        if self.traits.records:
            block, answer = self._undoing([*block, *(line for part in answer for line in part)]), []
        return tidied((self._instants(), *before, block, *answer))

    def _instants(self) -> Block:
        return bind_instants(self.names.instants(), self.module)

    # ------------------------------------------------------------------------------------------------ the graph

    def _fan_out(self) -> Block:
        if not self.plan.nodes:
            return []
        entered = called(
            self.module.runtime("fan_out", "fan_out"),
            deadline=constant(self.endpoint.deadline),
            share=constant(True) if self.traits.shares else None,
        )
        return quote("async with entered as calls:\n    nodes", entered=entered, nodes=self.started())

    def _undoing(self, block: Block) -> Block:
        """Everything after which a write may have to be taken back."""
        entered = called(self.module.runtime("undo", "undoing"), deadline=constant(self.endpoint.deadline))
        return quote("async with entered as writes:\n    block", entered=entered, block=block)

    # ----------------------------------------------------------------------------------------------- the answer

    def _answer(self) -> list[Block]:
        endpoint, exprs = self.endpoint, [*result_exprs(self.endpoint), *(let.value for let in self.plan.after)]
        results = self.results(exprs)
        if any(isinstance(node, Ref) and node.role is Role.DEGRADED for node in walk(*exprs)):
            results += quote("degraded = value", value=degraded_calls(self.module))
        composing: Block = [line for let in self.plan.after for line in self.bound(let)]
        passed = is_passed_on(endpoint)
        plain = isinstance(endpoint.response, Ref) and not composing
        if endpoint.response is not None and not plain and not passed:
            composing += quote("answer = value", value=emit(endpoint.response, self.names))
        composing += self._status() + self._headers() + self._cookies()
        block = in_composing(composing, self.module) if composing else []
        end = [*block, *self._finish(plain)]
        return [results, end] if block else [results + end]

    def _status(self) -> Block:
        if (own := own_status(self.endpoint)) is not None:
            return quote("response.status_code = value", value=constant(own))
        if self.endpoint.status is None:
            return []
        return quote("response.status_code = value", value=emit(self.endpoint.status, self.names))

    def _headers(self) -> Block:
        made: Block = []
        for header, value in self.endpoint.headers:
            setter = called(self.module.runtime("answers", "set_header"), name("response"), constant(header))
            setter.args.append(emit(value, self.names))
            made.append(ast.Expr(setter))
        return made

    def _cookies(self) -> Block:
        made: Block = []
        for cookie in self.endpoint.cookies:
            options: dict[str, ast.expr | None] = {
                "secure": constant(False) if not cookie.secure else None,
                "http_only": constant(False) if not cookie.http_only else None,
                "same_site": constant(cookie.same_site.lower()) if cookie.same_site.lower() != "lax" else None,
                "max_age": constant(cookie.max_age) if cookie.max_age is not None else None,
                "path": constant(cookie.path) if cookie.path != "/" else None,
            }
            value = emit(cookie.value, self.names)
            setter = self.module.runtime("answers", "set_cookie")
            made.append(ast.Expr(called(setter, name("response"), constant(cookie.name), value, **options)))
        return made

    def _finish(self, plain: bool) -> Block:
        made: Block = []
        if self.degrades:
            own = self.endpoint.degraded_status != self.endpoint.statuses[0]
            status = constant(self.endpoint.degraded_status) if own else None
            made.append(ast.Expr(called("calls.finish", name("response"), degraded_status=status)))
        if self.endpoint.envelope is not None:
            return made + self._wrapped(plain)
        if self.endpoint.response is None:
            return made
        if is_passed_on(self.endpoint):
            return made + passed_on(self.endpoint, self.names, self.uses_response)
        if plain:
            return made + quote("return value", value=emit(self.endpoint.response, self.names))
        return made + quote("return answer")

    def _wrapped(self, plain: bool) -> Block:
        endpoint = self.endpoint
        own = endpoint.status is not None or (self.degrades and endpoint.degraded_status != endpoint.statuses[0])
        status = constant(endpoint.statuses[0])
        if own:
            status = code("response.status_code or status", status=status)
        made: ast.expr | None = None if endpoint.response is None else name("answer")
        if plain and endpoint.response is not None:
            made = emit(endpoint.response, self.names)
        degraded = degraded_calls(self.module) if self.degrades else None
        return in_composing(quote("return value", value=wrapping(self.wrapper, status, made, degraded)), self.module)

    @property
    def uses_response(self) -> bool:
        endpoint = self.endpoint
        set_here = endpoint.status is not None or own_status(endpoint) is not None
        return self.degrades or set_here or bool(endpoint.headers or endpoint.cookies)
