"""S35: two tenants on one Ohmstead, at the socket."""

from __future__ import annotations

import pytest
import websockets

from tests.acceptance.serving import PASSWORD, Csms, Station
from tests.acceptance.test_security_basic import connecting

pytestmark = pytest.mark.anyio
OTHERS = "password-of-the-other"


async def test_S35_a_station_of_one_tenant_with_the_credentials_of_another(csms: Csms) -> None:
    made = await csms.post("tenants", {"name": "north"})
    key = {"Authorization": f"Bearer {made['key']}"}
    body = {"id": "TWIN", "security_profile": 1, "password": OTHERS}
    assert (await csms.api.post("stations", json=body, headers=key)).status_code == 201
    await csms.add_station("TWIN")  # the same name in the first tenant
    for path, password in (("TWIN", OTHERS), ("north/TWIN", PASSWORD)):
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with connecting(csms, path, f"TWIN:{password}".encode()):
                pass
        assert refused.value.response.status_code == 401
    with pytest.raises(websockets.InvalidStatus):
        async with connecting(csms, "south/TWIN", f"TWIN:{OTHERS}".encode()):
            pass
    async with connecting(csms, "north/TWIN", f"TWIN:{OTHERS}".encode()) as socket:
        assert (await Station(socket).boot())["status"] == "Accepted"
        theirs = (await csms.api.get("stations/TWIN", headers=key)).json()
        assert theirs["online"]
        assert not (await csms.get("stations/TWIN"))["online"]
        told = (await csms.api.get("events", headers=key)).json()["data"]
        assert [one["sequence"] for one in told] == list(range(1, len(told) + 1))
        assert {one["subject"] for one in told} == {"TWIN"}
        assert all(one["data"]["id"] != "TWIN" for one in await csms.feed("station."))
