"""The emitted runtime, tested where it stands: `templates/runtime` as the package `templates.runtime`."""

from __future__ import annotations

import asyncio
import gc
import sys
import tracemalloc
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from starlette.types import ASGIApp

if TYPE_CHECKING:
    from templates.runtime.transport import Http

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def listening(handler: Handler, **options: object) -> AsyncIterator[int]:
    """A server on a free loopback port, a handler for each connection; gives the port."""
    handlers: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        handlers.add(task)
        try:
            await handler(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            handlers.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, **options)  # type: ignore[arg-type]
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(handlers):
            task.cancel()
        if handlers:
            await asyncio.wait(list(handlers))


@pytest.fixture
def serve() -> Callable[..., object]:
    return listening


@asynccontextmanager
async def running(app: ASGIApp, http: str = "httptools") -> AsyncIterator[int]:
    """The app on a free loopback port; gives the port."""
    options: dict[str, Any] = {"lifespan": "off", "interface": "asgi3", "timeout_graceful_shutdown": 2}
    config = uvicorn.Config(app, "127.0.0.1", 0, http=http, log_config=None, **options)
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        await server.shutdown()


def in_use(http: Http) -> int:
    """How many of a client's own connections are neither free nor closed."""
    assert http.own is not None
    return sum(pool.used for pool in http.own._pools.values())


@contextmanager
def traced() -> Iterator[Callable[[], int]]:
    """Says how much memory, in bytes, was in use at most."""
    tracemalloc.start()
    peak = 0
    try:
        yield lambda: peak
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture
async def nothing_is_left(anyio_backend: str) -> AsyncIterator[None]:
    """No task outlives its test, nothing was dropped without having been awaited or looked at."""
    complaints: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, about: complaints.append(str(about["message"])))
    before = asyncio.all_tasks()
    gc.freeze()  # what is there already need not be looked through each time
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        yield
        for _ in range(5):  # generators that nobody reads any more are closed by the loop
            await asyncio.sleep(0)
        left = asyncio.all_tasks() - before
        assert [task for task in left if "runner_task" not in repr(task.get_coro())] == []
        gc.collect()
    loop.set_exception_handler(None)
    assert complaints == []
    assert [str(w.message) for w in warned] == []


class Log:
    """Calls that say how they end."""

    def __init__(self) -> None:
        self.ends: list[str] = []

    async def call(self, name: str, seconds: float = 0.0, fails: Exception | None = None) -> str:
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            self.ends.append(f"{name} cancelled")
            raise
        if fails is not None:
            raise fails
        self.ends.append(f"{name} done")
        return name
