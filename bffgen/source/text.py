"""Source text: files, and places within them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import field
from functools import cached_property

from bffgen.records import dataclass


@dataclass(frozen=True, eq=False)
class SourceFile:
    """One input file, read once. `path` is how messages show it: relative, with `/`."""

    path: str
    text: str = field(repr=False)
    _hidden: list[tuple[int, int]] = field(default_factory=list, repr=False)

    @cached_property
    def _line_starts(self) -> list[int]:
        starts, at = [0], -1
        while (at := self.text.find("\n", at + 1)) >= 0:
            starts.append(at + 1)
        return starts

    def place(self, offset: int) -> tuple[int, int]:
        """The line and column of a code point offset, both counted from 1."""
        line = bisect_right(self._line_starts, offset) - 1
        return line + 1, offset - self._line_starts[line] + 1

    def offset(self, line: int, column: int) -> int:
        """The code point offset of a place, both counted from 0 (as YAML marks are)."""
        return self._line_starts[line] + column

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its end; what is hidden in it is `***`."""
        start = self._line_starts[number - 1]
        end = self.text.find("\n", start)
        line = self.text[start : end if end >= 0 else len(self.text)].rstrip("\r")
        for first, last in self._hidden:
            low, high = max(first - start, 0), min(last - start, len(line))
            if low < high:
                line = line[:low] + "*" * (high - low) + line[high:]
        return line

    def hide(self, span: Span) -> None:
        """Never show this piece of the text to anybody: it is a secret that should not stand there."""
        self._hidden.append((span.start, span.end))


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a file: code point offsets, the end excluded."""

    file: SourceFile
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.file.text[self.start : self.end]

    def sub(self, start: int, end: int) -> Span:
        """A part of this span, by offsets from its start."""
        return Span(self.file, self.start + start, self.start + end)
