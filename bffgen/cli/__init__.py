"""The command line: arguments in, exit code out.

Exit codes: 0 fine, 1 findings or drift, 2 usage or I/O, 70 a bug of bffgen's own.
Nothing heavy is imported before a command needs it: `bffgen --help` answers in a tenth of a second.
"""

from __future__ import annotations

import os
import sys

BUG = 70


def run() -> None:
    """The entry point of `bffgen`."""
    if sys.argv[1:2] == ["generate"]:  # before everything else: what it imports meanwhile is half of a small run
        from bffgen.render.generator import warm_up

        warm_up("\0".join([os.environ.get("PWD", ""), *sys.argv[1:]]))
    from bffgen.cli.app import app

    try:
        app(prog_name="bffgen")
    except Exception as bug:
        sys.exit(_report_bug(bug))


def _report_bug(bug: Exception) -> int:
    """Users' mistakes are diagnostics; whatever gets here is ours."""
    import platform

    from bffgen import __version__

    if os.environ.get("BFFGEN_DEBUG"):
        raise bug
    python = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    said = f"{type(bug).__name__}: {bug}".splitlines()[0]
    print(
        f"error: internal error in bffgen {__version__} ({python})\n"
        f"  {said}\n"
        "This is a bug in bffgen, not in the spec: please report it with the spec and these lines.\n"
        "BFFGEN_DEBUG=1 shows the traceback.",
        file=sys.stderr,
    )
    return BUG
