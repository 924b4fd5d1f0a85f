"""Python names of the emitted project: given once, in a fixed order, never two for one."""

from __future__ import annotations

import builtins
import keyword
import sys
from collections.abc import Iterable

from bffgen.typesystem.names import MAX_LENGTH, SOFT_KEYWORDS, class_name, python_name, variable_name

BUILTINS = frozenset(dir(builtins))

# Top-level modules that the emitted project imports or has itself.
_TAKEN_PACKAGES = frozenset(
    "fastapi httpx httpx2 httptools pydantic pydantic_core pydantic_settings starlette uvicorn uvloop anyio "
    "pytest jsonschema conftest sitecustomize usercustomize setup main functions tests test gateway".split()
)
_DEVICES = frozenset(("con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(10))))

MODULE_LENGTH = 48
"""Longest name of a module."""


class Scope:
    """The names of one module or function. A name is taken once; a second one gets a suffix."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def __contains__(self, name: str) -> bool:
        return name in self._taken

    def reserve(self, *names: str) -> None:
        """Names that the emitted code has anyway."""
        self._taken.update(names)

    def take(self, wanted: str, *, prefix: str | None = None) -> str:
        """`wanted` if it is free; else with `prefix` before it, with `_` after it, or numbered."""
        if wanted not in self._taken and _usable(wanted):
            return self._take(wanted)
        if prefix is not None and (prefix + wanted) not in self._taken and _usable(prefix + wanted):
            return self._take(prefix + wanted)
        base = wanted.rstrip("_") or wanted
        if f"{base}_" not in self._taken and _usable(f"{base}_"):
            return self._take(f"{base}_")
        number = 2
        while f"{base}_{number}" in self._taken:
            number += 1
        return self._take(f"{base}_{number}")

    def _take(self, name: str) -> str:
        self._taken.add(name)
        return name


def _usable(name: str) -> bool:
    return name not in BUILTINS and not keyword.iskeyword(name)


def local_name(text: str) -> str:
    """A name for a local or a parameter: snake_case, hiding no builtin, and never a lone `l`."""
    name = variable_name(text)
    return "l_" if name == "l" else name


def package_name(text: str) -> str:
    """The package of the gateway: a module name that hides no other top-level module."""
    name = module_name(text)
    free = name not in sys.stdlib_module_names and name not in _TAKEN_PACKAGES
    return name if free else module_name(f"{name}_gateway")


def module_name(text: str) -> str:
    """A name for a module that is a file on every system."""
    name = python_name(text)[:MODULE_LENGTH].strip("_") or "module"
    taken = name in _DEVICES or name in SOFT_KEYWORDS or keyword.iskeyword(name)
    return f"{name}_module" if taken else name


def client_class(backend: str) -> str:
    """The class of a backend's client: `users` -> `Users`."""
    return class_name(backend)[:MAX_LENGTH]
