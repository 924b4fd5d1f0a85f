"""Names of objects that have none, and fields that are made when they are looked up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from bffgen.records import dataclass
from bffgen.typesystem.model import Field
from bffgen.typesystem.names import class_name


@dataclass(frozen=True, slots=True)
class Hint:
    """What to call an object that has no name of its own, and what names of objects inside it begin with."""

    name: str
    base: str

    @staticmethod
    def of(name: str) -> Hint:
        return Hint(name, name)

    def inside(self, part: str) -> Hint:
        return Hint.of(class_name(f"{self.base} {part}"))


class LazyFields(Mapping[str, Field]):
    """Fields by name, each made when it is looked up: what is not read of an object is never converted."""

    def __init__(self, names: tuple[str, ...], make: Callable[[str], Field]) -> None:
        self._names = dict.fromkeys(names)
        self._make = make
        self._made: dict[str, Field] = {}

    def __getitem__(self, name: str) -> Field:
        if name not in self._made:
            if name not in self._names:
                raise KeyError(name)
            self._made[name] = self._make(name)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names
