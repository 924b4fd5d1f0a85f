"""Bodies of requests that are no JSON: forms, files, the client's own bytes, streamed through."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Annotated, Any
from urllib.parse import parse_qsl

import httpx
import pytest
from fastapi import FastAPI, File, Form, Request, UploadFile
from pydantic import Field, TypeAdapter
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from templates.runtime.client import BackendClient
from templates.runtime.disconnect import CancelOnDisconnect
from templates.runtime.edge import Edge
from templates.runtime.encode import segment
from templates.runtime.failures import InvalidArgument
from templates.runtime.fan_out import fan_out
from templates.runtime.filenames import disposition, safe_filename
from templates.runtime.forms import FieldStyle, form_body
from templates.runtime.limit import BodyLimit
from templates.runtime.multipart import CHUNK, Multipart, file_part, json_part, text_part
from templates.runtime.problems import install_problems
from templates.runtime.tasks import uncancelled
from templates.runtime.transport import open_http, tls_context
from templates.runtime.types import DateTime, Integer, Model
from templates.runtime.uploads import client_body

from .conftest import running, traced

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_is_left")]

TLS = tls_context()


class Line(Model):
    price: str
    count: Integer | None = None


class Order(Model):
    name: str
    paid: bool = True
    from_: Annotated[date | None, Field(alias="from")] = None
    at: DateTime | None = None
    tags: list[str] | None = None
    lines: list[Line] | None = None
    address: dict[str, Any] | None = None


WHOLE = Order.model_validate(
    {
        "name": "a b&c=ü",
        "from": "2026-11-24",
        "at": "2026-11-24T10:00:00.10+01:00",
        "tags": ["x", "y z"],
        "lines": [{"price": "p1", "count": 2}, {"price": "p2"}],
        "address": {"street": {"name": "s", "no": 7}, "zip": None},
    }
)


class TestForms:
    def test_names_and_values_as_a_server_reads_them(self) -> None:
        body = form_body(WHOLE)
        assert parse_qsl(body.decode(), keep_blank_values=True) == [
            ("name", "a b&c=ü"),
            ("paid", "true"),
            ("from", "2026-11-24"),
            ("at", "2026-11-24T10:00:00.10+01:00"),
            ("tags", "x"),
            ("tags", "y z"),
            ("lines", '[{"price":"p1","count":2},{"price":"p2","count":null}]'),
            ("address", '{"street":{"name":"s","no":7},"zip":null}'),
        ]
        assert b" " not in body and b"[" not in body

    def test_styles(self) -> None:
        deep = FieldStyle("deepObject")
        styles = {
            "tags": FieldStyle("pipeDelimited", explode=False),
            "lines": deep,
            "address": deep,
            "name": FieldStyle("form", allow_reserved=True),
            "at": FieldStyle("json"),
        }
        fields = parse_qsl(form_body(WHOLE, styles).decode())
        assert fields[3:] == [
            ("at", '"2026-11-24T10:00:00.10+01:00"'),
            ("tags", "x|y z"),
            ("lines[0][price]", "p1"),
            ("lines[0][count]", "2"),
            ("lines[1][price]", "p2"),
            ("address[street][name]", "s"),
            ("address[street][no]", "7"),
        ]
        assert form_body({"tags": ["a", "b"]}, {"tags": deep}) == b"tags%5B0%5D=a&tags%5B1%5D=b"
        assert form_body({"o": {"a": 1}}, {"o": FieldStyle("form")}) == b"a=1"

    def test_a_mapping_and_nothing(self) -> None:
        assert form_body({"a": None, "b": 1.5, "c d": ""}) == b"b=1.5&c%20d="
        assert form_body({}) == b""

    @pytest.mark.parametrize("value", [object(), float("nan"), b"x"])
    def test_what_has_no_text(self, value: object) -> None:
        with pytest.raises(InvalidArgument):
            form_body({"a": value})


def upload(content: bytes, filename: str | None, media_type: str | None, spool: int = 10) -> UploadFile:
    """A file as FastAPI gives it; larger than `spool` bytes it is on disk."""
    file = tempfile.SpooledTemporaryFile(max_size=spool)
    file.write(content)
    file.seek(0)
    headers = Headers({"content-type": media_type} if media_type else {})
    return UploadFile(file, filename=filename, headers=headers)


async def read(body: Multipart) -> bytes:
    return b"".join([chunk async for chunk in body])


async def parsed(body: Multipart) -> list[tuple[str, Any, str | None]]:
    """What a server makes of it: name, text or bytes, file name."""
    content = await read(body)
    assert len(content) == body.length
    seen: list[tuple[str, Any, str | None]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        form = await Request(scope, receive).form()
        for name, value in form.multi_items():
            if isinstance(value, str):
                seen.append((name, value, None))
            else:
                seen.append((name, (await value.read(), value.content_type), value.filename))
        await form.close()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://a.test") as client:
        await client.post("/", content=content, headers={"content-type": body.media_type})
    return seen


class TestMultipart:
    async def test_fields_and_files_as_a_server_reads_them(self) -> None:
        small, large = upload(b"abc", "C:\\x\\photo.png", "image/png"), upload(b"x" * 200_000, "b.bin", None)
        body = Multipart(
            [
                text_part("name", "ü\r\n--x"),
                text_part("count", 7),
                json_part("lines", TypeAdapter(list[Line]), [Line(price="p")]),
                file_part("photo", small),
                file_part("big", large, filename="c.bin", media_type="application/x-c"),
                file_part("raw", b"\x00\xff", media_type="image/gif"),
            ]
        )
        assert await parsed(body) == [
            ("name", "ü\r\n--x", None),
            ("count", "7", None),
            ("lines", '[{"price":"p","count":null}]', None),
            ("photo", (b"abc", "image/png"), "photo.png"),
            ("big", (b"x" * 200_000, "application/x-c"), "c.bin"),
            ("raw", (b"\x00\xff", "image/gif"), "raw"),
        ]
        assert await read(body) == await read(body)
        for each in (small, large):
            await each.close()

    @pytest.mark.parametrize(
        ("filename", "media_type", "sent", "kind"),
        [
            ('a"b\r\nX-Evil: 1', "image/png", "a%22bX-Evil: 1", "image/png"),
            ("../../etc/passwd", "text/html\r\nX-Evil: 1", "passwd", "application/octet-stream"),
            ("..", "nonsense", "photo", "application/octet-stream"),
            (None, "text/plain; charset=utf-8", "photo", "text/plain; charset=utf-8"),
            ("a\u202eb\x00.png", None, "ab.png", "application/octet-stream"),
            ("x" * 500 + ".png", "a" * 500 + "/b", "x" * 196 + ".png", "application/octet-stream"),
        ],
    )
    async def test_what_the_client_calls_it_is_made_harmless(
        self, filename: str | None, media_type: str | None, sent: str, kind: str
    ) -> None:
        file = upload(b"abc", filename, None)
        if media_type is not None:
            file.headers = Headers(raw=[(b"content-type", media_type.encode())])
        content = await read(Multipart([file_part("photo", file)]))
        head = content.split(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
        assert head == [
            f'Content-Disposition: form-data; name="photo"; filename="{sent}"',
            f"Content-Type: {kind}",
        ]
        await file.close()

    async def test_two_calls_may_send_the_same_file_at_once(self) -> None:
        content = bytes(range(256)) * 2000
        file = upload(content, "a", None)
        bodies = [Multipart([file_part("f", file)]) for _ in range(2)]
        pieces: list[list[bytes]] = [[], []]
        iterators = [body.__aiter__() for body in bodies]
        for _ in range(3 + len(content) // CHUNK + 1):
            for number in (0, 1):
                pieces[number].append(await anext(iterators[number], b""))
        assert all(content in b"".join(found) for found in pieces)
        await file.close()

    def test_a_text_that_is_none(self) -> None:
        with pytest.raises(InvalidArgument):
            text_part("a", "\ud800")
        with pytest.raises(InvalidArgument):
            text_part("a", object())


class Backend:
    """A server that takes anything and says how much it got."""

    def __init__(self) -> None:
        self.heads: list[dict[bytes, bytes]] = []
        self.got = 0
        self.some = asyncio.Event()
        self.ended = asyncio.Event()
        self.cut = False
        self.pace = asyncio.Event()
        self.pace.set()

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.heads.append(dict(scope["headers"]))
        more = True
        while more:
            await self.pace.wait()
            message = await receive()
            if message["type"] == "http.disconnect":
                self.cut = True
                break
            self.got += len(message["body"])
            self.some.set()
            more = message["more_body"]
        self.ended.set()
        if not self.cut:
            headers = [(b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b"%d" % self.got})


COUNT = TypeAdapter(int)


def gateway(port: int) -> tuple[FastAPI, httpx.AsyncClient]:
    app = FastAPI(openapi_url=None)
    http = open_http(TLS, None, "test/1")
    files = BackendClient(http, f"http://127.0.0.1:{port}", 10.0)

    @app.put("/raw/{name}")
    async def put(request: Request, name: str) -> int:
        body = client_body(request, {"image/png"})
        async with fan_out(10) as calls:

            async def store() -> int:
                raw = await uncancelled(
                    files.send(
                        *("files.put", "PUT", f"/{segment(name)}"),
                        success={200},
                        content=body,
                        media_type=body.media_type,
                        length=body.length,
                    )
                )
                return COUNT.validate_json(raw.content)

            stored = calls.start("stored", store())
        return stored.result()

    @app.post("/photos")
    async def photos(photo: Annotated[UploadFile, File()], title: Annotated[str, Form()]) -> int:
        body = Multipart([text_part("title", title), file_part("photo", photo)])
        async with fan_out(10) as calls:

            async def store() -> int:
                raw = await uncancelled(
                    files.send(
                        *("files.post", "POST", "/"),
                        success={200},
                        content=body,
                        media_type=body.media_type,
                        length=body.length,
                    )
                )
                return COUNT.validate_json(raw.content)

            stored = calls.start("stored", store())
        return stored.result()

    app.add_middleware(CancelOnDisconnect)
    app.add_middleware(BodyLimit, limit=1000, larger={"/raw/{name}": 60 << 20, "/photos": 20 << 20})
    app.add_middleware(Edge)
    install_problems(app)
    return app, http


@asynccontextmanager
async def both(backend: Backend) -> AsyncIterator[tuple[int, httpx.AsyncClient]]:
    async with running(backend.app) as inner:
        app, http = gateway(inner)
        async with http, running(app) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            yield port, client


async def pieces(count: int, size: int = CHUNK) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * size


class TestThrough:
    @pytest.mark.parametrize("length", [True, False])
    async def test_a_body_goes_through_and_is_never_held_whole(self, length: bool) -> None:
        backend, size = Backend(), 200 * CHUNK
        headers = {"content-type": "image/png"} | ({"content-length": str(size)} if length else {})
        async with both(backend) as (_, client):
            await client.put("/raw/warm", content=b"x", headers={"content-type": "image/png"})
            backend.got = 0
            with traced() as peak:
                response = await client.put("/raw/a%20b", content=pieces(200), headers=headers)
        assert (response.status_code, response.json()) == (200, size)
        assert peak() < 4 << 20, peak()
        head = backend.heads[-1]
        assert head[b"content-type"] == b"image/png"
        assert head.get(b"content-length") == (str(size).encode() if length else None)
        assert (head.get(b"transfer-encoding") == b"chunked") == (not length)

    async def test_a_slow_backend_slows_the_client_down(self) -> None:
        backend, taken = Backend(), 0

        async def counted() -> AsyncIterator[bytes]:
            nonlocal taken
            async for piece in pieces(800):
                taken += len(piece)
                yield piece

        backend.pace.clear()
        async with both(backend) as (_, client):
            sending = asyncio.create_task(
                client.put("/raw/a", content=counted(), headers={"content-type": "image/png"}, timeout=20)
            )
            await asyncio.sleep(0.5)
            held = taken
            backend.pace.set()
            response = await sending
        assert response.json() == 800 * CHUNK
        assert held < 500 * CHUNK, held  # what the kernel's buffers take

    async def test_half_a_body_is_cut_off_at_the_backend_too(self) -> None:
        backend = Backend()
        async with both(backend) as (port, _):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"PUT /raw/a HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\nContent-Length: 100000\r\n\r\n")
            writer.write(b"x" * 50000)
            await writer.drain()
            await asyncio.wait_for(backend.some.wait(), 2)
            writer.close()
            await asyncio.wait_for(backend.ended.wait(), 2)
        assert backend.cut

    async def test_a_body_that_is_too_large_is_refused_on_the_way(self) -> None:
        backend = Backend()
        async with both(backend) as (port, client):
            response = await client.put("/raw/a", content=pieces(1000), headers={"content-type": "image/png"})
            assert response.status_code == 413
            await asyncio.wait_for(backend.ended.wait(), 2)
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"PUT /raw/a HTTP/1.1\r\nHost: a\r\nContent-Length: 64000000\r\n\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
            writer.close()
        assert (backend.cut, len(backend.heads)) == (True, 1)

    @pytest.mark.parametrize(
        "headers", [{"content-type": "image/gif"}, {"content-type": "image/png", "content-encoding": "gzip"}]
    )
    async def test_another_kind_of_body_is_refused(self, headers: dict[str, str]) -> None:
        backend = Backend()
        async with both(backend) as (_, client):
            response = await client.put("/raw/a", content=b"GIF", headers=headers)
        assert (response.status_code, backend.heads) == (415, [])
        assert response.headers["content-type"] == "application/problem+json"

    async def test_an_upload_goes_on_as_multipart(self) -> None:
        backend = Backend()
        async with both(backend) as (_, client):
            content = b"x" * (5 << 20)
            files = {"photo": ("p.png", content, "image/png")}
            response = await client.post("/photos", data={"title": "t"}, files=files)
            missing = await client.post("/photos", data={"title": "t"})
        assert response.status_code == 200
        assert len(content) < response.json() < len(content) + 600
        assert backend.heads[0][b"content-type"].startswith(b"multipart/form-data; boundary=")
        assert missing.status_code == 422

    async def test_streams_are_not_shared(self) -> None:
        sent: list[bytes] = []

        async def answer(request: httpx.Request) -> httpx.Response:
            sent.append(await request.aread())
            return httpx.Response(200)

        async with open_http(TLS, httpx.MockTransport(answer), "t/1") as http:
            client = BackendClient(http, "http://a.test", 5.0)
            async with fan_out(5, share=True) as calls:
                for name in ("a", "b"):
                    calls.start(
                        name,
                        client.send("s.q", "POST", "/", success={200}, content=pieces(1, 1), read=True),
                    )
        assert sent == [b"x", b"x"]


@pytest.mark.parametrize(
    ("header", "sound"),
    [
        ("attachment", "attachment"),
        ("inline; filename=a.png", "inline; filename=\"a.png\"; filename*=UTF-8''a.png"),
        ('attachment; filename="../../x.exe"', "attachment; filename=\"x.exe\"; filename*=UTF-8''x.exe"),
        ("attachment; filename*=UTF-8''%e2%82%ac%20x", "attachment; filename=\"_ x\"; filename*=UTF-8''%E2%82%AC%20x"),
        ("form-data; filename=x", "attachment; filename=\"x\"; filename*=UTF-8''x"),
        ('inline; filename="a\\"b"', "inline; filename=\"a_b\"; filename*=UTF-8''a%22b"),
        ("", "attachment"),
        ("attachment; filename*=bogus''%ff", None),
        ("x" * 9999, "attachment"),
    ],
)
def test_a_disposition_is_made_harmless(header: str, sound: str | None) -> None:
    found = disposition(header)
    assert found.isascii() and "\n" not in found and "\r" not in found
    assert found == sound or sound is None


def test_names_of_files() -> None:
    names = {"a/b\\c.txt": "c.txt", "..": "", ".": "", "a\x00b": "ab", None: "", "  ": "", "x" * 999: "x" * 200}
    assert {name: safe_filename(name) for name in names} == names
