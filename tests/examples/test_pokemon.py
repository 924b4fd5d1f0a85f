"""A Pokémon's card: an id out of an address, types one by one, texts in the language asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from .running import Running, running

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sockets are handed down as on POSIX")


@pytest.fixture(scope="module")
def cards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running("pokemon", tmp_path_factory.mktemp("pokemon"), ["pokeapi"]) as started:
        yield started


def test_a_card(cards: Running) -> None:
    assert cards.ask("GET", "/cards/Charizard").body == {
        "id": 6,
        "name": "charizard",
        "is_legendary": False,
        "is_mythical": False,
        "title": "charizard",
        "genus": "Flame Pokémon",
        "text": "Spits fire that is hot enough to melt boulders. Known to cause forest fires.",
        "image": "https://raw/6.png",
        "habitat": None,
        "metres": 1.7,
        "kilograms": 90.5,
        "types": ["fire", "flying"],
        "stats": {"hp": 78, "special-attack": 109},
        "total": 187,
        "abilities": [{"name": "solar-power", "hidden": True}],
        "weaknesses": ["electric", "rock", "water"],
        "evolution": {"first": "charmander", "then": ["charmeleon"], "last": ["charizard"]},
    }


def test_in_another_language(cards: Running) -> None:
    card = cards.ask("GET", "/cards/charizard?language=de").body
    assert (card["title"], card["genus"], card["text"]) == ("Glurak", "Flammen-Pokémon", None)


def test_the_id_inside_of_an_address(cards: Running) -> None:
    cards.received("pokeapi")
    cards.ask("GET", "/cards/charizard")
    assert sorted(cards.received("pokeapi")) == [
        "GET /api/v2/evolution-chain/2/",
        "GET /api/v2/pokemon-species/charizard/",
        "GET /api/v2/pokemon/charizard/",
        "GET /api/v2/type/fire/",
        "GET /api/v2/type/flying/",
    ]


def test_a_card_without_its_evolution(cards: Running) -> None:
    answer = cards.ask("GET", "/cards/farfetchd")
    assert (answer.status, answer.headers["Gateway-Degraded"], answer.body["evolution"]) == (200, "chain", None)


def test_an_unknown_name(cards: Running) -> None:
    answer = cards.ask("GET", "/cards/Nobody")
    assert (answer.status, answer.body["detail"]) == (404, "no Pokémon Nobody")
