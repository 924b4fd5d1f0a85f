"""Prints a typed expression as plain Python that passes `mypy --strict`.

`emit` gives one `ast.expr` without places (`ast.unparse` prints it; `ast.fix_missing_locations` before it is
compiled). For values of the stated types evaluating it never raises, but for absurd magnitudes:

* `OverflowError`: a result that no float, date or duration can hold, `round`/`int` of infinity, a `range` of
  more than 10,000 numbers;
* `ValueError`: `int`/`round` of nan, the text of an integer of more than 4,300 digits.

Arithmetic may also make an infinite float; the answer's model refuses it (`ValueError` as well). Whoever
evaluates the code answers 502 for both.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from bffgen.expr import emit_conditions, emit_functions, emit_loops, emit_operators, emit_paths, tree
from bffgen.expr.emit_context import Emit, Emitter, Names
from bffgen.expr.tree import Expr

__all__ = ["Names", "condition", "emit"]

_TABLE: Mapping[type, Emit] = {
    tree.Literal: emit_paths.literal_of,
    tree.Ref: emit_paths.ref,
    tree.FieldOf: emit_paths.field_of,
    tree.ElementOf: emit_paths.element_of,
    tree.EntryOf: emit_paths.entry_of,
    tree.SliceOf: emit_paths.slice_of,
    tree.Narrowed: emit_paths.narrowed,
    tree.Compare: emit_conditions.boolean,
    tree.IsNull: emit_conditions.boolean,
    tree.IsInstance: emit_conditions.boolean,
    tree.Truth: emit_conditions.boolean,
    tree.Logic: emit_conditions.boolean,
    tree.Not: emit_conditions.boolean,
    tree.Choice: emit_conditions.choice,
    tree.Negate: emit_operators.negation,
    tree.Arithmetic: emit_operators.arithmetic,
    tree.MakeText: emit_operators.make_text,
    tree.MakeList: emit_loops.make_list,
    tree.MakeTuple: emit_loops.make_tuple,
    tree.MakeSet: emit_loops.make_set,
    tree.MakeMap: emit_loops.make_map,
    tree.MakeObject: emit_loops.make_object,
    tree.Loop: emit_loops.loop,
    tree.CallFunction: emit_functions.call_function,
    tree.CallShape: emit_functions.call_shape,
    tree.CallUser: emit_functions.call_user,
    tree.CallMethod: emit_functions.call_method,
    tree.StatusOf: emit_functions.status_of,
    tree.HeaderOf: emit_functions.header_of,
    tree.Convert: emit_functions.convert,
}


def emit(expr: Expr, names: Names) -> ast.expr:
    """The value of the expression; null is None."""
    return _without_idle_names(Emitter(names, _TABLE).closed(expr))


def condition(expr: Expr, names: Names) -> ast.expr:
    """A bool expression for an `if`: only tested for truth, so a nullable bool may stand there plainly."""
    return _without_idle_names(emit_conditions.condition(Emitter(names, _TABLE), expr))


def _without_idle_names(code: ast.expr) -> ast.expr:
    """A value that is only tested needs no name: `(x := f()) is not None` becomes `f() is not None`."""
    nodes = list(ast.walk(code))
    used = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    idle = [node for node in nodes if isinstance(node, ast.NamedExpr) and node.target.id not in used]
    made: ast.expr = _Unnamed(idle).visit(code) if idle else code
    return made


class _Unnamed(ast.NodeTransformer):
    """Replaces the walruses given by their values."""

    def __init__(self, idle: list[ast.NamedExpr]) -> None:
        self.idle = idle

    def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.expr:
        self.generic_visit(node)
        return node.value if node in self.idle else node
