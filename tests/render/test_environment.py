"""Templates print code and nothing else."""

from __future__ import annotations

import ast
from typing import Any

import jinja2
import pytest

from bffgen.render.code import identifier, literal
from bffgen.render.environment import guarded, lint, templates

EVIL = 'evil"; import os #'
ENV = guarded(
    jinja2.DictLoader(
        {
            "inc": "[{{ a }}]",
            "base": "<{% block b %}x{% endblock %}>",
        }
    )
)
WAYS = (
    "{{ a }}",
    "{% macro m(x) %}<{{ x }}>{% endmacro %}{{ m(a) }}",
    "{% macro m() %}<{{ caller() }}>{% endmacro %}{% call m() %}{{ a }}{% endcall %}",
    "{% set b %}{{ a }}{% endset %}{{ b }}",
    '{% extends "base" %}{% block b %}{{ super() }}{{ a }}{% endblock %}',
    '{% include "inc" %}',
    '{{ xs|join(", ") }}',
    "{{ a|indent(4) }}",
    "{{ a + a }}",
    "{{ a if a else a }}",
    "{% for x in xs %}{{ x }}{% endfor %}",
    "{{ xs|first }}",
    "{{ a|default(a) }}",
)


@pytest.mark.parametrize("source", WAYS)
def test_every_way_to_print_takes_code_and_refuses_text(source: str) -> None:
    assert "good" in ENV.from_string(source).render(a=identifier("good"), xs=[identifier("good")])
    for value in (EVIL, type("Q", (str,), {})(EVIL), True, None, 1.5, [EVIL], object()):
        if value is True and "+" in source:
            continue  # two of them are a number
        with pytest.raises(TypeError):
            ENV.from_string(source).render(a=value, xs=[value])


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        ENV.from_string("{{ nothing }}").render()


def test_later_lines_are_indented_and_empty_ones_stay_empty() -> None:
    made = ENV.from_string("    {{ a|indent(4) }}").render(a=literal("x") + identifier("a"))
    assert made == '    "x"a'
    code = ENV.from_string("{% set b %}a\n\nb{% endset %}if x:\n    {{ b|indent(4) }}\n").render()
    assert code == "if x:\n    a\n\n    b\n"
    ast.parse(code)


@pytest.mark.parametrize(
    "source",
    ["{{ a ~ b }}", "{{ a % b }}", "{% filter upper %}x{% endfilter %}", "{% autoescape true %}{% endautoescape %}",
     "{{ a|upper }}", "{{ a|safe }}", "{{ a.upper() }}", "{% include a %}", "{% extends a %}", "{{ a is mapping }}",
     "{% import a as b %}", "{{ a * 3 }}", "{{ [a]|map('upper') }}", "x\n" * 81,
     "{% if a %}\n{% if b %}\n{% if c %}\n{% if d %}\n{% endif %}\n{% endif %}\n{% endif %}\n{% endif %}\n"],
)  # fmt: skip
def test_the_lint_finds_what_a_template_may_not_do(source: str) -> None:
    try:
        assert lint(source)
    except jinja2.TemplateSyntaxError:
        pass  # a filter or test that does not exist at all


TEMPLATES = sorted(path.relative_to(templates()).as_posix() for path in templates().rglob("*.jinja"))


@pytest.mark.parametrize("name", TEMPLATES)
def test_our_templates_keep_to_the_rules(name: str) -> None:
    assert lint((templates() / name).read_text("utf-8")) == []


def test_the_templates_are_found() -> None:
    assert (templates() / "runtime").is_dir()


def test_lint_passes_what_is_allowed() -> None:
    fine: list[Any] = [source for source in WAYS if lint(source)]
    assert fine == []
