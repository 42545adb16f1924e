"""Certificates of many at once, over the API: when they end, and many revoked."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from sqlalchemy import select

from ohmstead.domain.certificates import DAY
from ohmstead.store.statement import Statement
from ohmstead.store.tables import stations

pytestmark = pytest.mark.anyio
MONDAY = 1_893_456_000_000_000 - DAY
"""2029-12-31, a Monday, in microseconds."""
_STATIONS = Statement(select(stations.c.identity, stations.c.id))


async def certificate(seed: Any, id: int, station: int, ends: int, **more: Any) -> None:
    row = {"use": "charging_station", "subject": "S", "issuer": "I", "authority_key": "A", "serial_number": f"{id:x}",
           "sha256": str(id), "not_before": 0, "not_after": ends, "state": "seen", "created_at": 0} | more  # fmt: skip
    await seed("certificates", id=id, station_id=station, **row)


@pytest.fixture
async def fleet(client: httpx.AsyncClient, seed: Any, context: Any) -> dict[str, int]:
    """CS1 at a site, CS2 without one; of CS1 two certificates are in use, the later one counts."""
    site = (await client.post("sites", json={"name": "Depot"})).json()["id"]
    for name, more in (("CS1", {"site_id": site}), ("CS2", {})):
        body = {"id": name, "security_profile": 3, "serial_number": f"SN-{name}", **more}
        assert (await client.post("stations", json=body)).status_code == 201
    numbers = dict(await context.db.fetch_many(_STATIONS))
    await certificate(seed, 9001, numbers["CS1"], MONDAY - 40 * DAY)
    await certificate(seed, 9002, numbers["CS1"], MONDAY + DAY)
    await certificate(seed, 9003, numbers["CS2"], MONDAY + 8 * DAY)
    await certificate(seed, 9004, numbers["CS2"], MONDAY + 8 * DAY, state="issued", authority_key="B")
    await seed("renewals", station_id=numbers["CS2"], certificate_id=9003, state="manual", reason="R", attempts=8,
               due_at=0, updated_at=0)  # fmt: skip
    return {"site": site, **numbers}


async def test_when_they_end(client: httpx.AsyncClient, fleet: dict[str, Any]) -> None:
    async def cells(by: str) -> list[tuple[Any, ...]]:
        answer = await client.get("certificates/expiry", params={"by": by})
        assert answer.status_code == 200, answer.text
        return [tuple(one.values()) for one in answer.json()["data"]]

    assert await cells("week,site") == [("2029-12-31", fleet["site"], 1, 0), ("2030-01-07", None, 1, 1)]
    rows = (await client.get("stations")).json()["data"]
    assert [one["certificate_expires_at"] for one in rows] == ["2030-01-01T00:00:00Z", "2030-01-08T00:00:00Z"]
    assert await cells("week") == [("2029-12-31", None, 1, 0), ("2030-01-07", None, 1, 1)]
    assert sorted(await cells("site"), key=str) == sorted([(None, None, 1, 1), (None, fleet["site"], 1, 0)], key=str)


async def test_how_their_renewals_stand(client: httpx.AsyncClient, fleet: dict[str, Any]) -> None:
    counted = (await client.get("certificates/renewals")).json()["data"]
    assert counted == [{"state": "manual", "reason": "R", "certificates": 1}]
    for which, ids in (("any", ["9003"]), ("stuck", ["9003"]), ("running", [])):
        rows = (await client.get("certificates", params={"renewal": which})).json()["data"]
        assert [one["id"] for one in rows] == ids


async def test_all_of_a_station_and_all_of_a_ca(client: httpx.AsyncClient, fleet: dict[str, Any]) -> None:
    async def states() -> dict[str, str]:
        rows = (await client.get("certificates")).json()["data"]
        return {one["id"]: one["state"] for one in rows}

    answer = await client.post("stations/CS1/certificates/revoke", json={"reason": "key_compromise"})
    assert answer.json() == {"certificates": 2}
    assert await states() == {"9001": "revoked", "9002": "revoked", "9003": "seen", "9004": "issued"}
    assert (await client.post("stations/CS1/certificates/revoke", json={})).json() == {"certificates": 0}
    assert (await client.post("certificate-authorities/embedded/revoke", json={})).json() == {"certificates": 0}
    assert (await client.post("certificate-authorities/77/revoke", json={})).status_code == 404
    told = [one for one in (await client.get("events")).json()["data"] if one["type"].endswith("certificate.revoked")]
    assert [one["subject"] for one in told] == ["CS1", "CS1"]
