"""How long generating takes: medians of whole processes, then what takes the time.

    make bench            or: python benchmarks/generate.py [RUNS]

The large documents are Discord's (1.2 MB, 242 operations) with four operations in use, and a synthetic YAML
one of about 1 MB with four of 1,400 in use, the harder case: YAML is slower to read than JSON.
`generate` is the first run, `again` one that finds its models in the cache.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[1]
RUNS = 7


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    with tempfile.TemporaryDirectory(prefix="bffgen-bench-") as name:
        folder = Path(name)
        specs = {
            "storefront (4 small documents)": ROOT / "specs/storefront/storefront.yaml",
            "discord (1.2 MB of JSON)": ROOT / "specs/discord/discord.yaml",
            "synthetic (1 MB of YAML)": synthetic(folder / "synthetic"),
        }
        print(f"whole processes, median of {runs} (fastest)\n")
        report("python -c pass", runs, ["-c", "pass"])
        report("bffgen --help", runs, ["-m", "bffgen", "--help"])
        for label, spec in specs.items():
            report(f"check, {label}", runs, ["-m", "bffgen", "check", str(spec)])
            out = folder / "out" / spec.parent.name
            command = ["-m", "bffgen", "generate", str(spec), "-o", str(out)]
            report(f"generate, {label}", runs, command, BFFGEN_CACHE="off")
            report(f"again, {label}", runs, command, BFFGEN_CACHE=str(folder / "cache"))
        for count in (50, 100, 200):
            spec = wide(folder / f"wide{count}", count)
            out = folder / "out" / spec.parent.name
            label = f"generate, {count} endpoints over 5 documents"
            command = ["-m", "bffgen", "generate", str(spec), "-o", str(out)]
            report(label, min(runs, 3), command, BFFGEN_CACHE="off")
        for label, spec in specs.items():
            breakdown(label, spec)


def report(label: str, runs: int, arguments: list[str], **environment: str) -> None:
    """Run it `runs` times after one warm-up, and print the median."""
    seconds = [process(arguments, environment) for _ in range(runs + 1)][1:]
    print(f"  {label:<45} {statistics.median(seconds):6.3f} s  ({min(seconds):.3f})", flush=True)


def process(arguments: list[str], environment: Mapping[str, str]) -> float:
    started = perf_counter()
    surroundings = {**os.environ, **environment}
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=surroundings, check=True, capture_output=True)
    return perf_counter() - started


def breakdown(label: str, spec: Path) -> None:
    """Time each pass of one compilation in a process of its own, imports apart from work."""
    code = f"import benchmarks.generate as b; b.passes(__import__('pathlib').Path({str(spec)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    print(f"\nwhat takes the time: {label}\n{done.stdout.rstrip()}", flush=True)


def passes(spec: Path) -> None:
    """Compile once, and print what each step took, in milliseconds."""
    steps: list[tuple[str, float]] = []

    def timed(label: str, work: Callable[[], T]) -> T:
        started = perf_counter()
        made = work()
        steps.append((label, perf_counter() - started))
        return made

    def front() -> None:
        import bffgen.pipeline  # noqa: F401

    def back() -> None:
        import datamodel_code_generator.config
        import datamodel_code_generator.parser.openapi  # noqa: F401

        import bffgen.render.project  # noqa: F401

    timed("import the front end", front)
    from bffgen.pipeline import check_spec, compile_gateway

    checked = timed("read and check", lambda: check_spec(spec))
    assert checked.gateway is not None
    gateway = checked.gateway
    timed("import rendering (jinja2, model generator)", back)

    from bffgen.plan.lower import lower
    from bffgen.render import project

    spent: dict[str, float] = {}

    def watched(name: str, inner: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any) -> Any:
            started = perf_counter()
            made = inner(*given)
            spent[name] = spent.get(name, 0.0) + perf_counter() - started
            return watched(name, made) if callable(made) else made

        return timed

    def watch(name: str) -> None:
        setattr(project, name, watched(name, getattr(project, name)))

    watch("start_models")
    watch("format_python")
    plan = timed("lower", lambda: lower(gateway))
    timed("render", lambda: project.render(plan))
    steps.append(("  of which models (the model generator)", spent["start_models"]))
    steps.append(("  of which formatting (ruff)", spent["format_python"]))
    timed("all again, warm", lambda: compile_gateway(spec, check_spec(spec)))
    for label, seconds in steps:
        print(f"  {label:<45} {seconds * 1000:7.1f} ms")


def synthetic(folder: Path) -> Path:
    """A spec over one YAML document of about 1 MB with 1,400 operations, four of them in use."""
    folder.mkdir(parents=True)
    operations, schemas = [], []
    for number in range(1400):
        operations.append(OPERATION.format(number=number))
        schemas.append(SCHEMA.format(number=number, other=(number * 7 + 1) % 1400))
    text = HEAD + "".join(operations) + "components:\n  schemas:\n" + "".join(schemas)
    (folder / "large.yaml").write_text(text, "utf-8")
    (folder / "synthetic.yaml").write_text(SPEC, "utf-8")
    return folder / "synthetic.yaml"


def wide(folder: Path, count: int) -> Path:
    """A spec of `count` endpoints, each of three calls of operations of their own, over five documents."""
    folder.mkdir(parents=True)
    for document in range(5):
        numbers = range(document, count, 5)
        operations = [OPERATION.format(number=f"{number}{call}") for number in numbers for call in "123"]
        schemas = [SCHEMA.format(number=f"{number}{call}", other=f"{number}1") for number in numbers for call in "123"]
        text = HEAD + "".join(operations) + "components:\n  schemas:\n" + "".join(schemas)
        (folder / f"d{document}.yaml").write_text(text, "utf-8")
    backends = "".join(f"  d{document}: {{openapi: d{document}.yaml}}\n" for document in range(5))
    endpoints = "".join(WIDE.format(number=number, backend=f"d{number % 5}") for number in range(count))
    spec = folder / f"wide{count}.yaml"
    spec.write_text(f"bffgen: 1\nname: wide\nbackends:\n{backends}endpoints:\n{endpoints}", "utf-8")
    return spec


WIDE = """  GET /pages{number}/{{thing_id}}:
    calls:
      a: {backend}.getThing{number}1(id=thing_id)
      b: {{call: {backend}.getThing{number}2(id=thing_id), on_error: null}}
      c: {backend}.getThing{number}3(id=a.id)
    response: {{name: a.name, note: b.note, other: c.other.name}}
"""

HEAD = """openapi: 3.1.0
info: {title: Large, version: 1.0.0}
servers:
  - url: http://localhost:8001
paths:
"""

OPERATION = """  /things{number}/{{id}}:
    get:
      operationId: getThing{number}
      summary: One thing of sort {number}
      parameters:
        - name: id
          in: path
          required: true
          schema: {{type: integer, minimum: 1}}
      responses:
        '200':
          description: The thing
          content:
            application/json:
              schema: {{$ref: '#/components/schemas/Thing{number}'}}
"""

SCHEMA = """    Thing{number}:
      type: object
      required: [id, name]
      properties:
        id: {{type: integer}}
        name: {{type: string, description: 'What this thing, sort {number}, is called by those who use it.'}}
        note: {{type: [string, 'null'], description: 'Anything else that is worth knowing about it.'}}
        other: {{$ref: '#/components/schemas/Thing{other}'}}
"""

SPEC = """bffgen: 1
name: synthetic
version: 1.0.0
backends:
  large: {openapi: large.yaml}
endpoints:
  GET /things/{thing_id}:
    calls:
      a: large.getThing3(id=thing_id)
      b: large.getThing400(id=thing_id)
      c: large.getThing800(id=a.id)
      d:
        call: large.getThing1199(id=b.id)
        on_error: null
    response:
      a: a.name
      b: b.name
      c: c.other.name
      d: d.name
"""

if __name__ == "__main__":
    main()
