from __future__ import annotations

import asyncio

import httpx
import pytest

from ohmstead.client import NotFound, SyncClient, Unreachable

KEY = {"id": "k", "name": "n", "scopes": [], "site_ids": None, "created_at": "2026-01-01T00:00:00Z"}
KEY |= {"expires_at": None, "revoked_at": None}


def pages(*names: str) -> list[dict[str, object]]:
    made = [{"data": [{**KEY, "name": name}], "next_cursor": name} for name in names]
    made[-1]["next_cursor"] = None
    return made


def test_a_key_that_was_read_from_a_file_ends_its_line(monkeypatch):
    monkeypatch.delenv("OHMSTEAD_KEY", raising=False)
    with SyncClient("http://127.0.0.1:9", "ohm_1\n") as one:
        assert one._transport.http.headers["Authorization"] == "Bearer ohm_1"
    with SyncClient("http://127.0.0.1:9") as one:
        assert "Authorization" not in one._transport.http.headers


def test_lists_are_read_page_after_page(plain, wire):
    wire.answers = pages("a", "b", "c")
    assert [one.name for one in plain.keys.list(limit=1)] == ["a", "b", "c"]
    assert [one.url.params.get("cursor") for one in wire.asked] == [None, "a", "b"]
    wire.answers = pages("a", "b")
    assert plain.keys.list().first().name == "a"
    assert plain.keys.list().page().data[0].name == "b"
    wire.answers = [{"data": [], "next_cursor": None}]
    assert plain.keys.list().first() is None


def test_with_await_as_well(waiting, wire, pauses):
    async def look() -> None:
        wire.answers = [httpx.ConnectError("x"), httpx.Response(503), *pages("a", "b")]
        assert [one.name for one in await waiting.keys.list().all()] == ["a", "b"]
        assert len(pauses) == 2
        wire.answers = pages("a")
        assert (await waiting.keys.list().first()).name == "a"
        assert (await waiting.keys.list().page()).next_cursor is None
        missing = {"type": "x", "title": "t", "status": 404, "detail": "d", "request_id": "r"}
        wire.answers = [httpx.Response(404, json=missing)]
        with pytest.raises(NotFound):
            await waiting.keys.revoke("k")
        wire.answers = [httpx.ReadError("x"), httpx.Response(404, json=missing)]
        await waiting.keys.revoke("k")
        wire.answers = [httpx.ConnectError("x")]
        with pytest.raises(Unreachable):
            await waiting.keys.list().all()
        await waiting.close()

    asyncio.run(look())
