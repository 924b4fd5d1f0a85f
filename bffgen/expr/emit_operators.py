"""Arithmetic and text. An operand that is null by zero makes the whole null, in one conditional."""

from __future__ import annotations

import ast

from bffgen.expr import tree
from bffgen.expr.emit_context import Emitter
from bffgen.expr.emit_paths import looked_into
from bffgen.expr.emit_values import Guard, Value, call, compare, literal_number
from bffgen.typesystem.model import Kind, Scalar, Type, non_null

_OPERATORS: dict[str, type[ast.operator]] = {
    "+": ast.Add,
    "-": ast.Sub,
    "*": ast.Mult,
    "/": ast.Div,
    "//": ast.FloorDiv,
    "%": ast.Mod,
}


def arithmetic(em: Emitter, expr: tree.Arithmetic) -> Value:
    left, right = looked_into(em, expr.left), looked_into(em, expr.right)
    if expr.operator in ("/", "//", "%") and not expr.nonzero:
        right = _divisor(em, right, expr.right.type)
    code = ast.BinOp(left.code, _OPERATORS[expr.operator](), right.code)
    return left.plus(*right.guards).but(code)


def _divisor(em: Emitter, value: Value, of: Type) -> Value:
    """The divisor under the guard that it is not zero."""
    if literal_number(value.code):
        return value
    match value.code:
        case ast.Call(func=ast.Name(id="len"), args=[ast.Name() | ast.Attribute() as counted]):
            return value.plus(*em.unproven(counted, exact=False))
    inner = non_null(of)
    if isinstance(inner, Scalar) and inner.kind is Kind.DURATION:
        return value.plus(Guard(value.code, exact=False))
    if value.path:
        return value.plus(*em.unproven(_not_zero(value.code)))
    return em.bind(value, "divisor", _not_zero)


def _not_zero(code: ast.expr) -> ast.expr:
    return compare(code, ast.NotEq(), ast.Constant(0))


def negation(em: Emitter, expr: tree.Negate) -> Value:
    value = looked_into(em, expr.value)
    match value.code:
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return value.but(operand)
    return value.but(ast.UnaryOp(ast.USub(), value.code))


# ------------------------------------------------------------------------------------------------ text


def make_text(em: Emitter, expr: tree.MakeText) -> Value:
    """An f-string, or `"...".format(...)` where quotes or escapes would make an f-string hard to read."""
    pieces: list[str | ast.FormattedValue] = []
    guards: list[Guard] = []
    for part in expr.parts:
        if isinstance(part, str):
            last = pieces.pop() if pieces and isinstance(pieces[-1], str) else ""
            pieces += [f"{last}{part}"] if part or last else []
            continue
        value = looked_into(em, part.value)
        guards += value.guards
        pieces.append(_formatted(value.code, part))
    if all(isinstance(piece, str) for piece in pieces):
        return Value(ast.Constant("".join(map(str, pieces))))
    code = _fstring(pieces)
    return Value(code if code is not None else _format_call(pieces), tuple(guards))


def _formatted(code: ast.expr, part: tree.TextPart) -> ast.FormattedValue:
    of = non_null(part.value.type)
    kind = of.kind if isinstance(of, Scalar) else None
    spec = part.format
    if kind is Kind.DATETIME and not spec:
        code = call(ast.Attribute(code, "isoformat", ast.Load()))
    if kind is Kind.NUMBER and spec and set(spec) & set(".z") and not spec[-1].isalpha() and spec[-1] != "%":
        code = call("float", code)  # a JSON number may be an int, whose formats have no precision
    if spec and (not spec.isprintable() or set(spec) & set("\"'\\{}")):
        code, spec = call("format", code, ast.Constant(spec)), None
    written = ast.JoinedStr([ast.Constant(spec)]) if spec else None
    return ast.FormattedValue(code, -1, written)


def _fstring(pieces: list[str | ast.FormattedValue]) -> ast.JoinedStr | None:
    """None where its expressions would need escapes or quotes within quotes, which Python 3.11 has not."""
    texts = "".join(piece for piece in pieces if isinstance(piece, str))
    codes = [piece.value for piece in pieces if isinstance(piece, ast.FormattedValue)]
    inner = "".join(map(ast.unparse, codes))
    nested = any(isinstance(node, ast.JoinedStr) for code in codes for node in ast.walk(code))
    quotes_clash = '"' in inner or ("'" in inner and (set(texts) & set("'\"\\") or not texts.isprintable()))
    if nested or quotes_clash or "\\" in inner or not inner.isprintable():
        return None
    made = ast.JoinedStr([ast.Constant(piece) if isinstance(piece, str) else piece for piece in pieces])
    return made if _is_printed_well(made) else None


def _is_printed_well(code: ast.expr) -> bool:
    """Whether `ast.unparse`, which has had errors with quotes in f-strings, gives this code back."""
    try:
        return ast.dump(ast.parse(ast.unparse(code), mode="eval").body) == ast.dump(code)
    except (SyntaxError, ValueError):
        return False


def _format_call(pieces: list[str | ast.FormattedValue]) -> ast.expr:
    template, args = "", list[ast.expr]()
    for piece in pieces:
        if isinstance(piece, str):
            template += piece.replace("{", "{{").replace("}", "}}")
            continue
        args.append(piece.value)
        spec = piece.format_spec
        literal_spec = spec.values[0] if isinstance(spec, ast.JoinedStr) else None
        template += "{:" + str(literal_spec.value) + "}" if isinstance(literal_spec, ast.Constant) else "{}"
    return call(ast.Attribute(ast.Constant(template), "format", ast.Load()), *args)
