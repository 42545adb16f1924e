"""A recorded conversation with a simulated station, said again to another one that comes over a real socket."""

from __future__ import annotations

import pytest

from ohmstead import runtime
from ohmstead.ocpp.versions import V201
from ohmstead.simulator import CannotConnect, Ev, Station
from ohmstead.traces.comparing import differences
from ohmstead.traces.csms import Csms
from ohmstead.traces.hosting import place
from ohmstead.traces.record import TO_STATION
from tests.traces.conftest import talk

pytestmark = pytest.mark.anyio
RECORDING = """
> [2,"1","BootNotification",{"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"V"}}]
< [3,"1",{"status":"Accepted","currentTime":"2026-01-01T00:00:00Z","interval":300}]
< [2,"a","RequestStartTransaction",{"evseId":1,"remoteStartId":1,"idToken":{"idToken":"T","type":"Central"}}]
> [3,"a",{"status":"Accepted"}]
> [2,"2","TransactionEvent",{"eventType":"Started","transactionInfo":{"transactionId":"old-1"}}]
< [3,"2",{}]
< [2,"b","GetTransactionStatus",{"transactionId":"old-1"}]
> [3,"b",{"ongoingIndicator":true,"messagesInQueue":false}]
< [2,"c","RequestStopTransaction",{"transactionId":"old-1"}]
> [3,"c",{"status":"Accepted"}]
"""


async def test_a_simulated_station_decides_as_the_recorded_one() -> None:
    trace = talk(RECORDING)
    csms = Csms(trace, "CS1", patience_s=10)
    async with place("127.0.0.1", 0, V201, "CS7") as there:
        playing = runtime.spawn(csms.play(there), "recorded CSMS")
        with pytest.raises(CannotConnect):
            async with Station("CS8", url=f"ws://127.0.0.1:{there.port}", version="2.1"):
                pass
        async with Station("CS7", url=f"ws://127.0.0.1:{there.port}", version="2.0.1") as station:
            await station.plug(1, Ev())
            assert await station.boot() == "Accepted"
            await playing
            assert station.controller.books[0].stopped_reason == "Remote"
    found = differences(trace.records, csms.heard, TO_STATION)
    assert [one for one in found if one.place != "/messagesInQueue"] == []
