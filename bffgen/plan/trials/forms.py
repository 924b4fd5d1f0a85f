"""Sample forms: what is sent to an endpoint that takes files."""

from __future__ import annotations

import json
from typing import Any

from bffgen.check.media import is_file
from bffgen.plan.trials.model import SampleForm
from bffgen.typesystem.model import ObjectType


def sample_form(body: Any, of: ObjectType) -> SampleForm:
    """A form of sample data: files are bytes, what is no text is JSON."""
    fields: list[tuple[str, Any]] = []
    for name, value in body.items() if isinstance(body, dict) else ():
        field = of.fields.get(name)
        for one in value if isinstance(value, list) else [value]:
            if one is None:
                continue
            is_bytes = field is not None and is_file(field.type)
            text = one if isinstance(one, str) else json.dumps(one)
            fields.append((name, str(one).encode() if is_bytes else text))
    return SampleForm(tuple(fields))
