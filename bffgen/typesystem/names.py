"""Python names for names on the wire: the one place where text of a document becomes an identifier."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache

from bffgen.typesystem.model import Field, ObjectType

MAX_LENGTH = 64

# Fixed rather than `keyword.softkwlist`, which differs between versions of Python.
SOFT_KEYWORDS = frozenset({"_", "case", "match", "type"})
KEYWORDS = frozenset(keyword.kwlist) | {"False", "None", "True"}
BUILTINS = frozenset(name for name in dir(builtins) if name.islower() and not name.startswith("_"))

# What a pydantic model has already, or what its annotations are made of: a field of that name shadows it.
MODEL_ATTRIBUTES = frozenset(
    "construct copy dict fields from_orm json parse_file parse_obj parse_raw schema schema_json "
    "update_forward_refs validate register model_computed_fields model_config model_construct model_copy "
    "model_extra model_fields model_fields_set model_json_schema model_parametrized_name model_post_init "
    "model_rebuild bool bytes date datetime float int list object set str time timedelta tuple uuid".split()
)
PROTECTED_PREFIXES = ("model_dump", "model_validate")


def python_name(text: str) -> str:
    """A snake_case name, no keyword, no soft keyword, not empty: `listOrders` -> `list_orders`, `from` -> `from_`."""
    name = _snake(text)
    return f"{name}_" if name in KEYWORDS or name in SOFT_KEYWORDS else name


def variable_name(text: str) -> str:
    """A `python_name` that hides no builtin either: for parameters and local names, `id` -> `id_`."""
    name = python_name(text)
    return f"{name}_" if name in BUILTINS else name


def attribute_name(text: str) -> str:
    """A name for a field of a pydantic model: `type` stays, `schema` -> `schema_`, `_links` -> `links`."""
    name = _snake(text)
    if name.startswith(PROTECTED_PREFIXES):
        return f"field_{name}"[:MAX_LENGTH]
    return f"{name}_" if name in KEYWORDS or name in MODEL_ATTRIBUTES or name == "_" else name


def class_name(text: str) -> str:
    """A PascalCase identifier: `api.v2010.account` -> `ApiV2010Account`, `400` -> `Model400`."""
    words = [word for word in _words(text) if word]
    name = "".join(word[0].upper() + word[1:] for word in words)[: MAX_LENGTH - 1]
    if not name[:1].isalpha():
        name = f"Model{name}"[: MAX_LENGTH - 1]
    return f"{name}_" if name in KEYWORDS else name


def attribute_names(wire: Iterable[str]) -> dict[str, str]:
    """Names of a model's fields by their names on the wire; no two are equal."""
    return unique_names(wire, attribute_name)


def unique_names(wire: Iterable[str], name_of: Callable[[str], str]) -> dict[str, str]:
    """A name for each of `wire`, no two equal. One that is its own name keeps it; later ones are numbered."""
    listed = list(dict.fromkeys(wire))
    taken = {name for name in listed if name_of(name) == name}
    names: dict[str, str] = {}
    for text in listed:
        base = name_of(text)
        names[text] = base if base == text else _free(base, taken)
        taken.add(names[text])
    return names


def field_named(obj: ObjectType, written: str) -> Field | None:
    """The field that `written` means: its name on the wire, else the only one that has it as its Python form."""
    if (exact := obj.fields.get(written)) is not None:
        return exact
    meant = matching(written, obj.fields)
    return obj.fields[meant] if meant is not None else None


def matching(written: str, wire: Iterable[str]) -> str | None:
    """The name of `wire` that `written` means: itself, else the only one that has it as its Python form."""
    candidates = list(wire)
    if written in candidates:
        return written
    forms = (python_name, variable_name, attribute_name)
    meant = [name for name in candidates if any(form(name) == written for form in forms)]
    return meant[0] if len(meant) == 1 else None


def _free(base: str, taken: set[str]) -> str:
    name, number = base, 2
    while name in taken:
        suffix = f"_{number}"
        name, number = base[: MAX_LENGTH - len(suffix)] + suffix, number + 1
    return name


def _snake(text: str) -> str:
    name = "_".join(_words(text)).lower()[: MAX_LENGTH - 1].rstrip("_")
    return f"n{name}" if not name[:1].isalpha() else name


@lru_cache(maxsize=1 << 16)
def _words(text: str) -> tuple[str, ...]:
    """The words of a name in ASCII: split at what is no letter or digit, and where camelCase has a hump."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text))
    ascii_text = "".join(c for c in plain if c.isascii())
    if not any(c.isalnum() for c in ascii_text):
        ascii_text = "_".join(f"u{ord(c):x}" for c in text[:8]) or "empty"
    ascii_text = ascii_text.replace("OAuth", "Oauth")
    ascii_text = re.sub(r"^\+(?=\d)", "plus_", re.sub(r"^-(?=\d)", "minus_", ascii_text))
    ascii_text = re.sub(r"(?<![A-Z])([A-Z]{2,})s(?![a-z])", lambda m: f"_{m[1].capitalize()}s", ascii_text)
    humps = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", ascii_text))
    return tuple(word for word in re.split(r"[^A-Za-z0-9]+", humps) if word)
