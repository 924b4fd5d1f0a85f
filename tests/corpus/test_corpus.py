"""Every document of the corpus, whole: each operation and what it holds, with sample data that fits.

The corpus is a folder beside the checkout, `shared/corpus`; a small part of it stands in `documents`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bffgen.diagnostics.model import Diagnostics
from bffgen.openapi.document import Document, load_document
from bffgen.openapi.fits import fits
from bffgen.openapi.model import Operation
from bffgen.openapi.overlay.apply import apply_overlay
from bffgen.openapi.sample import sample, sample_reply
from bffgen.source.loader import Loader
from bffgen.source.nodes import parse_nodes
from bffgen.source.text import SourceFile, Span
from bffgen.typesystem.model import BYTES, ListType, MapType, Nullable, ObjectType, Type, Union
from bffgen.typesystem.names import attribute_names, field_named

from .places import CORPUS, HERE, documents_in

ASKED = Span(SourceFile("spec.yaml", ""), 0, 0)
UNCHANGED = "overlay: 1.0.0\nactions: [{target: $, update: {x-mended: true}}]\n"

Counts = Counter[str]
Record = Callable[[str, object], None]


def _documents() -> list[Path]:
    """The documents that are always there, and those of the corpus where it stands beside the checkout."""
    return [path for root in (HERE, CORPUS) for path in documents_in(root)]


def _root(path: Path) -> Path:
    return CORPUS if path.is_relative_to(CORPUS) else HERE


def _name(path: Path) -> str:
    return path.relative_to(_root(path)).as_posix() + (" (here)" if _root(path) == HERE else "")


def _types(operation: Operation) -> Iterator[Type]:
    yield from (parameter.type for parameter in operation.parameters)
    yield from (body.type for body in operation.bodies)
    for response in operation.responses:
        yield from (header.type for header in response.headers.values())
        for content in response.contents:
            yield from (of for of in (content.type, content.item_type) if of is not None)


def _walk(of: Type, seen: dict[int, ObjectType]) -> None:
    match of:
        case Nullable(inner) | ListType(inner) | MapType(_, inner):
            _walk(inner, seen)
        case Union(arms, tag, tags):
            assert len(arms) > 1 and len(tags) in (0, len(arms)) and bool(tag) == bool(tags)
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


def _check(document: Document, counts: Counts) -> None:
    seen: dict[int, ObjectType] = {}
    for operation in document.operations():
        counts["operations"] += 1
        assert operation.path.startswith("/") and "#" not in operation.path and "?" not in operation.path
        assert operation.span.end > operation.span.start
        assert operation.body is (operation.bodies[0] if operation.bodies else None)
        for body in operation.bodies:
            counts["forms"] += body.is_form
            assert not (body.is_form and body.type == BYTES), operation.key
        for response in operation.responses:
            counts["streams"] += any(content.item_type is not None for content in response.contents)
        for of in _types(operation):
            _walk(of, seen)
            made = sample(of)
            assert fits(made, of), (operation.key, of, made)
            counts["samples"] += 1
        sample_reply(operation)
    for name in document.schema_names():
        for request in (False, True):
            named = document.schema(name, request=request)
            assert named is not None
            _walk(named, seen)
    counts["objects"] += len(seen)
    for obj in list(seen.values())[:20]:
        assert obj.span is not None and all(field.span for field in obj.fields.values() if field.place is not None)


@pytest.mark.parametrize("path", _documents(), ids=_name)
def test_every_document_is_read_whole(path: Path, record_property: Record) -> None:
    counts: Counts = Counter()
    diags, root = Diagnostics(), _root(path)
    document = load_document("backend", path.relative_to(root).as_posix(), Loader(root, diags), diags, ASKED)
    assert document is not None, [found.message for found in diags.sorted()]
    _check(document, counts)
    assert all(found.primary.span.end > found.primary.span.start for found in diags.sorted())
    counts.update(found.code for found in diags.sorted())
    minor = ".".join(document.version.split(".")[:2])
    record_property(f"count documents of {minor}", 1)
    record_property(f"count operations of {minor}", counts["operations"])
    for what in ("forms", "streams", "objects", "samples", *sorted(key for key in counts if key.startswith("BFF"))):
        record_property(f"count {what} in documents", counts[what])


def _shape(of: Type | None, depth: int = 0) -> object:
    """A type as plain data, four objects deep."""
    match of:
        case Nullable(inner) | ListType(inner):
            return type(of).__name__, _shape(inner, depth)
        case MapType(_, value):
            return "map", _shape(value, depth)
        case Union(arms, tag, tags):
            return tuple(_shape(arm, depth) for arm in arms), tag, tags
        case ObjectType() if depth < 4:
            fields = of.fields.items()
            return of.name, {name: (field.required, _shape(field.type, depth + 1)) for name, field in fields}
        case ObjectType():
            return of.name
    return of


def _small(path: Path) -> bool:
    return path.stat().st_size < 60_000


def _summary(document: Document) -> list[object]:
    return [
        (op.key, op.method, op.path, op.server, op.span.text, [_shape(of) for of in _types(op)])
        for op in document.operations()
    ]


@pytest.mark.parametrize("path", [path for path in _documents() if _small(path)], ids=_name)
def test_an_overlay_that_changes_nothing_changes_nothing(path: Path) -> None:
    """Every node of the document is read through the overlay, and gives the same operations."""
    diags, root = Diagnostics(), _root(path)
    loader = Loader(root, diags)
    plain = loader.load(path.relative_to(root).as_posix())
    changes = parse_nodes(SourceFile("overlay.yaml", UNCHANGED), diags)
    assert plain is not None and changes is not None
    overlaid = apply_overlay(plain, changes, diags)
    assert overlaid is not None and overlaid is not plain
    document, mended = (Document("b", each, loader, diags, "declared") for each in (plain, overlaid))
    assert _summary(mended) == _summary(document)


@pytest.mark.skipif(not CORPUS.is_dir(), reason="there is no corpus beside the checkout")
def test_there_is_a_corpus() -> None:
    assert len(_documents()) > 180
