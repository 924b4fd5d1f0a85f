"""The templates: an environment that prints `Code` and nothing else, and the rules a template keeps to."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path

import jinja2
from jinja2 import nodes

from bffgen.render.code import Code, indented, joined, printable

MAX_LINES = 80
"""Longest template, in lines."""

MAX_CONTROL = 0.4
"""Largest share of lines of a template that only steer (`{% ... %}`)."""

_FILTERS = ("default", "length", "first", "last", "sort")
_TESTS = ("defined", "none", "true", "false")
_NODES: frozenset[type[nodes.Node]] = frozenset(
    getattr(nodes, name)
    for name in "Template Output TemplateData Name NSRef Getattr Getitem For If Filter Const Macro Call Import "
    "FromImport Include Block Extends Compare Operand Not And Or CondExpr Assign AssignBlock CallBlock Keyword "
    "Tuple Test Add Scope".split()
    if hasattr(nodes, name)
)


@cache
def templates() -> Path:
    """The folder of templates: inside the installed package, else beside it in the repository."""
    packaged = Path(str(files("bffgen") / "templates"))
    return packaged if packaged.is_dir() else packaged.parent.parent / "templates"


@cache
def environment() -> jinja2.Environment:
    """The environment over `templates()`."""
    return guarded(jinja2.FileSystemLoader(templates(), encoding="utf-8"))


def guarded(loader: jinja2.BaseLoader) -> jinja2.Environment:
    """An environment whose every print goes through `printable`, macros, blocks and `set` included."""
    made = jinja2.Environment(
        loader=loader,
        finalize=_printed,
        autoescape=False,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        optimized=False,
    )
    made.concat = _concat  # type: ignore[method-assign]
    made.filters = {"join": joined, "indent": indented, **{name: made.filters[name] for name in _FILTERS}}
    made.tests = {name: made.tests[name] for name in _TESTS}
    made.globals = {}
    return made


def _printed(value: object) -> Code:
    if isinstance(value, jinja2.Undefined):
        str(value)  # says which name it is, and raises
    return printable(value)


def _concat(parts: Iterable[str]) -> Code:
    return Code("".join(parts))


def render(template: str, **values: object) -> Code:
    """The text that a template, named by its path in `templates()`, makes of the values."""
    text = environment().get_template(template).render(values)
    return Code(text)


def lint(source: str) -> list[str]:
    """What a template does that it may not: `line: what`. Empty for a good one."""
    found = []
    for node in environment().parse(source).find_all(nodes.Node):
        if what := _offence(node):
            found.append(f"{node.lineno}: {what}")
    lines = source.rstrip("\n").split("\n")
    control = [line for line in lines if line.strip().startswith("{%") and line.strip().endswith("%}")]
    if len(lines) > MAX_LINES:
        found.append(f"{len(lines)}: more than {MAX_LINES} lines")
    if len(control) > max(4, len(lines) * MAX_CONTROL):
        found.append(f"{len(lines)}: {len(control)} lines that steer")
    return found


def _offence(node: nodes.Node) -> str | None:
    if type(node) not in _NODES and not isinstance(node, nodes.Helper):
        return type(node).__name__
    if isinstance(node, nodes.Filter) and node.name not in ("join", "indent", *_FILTERS):
        return f"filter {node.name}"
    if isinstance(node, nodes.Test) and node.name not in _TESTS:
        return f"test {node.name}"
    if isinstance(node, (nodes.Include, nodes.Extends, nodes.Import, nodes.FromImport)):
        return None if isinstance(node.template, nodes.Const) else f"dynamic {type(node).__name__}"
    if isinstance(node, nodes.Call) and not isinstance(node.node, nodes.Name):
        return "call of an attribute"
    return None
