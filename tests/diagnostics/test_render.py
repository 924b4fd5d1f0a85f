"""How findings look: frames, lines for editors, JSON, annotations; and what never reaches a terminal."""

from __future__ import annotations

import json
import re
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bffgen.diagnostics import explain, render
from bffgen.diagnostics.catalog import CODES
from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.diagnostics.suggest import closest
from bffgen.source.text import SourceFile, Span

from .build import file, find, one

SPEC = file("""\
    name: shop
    backends:
      users: {openapi: users.yaml}
    endpoints:
      a:
        call: users.getUsr
        name: x
        timout: 1s
    """)
USERS = file("paths:\n  /u:\n    get:\n      operationId: getUser\n", "specs/users.yaml")


def frame(text: str) -> str:
    return dedent(text).lstrip("\n") + "\n"


def test_a_finding_with_a_note_and_a_help() -> None:
    diags = one(
        "BFF102",
        "unknown key `timout` in a call",
        find(SPEC, "timout", "not a key of a call"),
        note="a call has the keys `call`, `timeout`",
        help="did you mean `timeout`?",
    )
    assert render.text(diags) == frame("""
        error[BFF102]: unknown key `timout` in a call
         --> specs/shop.yaml:8:5
          |
        8 |     timout: 1s
          |     ^^^^^^ not a key of a call
          |
          = note: a call has the keys `call`, `timeout`
          = help: did you mean `timeout`?
        """)


def test_the_second_file_says_why() -> None:
    found = find(SPEC, "getUsr", "no such `operationId`")
    diags = one("BFF202", "backend `users` has no operation `getUsr`", found, find(USERS, "getUser", "similar"))
    assert render.text(diags) == frame("""
        error[BFF202]: backend `users` has no operation `getUsr`
         --> specs/shop.yaml:6:17
          |
        6 |     call: users.getUsr
          |                 ^^^^^^ no such `operationId`
          |
         ::: specs/users.yaml:4:20
          |
        4 |       operationId: getUser
          |                    ------- similar
        """)


def test_lines_between_are_left_out_and_one_line_is_shown() -> None:
    diags = one("BFF201", "m", find(SPEC, "1s"), find(SPEC, "users", "here"), find(SPEC, "call", "and here"))
    assert render.text(diags) == frame("""
        error[BFF201]: m
         --> specs/shop.yaml:8:13
          |
        3 |   users: {openapi: users.yaml}
          |   ----- here
        ...
        6 |     call: users.getUsr
          |     ---- and here
        7 |     name: x
        8 |     timout: 1s
          |             ^^
        """)


def test_a_warning_says_so() -> None:
    assert render.text(one("BFF405", "m", find(SPEC, "x"))).startswith("warning[BFF405]: m\n")


def test_a_gutter_as_wide_as_its_largest_line_number() -> None:
    source = file("\n" * 99 + "a: b\n")
    diags = one("BFF101", "m", find(source, "b"), help="h")
    assert render.text(diags) == frame("""
        error[BFF101]: m
           --> specs/shop.yaml:100:4
            |
        100 | a: b
            |    ^
            |
            = help: h
        """)


def test_a_piece_over_several_lines_is_underlined_on_its_first() -> None:
    source = file("a:\n  - b: c  \n    d: e\n")
    diags = one("BFF101", "m", find(source, "b: c  \n    d: e", "this"))
    assert "2 |   - b: c  \n  |     ^^^^ this\n" in render.text(diags)


def test_a_file_that_could_not_be_read_has_no_lines() -> None:
    diags = one("BFF106", "there is no file `x`", Label(Span(SourceFile("x", ""), 0, 0)), help="look")
    assert render.text(diags) == "error[BFF106]: there is no file `x`\n --> x\n  = help: look\n\n"
    assert render.concise(diags) == "x: error[BFF106]: there is no file `x`\n"


def test_a_help_of_several_lines_is_aligned() -> None:
    text = render.text(one("BFF101", "m", find(SPEC, "x"), help="write:\na: b\nc: d"))
    assert text.endswith("  = help: write:\n          a: b\n          c: d\n\n")


def test_tabs_and_wide_characters_keep_the_carets_under_their_text() -> None:
    source = file("k:\t日本 é: bad\n")
    assert render.text(one("BFF101", "m", find(source, "bad"))).splitlines()[3:5] == [
        "1 | k:\t日本 é: bad",
        "  |   \t        ^^^",
    ]


def test_a_long_line_is_cut_around_its_label() -> None:
    source = SourceFile("a.json", '{"k": ' + "[1, " * 100_000 + "bad" + ", 2]" * 100_000)
    text = render.text(one("BFF101", "m", find(source, "bad", "here")))
    shown, marks = text.splitlines()[3:5]
    assert len(text) < 500
    assert shown[marks.index("^") :].startswith("bad") and marks.endswith("^^^ here")
    assert shown.startswith("1 | ...") and shown.endswith("...")


@pytest.mark.parametrize("hostile", ["\x1b[31m", "\x07", "\u202e", "\u2066", "\u200b", "\x9b", "\u2028", "\r", "\x00"])
def test_what_a_terminal_would_act_on_is_shown_escaped(hostile: str) -> None:
    source = SourceFile(f"a{hostile}.yaml", f"a{hostile}: x{hostile}bad\n")
    primary = find(source, "bad", f"l{hostile}")
    diags = one("BFF101", f"m{hostile}", primary, note=f"n{hostile}", help=f"h{hostile}")
    outputs = [render.text(diags), render.concise(diags), render.github(diags), render.json_lines(diags)]
    assert not any(hostile in output for output in outputs)
    shown, marks = render.text(diags).splitlines()[3:5]
    assert shown[marks.index("^") :].startswith("bad")
    assert f"m\\u{{{ord(hostile[0]):x}}}" in render.text(diags)
    assert render.summary(diags, f"a{hostile}").isprintable()


def test_a_password_in_a_shown_line_is_not_shown() -> None:
    source = file("a: 'https://joe:hunter2@h/x'\nb: y\n")
    text = render.text(one("BFF601", "m", find(source, "joe")))
    assert "1 | a: 'https://***********@h/x'\n" in text


def test_colour_only_adds_colour() -> None:
    diags = one("BFF102", "m", find(SPEC, "timout", "l"), find(SPEC, "name"), note="n", help="h")
    coloured = render.text(diags, color=True)
    assert "\x1b[1;31m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == render.text(diags)


def test_findings_stand_in_the_order_of_the_text_the_spec_first() -> None:
    diags = Diagnostics()
    other = file("x: 1\n", "a.yaml")
    diags.report("BFF301", "c", find(other, "x"))
    diags.report("BFF301", "b", find(SPEC, "timout"))
    diags.report("BFF302", "a", find(SPEC, "name"))
    diags.report("BFF302", "again", find(SPEC, "name"))
    diags.first = SPEC
    assert [found.message for found in diags.sorted()] == ["a", "b", "c"]


def test_concise() -> None:
    assert render.concise(one("BFF102", "m", find(SPEC, "timout"))) == "specs/shop.yaml:8:5: error[BFF102]: m\n"


def test_json_is_an_object_a_line() -> None:
    diags = one("BFF202", "m", find(SPEC, "getUsr", "l"), find(USERS, "getUser"), help="h")
    (line,) = render.json_lines(diags).splitlines()
    found = json.loads(line)
    assert (found["code"], found["severity"], found["message"], found["help"]) == ("BFF202", "error", "m", "h")
    assert (found["path"], found["line"], found["column"]) == ("specs/shop.yaml", 6, 17)
    assert (found["end_line"], found["end_column"], found["label"]) == (6, 23, "l")
    assert found["secondary"][0]["path"] == "specs/users.yaml"


def test_github_annotations_escape_what_ends_them() -> None:
    source = file("a: b\n", "a,b:c.yaml")
    diags = one("BFF405", "50% of\n::error::x", find(source, "b"), note="n")
    assert render.github(diags) == (
        "::warning file=a%2Cb%3Ac.yaml,line=1,col=1,endLine=1,title=BFF405,endColumn=2"
        "::50%25 of%0A::error::x%0Anote: n\n"
    ).replace("col=1", "col=4").replace("endColumn=2", "endColumn=5")


def test_the_closing_line_counts() -> None:
    diags = Diagnostics()
    assert render.summary(diags, "s.yaml") == ""
    diags.report("BFF405", "w", find(SPEC, "x"))
    assert render.summary(diags, "s.yaml") == "warning: 1 warning in s.yaml"
    diags.report("BFF301", "e", find(SPEC, "name"))
    diags.report("BFF301", "e", find(SPEC, "call"))
    assert render.summary(diags, "s.yaml") == "error: 2 errors and 1 warning in s.yaml; nothing was written"


@pytest.mark.parametrize(
    ("comment", "silenced"),
    [
        ("# bffgen: ignore[BFF405] later", True),
        ("# bffgen: ignore[BFF408, BFF405]", True),
        ("#bffgen:ignore[BFF405]", True),
        ("# bffgen: ignore[BFF408] other", False),
        ("# bffgen: ignore", False),
        ("#", False),
    ],
)
def test_a_line_silences_its_warnings(comment: str, silenced: bool) -> None:
    source = file(f"a: b  {comment}\nc: d\n")
    diags = one("BFF405", "m", find(source, "b"))
    assert (diags.sorted() == []) is silenced
    assert one("BFF405", "m", find(source, "d")).sorted()


def test_errors_are_never_silenced() -> None:
    source = file("a: b  # bffgen: ignore[BFF301]\n")
    diags = one("BFF301", "m", find(source, "b"))
    assert diags.sorted() and diags.has_errors


@pytest.mark.parametrize(
    ("name", "candidates", "expected"),
    [
        ("display_name", ["displayName", "display"], "displayName"),
        ("getUsr", ["listUsers", "getUser"], "getUser"),
        ("TIMEOUT", ["timeout"], "timeout"),
        ("a-b", ["a_b"], "a_b"),
        ("xyz", ["timeout"], None),
        ("", [], None),
        ("aa", ["AA", "Aa"], "AA"),
    ],
)
def test_did_you_mean(name: str, candidates: list[str], expected: str | None) -> None:
    assert closest(name, candidates) == expected


def test_every_code_has_a_page_that_begins_with_it() -> None:
    assert all(explain.page(code).startswith(f"# {code}: ") for code in CODES)


@given(st.text(max_size=40), st.integers(0, 40), st.integers(0, 40), st.text(max_size=10))
def test_no_text_makes_a_renderer_raise(text: str, start: int, end: int, words: str) -> None:
    low, high = sorted((min(start, len(text)), min(end, len(text))))
    source = SourceFile("a.yaml", text)
    diags = one("BFF101", words, Label(Span(source, low, high), words), Label(Span(source, 0, low), words), help=words)
    for output in (render.text(diags), render.concise(diags), render.json_lines(diags), render.github(diags)):
        output.encode()
        assert output.replace("\n", "").replace("\t", "").isprintable()
