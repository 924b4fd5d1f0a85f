"""Documents that are too much: a sane result or an error with a place, within bounded time (SECURITY E10)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.scenario import ROOT

Json = dict[str, Any]

MEMORY = 1 << 30  # bytes
SECONDS = 60  # of processor time

TEXT: Json = {"type": "string"}


def obj(**properties: Any) -> Json:
    return {"type": "object", "properties": properties}


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def linked(count: int, make: Callable[[Json, int], Json]) -> dict[str, Json]:
    """Schemas `A`, `A1`, `A2`, ... each made of a reference to the next; the last is an object."""
    names = ["A", *(f"A{number}" for number in range(1, count))]
    made = {name: make(ref(f"A{number}"), number) for number, name in enumerate(names, 1)}
    return {**made, f"A{count}": obj(x=TEXT)}


def document(schema: Json, schemas: dict[str, Json] | None = None, **more: Any) -> Json:
    content = {"content": {"application/json": {"schema": schema}}}
    done = {"200": {"description": "OK", **content}}
    get = {"operationId": "getA", "responses": done, **more}
    post = {
        "operationId": "makeA",
        "requestBody": {"required": True, **content},
        "responses": {"200": {"description": "OK"}},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "A", "version": "1"},
        "servers": [{"url": "http://a.test"}],
        "paths": {"/a": {"get": get, "post": post}},
        "components": {"schemas": schemas or {}},
    }


GET = {"GET /a": {"calls": {"a": "api.getA()"}, "response": "a"}}
POST = {"POST /a": {"calls": {"a": {"call": "api.makeA", "body": "body"}}}}
ONE = {"GET /a": {"calls": {"a": "api.getA()"}, "response": "a.p7"}}


def compiled(folder: Path, read: Json | str, endpoints: Json = GET) -> tuple[int, str]:
    """The exit code of `generate` and what it said, in a process that may use so much and no more."""
    (folder / "api.json").write_text(read if isinstance(read, str) else json.dumps(read))
    backends = {"api": {"openapi": "api.json"}}
    (folder / "spec.json").write_text(
        json.dumps({"bffgen": 1, "name": "g", "backends": backends, "endpoints": endpoints})
    )
    limits = f"(r.RLIMIT_AS, ({2 * MEMORY},) * 2), (r.RLIMIT_CPU, ({SECONDS},) * 2)"
    limits = f"import resource as r; [r.setrlimit(*limit) for limit in ({limits})]"
    run = "import sys; sys.argv = ['bffgen', 'generate', 'spec.json', '-o', 'out']; from bffgen.cli import run; run()"
    done = subprocess.run(
        [sys.executable, "-B", "-c", f"{limits}; {run}"],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    return done.returncode, done.stderr


def chain(count: int) -> dict[str, Json]:
    return linked(count, lambda inner, _: inner)


def union(count: int) -> Json:
    return {"oneOf": [obj(**{f"p{number}": TEXT}) for number in range(count)]}


def many(count: int) -> Json:
    return obj(**{f"p{number}": TEXT for number in range(count)})


def dense(count: int) -> dict[str, Json]:
    """Objects that all lead to each other, as in the documents of large products."""
    return {
        f"A{at}" if at else "A": obj(
            x=TEXT, **{f"r{k}": ref(f"A{(at + k) % count}" if (at + k) % count else "A") for k in range(1, 6)}
        )
        for at in range(count)
    }


def through_pointers(count: int) -> dict[str, Json]:
    """Pointers each of which leads through the next reference."""
    made = {f"B{at}": {"$ref": f"#/components/schemas/B{at + 1}/properties/x"} for at in range(count)}
    return {**made, f"B{count}": obj(x=obj(x=TEXT)), "A": ref("B0")}


SOUND: dict[str, tuple[Callable[[], Json], Json]] = {
    "40 references in a row": (lambda: document(ref("A"), chain(40)), GET),
    "2,000 schemas in allOf of each other": (
        lambda: document(ref("A"), linked(2000, lambda inner, at: {"allOf": [inner, obj(**{f"p{at}": TEXT})]})),
        GET,
    ),
    "400 objects that all lead to each other": (lambda: document(ref("A"), dense(400)), GET),
    "400 of them in a request": (lambda: document(ref("A"), dense(400)), POST),
    "300 objects in each other": (lambda: document(ref("A"), linked(300, lambda inner, _: obj(n=inner))), GET),
    "lists in lists": (lambda: document(ref("A"), linked(20, lambda inner, _: {"type": "array", "items": inner})), GET),
    "an alternative 30 deep": (
        lambda: document(ref("A"), linked(30, lambda inner, at: {"oneOf": [obj(a=inner), obj(b=inner)]})),
        GET,
    ),
    "allOf of the same twice, 40 deep": (
        lambda: document(ref("A"), linked(40, lambda inner, at: {"allOf": [inner, inner]})),
        GET,
    ),
    "an enum of 50,000": (lambda: document({"type": "string", "enum": [f"v{n}" for n in range(50_000)]}), GET),
    "an enum of 5,000 in a request": (lambda: document(obj(e={**TEXT, "enum": [f"v{n}" for n in range(5000)]})), POST),
    "a pattern of 4,096": (lambda: document(obj(e={**TEXT, "pattern": "a" * 4096})), POST),
    "a description of a million": (lambda: document(obj(e={**TEXT, "description": "a" * 10**6})), GET),
    "5,000 properties": (lambda: document(many(5000)), GET),
    "one of 50,000 properties": (lambda: document(many(50_000)), ONE),
    "300 alternatives": (lambda: document(union(300)), GET),
    "5,000 parameters": (
        lambda: document(TEXT, parameters=[{"name": f"p{n}", "in": "query", "schema": TEXT} for n in range(5000)]),
        GET,
    ),
    "a name of a million": (lambda: document(obj(**{"n" * 10**6: TEXT})), GET),
    "a schema of itself": (lambda: document(ref("A"), {"A": {"allOf": [ref("A"), obj(x=TEXT)]}}), GET),
    "no value at all": (lambda: document({"not": {}}), GET),
    "texts that are not reached": (
        lambda: document(obj(x=TEXT), {"B": {**TEXT, "description": "a" * 2**21, "enum": ["x"] * 60_000}}),
        GET,
    ),
    "30 MiB that are not reached": (
        lambda: document(obj(x=TEXT), {f"B{n}": obj(x={**TEXT, "description": "y" * 2000}) for n in range(14_000)}),
        GET,
    ),
}

BROKEN: dict[str, tuple[Callable[[], Json], Json, str]] = {
    "200 references in a row": (lambda: document(ref("A"), chain(200)), GET, "more than 100"),
    "20,000 references in a row": (lambda: document(ref("A"), chain(20_000)), POST, "more than 100"),
    "a response behind 200 references": (
        lambda: {
            **(made := document(TEXT)),
            "paths": {
                "/a": {"get": {"operationId": "getA", "responses": {"200": {"$ref": "#/components/responses/R0"}}}}
            },
            "components": {
                "responses": {
                    **{f"R{n}": {"$ref": f"#/components/responses/R{n + 1}"} for n in range(200)},
                    "R200": made["paths"]["/a"]["get"]["responses"]["200"],
                }
            },
        },
        GET,
        "a chain of more than 100 references",
    ),
    "pointers through 500 references": (lambda: document(ref("A"), through_pointers(500)), GET, "more than 100"),
    "200 lists in each other": (
        lambda: document(ref("A"), linked(200, lambda inner, _: {"type": "array", "items": inner})),
        GET,
        "more than 100 deep",
    ),
    "3,000 alternatives in each other": (
        lambda: document(ref("A"), linked(3000, lambda inner, _: {"anyOf": [inner, {"type": "null"}]})),
        GET,
        "more than 100 deep",
    ),
    "an enum of 50,001": (
        lambda: document(obj(e={**TEXT, "enum": [f"v{n}" for n in range(50_001)]})),
        POST,
        "an enum of more than 50000 members",
    ),
    "a pattern of 4,097": (
        lambda: document(obj(e={**TEXT, "pattern": "a" * 4097})),
        POST,
        "a pattern of more than 4096",
    ),
    "a pattern of a million": (
        lambda: document(obj(e={**TEXT, "pattern": "(a+)+" * 200_000})),
        GET,
        "a pattern of more",
    ),
    "a description of two million": (
        lambda: document(obj(e={**TEXT, "description": "a" * 2 * 10**6})),
        GET,
        "a text of more than 1048576 characters",
    ),
    "1,001 alternatives": (lambda: document(union(1001)), GET, "more than 1000 alternatives"),
    "1,000 alternatives, 20 deep": (
        lambda: document(ref("A"), linked(20, lambda inner, at: {"oneOf": [inner, *union(999)["oneOf"]]})),
        GET,
        "more than 1000 alternatives",
    ),
}


@pytest.mark.parametrize("name", SOUND)
def test_what_is_much_but_sound(name: str, tmp_path: Path) -> None:
    make, endpoints = SOUND[name]
    status, said = compiled(tmp_path, make(), endpoints)
    assert status == 0, said[-2000:]
    assert (tmp_path / "out/bffgen.lock").is_file()


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_too_much(name: str, tmp_path: Path) -> None:
    make, endpoints, words = BROKEN[name]
    status, said = compiled(tmp_path, make(), endpoints)
    assert status == 1, said[-2000:]
    assert "error[BFF107]" in said and words in said and "--> api.json:1:" in said
    assert "Traceback" not in said and max(map(len, said.split("\n"))) < 3000
    assert not (tmp_path / "out").exists()


def test_more_references_than_are_followed(tmp_path: Path) -> None:
    """Each is read; the first too many is told, once."""
    references = ",".join(['{"$ref":"#/components/schemas/B"}'] * 210_000)
    text = json.dumps(document({"anyOf": ["ITEMS"]}, {"B": TEXT})).replace('"ITEMS"', references)
    status, said = compiled(tmp_path, text)
    assert status == 1, said[-2000:]
    assert said.count("more than 200000 references are followed") == 1
