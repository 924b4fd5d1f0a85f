"""What nobody would have written: branches that are never taken, and names that nothing reads.

A condition that a guard has proved already is printed as `True`; what stood behind it goes, and then whatever was
bound or imported for it alone.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Sequence

Block = list[ast.stmt]


def tidied(paragraphs: Iterable[Sequence[ast.stmt]]) -> tuple[Block, ...]:
    """The paragraphs of one function, the functions inside of it too."""
    made = [_taken(paragraph) for paragraph in paragraphs]
    read, before = loaded(*itertools.chain(*made)), None
    while read != before:  # what is left out may have been all that read something
        made = [_read(paragraph, read) for paragraph in made]
        read, before = loaded(*itertools.chain(*made)), read
    return tuple(paragraph for paragraph in made if paragraph)


def loaded(*nodes: ast.AST | None) -> set[str]:
    """The names that the code reads."""
    found: set[str] = set()
    work: list[object] = list(nodes)
    while work:  # several times as fast as `ast.walk`, and most of what there is to do for a function
        one = work.pop()
        if isinstance(one, list):
            work += one
        elif isinstance(one, ast.Name):
            if isinstance(one.ctx, ast.Load):
                found.add(one.id)
        elif isinstance(one, ast.AST):
            work += one.__dict__.values()
    return found


# -------------------------------------------------------------------------------------------------- branches


def _taken(block: Sequence[ast.stmt]) -> Block:
    return [made for statement in block for made in _branches(statement)]


def _branches(statement: ast.stmt) -> Block:
    match statement:
        case ast.If(ast.Constant(bool() as test), body, orelse):
            return _taken(body if test else orelse)
        case ast.If():
            statement.body, statement.orelse = _taken(statement.body), _taken(statement.orelse)
        case ast.With() | ast.AsyncWith():
            statement.body = _taken(statement.body)
            return [statement] if statement.body else []
        case ast.Try():
            statement.body = _taken(statement.body)
            for handler in statement.handlers:
                handler.body = _taken(handler.body)
        case ast.AsyncFunctionDef():
            (statement.body,) = tidied([statement.body]) or ([ast.Pass()],)
    return [statement]


# -------------------------------------------------------------------------------------------------- names


def _read(block: Sequence[ast.stmt], read: set[str]) -> Block:
    return [made for statement in block for made in _bound(statement, read)]


def _bound(statement: ast.stmt, read: set[str]) -> Block:
    """The statement, without a name for its value where nothing reads that."""
    match statement:
        case ast.Assign([ast.Name(name)], value) if name not in read:
            return [ast.Expr(value)] if _does_something(value) else []
        case ast.AnnAssign(ast.Name(name), value=None) if name not in read:
            return []
        case ast.If():
            statement.body, statement.orelse = _read(statement.body, read), _read(statement.orelse, read)
            if not statement.body and not statement.orelse and not _does_something(statement.test):
                return []
            statement.body = statement.body or [ast.Pass()]
        case ast.With() | ast.AsyncWith():
            statement.body = _read(statement.body, read)
            return [statement] if statement.body else []
        case ast.Try():
            statement.body = _read(statement.body, read)
            for handler in statement.handlers:
                handler.body = _read(handler.body, read) or [ast.Pass()]
            return [statement] if statement.body else []
    return [statement]


def _does_something(value: ast.expr) -> bool:
    """Whether it waits for something, starts it or names it; everything else only makes a value."""
    return any(isinstance(node, (ast.Await, ast.NamedExpr)) or _starts(node) for node in ast.walk(value))


def _starts(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("start", "check")
