"""Emitted code, run as a function of its names."""

from __future__ import annotations

import importlib.util
from functools import cache
from typing import Any

from bffgen.expr.tree import Expr

from . import sample
from .build import ROOT, VALUES, SampleNames, code


def given(value: Any) -> Any:
    return None if value is sample.MISSING else value


@cache
def runtime() -> Any:
    """templates/runtime/values.py, which is copied into projects as it is."""
    spec = importlib.util.spec_from_file_location("values", ROOT / "templates/runtime/values.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(expr: Expr, env: dict[str, Any]) -> Any:
    """The value of the emitted code."""
    names = SampleNames()
    printed = code(expr, names)
    scope: dict[str, Any] = {"given": given}
    for module, name in names.imports:
        origin = {"values": runtime(), "sample": sample, "types": None}.get(module, "library")
        if origin == "library":
            origin = __import__(module)
        if origin is not None:
            scope[name] = getattr(origin, name)
    exec(f"def composed({', '.join(VALUES)}):\n    return {printed}", scope)
    return scope["composed"](**env)
