"""JSONPath (RFC 9535) as data."""

from __future__ import annotations

from bffgen.records import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    name: str


@dataclass(frozen=True, slots=True)
class Index:
    at: int


@dataclass(frozen=True, slots=True)
class Slice:
    start: int | None
    stop: int | None
    step: int


@dataclass(frozen=True, slots=True)
class Wildcard:
    pass


@dataclass(frozen=True, slots=True)
class Filter:
    test: Test


Selector = Name | Index | Slice | Wildcard | Filter


@dataclass(frozen=True, slots=True)
class Segment:
    """Of the children, or (with `..`) of everything below, those that any selector takes. `end` is in the text."""

    selectors: tuple[Selector, ...]
    descends: bool
    end: int


@dataclass(frozen=True, slots=True)
class Query:
    """A path from the document's root, or (in a filter) from the value that is tested."""

    segments: tuple[Segment, ...]
    from_root: bool

    @property
    def is_singular(self) -> bool:
        """Whether it selects one value at most."""
        single = (len(s.selectors) == 1 and isinstance(s.selectors[0], Name | Index) for s in self.segments)
        return all(single) and not any(s.descends for s in self.segments)


@dataclass(frozen=True, slots=True)
class Literal:
    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: tuple[Query | Literal | Call, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    operator: str
    left: Query | Literal | Call
    right: Query | Literal | Call


@dataclass(frozen=True, slots=True)
class Not:
    test: Test


@dataclass(frozen=True, slots=True)
class Or:
    """True where one of the tests is."""

    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class And:
    """True where each of the tests is."""

    tests: tuple[Test, ...]


Test = Comparison | Not | Or | And | Query | Call  # a query: whether it selects anything

FUNCTIONS = {"length": (1, False), "count": (1, False), "value": (1, False), "match": (2, True), "search": (2, True)}
"""The functions of the RFC: how many arguments each takes, and whether what it gives is true or false."""
