"""Operations that a spec declares because a backend's document omits them, as written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from bffgen.records import dataclass
from bffgen.source.nodes import Node
from bffgen.source.text import Span


@dataclass(frozen=True, eq=False, slots=True)
class TypeText:
    """A type written as a Python annotation: `list[reviews.Review] | None`. Not yet parsed."""

    text: str
    node: Node


@dataclass(frozen=True, eq=False, slots=True)
class OperationParam:
    """`name` is the one on the wire; what stands in the path has the location `path`."""

    name: str
    span: Span
    location: Literal["path", "query", "header", "cookie"]
    type: TypeText


@dataclass(frozen=True, eq=False, slots=True)
class DeclaredOperation:
    """`path` as a document has it; `body` and `response` are a type, or fields by name and their types.

    Without a `status` it is 200, or any 2xx where there is no response.
    """

    method: str
    path: str
    span: Span  # of the key `GET /carts/{id}/items`
    operation_id: str | None
    params: tuple[OperationParam, ...]
    body: TypeText | Mapping[str, TypeText] | None
    response: TypeText | Mapping[str, TypeText] | None
    status: int | None
