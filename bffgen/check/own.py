"""What a spec declares itself for its expressions: shapes, and a file of functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from bffgen.check import values
from bffgen.check.answers import answerable
from bffgen.check.fit import fit
from bffgen.check.functions import Functions
from bffgen.check.model import CheckedFunctions, CheckedShape
from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.expr import tree
from bffgen.expr.parse import Parsed
from bffgen.expr.results import FUNCTIONS
from bffgen.expr.scope import Binding, Context, Parameter, Scope, Signature
from bffgen.expr.tree import Role
from bffgen.expr.walk import walk
from bffgen.source.text import Span
from bffgen.spec import model as spec
from bffgen.typesystem.model import Type
from bffgen.typesystem.relations import BROKEN

if TYPE_CHECKING:
    from bffgen.check.operations import Backends

_FORMS = ("dict", "status", "header", "isinstance")
_INSTANTS = ("now", "today", "uuid4")


class Own:
    """Shapes and functions by name, each worked out when it is first used."""

    def __init__(self, written: spec.Spec, functions: Functions | None, diags: Diagnostics) -> None:
        self._shapes = written.shapes
        self._functions = functions
        self._diags = diags
        self._signatures: dict[str, Signature] = {}
        self._checked: dict[str, CheckedShape] = {}
        self._working: list[str] = []
        self._used: dict[str, None] = {}
        self._backends: Backends | None = None
        self._report_hidden()

    def attach(self, backends: Backends) -> None:
        """Say where the types come from that shapes name."""
        self._backends = backends

    def names(self) -> dict[str, Span]:
        """Everything that can be called, with its place."""
        functions = self._functions.names if self._functions is not None else {}
        return {**functions, **{name: shape.name_span for name, shape in self._shapes.items()}}

    def signature(self, name: str) -> Signature | None:
        """What a shape or function takes and gives. None where there is none, or after a message."""
        if name in self._shapes:
            self._used[name] = None
            return self._shape_signature(self._shapes[name])
        if self._functions is None or name in FUNCTIONS or name in _FORMS:
            return None
        if name in self._functions.names:
            self._used[name] = None
            found = self._functions.signature(name)
            return found or Signature("function", name, (), BROKEN, self._functions.names[name])
        if self._functions.is_readable:
            return None
        return Signature("function", name, (), BROKEN, Span(self._functions.file, 0, 0))

    def scope(self, scope: Scope) -> Scope:
        """The scope with what can be called in it."""
        return replace(scope, own=self.signature, own_names=self.names, fit=_fitted)

    def context(self, bound: Mapping[str, Binding], hint: str, diags: Diagnostics) -> Context:
        """A context in which these names alone are there, and what can be called."""
        assert self._backends is not None
        backends = self._backends
        scope = Scope(
            bound.get,
            lambda: list(bound),
            lambda name: name in backends.whole.backends,
            type_named=lambda node, ctx: backends.type_named(node, ctx, request=False),
        )
        return Context(self.scope(scope), diags, NO_TEXT, hint=hint)

    def checked(self) -> tuple[tuple[CheckedShape, ...], CheckedFunctions | None]:
        """What endpoints have used. The shapes that nothing uses are checked, too."""
        used = dict(self._used)
        for shape in self._shapes.values():
            self._shape_signature(shape)
        shapes = tuple(self._checked[name] for name in self._shapes if name in used and name in self._checked)
        if self._functions is None:
            return shapes, None
        names = tuple(sorted(name for name in used if name in self._functions.names))
        return shapes, CheckedFunctions(self._functions.file.text, names)

    # -------------------------------------------------------------------------------------------- shapes

    def _shape_signature(self, shape: spec.Shape) -> Signature:
        if shape.name not in self._signatures:
            if shape.name in self._working:
                self._report_circle(shape)
                return Signature("shape", shape.name, (), BROKEN, shape.name_span)
            self._working.append(shape.name)
            parameters = tuple(self._parameter(name, *found) for name, found in shape.params.items())
            value = self._value(shape, parameters)
            result = value.type
            self._working.pop()
            self._signatures[shape.name] = Signature("shape", shape.name, parameters, result, shape.name_span)
            pairs = tuple((parameter.name, parameter.type) for parameter in parameters)
            self._checked[shape.name] = CheckedShape(shape.name, pairs, value, shape.name_span)
        return self._signatures[shape.name]

    def _parameter(self, name: str, text: spec.TypeText, span: Span) -> Parameter:
        assert self._backends is not None
        of = self._backends.written_type(text, request=False)
        return Parameter(name, BROKEN if of is None else of, span=text.node.span)

    def _value(self, shape: spec.Shape, parameters: tuple[Parameter, ...]) -> tree.Expr:
        bound = {p.name: Binding(Role.SHAPE, p.type, shape.params[p.name][1]) for p in parameters}
        ctx = self.context(bound, shape.name, self._diags)
        value = values.value(shape.value, ctx)
        answerable(value, ctx)
        for node in walk(value):
            if isinstance(node, tree.CallFunction) and node.name in _INSTANTS:
                self._report_instant(node)
        for name, (_, span) in shape.params.items():
            if name not in ctx.names:
                message = f"`{name}` of shape `{shape.name}` is never used"
                self._diags.report("BFF404", message, Label(span, "not used by the shape"))
        return value

    # ------------------------------------------------------------------------------------------ messages

    def _report_hidden(self) -> None:
        functions = self._functions.names if self._functions is not None else {}
        for name, span in self.names().items():
            if name in FUNCTIONS or name in _FORMS:
                message = f"`{name}` hides the function `{name}`"
                self._diags.report("BFF208", message, Label(span, "a function of the language"))
            elif name in functions and name in self._shapes:
                labels = Label(span, "again here"), Label(functions[name], "first here")
                self._diags.report("BFF208", f"`{name}` hides another name", *labels, help="choose another name")

    def _report_circle(self, shape: spec.Shape) -> None:
        ring = [*self._working[self._working.index(shape.name) :], shape.name]
        note = " uses ".join(f"`{name}`" for name in ring)
        label = Label(shape.name_span, "needs itself")
        self._diags.report("BFF417", f"shape `{shape.name}` uses itself", label, note=note)

    def _report_instant(self, node: tree.CallFunction) -> None:
        self._diags.report(
            "BFF206",
            f"`{node.name}()` is not there in a shape",
            Label(node.span, "one for each request"),
            help="take it as a parameter: `$of: {at: datetime}`, and `at=now()` where the shape is used",
        )


def _fitted(
    value: tree.Expr, of: Type, span: Span, ctx: Context, shown: str, what: str, why: Label | None
) -> tree.Expr:
    return fit(value, of, span, ctx, shown, what, why)


class _NoText(Parsed):
    """Stands in the context of YAML mappings, which have no expression of their own."""

    def __init__(self) -> None:
        """No text, no tree: every expression brings its own."""


NO_TEXT = _NoText()
