"""Where transactions end by themselves: told to 2.1 stations once, watched by us for all others."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from ohmstead.blocks.remote_control import Start
from ohmstead.domain.device_model import Attribute, Name, Variable
from ohmstead.runtime import rfc3339
from ohmstead.settings import Authorization, Settings, Stations
from ohmstead.shapes.common import Limits
from ohmstead.store import commands
from ohmstead.store.tables import commands as table
from ohmstead.store.tables import tokens
from ohmstead.store.tokens import spent
from tests.acceptance.serving import at, event
from tests.blocks.staging import SQLITE, Stage

pytestmark = [pytest.mark.anyio, SQLITE]


async def tell(stage: Stage, one: dict[str, Any], version: str = "2.1") -> Any:
    return await stage.say("TransactionEvent", one, version)


async def stops(stage: Stage) -> list[Any]:
    rows = await stage.rows(select(table.c.body).where(table.c.type == "stop"))
    return [json.loads(row[0]) for row in rows]


async def test_e16_the_limits_are_told_once(stage: Stage) -> None:
    await stage.token("T", limits=Limits(max_energy_wh=5000, max_time_s=60, max_soc=80))
    first = await tell(stage, event("Started", 0, evse=1, token="T"))
    assert first["transactionLimit"] == {"maxEnergy": 5000, "maxTime": 60, "maxSoC": 80}
    assert "transactionLimit" not in await tell(stage, event("Updated", 1, 10, token="T"))
    await tell(stage, event("Updated", 2, 100, wh=9000))
    assert await stops(stage) == []  # it watches them itself


async def test_e22_what_the_station_cannot_watch_we_do(stage: Stage) -> None:
    await stage.token("T", limits=Limits(max_energy_wh=5000, max_soc=80))
    await stage.know(Variable(Name("TxCtrlr", "SupportedLimits"), (Attribute("Actual", "maxEnergy,maxCost"),)))
    first = await tell(stage, event("Started", 0, evse=1, token="T"))
    assert first["transactionLimit"] == {"maxEnergy": 5000}
    for number, soc in ((1, 79), (2, 80), (3, 81)):
        value = {"value": soc, "measurand": "SoC", "unitOfMeasure": {"unit": "Percent"}}
        values = [{"timestamp": at(number), "sampledValue": [value]}]
        await tell(stage, event("Updated", number, number) | {"meterValue": values})
        assert len(await stops(stage)) == int(soc >= 80)
    assert await stops(stage) == [{"type": "stop", "transaction_id": "tx-1"}]


async def test_e16_a_lower_limit_of_the_station_stays(stage: Stage) -> None:
    await stage.token("T", limits=Limits(max_energy_wh=5000, max_time_s=60))
    info = {"transactionLimit": {"maxEnergy": 4000}}
    first = await tell(stage, event("Started", 0, evse=1, token="T", info=info))
    assert first["transactionLimit"] == {"maxTime": 60}


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_what_happened_offline_gets_no_limit(stage: Stage, version: str) -> None:
    await stage.token("T", limits=Limits(max_energy_wh=50))
    first = await tell(stage, event("Started", 0, evse=1, token="T", wh=0) | {"offline": True}, version)
    assert "transactionLimit" not in first
    await tell(stage, event("Updated", 1, 10, wh=100) | {"offline": True}, version)
    assert await stops(stage) == []
    await tell(stage, event("Updated", 2, 20, wh=200), version)
    assert len(await stops(stage)) == 1


async def test_1_6_is_asked_to_stop(stage: Stage) -> None:
    await stage.token("T", limits=Limits(max_time_s=60))
    start = {"connectorId": 1, "idTag": "T", "meterStart": 0, "timestamp": at(0)}
    number = (await stage.say("StartTransaction", start, "1.6"))["transactionId"]
    for seconds, asked in ((59, 0), (60, 1), (90, 1)):
        values = [{"timestamp": at(seconds), "sampledValue": [{"value": str(seconds)}]}]
        said = {"connectorId": 1, "transactionId": number, "meterValue": values}
        await stage.say("MeterValues", said, "1.6")
        assert len(await stops(stage)) == asked
    assert await stops(stage) == [{"type": "stop", "transaction_id": str(number)}]


async def test_f07_the_limits_of_a_remote_start(stage: Stage) -> None:
    await stage.token("T", limits=Limits(max_energy_wh=500))
    body = Start(token="T", evse_id=1, limits=Limits(max_energy_wh=9000, max_time_s=30))
    write = stage.write()
    id = commands.write_new(write, "CS1", "start", msgspec.json.encode(body).decode(), stage.now, stage.now + 1)
    commands.write_sent(write, id, [], stage.now)
    await stage.put(write)
    first = await tell(stage, event("Started", 0, evse=1, token="T", trigger="RemoteStart", info={"remoteStartId": 1}))
    assert first["transactionLimit"] == {"maxEnergy": 500, "maxTime": 30}


async def test_e21_prepaid(stage: Stage) -> None:
    await stage.token("T", credit="12.50")
    info = (await stage.say("Authorize", {"idToken": {"idToken": "T", "type": "ISO14443"}}, "2.1"))["idTokenInfo"]
    assert info == {"status": "Accepted", "cacheExpiryDateTime": rfc3339(stage.now)}
    first = await tell(stage, event("Started", 0, evse=1, token="T"))
    assert first["transactionLimit"] == {"maxCost": 12.5}
    await stage.db.store([], spent(1, "t", Decimal("12.50")))
    ((left,),) = await stage.rows(select(tokens.c.credit_micro))
    assert left == 0
    info = (await stage.say("Authorize", {"idToken": {"idToken": "T", "type": "ISO14443"}}, "2.1"))["idTokenInfo"]
    assert info["status"] == "NoCredit"
    assert spent(1, "T", Decimal(0)) == spent(1, None, Decimal(1)) == []


async def test_one_token_in_two_places(stage: Stage) -> None:
    await stage.token("T", concurrent=1)
    first = await tell(stage, event("Started", 0, 0, "a", evse=1, token="T"))
    second = await tell(stage, event("Started", 0, 1, "b", evse=2, token="t"))
    assert [one["idTokenInfo"]["status"] for one in (first, second)] == ["Accepted", "ConcurrentTx"]
    again = await tell(stage, event("Updated", 1, 2, "a", token="T"))
    assert again["idTokenInfo"]["status"] == "ConcurrentTx"  # the second one runs, until the station ends it
    await tell(stage, event("Ended", 1, 3, "b"))
    again = await tell(stage, event("Updated", 2, 4, "a", token="T"))
    assert again["idTokenInfo"]["status"] == "Accepted"


async def test_c09_a_master_pass_ends_and_never_starts(stage: Stage) -> None:
    stage.settings = Settings(
        stations=Stations(unasked_calls=()), authorization=Authorization(master_pass_group="POLICE")
    )
    await stage.token("CAR")
    await stage.token("PASS", group="police")
    info = (await stage.say("Authorize", {"idToken": {"idToken": "PASS", "type": "ISO14443"}}, "2.0.1"))["idTokenInfo"]
    assert (info["status"], info["groupIdToken"]["idToken"]) == ("Accepted", "police")
    assert (await tell(stage, event("Started", 0, 0, "x", evse=2, token="PASS")))["idTokenInfo"]["status"] == "Invalid"
    await tell(stage, event("Started", 0, evse=1, token="CAR"))
    ended = await tell(stage, event("Ended", 1, 9, token="PASS", trigger="StopAuthorized"))
    assert ended["idTokenInfo"]["status"] == "Accepted"
