"""Reading mappings and plain values by the tables of keys; every mistake is one message."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field

from bffgen.diagnostics.escape import redacted
from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.records import dataclass
from bffgen.source.block_form import block_form, unbalanced
from bffgen.source.nodes import Node
from bffgen.source.similar import closest
from bffgen.source.text import Span
from bffgen.spec.keys import Table
from bffgen.spec.names import is_header, suggestion, why_no_name

_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(ms|s|m|h)\Z")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_MAX_SECONDS = 24 * 3600.0
_FEW = 8


@dataclass(frozen=True, slots=True)
class Fields:
    """The known keys of a mapping. `doubtful` are keys that were probably meant by one that was reported."""

    node: Node
    known: Mapping[str, Node]
    doubtful: set[str] = field(default_factory=set)

    def get(self, key: str) -> Node | None:
        return self.known.get(key)

    def key(self, key: str) -> Span:
        return self.node.key(key)

    def missing(self, key: str) -> bool:
        return key not in self.known and key not in self.doubtful


def shown(text: str, size: int = 60) -> str:
    """A piece of the user's text for a message."""
    text = redacted(text if len(text) <= size else text[: size - 3] + "...")
    return text.replace("`", "'")


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def kind_of(node: Node) -> str:
    """What a node is, in the user's words."""
    if node.kind != "scalar":
        return "a mapping" if node.kind == "mapping" else "a list"
    value = node.value
    if value is None:
        return "null" if node.text else "nothing"
    if isinstance(value, bool):
        return f"`{shown(node.text)}`"
    return f"the number `{shown(node.text)}`" if not isinstance(value, str) else f"`{shown(value)}`"


def is_null(node: Node) -> bool:
    return node.kind == "scalar" and node.value is None


_UNITS = {"ms": "ms", "msec": "ms", "s": "s", "sec": "s", "m": "m", "min": "m", "h": "h", "hour": "h", "hr": "h"}
_LOOSE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*(ms|[a-z]+?)(?:ond|ute)?s?\Z")


def _in_form(node: Node) -> str | None:
    """`500 ms` and `2 seconds` as durations are written."""
    found = _LOOSE.match(node.text.strip().lower()) if node.kind == "scalar" else None
    unit = _UNITS.get(found[2]) if found else None
    return f"write `{found[1]}{unit}`" if found and unit else None


class Reader:
    """Plain values out of nodes. A method that finds something else reports it and gives None."""

    def __init__(self, diags: Diagnostics) -> None:
        self.diags = diags

    # ------------------------------------------------------------------------------ mappings and lists

    def wrong(self, node: Node, expected: str, help: str | None = None, note: str | None = None) -> None:
        """Report a value of the wrong shape; `expected` reads on from "expected"."""
        self.diags.report("BFF104", f"expected {expected}, found {kind_of(node)}", node.span, note=note, help=help)

    def entries(self, node: Node, what: str) -> Mapping[str, Node]:
        """A mapping whose keys are the user's names; nothing at all counts as an empty one."""
        if node.kind == "mapping":
            return {} if self._misread(node) else node.entries()
        if not is_null(node):
            named = bool(node.elements()) and all(item.kind == "mapping" for item in node.elements())
            self.wrong(node, what, "leave out the `-` before each name" if named else None)
        return {}

    def fields(self, node: Node, table: Table, defaults: Fields | None = None) -> Fields | None:
        """A mapping with the keys of a table; unknown keys and keys that do not work yet are reported.

        What it does not have itself comes from `defaults`.
        """
        if node.kind != "mapping":
            self.wrong(node, f"{table.what}, a mapping")
            return None
        if self._misread(node):
            return None
        known, doubtful = {}, set[str]()
        for key, value in node.entries().items():
            entry = table.keys.get(key)
            if entry is None:
                doubtful |= {*self.unknown_key(node, key, table.working, table.what)}
            elif entry.later:
                doubtful.add(key)
                self._later(node, key, table, entry.about)
            else:
                known[key] = value
        return Fields(node, {**(defaults.known if defaults else {}), **known}, doubtful)

    def unknown_key(self, node: Node, key: str, valid: list[str], what: str) -> Iterator[str]:
        """Report an unknown key; yields the key that was probably meant."""
        meant = closest(key, valid)
        note = f"{what} has the keys {', '.join(f'`{name}`' for name in valid)}"
        self.diags.report(
            "BFF102",
            f"unknown key `{shown(key)}` in {what}",
            Label(node.key(key), f"not a key of {what}"),
            note=note if len(valid) <= _FEW or not meant else None,
            help=f"did you mean `{meant}`?" if meant else None,
        )
        return iter([meant] if meant else [])

    def _later(self, node: Node, key: str, table: Table, about: str) -> None:
        label = Label(node.key(key), about)
        note = "it is part of the language, and this version of bffgen does not have it"
        self.diags.report("BFF109", f"`{key}` of {table.what} is not there yet", label, note=note)

    def require(self, fields: Fields, table: Table, span: Span) -> bool:
        """Report the required keys that are missing, at `span`; whether all are there."""
        for key in table.keys.values():
            if key.required and fields.missing(key.name):
                label = Label(span, f"needs `{key.name}`")
                note = f"`{key.name}`: {_lower(key.about)}"
                self.diags.report("BFF105", f"{table.what} needs the key `{key.name}`", label, note=note)
                return False
        return all(key.name in fields.known for key in table.keys.values() if key.required)

    def elements(self, node: Node, what: str) -> list[Node]:
        if node.kind == "sequence":
            return list(node.elements())
        if not is_null(node):
            self.wrong(node, what)
        return []

    def _misread(self, node: Node) -> bool:
        """Whether YAML has cut a call in two at its commas: `{call: f(a=1, b=2)}`."""
        if not node.flow or not any(unbalanced(key) for key in node.entries()):
            return False
        self._report_misread(node)
        return True

    def _report_misread(self, node: Node) -> None:
        span = node.span
        form = block_form(node.file.text[span.start : span.end])
        self.diags.report(
            "BFF115",
            "YAML cuts this mapping at every comma, also inside of parentheses",
            Label(span, "read as the keys " + ", ".join(f"`{shown(key, 30)}`" for key in node.entries())),
            help=f"write the mapping in block form:\n{form}" if form else None,
        )

    # ------------------------------------------------------------------------------------------ scalars

    def text(self, node: Node | None, what: str = "a text") -> str | None:
        """A scalar's text, also of a number such as `version: 1.10`."""
        if node is None:
            return None
        if node.kind != "scalar" or is_null(node):
            self.wrong(node, what)
            return None
        return node.text

    def boolean(self, node: Node | None, otherwise: bool) -> bool:
        if node is None:
            return otherwise
        if node.kind == "scalar" and isinstance(node.value, bool):
            return node.value
        word = node.text.lower() if node.kind == "scalar" else ""
        meant = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(word) or closest(
            word, ("true", "false")
        )
        self.wrong(node, "`true` or `false`", f"write `{meant}`" if meant else None)
        return otherwise

    def choice(self, node: Node | None, choices: tuple[str, ...]) -> str | None:
        if node is None:
            return None
        if node.kind == "scalar" and node.text in choices:
            return node.text
        meant = closest(node.text, choices) if node.kind == "scalar" else None
        expected = ", ".join(f"`{choice}`" for choice in choices[:-1]) + f" or `{choices[-1]}`"
        self._bad(node, f"expected {expected}, found {kind_of(node)}", f"did you mean `{meant}`?" if meant else None)
        return None

    def duration(self, node: Node | None) -> float | None:
        """Seconds, of `500ms`, `2s`, `1.5s`, `1m`."""
        if node is None:
            return None
        found = _DURATION.match(node.text) if node.kind == "scalar" else None
        if not found:
            number = node.kind == "scalar" and isinstance(node.value, (int, float)) and node.value is not True
            help = f"write `{node.text}s` or `{node.text}ms`" if number and len(node.text) < 12 else _in_form(node)
            self._bad(node, f"expected a duration such as `500ms` or `2s`, found {kind_of(node)}", help)
            return None
        seconds = round(float(found[1]) * _SECONDS[found[2]], 6)
        if not 0 < seconds <= _MAX_SECONDS:
            self._bad(node, f"`{node.text}` is not between 1 ms and 24 hours")
            return None
        return seconds

    def integer(self, node: Node | None, low: int, high: int, what: str) -> int | None:
        if node is None:
            return None
        value = node.value
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self._bad(node, f"expected {what}, found {kind_of(node)}")
        return None

    def status(self, node: Node | None, low: int = 100) -> int | None:
        return self.integer(node, low, 599, f"a status from {low} to 599")

    def _bad(self, node: Node, message: str, help: str | None = None) -> None:
        self.diags.report("BFF110", message, Label(node.span), help=help)

    def bad(self, span: Span, message: str, help: str | None = None) -> None:
        self.diags.report("BFF110", message, Label(span), help=help)

    # -------------------------------------------------------------------------------------------- names

    def name(self, name: str, span: Span, what: str) -> bool:
        """Whether a name of the user's can be one; reported otherwise."""
        return self.checked_name(name, span, what, why_no_name(name))

    def checked_name(self, name: str, span: Span, what: str, why: str | None, other: str | None = None) -> bool:
        if why is None:
            return True
        other = other or suggestion(name)
        help = f"write `{other}`" if other else None
        message = f"`{shown(name)}` cannot be the name of {what}"
        self.diags.report("BFF108", message, Label(span, why), help=help)
        return False

    def header(self, name: str, span: Span, what: str) -> bool:
        if is_header(name):
            return True
        self.diags.report("BFF108", f"`{shown(name)}` cannot be the name of {what}", Label(span))
        return False

    def texts(self, node: Node | None, what: str) -> tuple[tuple[str, Span], ...]:
        """A list of texts with their places; a text alone is a list of one."""
        if node is None:
            return ()
        nodes = [node] if node.kind == "scalar" and not is_null(node) else self.elements(node, what)
        found = [(self.text(item), item.span) for item in nodes]
        return tuple((text, span) for text, span in found if text is not None)
