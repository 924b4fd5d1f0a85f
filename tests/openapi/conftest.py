"""Small documents for each trap: written to a folder, read as a backend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent, indent

import pytest

from bffgen.diagnostics.model import Diagnostics
from bffgen.openapi.document import Document, Presence, load_document
from bffgen.openapi.model import Operation
from bffgen.source.loader import Loader
from bffgen.source.text import SourceFile, Span
from bffgen.typesystem.model import ObjectType, Type, non_null

ASKED = Span(SourceFile("spec.yaml", "backends"), 0, 8)


@dataclass
class Read:
    """A document that was read, and what was found wrong with it."""

    maybe: Document | None
    diags: Diagnostics

    @property
    def document(self) -> Document:
        assert self.maybe is not None, self.messages
        return self.maybe

    @property
    def codes(self) -> list[str]:
        return [found.code for found in self.diags.sorted()]

    @property
    def messages(self) -> list[str]:
        return [found.message for found in self.diags.sorted()]

    @property
    def places(self) -> list[str]:
        """The text that each finding points at."""
        spans = [found.primary.span for found in self.diags.sorted()]
        return [span.file.text[span.start : span.end] for span in spans]

    def operation(self, key: str = "op") -> Operation:
        found = self.document.operation(key)
        assert found is not None, f"no operation {key}"
        return found

    def type(self, name: str, *, request: bool = False) -> Type:
        """The type of a named schema."""
        found = self.document.schema(name, request=request)
        assert found is not None, f"no schema {name}"
        return found

    def object(self, name: str, *, request: bool = False) -> ObjectType:
        found = non_null(self.type(name, request=request))
        assert isinstance(found, ObjectType), found
        return found


ReadText = Callable[..., Read]


@pytest.fixture
def read(tmp_path: Path) -> ReadText:
    """Read a document; `files` are others beside it, by name; `overlay` is the text of one."""

    def make(
        text: str,
        *,
        name: str = "api.yaml",
        presence: Presence = "declared",
        files: dict[str, str] | None = None,
        overlay: str | None = None,
    ) -> Read:
        laid = {"api.overlay.yaml": overlay} if overlay is not None else {}
        for path, content in {name: text, **(files or {}), **laid}.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(dedent(content), encoding="utf-8")
        diags = Diagnostics()
        over = "api.overlay.yaml" if overlay is not None else None
        return Read(load_document("shop", name, Loader(tmp_path, diags), diags, ASKED, presence, over, ASKED), diags)

    return make


@pytest.fixture
def schemas(read: ReadText) -> ReadText:
    """Read named schemas, written as the YAML below `components/schemas`."""

    def make(
        text: str, *, version: str = "3.1.0", presence: Presence = "declared", files: dict[str, str] | None = None
    ) -> Read:
        body = indent(dedent(text).strip("\n"), "    ")
        document = f"openapi: {version}\npaths: {{}}\ncomponents:\n  schemas:\n{body}\n"
        return read(document, presence=presence, files=files)

    return make


@pytest.fixture
def paths(read: ReadText) -> ReadText:
    """Read operations, written as the YAML below `paths`."""

    def make(text: str, *, version: str = "3.1.0", more: str = "", files: dict[str, str] | None = None) -> Read:
        body = indent(dedent(text).strip("\n"), "  ")
        named = "swagger" if version == "2.0" else "openapi"
        return read(f"{named}: '{version}'\npaths:\n{body}\n{dedent(more)}", files=files)

    return make
