"""A server's overview: lists sorted and filtered, unions of channels, emojis that may fail."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from .running import Answer, Running, running

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sockets are handed down as on POSIX")


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running("discord", tmp_path_factory.mktemp("discord"), ["discord"]) as started:
        yield started


def ask(servers: Running, number: int) -> Answer:
    return servers.ask("GET", f"/servers/{number}", Authorization="Bot token")


def test_a_server(servers: Running) -> None:
    view = ask(servers, 1).body
    assert (view["name"], view["owner"], view["members"], view["online"]) == ("Friends", "80351110224678912", 12, 3)
    assert view["features"] == ["COMMUNITY", "SOMETHING_NEW"]
    assert [(one["name"], one["parent"], one["topic"]) for one in view["channels"]] == [
        ("Text", None, None),
        ("news", "10", None),
        ("general", "10", "hello"),
    ]
    assert [(one["name"], one["emoji"]) for one in view["roles"]] == [("@everyone", None), ("crown", "👑")]
    assert view["emojis"] == [{"id": "30", "name": "party", "animated": True}]


def test_without_emojis(servers: Running) -> None:
    answer = ask(servers, 2)
    assert (answer.status, answer.headers["Gateway-Degraded"]) == (200, "emojis")
    assert (answer.body["emojis"], answer.body["channels"]) == (None, [])


def test_what_fails_the_view(servers: Running) -> None:
    assert servers.ask("GET", "/servers/1").status == 401  # the client's own token
    unknown = ask(servers, 3)
    assert (unknown.status, unknown.body["detail"]) == (404, "no server 3")
