"""`examples:` of an endpoint: what is sent, what the backends answer, what is expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bffgen.source.nodes import Node
from bffgen.source.text import Span
from bffgen.spec.example import Example, ExampleFault, ExampleReply
from bffgen.spec.keys import EXAMPLE, EXPECT, REPLY
from bffgen.spec.reader import Fields, Reader

_FAULTS: tuple[ExampleFault, ...] = ("timeout", "unreachable", "invalid")


class ExampleReader(Reader):
    """Reads examples, listed or by name."""

    def examples(self, node: Node | None) -> tuple[Example, ...]:
        found = [self._example(name, item, span) for name, item, span in self._named(node)]
        return tuple(example for example in found if example is not None)

    def _named(self, node: Node | None) -> Iterator[tuple[str | None, Node, Span]]:
        if node is None:
            return
        if node.kind == "sequence":
            yield from ((None, item, item.span) for item in node.elements())
            return
        for name, item in self.entries(node, "examples, by name or as a list").items():
            yield name, item, node.key(name)

    def _example(self, name: str | None, node: Node, span: Span) -> Example | None:
        fields = self.fields(node, EXAMPLE)
        if fields is None:
            return None
        complete = self.require(fields, EXAMPLE, span)
        params = self._nodes(fields.get("params"), "parameters by name, a mapping")
        headers, replies = self._headers(fields.get("headers")), self._replies(fields.get("backends"))
        expect = fields.get("expect")
        expected = self.fields(expect, EXPECT) if expect is not None else None
        if not complete or expected is None:
            return None
        status = self.status(expected.get("status"))
        exact = self.boolean(expected.get("exact"), False)
        body = expected.get("body")
        return Example(name, span, params, fields.get("body"), headers, replies, status, body, exact)

    def _nodes(self, node: Node | None, what: str) -> Mapping[str, tuple[Node, Span]]:
        if node is None:
            return {}
        return {key: (item, node.key(key)) for key, item in self.entries(node, what).items()}

    def _headers(self, node: Node | None) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for name, (item, span) in self._nodes(node, "headers by name, a mapping").items():
            text = self.text(item)
            if self.header(name, span, "a header") and text is not None:
                found[name] = text
        return found

    def _replies(self, node: Node | None) -> Mapping[str, tuple[tuple[ExampleReply, ...], Span]]:
        found: dict[str, tuple[tuple[ExampleReply, ...], Span]] = {}
        for call, (item, span) in self._nodes(node, "replies by the name of the call, a mapping").items():
            items = item.elements() if item.kind == "sequence" else [item]
            replies = [self._reply(each) for each in items]
            found[call] = tuple(reply for reply in replies if reply is not None), span
        return found

    def _reply(self, node: Node) -> ExampleReply | None:
        fields = self.fields(node, REPLY)
        if fields is None:
            return None
        faults = [fault for fault in _FAULTS if self.boolean(fields.get(fault), False)]
        status, headers = self.status(fields.get("status"), low=200), self._headers(fields.get("headers"))
        if not self._alone(faults, fields, node):
            return None
        fault = faults[0] if faults else None
        return ExampleReply(status, fields.get("body"), headers, fault, node.span)

    def _alone(self, faults: list[ExampleFault], fields: Fields, node: Node) -> bool:
        """Whether a failure stands by itself, and a reply says something."""
        if not fields.known:
            self.wrong(node, "a reply such as `{status: 404}`, `{body: ...}` or `{timeout: true}`")
        elif faults and len(fields.known) > 1:
            self.bad(node.span, f"a call that ends in `{faults[0]}` has no other answer")
        else:
            return True
        return False
