"""Named schemas of other files: what the references of a document lead to, looked for when a name is not its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bffgen.openapi.references import References, name_at
from bffgen.source.nodes import Node
from bffgen.source.text import Span

_REFERENCE = re.compile(r"""\$ref["']?\s*:\s*["']?([^"'#\s,{}]*)#?([^"'\s,}\]]*)""")


def named_elsewhere(references: References) -> dict[str, Node]:
    """The schemas with a name that references lead to, from file to file, the nearest first."""
    found: dict[str, Node] = {}
    waiting, seen = [references.root], {references.root.file}
    for root in waiting:  # which grows
        for node in _referred(root, references):
            name = name_at(node)
            if name is not None and node.kind == "mapping":
                found.setdefault(name, node)
            if node.file not in seen:
                seen.add(node.file)
                waiting.append(references.root_of(node))
    return found


def _referred(root: Node, references: References) -> Iterator[Node]:
    file = root.file
    places: dict[tuple[str, str], Span] = {}
    for match in _REFERENCE.finditer(file.text):
        places.setdefault((match[1], match[2]), Span(file, match.start(1), max(match.end(2), match.start(1) + 1)))
    for (where, fragment), span in places.items():
        node = references.at(where, fragment, root, span)
        if node is not None:
            yield node
