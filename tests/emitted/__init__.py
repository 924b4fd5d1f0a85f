"""Emitted projects: generated, imported, called, tested, type-checked."""
