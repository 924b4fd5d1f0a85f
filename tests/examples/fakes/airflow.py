"""Airflow's public API with three dags; `wait` waits for somebody, and `shy` does not tell its details."""

from __future__ import annotations

from typing import Annotated, Any

from fake import fake
from fastapi import Header, Query
from fastapi.responses import JSONResponse, Response

airflow = fake()

Texts = Annotated[list[str], Query(default_factory=list)]

NOW = "2026-11-24T15:00:00Z"
STATES = {"copy": "success", "wait": "running", "shy": "failed"}


def dag(name: str) -> dict[str, Any]:
    nulls = ["last_parsed_time", "last_parse_duration", "last_expired", "bundle_version", "description"]
    nulls += ["next_dagrun_logical_date", "next_dagrun_data_interval_start", "next_dagrun_data_interval_end"]
    nulls += ["next_dagrun_run_after", "timetable_description", "max_active_runs", "relative_fileloc"]
    flags = ["is_paused", "is_stale", "timetable_partitioned", "has_task_concurrency_limits", "has_import_errors"]
    found: dict[str, Any] = {"dag_id": name, "dag_display_name": name.title(), "bundle_name": "dags-folder"}
    found |= dict.fromkeys(nulls) | dict.fromkeys(flags, False) | {"fileloc": f"/dags/{name}.py", "file_token": "t"}
    found |= {"timetable_summary": "@daily", "timetable_periodic": True, "max_active_tasks": 16, "owners": ["me"]}
    found |= {"max_consecutive_failed_dag_runs": 0, "is_backfillable": True, "allowed_run_types": ["manual"]}
    return {**found, "tags": [{"name": "etl", "dag_id": name, "dag_display_name": name.title()}]}


@airflow.get("/api/v2/dags")
async def get_dags(
    limit: int,
    tags: Texts,
    offset: int = 0,
    paused: bool | None = None,
    last_dag_run_state: str | None = None,
    authorization: str = Header(""),
) -> Response:
    if authorization != "Bearer token":
        return JSONResponse({"detail": "Invalid token"}, 401)
    found = [name for name, state in STATES.items() if last_dag_run_state in (None, state) and tags in ([], ["etl"])]
    return JSONResponse({"dags": [dag(name) for name in found][offset : offset + limit], "total_entries": len(found)})


@airflow.get("/api/v2/dags/{name}/details")
async def details(name: str) -> Response:
    if name == "shy":
        return JSONResponse({"detail": "down"}, 500)
    nulls = ["dag_run_timeout", "doc_md", "start_date", "end_date", "is_paused_upon_creation", "params"]
    nulls += ["template_search_path", "timezone", "last_parsed", "default_args", "latest_dag_version"]
    extra = {"asset_expression": {"all": [{"asset": {"uri": "s3://x"}}]}, "catchup": False, "concurrency": 16}
    return JSONResponse(
        {**dag(name), **dict.fromkeys(nulls), **extra, "is_favorite": True, "render_template_as_native_obj": False}
    )


def run(name: str, number: int) -> dict[str, Any]:
    nulls = ["data_interval_start", "data_interval_end", "last_scheduling_decision", "triggering_user_name", "conf"]
    nulls += ["note", "bundle_version", "partition_key", "partition_date", "end_date", "duration", "triggered_by"]
    found = {"dag_run_id": f"run-{number}", "dag_id": name, "dag_display_name": name, "run_type": "manual"}
    times = dict.fromkeys(["logical_date", "queued_at", "start_date", "run_after"], NOW)
    return {**found, **dict.fromkeys(nulls), **times, "state": STATES[name], "dag_versions": []}


@airflow.get("/api/v2/dags/{name}/dagRuns")
async def runs(
    name: str,
    limit: int,
    order_by: Texts,
    state: Texts,
    cursor: str | None = None,
    start_date_gte: str | None = None,
) -> Any:
    if name == "~":
        assert (cursor, start_date_gte, limit) == ("", "2026-11-01T00:00:00+00:00", 1)
        count = {"success": 1000, "failed": 2}.get(state[0], 0)
        return {"dag_runs": [], "total_entries": count, "total_entries_limit": 1000}
    assert order_by == ["-run_after"]
    return {"dag_runs": [run(name, number) for number in range(limit)], "total_entries": 99}


@airflow.get("/api/v2/dags/~/dagRuns/~/taskInstances")
async def task_instances(state: Texts) -> Any:
    return {"task_instances": [], "total_entries": len(state[0]), "total_entries_limit": 1000}


@airflow.get("/api/v2/dags/~/dagRuns/~/hitlDetails")
async def hitl(response_received: bool, state: Texts) -> Any:
    assert (response_received, state) == (False, ["deferred"])
    nulls = ["start_date", "end_date", "duration", "hostname", "unixname", "queue", "priority_weight", "operator"]
    nulls += ["operator_name", "queued_when", "scheduled_when", "pid", "executor", "note", "rendered_map_index"]
    nulls += ["trigger", "triggerer_job", "dag_version", "logical_date"]
    task: dict[str, Any] = {"id": "3fa85f64-5717-4562-b3fc-2c963f66afa6", "task_id": "ask", "dag_id": "wait"}
    task |= {"dag_run_id": "run-0", "map_index": -1, "run_after": NOW, "state": "deferred", "try_number": 1}
    task |= {"max_tries": 0, "task_display_name": "ask", "dag_display_name": "Wait", "pool": "default_pool"}
    task |= {"pool_slots": 1, "executor_config": "{}", **dict.fromkeys(nulls)}
    one = {"options": ["yes", "no"], "subject": "Go on?", "created_at": NOW, "task_instance": task, "params": {"a": 1}}
    return {"hitl_details": [one], "total_entries": 1}
