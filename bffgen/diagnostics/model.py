"""What the compiler has to say about its input, as data. Rendering is elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from bffgen.diagnostics.catalog import CODES, Severity
from bffgen.diagnostics.ignore import is_ignored
from bffgen.records import dataclass
from bffgen.source.text import SourceFile, Span


@dataclass(frozen=True, slots=True)
class Label:
    """A place and a few words about it."""

    span: Span
    text: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing wrong with the input, complete enough to print without asking anyone."""

    code: str
    message: str
    primary: Label
    secondary: tuple[Label, ...] = ()
    note: str | None = None
    help: str | None = None

    @property
    def severity(self) -> Severity:
        return CODES[self.code].severity


MAX_LABELS = 6  # of one finding, beside its own place
MAX_TEXT = 2000
"""Longest message, label or remark, in characters: a document's names may be of any length."""


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 3] + "..."


def _short(label: Label) -> Label:
    return label if len(label.text) <= MAX_TEXT else Label(label.span, _cut(label.text))


class Diagnostics:
    """Collects what the passes find. A pass never stops at its first finding."""

    def __init__(self) -> None:
        self.first: SourceFile | None = None  # the spec
        self._found: dict[tuple[str, Span], Diagnostic] = {}
        self._log: list[str] = []  # the code of every report
        self._uses: dict[tuple[object, str, str], tuple[str, Span]] = {}

    def report(
        self,
        code: str,
        message: str,
        primary: Label | Span,
        *secondary: Label,
        note: str | None = None,
        help: str | None = None,
    ) -> None:
        """Record a finding; the same code at the same place is kept once. `code` must stand in the catalog."""
        label = _short(primary if isinstance(primary, Label) else Label(primary))
        others = tuple(map(_short, secondary))
        found = Diagnostic(code, _cut(message), label, others, note and _cut(note), help and _cut(help))
        assert found.severity
        self._log.append(code)
        self._found.setdefault((code, label.span), found)

    def report_use(
        self,
        scope: object,
        code: str,
        message: str,
        primary: Label,
        *secondary: Label,
        note: str | None = None,
        help: str | None = None,
    ) -> None:
        """Record a mistake that shows at every use: within a scope it is told once, the other uses are labels of it."""
        first = self._uses.setdefault((scope, code, message), (code, primary.span))
        found = self._found.get(first)
        if found is None:
            self.report(code, message, primary, *secondary, note=note, help=help)
            return
        self._log.append(code)
        if primary.span not in (found.primary.span, *(label.span for label in found.secondary)):
            more = (*found.secondary, Label(primary.span, "and here"))
            self._found[first] = replace(found, secondary=more[:MAX_LABELS])

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
        """`report`, for the layer below, which has no labels."""
        secondary = (Label(other, other_text),) if other is not None else ()
        self.report(code, message, Label(span, text), *secondary, note=note, help=help)

    def take(self, other: Diagnostics) -> None:
        """Add what another collection has found."""
        for found in other._found.values():
            self._log.append(found.code)
            self._found.setdefault((found.code, found.primary.span), found)

    @contextmanager
    def unheard(self) -> Iterator[None]:
        """What is reported inside is forgotten: it is about parts of a document that nobody has asked for."""
        found, log = dict(self._found), len(self._log)
        yield
        self._found = found
        del self._log[log:]

    @property
    def count(self) -> int:
        """How often something was reported, the same again included."""
        return len(self._log)

    def codes(self, since: int = 0) -> frozenset[str]:
        """The codes of what was reported after the first `since` times."""
        return frozenset(self._log[since:])

    @property
    def has_errors(self) -> bool:
        return any(found.severity is Severity.ERROR for found in self._found.values())

    def sorted(self) -> list[Diagnostic]:
        """By file (the spec's first), line, column, code.

        Without the warnings that their line silences, or has an error beside: that may be what they are about.
        """
        errors = {_line(found) for found in self._found.values() if found.severity is Severity.ERROR}

        def key(found: Diagnostic) -> tuple[bool, str, int, str]:
            span = found.primary.span
            return span.file is not self.first, span.file.path, span.start, found.code

        def is_told(found: Diagnostic) -> bool:
            if found.severity is Severity.ERROR:
                return True
            return _line(found) not in errors and not is_ignored(found.code, found.primary.span)

        return sorted(filter(is_told, self._found.values()), key=key)


def _line(found: Diagnostic) -> tuple[int, int]:
    span = found.primary.span
    return id(span.file), span.file.place(span.start)[0]
