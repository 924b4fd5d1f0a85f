"""Whether the bounds of one type prove those of another, and what is missing where they do not."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from json import dumps
from operator import ge, gt, le, lt
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from bffgen.check.known import lengths
from bffgen.openapi.bounds import kept_bounds
from bffgen.openapi.pattern import UNREADABLE, keeps_pattern, matches
from bffgen.records import dataclass
from bffgen.typesystem.model import (
    Bounds,
    Kind,
    ListType,
    LiteralValue,
    MapType,
    ObjectType,
    Scalar,
    Type,
    Union,
    Unknown,
    non_null,
)
from bffgen.typesystem.relations import assign, is_broken, is_never


@dataclass(frozen=True, slots=True)
class Missing:
    """A bound that is not proved: its words, and a condition over `x` that would prove it, if there is one."""

    words: str
    condition: str | None = None
    path: str = ""

    def inside(self, step: str) -> Missing:
        return replace(self, path=f"{step}{self.path}", condition=None)


def missing(given: Type, wanted: Type, seen: frozenset[tuple[int, int]] = frozenset()) -> Missing | None:
    """The first bound of `wanted` that values of `given`, which is assignable to it, may break."""
    given, wanted = non_null(given), non_null(wanted)
    if given is wanted or is_broken(given) or is_broken(wanted) or is_never(given):
        return None
    match given, wanted:
        case Union(arms), _:
            return next((found for arm in arms if (found := missing(arm, wanted, seen))), None)
        case _, Union(arms):
            fitting = [missing(given, arm, seen) for arm in arms if assign(given, arm) is None]
            return None if None in fitting or not fitting else fitting[0]
        case _, Scalar():
            return _of_scalar(given, wanted)
        case ListType(), ListType():
            return _of_list(given, wanted, seen)
        case ((MapType() | ObjectType()), MapType()):
            return _of_map(given, wanted, seen)
        case ObjectType(), ObjectType():
            return _of_object(given, wanted, seen)
    return None


def _of_list(given: ListType, wanted: ListType, seen: frozenset[tuple[int, int]]) -> Missing | None:
    kept = kept_bounds(wanted, patterns=True)
    least, most = kept.get("minItems", 0), kept.get("maxItems")
    if given.min_items < least:
        return Missing(f"at least {_count(least, 'item')}", f"len(x) >= {least}")
    if most is not None and (given.max_items is None or given.max_items > most):
        return Missing(f"at most {_count(most, 'item')}", f"len(x) <= {most}")
    found = missing(given.item, wanted.item, seen)
    return found and found.inside("[]")


def _of_map(given: MapType | ObjectType, wanted: MapType, seen: frozenset[tuple[int, int]]) -> Missing | None:
    if isinstance(given, MapType):
        found = missing(given.value, wanted.value, seen)
        return found and found.inside("[]")
    return next((f for x in given.fields.values() if (f := missing(x.type, wanted.value, seen))), None)


def _of_object(given: ObjectType, wanted: ObjectType, seen: frozenset[tuple[int, int]]) -> Missing | None:
    pair = (id(given), id(wanted))
    if pair in seen:
        return None
    for name, field in wanted.fields.items():
        if name in given.fields and (found := missing(given.fields[name].type, field.type, seen | {pair})):
            return found.inside(f".{name}")
    return None


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


# ---------------------------------------------------------------------------------------------- scalars


def _of_scalar(given: Type, wanted: Scalar) -> Missing | None:
    if not isinstance(given, Scalar):
        return Missing("of a declared type") if isinstance(given, Unknown) else None
    closed = given.values if given.values is not None and not given.open else None
    if wanted.values is not None:
        return None if wanted.open or (closed is not None and set(closed) <= set(wanted.values)) else _enum(wanted)
    for keyword, bound in kept_bounds(wanted, patterns=True).items():
        kept = all(_holds(keyword, bound, value) for value in closed) if closed else _proves(given, keyword, bound)
        if not kept:
            words, test = _WORDS[keyword]
            return Missing(words(bound), test and test.format(bound))
    return None


def _enum(wanted: Scalar) -> Missing:
    shown = [f"`{value}`" for value in (wanted.values or ())[:6]]
    more = ", ..." if len(wanted.values or ()) > 6 else ""
    few = len(wanted.values or ()) <= 6
    return Missing(f"one of {', '.join(shown)}{more}", f"x in {dumps(list(wanted.values or ()))}" if few else None)


_WORDS: dict[str, tuple[Callable[[Any], str], str | None]] = {
    "minimum": (lambda n: f"at least {n}", "x >= {}"),
    "maximum": (lambda n: f"at most {n}", "x <= {}"),
    "exclusiveMinimum": (lambda n: f"more than {n}", "x > {}"),
    "exclusiveMaximum": (lambda n: f"less than {n}", "x < {}"),
    "multipleOf": (lambda n: f"a multiple of {n}", None),
    "minLength": (lambda n: f"at least {_count(n, 'character')} long", "len(x) >= {}"),
    "maxLength": (lambda n: f"at most {_count(n, 'character')} long", "len(x) <= {}"),
    "pattern": (lambda p: f"like `{p}`", None),
}


def _holds(keyword: str, bound: Any, value: LiteralValue) -> bool:
    """Whether one value keeps a bound."""
    if isinstance(value, str):
        if keyword == "pattern":
            return keeps_pattern(bound, value)
        exact = Scalar(Kind.TEXT, bounds=Bounds(min_length=len(value), max_length=len(value)))
        return _proves(exact, keyword, bound)
    if keyword == "multipleOf":
        return bool(value % bound == 0)
    return _proves(Scalar(Kind.NUMBER, bounds=Bounds(minimum=value, maximum=value)), keyword, bound)


def _proves(given: Scalar, keyword: str, bound: Any) -> bool:
    b: Any = given.bounds
    step = 1 if given.kind is Kind.INTEGER else 0
    above, below = b.exclusive_minimum, b.exclusive_maximum
    match keyword:
        case "minimum":
            return _is(b.minimum, ge, bound) or _is(above, ge, bound - step)
        case "maximum":
            return _is(b.maximum, le, bound) or _is(below, le, bound + step)
        case "exclusiveMinimum":
            return _is(b.minimum, gt, bound) or _is(above, ge, bound)
        case "exclusiveMaximum":
            return _is(b.maximum, lt, bound) or _is(below, le, bound)
        case "multipleOf":
            return b.multiple_of is not None and bool(b.multiple_of % bound == 0)
        case "minLength":
            return _is(lengths(given)[0], ge, bound)
        case "maxLength":
            return _is(lengths(given)[1], le, bound)
        case "pattern":
            return bool(b.pattern == bound)
    return False


def _is(value: Any, compares: Callable[[Any, Any], bool], bound: Any) -> bool:
    return value is not None and compares(value, bound)


# ------------------------------------------------------------------------------------- paths and headers

NO_SEGMENTS = ("", ".", "..")


def may_be_no_segment(of: Type, excluded: frozenset[LiteralValue]) -> Missing | None:
    """Whether a text may be empty, `.` or `..`: in a path that would name something else."""
    if not isinstance(of, Scalar) or of.kind is not Kind.TEXT:
        return None
    if of.values is not None and not of.open:
        wrong = any(value in NO_SEGMENTS for value in of.values)
    else:
        least, _ = lengths(of)
        pattern = of.bounds.pattern
        wrong = any(
            text not in excluded and len(text) >= least and (pattern is None or matches(pattern, text))
            for text in NO_SEGMENTS
        )
    return Missing('neither "" nor "." nor ".."', 'x not in ("", ".", "..")') if wrong else None


_HEADER = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?|")


def may_be_no_header(of: Type) -> Missing | None:
    """Whether a text may hold what no header can: control characters, or ones outside of Latin-1."""
    if isinstance(of, ListType):
        return may_be_no_header(non_null(of.item))
    if not isinstance(of, Scalar) or of.kind is not Kind.TEXT:
        return None
    if of.values is not None and not of.open:
        fine = all(_HEADER.fullmatch(str(value)) for value in of.values)
    else:
        fine = of.bounds.pattern is not None and _is_plain(of.bounds.pattern)
    return None if fine else Missing("of characters that a header can hold")


def _is_plain(pattern: str) -> bool:
    """Whether only texts of visible ASCII characters match: anchored at both ends, made of plain classes."""
    try:
        parsed = list(_parser.parse(pattern))
    except UNREADABLE:
        return False
    anchored = len(parsed) >= 2 and _at(parsed[0], c.AT_BEGINNING) and _at(parsed[-1], c.AT_END)
    return anchored and all(_plain_piece(*piece) for piece in parsed[1:-1])


def _at(piece: Any, what: Any) -> bool:
    return bool(piece[0] is c.AT and piece[1] is what)


def _plain_piece(op: Any, argument: Any) -> bool:
    if op is c.LITERAL:
        return 0x21 <= int(argument) <= 0x7E
    if op is c.IN:
        return all(_plain_class(*one) for one in argument)
    if op in (c.MAX_REPEAT, c.MIN_REPEAT):
        return all(_plain_piece(*piece) for piece in argument[2])
    if op is c.SUBPATTERN:
        return all(_plain_piece(*piece) for piece in argument[3])
    if op is c.BRANCH:
        return all(_plain_piece(*piece) for branch in argument[1] for piece in branch)
    return False


def _plain_class(op: Any, argument: Any) -> bool:
    if op is c.LITERAL:
        return 0x21 <= int(argument) <= 0x7E
    return bool(op is c.RANGE and argument[0] >= 0x21 and argument[1] <= 0x7E)
