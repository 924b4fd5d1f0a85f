"""What every input document is read through: nodes that know where they stand."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

from bffgen.source.text import SourceFile, Span

MAX_DEPTH = 200
MAX_NODES = 2_000_000
MAX_EXPANDED = 1_000_000  # nodes, with every alias written out
MAX_TEXT = 1 << 20  # code points of one text

Kind = Literal["mapping", "sequence", "scalar"]


class Complaints(Protocol):
    """Where the readers report to; `bffgen.diagnostics.model.Diagnostics` is one."""

    def complain(
        self,
        code: str,
        message: str,
        span: Span,
        other: Span | None = None,
        other_text: str = "",
        note: str | None = None,
        help: str | None = None,
        text: str = "",
    ) -> None:
        """Report a finding at `span` (labelled `text`), with a second place that explains it."""


class Node(ABC):
    """A value in a YAML or JSON document, resolved when it is looked into.

    Looking never raises: a finding (a duplicate key, say) is reported once and the rest stays readable.
    Reaching the same place twice gives equal nodes. `path` are the keys and indexes that lead here.
    """

    __slots__ = ("path",)

    path: tuple[str, ...]

    @property
    @abstractmethod
    def file(self) -> SourceFile: ...

    @property
    @abstractmethod
    def kind(self) -> Kind: ...

    @property
    @abstractmethod
    def span(self) -> Span:
        """Where the value stands."""

    @property
    @abstractmethod
    def value(self) -> bool | int | float | str | None:
        """A scalar's value, by the YAML 1.2 core schema; None for anything else."""

    @property
    @abstractmethod
    def text(self) -> str:
        """A scalar's text, before it is read as a number or the like; "" for anything else."""

    @property
    @abstractmethod
    def quoted(self) -> bool:
        """Whether a scalar is a text by its quotes, or by being a block (`|`, `>`)."""

    @property
    def flow(self) -> bool:
        """Whether a mapping or sequence is written with `{ }` or `[ ]` in YAML."""
        return False

    @abstractmethod
    def entries(self) -> Mapping[str, Node]:
        """A mapping's values in the order written; empty for anything else."""

    @abstractmethod
    def elements(self) -> Sequence[Node]:
        """A sequence's values; empty for anything else."""

    @abstractmethod
    def key(self, key: str) -> Span:
        """Where a key stands; the span of the mapping when it has no such key."""

    @abstractmethod
    def key_node(self, key: str) -> Node:
        """A key of this mapping as a scalar of its own, for keys that are read as more than a name."""

    @abstractmethod
    def part(self, start: int, end: int) -> Span:
        """A piece of a scalar's text; the whole scalar where its text is not written as it is."""

    @abstractmethod
    def data(self) -> Any:
        """The whole subtree as plain Python data; None where it is too deep (which is reported)."""

    def get(self, key: str) -> Node | None:
        """A mapping's value, None when there is none."""
        return self.entries().get(key)

    @property
    def pointer(self) -> str:
        """The JSON pointer of this place, such as `/paths/~1a/get`."""
        return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in self.path)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.file.path}#{self.pointer}>"


def too_long(node: Node, complaints: Complaints) -> str:
    """What a text beyond the budget counts as, once that is reported."""
    complaints.complain("BFF107", f"a text of more than {MAX_TEXT} characters", node.span)
    return ""
