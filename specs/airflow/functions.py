"""What the expressions of the spec call."""

from __future__ import annotations

from datetime import datetime


def moment(text: str | None) -> datetime | None:
    """The date-time that a text says; null where it says none."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
