"""`include:`: the parts of a spec that stand in other files, each file read once."""

from __future__ import annotations

from collections.abc import Iterator

from bffgen.diagnostics.model import Label
from bffgen.source.loader import Loader
from bffgen.source.nodes import Node
from bffgen.source.text import Span
from bffgen.spec.keys import INCLUDED
from bffgen.spec.reader import Fields, Reader, shown


class Includes:
    """Walks the files that a spec includes, and those that they include, in the order written and of their names."""

    def __init__(self, reader: Reader, loader: Loader, spec: Node) -> None:
        self._reader = reader
        self._loader = loader
        self._way = [spec]  # from the spec to the file that is being read
        self._seen = {spec}

    def files(self, patterns: Node | None) -> Iterator[Fields]:
        """The mappings of all files that the value of an `include:` key leads to."""
        for pattern, span in self._reader.texts(patterns, "a list of files, such as `[endpoints/*.yaml]`"):
            beside = patterns.file if patterns is not None else None
            for name in self._loader.matching(pattern, span, beside):
                node = self._loader.load(name, span)
                if node is not None and not self._is_circle(node, pattern, span) and node not in self._seen:
                    self._seen.add(node)
                    yield from self._file(node)

    def _file(self, node: Node) -> Iterator[Fields]:
        fields = self._reader.fields(node, INCLUDED)
        if fields is None:
            return
        yield fields
        self._way.append(node)
        yield from self.files(fields.get("include"))
        self._way.pop()

    def _is_circle(self, node: Node, pattern: str, span: Span) -> bool:
        """Whether a file is being read already; a pattern may well match the file that it stands in."""
        if node not in self._way:
            return False
        if not set("*?") & set(pattern):
            ring = [shown(step.file.path) for step in [*self._way[self._way.index(node) :], node]]
            note = " includes ".join(f"`{path}`" for path in ring)
            message = f"`{shown(pattern)}` is included by what it includes"
            self._reader.diags.report("BFF116", message, Label(span, "leads back"), note=note)
        return True
