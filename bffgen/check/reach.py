"""Looking into everything that is passed on whole: what is wrong inside of it is found before anything is made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bffgen.check.model import CheckedEndpoint, PassOn, leaves
from bffgen.typesystem.model import Type
from bffgen.typesystem.relations import all_inside


def reach(endpoints: Iterable[CheckedEndpoint]) -> None:
    """Convert what answers, requests and errors that are passed on hold. Their documents report what is wrong."""
    for endpoint in endpoints:
        for of in _passed_on(endpoint):
            for _ in all_inside(of):
                pass


def _passed_on(endpoint: CheckedEndpoint) -> Iterator[Type]:
    if endpoint.response is not None:
        yield endpoint.response.type
    if endpoint.body is not None:
        yield endpoint.body
    for call in leaves(endpoint.calls):
        if call.body is not None and call.operation.body is not None:
            yield call.operation.body.type
        for reaction in call.reactions:
            bodies = reaction.action.bodies if isinstance(reaction.action, PassOn) else ()
            yield from (body for _, body in bodies if body is not None)
