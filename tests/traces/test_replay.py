from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest

from ohmstead import runtime
from ohmstead.runtime import FakeClock
from ohmstead.traces import replay as module
from ohmstead.traces.replay import CannotReplay, Closed, Pace, replay
from tests.traces.conftest import AT, talk

pytestmark = pytest.mark.anyio

RECORDING = """
open
> [2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]
< [3,"1",{"status":"Accepted","currentTime":"2026-01-01T00:00:00Z","interval":300}]
> [2,"2","StartTransaction",{"connectorId":1,"idTag":"A","meterStart":0,"timestamp":"2026-01-01T00:00:00Z"}]
< [3,"2",{"transactionId":7,"idTagInfo":{"status":"Accepted"}}]
< [2,"x","GetConfiguration",{}]
> [3,"x",{"configurationKey":[]}]
> [2,"3","StopTransaction",{"transactionId":7,"meterStop":5,"timestamp":"2026-01-01T00:00:00Z"}]
< [3,"3",{}]
closed
"""


class Csms:
    """The other end of a line: `hear` says what goes back for a frame; None ends the line."""

    def __init__(self, hear: Callable[[list], list | None]) -> None:
        self.hear, self.said, self.opened = hear, [], []

    async def dial(self, identity, version):
        self.opened.append((identity, version.name))
        return Wire(self)


class Wire:
    def __init__(self, csms: Csms) -> None:
        self.csms: Csms = csms
        self.back: asyncio.Queue[str | None] = asyncio.Queue()

    async def send(self, text: str) -> None:
        frame = json.loads(text)
        self.csms.said.append(frame)
        back = self.csms.hear(frame)
        for one in [None] if back is None else back:
            self.back.put_nowait(None if one is None else json.dumps(one))

    async def receive(self) -> str:
        text = await self.back.get()
        if text is None:
            raise Closed
        return text

    async def close(self) -> None:
        self.back.put_nowait(None)


def friendly(frame: list) -> list:
    if frame[0] != 2:
        return []
    answers = {"BootNotification": {"status": "Accepted"}, "StartTransaction": {"transactionId": 99}}
    asks = [[2, "y", "GetConfiguration", {}], [2, "z", "Reset", {}]] if frame[2] == "BootNotification" else []
    return [*asks, [3, frame[1], answers.get(frame[2], {})]]


async def test_calls_are_said_again_with_the_ids_of_today():
    csms = Csms(friendly)
    heard = await replay(talk(RECORDING, "1.6"), csms.dial)
    assert csms.opened == [("CS1", "1.6")]
    calls = [one for one in csms.said if one[0] == 2]
    assert [one[2] for one in calls] == ["BootNotification", "StartTransaction", "StopTransaction"]
    assert calls[2][3]["transactionId"] == 99
    # what it was asked it answers as recorded, what the recorded one was never asked it refuses
    assert [one for one in csms.said if one[0] != 2] == [
        [3, "y", {"configurationKey": []}],
        [4, "z", "NotSupported", "The recorded station was never asked this.", {}],
    ]
    assert [(one.line, one.direction) for one in heard if '"StopTransaction"' in one.text] == [(8, "cp-to-csms")]
    assert len(heard) == 10


async def test_recorded_request_ids_become_those_of_today():
    recording = """
    > [2,"1","Heartbeat",{}]
    < [3,"1",{}]
    < [2,"x","GetBaseReport",{"requestId":5,"reportBase":"FullInventory"}]
    > [3,"x",{"status":"Accepted"}]
    > [2,"2","NotifyReport",{"requestId":5,"seqNo":0,"generatedAt":"2026-01-01T00:00:00Z"}]
    < [3,"2",{}]
    """
    asks = [2, "y", "GetBaseReport", {"requestId": 77}]
    csms = Csms(
        lambda frame: [*([asks] if frame[2] == "Heartbeat" else []), [3, frame[1], {}]] if frame[0] == 2 else []
    )
    await replay(talk(recording), csms.dial)
    assert csms.said[-1][3]["requestId"] == 77


async def test_a_silent_csms_or_one_that_closes_ends_nothing_but_the_line():
    for hear in (lambda frame: [[3, "other", {}]], lambda frame: None):
        csms = Csms(hear)
        heard = await replay(talk(RECORDING, "1.6"), csms.dial, patience_s=0.05)
        assert [one[2] for one in csms.said] == ["BootNotification", "StartTransaction", "StopTransaction"]
        assert len(csms.opened) == 3
        assert len(heard) == 3


async def test_a_csms_that_is_not_there_and_a_crowd_are_told():
    async def refuse(identity, version):
        raise CannotReplay("HTTP 401")

    with pytest.raises(CannotReplay, match="401"):
        await replay(talk(RECORDING), refuse)


async def test_too_many_stations(monkeypatch):
    monkeypatch.setattr(module, "MAX_STATIONS", 0)
    with pytest.raises(CannotReplay, match="at most 0 stations"):
        await replay(talk(RECORDING), Csms(friendly).dial)


@pytest.mark.parametrize("speed", [1.0, 10.0, None])
async def test_time_is_scaled(monkeypatch, speed):
    """Ten lines, a second apart: nine seconds."""
    clock = FakeClock()
    monkeypatch.setattr(runtime, "clock", clock)

    async def sleep(seconds: float) -> None:
        clock.advance(seconds)

    await replay(talk(RECORDING, "1.6"), Csms(friendly).dial, speed=speed, sleep=sleep)
    last = 9.0 if speed else 0.0
    assert clock.ticks == pytest.approx(last / (speed or 1.0))


async def test_a_pace_without_times_waits_for_nothing():
    async def sleep(seconds: float) -> None:
        raise AssertionError

    pace = Pace(1.0, sleep)
    await pace.wait(None)
    await pace.wait(AT)
    await pace.wait(AT - 10)
