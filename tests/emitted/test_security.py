"""Who an emitted gateway lets in: with real tokens, and the issuer's keys fetched over real connections."""

from __future__ import annotations

import asyncio
import hmac
import importlib
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.utils import base64url_encode

from .project import CASES, generate

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC = KEY.public_key()
ISSUER = "https://id.example.com/"
SPKI = PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture(scope="module")
def create(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """`create_app` and `Settings` of the project."""
    out = tmp_path_factory.mktemp("security")
    text = (CASES / "security" / "spec.yaml").read_text("utf-8").replace("name: shopfront", "name: tokenfront")
    (out / "spec.yaml").write_text(text, "utf-8")
    (out / "shop.yaml").write_bytes((CASES / "security" / "shop.yaml").read_bytes())
    package = generate(out / "spec.yaml", out / "project")
    sys.path.insert(0, str(out / "project"))
    return importlib.import_module(package)


class World:
    """The issuer and the backend, on one port of loopback. `asked` are the paths, in order."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        public = jwt.get_algorithm_by_name("RS256").to_jwk(PUBLIC, as_dict=True)
        self.keys = {"keys": [{**public, "kid": "one", "use": "sig", "alg": "RS256"}]}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.split(b" ")[1].decode()
        self.asked.append(path)
        body = json.dumps(self.keys if path == "/jwks" else [{"id": 1, "name": "Lamp"}]).encode()
        start = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        writer.write(f"{start}Connection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()


def token(key: Any = KEY, algorithm: str = "RS256", header: Mapping[str, Any] | None = None, **claims: Any) -> str:
    now = int(time.time())
    payload = {"iss": ISSUER, "aud": "shopfront", "exp": now + 60, "sub": "ada", "groups": ["vip"], **claims}
    payload = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode({"scope": "orders:read", **payload}, key, algorithm, {"kid": "one", **(header or {})})


def signed_with_the_public_key() -> str:
    """A token for HS256 whose secret is what everybody knows."""
    payload = jwt.decode(token(), options={"verify_signature": False})
    parts = ({"alg": "HS256", "typ": "JWT", "kid": "one"}, payload)
    text = b".".join(base64url_encode(json.dumps(part).encode()) for part in parts)
    return b".".join([text, base64url_encode(hmac.digest(SPKI, text, "sha256"))]).decode()


async def answered(create: Any, path: str, bearer: str | None, times: int = 1) -> tuple[list[httpx.Response], World]:
    world = World()
    server = await asyncio.start_server(world.serve, "127.0.0.1", 0)
    origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    keys = f"acme {'0' * 64}"
    settings = create.Settings(shop_url=origin, user_jwks=f"{origin}/jwks", partner_keys=keys)
    app = create.create_app(settings)
    headers = {} if bearer is None else {"authorization": f"Bearer {bearer}".encode("latin-1")}
    async with server, app.router.lifespan_context(app), asyncio.timeout(20):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test", headers=headers) as client:
            return await asyncio.gather(*(client.get(path) for _ in range(times))), world


def test_a_good_token(create: Any, capsys: pytest.CaptureFixture[str]) -> None:
    good = token(**{"https://shop.example/level": 3})
    [response], world = asyncio.run(answered(create, "/me", good))
    assert response.status_code == 200, response.text
    assert response.json() == {"id": "ada", "vip": True, "email": None, "level": 3}
    assert world.asked == ["/jwks"]
    said = capsys.readouterr()
    assert good.rpartition(".")[2] not in said.out + said.err and good not in response.text


def test_keys_are_fetched_once_and_claims_reach_the_backend(create: Any) -> None:
    responses, world = asyncio.run(answered(create, "/orders", token(), times=20))
    assert {response.status_code for response in responses} == {200}
    assert world.asked.count("/jwks") == 1
    assert world.asked.count("/users/ada/orders") == 20


WRONG = {
    "expired": lambda: token(exp=int(time.time()) - 31),
    "never expires": lambda: token(exp=None),
    "not yet": lambda: token(nbf=int(time.time()) + 60),
    "another audience": lambda: token(aud="another"),
    "one of other audiences": lambda: token(aud=["a", "b"]),
    "no audience": lambda: token(aud=None),
    "another issuer": lambda: token(iss="https://id.example.com"),
    "an unknown key": lambda: token(header={"kid": "two"}),
    "a key that is no name": lambda: token(header={"kid": "../../etc/passwd"}),
    "signed by another": lambda: token(rsa.generate_private_key(public_exponent=65537, key_size=2048)),
    "of another kind": lambda: token(ec.generate_private_key(ec.SECP256R1()), "ES256"),
    "not signed": lambda: token("", "none"),
    "signed with the public key": signed_with_the_public_key,
    "a listed algorithm in another guise": lambda: token(algorithm="RS512"),
    "an extension": lambda: token(header={"crit": ["b64"], "b64": False}),
    "a key of its own": lambda: token(header={"jwk": {"kty": "oct", "k": "AA"}, "kid": "three"}),
    "for something else": lambda: token(header={"typ": "logout+jwt"}),
    "ends in no number": lambda: token(exp=float("inf")),
    "without a claim": lambda: token(sub=None),
    "a claim of another type": lambda: token(groups="vip"),
    "too long": lambda: token(padding="x" * 9000),
    "two of them": lambda: f"{token()}, Bearer {token()}",
    "nothing": lambda: "",
    "noise": lambda: "a.b.c",
    "noise in JSON": lambda: f"{base64url_encode(b'[]').decode()}.e30.e30",
    "no text": lambda: "\u00e9.\u00e9.\u00e9",
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_token(create: Any, wrong: str) -> None:
    [response], world = asyncio.run(answered(create, "/orders", WRONG[wrong]()))
    assert response.status_code == 401, response.text
    assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert set(world.asked) <= {"/jwks"}
    assert response.json().keys() == {"type", "title", "status", "instance"}


def test_within_the_leeway(create: Any) -> None:
    [response], _ = asyncio.run(answered(create, "/me", token(exp=int(time.time()) - 10)))
    assert response.status_code == 200


def test_a_token_that_was_good_ends_all_the_same(create: Any) -> None:
    """Good tokens are remembered: until they end, and as long as the key is there that they were signed with."""

    async def asked() -> list[int]:
        world = World()
        server = await asyncio.start_server(world.serve, "127.0.0.1", 0)
        origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        settings = create.Settings(shop_url=origin, user_jwks=f"{origin}/jwks", partner_keys=f"acme {'0' * 64}")
        app = create.create_app(settings)
        found = []
        async with server, app.router.lifespan_context(app), asyncio.timeout(20):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client:

                async def ask(bearer: str) -> None:
                    found.append((await client.get("/me", headers={"authorization": f"Bearer {bearer}"})).status_code)

                short, long = token(exp=int(time.time()) - 26), token()
                for _ in range(2):
                    await ask(short)
                    await ask(long)
                await asyncio.sleep(5)  # then the leeway is over
                await ask(short)
                await ask(long)
                world.keys["keys"][0]["kid"] = "another"  # the key is withdrawn
                keys = app.state.security["user"]._keys
                keys._fetched = keys._tried = -1e9
                await ask(long)
        return found

    assert asyncio.run(asked()) == [200] * 4 + [401, 200, 401]


@pytest.mark.parametrize("scope", ["", "orders:write", "orders:readall", None])
def test_a_missing_scope(create: Any, scope: str | None) -> None:
    [response], world = asyncio.run(answered(create, "/orders", token(scope=scope or "")))
    assert response.status_code == 403
    expected = 'Bearer error="insufficient_scope", scope="orders:read"'
    assert response.headers["www-authenticate"] == expected
    assert world.asked == ["/jwks"]


def test_the_issuer_is_away(create: Any) -> None:
    async def away() -> httpx.Response:
        settings = create.Settings(user_jwks="http://127.0.0.1:1/jwks", partner_keys=f"acme {'0' * 64}")
        app = create.create_app(settings)
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client:
                return await client.get("/me", headers={"authorization": f"Bearer {token()}"})

    response = asyncio.run(away())
    assert response.status_code == 503 and response.headers["retry-after"] == "5"


def test_without_its_keys_it_does_not_start(create: Any) -> None:
    async def start() -> None:
        app = create.create_app(create.Settings())
        async with app.router.lifespan_context(app):
            raise AssertionError("started")

    with pytest.raises(ValueError, match="TOKENFRONT_PARTNER_KEYS or TOKENFRONT_PARTNER_KEYS_FILE must be set"):
        asyncio.run(start())


def test_keys_in_a_file_and_none_of_them_in_a_message(create: Any, tmp_path: Path) -> None:
    async def start(text: str) -> None:
        (tmp_path / "keys").write_text(text)
        app = create.create_app(create.Settings(partner_keys_file=tmp_path / "keys"))
        async with app.router.lifespan_context(app):
            pass

    asyncio.run(start(f"# clients\nacme {'a' * 64} stock\n\nother {'b' * 64}\n"))
    with pytest.raises(ValueError) as failure:
        asyncio.run(start(f"acme {'a' * 64}\nother the-key-itself"))
    assert "the-key-itself" not in str(failure.value) and "entry 2" in str(failure.value)


def test_the_document_says_who_may_call(create: Any) -> None:
    document = json.loads((Path(create.__file__).parent.parent / "openapi.json").read_text())
    schemes = document["components"]["securitySchemes"]
    assert schemes["user"]["scheme"] == "bearer" and schemes["partner"]["name"] == "X-Partner-Key"
    paths = document["paths"]
    assert "security" not in paths["/items/{id}"]["get"]
    assert paths["/orders"]["get"]["security"] == [{"user": ["orders:read"]}]
    assert paths["/stock/{id}"]["get"]["security"] == [{"partner": ["stock"]}, {"user": []}]
    assert {"401", "403"} <= paths["/orders"]["get"]["responses"].keys()
    assert paths["/raw/users/{user}/orders"]["get"]["security"] == [{"user": []}]
    assert "id.example.com" not in json.dumps(document)
