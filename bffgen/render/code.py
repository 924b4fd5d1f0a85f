"""Code: text that may stand in a Python file as it is. This module alone constructs it.

Text of a spec or a document becomes `Code` as a literal, a docstring, or a checked identifier, and in no other
way. A template can print nothing but `Code` (see `environment`), so there is no third way into a file.
"""

from __future__ import annotations

import ast
import json
import keyword
import math
import re
import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any, final

from bffgen.expr.emit_print import unparse

DOCSTRING_LIMIT = 2048
"""Longest text of a docstring, in code points."""

_INT_DIGITS = 4000  # Python refuses to read decimal literals of more than 4,300 digits
_WINDOWS = frozenset(("con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(10))))
_TAKEN = frozenset(
    "fastapi httpx httpx2 httptools pydantic pydantic_core pydantic_settings starlette uvicorn uvloop anyio "
    "pytest conftest sitecustomize usercustomize setup main functions tests test".split()
)


@final
class Code(str):
    """Text that may stand in a file as it is: rendered code, an identifier, a literal."""

    __slots__ = ()

    def __add__(self, other: str) -> Code:
        return Code(str.__add__(self, printable(other)))


def printable(value: object) -> Code:
    """What a template may print: `Code`, and whole numbers. Anything else is a bug, not output."""
    if type(value) is Code:
        return value
    if type(value) is int:
        return Code(int.__repr__(value))
    raise TypeError(f"a template may not print {type(value).__name__}: {ascii(value)[:60]}")


def joined(parts: Iterable[object], by: str = "") -> Code:
    """The parts, each of them printable. `by` is a constant of the caller or of a template."""
    return Code(str.join(by, [printable(part) for part in parts]))


def indented(code: object, width: int = 4) -> Code:
    """Every line but the first moved to the right; lines without text stay empty."""
    return Code(textwrap.indent(printable(code), " " * width, lambda line: line != "\n").lstrip(" "))


# ------------------------------------------------------------------------------------------------- literals


def literal(value: object) -> Code:
    """A Python expression for a value: text, bytes, bool, None, numbers of any size, lists, tuples, dicts, sets.

    Text is ASCII in double quotes, as the formatter writes it. Containers may be nested as deep as they come,
    although Python itself reads no more than 200 levels. Raises TypeError for anything else.
    """
    out: list[str] = []
    work: list[object] = [value]
    while work:
        item = work.pop()
        if type(item) is _Raw:
            out.append(item.text)
        elif isinstance(item, (list, tuple, set, frozenset, dict)):
            work.extend(reversed(_spread(item)))
        else:
            out.append(_scalar(item))
    return Code("".join(out))


class _Raw:
    """Punctuation between the values that are still to be printed."""

    def __init__(self, text: str) -> None:
        self.text = text


def _spread(value: list[Any] | tuple[Any, ...] | set[Any] | frozenset[Any] | dict[Any, Any]) -> list[object]:
    if isinstance(value, dict):
        parts: list[object] = [_Raw("{")]
        for key, item in value.items():
            parts += [key, _Raw(": "), item, _Raw(", ")]
        return _closed(parts, "}")
    if isinstance(value, (set, frozenset)):
        if not value:
            return [_Raw(f"{type(value).__name__}()")]
        opening, closing = ("{", "}") if isinstance(value, set) else ("frozenset({", "})")
        items: Iterable[object] = sorted(value, key=lambda item: (type(item).__name__, item))
    else:
        opening, closing = ("[", "]") if isinstance(value, list) else ("(", ")")
        items = value
    parts = [_Raw(opening)]
    for item in items:
        parts += [item, _Raw(", ")]
    if isinstance(value, tuple) and len(value) == 1:
        return [*parts[:-1], _Raw(",)")]
    return _closed(parts, closing)


def _closed(parts: list[object], closing: str) -> list[object]:
    return [*(parts[:-1] if len(parts) > 1 else parts), _Raw(closing)]


def _scalar(value: object) -> str:
    if value is None or isinstance(value, bool):
        return repr(value)
    if isinstance(value, str):
        return _quoted(str.__str__(value))
    if isinstance(value, bytes):
        return "b" + _double(repr(bytes.__getitem__(value, slice(None)))[1:])
    if isinstance(value, int):
        return _whole(int.__pos__(value))
    if isinstance(value, float):
        number = float.__pos__(value)
        return repr(number) if math.isfinite(number) else f'float("{number}")'
    raise TypeError(f"no literal for {type(value).__name__}")


def _quoted(text: str) -> str:
    return _double(ascii(text))


def _double(quoted: str) -> str:
    """The literal in double quotes, unless that would need more escapes, as the formatter has it."""
    if quoted[0] == '"' or '"' in quoted:
        return quoted
    return '"' + quoted[1:-1].replace("\\'", "'") + '"'


def _whole(value: int) -> str:
    if value.bit_length() < _INT_DIGITS * 3:
        return repr(value)
    return f'int("{value:x}", 16)'


# ---------------------------------------------------------------------------------------------- identifiers


def identifier(name: str) -> Code:
    """A name that the plan has allocated. Raises ValueError when it is not one of plain ASCII, or a keyword."""
    if not name.isascii() or not name.isidentifier() or keyword.iskeyword(name) or len(name) > 200:
        raise ValueError(f"not an identifier: {ascii(name)[:60]}")
    return Code(name)


def dotted(name: str) -> Code:
    """A module or attribute path of identifiers; leading dots are relative."""
    bare = name.lstrip(".")
    parts = [identifier(part) for part in bare.split(".")] if bare else []
    return Code("." * (len(name) - len(bare)) + ".".join(parts))


def file_name(text: str) -> Code:
    """`text` as the name of a Python file, `<name>.py`: raises ValueError when it may not be one.

    Lower-case ASCII letters, digits and `_`, at most 48; not a device of Windows.
    """
    return Code(f"{module_name(text)}.py")


def module_name(text: str, *, top: bool = False) -> Code:
    """`text` as the name of a module; with `top` also none of the standard library or of a dependency."""
    if not re.fullmatch(r"[a-z0-9_]{1,48}", text) or not text.isidentifier() or keyword.iskeyword(text):
        raise ValueError(f"not a module name: {ascii(text)[:60]}")
    if text in _WINDOWS or (top and (text in sys.stdlib_module_names or text in _TAKEN)):
        raise ValueError(f"a module name that is taken: {text}")
    return Code(text)


# -------------------------------------------------------------------------------------- docstrings and trees

_UNSAFE = re.compile(
    "[^\\S \n]|[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)


_CLOSING = re.compile(r'"{3,}|"+\Z')


def clean(text: str, limit: int = DOCSTRING_LIMIT) -> str:
    """Text of a document for people to read in code: characters that hide or reorder text are taken out.

    Controls, bidirectional and zero-width characters become `?` (line ends stay, tabs become spaces), trailing
    blanks go, and what is longer than `limit` code points ends in an ellipsis.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    text = _UNSAFE.sub("?", text[: limit + 1])
    if len(text) > limit:
        text = text[: limit - 3].rstrip() + "..."
    return "\n".join(line.rstrip(" ") for line in text.split("\n")).strip("\n")


def docstring(text: str, indent: int = 0) -> Code:
    '''`"""text"""` with its later lines indented. It ends where it should whatever the text is.'''
    shown = textwrap.indent(clean(text), " " * indent, lambda line: line != "\n").lstrip(" ") or "?"
    escaped = _CLOSING.sub(lambda found: '\\"' * len(found.group()), shown.replace("\\", "\\\\"))
    made = Code(f'"""{escaped}\n{" " * indent}"""' if "\n" in escaped else f'"""{escaped}"""')
    assert ast.literal_eval(made).rstrip("\n ") == shown.rstrip("\n "), "a docstring that reads differently"
    return made


def expression(tree: ast.expr) -> Code:
    """A tree that the compiler built: every leaf of it is a constant or an identifier that was checked."""
    _check_names(tree)
    return Code(unparse(tree))


def statements(trees: Sequence[ast.stmt]) -> Code:
    """Statements, one after another, without a line end after the last."""
    for tree in trees:
        _check_names(tree)
    return Code("\n".join(map(unparse, trees)))


_NAMED = {ast.Name: "id", ast.Attribute: "attr", ast.arg: "arg", ast.FunctionDef: "name", ast.AsyncFunctionDef: "name",
          ast.ClassDef: "name", ast.alias: "name", ast.keyword: "arg", ast.ImportFrom: "module"}  # fmt: skip


def _check_names(tree: ast.AST) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            node.lineno = 1  # which `ast.unparse` asks for
        attribute = _NAMED.get(type(node))
        name = getattr(node, attribute) if attribute else None
        if name is None or name == "*":
            continue
        if isinstance(node, (ast.alias, ast.ImportFrom)):
            dotted(name)
        else:
            identifier(name)
        if isinstance(node, ast.alias) and node.asname:
            identifier(node.asname)


# --------------------------------------------------------------------------------------- other file formats


def json_text(value: object) -> Code:
    """A whole JSON document, as people read it; non-ASCII text is escaped."""
    return Code(json.dumps(value, indent=2, ensure_ascii=True, allow_nan=False) + "\n")


def toml_string(text: str) -> Code:
    """A basic string of TOML: JSON's escapes are a part of TOML's."""
    clean_text = clean(text).replace("\n", " ")
    return Code(json.dumps(clean_text, ensure_ascii=False).replace("\x7f", "\\u007f"))


_MARKUP = re.compile(r"[\\`*_{}\[\]<>#|~$!&^@]")


def plain(text: str, limit: int = 200) -> Code:
    """One line for Markdown: letters as they are, markup and control characters out, at most `limit`."""
    line = " ".join(clean(text, limit).split())
    return Code(_MARKUP.sub(lambda found: "\\" + found.group(), line))
