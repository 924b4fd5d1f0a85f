"""The control: a gateway as one writes it by hand, with good will and the stock tools."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import httpx
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ValidationError

A, B, C = (os.environ[f"CHAOS_{name}_URL"] for name in "ABC")
client: httpx.AsyncClient


class Thing(BaseModel):
    id: int
    name: str


class Item(BaseModel):
    id: int


class Named(BaseModel):
    id: int
    name: str


class Fan(BaseModel):
    names: list[str]
    third: str | None


class NewThing(BaseModel):
    name: str


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    global client
    async with httpx.AsyncClient(timeout=0.6) as client:
        yield


app = FastAPI(lifespan=lifespan)


@app.exception_handler(httpx.TimeoutException)
async def timed_out(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": "a backend is slow"}, 504)


@app.exception_handler(httpx.HTTPError)
@app.exception_handler(ValidationError)
async def failed(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": "a backend failed"}, 502)


async def get(url: str) -> Any:
    response = await client.get(url)
    response.raise_for_status()
    return response.json()


async def thing(base: str, id: int) -> Thing:
    return Thing.model_validate(await get(f"{base}/things/{id}"))


async def thing_or_none(base: str, id: int) -> Thing | None:
    try:
        return await thing(base, id)
    except (httpx.HTTPError, ValidationError):
        return None


@app.get("/single/{id}", response_model=Named)
async def single(id: int) -> Thing:
    return await thing(A, id)


@app.get("/other/{id}", response_model=Item)
async def other(id: int) -> Thing:
    return await thing(B, id)


@app.get("/named/{name}", response_model=Item)
async def named(name: str) -> Thing:
    return Thing.model_validate(await get(f"{A}/named/{quote(name, safe='')}"))


@app.get("/fan/{id}", response_model=Fan)
async def fan(id: int) -> Fan:
    first, second, third = await asyncio.gather(thing(A, id), thing(B, id), thing_or_none(C, id))
    return Fan(names=[first.name, second.name], third=third.name if third else None)


@app.get("/list", response_model=list[Item])
async def items() -> Any:
    return [Thing.model_validate(one) for one in await get(f"{A}/things")]


@app.post("/things", response_model=Item, status_code=201)
async def add(new: NewThing) -> Any:
    response = await client.post(f"{A}/things", json=new.model_dump())
    response.raise_for_status()
    return Thing.model_validate(response.json())


@app.get("/lines")
async def lines() -> StreamingResponse:
    async def each() -> AsyncIterator[bytes]:
        async with client.stream("GET", f"{A}/tail") as response:
            async for line in response.aiter_lines():
                yield Item.model_validate_json(line).model_dump_json().encode() + b"\n"

    return StreamingResponse(each(), media_type="application/x-ndjson")


@app.get("/photo/{id}")
async def photo(id: int) -> Response:
    response = await client.get(f"{A}/photos/{id}")
    response.raise_for_status()
    return Response(response.content, media_type=response.headers["content-type"])


@app.get("/raw/{path:path}")
async def raw(path: str) -> Response:
    response = await client.get(f"{A}/raw/{path}")
    hop = {"transfer-encoding", "connection", "content-encoding", "content-length"}
    headers = {name: value for name, value in response.headers.items() if name not in hop}
    return Response(response.content, response.status_code, headers)
