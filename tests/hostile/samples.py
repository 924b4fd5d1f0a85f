"""Text that tries to become code (SECURITY 5.2), by where it aims. The marker does nothing but be found."""

from __future__ import annotations

import math
from typing import Any

MARKER = "BFFPWN"

DOCSTRINGS = (
    'x"""\n__import__("os").mkdir("BFFPWN")\n"""',
    'ends with quote"',
    'ends with two""',
    "ends with backslash\\",
    'backslash and quotes \\"""',
    '\\\\"""',
    "\\N{BULLET}",
    "\\x41 \\u0041 \\",
    "'''",
    '"""',
    '""""',
    "\n\n    BFFPWN()",
)

LITERALS = (
    'a"; BFFPWN() #',
    'a\\"; BFFPWN() #',
    "a'+BFFPWN()+'",
    "a\nBFFPWN()",
    "    BFFPWN()",
    "{BFFPWN()}",
    "{{BFFPWN()}}",
    "%(x)s %s",
    "\x00",
    "\\",
)

COMMENTS = (
    "t\rBFFPWN()",
    "t\r\nBFFPWN()",
    "t\u2028BFFPWN()",
    "t\u0085BFFPWN()",
    "t\x0bBFFPWN()",
    "t\x0cBFFPWN()",
    "coding: utf-7 +AAo-BFFPWN()",
    "coding: unicode_escape \\nBFFPWN()",
    "coding: foobar",
    "type: ignore",
    "noqa",
    "ruff: noqa",
    "fmt: off",
    "pragma: no cover",
    "-*- mode: python; eval: BFFPWN -*-",
    "vim: set modeline",
)

ENGINES = (
    "{{ cycler.__init__.__globals__ }}",
    "{% import 'os' %}",
    "{% raw %}",
    "{%- endraw -%}",
    "{#",
    "${7*7} <%= %>",
)

NAMES = (
    "class", "match", "type", "_", "__class__", "__init__", "self", "None", "True", "print", "1a", "", "-", "a b",
    "a-b", "a_b", "A", "a", "\ufb01eld", "field", "\U0001d429rint", "\uff41", "a\u200bb", "import os;x", "x" * 300,
    "\U0001f600", "\u202e", "model_config", "model_dump", "model_fields", "schema", "json", "copy", "_private",
    "__pydantic_fields__", "__slots__", "dict", "str", "list", "MISSING", "Field", "Annotated",
)  # fmt: skip

CLASSNAMES = (
    "BaseModel", "Any", "List", "Optional", "datetime", "FastAPI", "Model", "Integer", "JsonValue", "TypeAdapter",
    "UUID", "User", "user", "USER", "\u00e9", "a.b", "$", "x[1]",
)  # fmt: skip

MODULES = (
    "../../etc/cron.d/x", "..\\..\\x", "/abs", "C:\\x", "con", "nul.py", "a/b", "%2e%2e%2fx", "\uff0e\uff0e/x",
    "x\x00.py", "__init__.py", "User", "x.", "x ", "~/.ssh/x", "x" * 300, "", "1a", "class", "a-b",
)  # fmt: skip

TOP_MODULES = ("typing", "httpx", "asyncio", "sitecustomize", "conftest", "__init__", "os", "pydantic", "app")

PATHS = (
    "/a/{x:path}", "/a/{x:evil}", "/a/{x", "/a/{x}}", "/a/{x}/{x}", "/a/{}", "/a/{__import__('os')}",
    "/a/{x!r:>{w}}", "/a/{0}", "/a?x=1", "/a#f", "//evil.com", "/a/../b", "/a/%2e%2e/b", "/a;x", "/a\\b", "/a\nGET",
    "/pet/{id}'+str(exec('BFFPWN()'))+'", "http://evil.example/", "/a b", "/\u00e9", "/a/./b", "/..", "/a\x00",
)  # fmt: skip

HEADERS = (
    "X-A\r\nX-B: c", "X A", "X:A", "x_user", "Host", "Content-Length", "Transfer-Encoding", "Connection", "Cookie",
    "Authorization", "", "\u00e9", "X-Api-Key", "content-type",
)  # fmt: skip

PATTERNS = (
    "^(a+)+$", "(?=a)", "(a)\\1", "(a{1000}){1000}", "[", "(?i)x", "\\cA", "[^]", "\\p{Lu}", '")#',
    "(?P<x>BFFPWN())", "a" * 5000, "(?<=a)b", "a{2,1}", "\\", "(" * 300 + ")" * 300, "[[:alpha:]]", "\\u{41}",
)  # fmt: skip

WORDS = (
    ".inf", ".nan", "1e400", "-0.0", "2020-01-01", "null", "true", "0x10", "__import__('os')", "datetime.utcnow",
    'application/json; x="\r\nBFFPWN: 1"', "application/json;BFFPWN", "*/*",
)  # fmt: skip

EXTENSIONS = ("X[1]; BFFPWN() #", "os.getcwd\nBFFPWN", "BFFPWN() or str", "builtins.exec", "import BFFPWN")

TOML = ('x"\n[tool.poetry.scripts]\na="BFFPWN', "x'''\na='''BFFPWN", "\x7f", "x\\", "]\n[BFFPWN]")

YAML = (
    "x\nkind: ClusterRoleBinding", "k: v", "- x", "#", "!!python/object/apply:os.system", "*a", "&a", "yes",
    "---", "@x", "\t", "{{ .Values.x }}", "%YAML 1.1", "? x", "|", "> x",
)  # fmt: skip

DOCKER = ("a\nRUN touch /BFFPWN", "# syntax=evil/frontend", "<<EOF", "$(id)", "${PATH}", "a \\\nRUN BFFPWN")

SHELL = ("$(touch BFFPWN)", "`touch BFFPWN`", ";touch BFFPWN", "'\\''", "$(shell touch BFFPWN)", "$$", "%", "-r x")

WORKFLOWS = ("${{ github.event.issue.title }}", "::set-output name=x::BFFPWN", "x\nrun: BFFPWN")

MARKUP = (
    "</title><script>BFFPWN()</script>", "[x](javascript:BFFPWN())", "<img src=x onerror=BFFPWN()>",
    "```\n# BFFPWN\n```", "<!-- --> -->", "| a | b |", "![x](http://evil.example/x.png)", "<http://evil.example>",
    "# BFFPWN", "1. BFFPWN", "***", "&lt;b&gt;", "x\n===", "~~~", "[x]: http://evil.example", "https://evil.example",
    '"]; click c0 BFFPWN "', "end; subgraph BFFPWN",
)  # fmt: skip

TERMINAL = ("\x1b]0;x\x07", "\x1b[2J", "\r", "\u202eBFFPWN", "a\u200bb", "x" * 5000, "\u2066BFFPWN", "\ufeffBFFPWN")

ANNOTATIONS = ("__import__('os').mkdir('BFFPWN')", "list[BFFPWN()]", "Annotated[int, BFFPWN()]", "'BFFPWN()'")

BLANKS = ("", " ", "\n", "\t", "\u3000", "\xa0")

CLASSES: dict[str, tuple[str, ...]] = {
    "docstring": DOCSTRINGS,
    "literal": LITERALS,
    "comment": COMMENTS,
    "identifier": NAMES,
    "class name": CLASSNAMES,
    "module": (*MODULES, *TOP_MODULES),
    "path": PATHS,
    "header": HEADERS,
    "pattern": PATTERNS,
    "word": WORDS,
    "extension": EXTENSIONS,
    "engine": ENGINES,
    "toml": TOML,
    "yaml": YAML,
    "docker": DOCKER,
    "shell": SHELL,
    "workflow": WORKFLOWS,
    "markup": MARKUP,
    "terminal": TERMINAL,
    "annotation": ANNOTATIONS,
    "blank": BLANKS,
}
"""What a document can say in JSON. Half of a surrogate pair it cannot: `SURROGATE` is tried on its own."""

SURROGATE = "\ud800BFFPWN"

TEXTS = (
    *DOCSTRINGS, *LITERALS, *COMMENTS, *ENGINES, *MARKUP, *TERMINAL, *ANNOTATIONS, *TOML, *YAML, *DOCKER, *SHELL,
    *WORKFLOWS, *BLANKS, SURROGATE,
)  # fmt: skip

DEEP: Any = "BFFPWN"
for _ in range(150):
    DEEP = [DEEP]

VALUES: tuple[Any, ...] = (
    math.inf, -math.inf, -0.0, 10**3000, -(10**3000), 1e308, 2**63, -(2**63) - 1, 2**53 + 1, 0.1, None, True,
    False, [], {}, [1, "1", True, 1.0], {"a": {"$ref": "#/BFFPWN"}}, {"": 0, "BFFPWN()": ["'\"\\"]}, DEEP,
)  # fmt: skip
"""What stands in the place of defaults, examples, enum members and bounds."""
