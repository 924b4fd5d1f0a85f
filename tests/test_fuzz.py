"""Broken specs, documents and expressions by the hundred: the front end reports, and never raises."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from bffgen.check.model import CheckedEndpoint
from bffgen.diagnostics import render
from bffgen.expr.walk import walk
from bffgen.pipeline import check_spec
from bffgen.typesystem.model import Type
from bffgen.typesystem.relations import is_broken
from tests.check.probe import probe

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = [ROOT / "specs/storefront/storefront.yaml", ROOT / "specs/bookinfo/bookinfo.yaml"]
EXAMPLES += [
    folder / "spec.yaml" for folder in sorted((ROOT / "tests/cases/ok").iterdir()) if folder.name != "json-spec"
]

WORDS = (
    "product.name", "null", "true", "~", "0", "-1", "1e400", "99999999999999999999", "é", "x" * 300, "a: b", "[", "{",
    "'",
    '("x")', "[x for x in xs]", "$for", "GET /a/{b}", "shop.getThing(id=1)", "shop.getThing", "all", "fail", "pass",
    "4xx", "404", "else", "x in xs", "#/components/schemas/Thing", "../x.yaml", "integer", "array", "object", "string",
    "lambda x: x", "body", "body.a.b", "error.body", "degraded", "2s", "list[str] | None", "{x}", "{{", "answer.a == 1",
)  # fmt: skip
KEYS = (
    "call", "args", "when", "on_error", "require", "after", "response", "body", "$for", "$if", "$pick", "$name", "let",
    "params", "type", "default", "in", "status", "default", "detail", "extra", "allOf", "oneOf", "anyOf", "items",
    "enum", "required", "properties", "$ref", "additionalProperties", "discriminator", "nullable", "schema", "content",
    "format",
    "for", "if", "limit", "batch", "size", "items", "key", "paginate", "until", "use", "undo", "calls", "value", "$of",
    "shapes", "include", "envelope", "stream", "proxies", "overlay", "success", "reads", "headers", "cookies",
)  # fmt: skip


def places(data: Any) -> Iterator[tuple[Any, Any]]:
    """Every container of some data, with each of its keys or indexes."""
    stack = [data]
    while stack:
        holder = stack.pop()
        pairs = list(holder.items() if isinstance(holder, dict) else enumerate(holder))
        for key, value in pairs:
            yield holder, key
            if isinstance(value, (dict, list)):
                stack.append(value)


def junk(chance: Random, data: Any) -> Any:
    match chance.randrange(7):
        case 0:
            return None
        case 1:
            return []
        case 2:
            return {chance.choice(KEYS): chance.choice(WORDS)}
        case 3:
            return [chance.choice(WORDS), {chance.choice(KEYS): None}]
        case 4:
            holder, key = chance.choice(list(places(data)))
            return json.loads(json.dumps(holder[key]))
        case 5:
            return expression(chance, 2)
    return chance.choice(WORDS)


def break_data(data: Any, chance: Random) -> None:
    """One random change somewhere in some data."""
    holder, key = chance.choice(list(places(data)))
    match chance.randrange(5):
        case 0:
            del holder[key]
        case 1:
            holder[key] = junk(chance, data)
        case 2 if isinstance(holder, dict):
            holder[chance.choice(KEYS)] = junk(chance, data)
        case 3 if isinstance(holder, dict):
            holder[str(key)[: chance.randrange(len(str(key)) + 1)] + chance.choice(("", "s", "-", "é"))] = holder.pop(
                key
            )
        case _:
            other, at = chance.choice(list(places(data)))
            holder[key], other[at] = json.loads(json.dumps(other[at])), json.loads(json.dumps(holder[key]))


def break_text(text: str, chance: Random) -> str:
    """A text with a piece cut out, doubled, or something put in."""
    start = chance.randrange(len(text))
    end = min(start + chance.randrange(1, 30), len(text))
    return chance.choice(
        (
            text[:start] + text[end:],
            text[:end] + text[start:],
            text[:start] + chance.choice(WORDS) + text[end:],
            text[:start] + chance.choice("\t:{}[]'\"#&*!|>%@`,?-\u2028") + text[start:],
        )
    )


def check(spec: Path) -> None:
    """Read and check a spec; every way of saying what was found works, and every place is within its file."""
    checked = check_spec(spec)
    diags = checked.diagnostics
    for say in (render.text, render.concise, render.json_lines, render.github):
        say(diags)
    assert (checked.gateway is None) == diags.has_errors
    if checked.gateway is not None:
        assert not any(is_broken(of) for endpoint in checked.gateway.endpoints for of in types_of(endpoint))
    for found in diags.sorted():
        for label in (found.primary, *found.secondary):
            assert 0 <= label.span.start <= label.span.end <= len(label.span.file.text)


def types_of(endpoint: CheckedEndpoint) -> Iterator[Type]:
    """The types that the emitted code of an endpoint is made from."""
    yield from (param.type for param in endpoint.params)
    yield from (endpoint.body,) if endpoint.body is not None else ()
    roots = [endpoint.response, endpoint.status, *(let.value for let in endpoint.lets)]
    roots += [*(value for _, value in endpoint.headers), *(cookie.value for cookie in endpoint.cookies)]
    guards = list(endpoint.guards)
    for call in endpoint.calls:
        yield from (call.type, call.reply)
        roots += [call.body, call.when, call.success, *call.null_arguments]
        roots += [argument.value for argument in call.arguments]
        guards += call.guards
    roots += [root for guard in guards for root in (guard.that, guard.detail, *(value for _, value in guard.extra))]
    yield from (node.type for root in roots if root is not None for node in walk(root))


def copies(spec: Path, folder: Path) -> list[Path]:
    """The spec and its documents in a folder, each as plain JSON (which is YAML), so that changes are quick."""
    found = []
    for path in (spec, *sorted(path for path in spec.parent.rglob("*") if path.suffix in (".yaml", ".json"))):
        if path.name in ("expected.txt",):
            continue
        target = folder / path.relative_to(spec.parent)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text("utf-8")
        target.write_text(json.dumps(yaml.load(text, yaml.BaseLoader)) if path.suffix == ".yaml" else text, "utf-8")
        if target not in found:
            found.append(target)
    return found


@pytest.mark.parametrize("spec", EXAMPLES, ids=lambda spec: spec.parent.name)
def test_broken_data(spec: Path, tmp_path: Path) -> None:
    chance = Random(spec.parent.name)
    paths = copies(spec, tmp_path)
    for _ in range(30):
        path = paths[0] if chance.random() < 0.6 else chance.choice(paths)
        text = path.read_text("utf-8")
        data = json.loads(text)
        for _ in range(chance.randrange(1, 4)):
            break_data(data, chance)
        path.write_text(json.dumps(data), "utf-8")
        check(paths[0])
        path.write_text(text, "utf-8")


@pytest.mark.parametrize("spec", EXAMPLES, ids=lambda spec: spec.parent.name)
def test_broken_text(spec: Path, tmp_path: Path) -> None:
    chance = Random(spec.parent.name)
    copies(spec, tmp_path)
    text = spec.read_text("utf-8")
    for _ in range(20):
        (tmp_path / spec.name).write_text(break_text(text, chance), "utf-8")
        check(tmp_path / spec.name)


# ------------------------------------------------------------------------------------------ expressions

NAMES = (
    "t",
    "ts",
    "soft",
    "late",
    "raw",
    "n",
    "kind",
    "flag",
    "word",
    "maybe",
    "since",
    "body",
    "x",
    "shop",
    "nothing",
)
FIELDS = (
    "id", "name", "price", "active", "day", "at", "uid", "kind", "level", "tags", "few", "scores", "owner", "lines",
    "stock", "pay", "either", "shape", "parent", "nick", "none", "note", "size", "sold", "until", "seller", "boss",
    "digits", "gone",
)  # fmt: skip
FUNCTIONS = (
    "len", "sum", "min", "max", "sorted", "any", "all", "round", "abs", "str", "int", "float", "bool", "default",
    "first", "last", "unique", "list", "zip", "range", "enumerate", "group_by", "sort_by", "join", "uuid4", "now",
    "today", "days", "status", "header", "isinstance", "dict", "nope",
)  # fmt: skip
METHODS = ("lower", "split", "join", "items", "keys", "isoformat", "strftime", "date", "startswith", "replace", "nope")
OPERATORS = ("+", "-", "*", "/", "//", "%", "==", "!=", "<", ">=", "in", "not in", "is", "is not", "and", "or", "**")
LITERALS = ("0", "1", "-2", "1.5", '"a"', "None", "True", "[]", "()", '""', '"2026-01-01"', "'%Y'", "{}")


def expression(chance: Random, depth: int) -> str:
    """A random expression: of the right shape, seldom of the right types."""

    def some() -> str:
        return expression(chance, depth - 1)

    if depth <= 0:
        return chance.choice((chance.choice(NAMES), chance.choice(LITERALS), f"t.{chance.choice(FIELDS)}"))
    forms: tuple[Callable[[], str], ...] = (
        lambda: f"{some()}.{chance.choice(FIELDS)}",
        lambda: f"{some()}[{some()}]",
        lambda: f"{some()}[{chance.choice(('', some()))}:{chance.choice(('', some()))}]",
        lambda: f"({some()} {chance.choice(OPERATORS)} {some()})",
        lambda: f"({some()} if {some()} else {some()})",
        lambda: f"{chance.choice(('not ', '-', '+', '~'))}{some()}",
        lambda: f"{chance.choice(FUNCTIONS)}({', '.join(some() for _ in range(chance.randrange(4)))})",
        lambda: f"{some()}.{chance.choice(METHODS)}({', '.join(some() for _ in range(chance.randrange(3)))})",
        lambda: f"[{some()} for x in {some()}]",
        lambda: f"({some()} for x in {some()} if {some()})",
        lambda: f"{{{some()}: {some()} for x, y in {some()}}}",
        lambda: f"{{{some()}: {some()}}}",
        lambda: f"{{{some()}}}",
        lambda: f"[{some()}, {some()}]",
        lambda: f"({some()}, {some()})",
        lambda: f"dict(a={some()}, b={some()})",
        lambda: f"f'{{{some()}}}'".replace('"', ""),
        lambda: f"sort_by((({some()}, x) for x in {some()}), reverse={some()})",
        lambda: f"({some()} < {some()} <= {some()})",
        lambda: f"isinstance({some()}, {chance.choice(('shop.Card', 'str', 'list[str]', 'shop.Nope', '1'))})",
    )
    return chance.choice(forms)()


@pytest.mark.parametrize("seed", range(6))
def test_random_expressions(seed: int) -> None:
    chance = Random(seed)
    for _ in range(60):
        text = expression(chance, chance.randrange(1, 4))
        found = probe(text)
        assert found.type or found.codes, text
        for one in found.found:
            assert one.message and one.primary.span.start <= one.primary.span.end
