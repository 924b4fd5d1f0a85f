"""The head of a call: `catalog.getProduct(id=product_id)` or `orders["GET /orders/{id}"](id=x)`."""

from __future__ import annotations

import ast
import keyword
import re
import warnings

from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.expr.faults import Fault, fault_of
from bffgen.records import dataclass
from bffgen.source.nodes import Node
from bffgen.source.text import Span
from bffgen.spec.model import Argument, Expr
from bffgen.spec.reader import shown

MAX_HEAD = 20_000  # characters
_FORM = "a call is written `backend.operation(name=value)`"
_ODD_OPERATION = re.compile(r"\s*([A-Za-z_]\w*)\.([\w./:-]+)")
_PLACED = re.compile(r"\s*((?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) /\S*)")
_ODD_ARGUMENT = re.compile(r"[(,]\s*(\w+(?:[-.]\w+)*)\s*=(?!=)")


@dataclass(frozen=True, slots=True)
class Head:
    backend: str
    backend_span: Span
    operation: str
    operation_span: Span
    arguments: tuple[Argument, ...]


def parse_head(node: Node, diags: Diagnostics) -> Head | None:
    """Read a call's head from its scalar; None when it is none, which is reported."""
    return _HeadParser(node, diags).parse()


class _HeadParser:
    def __init__(self, node: Node, diags: Diagnostics) -> None:
        self._node = node
        self._text = node.text
        self._diags = diags
        self._lines = [0]
        for line in ("(" + self._text).split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)
        self._wrapped = ("(" + self._text).split("\n")

    def parse(self) -> Head | None:
        tree = self._tree()
        if tree is None:
            return None
        target = tree.func if isinstance(tree, ast.Call) else tree
        found = self._target(target)
        if found is None:
            self._odd(target)
            return None
        arguments = self._arguments(tree) if isinstance(tree, ast.Call) else ()
        return Head(*found, arguments)

    def _tree(self) -> ast.expr | None:
        if len(self._text) > MAX_HEAD:
            self._diags.report("BFF107", f"a call of more than {MAX_HEAD} characters", self._node.span)
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(f"({self._text}\n)", mode="eval").body
        except SyntaxError as error:
            self._syntax(error)
        except (ValueError, RecursionError, MemoryError):
            self._diags.report("BFF113", "this cannot be read as a call", self._node.span, note=_FORM)
        return None

    # -------------------------------------------------------------------------------------- the target

    def _target(self, node: ast.expr) -> tuple[str, Span, str, Span] | None:
        if not isinstance(node, (ast.Attribute, ast.Subscript)) or not isinstance(node.value, ast.Name):
            return None
        backend, end = node.value.id, self._end(node)
        if isinstance(node, ast.Attribute):
            return backend, self._span(node.value), node.attr, self._node.part(end - len(node.attr), end)
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            start, stop = self._start(node.slice), self._end(node.slice)
            plain = self._text[start + 1 : stop - 1] == node.slice.value
            span = self._node.part(start + plain, stop - plain)
            return backend, self._span(node.value), node.slice.value, span
        return None

    def _odd(self, node: ast.expr) -> None:
        found = _ODD_OPERATION.match(self._text)
        if found and not found[2].isidentifier():
            self._odd_operation(found)
        elif isinstance(node, ast.Name):
            message = f"`{shown(node.id)}` names no operation of a backend"
            self._diags.report("BFF114", message, Label(self._span(node)), note=_FORM)
        elif (call := _call_in(node)) is not None and self._target(call.func):
            self._after_call(node, call)
        else:
            self._diags.report("BFF114", "this is not a call of a backend", self._node.span, note=_FORM)

    def _odd_operation(self, found: re.Match[str]) -> None:
        message = f"`{shown(found[2])}` is not a name that can follow a dot"
        span = self._node.part(found.start(1), found.end(2))
        self._diags.report("BFF114", message, Label(span), help=f'write `{found[1]}["{found[2]}"]`')

    # ------------------------------------------------------------------------------------- the arguments

    def _arguments(self, call: ast.Call) -> tuple[Argument, ...]:
        for positional in call.args:
            message = "arguments of a call have names"
            label = Label(self._span(positional), "the parameter's name is missing")
            self._diags.report("BFF114", message, label, note=_FORM)
        found: dict[str, Argument] = {}
        for item in call.keywords:
            argument = self._argument(item)
            if argument and argument.name in found:
                repeated_argument(self._diags, argument, found[argument.name])
            elif argument:
                found[argument.name] = argument
        return tuple(found.values())

    def _argument(self, item: ast.keyword) -> Argument | None:
        if item.arg is None:
            message = "arguments of a call are written one by one"
            self._diags.report("BFF114", message, Label(self._span(item.value), "not `**`"), note=_FORM)
            return None
        start = self._start(item)
        name_span = self._node.part(start, start + len(item.arg))
        return Argument(item.arg, name_span, self._slice(start + len(item.arg), self._end(item.value)))

    def _slice(self, name_end: int, end: int) -> Expr:
        """The argument's own text, with the parentheses around it, which the syntax tree does not keep."""
        text = self._text
        start = text.index("=", name_end) + 1
        while text[start].isspace():
            start += 1
        while end < len(text) and _nesting_left(text[start:end]) > 0:
            end += 1
        piece = text[start:end]
        return Expr(piece if "#" in piece else piece.replace("\n", " "), self._node, start)

    # --------------------------------------------------------------------------------------------- places

    def _offset(self, line: int, column: int) -> int:
        """The offset in the scalar's text of a place that `ast` gives, whose columns count UTF-8 bytes."""
        text = self._wrapped[line - 1] if line <= len(self._wrapped) else ""
        characters = len(text.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "ignore"))
        return min(max(self._lines[line - 1] + characters - 1, 0), len(self._text))

    def _start(self, node: ast.expr | ast.keyword) -> int:
        return self._offset(node.lineno, node.col_offset)

    def _end(self, node: ast.expr) -> int:
        return self._offset(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)

    def _span(self, node: ast.expr) -> Span:
        return self._node.part(self._start(node), self._end(node))

    # ------------------------------------------------------------------------------------- what is no Python

    def _after_call(self, node: ast.expr, call: ast.Call) -> None:
        end = self._end(call)
        rest = shown(self._text[end : self._end(node)].strip())
        label = Label(self._node.part(end, self._end(node)), "after its arguments")
        help = f"leave it out, and write `{rest}` where the name of the call is used"
        self._diags.report("BFF114", "a call ends with its arguments", label, help=help)

    def _syntax(self, error: SyntaxError) -> None:
        operation = _ODD_OPERATION.match(self._text)
        if operation and (keyword.iskeyword(operation[2]) or not operation[2].isidentifier()):
            self._odd_operation(operation)
            return
        for found in _ODD_ARGUMENT.finditer(self._text):
            if keyword.iskeyword(found[1]) or not found[1].isidentifier():
                self._odd_argument(found)
                return
        if placed := _PLACED.match(self._text):
            help = f'write `backend["{placed[1]}"](name=value)`'
            self._diags.report("BFF114", "a call names its backend first", self._node.span, help=help)
            return
        fault = _fault(self._text.replace("\n", " "), error)
        label = Label(self._node.part(fault.start, fault.end), fault.words)
        self._diags.report("BFF113", "this cannot be read as a call", label, note=_FORM, help=fault.help)

    def _odd_argument(self, found: re.Match[str]) -> None:
        name = found[1]
        help = f"write `{name}_`" if keyword.iskeyword(name) else f"put it under `args:` as `{name}: ...`"
        message = f"`{shown(name)}` cannot be the name of an argument here"
        self._diags.report("BFF114", message, self._node.part(found.start(1), found.end(1)), help=help)


def _fault(text: str, error: SyntaxError) -> Fault:
    try:  # once more without the parentheses around it: then the places are those of the text
        ast.parse(text.strip(), mode="eval")
    except SyntaxError as plain:
        found = fault_of(plain, text.strip())
        before = len(text) - len(text.lstrip())
        return Fault(before + found.start, before + found.end, found.words, found.help)
    return Fault(0, len(text), fault_of(error, text).words)


def _call_in(node: ast.expr) -> ast.Call | None:
    """The call of which a field or element is taken: `a.b(c=d).e`."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node if isinstance(node, ast.Call) else None


def repeated_argument(diags: Diagnostics, second: Argument, first: Argument) -> None:
    message = f"argument `{shown(second.name)}` stands twice"
    diags.report("BFF103", message, Label(second.name_span), Label(first.name_span, "first here"))


def _nesting_left(text: str) -> int:
    """How many brackets a text opens and does not close."""
    depth, quote, escaped = 0, "", False
    for char in text:
        if quote:
            quote, escaped = ("", False) if char == quote and not escaped else (quote, char == "\\" and not escaped)
        elif char in "\"'":
            quote = char
        else:
            depth += (char in "([{") - (char in ")]}")
    return depth
