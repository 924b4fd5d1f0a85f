"""The three backends in one process: answers made beforehand, after a delay if one is asked for.

python -m benchmarks.gateway.backend PORT SECONDS
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import cast

import uvloop

_TEXT = (
    "Warm light and a heavy base, which is what one wants beside the bed; the switch could be easier to find in the "
    "dark, and the cable is a little short. "
)


def answers() -> dict[str, object]:
    """What each backend answers, by the first part of its path."""
    items = [
        {
            "id": 9000 + number,
            "product_id": 42,
            "author_id": 7 + number,
            "rating": 3 + number % 3,
            "body": _TEXT[: 140 + number],
            "created_at": f"2026-10-{number + 1:02}T08:15:00Z",
        }
        for number in range(20)
    ]
    return {
        "products": {
            "id": 42,
            "name": "Desk lamp",
            "description": (_TEXT * 6)[:740],
            "image_url": "https://cdn.example.com/products/42.jpg",
            "available": True,
            "reviewable": True,
            "weight_grams": 1850,
        },
        "prices": {
            "product_id": 42,
            "amount": 79.9,
            "currency": "EUR",
            "valid_until": "2030-01-31T23:00:00Z",
            "tax": {"rate": 0.19, "country": "DE"},
            "list_price": 99.9,
            "rules": ["autumn-2026"],
        },
        "reviews": {"items": items},
    }


def _answer(body: object) -> bytes:
    data = json.dumps(body).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(data), data)


ANSWERS = {f"/{path}".encode(): _answer(body) for path, body in answers().items()}

THING = _answer({"id": 42, "name": "Lamp", "note": None, "other": {"id": 43, "name": "Shade"}})
"""Of everything else."""


class Backend(asyncio.Protocol):
    delay = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.data = b""

    def data_received(self, data: bytes) -> None:
        self.data += data
        while (end := self.data.find(b"\r\n\r\n")) >= 0:
            path = self.data.split(b" ", 2)[1].partition(b"?")[0]
            self.data = self.data[end + 4 :]
            answer = ANSWERS.get(path[: path.find(b"/", 1)] if path.find(b"/", 1) > 0 else path, THING)
            if self.delay:
                asyncio.get_running_loop().call_later(self.delay, self.transport.write, answer)
            else:
                self.transport.write(answer)


async def main(port: int, delay: float) -> None:
    Backend.delay = delay
    server = await asyncio.get_running_loop().create_server(Backend, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), float(sys.argv[2])))
