"""Text of an expression -> Python's own syntax tree, with the place of every node in the user's file."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.expr.faults import fault_of
from bffgen.records import dataclass
from bffgen.source.text import Span

MAX_LENGTH = 8_000  # characters of one expression
MAX_DEPTH = 60  # nested brackets and operators; Python's own parser gives up at about 100


@dataclass(frozen=True, eq=False, slots=True)
class SourceText:
    """An expression as written. `part(start, end)` gives the place of a piece of the text."""

    text: str
    part: Callable[[int, int], Span]

    @property
    def span(self) -> Span:
        return self.part(0, len(self.text))


class Parsed:
    """A syntax tree together with the places of its nodes."""

    def __init__(self, tree: ast.expr, source: SourceText, body: str, shift: int) -> None:
        """`body` is what Python parsed; `shift` is where it starts in the source's text."""
        self.tree = tree
        self.source = source
        self._shift = shift
        self._bytes = body.encode()

    def _offset(self, column: int) -> int:
        """Python counts columns in bytes of UTF-8; places are counted in code points."""
        return max(0, self._shift + len(self._bytes[:column].decode(errors="ignore")))

    def span(self, node: ast.expr | ast.keyword) -> Span:
        """Where a node stands."""
        return self.source.part(self._offset(node.col_offset), self._offset(node.end_col_offset or 0))

    def tail(self, node: ast.Attribute) -> Span:
        """Where the name after the dot stands."""
        end = self._offset(node.end_col_offset or 0)
        return self.source.part(end - len(node.attr), end)

    def after(self, node: ast.expr) -> str:
        """The character that follows a node, white space left out; "" at the end."""
        return self.source.text[self._offset(node.end_col_offset or 0) :].lstrip()[:1]

    def text(self, node: ast.expr) -> str:
        """The node as the user wrote it."""
        return self.source.text[self._offset(node.col_offset) : self._offset(node.end_col_offset or 0)]


def parse(source: SourceText, diags: Diagnostics) -> Parsed | None:
    """Parse one expression; None after a message (BFF113) when it is not one."""
    flat = source.text.replace("\n", " ")
    body = flat.lstrip()
    shift = len(flat) - len(body)
    if len(body) > MAX_LENGTH:
        diags.report("BFF113", f"the expression is longer than {MAX_LENGTH} characters", source.span)
        return None
    return _parsed(source, body, shift, diags)


def parse_loop(source: SourceText, diags: Diagnostics) -> tuple[ast.comprehension, Parsed] | None:
    """`x in xs`, as after `$for:`: parsed as the clause of a comprehension."""
    if not re.search(r"\bin\b", source.text):
        name = source.text.strip()
        help_ = f"write `x in {name}`" if name.isidentifier() else "write `x in xs`"
        diags.report("BFF113", "a loop has the form `x in xs`", source.span, help=help_)
        return None
    parsed = _parsed(source, f"{_LOOP}{source.text.replace(chr(10), ' ')}]", -len(_LOOP), diags)
    if parsed is None:
        return None
    if isinstance(parsed.tree, ast.ListComp) and len(parsed.tree.generators) == 1:
        return parsed.tree.generators[0], parsed
    diags.report("BFF113", "a loop has the form `x in xs`", source.span, help="write `$for: x in xs`")
    return None


def parse_generator(source: SourceText, diags: Diagnostics) -> Parsed | None:
    """`x.id for x in xs`, as after `batch:`: a generator expression without its parentheses, or any other list."""
    return _parsed(source, f"({source.text.replace(chr(10), ' ')})", -1, diags)


_LOOP = "[0 for "


def _parsed(source: SourceText, body: str, shift: int, diags: Diagnostics) -> Parsed | None:
    try:
        tree = ast.parse(body.rstrip(), mode="eval").body
    except SyntaxError as error:
        _report_syntax(source, shift, body, error, diags)
        return None
    except (RecursionError, MemoryError, ValueError):
        diags.report("BFF113", "the expression is nested too deeply or holds a null character", source.span)
        return None
    if _too_deep(tree):
        diags.report("BFF113", f"the expression is nested more than {MAX_DEPTH} levels deep", source.span)
        return None
    return Parsed(tree, source, body, shift)


def _report_syntax(source: SourceText, shift: int, body: str, error: SyntaxError, diags: Diagnostics) -> None:
    if not source.text.strip():
        diags.report("BFF113", "an expression is missing", source.span)
        return
    fault = fault_of(error, body)
    start, end = (max(0, min(shift + at, len(source.text))) for at in (fault.start, fault.end))
    start = min(start, max(len(source.text) - 1, 0))
    where = source.part(start, max(end, start + 1))
    diags.report("BFF113", "this is not an expression", Label(where, fault.words), help=fault.help)


def _too_deep(tree: ast.expr) -> bool:
    level: list[ast.AST] = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return False
    return True
