"""Three backends and two gateways, started once for all cases."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from . import gateways
from .gateways import Running, free_port
from .wire import Backend


@pytest.fixture(scope="session")
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="session")
def backends(loop: asyncio.Runner) -> Iterator[dict[str, Backend]]:
    found = {name: Backend(free_port()) for name in "abc"}
    yield found
    for backend in found.values():
        loop.run(backend.close())


@pytest.fixture(scope="session")
def ours(backends: dict[str, Backend], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    project = gateways.generate(tmp_path_factory.mktemp("chaos"))
    yield from gateways.ours(project, {name: one.port for name, one in backends.items()})


@pytest.fixture(scope="session")
def naive(backends: dict[str, Backend]) -> Iterator[Running]:
    yield from gateways.naive({name: one.port for name, one in backends.items()})
