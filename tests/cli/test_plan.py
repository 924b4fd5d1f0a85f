"""`plan`, over the storefront's endpoints."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import ROOT, Run

STOREFRONT = ROOT / "specs/storefront/storefront.yaml"


@pytest.fixture
def plans(bffgen: Run) -> dict[str, Any]:
    done = bffgen("plan", STOREFRONT, "--format", "json")
    assert done.returncode == 0, done.stderr
    return {plan["endpoint"]: plan for plan in json.loads(done.stdout)}


def _steps(plan: dict[str, Any]) -> dict[str, int]:
    return {call["name"]: call["step"] for call in plan["calls"]}


def test_independent_calls_share_a_step(plans: dict[str, Any]) -> None:
    plan = plans["GET /products/{product_id}"]
    assert _steps(plan) == {"product": 1, "price": 1, "reviews": 1, "authors": 2}
    assert plan["critical_path"] == ["reviews", "authors"]
    assert plan["deadline"] == 2.0


def test_data_makes_order(plans: dict[str, Any]) -> None:
    assert plans["GET /products"]["critical_path"] == ["found", "prices"]
    customer = plans["GET /customers/{customer_id}"]
    assert _steps(customer) == {"customer": 1, "written": 2, "favourite": 2}


def test_a_write_waits_for_the_guards_above_it(plans: dict[str, Any]) -> None:
    plan = plans["POST /products/{product_id}/reviews"]
    review = next(call for call in plan["calls"] if call["name"] == "review")
    assert review["write"]
    assert review["after"] == ["product", "author"]
    assert plan["critical_path"][-2:] == ["review", "summary"]
    assert {"201", "404", "409", "422", "502", "504"} <= set(plan["statuses"])


def test_text_names_calls_policies_and_the_critical_path(bffgen: Run) -> None:
    done = bffgen("plan", STOREFRONT, "-e", "GET /products")
    assert done.stdout.startswith("GET /products   within 5 s\n")
    assert "pricing.listPrices" in done.stdout
    assert "found -> prices" in done.stdout
    assert "customers" not in done.stdout


def test_mermaid_is_a_flowchart_with_every_edge(bffgen: Run) -> None:
    lines = bffgen("plan", STOREFRONT, "-e", "searchProducts", "--format", "mermaid").stdout.splitlines()
    assert lines[0] == "flowchart LR"
    assert "    e0_found --> e0_prices" in lines
    assert "    e0_prices -.-> e0_out" in lines


def test_an_unknown_endpoint_is_exit_code_2(bffgen: Run) -> None:
    done = bffgen("plan", STOREFRONT, "-e", "GET /product")
    assert done.returncode == 2
    assert "did you mean `GET /products`?" in done.stderr


BLOCKS = ROOT / "tests/cases/projects/blocks/spec.yaml"


def test_calls_of_a_block_stand_below_it_with_what_it_is_repeated_over(bffgen: Run) -> None:
    text = bffgen("plan", BLOCKS).stdout
    assert "rows        (prisoner, room, visitors)  required, for v in visits, at most 20" in text
    assert "\n            visitors  (person, bans) " in text
    assert "\n              bans    prison.listBans " in text
    [plan] = json.loads(bffgen("plan", BLOCKS, "--format", "json").stdout)
    rows = next(call for call in plan["calls"] if call["name"] == "rows")
    assert (rows["for"], rows["limit"], rows["step"]) == ("visits", 20, 2)
    assert [call["name"] for call in rows["calls"]] == ["prisoner", "room", "visitors"]
    assert (
        "    e0_rows_visitors_person --> e0_rows_visitors_bans"
        in bffgen("plan", BLOCKS, "--format", "mermaid").stdout.splitlines()
    )


def test_costs_are_counted_over_loops_and_chains(bffgen: Run) -> None:
    [plan] = json.loads(bffgen("plan", BLOCKS, "--format", "json").stdout)
    # visits; 20 rows of 2 calls and 9 visitors of 2; 20 by id; 2 extra
    assert plan["costs"]["calls_at_least"] == 1
    assert plan["costs"]["calls_at_most"] == 1 + 20 * (2 + 9 * 2) + 20 + 2
    # visits, then 20 rows, 8 at a time: a prisoner, then 9 visitors, 8 at a time, of two calls each
    assert plan["costs"]["hops"] == 1 + 3 * (1 + 2 * 2)
    assert plan["costs"]["seconds"] == 2 + 3 * 2  # twenty people by id take longer than rows that have 1 s


def test_what_nothing_bounds_has_no_number(plans: dict[str, Any]) -> None:
    assert plans["GET /products/{product_id}"]["costs"]["calls_at_most"] is None
    assert plans["GET /products/{product_id}"]["costs"]["calls_at_least"] == 3
