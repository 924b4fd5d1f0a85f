"""Compiles a scenario with hostile and with harmless texts, and judges what came out."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from bffgen.diagnostics import render
from bffgen.diagnostics.catalog import Severity
from bffgen.openapi.pattern import compiles
from bffgen.pipeline import check_spec, compile_gateway
from bffgen.plan.files import FileTree, check_path
from bffgen.render.code import clean
from bffgen.render.environment import templates
from tests.hostile import skeleton
from tests.hostile.canary import escaped
from tests.hostile.samples import CLASSES

CONSTANT = {".gitattributes": "gitattributes", ".dockerignore": "dockerignore"}


class Subject(Protocol):
    """What is compiled: its files with some texts replaced."""

    def with_texts(self, new: Mapping[Any, Any], *, as_yaml: bool = False) -> dict[str, str]: ...


@dataclass(frozen=True)
class Outcome:
    """The emitted files, or what was said instead of them."""

    files: Mapping[str, bytes] | None
    said: str = ""


def outcome(files: Mapping[str, str]) -> Outcome:
    """Compile in memory. A refusal has an error with a place; anything else that is raised is a bug."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            Path(folder, name).write_text(text, "utf-8")
        spec = Path(folder, "spec.json")
        checked = check_spec(spec)
        if checked.gateway is None:
            errors = [one for one in checked.diagnostics.sorted() if one.severity is Severity.ERROR]
            said = render.text(checked.diagnostics)
            assert errors, "refused without an error"
            assert all(one.primary.span.file.text for one in errors), f"not located: {said}"
            assert "Traceback" not in said and all(c == "\n" or c.isprintable() for c in said), said
            return Outcome(None, said)
        return Outcome(contents(compile_gateway(spec, checked).tree))


def contents(tree: FileTree) -> dict[str, bytes]:
    return {path: file.content for path, file in tree.items()}


@dataclass
class Judge:
    """Runs pairs of a place and a sample. `counts` says what became of them:

    `emitted`: with the skeleton that harmless texts give; `refused`: by an error with a place; `alone`: emitted,
    where no harmless text is accepted (`*/*` for a media type), so that only what holds of every project was held.
    """

    subject: Subject
    counts: Counter[str] = field(default_factory=Counter)
    runs: int = 0

    def run(self, pairs: Sequence[tuple[Any, Any]]) -> None:
        """Judge the pairs together; what is refused, or looks different, together is tried in halves."""
        self.runs += 1
        hostile = outcome(self.subject.with_texts(dict(pairs), as_yaml=self.runs % 4 == 0))
        if hostile.files is not None:
            sane(hostile.files)
            if self._is_matched(pairs, hostile.files):
                return
        elif len(pairs) == 1:
            self.counts["refused"] += 1
            return
        self.run(pairs[: len(pairs) // 2])
        self.run(pairs[len(pairs) // 2 :])

    def alone(self, pairs: Sequence[tuple[Any, Any]]) -> None:
        """Judge the pairs together by what holds of every project."""
        hostile = outcome(self.subject.with_texts(dict(pairs)))
        if hostile.files is not None:
            sane(hostile.files)
            skeleton.project(hostile.files)
            self.counts["alone"] += len(pairs)
        elif len(pairs) == 1:
            self.counts["refused"] += 1
        else:
            self.alone(pairs[: len(pairs) // 2])
            self.alone(pairs[len(pairs) // 2 :])

    def _is_matched(self, pairs: Sequence[tuple[Any, Any]], hostile: Mapping[str, bytes]) -> bool:
        """Whether harmless texts give the same skeleton; of one pair that must be so."""
        ours, seen = skeleton.project(hostile), None
        for twins in zip(*(twins_of(text, number) for number, (_, text) in enumerate(pairs)), strict=True):
            new = {place: twin for (place, _), twin in zip(pairs, twins, strict=True)}
            twin = outcome(self.subject.with_texts(new)).files
            seen = twin or seen
            if twin is not None and skeleton.project(twin) == ours:
                self.counts["emitted"] += len(pairs)
                return True
            if len(pairs) > 1:
                return False
        assert seen is None, difference(pairs[0], ours, skeleton.project(seen))
        self.counts["alone"] += 1
        return True


def sane(files: Mapping[str, bytes]) -> None:
    """What holds of every project, whatever it was made from."""
    for path in files:
        check_path(path)
    assert not escaped(files), escaped(files)
    for path, source in CONSTANT.items():
        assert files[path] == _template(source)
    package = skeleton.package_of(files)
    started = _template("Dockerfile.jinja").replace(b"{{ package }}", package.encode())
    assert files["Dockerfile"] == started.replace(b"{{ host }}", f"{package.upper()}_LISTEN_HOST".encode())
    runtime = f"{package}/runtime/"
    for path, content in files.items():
        if path.startswith(runtime):
            assert content == _template(f"runtime/{path.removeprefix(runtime)}")


@cache
def _template(path: str) -> bytes:
    return (templates() / path).read_bytes()


def difference(pair: tuple[Any, Any], ours: Counter[Any], theirs: Counter[Any]) -> str:
    """Which files differ, for the message of a failure."""
    files = sorted({path for path, _ in (ours - theirs) + (theirs - ours)})
    return f"a text changed the code in {files}: {pair[0]}: {pair[1]!r}"


# ------------------------------------------------------------------------------------------------------- texts


def twins_of(text: Any, number: int) -> tuple[Any, ...]:
    """Harmless texts, one of which should be treated like `text`: a blank, a pattern that is kept or not, a name."""
    if not isinstance(text, str) or not clean(text).strip():
        return (text, "", "", "", "", "")
    names = (f"harmless{number}", f"Harmless{number}", f"GET /harmless{number}")
    first, other = (f"Harmless text {number}", f"Harmless[{number}")[:: 1 if compiles(text) else -1]
    return first, f"$Harmless {number}", other, *names


def pairs_of(places: Iterable[Any], round_: int) -> list[tuple[Any, str]]:
    """Each place with a sample. Over as many rounds as there are classes, each place meets each class once.

    No two keys of a mapping get the same sample: there is one less of them then.
    """
    names, listed = list(CLASSES), list(places)
    keys = {(place.path[:-1], place.path[-1]) for place in listed}
    made = []
    for index, place in enumerate(listed):
        name = names[(index + round_) % len(names)]
        texts = list(CLASSES[name])
        random.Random(f"{place} {name}").shuffle(texts)
        if place.path[-1] == "type":
            texts = [one for one in texts if one != "null"]  # no hostile word there
        text = next((one for one in texts if place.kind != "key" or (place.path[:-1], one) not in keys), None)
        if text is not None:
            keys.add((place.path[:-1], text))
            made.append((place, text))
    return made
