"""The commands. Each parses its arguments and hands over to a module of its own, imported only then."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bffgen import __version__

app = typer.Typer(
    name="bffgen",
    help="Compile a composition spec and OpenAPI documents into a FastAPI + httpx gateway.",
    no_args_is_help=True,
    rich_markup_mode=None,  # rich costs a quarter of a second; help is read more often than admired
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Format(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    CONCISE = "concise"
    JSON = "json"
    GITHUB = "github"


class PlanFormat(StrEnum):
    TEXT = "text"
    MERMAID = "mermaid"
    JSON = "json"


def _codes(incomplete: str) -> list[str]:
    from bffgen.diagnostics.catalog import CODES

    return [number for number in CODES if number.startswith(incomplete.upper())]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"bffgen {__version__}")
        raise typer.Exit


SpecArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="SPEC",
        help="The spec; left out: bff.yaml, bffgen.yaml or the one *.bff.yaml here.",
        show_default=False,
    ),
]
FormatOption = Annotated[Format, typer.Option("--format", envvar="BFFGEN_FORMAT", help="How findings are printed.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print findings only.")]
PortOption = Annotated[
    int, typer.Option(help="The first port; 0 takes free ones.", min=0, max=65000, show_default=True)
]


def _collect_nothing() -> None:
    """A compilation is short and makes trees that it needs to its end: looking for cycles took a third of its time."""
    import gc

    gc.disable()


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", "-V", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Compile a composition spec and OpenAPI documents into a FastAPI + httpx gateway."""


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Where to; made if need be.")] = Path(),
) -> None:
    """Write a small spec with its documents, to start from."""
    from bffgen.cli.init import init as command

    raise typer.Exit(command(folder))


@app.command()
def check(
    specs: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="SPEC...",
            help="The specs; left out: bff.yaml, bffgen.yaml or the one *.bff.yaml here.",
            show_default=False,
        ),
    ] = None,
    format: FormatOption = Format.TEXT,
    quiet: QuietOption = False,
) -> None:
    """Type-check a spec against the backends' documents. Writes nothing."""
    _collect_nothing()
    from bffgen.cli.compile import check as command

    raise typer.Exit(max(command(spec, format, quiet) for spec in specs or (None,)))


@app.command()
def generate(
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="OUT", help="The folder of the project.", show_default=False),
    ],
    spec: SpecArgument = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; 1 if files would change.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Like --check, and print the differences.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that were edited by hand.")] = False,
    format: FormatOption = Format.TEXT,
    quiet: QuietOption = False,
) -> None:
    """Compile a spec into a gateway project."""
    _collect_nothing()
    from bffgen.cli import compile as commands

    if check or diff:
        raise typer.Exit(commands.compare(spec, output, format, show=diff, quiet=quiet))
    raise typer.Exit(commands.generate(spec, output, format, force=force, quiet=quiet))


@app.command()
def plan(
    spec: SpecArgument = None,
    endpoint: Annotated[
        str, typer.Option("--endpoint", "-e", help="Only this one: `GET /a/{b}` or its operation id.")
    ] = "",
    format: Annotated[PlanFormat, typer.Option("--format", help="How the plan is printed.")] = PlanFormat.TEXT,
) -> None:
    """Show the calls of an endpoint, their order and what they cost."""
    _collect_nothing()
    from bffgen.cli.plan import plan as command

    raise typer.Exit(command(spec, endpoint, format))


@app.command()
def mock(spec: SpecArgument = None, port: PortOption = 0) -> None:
    """Serve every backend from its document."""
    from bffgen.cli.serve import mock as command

    raise typer.Exit(command(spec, port))


@app.command()
def dev(
    spec: SpecArgument = None,
    port: Annotated[int, typer.Option(help="The gateway's port; 0 takes a free one.", max=65535)] = 8000,
    mocks: Annotated[bool, typer.Option(help="Mock the backends, or call them where the spec says.")] = True,
) -> None:
    """Serve the gateway over mocks, anew at each change."""
    from bffgen.cli.serve import dev as command

    raise typer.Exit(command(spec, port, mocks))


@app.command()
def explain(
    code: Annotated[
        str, typer.Argument(help="BFF302; left out: every code.", autocompletion=_codes, show_default=False)
    ] = "",
) -> None:
    """Explain a diagnostic: its cause, an example, and how to mend it."""
    from bffgen.cli.explain import explain as command

    raise typer.Exit(command(code))


@app.command()
def schema(
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write it there.", show_default=False),
    ] = None,
) -> None:
    """Print the JSON Schema of the spec, for editors."""
    from bffgen.cli.init import schema as command

    raise typer.Exit(command(output))
