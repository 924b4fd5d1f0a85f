"""Bounds of a field that its validator can hold."""

from __future__ import annotations

from bffgen.openapi.bounds import kept_bounds as kept_bounds
