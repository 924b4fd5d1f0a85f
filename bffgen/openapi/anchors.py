"""Schemas that are named by `$anchor` or `$id`, found from the text: nothing beside the way to them is read."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bffgen.source.nodes import Node

ANCHORS = ("$anchor", "$dynamicAnchor")
MAX_TRIES = 100  # places in the text that may be the one


def named_by(root: Node, keys: tuple[str, ...], value: str) -> Node | None:
    """The mapping of a document in which one of the keys has a value; None when there is none."""
    names = "|".join(re.escape(key) for key in keys)
    pattern = re.compile(rf"""["']?(?:{names})["']?\s*:\s*["']?{re.escape(value)}""")
    for count, found in enumerate(pattern.finditer(root.file.text)):
        if count == MAX_TRIES:
            return None
        node = _around(root, found.start())
        if any((said := node.get(key)) is not None and said.text == value for key in keys):
            return node
    return None


def _around(root: Node, offset: int) -> Node:
    """The innermost mapping around a place in the text."""
    innermost = at = root
    while (inside := _holding(_members(at), offset, root)) is not None:
        at = inside
        innermost = at if at.kind == "mapping" else innermost
    return innermost


def _members(node: Node) -> Iterable[Node]:
    return node.entries().values() if node.kind == "mapping" else node.elements()


def _holding(nodes: Iterable[Node], offset: int, root: Node) -> Node | None:
    for node in nodes:
        span = node.span
        if node.kind != "scalar" and span.file is root.file and span.start <= offset < span.end:
            return node
    return None
