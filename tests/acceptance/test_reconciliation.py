"""E07, E14: a gap is asked for over the wire, and closed with a verdict that is read over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.serving import Csms, Station, event, serving

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def csms(tmp_path_factory: pytest.TempPathFactory, anyio_backend: str) -> AsyncIterator[Csms]:
    async with serving(Path(tmp_path_factory.mktemp("data")), unasked_calls=("gap_check",)) as one:
        yield one


async def told(csms: Csms, station: Station, answer: dict[str, Any]) -> dict[str, Any]:
    """Let the gap be looked into now, and answer the question."""
    one = await csms.transaction()
    await csms.post(f"transactions/{one['id']}/reconcile", {})
    call = await station.next_call()
    assert call[2:] == ["GetTransactionStatus", {"transactionId": "tx-1"}]
    await station.answer(call, answer)
    return one


async def test_e07_e14_a_gap_is_asked_for_and_closed(csms: Csms) -> None:
    await csms.add_station()
    async with csms.station() as station:
        for said in (event("Started", 0, evse=1, wh=0), event("Updated", 1, 10), event("Updated", 3, 30)):
            await station.call("TransactionEvent", said)
        await station.call("TransactionEvent", event("Ended", 4, 40, wh=400))
        one = await told(csms, station, {"ongoingIndicator": False, "messagesInQueue": False})
        assert one["gaps"] == [2]
        (found,) = await csms.until(
            lambda: csms.all("reconciliations"), lambda seen: [one["state"] for one in seen] == ["closed"]
        )
        assert (found["verdict"], found["transaction_id"]) == ("lost", one["id"])
        (record,) = await csms.get(f"transactions/{one['id']}/records")
        assert (record["version"], record["reason"], record["transaction"]["energy_wh"]) == (1, "lost", 400)
        assert (await csms.transaction())["verdict"] == "lost"
        # it comes after all, and with more than was billed
        late = event("Updated", 2, 45)
        late["meterValue"] = [{"timestamp": late["timestamp"], "sampledValue": [{"value": 420}]}]
        await station.call("TransactionEvent", late)
        records = await csms.until(lambda: csms.get(f"transactions/{one['id']}/records"), lambda seen: len(seen) == 2)
        assert [record["transaction"]["energy_wh"] for record in records] == [420, 400]
        (line,) = (await csms.get("audit", action="transaction.amend"))["data"]
        assert (line["actor"], line["detail"]["changed"]) == ("station:CS1", {"energy_wh": [400, 420]})
    kinds = [one["type"].removeprefix("ohmstead.transaction.") for one in await csms.feed("transaction")]
    assert {"gap_detected", "reconciled"} <= set(kinds)
    assert kinds.count("sealed") == 2
