"""Battery swaps: one record for the events of one number, and no swap without a token that may charge."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.blocks.battery_swap import RequestBatterySwap
from ohmstead.blocks.command import Unsupported
from ohmstead.store.tables import battery_swaps
from tests.blocks.staging import SQLITE, Stage, converse

pytestmark = pytest.mark.anyio
_c = battery_swaps.c
TOKEN = {"idToken": "T1", "type": "ISO14443"}


def _event(kind: str, *serials: str) -> dict[str, Any]:
    batteries = [{"evseId": n, "serialNumber": name, "soC": 20, "soH": 99} for n, name in enumerate(serials, 1)]
    return {
        "eventType": kind,
        "requestId": 5,
        "idToken": {"idToken": "T1", "type": "ISO14443"},
        "batteryData": batteries,
    }


async def test_in_timeout_and_out_are_one_swap(stage: Stage) -> None:  # L12
    for kind, serial in (("BatteryIn", "OLD"), ("BatteryOutTimeout", "NEW"), ("BatteryOut", "NEW")):
        assert await stage.say("BatterySwap", _event(kind, serial), "2.1") == {}
    assert stage.fed == ["battery_swap.in", "battery_swap.timed_out", "battery_swap.swapped"]
    ((_, told),) = stage.told
    assert (told["batteries_in"][0]["serial_number"], told["batteries_out"][0]["serial_number"]) == ("OLD", "NEW")
    assert [tuple(row) for row in await stage.rows(select(_c.request_id, _c.state, _c.token))] == [(5, "swapped", "T1")]
    assert stage.happened == [("battery_swap", "5")]


@SQLITE
async def test_one_that_does_not_begin_is_kept_and_found(stage: Stage) -> None:
    await stage.say("BatterySwap", _event("BatteryOut", "NEW"), "2.1")
    assert [row[0] for row in await stage.rows(select(_c.state))] == ["swapped"]
    assert [one["code"] for one in await stage.findings()] == ["swap_without_beginning"]


@SQLITE
async def test_one_asked_for_is_known_before_a_battery_comes(stage: Stage) -> None:
    asked = {"requestId": 5, "idToken": TOKEN}
    await stage.learn("RequestBatterySwap", asked, {"status": "Accepted"}, "2.1")
    await stage.say("BatterySwap", _event("BatteryIn", "OLD"), "2.1")
    assert [tuple(row) for row in await stage.rows(select(_c.state, _c.token))] == [("in", "T1")]


@SQLITE
async def test_only_a_token_that_may_charge(stage: Stage) -> None:  # S02.FR.03
    await stage.token("T1", status="blocked")
    for token in ("T1", "T2"):
        with pytest.raises(Unsupported):
            await RequestBatterySwap(token=token).prepare(stage.ask("2.1"), stage.db)


def test_what_is_said() -> None:
    talk = converse(RequestBatterySwap(token="T1"), "2.1", {"status": "Accepted"})
    assert talk.requests == [
        ("RequestBatterySwap", {"requestId": 77, "idToken": {"idToken": "T1", "type": "ISO14443"}})
    ]
    assert talk.outcome is not None
    assert talk.outcome.expects == ("battery_swap", "77")
    with pytest.raises(Unsupported):
        converse(RequestBatterySwap(token="T1"), "2.0.1")
