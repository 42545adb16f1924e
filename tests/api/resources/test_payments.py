from __future__ import annotations

import pytest

pytestmark = pytest.mark.anyio
NEW = {"station_id": "CS1", "evse_id": 1, "reference": "PSP-1", "amount": "5.00", "currency": "EUR"}


@pytest.fixture
async def online(seed):
    row = {"registration": "accepted", "security_profile": 1, "created_at": 1}
    await seed("stations", id=1, identity="CS1", ocpp_version="2.1", connected_since=1, **row)
    await seed("stations", id=2, identity="OLD", ocpp_version="1.6", connected_since=1, **row)
    await seed("connectors", station_id=1, evse_id=1, connector_id=1, status="Available", status_at=1)
    await seed("stations", id=3, identity="OFF", ocpp_version="2.1", **row)


@pytest.mark.parametrize(
    ("station", "evse_id", "status", "said"),
    [("OFF", 1, 409, "offline"), ("OLD", 1, 409, "1.6"), ("NONE", 1, 404, "NONE"), ("CS1", 1, 409, "payment.provider"),
     ("CS1", 7, 409, "no EVSE 7")],
)  # fmt: skip
async def test_where_nobody_should_pay(client, online, station, evse_id, status, said):
    answer = await client.post("payments", json=NEW | {"station_id": station, "evse_id": evse_id})
    assert (answer.status_code, said in answer.json()["detail"]) == (status, True)
    assert (await client.get("payments")).json()["data"] == []
    assert (await client.get("payments/pay_1")).status_code == 404
