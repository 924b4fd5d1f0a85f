"""datamodel-code-generator: in this process, or in one that gets ready while the spec is read.

Importing it takes as long as everything else of a small run. `warm_up` lets a forked child do that on another
core; where there is no fork, or no call of `warm_up`, it is imported when it is needed. What it made of a document
before is taken from the cache: the models are the part of a project that changes least.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bffgen.render import cache

Schema = Mapping[str, Any]


def start_models(document: Schema, aliases: Mapping[str, str], base_class: str) -> Callable[[], object]:
    """Begin to generate the classes of a document. What it returns waits for them.

    They are one text; whatever else the generator gives when it is not one module.
    """
    helper, _Helper.ready = _Helper.ready, None
    command, _Command.running = _Command.running, ""
    request = {"document": document, "aliases": aliases, "base_class": base_class}
    key = _key(request)
    if command:
        cache.keep(command, key)
    if (known := cache.recall(key)) is not None:
        return lambda: known
    if helper is None:
        return partial(_kept, key, partial(_generate, document, aliases, base_class))
    helper.ask(request)
    return partial(_kept, key, partial(helper.answer, request))


def _key(request: Mapping[str, object]) -> str:
    """All that the generated text depends on: the request, the generator, how it is called, and the language."""
    found = find_spec("datamodel_code_generator")
    assert found is not None and found.origin is not None
    version = Path(found.origin).with_name("_version.py")
    how = _generate.__code__
    asked = [version.read_text("utf-8") if version.exists() else found.origin, str(how.co_consts), how.co_code.hex()]
    return json.dumps([sys.version, *asked, request])


def _kept(key: str, generate: Callable[[], object]) -> object:
    made = generate()
    if isinstance(made, str):
        cache.keep(key, made)
    return made


def _generate(document: Schema, aliases: Mapping[str, str], base_class: str) -> object:
    with warnings.catch_warnings(), _uncollected():
        warnings.simplefilter("ignore")
        from datamodel_code_generator import LiteralType, PythonVersion, generate
        from datamodel_code_generator.enums import DataModelType, InputFileType, TargetPydanticVersion

        return generate(
            dict(document),
            input_file_type=InputFileType.OpenAPI,
            output_model_type=DataModelType.PydanticV2BaseModel,
            target_python_version=PythonVersion.PY_311,
            target_pydantic_version=TargetPydanticVersion.V2_14,
            base_class=base_class,
            aliases=dict(aliases),
            formatters=[],
            disable_timestamp=True,
            use_annotated=True,
            field_constraints=True,
            use_exact_imports=True,
            use_standard_collections=True,
            use_union_operator=True,
            use_schema_description=True,
            use_field_description=True,
            use_single_line_docstring=True,
            strict_nullable=True,
            use_missing_sentinel=True,
            enum_field_as_literal=LiteralType.All,
            disable_appending_item_suffix=True,
            treat_dot_as_module=False,
            strict_refs=True,
            allow_remote_refs=False,
        )


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without garbage collection: it is a tenth of the time of one short run."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


# ---------------------------------------------------------------------------------------------- the helper


def warm_up(command: str) -> None:
    """Fork a child that imports the generator and waits for one document. Call it before there are threads.

    Where the models that this very command asked for last time are in the cache, it most likely asks for them again.
    """
    _Command.running = command
    asked = cache.recall(command)
    expected = asked is not None and cache.recall(asked) is not None
    if not expected and _Helper.ready is None and hasattr(os, "fork") and (os.cpu_count() or 1) > 1:
        _Helper.ready = _Helper.start()


class _Command:
    """What the process was called for, until it has asked for its models."""

    running = ""


@dataclass
class _Helper:
    """The child, from the parent's side: `asked` takes one JSON text, `said` gives one."""

    pid: int
    asked: int
    said: int

    ready = None  # type: _Helper | None

    @classmethod
    def start(cls) -> _Helper:
        child_in, asked = os.pipe()
        said, child_out = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(asked)
            os.close(said)
            _serve(child_in, child_out)
        os.close(child_in)
        os.close(child_out)
        made = cls(pid, asked, said)
        atexit.register(made.stop)
        return made

    def ask(self, request: Mapping[str, object]) -> None:
        """Give the child its request."""
        with suppress(BrokenPipeError), open(self.asked, "w", encoding="ascii") as stream:
            json.dump(request, stream)

    def answer(self, request: Mapping[str, object]) -> object:
        """What the child made of the request; made here, when the child did not live to say."""
        with open(self.said, encoding="ascii") as stream:
            answer = stream.read()
        os.waitpid(self.pid, 0)
        self.pid = 0
        if answer:
            return json.loads(answer)
        return _generate(request["document"], request["aliases"], request["base_class"])  # type: ignore[arg-type]

    def stop(self) -> None:
        """End a child that was not needed."""
        if self.pid:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = 0


def _serve(source: int, sink: int) -> None:
    """The child: import, answer one request, end without running anything that the parent has set up for its end."""
    try:
        gc.disable()
        os.environ["PYDANTIC_DISABLE_PLUGINS"] = "1"  # they are for the programs they were installed for
        import datamodel_code_generator.parser.openapi  # noqa: F401
        from datamodel_code_generator import config, model  # noqa: F401

        with open(source, encoding="ascii") as stream:
            asked = stream.read()
        if asked:
            made = _generate(**json.loads(asked))
            with open(sink, "w", encoding="ascii") as stream:
                json.dump(made if isinstance(made, str) else None, stream)
    finally:
        os._exit(0)
