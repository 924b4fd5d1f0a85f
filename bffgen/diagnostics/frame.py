"""One finding as rustc would show it: the message, the lines it speaks of, what explains it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

from bffgen.diagnostics.catalog import Severity
from bffgen.diagnostics.escape import padding, redacted, visible, width
from bffgen.diagnostics.model import Diagnostic, Label
from bffgen.records import dataclass
from bffgen.source.text import SourceFile

MAX_LINE = 140  # characters of a source line that are shown
_BEFORE = 60  # of them, those before a label

Role = Literal["error", "warning", "frame", "label", "strong"]
Paint = Callable[[Role, str], str]

_CODES: dict[Role, str] = {
    "error": "1;31",
    "warning": "1;33",
    "frame": "1;34",
    "label": "1;34",
    "strong": "1",
}


def plain(role: Role, text: str) -> str:
    return text


def coloured(role: Role, text: str) -> str:
    return f"\x1b[{_CODES[role]}m{text}\x1b[0m" if text else text


@dataclass(frozen=True, slots=True)
class _Place:
    """A label on its line. `end` is on the same line: of a longer piece only the first line is underlined."""

    label: Label
    line: int
    start: int
    end: int
    primary: bool


def frame(found: Diagnostic, paint: Paint) -> str:
    """The finding as lines of text, without a line end after the last."""
    severity: Role = "error" if found.severity is Severity.ERROR else "warning"
    places = [_place(label, label is found.primary) for label in (found.primary, *found.secondary)]
    gutter = " " * max(len(str(place.line)) for place in places)
    head = f"{found.severity}[{found.code}]"
    lines = [paint(severity, head) + paint("strong", f": {visible(found.message)}")]
    groups = _by_file(places)
    remarks = list(_remarks(found, gutter, paint))
    for index, group in enumerate(groups):
        lines += _excerpt(group, gutter, "-->" if index == 0 else ":::", paint, severity)
        if _has_text(group[0]) and (remarks or index + 1 < len(groups)):
            lines.append(paint("frame", f"{gutter} |"))
    return "\n".join([*lines, *remarks])


def position(label: Label) -> str:
    """`path:line:column`; the path alone where the file itself is what could not be read."""
    file = label.span.file
    path = visible(file.path)
    if not file.text:
        return path
    line, column = file.place(label.span.start)
    return f"{path}:{line}:{column}"


def _place(label: Label, primary: bool) -> _Place:
    span = label.span
    if not span.file.text:
        return _Place(label, 0, 0, 0, primary)
    line, column = span.file.place(span.start)
    start = column - 1
    end = max(min(start + span.end - span.start, len(span.file.line(line).rstrip())), start + 1)
    return _Place(label, line, start, end, primary)


def _has_text(place: _Place) -> bool:
    return place.line > 0


def _by_file(places: list[_Place]) -> list[list[_Place]]:
    groups: dict[SourceFile, list[_Place]] = {}
    for place in places:
        groups.setdefault(place.label.span.file, []).append(place)
    return list(groups.values())


def _excerpt(group: list[_Place], gutter: str, arrow: str, paint: Paint, severity: Role) -> Iterator[str]:
    yield paint("frame", f"{gutter}{arrow} ") + position(group[0].label)
    if not _has_text(group[0]):
        return
    yield paint("frame", f"{gutter} |")
    shown = 0
    for place in sorted(group, key=lambda place: place.line):
        if shown and place.line > shown + 1:
            yield from _between(place.label.span.file, shown, place.line, gutter, paint)
        text, start, end = _cut(place)
        if place.line != shown:
            yield paint("frame", f"{place.line:>{len(gutter)}} |") + _spaced(text)
            shown = place.line
        role: Role = severity if place.primary else "label"
        marks = _marks(text, start, end, place)
        yield paint("frame", f"{gutter} |") + " " + padding(text[:start]) + paint(role, marks)


def _between(file: SourceFile, shown: int, line: int, gutter: str, paint: Paint) -> Iterator[str]:
    """One line that is left out is as short as the sign for it."""
    if line == shown + 2:
        text = visible(redacted(file.line(shown + 1)), keep="\t")
        yield paint("frame", f"{shown + 1:>{len(gutter)}} |") + _spaced(_shortened(text))
    else:
        yield paint("frame", "...")


def _spaced(text: str) -> str:
    return f" {text}" if text else ""


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_LINE else text[: MAX_LINE - 3] + "..."


def _cut(place: _Place) -> tuple[str, int, int]:
    """The visible part of the line, and where the label stands in it."""
    line = redacted(place.label.span.file.line(place.line))
    low, high = 0, len(line)
    if high > MAX_LINE:
        low = max(min(place.start - _BEFORE, high - MAX_LINE), 0)
        high = min(low + MAX_LINE, high)
    end = min(place.end, high)
    before = ("..." if low else "") + visible(line[low : place.start], keep="\t")
    inside = visible(line[place.start : end], keep="\t")
    after = visible(line[end:high], keep="\t") + ("..." if high < len(line) else "")
    return before + inside + after, len(before), len(before) + len(inside)


def _marks(text: str, start: int, end: int, place: _Place) -> str:
    size = sum(width(char) for char in text[start:end])
    words = visible(place.label.text)
    return ("^" if place.primary else "-") * max(size, 1) + (f" {words}" if words else "")


def _remarks(found: Diagnostic, gutter: str, paint: Paint) -> Iterator[str]:
    for name, text in (("note", found.note), ("help", found.help)):
        if text:
            first, *rest = visible(text, keep="\n").split("\n")
            yield paint("frame", f"{gutter} = ") + paint("strong", f"{name}:") + f" {first}"
            yield from (f"{gutter}         {line}" for line in rest)
