"""What is left of an emitted project when every text of the input is taken out: its skeleton (SECURITY 5.4, O1).

Two projects that differ in nothing but texts have one skeleton. Modules of Python are compared as trees, the
others as their own parsers see them. What a text may decide, and nothing else, is left out: names and constants,
documentation, the order of what is sorted by name, import lists (whose modules are checked), and constant bounds.
"""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from markdown_it import MarkdownIt

from bffgen.plan.files import HEADER

Tree = Any
_INSTALLED = frozenset("fastapi httpx pydantic pydantic_core pydantic_settings starlette pytest jsonschema".split())
_DANGEROUS = frozenset("os subprocess importlib builtins ctypes pickle marshal runpy code shutil socket sys".split())
_SAYING = frozenset("Field Query Path Header Cookie Body".split())
_BOUNDS = frozenset("alias ge gt le lt multiple_of min_length max_length pattern allow_inf_nan".split())
_SORTED = (ast.Module, ast.ClassDef, ast.Set, ast.Dict)


def project(files: Mapping[str, bytes]) -> Counter[tuple[str, Tree]]:
    """The skeletons of all files but the runtime's, by folder and kind: names of files come from the input."""
    package = package_of(files)
    found: Counter[tuple[str, Tree]] = Counter()
    for path, content in files.items():
        inside = path.removeprefix(f"{package}/")
        if not inside.startswith("runtime/"):
            fixed = not inside.startswith(_NAMED) or path.endswith("__init__.py")
            found[
                inside if fixed else inside.rpartition("/")[0] + "/*", _of(path.rpartition("/")[2], content, package)
            ] += 1
    return found


_NAMED = ("endpoints/", "models/", "backends/", "tests/")


def package_of(files: Mapping[str, bytes]) -> str:
    """The name of the project's one package."""
    [package] = [path.partition("/")[0] for path in files if path.endswith("/app.py") and path.count("/") == 1]
    return package


@cache
def _of(name: str, content: bytes, package: str) -> Tree:
    text = content.decode("utf-8")
    assert "\r" not in text and "\x00" not in text
    suffix = name.rpartition(".")[2]
    readers: dict[str, Callable[[str], Tree]] = {
        "py": lambda text: python(text, package),
        "json": lambda text: _data(json.loads(text)),
        "lock": lambda text: _data(json.loads(text)),
        "toml": lambda text: _keyed(tomllib.loads(text)),
        "md": markdown,
    }
    return readers[suffix](text) if suffix in readers else text  # anything else is the same bytes


# ----------------------------------------------------------------------------------------------------- Python


def python(text: str, package: str) -> Tree:
    """The skeleton of a module of a package."""
    first, second = text.split("\n")[:2]
    assert first == HEADER or (first.startswith("# Yours") and second.startswith('"""'))
    assert second == "" or second.startswith('"""')
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tree = ast.parse(text)
        compile(text, "emitted", "exec", dont_inherit=True)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            _check_import(node, package)
    return _node(tree)


def _node(node: Any) -> Tree:
    if isinstance(node, list):
        return tuple(_node(one) for one in node if not _is_said(one))
    if isinstance(node, ast.Constant):
        return "constant", type(node.value).__name__
    if isinstance(node, ast.Import | ast.ImportFrom):
        return ()
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _SAYING:
        return "saying", tuple(_node(one) for one in node.keywords if not _is_bound(one))
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "Annotated":
        [of, *rest] = _node(node.slice.elts)  # type: ignore[attr-defined]
        rest = [one for one in rest if one != ("saying", ())]
        return ("annotated", of, *rest) if rest else of
    if isinstance(node, ast.AST):
        parts = [
            _node(getattr(node, field)) for field in node._fields if isinstance(getattr(node, field, None), _TREES)
        ]
        if isinstance(node, _SORTED):
            parts = [_sorted(part) if isinstance(part, tuple) else part for part in parts]
        return (type(node).__name__, *parts)
    return ()


_TREES = (ast.AST, list)


def _sorted(parts: tuple[Tree, ...]) -> tuple[Tree, ...]:
    return tuple(sorted((part for part in parts if part != ()), key=repr))


def _is_said(node: Any) -> bool:
    """A docstring, or a `pass` in its place."""
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def _is_bound(node: ast.keyword) -> bool:
    value = node.value.operand if isinstance(node.value, ast.UnaryOp) else node.value
    return node.arg in _BOUNDS and isinstance(value, ast.Constant)


def _check_import(node: ast.Import | ast.ImportFrom, package: str) -> None:
    if isinstance(node, ast.ImportFrom) and node.level:
        return
    for module in [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]:
        top = module.partition(".")[0]
        known = top == package or top in _INSTALLED or (top in sys.stdlib_module_names and top not in _DANGEROUS)
        assert known, f"imports {module}"


# ----------------------------------------------------------------------------------------------- other formats


def _data(value: Any) -> Tree:
    """JSON without its scalars and names: how things are nested."""
    if isinstance(value, dict):
        inner = (_data(one) for key, one in value.items() if key not in ("examples", "default"))
        return "{", tuple(sorted((one for one in inner if one != ()), key=repr))
    if isinstance(value, list):
        return "[", tuple(sorted((_data(one) for one in value if _data(one) != ()), key=repr))
    return ()


def _keyed(value: Any) -> Tree:
    """TOML: every key, and the types of values."""
    if isinstance(value, dict):
        return tuple((key, _keyed(one)) for key, one in sorted(value.items()))
    return tuple(map(_keyed, value)) if isinstance(value, list) else type(value).__name__


def markdown(text: str) -> Tree:
    """The blocks of a page and what is inside of them: no HTML, no links, no pictures."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    shape: list[str] = []
    for token in tokens:
        kinds = {child.type for child in token.children or ()}
        assert not kinds & {"html_inline", "image", "link_open"} and token.type != "html_block", token.content
        if token.type == "fence":
            assert token.info in ("", "mermaid")
            shape.append(f"fence {token.info}")
            shape += [_mermaid(line) for line in token.content.split("\n")] if token.info else []
        else:
            shape.append(token.type)
    return tuple(_without_blank(shape))


_LINES = (
    re.compile(r"flowchart LR|"),
    re.compile(r'  request\(\["request"\]\)'),
    re.compile(r'  c\d+\["[A-Za-z0-9 _./{}:,?-]*"\](:::soft)?'),
    re.compile(r"  (request|c\d+) --> c\d+"),
    re.compile(r"  classDef soft stroke-dasharray: 4"),
)


def _mermaid(line: str) -> str:
    kind = next((at for at, pattern in enumerate(_LINES) if pattern.fullmatch(line)), None)
    assert kind is not None, f"a line of a picture: {line!r}"
    return f"line {kind}"


_PARAGRAPH = ["paragraph_open", "inline", "paragraph_close"]


def _without_blank(shape: list[str]) -> list[str]:
    """Paragraphs are left out: a text that is empty has none, and one that is not has one."""
    kept: list[str] = []
    for kind in shape:
        kept.append(kind)
        if kept[-3:] == _PARAGRAPH:
            del kept[-3:]
    return kept
