"""Names become files and folders of the output alone, whatever they are called (SECURITY 5.4, O4 and O6)."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bffgen.plan.files import check_path
from tests.hostile.oracle import outcome
from tests.hostile.samples import HEADERS, MODULES, NAMES, PATHS, TOP_MODULES
from tests.hostile.scenario import ROOT

OURS = ("runtime", "settings", "backends", "models", "endpoints", "responses", "main", "tests", "data", "app")
EVERY_NAME = tuple(dict.fromkeys((*NAMES, *MODULES, *TOP_MODULES, *OURS, "../../x", "/etc/x", "aux", "lpt1")))


def document(*operations: str, schema: str = "Thing", path: str = "/things/{id}", **more: Any) -> dict[str, Any]:
    reference = "#/components/schemas/" + schema.replace("~", "~0").replace("/", "~1").replace("%", "%25")
    reply = {"200": {"description": "OK", "content": {"application/json": {"schema": {"$ref": reference}}}}}
    listed = [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}},
        *more.get("parameters", ()),
    ]
    paths = {
        path.replace("things", f"things{number}") if number else path: {
            "get": {"operationId": name, "parameters": listed, "responses": reply}
        }
        for number, name in enumerate(operations)
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "servers": [{"url": "http://things.test"}],
        "paths": paths,
        "components": {"schemas": {schema: {"type": "object", "properties": {"name": {"type": "string"}}}}},
    }


def spec(*operations: str, backends: tuple[str, ...] = ("api",), ids: tuple[str, ...] = (), name: str = "shop") -> Any:
    endpoints: dict[str, Any] = {}
    calls = [(backend, operation) for backend in backends for operation in operations]
    for number, (backend, operation) in enumerate(calls):
        made = {"calls": {"r": f"{backend}[{operation!r}](id=id)"}, "response": "r"}
        endpoints[f"GET /e{number}/{{id}}"] = made | ({"operation_id": ids[number]} if ids else {})
    listed = {backend: {"openapi": "api.json"} for backend in backends}
    return {"bffgen": 1, "name": name, "backends": listed, "endpoints": endpoints}


def compiled(written: Any, read: Any) -> dict[str, bytes] | None:
    """The emitted files; None for what is refused with a place."""
    files = outcome({"spec.json": json.dumps(written), "api.json": json.dumps(read)}).files
    return None if files is None else dict(files)


def contained(files: dict[str, bytes]) -> set[str]:
    """The paths, which are plain and differ by more than case."""
    for path in files:
        check_path(path)
        assert re.fullmatch(r"[A-Za-z0-9_./-]+", path) and len(path) < 150
    assert len({path.lower() for path in files}) == len(files)
    return set(files)


def shape(files: dict[str, bytes]) -> list[str]:
    """How many files of which kind in which folder."""
    return sorted(re.sub(r"[^/]+$", "", path) + path.rpartition(".")[2] for path in files)


PLAIN = compiled(spec("getThing"), document("getThing"))


@pytest.mark.parametrize("name", EVERY_NAME)
def test_operations_and_schemas_of_any_name(name: str) -> None:
    assert PLAIN is not None
    for made in (compiled(spec(name), document(name)), compiled(spec("getThing"), document("getThing", schema=name))):
        assert made is not None or not name, name
        if made is not None:
            contained(made)
            assert shape(made) == shape(PLAIN)


@pytest.mark.parametrize("name", EVERY_NAME)
def test_names_of_the_spec(name: str) -> None:
    """Gateways, backends and operation ids: refused, or files of the usual kinds."""
    assert PLAIN is not None
    for written in (
        spec("getThing", name=name),
        spec("getThing", backends=(name,)) if name.isidentifier() else None,
        spec("getThing", ids=(name,)),
    ):
        made = compiled(written, document("getThing")) if written is not None else None
        if made is not None:
            contained(made)
            assert shape(made) == shape(PLAIN) or written["name"] == name
            package = next(path.partition("/")[0] for path in made if path.endswith("/app.py"))
            assert package not in sys.stdlib_module_names
            assert package not in ("httpx", "fastapi", "pydantic", "starlette", "pytest", "main", "tests", "uvicorn")


SAME = ("getUser", "get-user", "get_user", "get user", "GetUser", "GETUSER", "get.user", "get/user", "get\u200buser")


def test_names_that_come_out_alike_are_told_apart() -> None:
    many = compiled(spec(*SAME), document(*SAME))
    assert many is not None
    contained(many)
    client = many["shop/backends/api.py"].decode()
    methods = re.findall(r"async def (\w+)", client)
    assert len(set(methods)) == len(SAME)
    assert compiled(spec(*SAME), document(*SAME)) == many


@pytest.mark.parametrize("backends", [("shop", "Shop", "SHOP"), ("a_b", "aB", "AB"), ("responses", "Responses")])
def test_backends_that_differ_by_case_have_files_of_their_own(backends: tuple[str, ...]) -> None:
    made = compiled(spec("getThing", backends=backends), document("getThing"))
    if made is not None:
        assert len([path for path in contained(made) if path.startswith("shop/backends/")]) == len(backends) + 1


@pytest.mark.parametrize("ids", [("getA", "geta"), ("User", "user"), ("a-b", "a_b")])
def test_operation_ids_that_differ_by_case(ids: tuple[str, ...]) -> None:
    made = compiled(spec("getThing", "getOther", ids=ids), document("getThing", "getOther"))
    if made is not None:
        contained(made)


# ------------------------------------------------------------------------------------------ paths and headers

SOUND_PATHS = (
    "/a/{x:path}",
    "/a/{x:evil}",
    "/a/{0}",
    "/a?x=1",
    "/a#f",
    "/a;x",
    "/a b",
    "/\u00e9",
    *(path for path in PATHS if path.startswith("/pet")),
)
"""Templates of a document that mean something: a converter is only a hint, `?` a fixed query."""


@pytest.mark.parametrize("path", PATHS)
def test_paths_of_documents(path: str) -> None:
    """A path that could lead elsewhere is refused at its place; none widens a route (E6)."""
    read = document("getThing", path=path)
    read["paths"][path]["get"]["parameters"] = []
    args = dict.fromkeys(re.findall(r"\{(\w+)", path), "id")
    written = spec("getThing")
    written["endpoints"] = {"GET /e/{id}": {"calls": {"r": {"call": "api.getThing", "args": args}}, "response": "r"}}
    if not args:
        written["endpoints"] = {"GET /e": {"calls": {"r": "api.getThing()"}, "response": "r"}}
    refused = outcome({"spec.json": json.dumps(written), "api.json": json.dumps(read)})
    if path in SOUND_PATHS:
        assert refused.files is not None, refused.said
    else:
        assert refused.files is None and "BFF504" in refused.said and "api.json:1:" in refused.said


MANAGED = ("Host", "Content-Length", "Transfer-Encoding", "Connection", "Cookie", "content-type", "Authorization", "")
TOKENS = ("x_user", "X-Api-Key")


@pytest.mark.parametrize("name", HEADERS)
def test_header_parameters_of_documents(name: str) -> None:
    """Of a header that is none the document is refused; the connection's own are not a document's to set."""
    parameter = {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
    written = spec("getThing")
    written["endpoints"]["GET /e0/{id}"]["calls"]["r"] = {"call": "api.getThing(id=id)", "args": {name: '"v"'}}
    refused = outcome(
        {"spec.json": json.dumps(written), "api.json": json.dumps(document("getThing", parameters=[parameter]))}
    )
    expected = None if name in TOKENS else "BFF204" if name in MANAGED else "BFF504"
    assert (refused.files is None) == (expected is not None)
    assert expected is None or f"error[{expected}]" in refused.said


URLS = ('http://x"; BFFPWN()', "http://x\n", "http://", "http://u:p@x", "http://x y", "ftp://x", "http://x/?q=1",
        "http://x/#f", "http://[::1", "http://x:99999", "http://x\\y")  # fmt: skip


@pytest.mark.parametrize("url", URLS)
def test_servers_of_documents(url: str) -> None:
    read = document("getThing")
    read["servers"] = [{"url": "http://{host}", "variables": {"host": {"default": url.removeprefix("http://")}}}]
    if not url.startswith("http://"):
        read["servers"] = [{"url": url}]
    refused = outcome({"spec.json": json.dumps(spec("getThing")), "api.json": json.dumps(read)})
    if refused.files is None:
        assert "BFF507" in refused.said and "u:p" not in refused.said
    else:
        assert url == "http://x\n"


# ------------------------------------------------------------------------------------------ the command itself


def run(work: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-B", "-m", "bffgen", *arguments],
        cwd=work,
        env={**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr


def state(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of everything in a folder, links not followed."""
    return {str(path): (path.lstat().st_size, path.lstat().st_mtime_ns) for path in sorted(folder.rglob("*"))}


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder with a sound spec, below one that must not change."""
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs/app.py").write_text("theirs = 1\n")
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "spec.json").write_text(json.dumps(spec("../../x", "con", "User", "user")))
    (folder / "api.json").write_text(json.dumps(document("../../x", "con", "User", "user", schema="../../../x")))
    return folder


def test_nothing_outside_of_the_output_changes(work: Path) -> None:
    before = state(work.parent)
    status, said = run(work, "generate", "spec.json", "-o", "out")
    assert status == 0, said
    now = state(work.parent)
    assert {path: now[path] for path in before if path != str(work)} == {
        p: s for p, s in before.items() if p != str(work)
    }
    assert all(path.startswith(str(work / "out")) for path in now.keys() - before.keys())


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no symbolic links")
@pytest.mark.parametrize(
    ("link", "flags"),
    [("", ()), ("", ("--check",)), ("shop", ("--force",)), ("shop/app.py", ()), ("main.py", ("--check",))],
)
def test_links_in_the_output_are_refused(work: Path, link: str, flags: tuple[str, ...]) -> None:
    at, theirs = work / "out" / link, work.parent / "theirs"
    at.parent.mkdir(parents=True, exist_ok=True)
    at.symlink_to(theirs if "." not in at.name else theirs / "app.py")
    before = state(work.parent)
    status, said = run(work, "generate", "spec.json", "-o", "out", *flags)
    assert status == 2 and "BFF903" in said and "Traceback" not in said
    assert state(work.parent) == before


FAULTS = {  # file, what is replaced by what, the code and the file that it points to
    "a typo": ("spec.json", '"response"', '"respons"', "BFF102", "spec.json"),
    "an unknown operation": ("api.json", '"operationId": "con"', '"operationId": "com"', "BFF202", "spec.json"),
    "a reference to nowhere": ("api.json", "/..~1..~1..~1x", "/BFFPWN()", "BFF502", "api.json"),
    "escapes": ("spec.json", '"GET /e0/{id}"', '"GET /e0/{id}\\u001b]0;BFFPWN\\u0007"', "BFF111", "spec.json"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_refused_has_a_place_and_no_output(work: Path, fault: str) -> None:
    name, old, new, code, where = FAULTS[fault]
    text = (work / name).read_text()
    assert old in text
    (work / name).write_text(text.replace(old, new, 1), "utf-8")
    before = state(work.parent)
    status, said = run(work, "generate", "spec.json", "-o", "out")
    assert status == 1 and f"error[{code}]" in said, said
    assert re.search(rf"--> {where}:1:\d+\n", said), said
    assert "Traceback" not in said and all(char == "\n" or char.isprintable() for char in said)
    assert state(work.parent) == before
