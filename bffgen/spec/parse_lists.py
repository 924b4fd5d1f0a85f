"""Calls over lists: once per item, one call for many keys, all pages."""

from __future__ import annotations

from typing import Literal

from bffgen.diagnostics.model import Label
from bffgen.spec.keys import PAGINATE
from bffgen.spec.model import Batch, Const, Expr, ForEach, Paginate
from bffgen.spec.parse_on_error import OnErrorReader
from bffgen.spec.reader import Fields

_WAYS: tuple[Literal["cursor", "page", "offset", "link"], ...] = ("cursor", "page", "offset", "link")
_BATCH_SIZE = 50
_NOT_WITH_PAGES = (
    ("for", "one call per item", "put the call with `paginate` into a block: `for`, `calls:`, `value:`"),
    ("batch", "one call for many keys", None),
)


class ListReader(OnErrorReader):
    """Reads `for`, `batch` and `paginate` with the keys that belong to them."""

    def each(self, fields: Fields) -> ForEach | None:
        node = fields.get("for")
        if node is None:
            owner = "batch" if "batch" in fields.known else None
            self._only_with("for", fields, ("if", "limit", "concurrency") if not owner else ("if", "limit"))
            return None
        clause = self._text_expression(node, "`x in xs`")
        if clause is None:
            return None
        return ForEach(
            clause,
            self.condition(fields.get("if")),
            self.integer(fields.get("limit"), 1, 1_000_000, "a number of items"),
            self.integer(fields.get("concurrency"), 1, 1_000, "a number of items at one time"),
            node.span,
        )

    def batch(self, fields: Fields) -> Batch | None:
        node = fields.get("batch")
        if node is None:
            self._only_with("batch", fields, ("size",))
            return None
        if "for" in fields.known:
            label = Label(fields.key("for"), "one call per item")
            self.diags.report("BFF104", "`batch` and `for` exclude each other", fields.key("batch"), label)
            return None
        clause = self._text_expression(node, "`x.id for x in xs`")
        size = self.integer(fields.get("size"), 1, 100_000, "a number of keys")
        return Batch(clause, size or _BATCH_SIZE, node.span) if clause is not None else None

    def paginate(self, fields: Fields) -> Paginate | None:
        node = fields.get("paginate")
        if node is None:
            self._only_with("paginate", fields, ("until", "max_pages"))
            return None
        for other, told, help in _NOT_WITH_PAGES:
            if other in fields.known:
                label = Label(fields.key(other), told)
                message = f"`paginate` and `{other}` exclude each other"
                self.diags.report("BFF104", message, fields.key("paginate"), label, help=help)
                return None
        inner = self.fields(node, PAGINATE)
        if inner is None:
            return None
        ways = [way for way in _WAYS if way in inner.known]
        if not ways and inner.doubtful & set(_WAYS):
            return None
        if len(ways) != 1:
            note = "one of `{cursor: param, next: expr}`, `{page: param}`, `{offset: param}`, `{link: next}`"
            self.diags.report("BFF105", "`paginate` needs one way to the next page", node.span, note=note)
            return None
        until, most = self._ending(fields, inner)
        if most is None and not (inner.missing("max_pages") and fields.missing("max_pages")):
            return None  # there, and reported
        if most is None:
            label = Label(fields.key("paginate"), "without an end")
            self.diags.report("BFF105", "`paginate` needs the key `max_pages`", label, help="add `max_pages: 20`")
            return None
        return self._way(ways[0], inner, until, most)

    def _ending(self, fields: Fields, inner: Fields) -> tuple[Expr | Const | None, int | None]:
        until = inner.get("until") or fields.get("until")
        most = inner.get("max_pages") or fields.get("max_pages")
        return self.condition(until), self.integer(most, 1, 100_000, "a number of pages")

    def _way(
        self,
        way: Literal["cursor", "page", "offset", "link"],
        inner: Fields,
        until: Expr | Const | None,
        most: int,
    ) -> Paginate | None:
        node = inner.known[way]
        parameter = self.text(node, "the name of a parameter")
        after = self._text_expression(inner.get("next"), "an expression over `answer`")
        if way == "cursor" and after is None:
            if inner.missing("next"):
                help = "add `next: answer.next_cursor`"
                self.diags.report("BFF105", "a cursor needs the key `next`", Label(inner.key("cursor")), help=help)
            return None
        if way == "link" and parameter != "next":
            self.wrong(node, "`next`, the relation of the link that leads on")
            return None
        return Paginate(way, parameter, node.span, after, until, most, inner.node.span)

    def _only_with(self, owner: str, fields: Fields, keys: tuple[str, ...]) -> None:
        for key in keys:
            if key in fields.known and owner not in fields.doubtful:
                message = f"`{key}` belongs to `{owner}`, which is not there"
                self.diags.report("BFF104", message, Label(fields.key(key)), help=f"add `{owner}:`, or leave it out")
