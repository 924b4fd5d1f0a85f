"""What the names of an endpoint stand for, worked out when they are first asked for."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import field, replace

from bffgen.check import values
from bffgen.check.access import CheckedAccess
from bffgen.check.graph import ONCE, waiting
from bffgen.check.lists import Given, check_each, each_type, given, unknown_items
from bffgen.check.model import CheckedEach, CheckedParam, CheckedReaction, Use, UseOther
from bffgen.check.operations import Backends, reply_type
from bffgen.check.reactions import check_reactions
from bffgen.check.streams import streamed_call
from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.expr import tree
from bffgen.expr.facts import proved
from bffgen.expr.parse import Parsed, parse_loop
from bffgen.expr.scope import Binding, Context, Fact, Scope
from bffgen.expr.tree import Role
from bffgen.openapi.model import Operation
from bffgen.records import dataclass
from bffgen.source.text import Span
from bffgen.spec import model as spec
from bffgen.typesystem.model import Null, Type, is_nullable, nullable
from bffgen.typesystem.names import class_name
from bffgen.typesystem.relations import BROKEN, join


@dataclass
class Names:
    """One scope: of an endpoint, or of a block inside of one (`around`), with its loop's variables (`bound`).

    Types of calls and lets are found on demand, so the order written is free. A node of the scope around is told
    by a `^` before its name: it is there when the block starts.
    """

    endpoint: spec.Endpoint | spec.Block
    root: spec.Endpoint
    operations: Mapping[spec.Call, Operation | None]
    backends: Backends
    params: Mapping[str, CheckedParam]
    body: Type | None
    body_required: bool
    facts: dict[str, Fact] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    around: Names | None = None
    bound: Mapping[str, Binding] = field(default_factory=dict)
    hint: str = ""
    doubts: set[str] = field(default_factory=set)  # of what a guard that is broken may have proved something
    _inside: dict[str, Inside] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)
    _replies: dict[str, Type] = field(default_factory=dict)
    _given: dict[str, Given] = field(default_factory=dict)
    _reactions: dict[str, tuple[CheckedReaction, ...]] = field(default_factory=dict)
    _reaction_needs: dict[str, set[str]] = field(default_factory=dict)
    _lets: dict[str, tuple[tree.Expr, frozenset[str]]] = field(default_factory=dict)
    _working: list[str] = field(default_factory=list)

    def child(self, block: spec.Block, inner: Context) -> Names:
        """The scope of a block: what the block's own loop and conditions tell, and everything around.

        A loop over anything but request values is told by a bare `^`.
        """
        bound = {name: found for name in self._loop_names(block) if (found := inner.scope.find(name)) is not None}
        if inner.used:
            bound = {name: replace(found, needs="^") for name, found in bound.items()}
        facts = {path: Fact(fact.type, f"^{fact.origin or ''}") for path, fact in inner.facts.items()}
        return Names(
            block,
            self.root,
            self.operations,
            self.backends,
            self.params,
            self.body,
            self.body_required,
            facts,
            self.seen,
            self,
            bound,
            inner.hint,
            set(inner.doubts),
        )

    def _loop_names(self, block: spec.Block) -> list[str]:
        if block.each is None:
            return []
        clause = parse_loop(values.source_text(block.each.clause), Diagnostics())
        return [] if clause is None else [n.id for n in ast.walk(clause[0].target) if isinstance(n, ast.Name)]

    @property
    def everything_used(self) -> set[str]:
        """Every node that an expression of this scope used, those around it with a `^`."""
        return self._used

    def silent(self) -> Names:
        """The same scope, of which nothing has been worked out and nothing will be told."""
        return Names(
            self.endpoint,
            self.root,
            self.operations,
            replace(self.backends, diags=Diagnostics()),
            self.params,
            self.body,
            self.body_required,
            dict(self.facts),
            set(),
            self.around,
            self.bound,
            self.hint,
            set(self.doubts),
        )

    def lazy(self) -> dict[str, Span]:
        """The calls of this scope that are made only in the place of another, with where that is said."""
        return {
            entry.reaction.name: entry.reaction.span
            for call in self.endpoint.calls.values()
            for entry in call.on_error
            if isinstance(entry.reaction, spec.UseCall) and entry.reaction.name != call.name
        }

    def is_skipped(self, name: str) -> bool:
        """Whether a call cannot be checked: its operation is unknown, which has been said."""
        entry = self.endpoint.calls[name]
        return isinstance(entry, spec.Call) and self.operations.get(entry) is None

    @property
    def diags(self) -> Diagnostics:
        return self.backends.diags

    def context(self, added: Mapping[str, Binding] | None = None) -> Context:
        """A context for one expression: everything in scope, with what guards have proved."""
        scope = Scope(
            self._find,
            self._all,
            lambda name: name in self.backends.whole.backends,
            type_named=lambda node, ctx: self.backends.type_named(node, ctx, request=False),
            header=self._header,
            headers=self._headers,
        )
        scope = self.backends.own.scope(scope.with_names(added) if added else scope)
        hint = self.hint or class_name(operation_id(self.root))
        used = _Used(self._used)
        return Context(scope, self.diags, _NOTHING, dict(self.facts), used, self.seen, frozenset(self.doubts), hint)

    # ------------------------------------------------------------------------------------------ lookups

    def _all(self) -> Iterable[str]:
        names = [*self.bound, *self.endpoint.calls, *self.endpoint.let]
        if self.around is not None:
            return [*names, *self.around._all()]
        known = ["body"] * (self.body is not None) + ["claims"] * (self._access is not None)
        return [*self.params, *names, *known]

    @property
    def _access(self) -> CheckedAccess | None:
        return self.backends.accesses.of(self.root.security) if self.backends.accesses is not None else None

    def _find(self, name: str) -> Binding | None:
        if name in self.bound:
            return self.bound[name]
        found = self._own(name)
        if found is None and self.around is not None:
            outer = self.around._find(name)
            return replace(outer, needs=f"^{outer.needs}") if outer is not None and outer.needs else outer
        return found

    def _own(self, name: str) -> Binding | None:
        if self.around is None and name in self.params:
            param = self.params[name]
            if param.required or param.has_default:
                return Binding(Role.PARAM, param.type)
            return Binding(Role.PARAM, nullable(param.type), nulls=self._why_param(name))
        if self.around is None and name == "body" and self.body is not None:
            return Binding(Role.BODY, self.body if self.body_required else nullable(self.body))
        if self.around is None and name == "claims" and (access := self._access) is not None:
            return Binding(Role.CLAIMS, access.claims)
        if name in self.endpoint.calls:
            call = self.endpoint.calls[name]
            return Binding(Role.CALL, self.call_type(name), call.name_span, name, self._why_call(call))
        if name in self.endpoint.let:
            return Binding(Role.LET, self.let(name)[0].type, self.endpoint.let[name][1], name)
        return None

    def _why_param(self, name: str) -> Label | None:
        written = self.root.params.get(name)
        return Label(written.name_span, "null when the client does not send it") if written else None

    def _why_call(self, call: spec.Entry) -> Label | None:
        """What makes a call null: its condition, else the first reaction that does."""
        if call.when is not None:
            return Label(call.when.node.span, f"`{call.name}` is null where this is not true")
        for entry in call.on_error:
            if isinstance(entry.reaction, spec.Default) and isinstance(entry.reaction.value, spec.Const):
                if entry.reaction.value.value is None:
                    return Label(entry.span, f"`{call.name}` is null when it fails")
        return None

    def _operation(self, call: str) -> Operation | None:
        entry = self.endpoint.calls.get(call)
        if entry is None and self.around is not None:
            return self.around._operation(call)
        return self.operations.get(entry) if isinstance(entry, spec.Call) else None

    def _header(self, call: str, name: str) -> str | None:
        operation = self._operation(call)
        if operation is None:
            return None
        return next((n for r in operation.success() for n in r.headers if n == name.lower()), None)

    def _headers(self, call: str) -> Iterable[str]:
        operation = self._operation(call)
        return [h.name for r in operation.success() for h in r.headers.values()] if operation else ()

    # ------------------------------------------------------------------------------------------ calls

    def inside(self, name: str) -> Inside:
        """The scope of a block and its value."""
        if name not in self._inside:
            block = self.endpoint.calls[name]
            assert isinstance(block, spec.Block)
            self._inside[name] = open_block(block, self)
        return self._inside[name]

    def reply(self, name: str) -> Type:
        """What a successful call answers; what a block's value is."""
        if name not in self._replies:
            entry = self.endpoint.calls[name]
            if isinstance(entry, spec.Block):
                if not self._enter(name, entry.name_span):
                    return BROKEN
                self._replies[name] = self.inside(name).value.type
                self._working.pop()
            else:
                operation = self.operations.get(entry)
                streamed = self.around is None and name == streamed_call(self.root)
                made = BROKEN if operation is None else reply_type(operation, entry, self.backends, streamed)
                self._replies[name] = made
        return self._replies[name]

    def reactions(self, name: str) -> tuple[CheckedReaction, ...]:
        """The call's `on_error` table."""
        if name not in self._reactions:
            entry = self.endpoint.calls[name]
            gives = BROKEN if self.is_skipped(name) else self.given(name).type
            if self.is_skipped(name) or not self._enter(name, entry.name_span):
                return ()
            ctx = self.context().inside(name)
            operation = self.operations.get(entry) if isinstance(entry, spec.Call) else None
            self._reactions[name] = check_reactions(entry, operation, gives, ctx)
            self._reaction_needs[name] = ctx.used
            self._working.pop()
        return self._reactions[name]

    def reaction_needs(self, name: str) -> set[str]:
        self.reactions(name)
        return self._reaction_needs.get(name, set())

    def given(self, name: str) -> Given:
        """What a successful call gives: its answer, or the list of it, or a map of that list."""
        if name not in self._given:
            self._given[name] = given(self.endpoint.calls[name], self.reply(name), self.context())
        return self._given[name]

    def item_type(self, name: str) -> Type:
        """What the call gives, or what `on_error` puts in its place; with `for`, of one item."""
        of = self.given(name).type
        for reaction in self.reactions(name):
            if isinstance(reaction.action, Use):
                of = join(of, reaction.action.value.type)
            elif isinstance(reaction.action, UseOther):
                of = join(of, self.call_type(reaction.action.call))
        return of

    def call_type(self, name: str) -> Type:
        """The type of a call's name: a list or map with `for`, null where `when` is false."""
        call, of = self.endpoint.calls[name], self.item_type(name)
        if call.each is not None:
            of = each_type(call, of, self.given(name))
        return nullable(of) if call.when is not None else of

    def may_be_skipped(self, name: str) -> bool:
        """Whether the call is nullable anyway: then a null argument means that it is not made."""
        call = self.endpoint.calls[name]
        to_null = (r.action.value.type for r in self.reactions(name) if isinstance(r.action, Use))
        condition = call.when if call.each is None else call.each.condition
        return condition is not None or any(is_nullable(of) or isinstance(of, Null) for of in to_null)

    # ------------------------------------------------------------------------------------------ lets

    def let(self, name: str) -> tuple[tree.Expr, frozenset[str]]:
        """The value of a `let`, and the nodes of the graph that it needs."""
        if name not in self._lets:
            written, span = self.endpoint.let[name]
            if not self._enter(name, span):
                return tree.Literal(None, BROKEN, span), frozenset()
            ctx = self.context().inside(name)
            found = values.value(written, ctx)
            self._lets[name] = (found, frozenset(ctx.used))
            self._working.pop()
        return self._lets[name]

    def _enter(self, name: str, span: Span) -> bool:
        """Begin to work a name out; False after a message when that is going on already (BFF401)."""
        if name not in self._working:
            self._working.append(name)
            return True
        ring = self._working[self._working.index(name) :]
        self.diags.report("BFF401", waiting(ring), Label(span, "needs its own value"), note=ONCE)
        return False


@dataclass(frozen=True, eq=False)
class Inside:
    """A block as its own scope sees it. `used` are the nodes around it that its head needs."""

    names: Names
    each: CheckedEach | None
    when: tree.Expr | None
    value: tree.Expr
    used: frozenset[str]
    value_needs: frozenset[str]


def open_block(block: spec.Block, names: Names) -> Inside:
    """The scope of a block, with its value typed."""
    ctx = names.context().inside(block.name)
    when = None if block.when is None else values.condition(block.when, ctx)
    inner = ctx.with_facts(proved(when, True)) if when is not None else ctx
    each = None
    if block.each is not None:
        made = check_each(block.each, inner)
        each, inner = made if made is not None else (None, unknown_items(block.each, inner))
    child = names.child(block, inner)
    own = child.context()
    value = values.value(block.value, own)
    return Inside(child, each, when, value, frozenset(ctx.used | inner.used), frozenset(own.used))


def operation_id(endpoint: spec.Endpoint) -> str:
    """As written, else from method and path: `GET /products/{product_id}` is `getProductsProductId`."""
    if endpoint.operation_id:
        return endpoint.operation_id
    words = [endpoint.method.lower()]
    for part in "".join(char if char.isalnum() else " " for char in endpoint.path).split():
        words.append(part[:1].upper() + part[1:])
    return "".join(words)


class _Used(set[str]):
    """The nodes that one expression uses; the scope hears of them, too."""

    def __init__(self, whole: set[str]) -> None:
        super().__init__()
        self._whole = whole

    def add(self, node: str) -> None:
        super().add(node)
        self._whole.add(node)


class _Nothing(Parsed):
    """Stands in the context of YAML mappings, which have no expression of their own."""

    def __init__(self) -> None:
        """No text, no tree: every expression brings its own."""


_NOTHING = _Nothing()
