"""JSON documents: decoded at once, places looked up in the text only when a message needs one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from bffgen.source.node import MAX_DEPTH, MAX_TEXT, Complaints, Kind, Node, too_long
from bffgen.source.pause import collector_paused
from bffgen.source.text import SourceFile, Span

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder(strict=False)


class _Repeated(dict[str, Any]):
    """An object in which a key stands twice."""


class _Constant(ValueError):
    """Something that Python's decoder takes and JSON does not have."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    return members if len(members) == len(pairs) else _Repeated(pairs)


def _constant(text: str) -> Any:
    raise _Constant(text)


def looks_like_json(text: str) -> bool:
    at = _SPACE.match(text)
    return text[at.end() : at.end() + 1] in ("{", "[") if at else False


class NotJson(ValueError):
    """The text is not JSON; it may be YAML."""


def parse_json(file: SourceFile, complaints: Complaints, *, certain: bool) -> Node | None:
    """The root node; None when the text cannot be read, which is reported.

    Raises `NotJson`, reporting nothing, when the text is not JSON and it was not `certain` that it would be.
    """
    try:
        with collector_paused():
            data = json.loads(file.text, object_pairs_hook=_object, parse_constant=_constant)
    except RecursionError:
        at = too_deep_at(file.text) or 0
        message = f"the text is nested more than {MAX_DEPTH} deep"
        complaints.complain("BFF107", message, Span(file, at, at + 1))
    except ValueError as error:
        if not certain:
            raise NotJson from None
        _complain_value(file, complaints, error)
    else:
        if not _has_lone_surrogate(file.text, data):
            return _JsonNode(_Document(file, complaints), data, ())
        _complain(complaints, "half of a surrogate pair is no text", file, _surrogate_at(file.text))
    return None


def too_deep_at(text: str) -> int | None:
    """Where brackets first nest deeper than is read; for documents that no parser could take."""
    depth = 0
    for found in re.finditer(r'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', text, re.DOTALL):
        mark = found[0][0]
        depth += (mark in "[{") - (mark in "]}")
        if depth > MAX_DEPTH:
            return found.start()
    return None


def _complain(complaints: Complaints, message: str, file: SourceFile, at: int, size: int = 1) -> None:
    at = min(at, len(file.text))
    complaints.complain("BFF101", message, Span(file, at, min(at + size, len(file.text))))


def _complain_value(file: SourceFile, complaints: Complaints, error: ValueError) -> None:
    if isinstance(error, json.JSONDecodeError):
        _complain(complaints, *_syntax(file, error))
    elif isinstance(error, _Constant):
        word = str(error)
        found = re.search(rf'(?<!["\w]){re.escape(word)}(?!["\w])', file.text)
        _complain(complaints, f"`{word}` is not JSON", file, found.start() if found else 0, len(word))
    else:
        found = re.search(r"\d{4000,}", file.text)
        _complain(complaints, "a number of more than 4000 digits", file, found.start() if found else 0)


_MESSAGES = (
    ("Expecting property name", "expected a key in double quotes"),
    ("Expecting value", "expected a value"),
    ("Expecting ':'", "expected `:`"),
    ("Expecting ','", "expected `,` or the closing bracket"),
    ("Extra data", "text after the end of the value"),
    ("Unterminated string", "a text without its closing quote"),
    ("Invalid control character", "a text cannot hold a line break or a control character"),
    ("Invalid \\", "an escape that JSON does not have"),
)


def _syntax(file: SourceFile, error: json.JSONDecodeError) -> tuple[str, SourceFile, int]:
    """What is wrong, and where: in words that no version of Python changes."""
    text, at = file.text, min(error.pos, len(file.text))
    if not text.strip():
        return "the file is empty", file, at
    before = text[:at].rstrip()
    comma = len(before) - 1 if before.endswith(",") else at if text[at : at + 1] == "," else None
    if comma is not None and text[comma + 1 :].lstrip()[:1] in ("}", "]"):
        return "this is not JSON: a comma that nothing follows", file, comma
    if not text[at:].strip():
        return "this is not JSON: the text ends too early", file, at
    ours = next((ours for theirs, ours in _MESSAGES if error.msg.startswith(theirs)), None)
    return f"this is not JSON: {ours or error.msg}", file, at


_SURROGATE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)


def _surrogate_at(text: str) -> int:
    found = _SURROGATE.search(text)
    return found.start() if found else 0


def _has_lone_surrogate(text: str, data: Any) -> bool:
    if not _SURROGATE.search(text):
        return False
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        return True
    return False


class _Document:
    """A JSON text with the places of what was asked for, found by decoding over what comes before."""

    def __init__(self, file: SourceFile, complaints: Complaints) -> None:
        self.file = file
        self.complaints = complaints
        self._members: dict[int, tuple[dict[str, tuple[int, int, int]], list[tuple[int, int]]]] = {}

    def skip(self, at: int) -> int:
        found = _SPACE.match(self.file.text, at)
        return found.end() if found else at

    @cached_property
    def start(self) -> int:
        return self.skip(0)

    def find(self, path: Sequence[str]) -> tuple[int, int, int]:
        """The offsets of the key (or item), of the value, and of the value's end."""
        key = at = self.start
        end = len(self.file.text.rstrip(" \t\n\r"))
        for step in path:
            key, at, end = self.members(at)[0][step]
        return key, at, end

    def members(self, at: int) -> tuple[dict[str, tuple[int, int, int]], list[tuple[int, int]]]:
        """The members of the container at an offset, and (first key, second key) where one stands twice."""
        if at not in self._members:
            is_object = self.file.text[at] == "{"
            self._members[at] = self._read_object(at) if is_object else (self._read_array(at), [])
        return self._members[at]

    def _read_object(self, at: int) -> tuple[dict[str, tuple[int, int, int]], list[tuple[int, int]]]:
        text, members, repeated = self.file.text, dict[str, tuple[int, int, int]](), list[tuple[int, int]]()
        at = self.skip(at + 1)
        while text[at] != "}":
            name_at = at
            name, at = _DECODER.raw_decode(text, at)
            value_at = self.skip(self.skip(at) + 1)
            _, end = _DECODER.raw_decode(text, value_at)
            if name in members:
                repeated.append((members[name][0], name_at))
            members[name] = (name_at, value_at, end)
            at = self.skip(end)
            at = self.skip(at + 1) if text[at] == "," else at
        return members, repeated

    def _read_array(self, at: int) -> dict[str, tuple[int, int, int]]:
        text, members = self.file.text, dict[str, tuple[int, int, int]]()
        at = self.skip(at + 1)
        while text[at] != "]":
            _, end = _DECODER.raw_decode(text, at)
            members[str(len(members))] = (at, at, end)
            at = self.skip(end)
            at = self.skip(at + 1) if text[at] == "," else at
        return members

    def key_span(self, at: int) -> Span:
        return Span(self.file, at, _DECODER.raw_decode(self.file.text, at)[1])


class _JsonNode(Node):
    __slots__ = ("_children", "_document", "_raw")

    def __init__(self, document: _Document, raw: Any, path: tuple[str, ...]) -> None:
        self._document = document
        self._raw = raw
        self.path = path
        self._children: dict[str, Node] | None = None

    @property
    def file(self) -> SourceFile:
        return self._document.file

    @property
    def kind(self) -> Kind:
        if isinstance(self._raw, dict):
            return "mapping"
        return "sequence" if isinstance(self._raw, list) else "scalar"

    @property
    def span(self) -> Span:
        _, start, end = self._document.find(self.path)
        return Span(self.file, start, end)

    @property
    def value(self) -> bool | int | float | str | None:
        raw = self._raw
        return self.text if isinstance(raw, str) else raw if isinstance(raw, (bool, int, float)) else None

    @property
    def text(self) -> str:
        if isinstance(self._raw, str):
            return self._raw if len(self._raw) <= MAX_TEXT else too_long(self, self._document.complaints)
        return json.dumps(self._raw) if self.kind == "scalar" else ""

    @property
    def quoted(self) -> bool:
        return isinstance(self._raw, str)

    def entries(self) -> Mapping[str, Node]:
        if not isinstance(self._raw, dict):
            return {}
        return self._resolved()

    def elements(self) -> Sequence[Node]:
        if not isinstance(self._raw, list):
            return ()
        return list(self._resolved().values())

    def get(self, key: str) -> Node | None:
        if self._children is None and isinstance(self._raw, dict) and key not in self._raw:
            if not isinstance(self._raw, _Repeated):
                return None
        return self.entries().get(key)

    def _resolved(self) -> dict[str, Node]:
        if self._children is None:
            self._children = self._resolve()
        return self._children

    def _resolve(self) -> dict[str, Node]:
        if len(self.path) >= MAX_DEPTH:
            self._complain_depth()
            return {}
        if isinstance(self._raw, _Repeated):
            self._complain_repeated()
        raw = self._raw.items() if isinstance(self._raw, dict) else enumerate(self._raw)
        return {str(key): _JsonNode(self._document, value, (*self.path, str(key))) for key, value in raw}

    def _complain_depth(self) -> None:
        message = f"the text is nested more than {MAX_DEPTH} deep"
        self._document.complaints.complain("BFF107", message, self.span)

    def _complain_repeated(self) -> None:
        for first, second in self._document.members(self.span.start)[1]:
            here, there = self._document.key_span(second), self._document.key_span(first)
            message = f"key `{_DECODER.raw_decode(self.file.text, second)[0]}` stands twice"
            self._document.complaints.complain("BFF103", message, here, there, "first here")

    def key(self, key: str) -> Span:
        if not isinstance(self._raw, dict) or key not in self._raw:
            return self.span
        return self._document.key_span(self._document.find((*self.path, key))[0])

    def key_node(self, key: str) -> Node:
        return _JsonKey(self._document, key, (*self.path, key))

    def part(self, start: int, end: int) -> Span:
        span = self.span
        if self.file.text[span.start + 1 : span.end - 1] == self._raw:
            return span.sub(1 + start, 1 + end)
        if self.file.text[span.start : span.end] == self.text:
            return span.sub(start, end)
        return span

    def data(self) -> Any:
        if self.kind == "mapping":
            return {key: child.data() for key, child in self.entries().items()}
        return [child.data() for child in self.elements()] if self.kind == "sequence" else self.value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _JsonNode) and other.path == self.path and other.file is self.file

    def __hash__(self) -> int:
        return hash((id(self.file), self.path))


class _JsonKey(_JsonNode):
    __slots__ = ()

    @property
    def span(self) -> Span:
        return self._document.key_span(self._document.find(self.path)[0])
