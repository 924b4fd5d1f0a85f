"""The pages of `bffgen explain`: a Markdown file for each code, in `explain/`."""

from __future__ import annotations

from importlib.resources import files

from bffgen.diagnostics.catalog import CODES


def page(code: str) -> str:
    """The page of a code of the catalog; its title alone when it has no page. KeyError for an unknown code."""
    title = CODES[code].title
    source = files("bffgen.diagnostics") / "explain" / f"{code}.md"
    return source.read_text("utf-8") if source.is_file() else f"# {code}: {title}\n"
