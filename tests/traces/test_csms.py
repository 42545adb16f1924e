"""A recorded CSMS, towards stations that do other things than the recorded one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest

from ohmstead.ocpp.versions import V16
from ohmstead.traces.comparing import differences
from ohmstead.traces.csms import Csms, recorded_version, the_station
from ohmstead.traces.record import TO_STATION
from ohmstead.traces.replay import CannotReplay, Closed
from tests.traces.conftest import talk

pytestmark = pytest.mark.anyio
RECORDING = """
open
> [2,"1","BootNotification",{"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"V"}}]
< [3,"1",{"status":"Accepted","currentTime":"2026-01-01T00:00:00Z","interval":77}]
< [2,"a","RequestStartTransaction",{"remoteStartId":1,"idToken":{"idToken":"T","type":"Central"}}]
> [3,"a",{"status":"Accepted"}]
> [2,"2","TransactionEvent",{"eventType":"Started","transactionInfo":{"transactionId":"old-1"}}]
< [3,"2",{"idTokenInfo":{"status":"Accepted"}}]
< [2,"b","RequestStopTransaction",{"transactionId":"old-1"}]
> [3,"b",{"status":"Accepted"}]
closed
"""


class Station:
    """A line whose other end is a function: a call of the CSMS in, frames of the station out."""

    def __init__(self, begin: list[list], hear: Callable[[list], list[list]]) -> None:
        self._out: asyncio.Queue[list | None] = asyncio.Queue()
        self._hear, self.told = hear, []
        for one in begin:
            self._out.put_nowait(one)

    async def send(self, text: str) -> None:
        self.told.append(json.loads(text))
        for one in self._hear(self.told[-1]):
            self._out.put_nowait(one)

    async def receive(self) -> str:
        one = await self._out.get()
        if one is None:
            raise Closed
        return json.dumps(one)

    async def close(self) -> None:
        self._out.put_nowait(None)


class Once:
    def __init__(self, *lines: Station) -> None:
        self._lines = list(lines)

    async def next(self) -> Station:
        if not self._lines:
            await asyncio.Event().wait()
        return self._lines.pop(0)


BOOT = [2, "x1", "BootNotification", {"reason": "PowerUp"}]


def obeys(frame: list) -> list[list]:
    if frame[0] != 2:
        return []
    answer = [3, frame[1], {"status": "Accepted"}]
    if frame[2] != "RequestStartTransaction":
        return [answer]
    event = {"eventType": "Started", "transactionInfo": {"transactionId": "new-9"}}
    return [answer, [2, "x2", "TransactionEvent", event], [2, "x3", "Heartbeat", {}], [2, "x4", "DataTransfer", {}]]


async def test_its_calls_come_with_the_ids_of_today_and_its_answers_as_recorded() -> None:
    trace, station = talk(RECORDING), Station([BOOT], obeys)
    csms = Csms(trace, "CS1", patience_s=5)
    await csms.play(Once(station))  # type: ignore[arg-type]
    boot = station.told[0][2]
    assert (boot["interval"], boot["currentTime"] > "2026-01-01T00:00:01Z") == (77, True)
    asked = [one[2:] for one in station.told if one[0] == 2]
    assert asked[1] == ["RequestStopTransaction", {"transactionId": "new-9"}]
    answers = {one[1]: one for one in station.told if one[0] != 2}
    assert answers["x2"][2] == {"idTokenInfo": {"status": "Accepted"}}
    assert "currentTime" in answers["x3"][2]
    assert answers["x4"][2] == "NotSupported"
    assert differences(trace.records, csms.heard, TO_STATION) == []


async def test_a_station_that_decides_otherwise_is_told_apart() -> None:
    def refuses(frame: list) -> list[list]:
        return [[3, frame[1], {"status": "Rejected"}]] if frame[0] == 2 else []

    trace = talk(RECORDING)
    csms = Csms(trace, "CS1", patience_s=0.05)
    await csms.play(Once(Station([BOOT], refuses)))  # type: ignore[arg-type]
    found = differences(trace.records, csms.heard, TO_STATION)
    assert [(one.action, one.was, one.now) for one in found] == [
        ("RequestStartTransaction", "Accepted", "Rejected"),
        ("RequestStopTransaction", "Accepted", "Rejected"),
    ]


async def test_a_station_that_goes_may_come_back_but_must() -> None:
    def leaves(frame: list) -> list[list]:
        return [None] if frame[0] == 2 else []  # type: ignore[list-item]

    trace, second = talk(RECORDING), Station([], obeys)
    await Csms(trace, "CS1", patience_s=0.05).play(Once(Station([BOOT], leaves), second))  # type: ignore[arg-type]
    assert [one[2] for one in second.told] == ["RequestStopTransaction"]
    with pytest.raises(CannotReplay, match="did not come back"):
        await Csms(trace, "CS1", patience_s=0.05).play(Once(Station([BOOT], leaves)))  # type: ignore[arg-type]


def test_which_station() -> None:
    trace = talk('> [2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]', None)
    assert the_station(trace) == the_station(trace, "CS1") == "CS1"
    assert recorded_version(trace, "CS1") is V16
    with pytest.raises(CannotReplay, match=r"one of its stations \(CS1\), given CS9"):
        the_station(trace, "CS9")
