"""A spec that uses every form, with texts in all of its places, over the document that has everything."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from tests.hostile.places import Path, found
from tests.hostile.scenario import ROOT

Json = dict[str, Any]

GET: Json = {
    "summary": "One thing",
    "description": "More of one thing",
    "tags": ["things", "parts"],
    "operation_id": "getThing",
    "deadline": "2s",
    "params": {
        "kind": {"description": "Its kind", "example": "book"},
        "since": None,
        "tenant": {"in": "header", "name": "X-Tenant", "type": "str", "default": "main", "description": "Whose"},
        "seen": {"in": "cookie", "name": "seen", "type": "str", "description": "What was seen"},
        "word": {"name": "w", "type": "str", "default": "none", "deprecated": True},
    },
    "require": [
        {"that": 'tenant != "nobody"', "status": 403, "detail": "not for {tenant}", "extra": {"who": "tenant"}},
    ],
    "calls": {
        "thing": {
            "call": "api.getThing(id=thing_id, part=part, kind=kind, since=since)",
            "args": {"X-Tenant": "tenant", "session": "seen"},
            "headers": {"X-Word": 'word + "!"'},
            "on_error": {
                "404": {
                    "status": 404,
                    "detail": "no thing {thing_id}",
                    "extra": {"code": '"none"', "why": "error.kind"},
                },
                "5xx": {"status": 503, "body": {"message": '"later"', "part": "part"}},
                "timeout": "fail",
            },
            "require": [{"that": 'thing.kind == "book"', "status": 409, "detail": "a {thing.kind} is no book"}],
        },
        "others": {"call": "api['list-things'](limit=5)", "on_error": None},
    },
    "let": {
        "names": "[o.name for o in default(others, [])]",
        "shown": 'f"{thing.name}: {len(names)} more"',
        "by_name": "{o.name: o.kind for o in default(others, [])}",
    },
    "response": {
        "$name": "ThingPage",
        "$pick": {"thing": ["id", "name"]},
        "title": 'shown.upper().replace(" ", "_")',
        "note": 'default(thing.note, "nothing")',
        "kind": '"a book" if thing.kind == "book" else "no book"',
        "tenant": "tenant",
        "odd-name": 'dict(a=thing.id, b="two")',
        "lookup": 'by_name["lamp"]',
        "others": {
            "$for": "o in others",
            "$if": 'o.name != "x"',
            "$omit_null": True,
            "label": '", ".join([o.name, "y"])',
        },
        "degraded": '"others" in degraded',
    },
    "response_headers": {"X-Kind": "thing.kind", "Location": 'f"/things/{thing.id}"', "ETag": 'header(thing, "ETag")'},
    "cookies": {"last": {"value": "thing.name", "path": "/things"}, "plain": '"yes"'},
}

POST: Json = {
    "summary": "Make one",
    "operation_id": "make-thing",
    "body": {"name": "str", "kind": "api.RequestKind", "size": "float | None"},
    "calls": {
        "made": {
            "call": "api.createThing",
            "body": {"name": "body.name", "kind": "body.kind", "mode": '"fast"', "labels": '{"by": "gateway"}'},
            "on_error": {"else": "fail"},
        }
    },
    "status": 201,
    "response": "made",
}

SPEC: Json = {
    "bffgen": 1,
    "name": "hostile",
    "version": "1.2.3",
    "title": "A gateway",
    "description": "What it is for",
    "backends": {
        "api": {
            "openapi": "api.yaml",
            "url": "http://api.test/v1",
            "timeout": "900ms",
            "forward_headers": ["Accept-Language"],
            "reads": ["pay"],
        }
    },
    "endpoints": {"GET /things/{thing_id}/parts/{part}": GET, "POST /things": POST},
}

Kind = Literal["key", "value", "literal", "text", "odd key"]


@dataclass(frozen=True, slots=True)
class Place:
    """A text of the spec. `literal`: the `at`-th text within an expression, `text`: a template without its parts.

    `odd key` is a path or a method and a path, of which a part is replaced.
    """

    path: Path
    kind: Kind
    at: int = 0

    def __str__(self) -> str:
        return f"{self.kind} {self.at} /{'/'.join(self.path)}"


class Composition:
    """The spec as a subject of `oracle.Judge`."""

    document = (ROOT / "tests/hostile/everything.yaml").read_text("utf-8")

    @cached_property
    def places(self) -> list[Place]:
        return list(_places(SPEC, ()))

    def with_texts(self, new: Mapping[Place, Any], *, as_yaml: bool = False) -> dict[str, str]:
        """The spec and its document. A spec is always written as JSON: that is YAML too."""
        return {"spec.json": json.dumps(_rebuilt(SPEC, (), new)), "api.yaml": self.document}


def _places(value: Any, at: Path) -> Iterator[Place]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield Place((*at, key), "key")
            if "/" in key:
                yield Place((*at, key), "odd key")
            yield from _places(inner, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _places(inner, (*at, str(index)))
    elif isinstance(value, str):
        yield Place(at, "value")
        yield from (Place(at, "literal", index) for index in range(len(_literals(value))))
        if "{" in value:
            yield Place(at, "text")


def _literals(text: str) -> list[ast.Constant]:
    """The texts in an expression, f-strings apart; none in what is no expression."""
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError:
        return []
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in inside]
    return [node for node in constants if isinstance(node.value, str)]


def _rebuilt(value: Any, at: Path, new: Mapping[Place, Any]) -> Any:
    if isinstance(value, dict):
        return {_key(key, (*at, key), new): _rebuilt(inner, (*at, key), new) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rebuilt(inner, (*at, str(index)), new) for index, inner in enumerate(value)]
    return _scalar(value, at, new) if isinstance(value, str) else value


def _key(key: str, at: Path, new: Mapping[Place, Any]) -> str:
    if (odd := Place(at, "odd key")) in new:
        method, _, path = key.partition(" ")
        return f"{method} {path}/{new[odd]}" if path else f"{key}/{new[odd]}"
    text: str = new.get(Place(at, "key"), key)
    return text


def _scalar(value: str, at: Path, new: Mapping[Place, Any]) -> Any:
    if (whole := Place(at, "value")) in new:
        return new[whole]
    if (template := Place(at, "text")) in new:
        return str(new[template]).replace("{", "{{").replace("}", "}}") + value
    for index, node in reversed(list(enumerate(_literals(value)))):
        if (literal := Place(at, "literal", index)) in new:
            value = value[: node.col_offset] + ascii(new[literal]) + value[node.end_col_offset :]
    return value


def is_for_people(place: Place) -> bool:
    """Whether any text is good there."""
    texts = ("summary", "description", "tags", "title", "detail", "example", "version")
    named = any(step in texts for step in place.path[-2:]) and place.kind == "value"
    return named or _is_own_text(place) or found(SPEC, place.path[:-1]) is GET["response"]


def _is_own_text(place: Place) -> bool:
    """A text that nothing is compared with, and no enum has to have."""
    within = found(SPEC, place.path)
    compared = isinstance(within, str) and any(mark in within for mark in ("==", "[", "header(", '"fast"'))
    return place.kind == "text" or (place.kind == "literal" and not compared)
