"""PokéAPI with Charizard, whose chain has three stages; Farfetch'd's chain is down."""

from __future__ import annotations

from typing import Any

from fake import fake
from fastapi.responses import JSONResponse, Response

pokeapi = fake()
API = "https://pokeapi.co/api/v2"

FIRE = {"double_damage_from": ["ground", "rock", "water"], "half_damage_from": ["fire", "grass", "ice", "steel"]}
FLYING = {"double_damage_from": ["electric", "ice", "rock"], "half_damage_from": ["fighting", "bug", "grass"]}
TYPES = {"fire": FIRE, "flying": {**FLYING, "no_damage_from": ["ground"]}}


def named(kind: str, name: str) -> dict[str, str]:
    return {"name": name, "url": f"{API}/{kind}/{name}/"}


def stat(name: str, base: int) -> dict[str, Any]:
    return {"base_stat": base, "effort": 0, "stat": named("stat", name)}


@pokeapi.get("/api/v2/pokemon/{name}/")
async def pokemon(name: str) -> Response:
    if name not in ("charizard", "farfetchd"):
        return Response("Not Found", 404, media_type="text/plain")
    lists = ["forms", "game_indices", "held_items", "moves", "past_abilities", "past_stats", "past_types"]
    found: dict[str, Any] = {"id": 6, "name": name, "height": 17, "weight": 905, "base_experience": 267, "order": 7}
    found |= {"is_default": True, "location_area_encounters": f"{API}/pokemon/6/encounters"}
    found |= {"species": named("pokemon-species", name), "cries": {"latest": None, "legacy": None}}
    found["sprites"] = {"front_default": "https://raw/6.png", "back_default": None, "other": {}}
    found["types"] = [{"slot": 2, "type": named("type", "flying")}, {"slot": 1, "type": named("type", "fire")}]
    found["stats"] = [stat("hp", 78), stat("special-attack", 109)]
    found["abilities"] = [{"is_hidden": True, "slot": 3, "ability": named("ability", "solar-power")}]
    return JSONResponse({**found, **dict.fromkeys(lists, [])})


def entry(language: str, **parts: Any) -> dict[str, Any]:
    return {"language": named("language", language), **parts}


@pokeapi.get("/api/v2/pokemon-species/{name}/")
async def species(name: str) -> Any:
    lists = ["egg_groups", "form_descriptions", "pal_park_encounters", "pokedex_numbers", "varieties"]
    found: dict[str, Any] = {"id": 6, "name": name, "is_legendary": False, "is_mythical": False, "habitat": None}
    kinds = {"color": "red", "generation": "generation-i", "growth_rate": "medium-slow", "shape": "upright"}
    found |= {kind: named(kind, value) for kind, value in kinds.items()}
    found["evolves_from_species"] = named("pokemon-species", "charmeleon") if name == "charizard" else None
    found["evolution_chain"] = {"url": f"{API}/evolution-chain/{2 if name == 'charizard' else 35}/"}
    text = "Spits fire that\nis hot enough to\nmelt boulders.\fKnown to cause\nforest fires."
    version = named("version", "red")
    found["flavor_text_entries"] = [entry("fr", flavor_text="Feu", version=version)]
    found["flavor_text_entries"] += [entry("en", flavor_text=text, version=version)]
    found["genera"] = [entry("en", genus="Flame Pokémon"), entry("de", genus="Flammen-Pokémon")]
    found["names"] = [entry("ja", name="リザードン"), entry("de", name="Glurak")]
    return {**found, **dict.fromkeys(lists, [])}


def chain_link(name: str, *then: dict[str, Any]) -> dict[str, Any]:
    species = named("pokemon-species", name)
    return {"is_baby": False, "species": species, "evolution_details": [], "evolves_to": then}


@pokeapi.get("/api/v2/evolution-chain/{number}/")
async def chain(number: int) -> Response:
    if number != 2:
        return JSONResponse({}, 503)
    links = chain_link("charmander", chain_link("charmeleon", chain_link("charizard")))
    return JSONResponse({"id": number, "baby_trigger_item": None, "chain": links})


@pokeapi.get("/api/v2/type/{name}/")
async def type_(name: str) -> Any:
    sides = [f"{how}_damage_{way}" for how in ("no", "half", "double") for way in ("to", "from")]
    relations = {side: [named("type", other) for other in TYPES[name].get(side, [])] for side in sides}
    found: dict[str, Any] = {"id": 10, "name": name, "damage_relations": relations, "sprites": {}}
    found |= {"generation": named("generation", "i"), "move_damage_class": named("move-damage-class", "special")}
    return {**found, **dict.fromkeys(["game_indices", "moves", "names", "past_damage_relations", "pokemon"], [])}
