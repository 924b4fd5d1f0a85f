"""Reads JSONPath, and says where a text is none.

Beside what the RFC has, a name after a dot may hold a dash or begin with a digit (`$.info.x-note`,
`$..responses.200`), as most tools have it.
"""

from __future__ import annotations

import re

from bffgen.openapi.overlay.path import (
    FUNCTIONS,
    And,
    Call,
    Comparison,
    Filter,
    Index,
    Literal,
    Name,
    Not,
    Or,
    Query,
    Segment,
    Selector,
    Slice,
    Test,
    Wildcard,
)

MAX_DEPTH = 20  # of parentheses and of queries within queries


class BadPath(Exception):
    """What is wrong with a path, at code points of its text."""

    def __init__(self, message: str, start: int, end: int, help: str | None = None) -> None:
        super().__init__(message)
        self.start = start
        self.end = end
        self.help = help


_SPACE = re.compile(r"[ \t\r\n]*")
_NAME = re.compile(r"[\w\-]+")
_INTEGER = re.compile(r"-?\d{1,15}(?![\d.eE])")
_NUMBER = re.compile(r"-?\d{1,300}(?:\.\d{1,300})?(?:[eE][+-]?\d{1,3})?")
_OPERATOR = re.compile(r"==|!=|<=|>=|<|>")
_WORD = re.compile(r"[a-z][a-z_0-9]*")
_BARE = re.compile(r"[^\s.\[\]]*")
_UNICODE = re.compile(r"u([0-9a-fA-F]{4})")
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "/": "/", "\\": "\\", "'": "'", '"': '"'}
_WORDS = {"true": True, "false": False, "null": None}


def parse_path(text: str) -> Query:
    """The query that a text is. Raises `BadPath`."""
    return _Parser(text).path()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def path(self) -> Query:
        self._skip()
        if self._next() != "$":
            raise self._bad("a path begins with `$`, the document")
        query = self._query()
        self._skip()
        if self._at < len(self._text):
            raise self._unexpected()
        return query

    # ---------------------------------------------------------------------------------------------- segments

    def _query(self) -> Query:
        from_root = self._next() == "$"
        self._at += 1
        segments: list[Segment] = []
        while True:
            before = self._at
            self._skip()
            if self._text.startswith("..", self._at):
                self._at += 2
                segments.append(self._segment(descends=True))
            elif self._next() == ".":
                self._at += 1
                segments.append(self._segment(descends=False))
            elif self._next() == "[":
                segments.append(self._segment(descends=False))
            else:
                self._at = before
                return Query(tuple(segments), from_root)

    def _segment(self, *, descends: bool) -> Segment:
        if self._next() == "[":
            selectors = self._bracketed()
        elif self._take("*"):
            selectors = (Wildcard(),)
        elif found := _NAME.match(self._text, self._at):
            self._at = found.end()
            selectors = (Name(found[0]),)
        else:
            found = _BARE.match(self._text, self._at)
            name = found[0] if found else ""
            before = self._text[: self._at] if descends else self._text[: self._at].rstrip(" .")
            help_ = f"write `{before}['{name}']`" if name else None
            raise BadPath("a name or `*` is expected here", self._at, self._at + max(len(name), 1), help_)
        return Segment(selectors, descends, self._at)

    def _bracketed(self) -> tuple[Selector, ...]:
        self._at += 1
        selectors = [self._selector()]
        while self._take(","):
            selectors.append(self._selector())
        self._expect("]")
        return tuple(selectors)

    def _selector(self) -> Selector:
        self._skip()
        if self._next() in ("'", '"'):
            return Name(self._quoted())
        if self._take("*"):
            return Wildcard()
        if self._take("?"):
            return Filter(self._any())
        return self._numbered()

    def _numbered(self) -> Selector:
        start = self._integer()
        self._skip()
        if not self._take(":"):
            if start is None:
                raise self._bad("a quoted name, a number, `*` or a filter `?...` is expected here")
            return Index(start)
        stop = self._integer()
        step = self._integer() if self._take(":") else None
        return Slice(start, stop, 1 if step is None else step)

    def _integer(self) -> int | None:
        self._skip()
        found = _INTEGER.match(self._text, self._at)
        if found is None:
            return None
        self._at = found.end()
        return int(found[0])

    # ----------------------------------------------------------------------------------------------- filters

    def _any(self) -> Test:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._bad("a filter is nested too deep")
        tests = [self._all()]
        while self._take("||"):
            tests.append(self._all())
        self._depth -= 1
        return tests[0] if len(tests) == 1 else Or(tuple(tests))

    def _all(self) -> Test:
        tests = [self._test()]
        while self._take("&&"):
            tests.append(self._test())
        return tests[0] if len(tests) == 1 else And(tuple(tests))

    def _test(self) -> Test:
        self._skip()
        if self._next() == "!" and not self._text.startswith("!=", self._at):
            self._at += 1
            self._skip()
            if self._next() not in ("(", "@", "$") and not _WORD.match(self._text, self._at):
                raise self._unexpected()
            return Not(self._test_alone())
        if self._take("("):
            return self._closed()
        start = self._at
        left = self._comparable()
        end = self._at
        self._skip()
        found = _OPERATOR.match(self._text, self._at)
        if found is None:
            return self._truth(left, start, end)
        self._check_comparable(left, start, end)
        self._at = found.end()
        self._skip()
        start = self._at
        right = self._comparable()
        self._check_comparable(right, start, self._at)
        return Comparison(found[0], left, right)

    def _test_alone(self) -> Test:
        if self._take("("):
            return self._closed()
        start = self._at
        compared = self._comparable()
        return self._truth(compared, start, self._at)

    def _closed(self) -> Test:
        test = self._any()
        self._expect(")")
        return test

    def _truth(self, of: Query | Literal | Call, start: int, end: int) -> Query | Call:
        if isinstance(of, Literal) or (isinstance(of, Call) and not FUNCTIONS[of.name][1]):
            raise BadPath("this is neither true nor false: compare it with something", start, end)
        return of

    def _check_comparable(self, of: Query | Literal | Call, start: int, end: int) -> None:
        if isinstance(of, Query) and not of.is_singular:
            raise BadPath("this may be several values, which cannot be compared", start, end)
        if isinstance(of, Call) and FUNCTIONS[of.name][1]:
            raise BadPath("this is true or false, which is not compared", start, end)

    def _comparable(self) -> Query | Literal | Call:
        self._skip()
        if self._next() in ("@", "$"):
            self._depth += 1
            if self._depth > MAX_DEPTH:
                raise self._bad("a filter is nested too deep")
            query = self._query()
            self._depth -= 1
            return query
        if self._next() in ("'", '"'):
            return Literal(self._quoted())
        if found := _NUMBER.match(self._text, self._at):
            self._at = found.end()
            return Literal(int(found[0]) if _INTEGER.fullmatch(found[0]) else float(found[0]))
        if found := _WORD.match(self._text, self._at):
            if found[0] in _WORDS:
                self._at = found.end()
                return Literal(_WORDS[found[0]])
            return self._call(found[0])
        raise self._unexpected()

    def _call(self, name: str) -> Call:
        start = self._at
        self._at += len(name)
        if name not in FUNCTIONS or self._next() != "(":
            known = ", ".join(FUNCTIONS)
            raise BadPath(f"`{name}` is no function of JSONPath", start, self._at, f"there are {known}")
        self._at += 1
        arguments = [self._comparable()]
        while self._take(","):
            arguments.append(self._comparable())
        self._expect(")")
        if len(arguments) != FUNCTIONS[name][0]:
            raise BadPath(f"`{name}` takes {FUNCTIONS[name][0]} arguments", start, self._at)
        return Call(name, tuple(arguments))

    # ------------------------------------------------------------------------------------------------- texts

    def _quoted(self) -> str:
        quote, start = self._next(), self._at
        self._at += 1
        parts: list[str] = []
        while (char := self._next()) != quote:
            if not char:
                raise BadPath("a text without its closing quote", start, len(self._text))
            self._at += 1
            parts.append(self._escape() if char == "\\" else char)
        self._at += 1
        text = "".join(parts)
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def _escape(self) -> str:
        char = self._next()
        if found := _UNICODE.match(self._text, self._at):
            self._at = found.end()
            return chr(int(found[1], 16))
        if char not in _ESCAPES:
            raise self._bad("an escape that JSONPath does not have")
        self._at += 1
        return _ESCAPES[char]

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _skip(self) -> None:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _take(self, token: str) -> bool:
        self._skip()
        if not self._text.startswith(token, self._at):
            return False
        self._at += len(token)
        return True

    def _expect(self, token: str) -> None:
        if not self._take(token):
            raise self._bad(f"`{token}` is expected here")

    def _bad(self, message: str) -> BadPath:
        return BadPath(message, self._at, self._at + 1)

    def _unexpected(self) -> BadPath:
        if self._at >= len(self._text):
            return BadPath("the path ends too early", max(self._at - 1, 0), self._at)
        return self._bad(f"`{self._next()}` has no meaning here")
