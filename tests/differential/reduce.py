"""Make a composition that shows something wrong smaller, for as long as it still shows it."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from typing import Any

Fails = Callable[[Any], bool]


def reduced(endpoint: Any, fails: Fails) -> Any:
    """The smallest endpoint found by taking parts away of which `fails` still holds."""
    best = endpoint
    again = True
    while again:
        again = False
        for candidate in _smaller(best):
            if _size(candidate) < _size(best) and fails(candidate):
                best, again = candidate, True
                break
    return best


def _size(value: Any) -> int:
    match value:
        case dict():
            return 2 + sum(len(key) + _size(one) for key, one in value.items())
        case list():
            return 2 + sum(map(_size, value))
    return len(str(value)) + 1


def _smaller(root: Any) -> Iterator[Any]:
    """Candidates, the boldest first."""
    places = sorted(_places(root, ()), key=lambda place: -_size(_at(root, place)))
    for place in places:
        if place:
            yield _without(root, place)
    for place in places:
        for other in _instead(_at(root, place)):
            yield _with(root, place, other)


def _places(value: Any, here: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    yield here
    match value:
        case dict():
            for key, one in value.items():
                yield from _places(one, (*here, key))
        case list():
            for at, one in enumerate(value):
                yield from _places(one, (*here, at))


def _at(root: Any, place: tuple[Any, ...]) -> Any:
    for step in place:
        root = root[step]
    return root


def _without(root: Any, place: tuple[Any, ...]) -> Any:
    made = copy.deepcopy(root)
    del _at(made, place[:-1])[place[-1]]
    return made


def _with(root: Any, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    made = copy.deepcopy(root)
    _at(made, place[:-1])[place[-1]] = copy.deepcopy(value)
    return made


def _instead(value: Any) -> Iterator[Any]:
    match value:
        case dict():
            yield from value.values()
        case list():
            yield from value
        case str():
            yield from _parts(value)


def _parts(text: str) -> Iterator[str]:
    """The expressions inside of an expression, and simpler ones in the place of its parts."""
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError:
        return
    inner = [node for node in ast.walk(tree) if isinstance(node, ast.expr) and node is not tree]
    for node in inner:
        yield ast.unparse(node)
    for node in inner:
        for plain in ("1", "'a'", "True", "None", "[]"):
            written = ast.unparse(node)
            if len(plain) < len(written):
                yield text.replace(written, plain, 1)
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.expr):
                yield text.replace(ast.unparse(node), ast.unparse(part), 1)
