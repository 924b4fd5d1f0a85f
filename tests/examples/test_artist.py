"""An artist's page and a playlist: pages, batches of ids in one text, a union told apart, a part that may fail."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from .running import Answer, Running, running

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sockets are handed down as on POSIX")


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running("artist", tmp_path_factory.mktemp("artist"), ["spotify"]) as started:
        yield started


def ask(music: Running, target: str) -> Answer:
    return music.ask("GET", target, Authorization="Bearer token")


def test_the_artist_whose_name_it_is(music: Running) -> None:
    music.received("spotify")
    page = ask(music, "/artists?name=band").body
    assert (page["id"], page["name"], page["alsoFound"]) == ("a2", "Band", ["The Band"])
    assert (page["cover"], page["followers"]) == ({"url": "320.jpg"}, 12)
    assert [one["name"] for one in page["topTracks"]] == ["0", "1", "2", "3", "4"]
    assert page["topTracks"][0] == {
        "id": "t-0",
        "name": "0",
        "explicit": False,
        "seconds": 61,
        "album": "Album 1",
        "artists": "The Band, Band",
    }
    assert (len(page["albums"]), page["singles"]) == (22, 1)
    assert page["albums"][0] == {
        "id": "b21",
        "name": "Album 21",
        "year": 1991,
        "tracks": 2,
        "label": "Label of b21",
        "minutes": 3,
    }
    asked = music.received("spotify")
    assert sum("/artists/a2/albums?" in target for target in asked) == 3
    assert sum("/albums?ids=" in target for target in asked) == 2


def test_a_page_without_the_top_tracks(music: Running) -> None:
    answer = ask(music, "/artists?name=The%20Band")
    assert (answer.status, answer.headers["Gateway-Degraded"], answer.body["topTracks"]) == (200, "tracks", [])


def test_nobody_of_that_name(music: Running) -> None:
    answer = ask(music, "/artists?name=nobody")
    assert (answer.status, answer.body["detail"]) == (404, "nobody is called nobody")
    assert music.ask("GET", "/artists?name=band").status == 401  # the client's own token


def test_all_of_a_playlist(music: Running) -> None:
    page = ask(music, "/playlists/p1").body
    assert (page["name"], page["owner"], page["cover"]) == ("Mix", "me", {"url": "only.jpg"})
    assert [one["name"] for one in page["tracks"]] == [f"{number}" for number in range(51)]
    assert page["episodes"] == [{"id": "e1", "name": "Talk", "show": "The Show"}]
    assert (page["gone"], page["minutes"]) == (1, (51 * 61_500 + 600_000) // 60_000)


def test_no_such_playlist(music: Running) -> None:
    assert ask(music, "/playlists/p2").body["detail"] == "no playlist p2"
