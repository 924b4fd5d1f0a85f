"""What documents are read as, where their parts stand, and what is refused."""

from __future__ import annotations

import gc
import json
import math
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bffgen.diagnostics.model import Diagnostics
from bffgen.source.nodes import Node, parse_nodes
from bffgen.source.text import SourceFile, Span
from bffgen.source.yaml_text import parse_yaml


def read(text: str, path: str = "a.yaml") -> tuple[Node, list[str]]:
    """The root, and what was reported once everything has been looked at: `line:column code message`."""
    diags = Diagnostics()
    root = parse_nodes(SourceFile(path, text), diags)
    assert root is not None, reported(diags)
    root.data()
    return root, reported(diags)


def refused(text: str, path: str = "a.yaml") -> list[str]:
    diags = Diagnostics()
    assert parse_nodes(SourceFile(path, text), diags) is None
    return reported(diags)


def reported(diags: Diagnostics) -> list[str]:
    found = []
    for diag in diags.sorted():
        line, column = diag.primary.span.file.place(diag.primary.span.start)
        found.append(f"{line}:{column} {diag.code} {diag.message}")
    return found


def at(span: Span) -> str:
    return span.file.text[span.start : span.end]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("null", None),
        ("~", None),
        ("", None),
        ("True", True),
        ("FALSE", False),
        ("12", 12),
        ("-7", -7),
        ("0o17", 15),
        ("0x1F", 31),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-.inf", -math.inf),
        # text in YAML 1.2 that YAML 1.1 reads as something else
        ("yes", "yes"),
        ("on", "on"),
        ("NO", "NO"),
        ("0755", 755),
        ("12:30:45", "12:30:45"),
        ("2020-01-01", "2020-01-01"),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("=", "="),
        ('"5"', "5"),
        ("'true'", "true"),
        ("!!str 5", "5"),
        ("nullable", "nullable"),
        ("٣", "٣"),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_scalars_follow_the_core_schema_of_yaml_1_2(written: str, value: Any) -> None:
    root, findings = read(f"key: {written}\n")
    found = root.entries()["key"].value
    assert (found, type(found), findings) == (value, type(value), [])


def test_nan_is_a_float() -> None:
    value = read("a: .NaN")[0].entries()["a"].value
    assert isinstance(value, float) and math.isnan(value)


def test_keys_are_texts_and_merge_keys_are_ordinary() -> None:
    root, findings = read("200: ok\ntrue: b\n<<: {a: 1}\n")
    assert (root.data(), findings) == ({"200": "ok", "true": "b", "<<": {"a": 1}}, [])


@pytest.mark.parametrize("path", ["a.yaml", "a.json"])
def test_a_repeated_key_is_reported_with_both_places(path: str) -> None:
    diags = Diagnostics()
    root = parse_nodes(SourceFile(path, '{"a": 1,\n "b": {"c": 2, "d": 0, "c": 3}}'), diags)
    assert root is not None
    assert reported(diags) == []  # nobody has looked yet
    root.entries()["b"].entries()
    (found,) = diags.sorted()
    assert reported(diags) == ["2:24 BFF103 key `c` stands twice"]
    assert [at(label.span) for label in found.secondary] == ['"c"']
    assert found.secondary[0].span.file.place(found.secondary[0].span.start) == (2, 8)


def test_a_repeated_key_in_block_yaml() -> None:
    assert read("a: 1\nb: 2\n'a': 3\n")[1] == ["3:1 BFF103 key `a` stands twice"]


def test_a_part_that_nobody_reaches_does_not_report() -> None:
    diags = Diagnostics()
    root = parse_nodes(SourceFile("a.yaml", "good: 1\nbad: {a: !foo 1, a: 2}\n"), diags)
    assert root is not None and root.entries()["good"].value == 1
    assert reported(diags) == []


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("a: !foo b", "1:4 BFF101 the tag `!foo` has no meaning here"),
        ("a: !!python/object:os.system b", "1:4 BFF101 the tag `!!python/object:os.system` has no meaning here"),
        ("a: !!timestamp 2020-01-01", "1:4 BFF101 the tag `!!timestamp` has no meaning here"),
        ("? [a]\n: 1", "1:3 BFF104 a key is a text or a number, not a mapping or a list"),
        ("{{a}: 1}", "1:2 BFF104 a key is a text or a number, not a mapping or a list"),
    ],
)
def test_what_has_no_meaning_is_reported_and_the_rest_is_read(text: str, finding: str) -> None:
    assert read(text)[1] == [finding]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("a: b: c", "1:5 BFF101 a `: ` here would start a mapping inside of a value"),
        ("a:\n\tb: 1", "2:1 BFF101 a tab cannot indent YAML"),
        ("a: @b", "1:4 BFF101 a value cannot begin with `@`"),
        ("a: \x07b", "1:4 BFF101 the character U+0007 cannot stand in YAML"),
        ("a: *b", "1:4 BFF101 an alias of an anchor that does not stand above"),
        ("a: 1\n---\nb: 2", "2:1 BFF101 a second document begins here; one file is one document"),
        ("# nothing", "1:1 BFF101 the file is empty"),
        ("x: {a: 1", "1:9 BFF101 expected `,` or `}`, found the end of the file"),
        ("&a {x: *a}", "1:1 BFF107 an alias leads back to what it stands in"),
        ("- &a [*b]\n- &b [*a]", "1:7 BFF101 an alias of an anchor that does not stand above"),
    ],
)
def test_a_text_that_is_no_yaml_is_one_located_error(text: str, finding: str) -> None:
    assert refused(text) == [finding]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ('{"a" 1}', "1:6 BFF101 this is not JSON: expected `:`"),
        ("{a: 1}", "1:2 BFF101 this is not JSON: expected a key in double quotes"),
        ('{\n"a": NaN}', "2:6 BFF101 `NaN` is not JSON"),
        ('{"a": ' + "1" * 5000 + "}", "1:7 BFF101 a number of more than 4000 digits"),
        ('{"a": "\\ud800"}', "1:8 BFF101 half of a surrogate pair is no text"),
        ("", "1:1 BFF101 the file is empty"),
    ],
)
def test_a_text_that_is_no_json_is_one_located_error(text: str, finding: str) -> None:
    assert [line.split(" (")[0] for line in refused(text, "a.json")] == [finding]


def test_surrogate_pairs_and_escaped_backslashes_are_text() -> None:
    assert read('{"a": "\\ud83d\\ude00", "b": "\\\\ud800"}', "a.json")[0].data() == {"a": "😀", "b": "\\ud800"}


def test_flow_yaml_that_is_no_json_is_yaml() -> None:
    assert read("{a: [1, b]}")[0].data() == {"a": [1, "b"]}


# ------------------------------------------------------------------------------------------- hostile input


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", '{"a":', "[\n", "? - "])
@pytest.mark.parametrize("path", ["a.yaml", "a.json"])
@pytest.mark.parametrize("depth", [1_000, 100_000])
def test_deep_documents_are_refused_where_they_become_too_deep(opening: str, path: str, depth: int) -> None:
    started = perf_counter()
    (finding,) = refused(opening * depth, path)
    if path == "a.yaml" or opening in ("[", '{"a":', "[\n"):
        assert "BFF107 the text is nested more than 200 deep" in finding or "not JSON" in finding
    assert perf_counter() - started < 5


@pytest.mark.parametrize("path", ["a.yaml", "a.json"])
def test_the_depth_that_is_read(path: str) -> None:
    def nested(depth: int) -> str:
        return '{"a":' * depth + "1" + "}" * depth

    assert read(nested(200), path)[1] == []
    assert [line.split(" ", 1)[1] for line in read(nested(201), path)[1]] == [
        "BFF107 the text is nested more than 200 deep"
    ]


def test_block_yaml_is_held_to_the_same_depth() -> None:
    assert "BFF107" in refused("\n".join(" " * depth + "a:" for depth in range(1000)))[0]


def test_an_alias_bomb_is_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    (finding,) = refused("\n".join(lines))
    assert finding.endswith("BFF107 aliases make this more than 1000000 values")


def test_aliases_cannot_add_up_to_a_depth_that_is_not_read() -> None:
    deep = "[" * 150 + "]" * 150
    text = f"a: &a {deep}\nb: {'[' * 100}*a{']' * 100}\n"
    assert refused(text)[0].endswith("BFF107 aliases nest this more than 200 deep")


def test_aliases_give_their_anchors_content() -> None:
    root, findings = read("a: &x {b: [1]}\nc: *x\nd: [*x, *x]\n")
    assert (root.data()["d"], findings) == ([{"b": [1]}, {"b": [1]}], [])
    assert root.entries()["c"] == root.entries()["a"]


def test_the_garbage_collector_is_left_as_it_was() -> None:
    read("a: 1")
    assert gc.isenabled()


# --------------------------------------------------------------------------------------------------- places


def test_places_in_yaml() -> None:
    text = "# é😀\r\nkey: plain text  # c\r\n'q': \"quo ted\"\r\nlist:\r\n- a\r\n- {b: c}\r\n\r\nlast: x\r\n"
    root, _ = read(text)
    entries = root.entries()
    assert at(root.key("key")) == "key"
    assert at(root.key("q")) == "'q'"
    assert at(entries["key"].span) == "plain text"
    assert at(entries["key"].part(6, 10)) == "text"
    assert at(entries["q"].span) == '"quo ted"'
    assert at(entries["q"].part(4, 7)) == "ted"
    assert at(entries["list"].elements()[1].span) == "{b: c}"
    assert at(entries["list"].span).endswith("{b: c}")
    assert entries["list"].elements()[1].pointer == "/list/1"


def test_places_in_json() -> None:
    root, _ = read('{"a/b" : {"x": [10, "te xt", "e\\n"]},\n "l": null}', "a.json")
    items = root.entries()["a/b"].entries()["x"].elements()
    assert at(root.key("l")) == '"l"'
    assert [at(item.span) for item in items] == ["10", '"te xt"', '"e\\n"']
    assert at(items[1].part(3, 5)) == "xt"
    assert at(items[2].part(0, 1)) == '"e\\n"'  # the whole: its text is not written as it is
    assert items[1].pointer == "/a~1b/x/1"


def test_a_piece_of_a_literal_block_is_found_in_its_line() -> None:
    root, _ = read("a: |\n  first line\n    second é line\nb: >\n  folded\n  text\n")
    block, folded = root.entries()["a"], root.entries()["b"]
    start = block.text.index("line", 12)
    assert at(block.part(start, start + 4)) == "line"
    assert block.file.place(block.part(start, start + 4).start) == (3, 14)
    assert at(folded.part(0, 3)) == "fol"
    assert at(folded.part(4, 11)) == "ed\n  text"


def test_reaching_a_place_twice_gives_equal_nodes() -> None:
    for path in ("a.yaml", "a.json"):
        file = SourceFile(path, '{"a": {"b": 1}, "c": {"b": 1}}')
        root = parse_nodes(file, Diagnostics())
        again = parse_nodes(file, Diagnostics())
        assert root is not None and again is not None
        one, two = root.entries()["a"], root.get("a")
        assert one == two and hash(one) == hash(two)
        assert root.get("a") != root.get("c")


_LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
_DATA = st.recursive(_LEAVES, lambda below: st.lists(below) | st.dictionaries(st.text(), below), max_leaves=20)


@given(_DATA, st.sampled_from([None, 1]))
@settings(max_examples=200, deadline=None)
def test_json_is_read_as_python_reads_it_and_every_place_is_right(data: Any, indent: int | None) -> None:
    file = SourceFile("a.json", json.dumps(data, indent=indent, ensure_ascii=indent is None))
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return
    root = parse_nodes(file, Diagnostics())
    assert root is not None
    assert repr(root.data()) == repr(data)
    _assert_places(root)


def _assert_places(node: Node) -> None:
    assert repr(json.loads(at(node.span))) == repr(node.data())
    for key, child in node.entries().items():
        assert json.loads(at(node.key(key))) == key
        _assert_places(child)
    for child in node.elements():
        _assert_places(child)


_SAFE_TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="\ufeff\ufffe\uffff")
)
_YAML_DATA = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _SAFE_TEXT,
    lambda below: st.lists(below) | st.dictionaries(_SAFE_TEXT.filter(lambda text: len(text) < 100), below),
    max_leaves=20,
)


@given(_YAML_DATA)
@settings(max_examples=200, deadline=None)
def test_yaml_and_json_agree_on_json(data: Any) -> None:
    text = json.dumps(data, ensure_ascii=False, indent=1)
    if any(0x7F <= ord(char) < 0xA0 or ord(char) in range(0xFFFE, 0x10000) for char in text):
        return
    diags = Diagnostics()
    root = parse_yaml(SourceFile("a.yaml", text), diags)
    assert root is not None, reported(diags)
    assert repr(root.data()) == repr(data)
    _assert_places(root)


@given(st.text(alphabet=st.sampled_from(list("ab:-?[]{},&*!|>'\"#%@` \n\t1~<=")), max_size=60))
@settings(max_examples=1500, deadline=None)
def test_no_text_makes_the_readers_raise(text: str) -> None:
    for path in ("a.yaml", "a.json"):
        diags = Diagnostics()
        root = parse_nodes(SourceFile(path, text), diags)
        if root is None:
            assert diags.has_errors
        else:
            _touch(root)


def _touch(node: Node) -> None:
    assert 0 <= node.span.start <= node.span.end <= len(node.file.text)
    node.value, node.text, node.quoted, node.flow, node.pointer, repr(node)
    node.part(0, 1)
    for key, child in node.entries().items():
        assert at(node.key_node(key).span) == at(node.key(key))
        _touch(child)
    for child in node.elements():
        _touch(child)
