"""No text of a document or of a spec becomes code: the skeleton of what is emitted does not depend on it.

Each text of a document, and of a spec, is replaced by hostile samples (SECURITY 5.2), many at a time, and by
harmless ones; the two projects must have one skeleton, or the hostile input is refused with a place. In CI a part
of the pairs is tried; `BFFGEN_FULL=1 pytest tests/hostile` tries every place with every class of samples.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import pytest

from tests.hostile import samples
from tests.hostile.composition import Composition, is_for_people
from tests.hostile.oracle import Judge, outcome, pairs_of
from tests.hostile.places import Place, found
from tests.hostile.scenario import ALWAYS, DOCUMENTS, Scenario, scenario

FULL = bool(os.environ.get("BFFGEN_FULL"))
ROUNDS = range(len(samples.CLASSES)) if FULL else range(1)
AT_ONCE = 120
"""Places that are replaced together, of those whose text may be anything."""

NAMES = [name for name, (path, _) in DOCUMENTS.items() if path.exists()]
REAL = [name for name in NAMES if name not in ("everything", "catalog", "reviews", "users")]

scenario_of = cache(scenario)


def chosen(places: Sequence[Any], most: int, round_: int) -> list[Any]:
    """All places, or in CI so many of them, always the same."""
    return list(places) if FULL or len(places) <= most else random.Random(round_).sample(list(places), most)


def batches(places: Sequence[Any], most: int, size: int) -> Iterator[list[tuple[Any, str]]]:
    for round_ in ROUNDS:
        pairs = pairs_of(chosen(places, most, round_), round_)
        yield from (pairs[start : start + size] for start in range(0, len(pairs), size))


Record = Callable[[str, object], None]


def judged(judge: Judge, all_batches: Iterator[list[tuple[Any, str]]], record_property: Record) -> None:
    for pairs in all_batches:
        judge.run(pairs)
    recorded(judge, record_property)


def recorded(judge: Judge, record_property: Record) -> None:
    """For the sums at the end of a run (`tests/conftest.py`)."""
    for what, count in judge.counts.items():
        record_property(f"count hostile texts {what}", count)


def _most(name: str) -> int:
    return 2 * AT_ONCE if name in ALWAYS else AT_ONCE


def free_places(of: Scenario) -> list[Place]:
    return [place for place in of.places if place.free]


def bound_places(of: Scenario) -> list[Place]:
    return [place for place in of.places if not place.free]


def test_there_are_enough_pairs() -> None:
    """In CI: at least 500, over the documents that are always there."""
    free = [min(len(free_places(scenario_of(name))), _most(name)) for name in ALWAYS]
    assert sum(free) >= 500  # and as many again of the corpus, where it is there
    assert len(samples.CLASSES) > 15 and sum(map(len, samples.CLASSES.values())) > 200


@pytest.mark.parametrize("name", NAMES)
def test_texts_that_may_be_anything(name: str, record_property: Record) -> None:
    judge = Judge(scenario_of(name))
    judged(judge, batches(free_places(scenario_of(name)), _most(name), AT_ONCE), record_property)
    assert judge.counts["emitted"] > judge.counts.total() * 0.8


@pytest.mark.parametrize("name", NAMES)
def test_texts_that_mean_something(name: str, record_property: Record) -> None:
    judge = Judge(scenario_of(name))
    judged(judge, batches(bound_places(scenario_of(name)), 12, 4), record_property)
    assert judge.counts.total() >= 12


@pytest.mark.parametrize("name", NAMES)
def test_values_that_are_no_texts(name: str, record_property: Record) -> None:
    """Infinities, huge numbers, deep lists and the like as defaults, examples, members of enums and bounds."""
    subject, judge = scenario_of(name), Judge(scenario_of(name))
    data = [place for place in subject.places if place.kind == "value" and _takes_data(place)]
    bounds = [Place((*path, key), "value", True) for path in _schemas(subject) for key in _BOUNDS]
    for round_ in range(len(samples.VALUES)) if FULL else (0,):
        places = chosen(data, 60, round_) + chosen(bounds, 20, round_)
        judge.alone([(place, samples.VALUES[(at + round_) % len(samples.VALUES)]) for at, place in enumerate(places)])
    recorded(judge, record_property)


_BOUNDS = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "multipleOf",
    "minLength",
    "maxLength",
    "minItems",
    "default",
    "enum",
)


def _takes_data(place: Place) -> bool:
    return place.path[-1] in ("default", "example", "const") or place.path[-2:-1] in (("enum",), ("examples",))


def _schemas(of: Scenario) -> list[tuple[str, ...]]:
    """Where schemas stand: what has a `type` that is a text."""
    at = [place.path[:-1] for place in of.places if place.path[-1] == "type" and place.kind == "value"]
    return [path for path in at if isinstance(found(of.document, path), dict)]


@pytest.mark.parametrize("name", NAMES)
def test_half_of_a_surrogate_pair_is_refused_at_its_place(name: str) -> None:
    subject = scenario_of(name)
    for place in chosen(subject.places, 4, 0)[:40]:
        refused = outcome(subject.with_texts({place: samples.SURROGATE}))
        assert refused.files is None and "BFF101" in refused.said and "surrogate" in refused.said


def test_texts_of_a_spec_for_people(record_property: Record) -> None:
    subject = Composition()
    judge = Judge(subject)
    judged(judge, batches([place for place in subject.places if is_for_people(place)], 100, 20), record_property)
    assert judge.counts["emitted"] > 30


@pytest.mark.parametrize("part", range(4))
def test_texts_of_a_spec_that_mean_something(part: int, record_property: Record) -> None:
    """Names, paths, expressions: almost all of them are refused, and the rest is still only text."""
    subject = Composition()
    judge = Judge(subject)
    places = [place for place in subject.places if not is_for_people(place)][part::4]
    judged(judge, batches(places, 12, 1), record_property)


def test_counts_tell_what_was_done() -> None:
    """A judge that lets everything pass would not do: a change of structure is seen."""
    subject = scenario_of("users")
    judge = Judge(subject)
    place = next(
        place
        for place in subject.places
        if place.path[-1] == "type" and place.kind == "value" and place.path[-2] == "active"
    )
    with pytest.raises(AssertionError, match="changed the code"):
        judge.run([(place, "integer")])
    assert judge.counts == Counter()
