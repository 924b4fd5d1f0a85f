"""Calls: heads, arguments, guards and `on_error`, and the message for everything else."""

# ruff: noqa: E501 - a mistake and its message stand on one line
from __future__ import annotations

import pytest

from bffgen.spec.model import Answer, Const, Default, Expr, Fail, ListValue, Pass

from .read import at, call, call_mistakes


def arguments(written: str) -> dict[str, tuple[str, str]]:
    """name -> the argument's text and the text at its place."""
    return {
        argument.name: (argument.value.text, at(argument.value.span))
        for argument in call(written).arguments
        if isinstance(argument.value, Expr)
    }


def test_a_head() -> None:
    found = call("users.getUser(id=b, active=true)")
    assert (found.name, found.backend, found.operation) == ("c", "users", "getUser")
    assert (at(found.name_span), at(found.backend_span), at(found.operation_span)) == ("c", "users", "getUser")
    assert arguments("users.getUser(id=b, active=true)") == {"id": ("b", "b"), "active": ("true", "true")}


def test_a_head_without_arguments() -> None:
    assert call("users.me").arguments == call("users.me()").arguments == ()


def test_a_head_by_method_and_path() -> None:
    found = call('users["GET /users/{id}"](id=b)')
    assert (found.operation, at(found.operation_span)) == ("GET /users/{id}", "GET /users/{id}")


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ('users.f(a="é😀", b=x)', "x"),
        ("users.f(b=(x + y) * 2)", "(x + y) * 2"),
        ("users.f(b=(x), c=1)", "(x)"),
        ("users.f(b=((x, y)))", "((x, y))"),
        ("users.f( b = f(')') )", "f(')')"),
        ("users.f(b=[r.id for r in rows if r.ok])", "[r.id for r in rows if r.ok]"),
        ("users.f(b=x == y)", "x == y"),
        ('"users.f(b=x)"', "x"),
    ],
)
def test_an_argument_is_its_own_text_at_its_own_place(written: str, text: str) -> None:
    assert arguments(written)["b"] == (text, text)


def test_a_head_over_several_lines() -> None:
    found = call("call: |\n  users.f(\n    a=(x +\n      y),\n    b=z)\n")
    a, b = (argument.value for argument in found.arguments)
    assert isinstance(a, Expr) and isinstance(b, Expr)
    assert (a.text.split(), b.text, at(b.span)) == (["(x", "+", "y)"], "z", "z")


def test_args_join_the_heads_arguments() -> None:
    found = call("call: users.f(a=1)\nargs: {query.id: x, path.id: [1, y]}\n")
    assert [argument.name for argument in found.arguments] == ["a", "query.id", "path.id"]
    assert isinstance(found.arguments[2].value, ListValue)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("users.f(1)", ["BFF114 arguments of a call have names [1]"]),
        ("users.f(*x)", ["BFF114 arguments of a call have names [*x]"]),
        ("users.f(**x)", ["BFF114 arguments of a call are written one by one [x]"]),
        ("users.f(a=1, a=2)", ["BFF103 argument `a` stands twice [a]"]),
        (
            "users.get-user(a=1)",
            ['BFF114 `get-user` is not a name that can follow a dot [users.get-user] | write `users["get-user"]`'],
        ),
        (
            "users.import()",
            ['BFF114 `import` is not a name that can follow a dot [users.import] | write `users["import"]`'],
        ),
        ("users.f(from=1)", ["BFF114 `from` cannot be the name of an argument here [from] | write `from_`"]),
        (
            "users.f(page-size=1)",
            [
                "BFF114 `page-size` cannot be the name of an argument here [page-size] | put it under `args:` as `page-size: ...`"
            ],
        ),
        ("users", ["BFF114 `users` names no operation of a backend [users]"]),
        ("a + b", ["BFF114 this is not a call of a backend [a + b]"]),
        ("users.f(a=)", ["BFF113 this cannot be read as a call [)]"]),
        ("5", ["BFF104 expected a call such as `backend.operation(name=value)`, found the number `5` [5]"]),
        ("", ["BFF104 expected a call such as `backend.operation(name=value)`, found nothing []"]),
        (
            "{}",
            [
                "BFF105 a call needs the key `call`, a block the keys `calls` and `value` [c] | "
                "add `call: backend.operation(name=value)`"
            ],
        ),
        ("{cal: users.f}", ["BFF102 unknown key `cal` in a call [cal] | did you mean `call`?"]),
        (
            "{calls: {}, value: x, call: users.f}",
            ["BFF104 `call` is no key of a block [call]"],
        ),
        (
            "{call: users.f, timeout: 5}",
            ["BFF110 expected a duration such as `500ms` or `2s`, found the number `5` [5] | write `5s` or `5ms`"],
        ),
        ("{call: users.f, timeout: 0s}", ["BFF110 `0s` is not between 1 ms and 24 hours [0s]"]),
        (
            "{call: users.f, when: {a}}",
            [
                "BFF115 YAML reads this as a mapping, not as an expression [{a}] | "
                "write the expression without braces: `a`"
            ],
        ),
        ("{call: users.f, read: yes}", ["BFF104 expected `true` or `false`, found `yes` [yes] | write `true`"]),
        ("{call: users.f, headers: {Host: x}}", ["BFF108 header `Host` is not the spec's to set [Host]"]),
        ("{call: users.f, headers: {a b: x}}", ["BFF108 `a b` cannot be the name of a header [a b]"]),
        ("{call: users.f, headers: {X-A: x, x-a: y}}", ["BFF103 header `x-a` stands twice [x-a]"]),
        ("{call: users.f, body: .nan}", ["BFF110 `.nan` is not a number that JSON has [.nan]"]),
        (
            "{call: users.f, as: 5}",
            ["BFF104 expected a type such as `int` or `list[str] | None`, found the number `5` [5]"],
        ),
    ],
)
def test_mistakes_in_calls(written: str, expected: list[str]) -> None:
    assert sorted(call_mistakes(written)) == sorted(expected)


@pytest.mark.parametrize("key", "cache breaker".split())
def test_keys_that_come_later_say_so(key: str) -> None:
    assert call_mistakes(f"{{call: users.f, {key}: x}}") == [f"BFF109 `{key}` of a call is not there yet [{key}]"]


def test_a_call_that_yaml_cuts_at_its_commas_is_shown_in_block_form() -> None:
    (found,) = call_mistakes('{call: users.f(a=1, b=[x, "y, z"]), on_error: null}'.replace('[x, "y, z"]', "f(2)"))
    assert found.startswith("BFF115 YAML cuts this mapping at every comma")
    assert found.endswith("block form:\ncall: users.f(a=1, b=f(2))\non_error: null")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("null", [("else", Default)]),
        ("fail", [("else", Fail)]),
        ("pass", [("else", Pass)]),
        ("{default: x}", [("else", Default)]),
        ("{status: 404, detail: no user}", [("else", Answer)]),
        ("{status: 200, body: {a: 1}}", [("else", Answer)]),
        (
            "{404: null, '410': pass, 5xx: fail, 4XX: null, timeout: {default: 1}, else: {status: 503}}",
            [(404, Default), (410, Pass), ("5xx", Fail), ("4xx", Default), ("timeout", Default), ("else", Answer)],
        ),
    ],
)
def test_on_error(written: str, expected: list[tuple[object, type]]) -> None:
    entries = call(f"{{call: users.f, on_error: {written}}}").on_error
    assert [(entry.when, type(entry.reaction)) for entry in entries] == expected


def test_an_own_answer_has_its_parts() -> None:
    (entry,) = call('{call: users.f, on_error: {status: 404, detail: "no {b}", extra: {code: 7}}}').on_error
    reaction = entry.reaction
    assert isinstance(reaction, Answer) and reaction.detail is not None
    code = reaction.extra["code"]
    assert (reaction.status, reaction.detail.text, reaction.body) == (404, "no {b}", None)
    assert isinstance(code, Const) and code.value == 7


@pytest.mark.parametrize(
    ("written", "codes"),
    [
        ('"null"', ["BFF104"]),
        ("0", ["BFF104"]),
        ("[]", ["BFF104"]),
        ("{}", ["BFF104"]),
        ("{use: other, status: 404}", ["BFF104"]),
        ("{detail: no}", ["BFF105"]),
        ("{status: 200}", ["BFF110"]),
        ("{status: 404, detail: x, body: y}", ["BFF104"]),
        ("{default: 1, status: 404}", ["BFF104"]),
        ("{teapot: null, 4x: null, 99: null}", ["BFF102"] * 3),
        ("{404: {default: x}, 404: null}", ["BFF103"]),
        ("{status: 404, extra: {title: x}}", ["BFF108"]),
    ],
)
def test_mistakes_in_on_error(written: str, codes: list[str]) -> None:
    found = call_mistakes(f"{{call: users.f, on_error: {written}}}")
    assert [line.split()[0] for line in found] == codes


def test_guards() -> None:
    found = call("{call: users.f, require: [{that: c.ok, status: 404, detail: no}, {that: true, status: 409}]}")
    assert [(guard.status, type(guard.that)) for guard in found.require] == [(404, Expr), (409, Const)]


@pytest.mark.parametrize(
    ("written", "codes"),
    [
        ("[{that: x}]", ["BFF105"]),
        ("[{that: x, status: 200}]", ["BFF110"]),
        ("{that: x, status: 404}", ["BFF104"]),
        ("[x]", ["BFF104"]),
        ("[{that: x, status: 404, detial: y}]", ["BFF102"]),
    ],
)
def test_mistakes_in_guards(written: str, codes: list[str]) -> None:
    assert [line.split()[0] for line in call_mistakes(f"{{call: users.f, require: {written}}}")] == codes


def test_after_takes_names() -> None:
    assert [name for name, _ in call("{call: users.f, after: [x, y]}").after] == ["x", "y"]
    assert [name for name, _ in call("{call: users.f, after: x}").after] == ["x"]
