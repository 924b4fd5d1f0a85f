"""The runtime's helpers, beyond what emitted expressions reach in `test_meaning`."""

from __future__ import annotations

import pytest

from .run import runtime

values = runtime()


def test_null_keys_come_last_in_either_direction() -> None:
    pairs = [(None, "null"), (2, "two"), (1, "one"), (2, "two again")]
    assert values.sort_by(pairs) == ["one", "two", "two again", "null"]
    assert values.sort_by(pairs, reverse=True) == ["two", "two again", "one", "null"]


def test_keys_may_be_tuples_with_nulls() -> None:
    pairs = [((1, None), "c"), ((1, 2), "b"), ((0, 9), "a"), (None, "d")]
    assert values.sort_by(pairs) == ["a", "b", "c", "d"]
    assert values.sort_by(pairs, reverse=True) == ["b", "c", "a", "d"]


def test_values_themselves_are_never_compared() -> None:
    assert values.sort_by([(1, {"b": 1}), (1, {"a": 1})]) == [{"b": 1}, {"a": 1}]


def test_groups_leave_out_null_keys_and_keep_order() -> None:
    pairs = [("b", 1), (None, 2), ("a", 3), ("b", 4)]
    assert list(values.group_by(pairs).items()) == [("b", [1, 4]), ("a", [3])]


@pytest.mark.parametrize("text", ["", "x", "1.5", "0x1", "9" * 5000, "१x"])
def test_texts_that_are_no_integers(text: str) -> None:
    assert values.to_int(text) is None


@pytest.mark.parametrize("text", ["", "x", "inf", "nan", "1e999", "-Infinity"])
def test_texts_that_are_no_finite_numbers(text: str) -> None:
    assert values.to_float(text) is None


def test_texts_that_are_numbers() -> None:
    assert (values.to_int(" -12 "), values.to_float("1e3")) == (-12, 1000.0)


def test_ranges_are_bounded() -> None:
    assert list(values.bounded_range(1, 6, 2)) == [1, 3, 5]
    with pytest.raises(OverflowError):
        values.bounded_range(10**18)


def test_known_says_that_a_proof_was_wrong() -> None:
    assert values.known(0) == 0
    with pytest.raises(RuntimeError):
        values.known(None)
