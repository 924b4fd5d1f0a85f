"""Functions of the user's: their signatures, read from the text with `ast`. Nothing of it is ever run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.expr.scope import Parameter, Signature
from bffgen.source.text import SourceFile, Span
from bffgen.typesystem.model import (
    BOOLEAN,
    DATE,
    DATETIME,
    INTEGER,
    NULL,
    NUMBER,
    TEXT,
    UUID,
    Kind,
    ListType,
    MapType,
    Scalar,
    Type,
)
from bffgen.typesystem.relations import join_all

_CODE = "BFF212"
_SCALARS = {
    "str": TEXT,
    "int": INTEGER,
    "float": NUMBER,
    "bool": BOOLEAN,
    "date": DATE,
    "datetime": DATETIME,
    "UUID": UUID,
}
_LISTS = {"list", "List", "Sequence"}
_MAPS = {"dict", "Dict", "Mapping"}
_NOTE = (
    "types are `str`, `int`, `float`, `bool`, `date`, `datetime`, `UUID`, `Literal[...]`, `list[T]`, `dict[str, T]` "
    "and `T | None`"
)


class Functions:
    """The functions at the top of a file of Python; those whose names begin with `_` are its own."""

    def __init__(self, file: SourceFile, diags: Diagnostics) -> None:
        self.file = file
        self._diags = diags
        self._lines = [0]
        for line in file.text.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)
        self.is_readable = True
        self._defined = self._read()
        self._signatures: dict[str, Signature | None] = {}

    @property
    def names(self) -> Mapping[str, Span]:
        """The functions with the places of their names."""
        return {name: self._name_span(node) for name, node in self._defined.items()}

    def signature(self, name: str) -> Signature | None:
        """What a function takes and gives; None where it is not there, or after a message (BFF212)."""
        if name not in self._defined:
            return None
        if name not in self._signatures:
            self._signatures[name] = self._signature(self._defined[name])
        return self._signatures[name]

    def _read(self) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
        try:
            module = ast.parse(self.file.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            at = self._offset(getattr(error, "lineno", None) or 1, (getattr(error, "offset", None) or 1) - 1)
            label = Label(Span(self.file, at, min(at + 1, len(self.file.text))), str(getattr(error, "msg", error)))
            self._diags.report(_CODE, "this cannot be read as Python", label)
            self.is_readable = False
            return {}
        found = (node for node in module.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
        return {node.name: node for node in found if not node.name.startswith("_") and node.name.isascii()}

    def _signature(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Signature | None:
        if why := _why_not(node):
            message = f"`{node.name}` cannot be used in expressions: {why}"
            self._diags.report(_CODE, message, Label(self._name_span(node)))
            return None
        parameters = [self._parameter(*one) for one in _parameters(node.args)]
        result = self._annotated(node.returns, f"what `{node.name}` gives", self._name_span(node))
        known = tuple(parameter for parameter in parameters if parameter is not None)
        if result is None or len(known) < len(parameters):
            return None
        return Signature("function", node.name, known, result, self._name_span(node))

    def _parameter(self, arg: ast.arg, required: bool, positional: bool) -> Parameter | None:
        of = self._annotated(arg.annotation, f"parameter `{arg.arg}`", self._span(arg))
        return None if of is None else Parameter(arg.arg, of, required, positional, self._span(arg))

    def _annotated(self, node: ast.expr | None, what: str, span: Span) -> Type | None:
        """The type that an annotation says; None after a message."""
        if node is None:
            message = f"{what} has no type"
            self._diags.report(_CODE, message, Label(span, "needs an annotation"), note=_NOTE)
            return None
        of = _type(node)
        if of is None:
            message = f"{what} has a type that expressions do not have"
            self._diags.report(_CODE, message, Label(self._span(node)), note=_NOTE)
        return of

    # ---------------------------------------------------------------------------------------------- places

    def _offset(self, line: int, column: int) -> int:
        """Where a line and a column in UTF-8 bytes are in the text."""
        start = self._lines[min(line, len(self._lines)) - 1]
        text = self.file.text[start:].partition("\n")[0]
        characters = len(text.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "ignore"))
        return min(start + characters, len(self.file.text))

    def _span(self, node: ast.expr | ast.arg) -> Span:
        start = self._offset(node.lineno, node.col_offset)
        return Span(self.file, start, self._offset(node.end_lineno or 1, node.end_col_offset or 0))

    def _name_span(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Span:
        start = self._offset(node.lineno, node.col_offset)
        at = self.file.text.index(node.name, start + len("def"))
        return Span(self.file, at, at + len(node.name))


def _why_not(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str | None:
    if isinstance(node, ast.AsyncFunctionDef):
        return "it is `async`"
    if node.args.vararg or node.args.kwarg:
        return "it takes any number of arguments"
    if node.args.posonlyargs:
        return "it has parameters before a `/`"
    return None


def _parameters(args: ast.arguments) -> Iterator[tuple[ast.arg, bool, bool]]:
    """Each parameter, whether it is required, and whether it may be given by its position."""
    needed = len(args.args) - len(args.defaults)
    yield from ((arg, at < needed, True) for at, arg in enumerate(args.args))
    yield from ((arg, default is None, False) for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True))


def _type(node: ast.expr) -> Type | None:
    """The type of an annotation; None where expressions have no such type."""
    match node:
        case ast.Constant(value=None):
            return NULL
        case ast.Constant(value=str(text)):
            try:
                return _type(ast.parse(text, mode="eval").body)
            except (SyntaxError, ValueError):
                return None
        case ast.Name() | ast.Attribute():
            return _SCALARS.get(_name(node))
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _joined([left, right])
        case ast.Subscript(value=of, slice=inside):
            return _generic(_name(of), inside)
    return None


def _generic(name: str, inside: ast.expr) -> Type | None:
    if name in _LISTS:
        item = _type(inside)
        return item and ListType(item)
    if name in _MAPS:
        parts = inside.elts if isinstance(inside, ast.Tuple) else []
        value = _type(parts[1]) if len(parts) == 2 and _type(parts[0]) == TEXT else None
        return value and MapType(TEXT, value)
    if name == "Optional":
        return _joined([inside, ast.Constant(None)])
    if name == "Union":
        return _joined(inside.elts if isinstance(inside, ast.Tuple) else [inside])
    return _literal(inside) if name == "Literal" else None


def _joined(nodes: list[ast.expr]) -> Type | None:
    arms = [_type(node) for node in nodes]
    known = [arm for arm in arms if arm is not None]
    return join_all(known) if len(known) == len(arms) else None


def _literal(inside: ast.expr) -> Type | None:
    nodes = inside.elts if isinstance(inside, ast.Tuple) else [inside]
    values = [node.value for node in nodes if isinstance(node, ast.Constant)]
    if len(values) == len(nodes) and all(isinstance(value, str) for value in values):
        return Scalar(Kind.TEXT, tuple(str(value) for value in values))
    if len(values) == len(nodes) and all(type(value) is int for value in values):
        return Scalar(Kind.INTEGER, tuple(value for value in values if isinstance(value, int)))
    return None


def _name(node: ast.expr) -> str:
    """`datetime` of `datetime.datetime`, `Literal` of `typing.Literal`."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
