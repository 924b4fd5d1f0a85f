"""Every document of the corpus, whole: each operation and what it holds, with sample data that fits.

The corpus is a folder beside the checkout, `shared/corpus`; without it there is nothing to test.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bffgen.diagnostics.model import Diagnostics
from bffgen.openapi.document import Document, load_document
from bffgen.openapi.fits import fits
from bffgen.openapi.model import Operation
from bffgen.openapi.sample import sample, sample_reply
from bffgen.source.loader import Loader
from bffgen.source.text import SourceFile, Span
from bffgen.typesystem.model import ListType, MapType, Nullable, ObjectType, Type, Union
from bffgen.typesystem.names import attribute_names, field_named

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
ASKED = Span(SourceFile("spec.yaml", ""), 0, 0)


VERSION = re.compile(r"""^\{?\s*["']?(?:openapi|swagger)["']?\s*:\s*["']?(2|3\.\d)""", re.MULTILINE)


def _version(path: Path) -> str | None:
    """The version that a document says it is of; None when it is none."""
    found = VERSION.search(path.read_text("utf-8"))
    return found[1] if found else None


def _documents() -> list[Path]:
    files = sorted(CORPUS.rglob("*")) if CORPUS.is_dir() else []
    return [path for path in files if path.suffix in (".json", ".yaml", ".yml") and _version(path) is not None]


def _types(operation: Operation) -> Iterator[Type]:
    yield from (parameter.type for parameter in operation.parameters)
    if operation.body is not None:
        yield operation.body.type
    for response in operation.responses:
        yield from (header.type for header in response.headers.values())
        if response.type is not None:
            yield response.type


def _walk(of: Type, seen: dict[int, ObjectType]) -> None:
    match of:
        case Nullable(inner) | ListType(inner) | MapType(_, inner):
            _walk(inner, seen)
        case Union(arms):
            assert len(arms) > 1
            for arm in arms:
                _walk(arm, seen)
        case ObjectType() if id(of) not in seen:
            seen[id(of)] = of
            for field in of.fields.values():
                assert field_named(of, field.name) is field
                _walk(field.type, seen)
            assert len(set(attribute_names(of.fields).values())) == len(of.fields)
            if of.extra is not None:
                _walk(of.extra, seen)


def _check(document: Document, counts: Counter[str]) -> None:
    seen: dict[int, ObjectType] = {}
    for operation in document.operations():
        counts["operations"] += 1
        assert operation.path.startswith("/") and "#" not in operation.path and "?" not in operation.path
        assert operation.span.end > operation.span.start
        for of in _types(operation):
            _walk(of, seen)
            made = sample(of)
            assert fits(made, of), (operation.key, of, made)
            counts["samples"] += 1
        sample_reply(operation)
    for name in document.schema_names():
        for request in (False, True):
            of = document.schema(name, request=request)
            assert of is not None
            _walk(of, seen)
    counts["objects"] += len(seen)
    for obj in list(seen.values())[:20]:
        assert obj.span is not None and all(field.span for field in obj.fields.values() if field.place is not None)


TOTALS: Counter[str] = Counter()


@pytest.mark.parametrize("path", _documents(), ids=lambda path: path.relative_to(CORPUS).as_posix())
def test_every_document_is_read_whole(path: Path) -> None:
    diags = Diagnostics()
    document = load_document("backend", path.relative_to(CORPUS).as_posix(), Loader(CORPUS, diags), diags, ASKED)
    assert document is not None, [found.message for found in diags.sorted()]
    _check(document, TOTALS)
    assert all(found.primary.span.end > found.primary.span.start for found in diags.sorted())
    TOTALS["documents"] += 1
    TOTALS.update(found.code for found in diags.sorted())


@pytest.mark.skipif(not CORPUS.is_dir(), reason="there is no corpus beside the checkout")
def test_there_is_a_corpus(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(_documents()) > 100
    with capsys.disabled():
        print(f"\n{dict(TOTALS)}")
