"""`on_error`: what happens when a call fails."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bffgen.diagnostics.model import Label
from bffgen.source.nodes import Node
from bffgen.source.similar import closest
from bffgen.source.text import Span
from bffgen.spec.keys import REACTION
from bffgen.spec.model import FAILURE_KINDS, Answer, Const, Default, Fail, OnErrorEntry, Pass, Reaction, UseCall, Value
from bffgen.spec.parse_value import ValueReader
from bffgen.spec.reader import Fields, is_null, shown

_STATUS = re.compile(r"[1-5][0-9][0-9]\Z")
_CLASS = re.compile(r"[345][xX][xX]\Z")
_EXPECTED = "what becomes of the failure"
_FORMS = (
    "`null`, `fail`, `pass`, `{default: value}`, `{status: 404, detail: a sentence}`, `{status: 404, body: value}`, "
    "or a table of these by status, `4xx`, `5xx`, kind and `else`"
)


class OnErrorReader(ValueReader):
    """Reads the short forms, the own answers and the table."""

    def on_error(self, node: Node | None) -> tuple[OnErrorEntry, ...]:
        if node is None:
            return ()
        if node.kind == "mapping" and not any(key in REACTION.keys for key in node.entries()):
            return () if self._misread(node) else self._table(node)
        reaction = self._reaction(node)
        return (OnErrorEntry("else", reaction, node.span),) if reaction else ()

    def _table(self, node: Node) -> tuple[OnErrorEntry, ...]:
        entries = []
        for key, item in node.entries().items():
            when = self._when(node, key)
            if when is None:
                continue
            reaction = self._reaction(item, when)
            if when is not None and reaction is not None:
                entries.append(OnErrorEntry(when, reaction, node.key(key)))
        if not entries and not node.entries():
            self.wrong(node, _EXPECTED, note=_FORMS)
        return tuple(entries)

    def _when(self, node: Node, key: str) -> int | str | None:
        if _STATUS.match(key):
            return int(key)
        if _CLASS.match(key):
            return key.lower()
        if key in (*FAILURE_KINDS, "else"):
            return key
        what = "an `on_error` table"
        for _ in self.unknown_key(node, key, [*FAILURE_KINDS, "else", "4xx", "5xx", *REACTION.working], what):
            pass
        return None

    def _reaction(self, node: Node, when: int | str | None = None) -> Reaction | None:
        if node.kind == "mapping":
            return self._reaction_mapping(node, when)
        if is_null(node) and node.kind == "scalar":
            return Default(Const(None, node), node.span)
        if node.kind == "scalar" and node.text in ("fail", "pass"):
            return Fail(node.span) if node.text == "fail" else Pass(node.span)
        meant = _meant(node.text) if node.kind == "scalar" and not node.quoted else None
        if meant:
            self.wrong(node, _EXPECTED, f"did you mean `{meant}`?")
            return None
        simple = node.kind == "scalar" and len(node.text) < 60 and "\n" not in node.text
        self.wrong(node, _EXPECTED, f"write `{{default: {_written(node)}}}`" if simple else None, _FORMS)
        return None

    def _reaction_mapping(self, node: Node, when: int | str | None) -> Reaction | None:
        fields = self.fields(node, REACTION)
        if fields is None:
            return None
        if "default" in fields.known:
            return self._default(fields)
        if "use" in fields.known:
            return self._use(fields)
        if fields.missing("status"):
            if fields.known:
                label = Label(node.key(next(iter(fields.known))), "needs `status` beside it")
                help = f"add `status: {when if isinstance(when, int) else 502}`"
                self.diags.report("BFF105", "an answer of our own needs the key `status`", label, help=help)
            elif not fields.doubtful:
                self.wrong(node, _EXPECTED, note=_FORMS)
            return None
        return self._answer(fields)

    def _default(self, fields: Fields) -> Default | None:
        for key in fields.known:
            if key != "default":
                message = f"`default` and `{key}` exclude each other"
                self.diags.report("BFF104", message, fields.key(key), Label(fields.key("default")))
                return None
        value = self.value(fields.known["default"])
        return Default(value, fields.node.span) if value is not None else None

    def _use(self, fields: Fields) -> UseCall | None:
        for key in fields.known:
            if key != "use":
                message = f"`use` and `{key}` exclude each other"
                self.diags.report("BFF104", message, fields.key(key), Label(fields.key("use")))
                return None
        node = fields.known["use"]
        name = self.text(node, "the name of a call")
        return UseCall(name, node.span) if name is not None else None

    def _answer(self, fields: Fields) -> Answer | None:
        body = fields.get("body")
        for key in ("detail", "extra"):
            if body is not None and key in fields.known:
                message = f"`body` and `{key}` exclude each other: a body replaces the problem document"
                self.diags.report("BFF104", message, fields.key(key), Label(fields.key("body")))
                return None
        status = self.status(fields.get("status"), low=400 if body is None else 200)
        detail, extra = self.template(fields.get("detail")), self.extra(fields.get("extra"))
        value = self.value(body)
        if status is None or (body is not None and value is None):
            return None
        return Answer(status, detail, extra, value, fields.node.span)

    def extra(self, node: Node | None) -> Mapping[str, Value]:
        """Members of one's own for a problem document; its standard members are not among them."""
        found: dict[str, Value] = {}
        for key, (value, span) in self.values(node, "members of the problem document, a mapping").items():
            if self._own_member(key, span):
                found[key] = value
        return found

    def _own_member(self, key: str, span: Span) -> bool:
        if key in ("type", "title", "status", "detail", "instance", "call"):
            self.diags.report("BFF108", f"`{shown(key)}` is a member that every problem document has", span)
            return False
        return True


def _written(node: Node) -> str:
    return f'("{node.text}")' if node.quoted else node.text


def _meant(word: str) -> str | None:
    return "null" if word.lower() in ("none", "nil", "undefined", "ignore") else closest(word, ("null", "fail", "pass"))
