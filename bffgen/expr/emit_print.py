"""`ast.unparse` without the parentheses that nobody would write.

It prints `a is None or b is None or (c is None)` and `sum((x for x in xs))`, and formatters keep that.
"""

from __future__ import annotations

import ast
import io
import keyword
import re
import tokenize
from collections.abc import Iterator, Sequence
from tokenize import TokenInfo

_SUSPECT = re.compile(r"\(\(|\b(?:and|or) \(|\) (?:and|or)\b")
_LOOSER = {"and", "or", "if", "else", "lambda", ":=", "for", "yield", ","}
_AFTER = {"and", "or", "if", "else", "for", ")", "]", "}", ",", ":", ""}


def unparse(node: ast.AST) -> str:
    """The code of a node: an expression, a statement or a module."""
    text = ast.unparse(node)
    if not _SUSPECT.search(text):
        return text
    plain = _without(text, set(_redundant(text)))
    same = ast.dump(ast.parse(plain)) == ast.dump(ast.parse(text))
    return plain if same else text


def _redundant(text: str) -> Iterator[tuple[int, int]]:
    """The places (line, column) of parentheses that may go."""
    tokens = list(_tokens(text))
    for start, end in _pairs(tokens):
        inside = _outermost(tokens[start + 1 : end])
        before, after = tokens[start - 1].string if start else "", tokens[end + 1].string.strip()
        operand = before in ("and", "or") and after in _AFTER and inside and not inside & _LOOSER
        only_argument = "for" in inside and before == "(" and after == ")" and _is_called(tokens[: start - 1])
        if operand or only_argument:
            yield tokens[start].start
            yield tokens[end].start


def _tokens(text: str) -> Iterator[TokenInfo]:
    """Tokens outside of f-strings, which newer Pythons split into their parts."""
    depth = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        kind = tokenize.tok_name[token.type]
        depth += (kind == "FSTRING_START") - (kind == "FSTRING_END")
        if not depth and kind not in ("INDENT", "DEDENT"):
            yield token


def _pairs(tokens: Sequence[TokenInfo]) -> Iterator[tuple[int, int]]:
    """Indexes of round brackets that belong together."""
    opened: list[int] = []
    for at, token in enumerate(tokens):
        if token.type == tokenize.OP and token.string in "([{":
            opened.append(at)
        elif token.type == tokenize.OP and token.string in ")]}":
            start = opened.pop()
            if token.string == ")":
                yield start, at


def _outermost(tokens: Sequence[TokenInfo]) -> set[str]:
    """The tokens that stand in no bracket of their own."""
    depth, found = 0, set()
    for token in tokens:
        if token.type == tokenize.OP:
            depth += (token.string in "([{") - (token.string in ")]}")
        if not depth:
            found.add(token.string)
    return found


def _is_called(tokens: Sequence[TokenInfo]) -> bool:
    """Whether a bracket after these tokens holds the arguments of a call."""
    if not tokens:
        return False
    last = tokens[-1]
    return last.string in (")", "]") or (last.type == tokenize.NAME and not keyword.iskeyword(last.string))


def _without(text: str, places: set[tuple[int, int]]) -> str:
    lines = text.split("\n")
    for line, column in sorted(places, reverse=True):
        lines[line - 1] = lines[line - 1][:column] + lines[line - 1][column + 1 :]
    return "\n".join(lines)
