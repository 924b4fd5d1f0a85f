"""Emitted code passes `mypy --strict`, and ruff, with the models of a project beside it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

from bffgen.expr.tree import Expr
from bffgen.typesystem.model import (
    BOOLEAN,
    DATE,
    DATETIME,
    DURATION,
    INTEGER,
    NUMBER,
    TEXT,
    IterType,
    ListType,
    MapType,
    Nullable,
    ObjectType,
    SetType,
    TupleType,
    Type,
    Union,
)

from .build import ANNOTATIONS, ROOT, SampleNames, code, formatted
from .cases import CASES
from .trees import trees

SCALARS = {
    TEXT: "str",
    INTEGER: "int",
    NUMBER: "float",
    BOOLEAN: "bool",
    DATE: "date",
    DATETIME: "datetime",
    DURATION: "timedelta",
}

HEAD = '''"""Composed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from pydantic import MISSING, JsonValue, TypeAdapter

from project.sample import Card, Country, Customer, Item, Order, Payment
from project.types import Reply, convert, given
from project.values import (
    at,
    bounded_range,
    default,
    first,
    group_by,
    known,
    last,
    sort_by,
    to_float,
    to_int,
    unique,
)

ITEM_ADAPTER: TypeAdapter[Item] = TypeAdapter(Item)
'''

TYPES = '''"""The few types of a project's runtime that matter here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import MISSING, TypeAdapter

T = TypeVar("T")


@dataclass(frozen=True)
class Reply(Generic[T]):
    value: T
    status: int
    headers: Mapping[str, str]


def given(value: T | MISSING) -> T | None:
    return None if value is MISSING else value


def convert(adapter: TypeAdapter[T], value: object) -> T:
    return adapter.validate_python(value)
'''

MORE = "now: datetime, today: date, uuid4: UUID, soft_reply: Reply[Item] | None, hard_reply: Reply[Item]"


def annotation(of: Type) -> str:
    match of:
        case Nullable(inner):
            return f"{annotation(inner)} | None"
        case ListType(item):
            return f"list[{annotation(item)}]"
        case MapType(key, value):
            return f"dict[{annotation(key)}, {annotation(value)}]"
        case SetType(item):
            return f"set[{annotation(item)}]"
        case IterType(item):
            return f"Iterable[{annotation(item)}]"
        case TupleType(items):
            return f"tuple[{', '.join(map(annotation, items))}]"
        case Union(arms):
            return " | ".join(map(annotation, arms)) if arms else "str"
        case ObjectType(name):
            return name
    return SCALARS.get(of, "JsonValue")  # type: ignore[arg-type]


def function(number: int, expr: Expr) -> str:
    params = ", ".join(f"{name}: {of}" for name, of in ANNOTATIONS.items())
    head = f"def composed_{number}({params}, {MORE}) -> {annotation(expr.type)}:"
    return f"{head}\n    return {code(expr, SampleNames())}\n"


def random_trees(count: int) -> list[Expr]:
    found: list[Expr] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(trees())
    def collect(expr: Expr) -> None:
        found.append(expr)

    collect()
    return found


def test_emitted_code_is_strictly_typed(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "__init__.py").touch()
    (project / "types.py").write_text(TYPES)
    shutil.copy(Path(__file__).with_name("sample.py"), project)
    shutil.copy(ROOT / "templates/runtime/values.py", project)
    every = [expr for group in CASES.values() for expr in group] + random_trees(150)
    functions = [function(number, expr) for number, expr in enumerate(every)]
    (project / "composed.py").write_text(formatted("\n\n".join([HEAD, *functions])))

    checks = [
        ["mypy", "--strict", "--python-version", "3.11", "--cache-dir", str(tmp_path / "cache"), "project"],
        ["ruff", "check", "--isolated", "--select", "E,F,B,UP", "--ignore", "E501,F401,B905", "project"],
    ]
    for command in checks:
        done = subprocess.run([sys.executable, "-m", *command], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
