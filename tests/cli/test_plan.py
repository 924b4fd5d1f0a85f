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
    assert _steps(plan) == {"product": 1, "price": 1, "reviews": 1}
    assert len(plan["critical_path"]) == 1
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
