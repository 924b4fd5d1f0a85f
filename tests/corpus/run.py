"""`make corpus`: every operation of every document, compiled, type-checked and asked; prints the table.

    python -m tests.corpus.run [FOLDER] [--only TEXT] [--jobs 2] [--write]

FOLDER is `../shared/corpus` beside the checkout, or where that is absent what stands in `tests/corpus/documents`.
`--write` puts the table into benchmarks/CORPUS.md and its sums into README.md.
"""

from __future__ import annotations

import argparse
import multiprocessing
import re
import sys
import tempfile
import traceback
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from time import perf_counter

from .places import CORPUS, HERE, documents_in
from .prove import Result, prove

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "benchmarks" / "CORPUS.md"
README = ROOT / "README.md"
SUMS = re.compile(r"(?<=<!-- corpus -->\n).*?(?=<!-- /corpus -->)", re.DOTALL)


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.corpus.run")
    asked.add_argument("folder", nargs="?", type=Path, default=CORPUS if CORPUS.is_dir() else HERE)
    asked.add_argument("--only", default="", help="documents whose path has this text")
    asked.add_argument("--jobs", type=int, default=2)
    asked.add_argument("--write", action="store_true", help="put the table where it is published")
    given = asked.parse_args()
    root = given.folder.resolve()
    started = perf_counter()
    results = sorted(_prove_all(root, given.only, given.jobs), key=lambda result: result.path)
    print(_table(results), f"\n{perf_counter() - started:.0f} s", sep="\n")
    if given.write:
        TABLE.write_text(_published(results), "utf-8")
        README.write_text(SUMS.sub(lambda _: _sums(results), README.read_text("utf-8")), "utf-8")
    return 0 if all(_is_explained(result) for result in results) else 1


def _is_explained(result: Result) -> bool:
    """Whether whatever did not come through has a message with a place."""
    return all(found.stage == "check" and found.reason.startswith("BFF") for found in result.exceptions)


# ------------------------------------------------------------------------------------------------ running


def _prove_all(root: Path, only: str, jobs: int) -> Iterable[Result]:
    """The largest first, so that no process is left alone with one at the end."""
    paths = [path for path in documents_in(root) if only in path.as_posix()]
    paths.sort(key=lambda path: -path.stat().st_size)
    context = multiprocessing.get_context("spawn")
    with (
        tempfile.TemporaryDirectory(prefix="bffgen-corpus-") as folder,
        ProcessPoolExecutor(max(jobs, 1), mp_context=context) as pool,
    ):
        made = [
            pool.submit(_prove, root, path.relative_to(root).as_posix(), Path(folder), number)
            for number, path in enumerate(paths)
        ]
        for number, done in enumerate(as_completed(made), 1):
            result = done.result()
            print(f"{number}/{len(paths)} {_line(result)}", file=sys.stderr, flush=True)
            yield result


def _prove(root: Path, path: str, folder: Path, number: int) -> Result:
    """In a process of the pool: each has its own cache for mypy."""
    out = folder / multiprocessing.current_process().name / f"p{number}"
    out.mkdir(parents=True)
    try:
        return prove(root, path, out)
    except Exception:
        result = Result(path)
        result.except_for("*", "bug", traceback.format_exc())
        return result


# ------------------------------------------------------------------------------------------------ showing


def _line(result: Result) -> str:
    found = f"{result.path}: {result.operations} operations, {result.compiled} compiled, {result.answered} answered"
    return found + "".join(f"\n    {e.operation} ({e.stage}): {e.reason}" for e in result.exceptions)


def _row(*cells: object) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |\n"


def _head(first: str, *more: str) -> str:
    return _row(first, *more) + "|---|" + "--:|" * len(more) + "\n"


def _table(results: list[Result]) -> str:
    rows = [_row(r.path, r.operations, r.compiled, r.answered, _names(r)) for r in results]
    sums = sum(r.operations for r in results), sum(r.compiled for r in results), sum(r.answered for r in results)
    total = _row(f"**{len(results)} documents**", *sums, sum(len(r.exceptions) for r in results) or "")
    head = _row("document", "operations", "compiled", "answered", "exceptions") + "|---|--:|--:|--:|---|\n"
    return head + "".join(rows) + total


def _names(result: Result) -> str:
    return "; ".join(f"`{e.operation}`: {_one_line(e.reason)}" for e in result.exceptions)


def _one_line(reason: str) -> str:
    return reason.strip().splitlines()[-1].replace("|", "\\|")


def _sums(results: list[Result]) -> str:
    """By source: the first folder of a document's path."""
    sources: dict[str, list[Result]] = {}
    for result in results:
        sources.setdefault(result.path.partition("/")[0], []).append(result)
    made = _head("source", "documents", "operations", "compiled", "answered", "exceptions")
    for name, of in [*sources.items(), ("**all**", results)]:
        made += _row(
            name,
            len(of),
            sum(r.operations for r in of),
            sum(r.compiled for r in of),
            sum(r.answered for r in of),
            sum(len(r.exceptions) for r in of) or "",
        )
    named = "".join(f"\n* `{r.path}`, `{e.operation}`: {_one_line(e.reason)}" for r in results for e in r.exceptions)
    return made + (f"\nThe exceptions:\n{named}\n" if named else "")


def _published(results: list[Result]) -> str:
    return f"""# The corpus, operation by operation

Made by `make corpus WRITE=1`. Each operation of each document is an endpoint of its own that takes all parameters
and the body from the client and passes the answer on whole. *Compiled*: the project is generated, passes
`mypy --strict` and `ruff`, and imports. *Answered*: to a request with everything, and to one with what is required,
over a backend whose answers fit the document, it sends what the document says, and answers the documented status and
the same data, as its own `openapi.json` says.

{_table(results)}"""


if __name__ == "__main__":
    sys.exit(main())
