"""The places of a document that hold text: every string and every key, and the document with some replaced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, unquote

Path = tuple[str, ...]

_NAMED = frozenset(
    "properties patternProperties schemas parameters headers examples variables links securitySchemes requestBodies "
    "encoding callbacks webhooks pathItems".split()
)
"""Mappings whose keys are names that somebody chose."""

_FREE = frozenset(
    "description title summary default example const format operationId version url email name termsOfService".split()
)
"""Keys whose texts may be anything without the document losing its meaning, but for names of parameters."""


@dataclass(frozen=True, slots=True)
class Place:
    """A text: the key, or the value, at a path. `free`: that a document with another text there still means much."""

    path: Path
    kind: Literal["key", "value"]
    free: bool

    def __str__(self) -> str:
        return f"{self.kind} /{'/'.join(self.path)}"


def places(data: Any, at: Path = (), free: bool = False) -> Iterator[Place]:
    """Every text of JSON data, in order."""
    if isinstance(data, dict):
        named = bool(at) and at[-1] in _NAMED and (len(at) < 2 or at[-2] not in _NAMED)
        for key, value in data.items():
            inner = free or key.startswith("x-") or key in ("example", "examples", "externalDocs", "contact", "license")
            if at[-1:] == ("properties",) and at[-2:-1] != ("properties",):
                inner = free
            yield Place((*at, key), "key", (free or named) and key != "$ref")
            yield from places(value, (*at, key), inner)
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from places(value, (*at, str(index)), free or at[-1:] in (("enum",), ("tags",)))
    elif isinstance(data, str):
        yield Place(at, "value", (free and at[-1] != "$ref") or _is_free(at))


def _is_free(at: Path) -> bool:
    if at[-2:-1] in (("properties",), ("variables",)):  # a property that is called `title`, say
        return False
    of_parameter = "parameters" in at[-3:-1]
    return at[-1] in _FREE and not (of_parameter and at[-1] == "name")


def replaced(data: Any, new: Mapping[Place, Any]) -> Any:
    """The data with other texts at some places. References follow the names that are replaced."""
    values = {place.path: text for place, text in new.items() if place.kind == "value"}
    keys = {place.path: text for place, text in new.items() if place.kind == "key"}
    return _rebuilt(data, (), values, keys)


def _rebuilt(data: Any, at: Path, values: Mapping[Path, Any], keys: Mapping[Path, str]) -> Any:
    if at in values:
        return values[at]
    if isinstance(data, dict):
        return {keys.get((*at, k), k): _rebuilt(v, (*at, k), values, keys) for k, v in data.items()}
    if isinstance(data, list):
        return [_rebuilt(v, (*at, str(i)), values, keys) for i, v in enumerate(data)]
    if isinstance(data, str) and at[-1:] == ("$ref",) and data.startswith("#/") and keys:
        return _followed(data, keys)
    return data


def _followed(reference: str, keys: Mapping[Path, str]) -> str:
    path = pointed(reference)
    if not any(path[:end] in keys for end in range(1, len(path) + 1)):
        return reference
    steps = (keys.get(path[: index + 1], step) for index, step in enumerate(path))
    return "#" + "".join(
        "/" + quote(step.replace("~", "~0").replace("/", "~1"), safe="", errors="replace") for step in steps
    )


def pointed(reference: str) -> Path:
    """The path that a reference within the document leads to."""
    return tuple(unquote(step).replace("~1", "/").replace("~0", "~") for step in reference[2:].split("/"))


def found(data: Any, path: Path) -> Any:
    """What stands at a path; None when nothing does."""
    for step in path:
        if isinstance(data, list):
            data = data[int(step)] if step.isdigit() and int(step) < len(data) else None
        else:
            data = data.get(step) if isinstance(data, dict) else None
    return data


def reached(data: Any, roots: list[Path]) -> list[Path]:
    """The paths that roots lead to by references, the roots included."""
    seen: dict[Path, None] = {}
    todo = list(roots)
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen[path] = None
        todo += [pointed(ref) for ref in _references(found(data, path)) if ref.startswith("#/")]
    return list(seen)


def _references(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        if isinstance(data.get("$ref"), str):
            yield data["$ref"]
        for value in data.values():
            yield from _references(value)
    elif isinstance(data, list):
        for value in data:
            yield from _references(value)


def pruned(data: dict[str, Any], kept: list[Path]) -> dict[str, Any]:
    """The document with its paths and components left out but for those at `kept`."""

    def wanted(path: Path) -> bool:
        return any(path[: len(one)] == one or one[: len(path)] == path for one in kept)

    def only(value: Any, at: Path, depth: int) -> Any:
        if depth == 0 or not isinstance(value, dict):
            return value
        return {k: only(v, (*at, k), depth - 1) for k, v in value.items() if wanted((*at, k))}

    return {k: only(v, (k,), 2) if k in ("paths", "components") else v for k, v in data.items()}
