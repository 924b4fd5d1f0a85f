"""Input that no one means to give: always a located error and an exit code, never a traceback, a hang or output."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import pytest

from bffgen.pipeline import check_spec

MIB = 2**20
DEEP = 100_000
SECONDS = 30  # of a whole process, on a busy machine

SPEC = """\
bffgen: 1
name: shop
backends:
  shop: {openapi: shop.yaml}
endpoints:
  GET /things/{thing_id}:
    calls:
      thing: shop.getThing(id=thing_id)
    response: thing.name
"""

DOCUMENT = """\
openapi: 3.1.0
info: {title: Shop, version: "1"}
servers: [{url: http://shop.test}]
paths:
  /things/{id}:
    get:
      operationId: getThing
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses: {"200": {description: OK, content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}}}
components:
  schemas:
    Thing: {type: object, required: [name], properties: {name: {type: string}}}
"""


DRIVER = """
import json, os, sys, time
from pathlib import Path
from bffgen.diagnostics import render
from bffgen.pipeline import check_spec
for folder in sys.argv[1:]:
    os.chdir(folder)
    started = time.monotonic()
    checked = check_spec(Path("spec.yaml"))
    told = [checked.gateway is not None, render.text(checked.diagnostics), time.monotonic() - started]
    print(json.dumps([os.path.basename(folder), *told]), flush=True)
"""

Files = Mapping[str, bytes | str]
Told = tuple[bool, str]


def give(folder: Path, files: Files) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    return folder


def over(document: bytes | str, **parts: str) -> Files:
    """The spec over a document."""
    return {"spec.yaml": SPEC, "shop.yaml": document, **{f"{name}.yaml": text for name, text in parts.items()}}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Told]:
    """Whether each of `CASES` was found sound, and what was said: by one process, which a case may kill or hang."""
    root = tmp_path_factory.mktemp("bad")
    folders = [give(root / str(at), files) for at, (files, _) in enumerate(CASES.values())]
    try:
        done = subprocess.run(
            [sys.executable, "-c", DRIVER, *map(str, folders)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS * 4,
            check=False,
        )
        output = done.stdout
    except subprocess.TimeoutExpired as hung:
        output = hung.stdout or b""
    lines = [json.loads(line) for line in output.splitlines()]
    slow = [name for name, *_, seconds in lines if seconds > SECONDS]
    assert not slow
    return {list(CASES)[int(name)]: (sound, text) for name, sound, text, _ in lines}


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    """bffgen's exit code and everything it says, in a folder."""
    done = subprocess.run(
        [sys.executable, "-m", "bffgen", *arguments],
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def refused(folder: Path, *said: str, code: int = 1) -> None:
    """`generate` says one located error, exits with the code and writes nothing."""
    before = sorted(path.name for path in folder.iterdir())
    status, text = run(folder, "generate", "spec.yaml", "-o", "out")
    assert status == code, text
    assert "Traceback" not in text and "internal error" not in text
    for words in said:
        assert words in text
    assert code != 1 or LOCATED.search(text), text
    assert sorted(path.name for path in folder.iterdir()) == before


LOCATED = re.compile(r"^ +--> \S+(:\d+:\d+)?$", re.M)


# ---------------------------------------------------------------------------------------------- files

CONTENTS = {
    "nothing": (b"", "is empty"),
    "white space": (b" \n\t\n", "is empty"),
    "comments": (b"# nothing\n# to see\n", "the file is empty"),
    "a list": (b"- bffgen: 1\n", "a mapping"),
    "a text": (b"hello\n", "a mapping"),
    "a number": (b"42\n", "a mapping"),
    "HTML": (b"<!DOCTYPE html>\n<html><body>Sign in</body></html>\n", "looks like an HTML page"),
    "binary": (bytes(range(256)) * 40, "is not UTF-8 text"),
    "a program": (b"\x7fELF\x02\x01\x01" + b"\0" * 500, "is a binary file"),
    "an archive": (b"PK\x03\x04\x14\0\x06\0", "is a binary file"),
    "UTF-16": ("bffgen: 1\n".encode("utf-16"), "is UTF-16"),
    "Latin-1": ("name: caf\xe9\n".encode("latin-1"), "is not UTF-8 text"),
    "a null character": (b"bffgen: 1\nname: \0\n", "is a binary file"),
    "too much": (b"# " + b"x" * (33 * MIB), "is larger than 32 MiB"),
    "deep flow lists": (b"[" * DEEP, "nested more than 200 deep"),
    "deep flow mappings": (b"{a: " * DEEP, "nested more than 200 deep"),
    "deep block lists": (b"- " * DEEP + b"a", "nested more than 200 deep"),
    "deep keys": (b"? " * DEEP + b"a", "nested more than 200 deep"),
    "deep JSON": (b'{"a":' * DEEP + b"1" + b"}" * DEEP, "nested more than 200 deep"),
    "an alias bomb": (
        b"a: &a [x,x,x,x,x,x,x,x,x]\n"
        + b"".join(b"%c: &%c [%s]\n" % (98 + i, 98 + i, b",".join([b"*%c" % (97 + i)] * 9)) for i in range(9)),
        "aliases make this more than",
    ),
    "an alias of itself": (b"a: &a\n  b: *a\n", "leads back to what it stands in"),
    "an unknown alias": (b"a: *b\n", "an alias of an anchor"),
    "two documents": (b"bffgen: 1\n---\nbffgen: 1\n", "one file is one document"),
    "a tab": (b"bffgen: 1\nbackends:\n\tshop: 1\n", "a tab cannot indent"),
    "an object of Python": (b"!!python/object/apply:os.system [id]\n", "has no meaning here"),
    "a long number": (b"bffgen: " + b"9" * 100_000 + b"\n", "expected the number `1`"),
}


CASES: dict[str, tuple[Files, str]] = {}

for _name, (_content, _said) in CONTENTS.items():
    CASES[f"a spec of {_name}"] = {"spec.yaml": _content}, _said
    _of_document = "is not an OpenAPI document" if _said in ("a mapping", "expected the number `1`") else _said
    CASES[f"a document of {_name}"] = over(_content), _of_document

# ------------------------------------------------------------------------------------------ references

REFERENCE = '{$ref: "#/components/schemas/Thing"}'

RINGS = {
    "pure": {
        "Thing: {type": 'Thing: {$ref: "#/components/schemas/Other"}\n    Other: ' + REFERENCE + "\n    Old: {type"
    },
    "of itself": {"Thing: {type": f"Thing: {REFERENCE}\n    Old: {{type"},
    "through allOf": {
        "Thing: {type": 'Thing: {allOf: [{$ref: "#/components/schemas/Other"}]}\n'
        f"    Other: {{allOf: [{REFERENCE}]}}\n    Old: {{type"
    },
    "through oneOf": {"Thing: {type": f"Thing: {{oneOf: [{REFERENCE}]}}\n    Old: {{type"},
    "in parameters": {
        "[{name: id, in: path, required: true, schema: {type: integer}}]": '[{$ref: "#/components/parameters/A"}]',
        "components:\n": 'components:\n  parameters:\n    A: {$ref: "#/components/parameters/B"}\n'
        '    B: {$ref: "#/components/parameters/A"}\n',
    },
    "in responses": {
        '{"200": {description: OK, content: {application/json: {schema: ' + REFERENCE + "}}}}": '{"200": {$ref: '
        '"#/components/responses/A"}}',
        "components:\n": 'components:\n  responses:\n    A: {$ref: "#/components/responses/A"}\n',
    },
    "of a path": {
        "/things/{id}:\n    get:": '/things/{id}: {$ref: "#/paths/~1things~1{id}"}\n  /other/{id}:\n    get:',
        "operationId: getThing": "operationId: other",
    },
    "file to file": {"#/components/schemas/Thing": "a.yaml#/Thing"},
    "through a pointer": {
        "Thing: {type": 'Thing: {$ref: "#/components/schemas/Other/properties/a"}\n'
        f"    Other: {{properties: {{a: {REFERENCE}}}}}\n    Old: {{type"
    },
}


PARTS = {"a": 'Thing: {$ref: "b.yaml#/Thing"}\n', "b": 'Thing: {$ref: "a.yaml#/Thing"}\n'}
ODD = ("#", "#/", "#/paths", "", " ", "#/%00", "x" * 5000, "a.yaml#b#c", "//host/x", "\\0", "?")


def edited(changes: Mapping[str, str]) -> str:
    text = DOCUMENT
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new, 1)
    return text


CASES |= {f"a ring {name}": (over(edited(ring), **PARTS), "leads back to itself") for name, ring in RINGS.items()}
CASES |= {
    f"the reference {reference[:20]!r}": (over(edited({'"#/components/schemas/Thing"': f'"{reference}"'})), "error[")
    for reference in ODD
}

# ------------------------------------------------------------------------------------------ versions

VERSIONS = ["4.0.0", "2.0", "3.9", "latest", "[3]", "{a: 1}", "null", "3.1.0.0.0.0", "'3.1'; rm -rf", "3"]


CASES |= {f"the version {version}": (over(edited({"3.1.0": version})), "error[") for version in VERSIONS}

# ------------------------------------------------------------------------------------------ expressions

EXPRESSIONS = {
    "brackets": "(" * 5000 + "1" + ")" * 5000,
    "lists": "(" + "[" * 5000 + "]" * 5000 + ")",
    "not": "not " * 3000 + "true",
    "minus": "(" + "-" * 5000 + "1)",
    "fields": "thing" + ".name" * 3000,
    "sums": "+".join(["1"] * 4000),
    "a long name": "a" * 50_000,
    "a long text": '("' + "a" * 50_000 + '")',
    "comprehensions": "([" + "".join(f"x{n} for x{n} in [" for n in range(80)) + "]" * 80 + "])",
    "conditions": "1" + " if True else 1" * 2000,
    "texts in texts": '(f"{' * 50 + "1" + '}")' * 50,
    "calls": "len(" * 3000 + ")" * 3000,
    "a null character": '"a\\0b"',
    "half of a pair": '("\\ud800")',
    "control characters": '"a\\x1b[31mb"',
}


HOSTILE = '"a\\x1b]0;owned\\x07\\x1b[2J\\u202e\\r"'

CASES |= {
    f"an expression of {name}": ({**over(DOCUMENT), "spec.yaml": SPEC.replace("thing.name", text)}, "error[")
    for name, text in {**EXPRESSIONS, "signs for the terminal": HOSTILE}.items()
}


# ---------------------------------------------------------------------------------------------- the tests


@pytest.mark.parametrize("name", CASES)
def test_is_refused(name: str, told: Mapping[str, Told]) -> None:
    sound, text = told[name]
    assert not sound
    assert CASES[name][1] in text
    assert LOCATED.search(text)
    assert not set(text) & {"\x1b", "\x07", "\u202e", "\r", "\0"}


def test_a_sound_document_is_not(tmp_path: Path) -> None:
    assert run(give(tmp_path, over(DOCUMENT)), "check", "spec.yaml")[0] == 0


def test_a_chain_of_references(tmp_path: Path) -> None:
    """Ten thousand references in a row are no ring: followed or refused, but survived."""
    links = "".join(f'    T{n}: {{$ref: "#/components/schemas/T{n + 1}"}}\n' for n in range(10_000))
    text = edited(
        {"    Thing: {type": f"{links}    T10000: {REFERENCE}\n    Thing: {{type", "schemas/Thing": "schemas/T0"}
    )
    status, said = run(give(tmp_path, over(text)), "check", "spec.yaml")
    assert status in (0, 1) and "Traceback" not in said


def test_deep_schemas(tmp_path: Path) -> None:
    nested = "{type: array, items: " * 60 + "{type: string}" + "}" * 60
    text = edited({"properties: {name: {type: string}}": f"properties: {{name: {nested}}}"})
    status, said = run(give(tmp_path, over(text)), "check", "spec.yaml")
    assert (status, "Traceback" in said) == (0, False), said


def test_the_command_line_refuses_a_spec(tmp_path: Path) -> None:
    refused(give(tmp_path, {"spec.yaml": b"[" * DEEP}), "nested more than 200 deep")


def test_the_command_line_refuses_a_document(tmp_path: Path) -> None:
    refused(
        give(tmp_path, over(b'{"a":' * DEEP)), "nested more than 200 deep", "1 error in spec.yaml; nothing was written"
    )


def test_a_spec_that_is_not_there(tmp_path: Path) -> None:
    refused(tmp_path, "there is no file `spec.yaml`", code=2)


def test_a_spec_that_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").mkdir()
    refused(tmp_path, "`spec.yaml` is a folder", code=2)


def test_a_document_that_is_not_there(tmp_path: Path) -> None:
    give(tmp_path, {"spec.yaml": SPEC, "shops.yaml": DOCUMENT})
    refused(tmp_path, "there is no file `shop.yaml`", "did you mean `shops.yaml`?", "spec.yaml:4:19")


def test_a_document_that_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").mkdir()
    refused(give(tmp_path, {"spec.yaml": SPEC}), "`shop.yaml` is a folder, not a file", "spec.yaml:4:19")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_document_that_never_ends(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "shop.yaml")
    refused(give(tmp_path, {"spec.yaml": SPEC}), "is not a regular file")


def test_a_document_that_links_to_itself(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").symlink_to("shop.yaml")
    refused(give(tmp_path, {"spec.yaml": SPEC}), "cannot be read")


def test_a_document_that_links_out_of_the_folder(tmp_path: Path) -> None:
    inside = give(tmp_path / "spec", {"spec.yaml": SPEC})
    give(tmp_path, {"shop.yaml": DOCUMENT})
    (inside / "shop.yaml").symlink_to("../shop.yaml")
    refused(inside, "leads outside of the spec's folder")


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root reads everything")
@pytest.mark.parametrize(("name", "code"), [("spec.yaml", 2), ("shop.yaml", 1)])
def test_a_file_that_may_not_be_read(name: str, code: int, tmp_path: Path) -> None:
    give(tmp_path, over(DOCUMENT))
    (tmp_path / name).chmod(0)
    refused(tmp_path, f"`{name}` cannot be read: permission denied", code=code)


def test_a_file_that_fails_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What root cannot see by `chmod`, and what disks do."""
    give(tmp_path, over(DOCUMENT))
    plain = Path.open

    def failing(path: Path, *arguments: Any, **options: Any) -> IO[Any]:
        if path.name == "shop.yaml":
            raise PermissionError(13, "Permission denied")
        return plain(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", failing)
    (found,) = check_spec(tmp_path / "spec.yaml").diagnostics.sorted()
    assert found.code == "BFF106"
    assert found.message.endswith("cannot be read: permission denied")
    assert found.primary.span.file.place(found.primary.span.start) == (4, 19)
