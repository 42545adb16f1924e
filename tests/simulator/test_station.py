"""Scripts over a real WebSocket, stepping: no sleeps, and the CSMS stand-in answers at once."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.simulator import Answered, Ev, Station, Unmet

START = 1_764_000_000_000_000
pytestmark = pytest.mark.anyio


def make(csms: Any, version: str, **more: Any) -> Station:
    return Station("CS001", url=csms.url, version=version, speed=None, start=START, **more)


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_a_session(served: Any, version: str) -> None:
    async with served(version) as csms, make(csms, version) as station:
        assert await station.boot() == "Accepted"
        await station.plug(1, Ev(soc=20))
        assert await station.authorize("TAG") == "Accepted"
        await station.start(1)
        energy = await station.charge(1, minutes=10)
        assert energy == pytest.approx(11_000 / 6, rel=0.03)
        await station.stop(1)
        assert (await station.unplug(1)).soc > 20
        assert station.waiting == 0
        assert station.transaction(1) is None
        kinds = [entry.kind for entry in station.acknowledged]
        expected = ["start", *["meter"] * 10, "stop"] if version == "1.6" else list(range(len(kinds)))
        assert kinds == expected
        assert len({entry.transaction_id for entry in station.acknowledged}) == 1


async def test_the_same_seed_gives_the_same_frames(served: Any) -> None:
    async def frames() -> list[bytes]:
        async with served("2.1") as csms, make(csms, "2.1", seed=5) as station:
            await station.boot()
            await station.plug()
            await station.swipe("TAG")
            await station.charge(minutes=5)
            await station.unplug()
            return [frame.text for frame in station.sent]

    assert await frames() == await frames()


async def test_offline_and_back(served: Any) -> None:
    async with served("2.0.1") as csms, make(csms, "2.0.1") as station:
        await station.boot()
        await station.plug(1, Ev())
        await station.swipe("TAG")
        await station.charge(minutes=2)
        await station.go_offline()
        assert not station.connected
        await station.charge(minutes=2)
        await station.go_online()
        await station.unplug()
        offline = [event.get("offline", False) for event in csms.csms.of("TransactionEvent")]
        assert offline == [*sorted(offline[:-1]), False]
        assert len(csms.csms.of("BootNotification")) == 1
        assert len(csms.sockets) == 2


async def test_a_power_cut(served: Any) -> None:
    async with served("1.6") as csms, make(csms, "1.6") as station:
        await station.boot()
        await station.plug(1, Ev())
        await station.swipe("TAG")
        await station.wait(5)
        await station.power_cut()
        await station.wait(10)
        assert station.connected
        assert csms.csms.of("StopTransaction")[0]["reason"] == "PowerLoss"
        assert len(csms.csms.of("BootNotification")) == 2


async def test_expecting_calls_of_the_csms(served: Any) -> None:
    async with served("2.0.1") as csms, make(csms, "2.0.1") as station:
        await station.boot()
        await csms.ask("Reset", {"type": "Immediate"})
        frame = await station.expect("Reset")
        assert frame.payload == {"type": "Immediate"}
        with pytest.raises(Unmet, match="waited 0 s for a call Reset"):
            await station.expect("Reset", within=0)
        await station.wait(10)
        assert len(csms.sockets) == 2


async def test_any_call(served: Any) -> None:
    async with served("1.6") as csms, make(csms, "1.6") as station:
        await station.boot()
        outcome = await station.call("DataTransfer", {"vendorId": "ACME"})
        assert outcome == Answered({"status": "Accepted"})


async def test_start_needs_a_token(served: Any) -> None:
    async with served("1.6") as csms, make(csms, "1.6") as station:
        await station.boot()
        with pytest.raises(ValueError, match="No token"):
            await station.start(1)
        csms.csms.tokens["BAD"] = "Blocked"
        assert await station.authorize("BAD") == "Blocked"
        with pytest.raises(ValueError, match="No token"):
            await station.start(1)


async def test_silence_is_seen_by_the_script(served: Any) -> None:
    async with served("2.0.1") as csms, make(csms, "2.0.1") as station:
        await station.boot()
        await station.plug(1, Ev())
        assert await station.swipe("TAG") == "Accepted"
        csms.csms.silent = {"TransactionEvent"}
        await station.wait(70, settle=False)
        with pytest.raises(Unmet):
            await station.settled(within=0)
        csms.csms.silent = set()
        await station.wait(40, settle=False)
        await station.settled()
        await station.wait(30)
        numbers = [entry.kind for entry in station.acknowledged]
        assert numbers == list(range(len(numbers)))
