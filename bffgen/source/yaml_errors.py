"""YAML's syntax errors in the words of someone who writes a spec."""

from __future__ import annotations

import re
from typing import Any

import yaml

from bffgen.source.block_form import block_form
from bffgen.source.node import Complaints
from bffgen.source.text import SourceFile, Span

_NOT_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_QUOTE_FIRST = re.compile(r"""^(\s*(?:-\s+)?(?:[\w$.-]+:\s+)?)((["']).*)$""")

_COLON_INSIDE = re.compile(r"""^(\s*(?:-\s+)?[\w$.-]+:)\s+([^\s"'{\[|>&*#].*?: .*?)\s*(?:\s#.*)?$""")

_COLON_IN_CALL = re.compile(r"""(\w+(?:\.\w+|\["[^"]*"\]))\(((?:\w+: [^:'"{}\[\]]*)+)\)""")

_MESSAGES = (
    ("mapping values are not allowed", "a `: ` here would start a mapping inside of a value"),
    ("could not find expected ':'", "a key without its `:`"),
    ("expected ',' or '}'", "expected `,` or `}`"),
    ("expected ',' or ']'", "expected `,` or `]`"),
    ("did not find expected key", "expected a key"),
    ("expected <block end>", "expected a key"),
    ("did not find expected '-' indicator", "expected `-`, as above"),
    ("did not find expected node content", "expected a value"),
    ("expected the node content", "expected a value"),
    ("block sequence entries are not allowed", "a list cannot begin here"),
    ("found unexpected end of stream", "the text ends inside of a quoted value"),
    ("found another document", "a second document begins here; one file is one document"),
    ("found undefined alias", "an alias of an anchor that does not stand above"),
    ("found duplicate anchor", "an anchor that stands twice"),
    ("found undefined tag handle", "a tag has no meaning here"),
)


def complain_syntax(file: SourceFile, error: yaml.YAMLError, complaints: Complaints) -> None:
    """Report why a text is no YAML, where libyaml stopped, with a form that works if there is one."""
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        bad = _NOT_YAML.search(file.text)
        at = bad.start() if bad else 0
        what = f"the character U+{ord(file.text[at]):04X} cannot stand in YAML" if bad else problem
        complaints.complain("BFF101", what, _span(file, at))
        return
    at = min(mark.index, len(file.text))
    start = getattr(error, "context_mark", None)
    opened = start if start is not None and start.index != at and file.text[start.index] in "{['\"" else None
    quoted = None if opened else _parenthesised(file, file.place(at)[0])
    complaints.complain(
        "BFF101",
        "text after the end of a quoted value" if quoted else _message(file, problem, at),
        _span(file, at),
        _span(file, opened.index) if opened else None,
        "begins here" if opened else "",
        help=quoted or _help(file, error, at),
    )


def _span(file: SourceFile, at: int) -> Span:
    return Span(file, at, min(at + 1, len(file.text)))


def _message(file: SourceFile, problem: str, at: int) -> str:
    if "cannot start any token" in problem:
        character = file.text[at : at + 1]
        return "a tab cannot indent YAML" if character == "\t" else f"a value cannot begin with `{character}`"
    end = ", found the end of the file" if not file.text[at:].strip() else ""
    for theirs, ours in _MESSAGES:
        if theirs in problem:
            return ours + (end if ours.startswith("expected") else "")
    return f"this is not YAML: {problem}"


def _help(file: SourceFile, error: Any, at: int) -> str | None:
    context = getattr(error, "context_mark", None)
    if context is not None and file.text[context.index : context.index + 1] == "{":
        end = file.text.find("\n", context.index)
        form = block_form(file.text[context.index : end if end >= 0 else None])
        return f"write the mapping in block form:\n{form}" if form else None
    found = _COLON_INSIDE.match(file.line(file.place(at)[0]))
    if found and "mapping values" in str(getattr(error, "problem", "")):
        call = _COLON_IN_CALL.fullmatch(found[2])
        if call:
            arguments = re.sub(r"\b(\w+): ", r"\1=", call[2])
            return f"arguments are written with `=`: `{found[1].strip()} {call[1]}({arguments})`"
        return _quoted(found[1].strip(), found[2])
    return None


def _quoted(key: str, value: str) -> str | None:
    quote = '"' if '"' not in value and "\\" not in value else "'"
    return f"put the value in quotes: `{key} {quote}{value}{quote}`" if quote not in value else None


def _parenthesised(file: SourceFile, number: int) -> str | None:
    """`when: "a" in b` ends a value early: show it in parentheses. The mark may stand on the next line."""
    for line in (number, number - 1):
        found = _QUOTE_FIRST.match(file.line(line)) if line > 0 else None
        if found and re.match(rf"{found[3]}[^{found[3]}]*{found[3]}\s*[^\s#]", found[2]):
            return f"put the expression in parentheses: `{found[1].strip()} ({found[2].rstrip()})`"
    return None
