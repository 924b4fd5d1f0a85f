"""Texts for people with `{expression}` holes: `no product {product_id}`."""

from __future__ import annotations

from collections.abc import Iterator

from bffgen.check import values
from bffgen.expr import tree
from bffgen.expr.scope import Context, broken
from bffgen.expr.texts import text_part
from bffgen.spec import model as spec
from bffgen.typesystem.model import TEXT


def template(written: spec.Template, ctx: Context) -> tree.Expr:
    """A text whose holes are checked and must have one plain spelling."""
    parts: list[str | tree.TextPart] = []
    for piece in _pieces(written):
        match piece:
            case int():
                where = written.node.part(piece, piece + 1)
                ctx.diags.report("BFF113", "a `{` without its `}`", where, help="write `{{` for a brace")
                return broken(written.node.span)
            case spec.Expr():
                parts.append(tree.TextPart(text_part(values.expression(piece, ctx), None, ctx), None))
            case str():
                parts.append(piece)
    return tree.MakeText(tuple(parts), TEXT, written.node.span)


def holes(written: spec.Template | None) -> Iterator[spec.Expr]:
    """The expressions of a template."""
    return (piece for piece in _pieces(written) if isinstance(piece, spec.Expr)) if written else iter(())


def _pieces(written: spec.Template) -> Iterator[str | spec.Expr | int]:
    """Plain pieces and holes in order; the offset of a `{` that nothing closes ends them."""
    text, at, plain = written.text, 0, ""
    while at < len(text):
        char = text[at]
        if char in "{}" and text[at : at + 2] == char * 2:
            plain, at = plain + char, at + 2
        elif char == "{":
            if plain:
                yield plain
            end, plain = _hole_end(text, at), ""
            if end < 0:
                yield at
                return
            yield spec.Expr(text[at + 1 : end], written.node, at + 1)
            at = end + 1
        else:
            plain, at = plain + char, at + 1
    if plain:
        yield plain


def _hole_end(text: str, start: int) -> int:
    """Where the hole that opens at `start` closes: braces inside of it are counted, quoted ones are not."""
    depth, quote = 0, ""
    for at in range(start, len(text)):
        char = text[at]
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in "{}":
            depth += 1 if char == "{" else -1
            if depth == 0:
                return at
    return -1
