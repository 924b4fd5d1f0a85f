"""YAML documents: composed by libyaml without resolving anything, resolved by us as it is reached."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import yaml

from bffgen.source.node import MAX_DEPTH, MAX_EXPANDED, MAX_NODES, MAX_TEXT, Complaints, Kind, Node, too_long
from bffgen.source.pause import collector_paused
from bffgen.source.scalars import plain
from bffgen.source.text import SourceFile, Span
from bffgen.source.yaml_errors import complain_syntax

if TYPE_CHECKING:
    _Base = yaml.SafeLoader
else:
    _Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_CORE = "tag:yaml.org,2002:"
_TAGS = frozenset(_CORE + name for name in ("str", "int", "float", "bool", "null", "map", "seq"))


class _TooMuch(Exception):
    """The document breaks a budget, at an offset."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


class _Loader(_Base):
    """Composes nodes with no tag but the written ones.

    libyaml's composer recurses in C and calls these two methods around every node, so counting here stops a
    document that would overflow the C stack.
    """

    depth = 0
    count = 0

    def descend_resolver(self, parent: Any, index: Any) -> None:
        self.depth += 1
        self.count += 1
        if self.depth > MAX_DEPTH + 1:
            raise _TooMuch(f"the text is nested more than {MAX_DEPTH} deep", parent.start_mark.index)
        if self.count > MAX_NODES:
            raise _TooMuch(f"the text has more than {MAX_NODES} values", parent.start_mark.index)

    def ascend_resolver(self) -> None:
        self.depth -= 1

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        return ""


def parse_yaml(file: SourceFile, complaints: Complaints) -> Node | None:
    """The root node; None when the text is no YAML, empty, or breaks a budget, which is reported."""
    loader: Any = None
    try:
        with collector_paused():
            loader = _Loader(file.text)
            root = loader.get_single_node()
        if root is not None and _may_use_aliases(file.text):
            _check_expansion(root)
    except _TooMuch as error:
        at = min(error.at, max(len(file.text) - 1, 0))
        complaints.complain("BFF107", str(error), Span(file, at, min(at + 1, len(file.text))))
        return None
    except yaml.YAMLError as error:
        complain_syntax(file, error, complaints)
        return None
    finally:
        if loader is not None:
            loader.dispose()
    if root is None:
        complaints.complain("BFF101", "the file is empty", Span(file, 0, 0))
        return None
    return _wrap(_Document(file, complaints), root, ())


def _may_use_aliases(text: str) -> bool:
    """Whether a walk over all nodes is needed to know how they refer to each other."""
    anchors = set(re.findall(r"&([\w-]+)", text, re.ASCII))
    return bool(anchors) and not anchors.isdisjoint(re.findall(r"\*([\w-]+)", text, re.ASCII))


def _check_expansion(root: yaml.Node) -> None:
    """Refuse aliases that lead back to themselves, or that make a text larger or deeper than is read."""
    sizes: dict[int, tuple[int, int]] = {}  # id of a node -> nodes below it, depth
    open_nodes: set[int] = set()
    stack: list[tuple[yaml.Node, bool]] = [(root, False)]
    while stack:
        node, done = stack.pop()
        if done:
            open_nodes.discard(id(node))
            sizes[id(node)] = _size(node, sizes)
        elif id(node) in open_nodes:
            raise _TooMuch("an alias leads back to what it stands in", node.start_mark.index)
        elif id(node) not in sizes:
            open_nodes.add(id(node))
            stack.append((node, True))
            stack.extend((child, False) for child in _children(node))


def _size(node: yaml.Node, sizes: Mapping[int, tuple[int, int]]) -> tuple[int, int]:
    below = [sizes[id(child)] for child in _children(node)]
    count = 1 + sum(size for size, _ in below)
    depth = 1 + max((depth for _, depth in below), default=0)
    if count > MAX_EXPANDED:
        raise _TooMuch(f"aliases make this more than {MAX_EXPANDED} values", node.start_mark.index)
    if depth > MAX_DEPTH + 1:
        raise _TooMuch(f"aliases nest this more than {MAX_DEPTH} deep", node.start_mark.index)
    return count, depth


def _children(node: yaml.Node) -> Sequence[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else ()


class _Document:
    __slots__ = ("complaints", "file")

    def __init__(self, file: SourceFile, complaints: Complaints) -> None:
        self.file = file
        self.complaints = complaints

    def span(self, raw: yaml.Node) -> Span:
        start, end = raw.start_mark.index, raw.end_mark.index
        text = self.file.text
        while end > start and text[end - 1] in " \t\r\n":  # a block ends where the next token starts
            end -= 1
        return Span(self.file, start, end)


def _wrap(document: _Document, raw: yaml.Node, path: tuple[str, ...]) -> Node:
    if raw.tag and raw.tag not in _TAGS:
        span = document.span(raw)
        at = document.file.text.rfind("!", 0, span.start + 1)
        place = Span(document.file, at, span.end) if 0 <= span.start - at < 200 else span
        document.complaints.complain("BFF101", f"the tag `{_short(raw.tag)}` has no meaning here", place)
    return _YamlNode(document, raw, path)


def _short(tag: str) -> str:
    return "!!" + tag[len(_CORE) :] if tag.startswith(_CORE) else tag


class _YamlNode(Node):
    __slots__ = ("_children", "_document", "_keys", "_raw")

    def __init__(self, document: _Document, raw: yaml.Node, path: tuple[str, ...]) -> None:
        self._document = document
        self._raw: Any = raw
        self.path = path
        self._children: dict[str, Node] | None = None
        self._keys: dict[str, yaml.Node] = {}

    @property
    def file(self) -> SourceFile:
        return self._document.file

    @property
    def kind(self) -> Kind:
        kind: Kind = self._raw.id
        return kind

    @property
    def span(self) -> Span:
        return self._document.span(self._raw)

    @property
    def flow(self) -> bool:
        return self.kind != "scalar" and bool(self._raw.flow_style)

    @property
    def value(self) -> bool | int | float | str | None:
        if self.kind != "scalar":
            return None
        return self.text if self.quoted else plain(self.text)

    @property
    def text(self) -> str:
        if self.kind != "scalar":
            return ""
        text = str(self._raw.value)
        return text if len(text) <= MAX_TEXT else too_long(self, self._document.complaints)

    @property
    def quoted(self) -> bool:
        if self.kind != "scalar":
            return False
        tag = self._raw.tag
        return tag == _CORE + "str" if tag else self._raw.style in ("'", '"', "|", ">")

    def entries(self) -> Mapping[str, Node]:
        return self._resolved() if self.kind == "mapping" else {}

    def elements(self) -> Sequence[Node]:
        return list(self._resolved().values()) if self.kind == "sequence" else ()

    def _resolved(self) -> dict[str, Node]:
        if self._children is None:
            if self.kind == "mapping":
                self._children = self._resolve_mapping()
            else:
                steps = ((*self.path, str(index)) for index in range(len(self._raw.value)))
                pairs = zip(steps, self._raw.value, strict=True)
                self._children = {path[-1]: _wrap(self._document, raw, path) for path, raw in pairs}
        return self._children

    def _resolve_mapping(self) -> dict[str, Node]:
        found: dict[str, Node] = {}
        complain = self._document.complaints.complain
        for raw_key, raw_value in self._raw.value:
            span = self._document.span(raw_key)
            if not isinstance(raw_key, yaml.ScalarNode):
                complain("BFF104", "a key is a text or a number, not a mapping or a list", span)
            elif raw_key.value in found:
                first = self._document.span(self._keys[raw_key.value])
                complain("BFF103", f"key `{raw_key.value}` stands twice", span, first, "first here")
            else:
                key = str(raw_key.value)
                self._keys[key] = raw_key
                found[key] = _wrap(self._document, raw_value, (*self.path, key))
        return found

    def key(self, key: str) -> Span:
        self.entries()
        return self._document.span(self._keys[key]) if key in self._keys else self.span

    def key_node(self, key: str) -> Node:
        self.entries()
        return _YamlNode(self._document, self._keys[key], (*self.path, key))

    def part(self, start: int, end: int) -> Span:
        span, text = self.span, self.text
        written = self.file.text[span.start : span.end]
        if written == text:
            return span.sub(start, end)
        if written[1:-1] == text and written[:1] in ("'", '"'):
            return span.sub(1 + start, 1 + end)
        return self._folded_part(span, start, end) or span

    def _folded_part(self, span: Span, start: int, end: int) -> Span | None:
        """A piece of a text over several lines, found by counting what is no white space: folding changes only that."""
        if self.kind != "scalar" or self._raw.style not in (None, "", "|", ">"):
            return None
        body = span.start
        if self._raw.style in ("|", ">"):  # the text begins below `|-`
            body = self.file.text.find("\n", span.start, span.end) + 1 or span.end
        written, text = self.file.text[body : span.end], self.text
        ink = [at for at, char in enumerate(written) if not char.isspace()]
        before, inside = _ink(text[:start]), _ink(text[start:end])
        if len(ink) != _ink(text) or not inside:
            return None
        return Span(self.file, body + ink[before], body + ink[before + inside - 1] + 1)

    def data(self) -> Any:
        if self.kind == "mapping":
            return {key: child.data() for key, child in self.entries().items()}
        return [child.data() for child in self.elements()] if self.kind == "sequence" else self.value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _YamlNode) and other._raw is self._raw

    def __hash__(self) -> int:
        return hash(id(self._raw))


def _ink(text: str) -> int:
    return sum(not char.isspace() for char in text)
