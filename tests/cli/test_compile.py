"""`init`, `check`, `generate`, `schema`: from a spec to files, and every way it can be refused."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from .conftest import ROOT, Run, replace

SPECS = sorted(path for path in ROOT.glob("specs/*/*.yaml") if path.stem == path.parent.name)


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _text_keys(data: Any) -> Any:
    """As editors see YAML: a key is text, `404` too."""
    if isinstance(data, dict):
        return {str(key): _text_keys(value) for key, value in data.items()}
    return [_text_keys(item) for item in data] if isinstance(data, list) else data


def test_what_init_writes_checks_and_generates(bffgen: Run, tmp_path: Path) -> None:
    made = bffgen("init", "shop")
    assert made.returncode == 0, made.stderr
    assert "bffgen check" in made.stderr
    checked = bffgen("check", cwd=tmp_path / "shop")
    assert (checked.returncode, checked.stdout) == (0, ""), checked.stdout
    generated = bffgen("generate", "-o", "out", cwd=tmp_path / "shop")
    assert generated.returncode == 0, generated.stderr
    assert (tmp_path / "shop/out/main.py").is_file()


def test_init_overwrites_nothing(bffgen: Run, tmp_path: Path) -> None:
    (tmp_path / "bff.yaml").write_text("mine")
    done = bffgen("init")
    assert done.returncode == 2
    assert "nothing was written" in done.stderr
    assert _files(tmp_path) == {"bff.yaml": b"mine"}


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.parent.name)
def test_the_examples_are_sound(bffgen: Run, spec: Path) -> None:
    done = bffgen("check", spec)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout
    assert "all sound" in done.stderr
    assert bffgen("check", spec, "--quiet").stderr == ""


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.parent.name)
def test_the_schema_accepts_the_examples(bffgen: Run, spec: Path) -> None:
    schema = json.loads(bffgen("schema").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    data = _text_keys(yaml.safe_load(spec.read_text("utf-8")))
    assert [error.message for error in validator.iter_errors(data)] == []
    data["endpoints"] = {"GET /x": {"respons": 1}}
    assert not validator.is_valid(data)


def test_errors_are_printed_and_nothing_is_written(bffgen: Run, tmp_path: Path, produto: Path) -> None:
    replace(produto, "preco.valor", "preco.valro")
    checked = bffgen("check", produto)
    assert checked.returncode == 1
    assert "error[BFF302]" in checked.stdout
    assert "did you mean `valor`?" in checked.stdout
    assert "precos.yaml" in checked.stdout  # the other file of the seam
    generated = bffgen("generate", produto, "-o", "out")
    assert (generated.returncode, generated.stdout) == (1, "")
    assert "error[BFF302]" in generated.stderr
    assert not (tmp_path / "out").exists()


def test_several_specs_are_checked_in_one_run(bffgen: Run, produto: Path) -> None:
    replace(produto, "preco.valor", "preco.valro")
    done = bffgen("check", produto, ROOT / "specs/bookinfo/bookinfo.yaml", "--format", "concise")
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 1
    done = bffgen("check", ROOT / "specs/bookinfo/bookinfo.yaml", produto)
    assert done.returncode == 1 and "bookinfo.yaml: 1 endpoint" in done.stderr


def test_formats(bffgen: Run, produto: Path) -> None:
    replace(produto, "preco.valor", "preco.valro")
    concise = bffgen("check", produto, "--format", "concise").stdout
    assert re.match(r"\S+produto\.yaml:\d+:\d+: error\[BFF302\]: ", concise)
    found = [json.loads(line) for line in bffgen("check", produto, "--format", "json").stdout.splitlines()]
    assert [one["code"] for one in found] == ["BFF302"]
    assert bffgen("check", produto, BFFGEN_FORMAT="github").stdout.startswith("::error ")


def test_colour_is_for_terminals(bffgen: Run, produto: Path) -> None:
    replace(produto, "preco.valor", "preco.valro")
    assert "\x1b" not in bffgen("check", produto).stdout
    assert "\x1b" in bffgen("check", produto, FORCE_COLOR="1").stdout
    assert "\x1b" not in bffgen("check", produto, FORCE_COLOR="1", NO_COLOR="1").stdout


def test_check_and_diff_write_nothing(bffgen: Run, tmp_path: Path, produto: Path) -> None:
    out = tmp_path / "out"
    missing = bffgen("generate", produto, "-o", out, "--check")
    assert missing.returncode == 1
    assert not out.exists()
    assert bffgen("generate", produto, "-o", out).returncode == 0
    assert bffgen("generate", produto, "-o", out, "--check").returncode == 0
    before = _files(out)
    replace(produto, "nome: produto.nome", "rotulo: produto.nome")
    drift = bffgen("generate", produto, "-o", out, "--check")
    assert drift.returncode == 1
    assert "produto/models/responses.py" in drift.stdout
    diff = bffgen("generate", produto, "-o", out, "--diff")
    assert diff.returncode == 1
    assert re.search(r"^\+.*rotulo", diff.stdout, re.MULTILINE)
    assert _files(out) == before


def test_hand_edited_files_are_refused_and_the_users_own_kept(bffgen: Run, tmp_path: Path, produto: Path) -> None:
    out = tmp_path / "out"
    assert bffgen("generate", produto, "-o", out).returncode == 0
    edited = out / "produto/app.py"
    good = edited.read_bytes()
    edited.write_bytes(good + b"# mine\n")
    (out / "main.py").write_text("# all mine\n")
    refused = bffgen("generate", produto, "-o", out)
    assert refused.returncode == 1
    assert "BFF902" in refused.stderr and "produto/app.py" in refused.stderr
    assert edited.read_bytes() == good + b"# mine\n"
    assert bffgen("generate", produto, "-o", out, "--force").returncode == 0
    assert edited.read_bytes() == good
    assert (out / "main.py").read_text() == "# all mine\n"


def test_an_output_that_cannot_be_written(bffgen: Run, tmp_path: Path, produto: Path) -> None:
    (tmp_path / "out").write_text("a file")
    done = bffgen("generate", produto, "-o", "out")
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr and "internal error" not in done.stderr
    assert (tmp_path / "out").read_text() == "a file"
