"""A document and a spec that uses much of it: whole replies, picked fields, parameters, bodies, error bodies."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path as File
from typing import Any

import yaml

from bffgen.diagnostics.model import Diagnostics
from bffgen.source.nodes import parse_nodes
from bffgen.source.text import SourceFile
from tests.hostile.places import Path, Place, found, places, pointed, pruned, reached, replaced

ROOT = File(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared/corpus"
METHODS = ("get", "put", "post", "delete", "patch")
UNREACHED = 6
"""How many components that no operation in use leads to are kept."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Scenario:
    """A document with the operations, by path and method, that the spec uses."""

    name: str
    document: Json
    operations: tuple[tuple[str, str], ...]
    beside: Mapping[str, str] = field(default_factory=dict)  # other documents that it refers to, as they are

    @cached_property
    def reached(self) -> list[Path]:
        return reached(self.document, [root for one in self.operations for root in _roots(*one)])

    @cached_property
    def places(self) -> list[Place]:
        """Every text of the document, those of what is reached first."""
        return sorted(places(self.document), key=lambda place: not self.is_reached(place))

    def is_reached(self, place: Place) -> bool:
        return any(place.path[: len(path)] == path for path in self.reached)

    def with_texts(self, new: Mapping[Place, Any], *, as_yaml: bool = False) -> dict[str, str]:
        """The spec and the documents, by name, with other texts at some places of the document."""
        new = {**self._templates(new), **new}
        document = replaced(self.document, new)
        keys = {place.path: text for place, text in new.items() if place.kind == "key"}
        where = [(keys.get(("paths", path), path), keys.get(("paths", path, m), m)) for path, m in self.operations]
        spec = json.dumps(_Spec(document, where).made(), indent=1)
        text = _yaml(document) if as_yaml else json.dumps(document).replace("Infinity", "1e400")
        return {"spec.json": spec, f"api.{'yaml' if as_yaml else 'json'}": text, **self.beside} | (
            {"spec.json": spec.replace("api.json", "api.yaml")} if as_yaml else {}
        )

    def _templates(self, new: Mapping[Place, Any]) -> dict[Place, str]:
        """The paths with the names of their parameters, where those are replaced."""
        names = {
            place.path: text for place, text in new.items() if place.path[-1] == "name" and "parameters" in place.path
        }
        made: dict[Place, str] = {}
        for path, method in self.operations if names else ():
            renamed = path
            for where in (("paths", path, "parameters"), ("paths", path, method, "parameters")):
                for index, written in enumerate(found(self.document, where) or ()):
                    at = pointed(written["$ref"]) if "$ref" in written else (*where, str(index))
                    if (*at, "name") in names and found(self.document, (*at, "in")) == "path":
                        old = found(self.document, (*at, "name"))
                        renamed = renamed.replace(f"{{{old}}}", f"{{{names[*at, 'name']}}}")
            if renamed != path:
                made[Place(("paths", path), "key", False)] = renamed
        return made


def _roots(path: str, method: str) -> list[Path]:
    return [("paths", path, method), ("paths", path, "parameters")]


class _Quoting(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Writes every text in double quotes, where each has an escape."""


_Quoting.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


def _yaml(document: Json) -> str:
    return str(yaml.dump(document, Dumper=_Quoting, width=10**6, sort_keys=False))


class _Spec:
    """Writes the spec for a document, whatever its names are by now."""

    def __init__(self, document: Json, operations: list[tuple[str, str]]) -> None:
        self._document = document
        self._operations = operations

    def made(self) -> Json:
        endpoints: Json = {}
        for number, (path, method) in enumerate(self._operations):
            endpoints |= self._endpoint(number, path, method)
        backend = {"openapi": "api.json"}
        if not str(found(self._document, ("servers", "0", "url"))).startswith("http"):
            backend["url"] = "http://api.test"
        return {"bffgen": 1, "name": "hostile", "backends": {"api": backend}, "endpoints": endpoints}

    def _endpoint(self, number: int, path: str, method: str) -> Json:
        item = found(self._document, ("paths", path))
        operation = item[method] if isinstance(item, dict) and isinstance(item.get(method), dict) else {}
        named = operation.get("operationId")
        key = named if isinstance(named, str) else f"{method.upper()} {path}"
        arguments = dict(self._arguments(number, item, operation))
        call: Json = {"call": f"api[{key!r}]"}
        if arguments:
            call["args"] = arguments
        body = self._seen(operation.get("requestBody"))
        if isinstance(body, dict):
            call["body"] = "body"
        if number % 2 == 0 and self._content(operation, "404"):
            call["on_error"] = {"404": "pass"}
        declared = {name: None for name in arguments.values() if not name.endswith("_path")}
        made: Json = {"params": declared, "calls": {f"r{number}": call}}
        if self._reply(operation) is not None:
            made["response"] = f"r{number}"
        in_path = [name for name in arguments.values() if name.endswith("_path")]
        route = "".join(f"/{{{name}}}" for name in in_path)
        verb = method.upper() if method in METHODS else "POST"
        endpoints = {f"{verb} /e{number}{route}": made}
        if method == "get":
            endpoints |= self._picking(number, route, made, self._reply(operation))
        return endpoints

    def _picking(self, number: int, route: str, whole: Json, reply: Any) -> Json:
        """A second endpoint, which reads some fields alone."""
        fields = list(self._properties(reply))[:8]
        if not fields:
            return {}
        response = {f"f{index}": f"r{number}[{name!r}]" for index, name in enumerate(fields)}
        return {f"GET /p{number}{route}": {**whole, "response": response}}

    def _arguments(self, number: int, item: Any, operation: Json) -> Iterator[tuple[str, str]]:
        listed = [*_elements(item, "parameters"), *_elements(operation, "parameters")]
        for index, written in enumerate(listed):
            parameter = self._seen(written)
            if not isinstance(parameter, dict) or not isinstance(parameter.get("name"), str):
                continue
            schema = self._seen(parameter.get("schema"))
            kind = schema.get("type") if isinstance(schema, dict) else None
            if (kind in ("object", "array") and parameter.get("in") != "query") or (
                kind == "object" and not parameter.get("required")
            ):
                continue
            where = "_path" if parameter.get("in") == "path" else ""
            yield parameter["name"], f"a{number}x{index}{where}"

    def _reply(self, operation: Json) -> Any:
        """The schema of the first success that has one."""
        responses = operation.get("responses")
        for status in responses if isinstance(responses, dict) else ():
            if status.startswith("2") and (content := self._content(operation, status)):
                media = next(iter(content.values()))
                return media.get("schema", {}) if isinstance(media, dict) else {}
        return None

    def _content(self, operation: Json, status: str) -> Json:
        response = self._seen(found(operation, ("responses", status)))
        content = response.get("content") if isinstance(response, dict) else None
        return content if isinstance(content, dict) else {}

    def _properties(self, schema: Any, depth: int = 6) -> dict[str, Any]:
        seen = self._seen(schema)
        if not isinstance(seen, dict) or depth == 0 or "oneOf" in seen or "anyOf" in seen:
            return {}
        made: dict[str, Any] = {}
        for part in seen["allOf"] if isinstance(seen.get("allOf"), list) else ():
            made |= self._properties(part, depth - 1)
        return made | (seen["properties"] if isinstance(seen.get("properties"), dict) else {})

    def _seen(self, value: Any) -> Any:
        """What references lead to in the end."""
        for _ in range(10):
            reference = value.get("$ref") if isinstance(value, dict) else None
            if not isinstance(reference, str):
                return value
            if not reference.startswith("#/"):
                return {}
            value = found(self._document, pointed(reference))
        return value


def _elements(holder: Any, key: str) -> list[Any]:
    listed = holder.get(key) if isinstance(holder, dict) else None
    return listed if isinstance(listed, list) else []


# ------------------------------------------------------------------------------------------------ the documents

_SMALL = ROOT / "specs/storefront/backends"
_PROBLEM = {"problem.yaml": (_SMALL / "problem.yaml").read_text("utf-8")}

DOCUMENTS: dict[str, tuple[File, tuple[str, ...]]] = {
    "everything": (ROOT / "tests/hostile/everything.yaml", ()),
    "catalog": (_SMALL / "catalog.yaml", ()),
    "reviews": (_SMALL / "reviews.yaml", ()),
    "users": (_SMALL / "users.json", ()),
    "discord": (
        ROOT / "specs/discord/backends/discord.json",
        ("get_guild", "list_guild_channels", "list_guild_emojis", "create_guild_role", "list_guild_roles"),
    ),
    "spotify": (
        CORPUS / "spotify/fixed-spotify-open-api.yml",
        ("get-an-album", "get-an-albums-tracks", "get-a-show", "create-playlist"),
    ),
    "museum": (CORPUS / "museum/openapi.yaml", ()),
    "casenotes": (
        CORPUS / "moj/casenotes-api-docs.json",
        ("getCaseNote", "amendCaseNote", "findCaseNotes", "createCaseNote"),
    ),
    "pokeapi": (CORPUS / "pokeapi/openapi.yml", ("ability_list", "ability_retrieve", "berry_retrieve")),
    "airflow": (
        CORPUS / "airflow/v2-rest-api-generated.yaml",
        ("get_asset_events", "create_asset_event", "list_backfills", "post_connection"),
    ),
    "twilio": (CORPUS / "twilio/twilio_verify_v2.yaml", ("FetchAccessToken", "ListBucket", "FetchChallenge")),
}
"""Where each stands, and the operations in use; all of those that can be used where none is named."""

ALWAYS = ("everything", "catalog", "reviews", "users", "discord")


def scenario(name: str) -> Scenario:
    """The scenario of a document, pruned to what is in use and a little more."""
    path, wanted = DOCUMENTS[name]
    document = _read(path)
    listed = [
        (route, method, operation)
        for route, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]
    used = tuple((r, m) for r, m, op in listed if (op.get("operationId") in wanted if wanted else _is_json(op)))
    assert not wanted or len(used) == len(wanted), (name, used)
    kept = reached(document, [root for one in used for root in _roots(*one)])
    names = [("components", "schemas", key) for key in document.get("components", {}).get("schemas", {})]
    kept += [path for path in names if path not in kept][:UNREACHED]
    kept += [("paths", route, method) for route, method, _ in listed if (route, method) not in used][:2]
    kept = reached(document, kept) if len(kept) < 400 else kept
    beside = _PROBLEM if path.parent == _SMALL else {}
    return Scenario(name, pruned(document, kept), used, beside)


def _is_json(operation: Json) -> bool:
    """Whether request and reply are JSON, or there is none."""
    reply = [one for status, one in operation.get("responses", {}).items() if str(status).startswith("2")]
    media = [key for one in (operation.get("requestBody", {}), *reply) for key in one.get("content", {})]
    return all("json" in key for key in media)


def _read(path: File) -> Json:
    node = parse_nodes(SourceFile(path.name, path.read_text("utf-8")), Diagnostics())
    assert node is not None
    data: Json = node.data()
    return data
