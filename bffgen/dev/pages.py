"""Lists that a spec reads page by page: for a mock, the first page is the only one with something in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bffgen.openapi.document import Document
from bffgen.records import dataclass
from bffgen.spec import model as spec
from bffgen.typesystem.names import python_name

Pages = Mapping[str, "Page"]
NO_PAGES: Pages = {}


@dataclass(frozen=True, slots=True)
class Page:
    """What asks for a page: a `cursor`, a `page` or an `offset`, and the parameter's name."""

    by: str
    parameter: str

    def is_later(self, query: Mapping[str, list[str]]) -> bool:
        """Whether a request asks for another page than the first."""
        asked = [values[0] for name, values in query.items() if python_name(name) == python_name(self.parameter)]
        first = {"page": ("", "0", "1"), "offset": ("", "0")}.get(self.by, ("",))
        return bool(asked) and asked[0] not in first


def pages_of(written: spec.Spec, backend: str, document: Document) -> Pages:
    """The operations of a backend that the spec reads page by page, by their key."""
    found: dict[str, Page] = {}
    for endpoint in written.endpoints:
        for call in _calls(endpoint.calls.values()):
            pages = call.paginate
            if call.backend == backend and pages is not None and pages.parameter is not None:
                operation = document.operation(call.operation)
                if operation is not None:
                    found[operation.key] = Page(pages.by, pages.parameter)
    return found


def _calls(entries: Iterable[spec.Entry]) -> Iterator[spec.Call]:
    for entry in entries:
        if isinstance(entry, spec.Block):
            yield from _calls(entry.calls.values())
        else:
            yield entry


def emptied(data: Any) -> Any:
    """The data of an answer with nothing in its lists."""
    if isinstance(data, dict):
        return {name: emptied(value) for name, value in data.items()}
    return [] if isinstance(data, list) else data
