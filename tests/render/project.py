"""Rendered models as importable modules beside the runtime's types."""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from bffgen.check.model import CheckedGateway
from bffgen.plan.schemas import Models, plan_models
from bffgen.plan.usage import find_usage
from bffgen.render.environment import templates
from bffgen.render.format import format_python
from bffgen.render.models import start_models

PACKAGE = "shop_under_test"


def planned(gateway: CheckedGateway) -> Models:
    return plan_models(gateway, find_usage(gateway), PACKAGE)


def rendered(gateway: CheckedGateway) -> dict[str, str]:
    return format_python(start_models(planned(gateway).modules)())


def write(gateway: CheckedGateway, root: Path) -> list[str]:
    """The package in `root`; the module names of the models."""
    files = rendered(gateway)
    for folder in ("", "models", "runtime"):
        (root / PACKAGE / folder).mkdir(parents=True, exist_ok=True)
        (root / PACKAGE / folder / "__init__.py").write_text("")
    shutil.copy(templates() / "runtime/types.py", root / PACKAGE / "runtime/types.py")
    for path, text in files.items():
        (root / path).write_text(text, "utf-8")
    return [path.removesuffix(".py").replace("/", ".") for path in files]


@contextmanager
def imported(gateway: CheckedGateway, root: Path) -> Iterator[dict[str, ModuleType]]:
    """The modules of models by their last name, imported afresh."""
    names = write(gateway, root)
    sys.path.insert(0, str(root))
    try:
        yield {name.rpartition(".")[2]: importlib.import_module(name) for name in names}
    finally:
        sys.path.remove(str(root))
        for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
            del sys.modules[name]
