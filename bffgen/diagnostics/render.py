"""Findings as text for people, as lines for editors, as JSON for tools, as annotations for GitHub."""

from __future__ import annotations

import json
from typing import Any

from bffgen.diagnostics.catalog import Severity
from bffgen.diagnostics.escape import visible
from bffgen.diagnostics.frame import coloured, frame, plain, position
from bffgen.diagnostics.model import Diagnostic, Diagnostics, Label


def text(diags: Diagnostics, color: bool = False) -> str:
    """Every finding with the lines it speaks of; "" when there is none."""
    paint = coloured if color else plain
    return "".join(frame(found, paint) + "\n\n" for found in diags.sorted())


def concise(diags: Diagnostics) -> str:
    """`path:line:column: error[BFF202]: message`, a line each."""
    return "".join(
        f"{position(found.primary)}: {found.severity}[{found.code}]: {visible(found.message)}\n"
        for found in diags.sorted()
    )


def json_lines(diags: Diagnostics) -> str:
    """An object a line. Lines and columns count from 1, ends are excluded."""
    return "".join(json.dumps(_object(found)) + "\n" for found in diags.sorted())


def github(diags: Diagnostics) -> str:
    """Workflow commands, which GitHub shows at the line they speak of."""
    return "".join(_annotation(found) + "\n" for found in diags.sorted())


def summary(diags: Diagnostics, spec_path: str) -> str:
    """The closing line: `error: 2 errors in storefront.yaml; nothing was written`. "" when nothing was found."""
    severities = [found.severity for found in diags.sorted()]
    errors = severities.count(Severity.ERROR)
    warnings = len(severities) - errors
    counts = " and ".join(_count(*pair) for pair in ((errors, "error"), (warnings, "warning")) if pair[0])
    if errors:
        return f"error: {counts} in {visible(spec_path)}; nothing was written"
    return f"warning: {counts} in {visible(spec_path)}" if warnings else ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _object(found: Diagnostic) -> dict[str, Any]:
    return {
        "code": found.code,
        "severity": str(found.severity),
        "message": found.message,
        **_place(found.primary),
        "secondary": [_place(label) for label in found.secondary],
        "note": found.note,
        "help": found.help,
    }


def _place(label: Label) -> dict[str, Any]:
    span = label.span
    (line, column), (end_line, end_column) = span.file.place(span.start), span.file.place(span.end)
    return {
        "path": span.file.path,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "label": label.text,
    }


def _annotation(found: Diagnostic) -> str:
    place = _place(found.primary)
    properties = {
        "file": place["path"],
        "line": place["line"],
        "col": place["column"],
        "endLine": place["end_line"],
        "title": found.code,
    }
    if place["line"] == place["end_line"]:
        properties["endColumn"] = place["end_column"]
    written = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    remarks = [f"{name}: {text}" for name, text in (("note", found.note), ("help", found.help)) if text]
    message = "\n".join([found.message, *remarks])
    return f"::{found.severity} {written}::{_data(message)}"


def _data(text: str) -> str:
    escaped = visible(text, keep="\n")
    return escaped.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
