"""What an expression can see: names, and what is known about values where it stands."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from typing import Literal

from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.expr import tree
from bffgen.expr.parse import Parsed
from bffgen.expr.quotes import in_place
from bffgen.expr.tree import Role
from bffgen.records import dataclass
from bffgen.source.text import Span
from bffgen.typesystem.model import Type
from bffgen.typesystem.names import class_name
from bffgen.typesystem.relations import BROKEN


@dataclass(frozen=True, eq=False, slots=True)
class Binding:
    """What a name stands for. `needs` names the node of the graph that must be there first (a call, a let)."""

    role: Role
    type: Type
    span: Span | None = None
    needs: str | None = None
    nulls: Label | None = None  # what makes it null, when something may


@dataclass(frozen=True, slots=True)
class Fact:
    """A value's type as something proved it. `origin` is the guard or call that did, None for the expression itself."""

    type: Type
    origin: str | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Parameter:
    """A parameter of a shape or function. `span` is where its type is written."""

    name: str
    type: Type
    required: bool = True
    positional: bool = True
    span: Span | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Signature:
    """What a shape of the spec, or a function of the user's, takes and gives."""

    kind: Literal["shape", "function"]
    name: str
    parameters: tuple[Parameter, ...]
    result: Type
    span: Span

    @property
    def is_broken(self) -> bool:
        """Whether a message was made about it already: then nothing is known of it."""
        return self.result is BROKEN


Fit = Callable[[tree.Expr, Type, Span, "Context", str, str, Label | None], tree.Expr]
"""Makes a value fit a type, or reports: value, type, place, context, its text, what the place is called, why."""


def _unfitted(
    value: tree.Expr, of: Type, span: Span, ctx: Context, shown: str, what: str, why: Label | None
) -> tree.Expr:
    return value


@dataclass(frozen=True, eq=False)
class Scope:
    """Names in scope. `find` may work out a call's type only now; `names` lists them all for suggestions.

    `operations(name)` tells whether a name is a backend's, `type_named` reads a type such as `reviews.Review`.
    `own` has the shapes of the spec and the functions of the user's, `schema` the types that go without a backend.
    """

    find: Callable[[str], Binding | None]
    names: Callable[[], Iterable[str]]
    is_backend: Callable[[str], bool] = lambda name: False
    type_named: Callable[[ast.expr, Context], Type | None] = lambda node, ctx: None
    header: Callable[[str, str], str | None] = lambda call, name: None
    headers: Callable[[str], Iterable[str]] = lambda call: ()
    own: Callable[[str], Signature | None] = lambda name: None
    own_names: Callable[[], Iterable[str]] = lambda: ()
    schema: Callable[[str], Type | None] = lambda name: None
    schemas: Callable[[], Iterable[str]] = lambda: ()
    fit: Fit = _unfitted

    def with_names(self, added: Mapping[str, Binding]) -> Scope:
        outer = self.find
        outer_names = self.names
        return replace(
            self,
            find=lambda name: added.get(name) or outer(name),
            names=lambda: [*added, *outer_names()],
        )


@dataclass(frozen=True, eq=False)
class Context:
    """Everything that typing one expression needs. `used` collects the graph nodes that it refers to."""

    scope: Scope
    diags: Diagnostics
    parsed: Parsed
    facts: Mapping[str, Fact] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)  # every name that was looked up and found
    doubts: frozenset[str] = frozenset()  # names of which a broken condition may have proved something
    hint: str = ""  # what an object that is made here is called: the operation's id and the way to the field

    def span(self, node: ast.expr | ast.keyword) -> Span:
        return self.parsed.span(node)

    def name_span(self, keyword: ast.keyword) -> Span:
        """Where the name of an argument stands."""
        span = self.span(keyword)
        return Span(span.file, span.start, span.start + len(keyword.arg or ""))

    def text(self, node: ast.expr) -> str:
        return self.parsed.text(node)

    def after(self, node: ast.expr) -> str:
        """The character that follows a node, white space left out; "" at the end."""
        return self.parsed.after(node)

    def error(
        self,
        code: str,
        where: ast.expr | ast.keyword | Span,
        message: str,
        label: str = "",
        *secondary: Label,
        note: str | None = None,
        help: str | None = None,
    ) -> tree.Expr:
        """Report, and stand in for the value that could not be typed."""
        span = where if isinstance(where, Span) else self.span(where)
        self.diags.report(code, message, Label(span, label), *secondary, note=note, help=in_place(help, span))
        return broken(span)

    def with_facts(self, facts: Mapping[str, Type], origin: str | None = None) -> Context:
        if not facts:
            return self
        known = {path: Fact(type_, origin) for path, type_ in facts.items()}
        return replace(self, facts={**self.facts, **known})

    def with_names(self, added: Mapping[str, Binding]) -> Context:
        return replace(self, scope=self.scope.with_names(added))

    def inside(self, field_name: str) -> Context:
        """The context of a field of the object that is being made."""
        return replace(self, hint=self.hint + class_name(field_name))


def broken(span: Span) -> tree.Expr:
    """A value that a message was made about; it fits everywhere."""
    return tree.Literal(None, BROKEN, span)
