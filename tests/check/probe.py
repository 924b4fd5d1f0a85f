"""What the checker makes of one expression, in an endpoint over `backends/shop.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bffgen.check.gateway import check
from bffgen.check.model import CheckedEndpoint
from bffgen.diagnostics.model import Diagnostic, Diagnostics
from bffgen.openapi.document import load_document
from bffgen.source.loader import Loader
from bffgen.source.nodes import parse_nodes
from bffgen.source.text import SourceFile
from bffgen.spec.parse import parse_spec
from bffgen.typesystem.relations import describe

HERE = Path(__file__).parent

SPEC = """\
bffgen: 1
name: probe
backends:
  shop: {openapi: backends/shop.yaml}
endpoints:
  POST /probe/{n}:
    body: shop.NewThing
    params:
      flag: {type: bool, default: false}
      word: {type: str}
      maybe: {type: str | None}
      since: {type: datetime}
      kind:
    calls:
      t: shop.getThing(id=n, kind=kind)
      soft: {call: shop.getThing(id=n), on_error: null}
      ts: shop.listThings(tag=word)
      late: {call: shop.listThings(tag=maybe), on_error: null}
      raw: shop.getRaw
    let:
      probe: |-
        EXPRESSION
    response: dict(a=flag, b=since, c=maybe)
"""


@dataclass(frozen=True)
class Probed:
    """The words for the expression's type, the codes reported for it, and the whole endpoint."""

    type: str
    found: list[Diagnostic]
    endpoint: CheckedEndpoint

    @property
    def codes(self) -> list[str]:
        return [one.code for one in self.found]

    def __str__(self) -> str:
        return " ".join(dict.fromkeys(self.codes)) or self.type


def probe(expression: str) -> Probed:
    """Check the expression as the value of a `let`."""
    return probe_spec(SPEC.replace("EXPRESSION", expression.replace("\n", "\n        ")))


def probe_spec(text: str) -> Probed:
    """Check a whole spec whose first endpoint has a `let` called `probe`; warnings count as findings."""
    diags = Diagnostics()
    node = parse_nodes(SourceFile("spec.yaml", text), diags)
    spec = parse_spec(node, diags) if node else None
    assert spec is not None, [found.message for found in diags.sorted()]
    loader = Loader(HERE, diags)
    documents = {}
    for name, backend in spec.backends.items():
        document = load_document(name, backend.openapi, loader, diags, backend.openapi_span)
        assert document is not None
        documents[name] = document
    endpoint = check(spec, documents, diags).endpoints[0]
    found = [one for one in diags.sorted() if one.code not in ("BFF405", "BFF404")]
    value = next((let.value for let in endpoint.lets if let.name == "probe"), None)
    return Probed(describe(value.type) if value else "", found, endpoint)
