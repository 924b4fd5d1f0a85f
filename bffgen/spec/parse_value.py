"""Values: expressions, constants, lists, objects with their `$` directives, templates and types."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Literal

from bffgen.diagnostics.model import Label
from bffgen.source.block_form import unbalanced
from bffgen.source.nodes import Node
from bffgen.source.text import Span
from bffgen.spec.keys import DIRECTIVES
from bffgen.spec.model import Const, Expr, ListValue, ObjectValue, Pick, Template, TypeText, Value
from bffgen.spec.names import why_no_type_name
from bffgen.spec.reader import Fields, Reader, is_null, shown
from bffgen.typesystem.names import class_name

MAX_VALUE_DEPTH = 50
_COMPREHENSION = re.compile(r"\bfor\b.+\bin\b", re.DOTALL)


def expression(node: Node) -> Expr:
    """The text of a scalar as an expression, without the white space around it."""
    text = node.text
    stripped = text.strip()
    if "#" not in stripped:  # lines are joined: an expression over several needs no parentheses
        stripped = stripped.replace("\n", " ")
    return Expr(stripped, node, len(text) - len(text.lstrip()))


def _unbraced(node: Node, written: str) -> str:
    inner = written[1:-1].strip()
    if node.kind == "mapping" and len(node.entries()) == 1 and " for " not in inner:  # `{name}`, as in templates
        return f"write the expression without braces: `{inner}`"
    return f"put the expression in parentheses: `({written})`"


class ValueReader(Reader):
    """Reads what stands where an expression may."""

    _shape: Node | None = None  # the mapping of the shape that is being read

    def scalar_value(self, node: Node) -> Expr | Const | None:
        value = node.value
        if isinstance(value, str):
            if value.strip():
                return expression(node)
            help = 'a text is written `("")`, nothing is `null`'
            self.diags.report("BFF113", "expected an expression, found an empty text", node.span, help=help)
            return None
        if isinstance(value, float) and not math.isfinite(value):
            self.bad(node.span, f"`{node.text}` is not a number that JSON has")
            return None
        return Const(value, node)

    def condition(self, node: Node | None) -> Expr | Const | None:
        """An expression that stands alone: no list, no mapping."""
        if node is None:
            return None
        if node.kind == "scalar":
            return self.scalar_value(node)
        if node.flow:
            self._parenthesise(node)
        else:
            self.wrong(node, "an expression")
        return None

    def value(self, node: Node | None, depth: int = 0) -> Value | None:
        """Any value: an expression, a constant, a list of values, an object of values."""
        if node is None:
            return None
        if depth > MAX_VALUE_DEPTH:
            self.diags.report("BFF107", f"a value is nested more than {MAX_VALUE_DEPTH} deep", node.span)
            return None
        if node.kind == "scalar":
            return self.scalar_value(node)
        if self._is_expression(node):
            self._parenthesise(node)
            return None
        return self._list(node, depth) if node.kind == "sequence" else self._object(node, depth)

    def values(self, node: Node | None, what: str) -> dict[str, tuple[Value, Span]]:
        """A mapping of names to values, with the places of the names."""
        if node is None:
            return {}
        found = {key: self.value(item) for key, item in self.entries(node, what).items()}
        return {key: (value, node.key(key)) for key, value in found.items() if value is not None}

    def _list(self, node: Node, depth: int) -> ListValue:
        items = [self.value(item, depth + 1) for item in node.elements()]
        return ListValue(tuple(item for item in items if item is not None), node)

    def _object(self, node: Node, depth: int) -> ObjectValue | None:
        if self._misread(node):
            return None
        entries: list[tuple[str, Span, Value]] = []
        directives: dict[str, Node] = {}
        for key, item in node.entries().items():
            if key.startswith("$"):
                directives[key] = item
            elif (value := self.value(item, depth + 1)) is not None:
                entries.append((key, node.key(key), value))
        return self._directed(node, tuple(entries), directives)

    # --------------------------------------------------------------------------------------- directives

    def _directed(
        self, node: Node, entries: tuple[tuple[str, Span, Value], ...], directives: Mapping[str, Node]
    ) -> ObjectValue:
        fields = self._directives(node, directives)
        name = self.text(fields.get("$name"), "a model's name, such as `Review`")
        if name is not None:
            why, other = why_no_type_name(name), class_name(name)
            self.checked_name(name, node.entries()["$name"].span, "a model", why, other)
        return ObjectValue(
            entries,
            node,
            loop=self._text_expression(fields.get("$for"), "`x in xs`"),
            condition=self._text_expression(fields.get("$if"), "an expression"),
            picks=self._picks(fields.get("$pick")),
            name=name,
            omit_null=self.boolean(fields.get("$omit_null"), False),
        )

    def _directives(self, node: Node, found: Mapping[str, Node]) -> Fields:
        known = {}
        for key, item in found.items():
            entry = DIRECTIVES.keys.get(key)
            if entry is None:
                known_here = [name for name in DIRECTIVES.working if name != "$of"]
                self.unknown_key(node, key, known_here, "a mapping of a response")
            elif key == "$of" and node is not self._shape:
                self.diags.report("BFF104", "`$of` belongs to a shape", Label(node.key(key), "not in `shapes:`"))
            else:
                known[key] = item
        return Fields(node, known)

    def _text_expression(self, node: Node | None, what: str) -> Expr | None:
        if node is None:
            return None
        if node.kind == "scalar" and node.text.strip() and not is_null(node):
            return expression(node)
        if node.flow:
            self._parenthesise(node)
        else:
            self.wrong(node, what)
        return None

    def _picks(self, node: Node | None) -> tuple[Pick, ...]:
        if node is None:
            return ()
        picks = []
        for key, item in self.entries(node, "values and the fields to copy: `{product: [name]}`").items():
            if not key.strip():
                self.wrong(node.key_node(key), "an expression")
                continue
            fields: tuple[tuple[str, Span], ...] | Literal["all"] = "all"
            if not (item.kind == "scalar" and item.text == "all"):
                fields = self.texts(item, "a list of fields, or `all`")
            picks.append(Pick(expression(node.key_node(key)), fields))
        return tuple(picks)

    # ------------------------------------------------------------------- what YAML reads as something else

    def _is_expression(self, node: Node) -> bool:
        """Whether `[x for x in xs]`, `[f(a, b)]` or `{a}` was written without parentheses."""
        if not node.flow:
            return False
        if node.kind == "sequence":
            texts = [item.text for item in node.elements() if item.kind == "scalar" and not item.quoted]
            return any(unbalanced(text) or _COMPREHENSION.search(text) for text in texts)
        entries = node.entries()
        if any(key.startswith("$") for key in entries):
            return False
        plain = [item.text for item in entries.values() if item.kind == "scalar" and not item.quoted]
        alone = bool(entries) and len(plain) == len(entries) and not any(plain)
        return alone or any(_COMPREHENSION.search(text) for text in plain)

    def _parenthesise(self, node: Node) -> None:
        span = node.span
        written = node.file.text[span.start : span.end]
        self.diags.report(
            "BFF115",
            f"YAML reads this as a {'list' if node.kind == 'sequence' else 'mapping'}, not as an expression",
            Label(span),
            help=_unbraced(node, written) if "\n" not in written else None,
        )

    # ------------------------------------------------------------------------------ templates and types

    def template(self, node: Node | None) -> Template | None:
        text = self.text(node)
        return Template(text, node) if node is not None and text is not None else None

    def type_text(self, node: Node | None) -> TypeText | None:
        if node is None:
            return None
        if node.kind == "scalar" and node.text.strip() and isinstance(node.value, str):
            return TypeText(node.text, node)
        items = node.elements() if node.kind == "sequence" else []
        of = items[0].text if len(items) == 1 and items[0].kind == "scalar" else None
        self.wrong(node, "a type such as `int` or `list[str] | None`", f"write `list[{shown(of)}]`" if of else None)
        return None
