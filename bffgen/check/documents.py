"""The documents of a spec's backends, as they are read and as the spec completes them."""

from __future__ import annotations

from collections.abc import Mapping

from bffgen.check.declared import with_declared
from bffgen.check.operations import Backends
from bffgen.check.own import Own
from bffgen.diagnostics.model import Diagnostics
from bffgen.openapi.document import Document, load_document
from bffgen.source.loader import Loader
from bffgen.spec.model import Spec


def load_documents(spec: Spec, loader: Loader, diags: Diagnostics) -> dict[str, Document]:
    """The backends' documents; one that cannot be read is reported and left out."""
    documents = {}
    for name, backend in spec.backends.items():
        where, overlay = (backend.openapi, loader, diags, backend.openapi_span), (backend.overlay, backend.overlay_span)
        document = load_document(name, *where, backend.presence, *overlay, bounded=backend.validate != "off")
        if document is not None:
            documents[name] = document
    return documents


def completed_documents(spec: Spec, loader: Loader, diags: Diagnostics) -> Mapping[str, Document]:
    """The documents with overlays applied, and with the operations that the spec adds to them."""
    documents = load_documents(spec, loader, diags)
    return with_declared(Backends(spec, documents, diags, Own(spec, None, diags))).documents
