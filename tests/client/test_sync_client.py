from __future__ import annotations

import json

import httpx
import pytest

from ohmstead.client import Gone
from tests.client.test_events import EVENT

STREAM = f": hello\nid: 5\n\nid: 7\ndata: {json.dumps(EVENT)}\n\n"


def test_the_feed_is_followed_over_lost_connections(plain, wire, pauses):
    wire.answers = [httpx.Response(200, text=STREAM), httpx.ReadError("lost"), httpx.Response(200, text=STREAM)]
    feed = plain.events.follow(types=["ohmstead.station.*"])
    assert [next(feed).sequence for _ in range(2)] == [7, 7]
    assert [one.headers.get("last-event-id") for one in wire.asked] == [None, "7", "7"]


def test_what_is_no_longer_kept(plain, wire):
    problem = {"type": "x", "title": "t", "status": 410, "detail": "d", "request_id": "r", "oldest": 9}
    wire.answers = [httpx.Response(410, json=problem)]
    with pytest.raises(Gone) as caught:
        next(plain.events.follow(after=1))
    assert caught.value.problem.oldest == 9
