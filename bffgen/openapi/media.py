"""Media types: which are JSON, forms, text, streams."""

from __future__ import annotations

from collections.abc import Callable

ANY_MEDIA = ("", "*/*", "application/*")  # media types that may be JSON
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
EVENTS = "text/event-stream"
LINES = frozenset(
    "application/jsonl application/x-ndjson application/ndjson application/x-jsonlines application/jsonlines "
    "application/json-lines application/json-seq".split()
)


def bare(media_type: str) -> str:
    """A media type without its parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    """Whether a media type is JSON: `application/json`, `text/json`, `application/problem+json; charset=utf-8`."""
    name = bare(media_type)
    return name in ("application/json", "text/json") or name.endswith("+json")


def is_plain_json(media_type: str) -> bool:
    return bare(media_type) == "application/json"


def may_be_json(media_type: str) -> bool:
    """Whether a range of media types is meant, which is most often JSON."""
    return bare(media_type) in ANY_MEDIA


def is_form(media_type: str) -> bool:
    return bare(media_type) == FORM or is_multipart(media_type)


def is_multipart(media_type: str) -> bool:
    return bare(media_type).startswith("multipart/")


def is_text(media_type: str) -> bool:
    return bare(media_type).startswith("text/")


def is_stream(media_type: str) -> bool:
    """Whether a body of this media type is a sequence: JSON lines or server-sent events."""
    name = bare(media_type)
    return name in LINES or name == EVENTS or name.endswith("+json-seq")


PREFERENCE: tuple[Callable[[str], bool], ...] = (
    is_plain_json,
    is_json,
    may_be_json,
    is_form,
    lambda media_type: True,
)
"""What is read where several media types are offered: the first that one of these is true of."""
