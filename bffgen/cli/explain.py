"""`explain`."""

from __future__ import annotations

import sys

from bffgen.cli.terminal import fail, wants_colour
from bffgen.diagnostics import explain as pages
from bffgen.diagnostics.catalog import CODES
from bffgen.diagnostics.suggest import closest


def explain(written: str) -> int:
    """Print a code's page, or every code with its title."""
    if not written:
        for known in CODES.values():
            print(f"{known.number}  {known.severity:<7}  {known.title}")
        return 0
    code = _normal(written)
    if code not in CODES:
        near = closest(code, list(CODES))
        raise fail(f"there is no code `{written}`" + (f"; did you mean `{near}`?" if near else ""))
    page = pages.page(code)
    if wants_colour(sys.stdout):
        from rich.console import Console
        from rich.markdown import Markdown

        Console().print(Markdown(page))
    else:
        print(page.rstrip("\n"))
    return 0


def _normal(written: str) -> str:
    """`bff302` and `302` are `BFF302`."""
    text = written.strip().upper()
    return text if text.startswith("BFF") else f"BFF{text}"
