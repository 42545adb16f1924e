"""What a station does in the background, over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import pytest

from ohmstead.api.context import Context
from ohmstead.domain.battery_swaps import Swap
from ohmstead.domain.procedures import Procedure, Step
from ohmstead.store import battery_swaps, display_messages, procedures

pytestmark = pytest.mark.anyio
ONE = Procedure(
    id="prc_1", kind="firmware", request_id=5, asked_at=1, updated_at=2, state="running", status="Downloading",
    steps=(Step("Downloading", 2, "slow"),), told={"parts": {"0": "x"}},
)  # fmt: skip


async def test_lists_of_one_station(
    client: httpx.AsyncClient, context: Context, seed: Callable[..., Awaitable[None]]
) -> None:
    await seed("stations", id=1, identity="CS1", registration="accepted", security_profile=1, created_at=0, version=1)
    text = {"format": "UTF8", "language": None, "text": "Hello"}
    body = dict.fromkeys(("state", "transaction_id", "evse_id", "display", "starts_at", "ends_at"))
    await context.db.store(
        [],
        [
            procedures.put(1, 1, ONE),
            display_messages.put(1, 1, 7, {**body, "priority": "InFront", "texts": [text]}, 3),
            battery_swaps.put(1, 1, Swap(id=9, request_id=5, token="T", began_at=1, updated_at=1)),
        ],
    )
    (shown,) = (await client.get("stations/CS1/procedures", params={"kind": "firmware"})).json()["data"]
    assert (shown["status"], shown["steps"][0]["info"], shown["told"]) == ("Downloading", "slow", {})
    assert (await client.get("stations/CS1/procedures", params={"state": "done"})).json()["data"] == []
    assert (await client.get("stations/CS1/procedures/prc_1")).json() == shown
    assert (await client.get("stations/CS1/procedures/prc_2")).status_code == 404
    assert (await client.get("stations/CS1/logs")).json()["data"] == []
    (message,) = (await client.get("stations/CS1/display-messages")).json()["data"]
    assert (message["id"], message["texts"]) == (7, [text])
    (swap,) = (await client.get("stations/CS1/battery-swaps")).json()["data"]
    assert (swap["id"], swap["state"]) == ("9", "requested")
