from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest
from msgspec import UNSET

from ohmstead.client import NotOhmstead, NotReady, Unreachable
from ohmstead.client.calls import given


def test_what_goes_out(plain, wire):
    wire.answers = [{"data": [], "next_cursor": None}]
    at = datetime(2026, 1, 2, tzinfo=UTC)
    plain.transactions.list(from_=at, incomplete=True, station_id=None).all()
    request = wire.asked[0]
    assert (
        str(request.url) == "http://o.test/api/v1/transactions?from=2026-01-02T00%3A00%3A00%2B00%3A00&incomplete=true"
    )
    assert request.headers["authorization"] == "Bearer k"
    assert "idempotency-key" not in request.headers
    plain.request("GET", "stations", "RDAM|1/2")
    assert wire.asked[1].url.raw_path == b"/api/v1/stations/RDAM%7C1%2F2"


def test_a_post_is_repeated_with_the_same_idempotency_key(plain, wire, pauses):
    gone = httpx.ConnectError("gone")
    wire.answers = [gone, httpx.Response(429, headers={"Retry-After": "7"}), httpx.Response(503), {"ok": 1}]
    assert plain.request("POST", "tokens", body={"token": "T"}) == {"ok": 1}
    assert len({one.headers["idempotency-key"] for one in wire.asked}) == 1
    assert len(wire.asked) == 4
    assert pauses[1] == 7.0
    assert all(0 < pause <= 30 for pause in pauses)


def test_it_gives_up_in_the_end(plain, wire, pauses):
    wire.answers = [httpx.ConnectError("gone")]
    with pytest.raises(Unreachable, match=r"http://o\.test/api/v1/ does not answer: gone"):
        plain.request("GET", "stations")
    assert len(wire.asked) == 5


def test_who_asks_whether_it_is_ready_is_told_at_once(plain, wire, pauses):
    wire.answers = [httpx.Response(503, json={"status": "not_ready", "version": "1", "reasons": ["no database"]})]
    with pytest.raises(NotReady, match="no database"):
        plain.health.ready()
    assert pauses == []


def test_what_an_earlier_attempt_took_away_is_gone_as_wanted(plain, wire):
    missing = {"type": "x", "title": "t", "status": 404, "detail": "d", "request_id": "r"}
    wire.answers = [httpx.ReadError("lost"), httpx.Response(404, json=missing)]
    assert plain.tokens.delete("T") is None


def test_what_ohmstead_never_says(plain, wire):
    wire.answers = [httpx.Response(200, content=b"<html>")]
    with pytest.raises(NotOhmstead, match="what Ohmstead does not"):
        plain.request("GET", "stations")


def test_only_what_is_given_is_sent():
    assert given(a=1, b=UNSET, from_=None) == {"a": 1, "from": None}
