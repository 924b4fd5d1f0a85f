"""Airflow's pages over its public API: every answer is one that Airflow's own private document describes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from .running import ROOT, Answer, Running, running

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sockets are handed down as on POSIX")


@cache
def contract() -> Any:
    return yaml.load((ROOT / "specs/airflow/_private_ui.yaml").read_text("utf-8"), yaml.CSafeLoader)


def ask(pages: Running, target: str) -> Answer:
    """The answer, which has to be one of the contract."""
    answer = pages.ask("GET", target, Authorization="Bearer token")
    operation = contract()["paths"][target.partition("?")[0]]["get"]
    if answer.status == 200:
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        Draft202012Validator({**schema, "components": contract()["components"]}).validate(answer.body)
    return answer


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running("airflow", tmp_path_factory.mktemp("airflow"), ["airflow"]) as started:
        yield started


def test_dags_with_their_latest_runs(pages: Running) -> None:
    answer = ask(pages, "/ui/dags?dag_runs_limit=2&tags=etl")
    assert answer.headers["Gateway-Degraded"] == "dags"  # the details of one of them
    assert answer.body["total_entries"] == 3
    copy, wait, shy = answer.body["dags"]
    assert (copy["dag_id"], copy["dag_display_name"], copy["fileloc"]) == ("copy", "Copy", "/dags/copy.py")
    assert [(run["id"], run["run_id"], run["state"]) for run in copy["latest_dag_runs"]] == [
        (0, "run-0", "success"),
        (1, "run-1", "success"),
    ]
    assert copy["asset_expression"] == {"all": [{"asset": {"uri": "s3://x"}}]}
    assert (copy["is_favorite"], copy["pending_actions"]) == (True, [])
    assert [one["subject"] for one in wait["pending_actions"]] == ["Go on?"]
    assert wait["pending_actions"][0]["params"] == {"a": 1}
    assert (shy["is_favorite"], shy["asset_expression"]) == (False, None)


def test_some_of_the_dags(pages: Running) -> None:
    waiting = ask(pages, "/ui/dags?has_pending_actions=true").body["dags"]
    assert [dag["dag_id"] for dag in waiting] == ["wait"]
    pages.received("airflow")
    named = ask(pages, "/ui/dags?dag_ids=copy&dag_ids=shy&has_pending_actions=false&limit=2").body["dags"]
    assert [dag["dag_id"] for dag in named] == ["copy"]
    assert sum("/dagRuns?" in target for target in pages.received("airflow")) == 1
    assert ask(pages, "/ui/dags?limit=101").status == 422


def test_counts_of_the_dashboard(pages: Running) -> None:
    assert ask(pages, "/ui/dashboard/dag_stats").body == {
        "active_dag_count": 3,
        "failed_dag_count": 1,
        "running_dag_count": 1,
        "queued_dag_count": 0,
    }


def test_metrics_of_a_time(pages: Running) -> None:
    found = ask(pages, "/ui/dashboard/historical_metrics_data?start_date=2026-11-01T00:00:00Z").body
    assert found["dag_run_states"] == {"queued": 0, "running": 0, "success": 1000, "failed": 2}
    assert all(count == len(state) for state, count in found["task_instance_states"].items())
    assert len(found["task_instance_states"]) == 14
    assert (found["dag_run_counts_are_lower_bounds"], found["task_instance_counts_are_lower_bounds"]) == (True, False)


def test_what_is_refused(pages: Running) -> None:
    refused = ask(pages, "/ui/dashboard/historical_metrics_data?start_date=yesterday")
    assert (refused.status, refused.body["detail"]) == (400, "start_date is no date-time: yesterday")
    assert pages.ask("GET", "/ui/dashboard/dag_stats").status == 401  # the client's own token
