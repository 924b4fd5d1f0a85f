"""Each case against a generated gateway, and against the control, which must fail where the case says so.

A case in `cases/*.yaml`:

    name, fact    what it is, and the fact or case of the threat model that it stands for
    request       `GET /path`, or `raw`: steps as in `wire.play`; `headers`, `json`: what goes with it
    times         so many such requests, one after the other (1); `at_once`: so many at the same time
    backends      a, b, c: scripts, one a request, the last for all that follow; `refuse`; else a good answer
    expect        status (one or several), body (JSON), contains (a text), within (seconds),
                  complete (false: the answer breaks off),
                  has (a header), problem (false: what is passed through needs not be one of ours),
                  absent (headers that must not be there, texts that must not be there), memory (MB more),
                  paths (what a backend was asked, first lines),
                  sent_only (the first line that it may be asked, if any), sent_absent (texts that no backend may see),
                  calls (how many requests a backend saw)
    naive         `fails: why`: the control must not pass; `same`: it passes, too (problem documents aside)
    waits_for     a branch that has to be merged before: not run yet

Beyond what a case says, every answer is whole, in time, tells nothing of the backends; no backend is left with
a request that nobody waits for; and the next request is answered.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from .gateways import Running
from .wire import Backend, Seen, Steps, ask

Case = dict[str, Any]

CASES: list[Case] = [
    {"area": path.stem, **case}
    for path in sorted(Path(__file__).parent.glob("cases/*.yaml"))
    for case in yaml.load(path.read_text(), yaml.CSafeLoader)
]
GOOD: list[Steps] = [[{"json": {"id": 1, "name": "good"}}]]
_MARGIN = 3.0  # seconds within which every answer must be there, unless a case says less
_LEAKS = ("Traceback", 'File "', "127.0.0.1", "httpx", "SECRET")


def _id(case: Case) -> str:
    return f"{case['area']}-{case['name'].replace(' ', '-')}"


_RUN = [case for case in CASES if "waits_for" not in case]


@pytest.mark.parametrize("case", _RUN, ids=_id)
def test_survives(case: Case, ours: Running, backends: dict[str, Backend], loop: asyncio.Runner) -> None:
    loop.run(_run(case, ours, backends))


@pytest.mark.parametrize("case", _RUN, ids=_id)
def test_control(case: Case, naive: Running, backends: dict[str, Backend], loop: asyncio.Runner) -> None:
    if case["naive"] == "same":
        loop.run(_run(case, naive, backends))
        return
    try:
        loop.run(_run(case, naive, backends))
    except AssertionError:
        return
    pytest.fail(f"empty test: the control passes, too, though {case['naive']['fails']}")


async def _run(case: Case, gateway: Running, backends: dict[str, Backend]) -> None:
    for name, backend in backends.items():
        await backend.set(case.get("backends", {}).get(name, GOOD))
    expect = case["expect"]
    if "memory" in expect:
        before = gateway.memory()
        gateway.forget_peak()
    steps, within = _request(case), expect.get("within", _MARGIN)
    for _ in range(case.get("times", 1)):
        for seen in await asyncio.gather(
            *(ask(gateway.port, steps, within + 0.2) for _ in range(case.get("at_once", 1)))
        ):
            _check(seen, expect, within, problems=gateway.name == "ours")
    if "memory" in expect:
        grown = gateway.memory("VmHWM") - before
        assert grown <= expect["memory"], f"{grown:.0f} MB more"
    await _nothing_is_left(backends)
    _check_sent(expect, backends)
    for backend in backends.values():
        await backend.set(GOOD)
    after = await ask(gateway.port, _request({"request": "GET /fan/2"}), 5)
    assert (after.status, json.loads(after.body)) == (200, {"names": ["good", "good"], "third": "good"}), after


def _request(case: Case) -> Steps:
    if "raw" in case:
        return case["raw"]  # type: ignore[no-any-return]
    body = json.dumps(case["json"]) if "json" in case else ""
    fields = {"Host": "gateway.test", "Connection": "close", **case.get("headers", {})}
    if body:
        fields |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = [f"{case['request']} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return [{"send": "\r\n".join([*lines, "", body])}]


def _check(seen: Seen, expect: dict[str, Any], within: float, *, problems: bool) -> None:
    statuses = expect["status"] if isinstance(expect["status"], list) else [expect["status"]]
    assert seen.status in statuses, seen
    assert expect.get("complete", True) in (seen.complete, "any"), seen
    assert seen.seconds <= within, seen
    if "body" in expect:
        assert json.loads(seen.body) == expect["body"], seen
    assert expect.get("contains", "") in seen.body.decode("latin-1"), seen
    assert "has" not in expect or expect["has"] in seen.headers, seen
    if problems and seen.status >= 400 and expect.get("problem", True):
        assert seen.headers["content-type"] == "application/problem+json", seen
        assert json.loads(seen.body)["status"] == seen.status
    text = seen.body.decode("latin-1") + str(seen.headers)
    for leak in (*_LEAKS, *expect.get("absent", [])):
        assert leak not in text and leak.lower() not in seen.headers, f"{leak}: {seen}"


def _check_sent(expect: dict[str, Any], backends: dict[str, Backend]) -> None:
    for name, count in expect.get("calls", {}).items():
        assert len(backends[name].requests) == count, backends[name].requests
    for name, paths in expect.get("paths", {}).items():
        lines = [one.split(b"\r\n")[0].decode("latin-1").removesuffix(" HTTP/1.1") for one in backends[name].requests]
        assert lines == paths
    for name, line in expect.get("sent_only", {}).items():
        assert all(one.startswith(f"{line} ".encode()) for one in backends[name].requests), backends[name].requests
    for backend in backends.values():
        for request in backend.requests:
            for text in expect.get("sent_absent", []):
                assert text.lower() not in request.decode("latin-1").lower(), request


async def _nothing_is_left(backends: dict[str, Backend]) -> None:
    """Soon after the answer no backend works on a request any more: the gateway has hung up."""
    for _ in range(20):
        if not any(backend.busy for backend in backends.values()):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("a backend is left with a request that nobody waits for")
