"""What a document may put into a request: names of headers and cookies, and paths."""

from __future__ import annotations

import re
from urllib.parse import unquote

# OpenAPI says that a header parameter of the first names is to be ignored: other parts of the document speak of
# them. The others are the connection's own.
NOT_HEADERS = frozenset(
    "accept authorization connection content-length content-type cookie expect host keep-alive proxy-authorization "
    "proxy-connection te trailer transfer-encoding upgrade".split()
)

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VARIABLE = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"[\w.~$@-][\w.~$@ -]*(:.*)?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")


def is_token(name: str) -> bool:
    """Whether a header or a cookie may have the name (RFC 9110, 5.6.2)."""
    return _TOKEN.fullmatch(name) is not None


def why_no_path(template: str) -> str | None:
    """What is wrong with a path, which may have variables; None when nothing is."""
    names = _VARIABLE.findall(template)
    if bad := next((name for name in names if not _NAME.fullmatch(name)), None):
        return f"`{bad}` cannot be the name of a variable"
    bare = [name.partition(":")[0] for name in names]
    if twice := next((name for name in bare if bare.count(name) > 1), None):
        return f"variable `{twice}` stands twice"
    literal = _VARIABLE.sub("x", template)
    if "" in names or "{" in literal or "}" in literal:
        return "a variable is a name between `{` and `}`"
    if _CONTROL.search(literal):
        return "it has a character that no path has"
    segments = literal.split("/")[1:]
    if any(unquote(segment) in (".", "..") for segment in segments):
        return "a segment cannot be `.` or `..`"
    return "it has an empty segment" if "" in segments[:-1] else None
