"""An emitted gateway that limits how often clients may call."""

from __future__ import annotations

import asyncio
import importlib
import sys
import time
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from .project import CASES, generate

KEY = ec.generate_private_key(ec.SECP256R1())
KEYS = {"keys": [jwt.get_algorithm_by_name("ES256").to_jwk(KEY.public_key(), as_dict=True)]}


@pytest.fixture(scope="module")
def create(tmp_path_factory: pytest.TempPathFactory) -> Any:
    out = tmp_path_factory.mktemp("rates")
    text = (CASES / "rates" / "spec.yaml").read_text("utf-8").replace("name: ratefront", "name: limitfront")
    (out / "spec.yaml").write_text(text, "utf-8")
    (out / "shop.yaml").write_bytes((CASES / "rates" / "shop.yaml").read_bytes())
    package = generate(out / "spec.yaml", out / "project")
    sys.path.insert(0, str(out / "project"))
    return importlib.import_module(package)


def answers(create: Any, *requests: tuple[str, dict[str, str]], **settings: Any) -> list[httpx.Response]:
    async def backend(request: httpx.Request) -> httpx.Response:
        found: Any = KEYS if "jwks" in request.url.path else {"id": 1, "name": "Lamp"}
        return httpx.Response(200, json=[] if request.url.path.endswith("orders") else found)

    async def all_of_them() -> list[httpx.Response]:
        app = create.create_app(create.Settings(**settings), transport=httpx.MockTransport(backend))
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app, client=("192.0.2.7", 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client:
                return [await client.get(path, headers=headers) for path, headers in requests]

    return asyncio.run(all_of_them())


def bearer(sub: str, tenant: str | None = None) -> dict[str, str]:
    claims = {"iss": "https://id.example.com/", "aud": "shopfront", "exp": int(time.time()) + 60, "sub": sub}
    token = jwt.encode(claims | ({"tenant": tenant} if tenant else {}), KEY, "ES256")
    return {"authorization": f"Bearer {token}"}


def statuses(responses: list[httpx.Response]) -> list[int]:
    return [response.status_code for response in responses]


def test_one_limit_for_all_endpoints(create: Any) -> None:
    asked = [("/items/1", {}), ("/raw/items/1", {}), ("/items/2", {}), ("/items/3", {}), ("/raw/items/1", {})]
    found = answers(create, *asked)
    assert statuses(found) == [200, 200, 200, 429, 429]
    assert [one.headers["ratelimit"].split(";")[1] for one in found] == ["r=2", "r=1", "r=0", "r=0", "r=0"]
    refused = found[3]
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["title"] == "Too Many Requests"
    assert 1 <= int(refused.headers["retry-after"]) <= 121
    assert "192.0.2.7" not in refused.text


def test_a_limit_of_its_own_and_none(create: Any) -> None:
    asked = [("/search", {}), ("/search", {}), ("/items/1", {})]
    assert statuses(answers(create, *asked)) == [200, 429, 200]
    assert set(statuses(answers(create, *[("/health", {})] * 9))) == {200}


def test_by_a_claim_and_who_has_none_as_a_client(create: Any) -> None:
    tenants = [("ada", "a"), ("bo", "a"), ("cy", "a"), ("di", "b"), ("ed", None), ("fay", None)]
    found = answers(create, *(("/orders", bearer(sub, tenant)) for sub, tenant in tenants))
    assert statuses(found) == [200, 200, 429, 200, 200, 200]


def test_what_a_client_says_of_its_address_counts_for_nothing(create: Any) -> None:
    asked = [("/search", {"x-forwarded-for": f"198.51.100.{number}"}) for number in range(3)]
    assert statuses(answers(create, *asked)) == [200, 429, 429]
    assert statuses(answers(create, *asked, trusted_hops=1)) == [200, 200, 200]
    forged = [("/search", {"x-forwarded-for": f"198.51.100.{number}, 192.0.2.1"}) for number in range(3)]
    assert statuses(answers(create, *forged, trusted_hops=1)) == [200, 429, 429]


def test_switched_off(create: Any) -> None:
    assert set(statuses(answers(create, *[("/search", {})] * 5, rate_limits=False))) == {200}
