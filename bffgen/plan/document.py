"""The gateway's own OpenAPI document."""

from __future__ import annotations

from typing import Any

from bffgen.check.model import CheckedGateway


def gateway_document(gateway: CheckedGateway) -> dict[str, Any]:
    return {}
