"""The marker stands in string literals alone (SECURITY 5.4, O2), or inside of a name that its text was made into."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator, Mapping

from tests.hostile.samples import MARKER

_TEXT = {tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}


def escaped(files: Mapping[str, bytes], texts: tuple[str, ...] = (MARKER,)) -> list[str]:
    """Where one of the texts stands in a Python file as something else than text: `path: token`.

    A class is called after its schema, so the marker may be a part of a name that the project itself binds.
    """
    modules = {path: content.decode() for path, content in files.items() if path.endswith(".py")}
    suspects = {path: text for path, text in modules.items() if any(one in text for one in texts)}
    bound = {name for text in suspects.values() for name in _bound(ast.parse(text))}
    return [
        f"{path}: {word!r}"
        for path, text in suspects.items()
        for word in (*_tokens(text), *_names(text))
        if any(one in word for one in texts) and word not in bound
    ]


def _tokens(text: str) -> Iterator[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return (token.string for token in tokens if token.type not in _TEXT)


def _names(text: str) -> Iterator[str]:
    """Names, those inside of f-strings too, which are one token before Python 3.12."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.keyword(arg=str() as name):
                yield name


def _bound(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name) | ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.ImportFrom(names=names):
                yield from (alias.asname or alias.name for alias in names)
