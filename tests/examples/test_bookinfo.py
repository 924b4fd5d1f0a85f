"""Bookinfo as it is run: three real backends and the emitted gateway, each a process on loopback."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bffgen.dev.server import listen, start_gateway, url_of, url_variables

ROOT = Path(__file__).resolve().parents[2]
SPEC = ROOT / "specs/bookinfo/bookinfo.yaml"
NAMES = ("details", "reviews", "ratings")
SECONDS = 30.0

SERVE = """
import socket, sys, uvicorn
from importlib import import_module
sys.path.insert(0, sys.argv[1])
config = uvicorn.Config(import_module(sys.argv[2]).app, log_level="warning")
uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[3]))])
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sockets are handed down as on POSIX")


class Bookinfo:
    """The running gateway over its running backends."""

    def __init__(self, folder: Path) -> None:
        project = folder / "out"
        command = [sys.executable, "-m", "bffgen", "generate", str(SPEC), "-q", "-o", str(project)]
        subprocess.run(command, check=True)
        sockets = {name: listen() for name in NAMES}
        own = listen()
        self.url = url_of(own)
        self.backends = {
            name: subprocess.Popen(
                [sys.executable, "-c", SERVE, str(SPEC.parent / "backends"), name, str(opened.fileno())],
                pass_fds=[opened.fileno()],
            )
            for name, opened in sockets.items()
        }
        with (folder / "gateway.log").open("w") as log:
            self.gateway = start_gateway(project, own, url_variables("bookinfo", sockets), log)
        for opened in (*sockets.values(), own):
            opened.close()  # the processes hold them: a port of one that ends refuses

    def page(self, query: str = "") -> tuple[Any, str | None]:
        """The answer, and which of its parts the gateway says are degraded."""
        with urllib.request.urlopen(f"{self.url}/productpage{query}", timeout=SECONDS) as answer:
            return json.loads(answer.read()), answer.headers["Gateway-Degraded"]

    def whole_page(self) -> Any:
        """The answer once every process has started: until then a part may be late."""
        for _ in range(20):
            page, degraded = self.page()
            if degraded is None:
                return page
        raise AssertionError(f"still degraded: {degraded}")

    def end(self, name: str) -> None:
        self.backends[name].terminate()
        self.backends[name].wait(SECONDS)

    def close(self) -> None:
        self.gateway.stop()
        for name in NAMES:
            self.end(name)


@pytest.fixture
def bookinfo(tmp_path: Path) -> Iterator[Bookinfo]:
    started = Bookinfo(tmp_path)
    yield started
    started.close()


def test_the_page_lives_while_its_services_go_down_one_by_one(bookinfo: Bookinfo) -> None:
    page = bookinfo.whole_page()
    assert page["product"] == {"id": 0, "title": "The Comedy of Errors"}
    assert (page["detailsStatus"], page["reviewsStatus"]) == (200, 200)
    assert page["details"]["isbn13"] == "123-1234567890"
    assert "error" not in page["details"]
    assert [review["rating"] for review in page["reviews"]] == [{"stars": 5}, {"stars": 4}]

    bookinfo.end("ratings")
    page, degraded = bookinfo.page()
    assert degraded == "ratings"
    assert [review["reviewer"] for review in page["reviews"]] == ["Reviewer1", "Reviewer2"]
    assert [review["rating"] for review in page["reviews"]] == [{"error": "ratings are currently unavailable"}] * 2

    bookinfo.end("details")
    page, degraded = bookinfo.page()
    assert degraded == "details, ratings"
    assert page["detailsStatus"] == 503
    assert page["details"] == {"error": "details are currently unavailable"}
    assert page["reviewsStatus"] == 200

    bookinfo.end("reviews")
    page, degraded = bookinfo.page()
    assert (page["reviewsStatus"], page["reviews"]) == (503, None)


def test_an_unknown_book_is_the_clients_mistake(bookinfo: Bookinfo) -> None:
    bookinfo.whole_page()
    with pytest.raises(urllib.error.HTTPError) as refused:
        bookinfo.page("?product_id=7")
    problem = json.loads(refused.value.read())
    refused.value.close()
    assert refused.value.code == 404
    assert (problem["status"], problem["call"]) == (404, "details")
    assert "localhost" not in json.dumps(problem) and "127.0.0.1" not in json.dumps(problem)
