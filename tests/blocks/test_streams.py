"""Streams opened, sent by SEND, adjusted, closed (N11 to N15)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from ohmstead import runtime
from ohmstead.blocks import streams as blocks_streams
from ohmstead.blocks.command import Unsupported
from ohmstead.blocks.streams import AdjustPeriodicEventStream, GetPeriodicEventStream
from ohmstead.domain.device_model import Attribute, Name, Variable
from ohmstead.domain.monitors import Monitor
from ohmstead.domain.streams import MOST_OPEN
from ohmstead.store import device_model, monitors, streams
from ohmstead.store.tables import device_history, stream_values
from tests.blocks.staging import SQLITE, Stage, converse

pytestmark = pytest.mark.anyio
NAME = Name("EVSE", "Power", evse_id=1)
BASE = "2025-11-24T15:00:00Z"


@pytest.fixture
async def watched(stage: Stage) -> Stage:
    """Monitor 3 watches a variable that is known."""
    await stage.know(Variable(NAME, (Attribute(value="0"),)))
    one = Monitor(id=3, name=NAME, type="Periodic", value=1, severity=8)
    await stage.db.store([], await monitors.put(stage.db, 1, 1, [one]))
    return stage


async def opened(stage: Stage, id: int = 7, **params: Any) -> Any:
    data = {"id": id, "params": params, "variableMonitoringId": 3}
    return await stage.say("OpenPeriodicEventStream", {"constantStreamData": data}, "2.1")


async def sends(stage: Stage, *values: tuple[float, str], id: int = 7, pending: int = 0) -> list[str]:
    """What the feed was told by it."""
    before = len(stage.fed)
    data = [{"t": t, "v": v} for t, v in values]
    words = {"id": id, "pending": pending, "basetime": BASE, "data": data}
    assert await stage.say("NotifyPeriodicEventStream", words, "2.1") == {}
    return stage.fed[before:]


async def codes(stage: Stage) -> list[str]:
    return [one["code"] for one in await stage.findings()]


async def test_values_are_kept_and_the_newest_is_in_the_model(watched: Stage, clock: runtime.FakeClock) -> None:
    assert await opened(watched, interval=5) == {"status": "Accepted"}
    for n in range(3):
        await sends(watched, (1.5, f"{n}.5"), (0, f"{n}"))
        clock.advance(10)
    one = await streams.find(watched.db, 1, 7)
    assert one is not None
    assert (one.name, one.interval_s, one.messages, one.values, one.last_value) == (NAME, 5, 3, 6, "2.5")
    assert (await device_model.load(watched.db, 1)).value(NAME) == "0.5"  # once a minute
    clock.advance(60)
    await sends(watched, (9, "9"))
    assert (await device_model.load(watched.db, 1)).value(NAME) == "9"
    assert await watched.rows(select(device_history.c.value)) == []  # the stream is its history
    bodies = await watched.rows(select(stream_values.c.body).order_by(stream_values.c.number))
    assert bodies[0][0] == '[[1763996401500000,"0.5"],[1763996400000000,"0"]]'


@SQLITE
async def test_what_is_not_opened(watched: Stage) -> None:  # N11.FR.09
    answer = await opened(watched)
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "MissingParam")
    for id in range(MOST_OPEN):
        assert (await opened(watched, id, values=2))["status"] == "Accepted"
    assert (await opened(watched, 99, values=2))["status"] == "Rejected"
    assert (await opened(watched, 5, values=3))["status"] == "Accepted"  # the same once more
    assert len(await streams.load_open(watched.db, 1)) == MOST_OPEN


@SQLITE
async def test_closed_unknown_and_unreasonable(watched: Stage) -> None:
    await opened(watched, values=2)
    await sends(watched, (1, "a"), (1e300, "b"))
    assert await watched.say("ClosePeriodicEventStream", {"id": 7}, "2.1") == {}
    assert await watched.say("ClosePeriodicEventStream", {"id": 7}, "2.1") == {}
    await sends(watched, (1, "c"))
    assert sorted(await codes(watched)) == ["stream_time", "unknown_stream", "unknown_stream"]
    assert len(await watched.rows(select(stream_values.c.number))) == 1


@SQLITE
async def test_a_monitor_that_is_known_later(stage: Stage) -> None:
    await opened(stage, values=2)
    await sends(stage, (0, "1"))
    one = Monitor(id=3, name=NAME, type="Periodic", value=1, severity=8)
    await stage.db.store([], await monitors.put(stage.db, 1, 1, [one]))
    await sends(stage, (0, "1"))
    found = await streams.find(stage.db, 1, 7)
    assert found is not None
    assert found.name == NAME


async def test_a_station_that_cannot_keep_up_is_an_alert(watched: Stage) -> None:  # N15.FR.05
    await opened(watched, interval=1)
    told = [await sends(watched, (n, "v"), pending=pending) for n, pending in enumerate((3, 6, 9, 12, 4, 0))]
    assert told == [[], [], ["alert.firing"], [], [], ["alert.resolved"]]


@SQLITE
async def test_one_that_keeps_up_reads_no_alerts(watched: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await opened(watched, interval=1)
    await sends(watched, (0, "v"), pending=2)

    async def read(*_: Any) -> Any:
        raise AssertionError("alerts were read")

    with monkeypatch.context() as patch:
        patch.setattr(blocks_streams, "board_of", read)
        await sends(watched, (1, "v"), pending=1)
    await sends(watched, (2, "v"))
    monkeypatch.setattr(blocks_streams, "board_of", read)
    await sends(watched, (3, "v"))
    one = await streams.find(watched.db, 1, 7)
    assert one is not None
    assert one.messages == 4


@SQLITE
async def test_a_boot_closes_them(watched: Stage) -> None:
    await opened(watched, values=2)
    for pending in (1, 2, 3):
        await sends(watched, (0, "v"), pending=pending)
    boot = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}
    await watched.say("BootNotification", boot, "2.1")
    assert await streams.load_open(watched.db, 1) == []
    assert watched.fed[-1] == "alert.resolved"


# ---------------------------------------------------------------------- commands


def test_what_is_asked() -> None:
    said = converse(AdjustPeriodicEventStream(id=7, interval_s=9), "2.1", {"status": "Rejected"})
    assert said.requests == [("AdjustPeriodicEventStream", {"id": 7, "params": {"interval": 9}})]
    assert not said.outcome.accepted
    said = converse(GetPeriodicEventStream(), "2.1", {})
    assert (said.requests, said.outcome.accepted) == ([("GetPeriodicEventStream", {})], True)
    for version in ("1.6", "2.0.1"):
        with pytest.raises(Unsupported):
            converse(GetPeriodicEventStream(), version)
    with pytest.raises(ValueError, match="interval_s or values"):
        AdjustPeriodicEventStream(id=7)


async def test_adjusted_as_the_station_took_it(watched: Stage) -> None:  # N14.FR.01
    await opened(watched, interval=5)
    for status, interval in (("Rejected", 9), ("Accepted", 60)):
        words = {"id": 7, "params": {"interval": interval}}
        await watched.learn("AdjustPeriodicEventStream", words, {"status": status}, "2.1")
    found = await streams.find(watched.db, 1, 7)
    assert found is not None
    assert found.interval_s == 60


async def test_what_the_station_does_not_name_is_closed(watched: Stage) -> None:
    for id in (7, 8):
        await opened(watched, id, interval=5)
    told = [{"id": 8, "params": {"values": 4}, "variableMonitoringId": 3}]
    await watched.learn("GetPeriodicEventStream", {}, {"constantStreamData": told}, "2.1")
    (one,) = await streams.load_open(watched.db, 1)
    assert (one.stream_id, one.interval_s, one.most_values) == (8, None, 4)
    await watched.learn("GetPeriodicEventStream", {}, {}, "2.1")
    assert await streams.load_open(watched.db, 1) == []
