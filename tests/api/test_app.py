from __future__ import annotations

import asyncio
import itertools
from pathlib import Path
from typing import Any

import httpx
import pytest

from ohmstead import runtime
from ohmstead.api import app
from ohmstead.api.auth import Caller
from ohmstead.api.context import Context
from ohmstead.api.limits import Limiter
from ohmstead.api.resources import ROUTES
from ohmstead.store.db import Event

pytestmark = pytest.mark.anyio

Client = httpx.AsyncClient


async def test_health_needs_no_key(client: Client) -> None:
    del client.headers["Authorization"]
    answer = await client.get("health/live")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert (await client.get("health/ready")).status_code == 200


async def test_all_else_does(client: Client) -> None:
    client.headers["Authorization"] = "Bearer wrong"
    open_to_all = set()
    for route in ROUTES:
        answer = await client.request(route.method, route.path.lstrip("/").replace("{", "").replace("}", ""))
        if answer.status_code != 401:
            open_to_all.add((route.method, route.path))
    assert open_to_all == {(route.method, route.path) for route in ROUTES if route.scope is None}


async def test_options_and_refused_methods_say_what_a_path_takes(client: Client) -> None:
    answer = await client.options("stations/CS1")
    assert (answer.status_code, answer.headers["Allow"]) == (204, "DELETE, GET, OPTIONS, PATCH")
    refused = await client.put("stations/CS1")
    assert refused.status_code == 405
    assert set(refused.headers["Allow"].split(", ")) == {"GET", "PATCH", "DELETE", "OPTIONS"}


@pytest.mark.parametrize("value", ["", "Basic abc", "Bearer", "Bearer "])
async def test_a_missing_key_is_said_to_be_missing(client: Client, value: str) -> None:
    answer = await client.get("stations", headers={"Authorization": value})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "ohmstead key add" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "nothing/here", 404, "not-found"),
        ("GET", "stations/CS1", 404, "not-found"),
        ("PUT", "stations", 405, "method-not-allowed"),
        ("GET", "stations?limit=0", 422, "invalid"),
        ("GET", "stations?limit=1001", 422, "invalid"),
        ("GET", "stations?limit=1&limit=2", 422, "invalid"),
        ("GET", "stations?colour=red", 422, "invalid"),
        ("GET", "stations?cursor=rubbish", 422, "invalid"),
        ("GET", "health/live?x=1", 422, "invalid"),
    ],
)
async def test_every_error_is_a_problem(client: Client, method: str, path: str, status: int, kind: str) -> None:
    answer = await client.request(method, path)
    problem = answer.json()
    assert answer.status_code == problem["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"].endswith(f"/problems/{kind}")
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == answer.headers["X-Request-Id"]


@pytest.mark.parametrize(
    ("body", "status", "pointers"),
    [
        (b"", 400, []),
        (b"{", 400, []),
        (b"[]", 422, [""]),
        (b"{}", 422, ["/id"]),
        (b'{"id": "CS1", "colour": 1, "registration": 4}', 422, ["/colour", "/registration"]),
        (b'{"id": "a:b"}', 422, ["/id"]),
        (b'{"id": "CS1", "security_profile": "1"}', 422, ["/security_profile"]),
        (b'{"id": "CS1", "password": "short"}', 422, ["/password"]),
    ],
)
async def test_a_bad_body_gets_a_pointer_for_each_fault(
    client: Client, body: bytes, status: int, pointers: list[str]
) -> None:
    answer = await client.post("stations", content=body)
    assert answer.status_code == status
    assert sorted(fault["pointer"] for fault in answer.json().get("errors", [])) == pointers


async def test_a_body_of_another_type_is_refused(client: Client) -> None:
    answer = await client.post("stations", content=b"<x/>", headers={"Content-Type": "text/xml"})
    assert answer.status_code == 415


async def test_a_repeat_gets_the_first_answer(client: Client) -> None:
    headers = {"Idempotency-Key": "one"}
    first = await client.post("stations", json={"id": "CS1"}, headers=headers)
    again = await client.post("stations", json={"id": "CS1"}, headers=headers)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert first.json()["password"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Location"] == "/api/v1/stations/CS1"
    other = await client.post("stations", json={"id": "CS2"}, headers=headers)
    assert other.status_code == 422
    assert (await client.get("stations")).json()["data"][0]["id"] == "CS1"


async def test_no_password_lies_in_the_database_in_clear(client: Client, context: Context) -> None:
    made = await client.post("stations", json={"id": "CS1"}, headers={"Idempotency-Key": "one"})
    for file in ("ohmstead.db", "ohmstead.db-wal"):
        stored = await asyncio.to_thread(Path(context.settings.data_dir, file).read_bytes)
        assert made.json()["password"].encode() not in stored


async def test_a_concurrent_twin_waits_for_the_first_answer(client: Client) -> None:
    headers = {"Idempotency-Key": "twin"}
    answers = await asyncio.gather(*(client.post("stations", json={"id": "CS1"}, headers=headers) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1


async def test_a_refused_request_can_be_repeated(client: Client) -> None:
    headers = {"Idempotency-Key": "x"}
    await client.post("stations", json={"id": "CS1"})
    assert (await client.post("stations", json={"id": "CS1"}, headers=headers)).status_code == 409
    await client.delete("stations/CS1")
    assert (await client.post("stations", json={"id": "CS1"}, headers=headers)).status_code == 409
    assert (await client.post("stations", json={"id": "CS2"}, headers=headers)).status_code == 201


async def test_too_many_requests_are_told_when_to_come_back(client: Client, context: Context) -> None:
    clock, runtime.clock = runtime.clock, runtime.FakeClock()
    object.__setattr__(context, "limiter", Limiter(2, 0.5))
    try:
        answer = await client.get("stations")
        assert answer.headers["RateLimit-Limit"] == "2"
        assert answer.headers["RateLimit-Remaining"] == "1"
        await client.get("stations")
        refused = await client.get("stations")
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "2")
        assert refused.json()["type"].endswith("too-many-requests")
    finally:
        runtime.clock = clock


async def test_a_bug_is_a_problem_without_its_secrets(client: Client, context: Context) -> None:
    async def broken() -> list[str]:
        raise RuntimeError("hush")

    object.__setattr__(context, "not_ready", broken)
    answer = await client.get("health/ready")
    assert answer.status_code == 500
    assert "hush" not in answer.text


async def test_not_ready_says_why(client: Client, context: Context) -> None:
    async def why() -> list[str]:
        return ["the schema of the database is old: run ohmstead db upgrade"]

    object.__setattr__(context, "not_ready", why)
    answer = await client.get("health/ready")
    assert (answer.status_code, answer.json()["status"]) == (503, "not_ready")
    assert "db upgrade" in answer.json()["reasons"][0]


async def test_metrics_are_for_prometheus(client: Client) -> None:
    answer = await client.get("metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")


async def test_a_stream_ends_with_its_key(client: Client, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was let in for a stream is looked at again while it goes on."""
    made = (await client.post("keys", json={"name": "k", "scopes": ["events:read"]})).json()
    streams, looked, asked = asyncio.Event(), app.caller_of, itertools.count()

    async def look(of: Context, given: Any, method: str) -> Caller:
        if given["authorization"].endswith(made["key"]) and next(asked):
            streams.set()
        return await looked(of, given, method)

    monkeypatch.setattr(app, "caller_of", look)
    monkeypatch.setattr(app, "LOOK_AGAIN", 0.0)
    headers = {"Authorization": f"Bearer {made['key']}"}
    stream = asyncio.create_task(client.get("events/stream", headers=headers))
    async with asyncio.timeout(10):
        await streams.wait()
        assert not stream.done()
        await client.delete(f"keys/{made['id']}")
        async with context.db.transaction() as tx:
            tx.emit(Event(1, "ohmstead.a", "CS1", 1, "{}"))
        assert (await stream).status_code == 200
