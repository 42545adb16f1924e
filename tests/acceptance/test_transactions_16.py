"""E of 1.6: StartTransaction, MeterValues and StopTransaction over the wire, read back over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.serving import Csms, Station, at, serving

pytestmark = pytest.mark.anyio


@pytest.fixture
async def csms(apart: Csms) -> Csms:
    """On each kind of database in turn."""
    await furnish(apart)
    return apart


async def furnish(csms: Csms) -> None:
    await csms.add_station()
    await csms.add_token("GOOD", group="FAMILY")
    await csms.add_token("STOLEN", "blocked")


def start(seconds: float = 0, connector: int = 1, tag: str = "GOOD", meter: int = 1000) -> dict[str, Any]:
    return {"connectorId": connector, "idTag": tag, "meterStart": meter, "timestamp": at(seconds)}


def stop(transaction: int, seconds: float = 3600, meter: int = 11000, **more: Any) -> dict[str, Any]:
    return {"transactionId": transaction, "meterStop": meter, "timestamp": at(seconds), **more}


def values(transaction: int | None, seconds: float, value: str, connector: int = 1, **more: Any) -> dict[str, Any]:
    sample = [{"timestamp": at(seconds), "sampledValue": [{"value": value, **more}]}]
    told: dict[str, Any] = {"connectorId": connector, "meterValue": sample}
    return told if transaction is None else told | {"transactionId": transaction}


async def begun(station: Station, *arguments: Any) -> int:
    number: int = (await station.call("StartTransaction", start(*arguments)))["transactionId"]
    return number


async def kept_aside(csms: Csms) -> list[dict[str, Any]]:
    """What was said of transactions that nobody knows."""
    return [one["data"] for one in await csms.feed("message.invalid")]


async def test_a_session(csms: Csms) -> None:
    async with csms.station("CS1", "1.6") as station:
        answer = await station.call("StartTransaction", start())
        assert answer["idTagInfo"] == {"status": "Accepted", "parentIdTag": "FAMILY"}
        number = answer["transactionId"]
        assert 0 < number < 2**31
        assert await station.call("MeterValues", values(number, 1800, "6.0", unit="kWh")) == {}
        assert await station.call("MeterValues", values(number, 2700, "8500", unit="Wh")) == {}
        stopped = await station.call("StopTransaction", stop(number, idTag="GOOD"))
    assert stopped["idTagInfo"]["status"] == "Accepted"
    one = await csms.transaction()
    assert one["transaction_id"] == str(number)
    assert (one["evse_id"], one["connector_id"], one["token"], one["token_type"]) == (1, 1, "GOOD", None)
    assert (one["state"], one["energy_wh"], one["stopped_reason"]) == ("ended", 10000, "Local")
    assert (one["events"], one["gaps"], one["complete"], one["findings"]) == (4, [], True, [])
    shown = await csms.all(f"transactions/{one['id']}/meter-values")
    assert [(value["value"], value["unit"]) for value in shown] == [
        (1000, "Wh"),
        (6000, "Wh"),
        (8500, "Wh"),
        (11000, "Wh"),
    ]


async def test_e25_a_blocked_tag_gets_a_transaction_all_the_same(csms: Csms) -> None:
    async with csms.station("CS1", "1.6") as station:
        answer = await station.call("StartTransaction", start(tag="STOLEN"))
        assert answer["idTagInfo"]["status"] == "Blocked"
        stopped = await station.call("StopTransaction", stop(answer["transactionId"], 30, 1000, reason="DeAuthorized"))
    assert stopped == {}
    one = await csms.transaction()
    assert (one["state"], one["stopped_reason"], one["energy_wh"]) == ("ended", "DeAuthorized", 0)


async def test_e26_a_start_that_comes_again(tmp_path: Path) -> None:
    """The same id: at once, after a reconnect, after a restart of the server, and after the end of the transaction."""
    async with serving(tmp_path) as csms:
        await furnish(csms)
        async with csms.station("CS1", "1.6") as station:
            first = await station.call("StartTransaction", start())
            await csms.patch("tokens/GOOD", {"status": "blocked"})
            assert await station.call("StartTransaction", start()) == first
            others = [start(1), start(connector=2), start(meter=1001), start(tag="STOLEN")]
            numbers = [(await station.call("StartTransaction", one))["transactionId"] for one in others]
    async with serving(tmp_path) as csms:
        async with csms.station("CS1", "1.6", boot=False) as station:
            assert await station.call("StartTransaction", start()) == first
            stopped = await station.call("StopTransaction", stop(first["transactionId"]))
            assert await station.call("StartTransaction", start()) == first
            assert await station.call("StopTransaction", stop(first["transactionId"])) == stopped
        assert len({first["transactionId"], *numbers}) == 5
        assert len(await csms.transactions()) == 5
        one = (await csms.transactions(transaction_id=str(first["transactionId"])))[0]
        assert (one["events"], one["energy_wh"]) == (2, 10000)
        assert len(await csms.feed("transaction.started")) == 5
        assert len(await csms.feed("transaction.ended")) == 1


async def test_e27_a_stop_of_an_unknown_transaction_is_kept_aside(csms: Csms) -> None:
    async with csms.station("CS1", "1.6") as station:
        assert await station.call("StopTransaction", stop(4711)) == {}
        known = await station.call("StopTransaction", stop(4712, idTag="GOOD"))
        assert await station.call("MeterValues", values(None, 0, "5")) == {}
        assert await station.call("MeterValues", values(4711, 0, "6")) == {}
    assert known["idTagInfo"]["status"] == "Accepted"
    assert await csms.transactions() == []
    assert [one["code"] for one in await kept_aside(csms)] == ["stop_of_unknown_transaction"] * 2
    logged = await csms.all("messages")
    assert [one["action"] for one in logged].count("StopTransaction") == 2
    assert [one["action"] for one in logged].count("MeterValues") == 2


@pytest.mark.parametrize("unknown", [-1, 0, 999_999])
async def test_a_stop_without_its_number_finds_its_transaction(csms: Csms, unknown: int) -> None:
    async with csms.station("CS1", "1.6") as station:
        await begun(station, 0, 1, "GOOD", 1000)
        await begun(station, 0, 2, "OTHER", 500_000)
        await station.call("StopTransaction", stop(unknown, idTag="GOOD"))
        # the answer was lost: the same again must not end anything else, nor be put aside
        await station.call("StopTransaction", stop(unknown, idTag="GOOD"))
    found = {one["evse_id"]: one for one in await csms.transactions()}
    assert (found[1]["state"], found[1]["energy_wh"], found[1]["complete"]) == ("ended", 10000, True)
    assert [finding["code"] for finding in found[1]["findings"]] == ["stop_matched_by_content"]
    assert found[2]["state"] == "active"
    assert await kept_aside(csms) == []
    assert len(await csms.events_of(found[1])) == 2


async def test_a_stop_that_fits_two_transactions_ends_none(csms: Csms) -> None:
    async with csms.station("CS1", "1.6") as station:
        await begun(station, 0, 1)
        await begun(station, 0, 2)
        await station.call("StopTransaction", stop(-1, idTag="GOOD"))
        await station.call("StopTransaction", stop(-1, idTag="GOOD"))
    assert [one["state"] for one in await csms.transactions()] == ["active", "active"]
    assert len(await kept_aside(csms)) == 1


async def test_an_offline_transaction_comes_as_a_block(csms: Csms) -> None:
    """Its number was not known while it ran: its values have none, its stop has the one it was given meanwhile."""
    async with csms.station("CS1", "1.6") as station:
        assert await station.call("MeterValues", values(-1, 1800, "6000")) == {}
        number = await begun(station)
        assert await station.call("MeterValues", values(number, 2700, "8500")) == {}
        data = [{"timestamp": at(1800), "sampledValue": [{"value": "6000"}]}]
        await station.call("StopTransaction", stop(number, transactionData=data))
        await begun(station, 4000, 1, "GOOD", 11000)
    new, old = await csms.transactions()
    assert (old["started_at"], old["ended_at"], old["energy_wh"]) == (
        "2025-03-01T10:00:00Z",
        "2025-03-01T11:00:00Z",
        10000,
    )
    assert old["complete"] is True
    assert new["state"] == "active"


async def test_values_before_their_start_and_after_their_stop(csms: Csms) -> None:
    async with csms.station("CS1", "1.6") as station:
        number = await begun(station)
        await station.call("StopTransaction", stop(number))
        await station.call("MeterValues", values(number, 1800, "6000"))
        await station.call("MeterValues", values(number, 1800, "6000"))
        await station.call("MeterValues", values(number, 1800, "16", measurand="Current.Import", unit="A", phase="L1"))
    one = await csms.transaction()
    assert (one["state"], one["energy_wh"], one["events"], one["complete"]) == ("ended", 10000, 4, True)
    assert len(await csms.feed("transaction.ended")) == 1


async def test_kilowatt_hours_signed_data_and_nonsense(csms: Csms) -> None:
    odd = [
        {"value": "0.15002000000000001", "measurand": "Energy.Active.Import.Register", "unit": "kWh"},
        {"value": "T0NNRnx7", "format": "SignedData", "context": "Transaction.End"},
        {"value": "not a number"},
        {"value": "NaN"},
        {"value": ""},
    ]
    async with csms.station("CS1", "1.6") as station:
        number = await begun(station, 0, 1, "GOOD", 0)
        told = {"connectorId": 1, "transactionId": number, "meterValue": [{"timestamp": at(60), "sampledValue": odd}]}
        assert await station.call("MeterValues", told) == {}
        data = [{"timestamp": at(120), "sampledValue": odd}]
        await station.call("StopTransaction", stop(number, 120, 171, transactionData=data, reason="EVDisconnected"))
    one = await csms.transaction()
    assert (one["energy_wh"], one["stopped_reason"], one["findings"]) == (171, "EVDisconnected", [])
    shown = [message["payload"] for message in await csms.events_of(one)]
    assert shown[1]["meterValue"][0]["sampledValue"] == odd


async def test_connector_0_is_the_main_meter(csms: Csms) -> None:
    async with csms.station("CS1", "1.6") as station:
        number = await begun(station)
        assert await station.call("MeterValues", values(None, 60, "99999", connector=0)) == {}
        assert await station.call("MeterValues", values(number, 60, "1500", connector=0)) == {}
    one = await csms.transaction()
    assert (one["evse_id"], one["energy_wh"]) == (1, 500)


async def test_nothing_well_formed_gets_a_call_error(csms: Csms) -> None:
    async with csms.station("CS1", "1.6") as station:
        numbers = [
            await begun(station, -1e9, 0, "", -5),
            await begun(station, 1e9, 99, "\u00e9" * 20, 2**31),
            await begun(station, 0, 1, "UNKNOWN", 0),
        ]
        for number in (*numbers, 0, -1, 2**31, 2**62):
            await station.call("MeterValues", values(number, 1, "-5", phase="N", unit="Celcius"))
            await station.call("StopTransaction", stop(number, -5, -7))
        await station.call("StopTransaction", stop(0) | {"timestamp": "1970-01-01T00:00:00Z", "idTag": ""})
    assert len(await csms.transactions()) == 3
    assert await csms.feed("alert") == []


async def test_a_remote_start_is_confirmed_by_its_transaction(csms: Csms) -> None:
    async with csms.station("CS1", "1.6") as station:
        asked = await csms.command("CS1", {"type": "start", "token": "GOOD", "evse_id": 2})
        call = await station.next_call()
        assert call[2:] == ["RemoteStartTransaction", {"idTag": "GOOD", "connectorId": 2}]
        await station.answer(call, {"status": "Accepted"})
        await csms.command_in(asked["id"], "accepted")
        await begun(station, 0, 1)  # the same card, but at the other connector
        assert (await csms.get(f"commands/{asked['id']}"))["state"] == "accepted"
        number = await begun(station, 0, 2)
        await csms.command_in(asked["id"], "confirmed")
        asked = await csms.command("CS1", {"type": "stop", "transaction_id": str(number)})
        call = await station.next_call()
        assert call[2:] == ["RemoteStopTransaction", {"transactionId": number}]
        await station.answer(call, {"status": "Accepted"})
        await csms.command_in(asked["id"], "accepted")
        await station.call("StopTransaction", stop(number, reason="Remote"))
        await csms.command_in(asked["id"], "confirmed")
