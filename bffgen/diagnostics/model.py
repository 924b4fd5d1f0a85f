"""What the compiler has to say about its input, as data. Rendering is elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from bffgen.diagnostics.catalog import CODES, Severity
from bffgen.diagnostics.ignore import is_ignored
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


class Diagnostics:
    """Collects what the passes find. A pass never stops at its first finding."""

    def __init__(self) -> None:
        self.first: SourceFile | None = None  # the spec
        self._found: dict[tuple[str, Span], Diagnostic] = {}

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
        label = primary if isinstance(primary, Label) else Label(primary)
        found = Diagnostic(code, message, label, secondary, note, help)
        assert found.severity
        self._found.setdefault((code, label.span), found)

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
            self._found.setdefault((found.code, found.primary.span), found)

    @property
    def count(self) -> int:
        return len(self._found)

    def codes(self, since: int = 0) -> frozenset[str]:
        """The codes of what was found, the first `since` findings left out."""
        return frozenset(found.code for found in list(self._found.values())[since:])

    @property
    def has_errors(self) -> bool:
        return any(found.severity is Severity.ERROR for found in self._found.values())

    def sorted(self) -> list[Diagnostic]:
        """By file (the spec's first), line, column, code; without the warnings that their line silences."""

        def key(found: Diagnostic) -> tuple[bool, str, int, str]:
            span = found.primary.span
            return span.file is not self.first, span.file.path, span.start, found.code

        return sorted((found for found in self._found.values() if not _is_silenced(found)), key=key)


def _is_silenced(found: Diagnostic) -> bool:
    return found.severity is Severity.WARNING and is_ignored(found.code, found.primary.span)
