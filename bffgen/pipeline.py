"""The passes, in order. A pass never raises for a user's mistake: it reports, and the next border stops.

source -> spec, documents | check | lower -> render -> write or compare
"""

from __future__ import annotations

from collections.abc import Mapping
from os.path import relpath
from pathlib import Path
from typing import TYPE_CHECKING

from bffgen import __version__
from bffgen.check.documents import load_documents
from bffgen.check.gateway import check
from bffgen.check.model import CheckedGateway
from bffgen.diagnostics.model import Diagnostics
from bffgen.openapi.document import load_document
from bffgen.records import dataclass
from bffgen.source.loader import Loader
from bffgen.spec.parse import parse_spec

if TYPE_CHECKING:
    from bffgen.output import LockInfo
    from bffgen.plan.files import FileTree
    from bffgen.plan.model import GatewayPlan


@dataclass(frozen=True)
class Checked:
    """A spec that was read and checked. `gateway` is None when there are errors."""

    gateway: CheckedGateway | None
    diagnostics: Diagnostics
    files: Mapping[Path, str]  # every input file that was read, absolute -> its sha256


@dataclass(frozen=True)
class Compiled:
    """The whole emitted project in memory, and what its lock says beside the files."""

    tree: FileTree
    lock: LockInfo
    plan: GatewayPlan


def check_spec(path: Path) -> Checked:
    """Find everything that is wrong with a spec and its documents. Nothing is written."""
    diags = Diagnostics()
    loader = Loader(path.parent, diags)
    gateway = _check(path, loader, diags)
    files = {loader.root / inside: digest for inside, digest in loader.files.items()}
    return Checked(gateway, diags, files)


def compile_gateway(path: Path, checked: Checked) -> Compiled:
    """The project of a spec that was found sound. From here on, only bugs can fail."""
    # Imported when there is something to emit: `check` has no use for templates and model rendering.
    from bffgen.plan.lower import lower, lower_models
    from bffgen.render.models import start_models

    assert checked.gateway is not None
    models = lower_models(checked.gateway)
    rendered = start_models(models.modules)  # by another process, while this one plans and prints the rest
    from bffgen.output import LockInfo
    from bffgen.render.project import render

    plan = lower(checked.gateway, models)
    root = path.parent.resolve()
    inputs = {Path(relpath(file, root)).as_posix(): digest for file, digest in checked.files.items()}
    return Compiled(render(plan, rendered), LockInfo(__version__, inputs, plan.footprint), plan)


def _check(path: Path, loader: Loader, diags: Diagnostics) -> CheckedGateway | None:
    node = loader.load(path)
    spec = parse_spec(node, diags, loader) if node is not None else None
    if spec is None:
        return None
    documents = load_documents(spec, loader, diags)
    functions = loader.text(spec.functions, spec.functions_span) if spec.functions and spec.functions_span else None
    contract = None
    if spec.contract is not None and spec.contract_span is not None:
        contract = load_document("contract", spec.contract, loader, diags, spec.contract_span)
    if diags.has_errors:
        return None
    gateway = check(spec, documents, diags, functions, contract)
    return None if diags.has_errors else gateway
