"""A signal for many stations; their parts are played by the test."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from sqlalchemy import select, update

from ohmstead.store.statement import Statement
from ohmstead.store.tables import commands, stations
from tests.conftest import until

pytestmark = pytest.mark.anyio
NOW = 1_764_000_000_000_000
SENT, ANSWERED = "2099-01-01T00:00:00.010Z", "2099-01-01T00:00:00.030Z"


async def execute(context, clause):
    async with context.db.transaction() as tx:
        return await tx.fetch(Statement(clause))


async def test_a_signal_for_all_stations_of_a_portfolio(client, context, seed):
    top = (await client.post("sites", json={"name": "Portfolio"})).json()["id"]
    below = (await client.post("sites", json={"name": "Depot", "parent_id": top})).json()["id"]
    for n, site in enumerate((top, below, below, None), 1):
        await client.post("stations", json={"id": f"CS{n}", "security_profile": 1, "password": "p" * 16,
                                            "site_id": site})  # fmt: skip
    for n, version in ((1, "2.1"), (2, "2.1"), (4, "2.0.1")):
        await execute(context, update(stations).where(stations.c.identity == f"CS{n}")
                      .values(connected_since=NOW, ocpp_version=version).returning(stations.c.id))  # fmt: skip
    key = {"Idempotency-Key": "once"}
    asked = asyncio.create_task(
        client.post(
            "afrr-signals", json=(said := {"signal": -3, "site_ids": [top], "station_ids": ["CS4"]}), headers=key
        )
    )
    queued = select(commands.c.id, commands.c.body).where(commands.c.state == "queued")

    async def both():
        return len(await execute(context, queued)) == 2

    await until(both)
    ((_, body), _) = await execute(context, queued)
    assert (msgspec.json.decode(body)["signal"], msgspec.json.decode(body)["if_offline"]) == (-3, "fail")
    call = {"message_id": "1", "action": "AFRRSignal", "payload": {}, "sent_at": SENT, "answered_at": ANSWERED}
    await execute(context, update(commands)
                  .values(state="accepted", calls=msgspec.json.encode([call]).decode())
                  .returning(commands.c.id))  # fmt: skip
    found = (await asked).json()
    assert [found[name] for name in ("accepted", "rejected", "pending", "skipped")] == [2, 0, 0, 2]
    latency = found["latency_ms"]
    assert latency["answered_max"] - latency["sent_max"] == pytest.approx(20, abs=0.2)
    skipped = {one["station_id"]: one["reason"] for one in found["data"] if one["state"] == "skipped"}
    assert set(skipped) == {"CS3", "CS4"}
    assert "no AFRRSignal" in skipped["CS4"]
    assert (await client.post("afrr-signals", json=said, headers=key)).json() == found  # and nothing is sent again
    assert await execute(context, queued) == []


async def test_for_nobody(client, seed):
    for body in ({"signal": 1}, {"signal": 1, "site_ids": ["99"]}, {"signal": 1, "station_ids": ["NO"]}):
        assert (await client.post("afrr-signals", json=body)).status_code == 422
