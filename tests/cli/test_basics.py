"""Start-up, exit codes, and what is said about the command line itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bffgen import __version__

from .conftest import ROOT, Run, environment

HEAVY = ("datamodel_code_generator", "httpx", "jinja2", "fastapi", "pydantic", "yaml", "rich", "ruff")


def _python(code: str, **extra: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, cwd=ROOT, env=environment(**extra), capture_output=True, text=True, timeout=60, check=False
    )


def test_help_imports_nothing_heavy() -> None:
    done = _python(
        "import sys\n"
        "sys.argv = ['bffgen', '--help']\n"
        "from bffgen.cli import run\n"
        "try:\n    run()\n"
        "except SystemExit:\n    pass\n"
        f"print('HEAVY', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    assert "generate" in done.stdout
    assert done.stdout.splitlines()[-1] == "HEAVY []"


@pytest.mark.parametrize("command", ["init", "check", "generate", "plan", "mock", "dev", "explain", "schema"])
def test_every_command_has_help(bffgen: Run, command: str) -> None:
    done = bffgen(command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert command in done.stdout


def test_version(bffgen: Run) -> None:
    assert bffgen("--version").stdout == f"bffgen {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [["check", "--nope"], ["nope"], ["check", "nope.yaml"], ["check", "."], ["generate", "x.yaml"]],
)
def test_usage_and_io_are_exit_code_2(bffgen: Run, arguments: list[str]) -> None:
    done = bffgen(*arguments)
    assert done.returncode == 2
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_spec_is_named(bffgen: Run) -> None:
    assert bffgen("check", "nope.yaml").stderr == "error: there is no file `nope.yaml`\n"


def test_a_bug_is_exit_code_70_and_asks_for_a_report() -> None:
    code = (
        "import sys\n"
        "import bffgen.cli.explain as command\n"
        "def broken(code): raise KeyError('a bug')\n"
        "command.explain = broken\n"
        "sys.argv = ['bffgen', 'explain']\n"
        "from bffgen.cli import run\n"
        "run()"
    )
    done = _python(code)
    assert done.returncode == 70
    assert __version__ in done.stderr
    assert "please report it" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Traceback" in _python(code, BFFGEN_DEBUG="1").stderr


def test_a_spec_is_found_in_the_folder(bffgen: Run, tmp_path: Path) -> None:
    assert bffgen("check").stderr == "error: no spec here: name one, or run `bffgen init`\n"
    (tmp_path / "a.bff.yaml").write_text("bffgen: 1\n")
    assert "a.bff.yaml" in bffgen("check").stdout
    (tmp_path / "b.bff.yaml").write_text("bffgen: 1\n")
    assert bffgen("check").stderr == "error: several specs here, name one: a.bff.yaml, b.bff.yaml\n"
    (tmp_path / "bff.yaml").write_text("bffgen: 1\n")
    assert "--> bff.yaml" in bffgen("check").stdout


def test_explain(bffgen: Run) -> None:
    page = bffgen("explain", "BFF302")
    assert page.returncode == 0
    assert "unknown field" in page.stdout.lower()
    assert bffgen("explain", "302").stdout == page.stdout
    every = bffgen("explain").stdout
    assert "BFF302" in every and "BFF901" in every
    unknown = bffgen("explain", "BFF999")
    assert unknown.returncode == 2
    assert "there is no code `BFF999`" in unknown.stderr


def test_completion_is_offered(bffgen: Run) -> None:
    done = bffgen("--show-completion", "bash")
    assert "bffgen" in done.stdout
    offered = bffgen(_BFFGEN_COMPLETE="complete_bash", COMP_WORDS="bffgen explain BFF30", COMP_CWORD="2").stdout.split()
    assert "BFF302" in offered and "BFF901" not in offered
