"""The figures, each measured on one running gateway over scripted backends. Numbers are those of the threat model."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Awaitable, Callable
from time import perf_counter

from tests.chaos.gateways import Running
from tests.chaos.wire import Backend, Steps, ask

Backends = dict[str, Backend]
Measure = Callable[[Running, Backends], Awaitable[str]]

GOOD: list[Steps] = [[{"json": {"id": 1, "name": "good"}}]]
HANGS: list[Steps] = [[{"pause": 20}]]
_HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"


def get(path: str, keep: bool = False) -> Steps:
    end = "" if keep else "Connection: close\r\n"
    return [{"send": f"GET {path} HTTP/1.1\r\nHost: gateway.test\r\n{end}\r\n"}]


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def cancellation(gateway: Running, backends: Backends) -> str:
    """F3: from the client's hanging up to the backend's seeing it."""
    await backends["a"].set(HANGS)
    took: list[float] = []
    for _ in range(30):
        await _until(backends["a"], busy=0, seconds=2)  # what is left of the one before does not count
        _, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(get("/single/1")[0]["send"].encode())
        await _until(backends["a"], busy=1, seconds=2)
        writer.transport.abort()
        started = perf_counter()
        if await _until(backends["a"], busy=0, seconds=0.25):
            took.append((perf_counter() - started) * 1000)
    times = f", p50 {percentile(took, 0.5):.1f} ms, p99 {percentile(took, 0.99):.1f} ms" if took else ""
    return f"{len(took)}/30{times}"


async def _until(backend: Backend, busy: int, seconds: float) -> bool:
    """Whether so many requests are under way soon."""
    ends = perf_counter() + seconds
    while backend.busy != busy:
        if perf_counter() > ends:
            return False
        await asyncio.sleep(0.0005)
    return True


async def bombs(gateway: Running, backends: Backends) -> str:
    """F4: memory for bodies of 96 MB packed into 94 kB."""
    await backends["a"].set([[{"bomb": 96}]])
    grown = []
    for at_once in (1, 10):
        before = gateway.memory()
        gateway.forget_peak()
        await asyncio.gather(*(ask(gateway.port, get("/single/1"), 20) for _ in range(at_once)))
        grown.append(gateway.memory("VmHWM") - before)
    return f"{grown[0]:.0f} MB for 1, {grown[1]:.0f} MB for 10 at once"


async def deadline(gateway: Running, backends: Backends) -> str:
    """F5: how much later than 600 ms a dripping backend is given up."""
    drip: Steps = [{"send": _HEAD.format(9999)}, {"repeat": " ", "times": 30, "every": 0.1}]
    await backends["a"].set([drip])
    seen = await asyncio.gather(*(ask(gateway.port, get("/single/1"), 5) for _ in range(30)))
    late = [(one.seconds - 0.6) * 1000 for one in seen]
    return f"p50 {percentile(late, 0.5):.0f} ms, p99 {percentile(late, 0.99):.0f} ms"


async def _healthy(gateway: Running, seconds: float) -> list[float]:
    took, ends = [], perf_counter() + seconds
    while perf_counter() < ends:
        seen = await ask(gateway.port, get("/other/1"), 5)
        took.append(seen.seconds * 1000 if seen.status == 200 else 5000.0)
        await asyncio.sleep(0.005)
    return took


async def isolation(gateway: Running, backends: Backends) -> str:
    """F7: an endpoint of a healthy backend, while 150 requests wait for one that hangs."""
    await backends["a"].set(HANGS)
    alone = await _healthy(gateway, 2)

    async def crowd(ends: float) -> None:
        while perf_counter() < ends:
            await ask(gateway.port, get("/single/1"), 3)

    waiting = [asyncio.create_task(crowd(perf_counter() + 2.5)) for _ in range(150)]
    await asyncio.sleep(0.4)
    among = await _healthy(gateway, 2)
    await asyncio.gather(*waiting)
    before, after = percentile(alone, 0.99), percentile(among, 0.99)
    return f"p99 {before:.0f} -> {after:.0f} ms ({after / before:.1f} x, N {len(among)})"


async def swaps(gateway: Running, backends: Backends) -> str:
    """F14: answers of another request, where each answer is followed by one that nobody has asked for."""
    own, bad = ('{"id":1,"name":"own"}', '{"id":2,"name":"bad"}')
    answer = "".join(_HEAD.format(len(one)) + one for one in (own, bad))
    await backends["a"].set([[{"send": answer}]])
    wrong = 0
    for _ in range(1000):
        seen = await ask(gateway.port, get("/single/1"), 5)
        wrong += seen.status != 200 or json.loads(seen.body)["name"] != "own"
    return f"{wrong} / 1,000"


async def slow_clients(gateway: Running, backends: Backends) -> str:
    """F16: 200 clients that never end their heads; 12 s until they have to be gone."""
    alone = await _healthy(gateway, 1.5)
    open_: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    started = perf_counter()
    for _ in range(200):
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(b"GET /single/1 HTTP/1.1\r\nHost: g\r\nX: ")
        open_.append((reader, writer))
    among = await _healthy(gateway, 1.5)
    gone = [asyncio.create_task(reader.read()) for reader, _ in open_]
    done, waiting = await asyncio.wait(gone, timeout=12 - (perf_counter() - started))
    for task in waiting:
        task.cancel()
    await asyncio.gather(*gone, return_exceptions=True)
    for _, writer in open_:
        writer.transport.abort()
    factor = percentile(among, 0.99) / percentile(alone, 0.99)
    return f"{len(done)}/200 closed within 12 s; healthy p99 x {factor:.1f}"


async def loop_lag(gateway: Running, backends: Backends) -> str:
    """F18: how long a request that needs no backend waits, while bodies of 3 MB and bombs are read."""
    items = json.dumps([{"id": n, "name": "x" * 20} for n in range(60_000)])
    lists: list[Steps] = [[{"body": items}], [{"bomb": 96}]]
    await backends["a"].set([*lists * 3, [{"body": items}]])
    reading = asyncio.create_task(_lists(gateway))
    took = []
    while not reading.done():
        took.append((await ask(gateway.port, get("/livez"), 5)).seconds * 1000)
        await asyncio.sleep(0.005)
    await reading
    return f"p99 {percentile(took, 0.99):.0f} ms (N {len(took)})"


async def _lists(gateway: Running) -> None:
    for _ in range(10):
        await ask(gateway.port, get("/list"), 10)


async def lost(gateway: Running, backends: Backends) -> str:
    """F1, one run: of requests sent on kept connections round a SIGTERM, how many have no whole answer."""
    await backends["a"].set([[{"pause": 0.01}, {"json": {"id": 1, "name": "x"}}]])
    counts = {"sent": 0, "lost": 0}
    stop = perf_counter() + 0.7

    async def client() -> None:
        while perf_counter() < stop:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
            except OSError:
                return  # the listener is closed: nothing is lost
            more = True
            while more and perf_counter() < stop:
                writer.write(get("/single/1", keep=True)[0]["send"].encode())
                counts["sent"] += 1
                try:
                    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
                    await reader.readexactly(len('{"id":1,"name":"x"}'))
                    more = b"connection: close" not in head.lower()
                except (OSError, EOFError, TimeoutError):
                    counts["lost"] += 1
                    more = False
            writer.close()

    clients = [asyncio.create_task(client()) for _ in range(20)]
    await asyncio.sleep(0.35)
    gateway.process.send_signal(signal.SIGTERM)
    await asyncio.gather(*clients)
    return f"{counts['lost']} of {counts['sent']:,}"


FIGURES: list[tuple[str, str, str, Measure]] = [
    ("F3", "cancellation: client gone, backend told", "100 %, p50 <= 5 ms, p99 <= 50 ms", cancellation),
    ("F4", "memory for bombs", "<= 32 MB, 72 MB", bombs),
    ("F5", "deadline error, 30 dripping at once", "p99 <= 150 ms", deadline),
    ("F7", "isolation", "<= 1.2 x", isolation),
    ("F14", "answers of another request", "0", swaps),
    ("F16", "slow clients", "all closed, <= 2 x", slow_clients),
    ("F18", "loop lag", "p99 <= 50 ms", loop_lag),
]
