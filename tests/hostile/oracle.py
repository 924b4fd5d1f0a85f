"""Compiles a scenario with hostile and with harmless texts, and judges what came out."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from bffgen.diagnostics import render
from bffgen.diagnostics.catalog import Severity
from bffgen.pipeline import check_spec, compile_gateway
from bffgen.plan.bounds import compiles
from bffgen.plan.files import FileTree, check_path
from bffgen.render.code import clean
from tests.hostile import skeleton
from tests.hostile.canary import escaped
from tests.hostile.samples import CLASSES
from tests.hostile.scenario import ROOT

PACKAGE = "hostile"
CONSTANT = {"Dockerfile": "Dockerfile", ".gitattributes": "gitattributes", ".dockerignore": "dockerignore"}


class Place(Protocol):
    """Where a text stands: printed, and compared, by what it says."""

    path: tuple[str, ...]
    kind: str


class Subject(Protocol):
    """What is compiled: its files with some texts replaced."""

    name: str

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
    """Runs pairs of a place and a sample. `counts` says how many were emitted, and how many refused."""

    subject: Subject
    counts: Counter[str] = field(default_factory=Counter)
    number: int = 0

    def run(self, pairs: Sequence[tuple[Any, Any]]) -> None:
        """Judge the pairs together; what is refused together is tried in halves."""
        new = dict(pairs)
        self.number += 1
        hostile = outcome(self.subject.with_texts(new, as_yaml=self.number % 4 == 0))
        if hostile.files is None and len(pairs) > 1:
            self.run(pairs[: len(pairs) // 2])
            self.run(pairs[len(pairs) // 2 :])
        elif hostile.files is None:
            self.counts["refused"] += 1
        else:
            self._judge(pairs, hostile.files)

    def _judge(self, pairs: Sequence[tuple[Any, Any]], hostile: Mapping[str, bytes]) -> None:
        sane(hostile)
        ours = skeleton.project(hostile, PACKAGE)
        for twins in zip(*(twins_of(text, number) for number, (_, text) in enumerate(pairs)), strict=True):
            new = {place: twin for (place, _), twin in zip(pairs, twins, strict=True)}
            twin = outcome(self.subject.with_texts(new))
            if twin.files is not None and skeleton.project(twin.files, PACKAGE) == ours:
                self.counts["emitted"] += len(pairs)
                return
            if len(pairs) > 1:
                break
        if len(pairs) > 1:
            self.counts["taken apart"] += 1
            if __import__("os").environ.get("WHY"): why(pairs, hostile, twin)
            self.run(pairs[: len(pairs) // 2])
            self.run(pairs[len(pairs) // 2 :])
            return
        assert twin.files is not None, f"accepted, but not with harmless text: {pairs}\n{twin.said}"
        raise AssertionError(difference(pairs[0], hostile, twin.files))


def sane(files: Mapping[str, bytes]) -> None:
    """What holds of every project, whatever it was made from."""
    for path in files:
        check_path(path)
    assert not escaped(files), escaped(files)
    for path, source in CONSTANT.items():
        assert files[path] == (ROOT / "templates" / source).read_bytes()
    for path, content in files.items():
        if path.startswith(f"{PACKAGE}/runtime/"):
            assert content == (ROOT / "templates/runtime" / path.rpartition("/")[2]).read_bytes()


def difference(pair: tuple[Any, Any], hostile: Mapping[str, bytes], twin: Mapping[str, bytes]) -> str:
    """The files that differ, for the message of a failure."""
    ours, theirs = skeleton.project(hostile, PACKAGE), skeleton.project(twin, PACKAGE)
    places = sorted({path for path, _ in (ours - theirs) + (theirs - ours)})
    return f"a text changed the code in {places}: {pair[0]}: {pair[1]!r}"


# ------------------------------------------------------------------------------------------------------- texts


def twins_of(text: Any, number: int) -> tuple[Any, ...]:
    """Harmless texts that should be treated like `text`: a blank for a blank, a pattern for a pattern.

    The last two are a pattern that no text matches, and none.
    """
    if not isinstance(text, str) or not clean(text).strip():
        return (text,) * 3
    first = f"Harmless text {number}" if compiles(text) else f"Harmless[{number}"
    return first, f"$Harmless {number}", f"Harmless[{number}"


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
        text = next((one for one in texts if place.kind != "key" or (place.path[:-1], one) not in keys), None)
        if text is not None:
            keys.add((place.path[:-1], text))
            made.append((place, text))
    return made


def why(pairs,hostile,twin):
    print("APART", len(pairs), twin.said[:300])
    if twin.files:
        ours, theirs = skeleton.project(hostile, PACKAGE), skeleton.project(twin.files, PACKAGE)
        for (p,t),n in list((ours-theirs).items())[:2]: print("  <",p,repr(t)[:0])
        import difflib
        for p in hostile:
            if p in twin.files and p.endswith(".py") and "/runtime/" not in p and skeleton._of("x.py",hostile[p])!=skeleton._of("x.py",twin.files[p]):
                a=__import__("ast").unparse(__import__("ast").parse(hostile[p].decode())).split("\n"); b=__import__("ast").unparse(__import__("ast").parse(twin.files[p].decode())).split("\n")
                print(p,len(a),len(b))
                open("/tmp/a.py","w").write(hostile[p].decode()); open("/tmp/b.py","w").write(twin.files[p].decode())
        if len(pairs)<30: print(pairs)
