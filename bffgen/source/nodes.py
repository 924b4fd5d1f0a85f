"""Nodes of a document, whichever way it is written."""

from __future__ import annotations

from bffgen.source.json_text import NotJson, looks_like_json, parse_json
from bffgen.source.node import Complaints, Kind, Node
from bffgen.source.text import SourceFile
from bffgen.source.yaml_text import parse_yaml

__all__ = ["Complaints", "Kind", "Node", "parse_nodes"]


def parse_nodes(file: SourceFile, report: Complaints) -> Node | None:
    """The root of a document; None when it cannot be read, which is reported with its place.

    What begins like JSON and is JSON, or is called `.json`, never goes through YAML.
    """
    named_json = file.path.lower().endswith(".json")
    if named_json or looks_like_json(file.text):
        try:
            return parse_json(file, report, certain=named_json)
        except NotJson:
            pass
    return parse_yaml(file, report)
