"""`bffgen.records.dataclass` means what the standard library's means."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cached_property
from typing import Any

import pytest

from bffgen import records

Decorator = Callable[..., Any]
BOTH = pytest.mark.parametrize("dataclass", [dataclasses.dataclass, records.dataclass], ids=["standard", "ours"])


def _point(dataclass: Decorator) -> Any:
    @dataclass(frozen=True)
    class Point:
        x: int
        y: int = 0
        tags: list[str] = dataclasses.field(default_factory=list, compare=False)
        note: str = dataclasses.field(default="", repr=False, compare=False)

        @cached_property
        def sum(self) -> int:
            return self.x + self.y

    return Point


@BOTH
def test_values(dataclass: Decorator) -> None:
    point = _point(dataclass)
    one, same, other = point(1, y=2), point(1, 2, ["a"], "b"), point(1)
    assert (one.x, one.y, one.tags, one.note, one.sum) == (1, 2, [], "", 3)
    assert one == same and hash(one) == hash(same) and one != other and one != (1, 2)
    assert {one: "found"}[same] == "found"
    assert repr(same).endswith("Point(x=1, y=2, tags=['a'])")
    assert point(1).tags is not point(1).tags
    assert dataclasses.replace(one, y=5) == point(1, 5)
    assert [field.name for field in dataclasses.fields(one)] == ["x", "y", "tags", "note"]
    match one:
        case point(x, y):
            assert (x, y) == (1, 2)


@BOTH
def test_what_is_refused(dataclass: Decorator) -> None:
    point = _point(dataclass)
    with pytest.raises(dataclasses.FrozenInstanceError):
        point(1).x = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        del point(1).x
    for wrong in (lambda: point(), lambda: point(1, z=1), lambda: point(1, 2, [], "", 5), lambda: point(1, x=2)):
        with pytest.raises(TypeError):
            wrong()


@BOTH
def test_inheritance_and_identity(dataclass: Decorator) -> None:
    @dataclass(frozen=True, eq=False)
    class Base:
        a: int

    @dataclass(frozen=True, eq=False)
    class Derived(Base):
        b: int = 1

    class Undecorated(Derived):
        pass

    assert (Base(1).a, Derived(1, 2).b, Undecorated(3).b) == (1, 2, 1)
    one = Derived(1)
    assert one == one and one != Derived(1) and hash(one) != hash(Derived(1))


@BOTH
def test_a_class_that_changes(dataclass: Decorator) -> None:
    @dataclass
    class Counter:
        count: int = 0

        def __repr__(self) -> str:
            return "mine"

    counter = Counter()
    counter.count += 1
    assert counter == Counter(1) and repr(counter) == "mine"
    with pytest.raises(TypeError):
        hash(counter)


@BOTH
def test_a_class_without_fields(dataclass: Decorator) -> None:
    @dataclass(frozen=True, slots=True)
    class Nothing:
        pass

    assert Nothing() == Nothing() and hash(Nothing()) == hash(Nothing())
