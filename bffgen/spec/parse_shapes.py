"""`shapes:`: typed mappings that are used as functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from bffgen.diagnostics.model import Label
from bffgen.source.nodes import Node
from bffgen.source.text import Span
from bffgen.spec.model import ObjectValue, Shape, TypeText
from bffgen.spec.names import why_no_type_name
from bffgen.spec.parse_value import ValueReader
from bffgen.spec.reader import shown
from bffgen.typesystem.names import class_name, python_name

_OUTSIDE = ("$for", "$if", "$name")
"""Directives that stand where a shape is used."""


class ShapeReader(ValueReader):
    """Reads the shapes of the spec and of the files that it includes."""

    def shapes(self, nodes: Iterable[Node | None]) -> Mapping[str, Shape]:
        found: dict[str, Shape] = {}
        for node in nodes:
            for name, item in (self.entries(node, "shapes by name, a mapping") if node else {}).items():
                span = node.key(name) if node else item.span
                usable = self.checked_name(name, span, "a shape", why_no_type_name(name), class_name(name))
                shape = self._shape_of(name, span, item)
                if usable and not self._is_known(name, span, found) and shape is not None:
                    found[name] = shape
        return found

    def _is_known(self, name: str, span: Span, found: Mapping[str, Shape]) -> bool:
        """Whether there is a shape of this name, or one whose emitted function would have the same name."""
        other = next((other for other in found if python_name(other) == python_name(name)), None)
        if other is None:
            return False
        words = "stands twice" if other == name else f"is too much like `{other}`"
        self.diags.complain("BFF103", f"shape `{shown(name)}` {words}", span, found[other].name_span, "first here")
        return True

    def _shape_of(self, name: str, span: Span, node: Node) -> Shape | None:
        self._shape = node
        value = self.value(node)
        self._shape = None
        if not isinstance(value, ObjectValue):
            if value is not None:
                self.wrong(node, "a shape, a mapping with `$of`")
            return None
        for directive in _OUTSIDE:
            if directive in node.entries():
                label = Label(node.key(directive), "stands where the shape is used")
                self.diags.report("BFF104", f"a shape has no `{directive}`", label)
        of = node.get("$of")
        if of is None:
            message, help = "a shape needs the key `$of`", "add `$of: {review: reviews.Review}`"
            self.diags.report("BFF105", message, Label(span, "of what?"), help=help)
            return None
        return Shape(name, span, self._shape_params(of), replace(value, name=name, loop=None, condition=None))

    def _shape_params(self, node: Node) -> Mapping[str, tuple[TypeText, Span]]:
        found: dict[str, tuple[TypeText, Span]] = {}
        for name, item in self.entries(node, "parameters and their types: `{review: reviews.Review}`").items():
            text = self.type_text(item)
            if self.name(name, node.key(name), "a parameter") and text is not None:
                found[name] = text, node.key(name)
        return found
