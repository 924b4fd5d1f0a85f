"""Specs from text, for the tests here."""

from __future__ import annotations

from textwrap import dedent, indent

from bffgen.diagnostics.model import Diagnostics
from bffgen.source.nodes import parse_nodes
from bffgen.source.text import SourceFile, Span
from bffgen.spec.model import Call, Endpoint, Spec
from bffgen.spec.parse import parse_spec

HEAD = """\
bffgen: 1
name: shop
backends:
  users: {openapi: users.yaml}
endpoints:
"""


def parse(text: str) -> tuple[Spec | None, Diagnostics]:
    diags = Diagnostics()
    node = parse_nodes(SourceFile("spec.yaml", text), diags)
    return (parse_spec(node, diags) if node else None), diags


def spec(text: str) -> Spec:
    """A spec without mistakes."""
    found, diags = parse(text)
    assert found is not None and not diags.sorted(), findings(diags)
    return found


def endpoint(text: str, key: str = "GET /a/{b}") -> Endpoint:
    """An endpoint without mistakes, from its mapping."""
    return spec(f"{HEAD}  {key}:\n{indent(dedent(text), '    ')}").endpoints[0]


def call(text: str) -> Call:
    """The call `c` without mistakes, from its value."""
    return endpoint(f"calls:\n  c:{_value(text)}").calls["c"]


def mistakes(text: str) -> list[str]:
    """The findings of an endpoint's mapping: `code message`."""
    return findings(parse(f"{HEAD}  GET /a/{{b}}:\n{indent(dedent(text), '    ')}")[1])


def call_mistakes(text: str) -> list[str]:
    return mistakes(f"calls:\n  c:{_value(text)}")


def _value(text: str) -> str:
    return f" {text}\n" if "\n" not in text.strip() else "\n" + indent(dedent(text), "    ")


def findings(diags: Diagnostics) -> list[str]:
    """`code message [the text at its place] | help`."""
    return [
        f"{found.code} {found.message} [{at(found.primary.span)}]" + (f" | {found.help}" if found.help else "")
        for found in diags.sorted()
    ]


def at(span: Span) -> str:
    return span.file.text[span.start : span.end]
