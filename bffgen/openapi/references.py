"""`$ref`: to any place of the same document or of another file, followed only when it is reached."""

from __future__ import annotations

import posixpath
from urllib.parse import unquote, urljoin

from bffgen.diagnostics.model import Diagnostics
from bffgen.diagnostics.suggest import closest
from bffgen.openapi.anchors import ANCHORS, named_by
from bffgen.openapi.scalars import text_at
from bffgen.source.loader import Loader
from bffgen.source.nodes import Node
from bffgen.source.text import SourceFile, Span

MAX_CHAIN = 100
MAX_REFERENCES = 200_000


class References:
    """Follows references and says once, at the reference, why one leads nowhere (BFF502) or in a circle (BFF503).

    A file that cannot be read is the loader's to report.
    """

    def __init__(self, root: Node, loader: Loader, diags: Diagnostics) -> None:
        self.root = root
        self._loader = loader
        self._diags = diags
        self._roots: dict[SourceFile, Node] = {root.file: root}
        self._targets: dict[Node, Node | None] = {}
        self._rings: set[Node] = set()
        self._resolving = 0

    def follow(self, node: Node | None) -> Node | None:
        """The node itself, or what it refers to in the end. None when there is nothing there."""
        seen: dict[Node, None] = {}
        while node is not None and is_reference(node):
            if node in seen:
                self.circular(next(iter(seen)))
                return None
            if len(seen) >= MAX_CHAIN:
                return self._beyond(f"a chain of more than {MAX_CHAIN} references begins here", next(iter(seen)))
            seen[node] = None
            node = self.target(node)
        return node

    def child(self, node: Node | None, key: str) -> Node | None:
        """What stands at `key` of a mapping, references followed."""
        return self.follow(node.get(key)) if node is not None and node.kind == "mapping" else None

    def target(self, node: Node) -> Node | None:
        """What a reference refers to, itself perhaps a reference."""
        if node not in self._targets:
            self._targets[node] = None  # while it is looked for: a reference through itself leads nowhere
            self._targets[node] = self._within_budget(node)
        return self._targets[node]

    def _within_budget(self, node: Node) -> Node | None:
        if self._resolving >= MAX_CHAIN:  # each pointer leads through the next reference
            return self._beyond(f"a reference through more than {MAX_CHAIN} others", node)
        if len(self._targets) > MAX_REFERENCES:
            told = len(self._targets) > MAX_REFERENCES + 1
            return None if told else self._beyond(f"more than {MAX_REFERENCES} references are followed", node)
        self._resolving += 1
        try:
            return self._resolve(node)
        finally:
            self._resolving -= 1

    def _beyond(self, message: str, node: Node) -> Node | None:
        self._diags.report("BFF107", message, ref.span if (ref := node.get("$ref")) is not None else node.span)
        return None

    def peek(self, node: Node) -> Node | None:
        """The target if it is known or in the same file. Reports nothing and reads no file."""
        ref = node.get("$ref")
        if node in self._targets or ref is None or not ref.text.startswith("#/"):
            return self._targets.get(node)
        return self._walk(self._roots[node.file], ref.text[1:])[0]

    def root_of(self, node: Node) -> Node:
        """The root of the document that a node is of."""
        return self._roots[node.file]

    def meant(self, written: Node) -> Node | None:
        """What the text of a scalar refers to when it is read as a reference; None when there is nothing there.

        A word alone is no reference. Nothing but a file that cannot be read is reported.
        """
        where, mark, fragment = written.text.partition("#")
        if not mark and "/" not in where and not where.endswith((".json", ".yaml", ".yml")):
            return None
        root = self._document(where, written)
        return self._within(root, fragment)[0] if root is not None else None

    def at(self, where: str, fragment: str, base: Node, asked_by: Span) -> Node | None:
        """What a reference in the document of `base` leads to; None where that is nowhere, or on the web.

        Nothing but a file that cannot be read is reported.
        """
        if "://" in where or where.startswith("/"):
            return None
        root: Node | None = base
        if where:
            root = self._loader.load(unquote(where), asked_by, base.file)
            root = self._roots.setdefault(root.file, root) if root is not None else None
        found = self._within(root, fragment)[0] if root is not None else None
        return self.follow(found)

    def key_of(self, node: Node) -> Span:
        """Where the key of a node stands; for a member of a sequence, or a whole file, the node itself."""
        above = self._roots.get(node.file)
        for step in node.path[:-1]:
            above = _step(above, step)
        return above.key(node.path[-1]) if above is not None and node.path and above.kind == "mapping" else node.span

    def _resolve(self, node: Node) -> Node | None:
        ref = node.get("$ref")
        assert ref is not None
        where, _, fragment = ref.text.partition("#")
        root = self._document(where, ref)
        if root is None:
            return None
        found, reason = self._within(root, fragment)
        return self._nowhere(ref, reason, self._near(root, fragment)) if found is None else found

    def _document(self, where: str, ref: Node) -> Node | None:
        """What the part of a reference before `#` means: this document, a schema by its `$id`, or a file."""
        here = self.root_of(ref)
        base = text_at(here, "$self") or ""
        if not where or (base and urljoin(base, where) == base):
            return here
        identified = named_by(here, ("$id",), where) if "$id" in here.file.text else None
        return identified or self._file(where, ref)

    def _within(self, root: Node, fragment: str) -> tuple[Node | None, str]:
        """What a fragment means in a document: a JSON pointer or an anchor. Or None, and why."""
        if not fragment or fragment.startswith("/"):
            return self._walk(root, fragment)
        found = named_by(root, ANCHORS, unquote(fragment))
        return found, f"there is no `$anchor: {fragment}` in `{root.file.path}`"

    def _near(self, root: Node, pointer: str) -> str | None:
        """The pointer that may have been meant: like the one that was written, but for its last step."""
        if not pointer.startswith("/"):
            return None
        above, _, last = pointer.rpartition("/")
        holder, _ = self._walk(root, above)
        near = closest(unquote(last), holder.entries()) if holder is not None else None
        return f"{above}/{near}" if near else None

    def _file(self, where: str, ref: Node) -> Node | None:
        root = self._loader.load(unquote(where), ref.span, ref.file)
        return self._roots.setdefault(root.file, root) if root is not None else None

    def _walk(self, root: Node, pointer: str) -> tuple[Node | None, str]:
        """What stands at a pointer; or None, and why."""
        at: Node = root
        for raw in pointer.split("/")[1:]:
            key = unquote(raw).replace("~1", "/").replace("~0", "~")
            found = _step(at, key)
            if found is None and is_reference(at):  # a pointer through a reference
                found = _step(self.follow(at), key)
            if found is None:
                place = f"`{at.pointer}` of `{at.file.path}`" if at.pointer else f"`{at.file.path}`"
                return None, f"there is no `{key}` in {place}"
            at = found
        return at, ""

    def _nowhere(self, ref: Node, reason: str, near: str | None = None) -> Node | None:
        help = f"did you mean `{ref.text.partition('#')[0]}#{near}`?" if near else None
        self._diags.report("BFF502", f"this reference leads nowhere: {reason}", ref.span, help=help)
        return None

    def circular(self, node: Node) -> None:
        """Report that a reference leads back to itself: once for all the references of a ring."""
        ring, at = {node: None}, self.target(node)
        while at is not None and is_reference(at) and at not in ring:
            ring[at] = None
            at = self.target(at)
        is_new = self._rings.isdisjoint(ring)
        self._rings.update(ring)
        ref = node.get("$ref")
        assert ref is not None
        if not is_new:
            return
        self._diags.report("BFF503", "this reference leads back to itself", ref.span)


def is_reference(node: Node) -> bool:
    """Whether a node is `{$ref: text}`. A mapping under `$ref` is a property of that name."""
    if node.kind != "mapping":
        return False
    ref = node.get("$ref")
    return ref is not None and ref.kind == "scalar" and isinstance(ref.value, str)


def name_at(node: Node) -> str | None:
    """The name of a schema that has one: its key among named schemas, or in a file of them, or its file."""
    if len(node.path) == 1 or (len(node.path) >= 2 and node.path[-2] in ("schemas", "definitions", "$defs")):
        return node.path[-1]
    return posixpath.basename(node.file.path).partition(".")[0] if not node.path else None


def _step(node: Node | None, key: str) -> Node | None:
    if node is None:
        return None
    if node.kind == "mapping":
        return node.get(key)
    if node.kind == "sequence" and key.isascii() and key.isdigit():
        elements = node.elements()
        return elements[int(key)] if int(key) < len(elements) else None
    return None
