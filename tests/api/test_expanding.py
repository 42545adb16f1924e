"""What an answer names by its id, in full beside the id: with the eyes of the key that asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from ohmstead import blocks
from ohmstead.api.context import Context
from ohmstead.store.resources import stations

pytestmark = pytest.mark.anyio
blocks.discover()
Client = httpx.AsyncClient


@pytest.fixture
async def furnished(client: Client, context: Context, seed: Callable[..., Awaitable[None]]) -> str:
    """Something of everything at CS1; the id of its site."""
    site: str = (await client.post("sites", json={"name": "Depot"})).json()["id"]
    for id, where in (("CS1", site), ("CS2", None)):
        await client.post("stations", json={"id": id, "serial_number": id, "site_id": where})
    await client.post("stations/CS1/commands", json={"type": "reset", "if_offline": "queue"})
    await client.post("stations/CS1/certificates", json={"generate_key": True})
    await client.post(
        "reservations", json={"station_id": "CS1", "token": "T", "expires_at": "2099-01-01T00:00:00Z", "evse_id": 1}
    )
    row = await stations.find(context.db, 1, None, "CS1")
    assert row is not None
    await seed(
        "alerts", id=5, station_id=row["id"], subject="s", source="csms", code="c", severity=5, state="firing",
        text="t", detail="{}", count=1, first_at=1, last_at=1, latched=0,
    )  # fmt: skip
    return site


LISTS = ("commands", "certificates", "reservations", "alerts")


async def test_the_station_of_whatever_belongs_to_one(client: Client, furnished: str) -> None:
    station = (await client.get("stations/CS1")).json()
    for path in LISTS:
        plain = (await client.get(path)).json()["data"]
        assert plain
        assert not any("station" in one for one in plain), path
        full = (await client.get(path, params={"expand": "station"})).json()["data"]
        assert full == [one | {"station": station} for one in plain]
        if path != "alerts":
            one = (await client.get(f"{path}/{plain[0]['id']}", params={"expand": "station"})).json()
            one.pop("chain", None)  # which a certificate shows alone
            assert one == full[0]
        assert (await client.get(path, params={"expand": "holder"})).status_code == 422
    await client.delete("stations/CS1")
    assert (await client.get("commands?expand=station")).json()["data"][0]["station"] is None


async def test_the_site_of_stations(client: Client, furnished: str) -> None:
    site = (await client.get(f"sites/{furnished}")).json()
    found = (await client.get("stations?expand=site")).json()["data"]
    assert [(one["id"], one["site"]) for one in found] == [("CS1", site), ("CS2", None)]
    assert (await client.get("stations/CS1?expand=site")).json()["site"] == site


@pytest.mark.parametrize(
    ("path", "scope", "lacks"),
    [
        ("commands?expand=station", "commands:read", "stations:read"),
        ("stations?expand=site", "stations:read", "sites:read"),
    ],
)
async def test_a_key_sees_no_more_by_it(client: Client, furnished: str, path: str, scope: str, lacks: str) -> None:
    made: Any = (await client.post("keys", json={"name": "k", "scopes": [scope]})).json()
    answer = await client.get(path, headers={"Authorization": f"Bearer {made['key']}"})
    assert (answer.status_code, answer.json()["detail"].split()[-1]) == (403, f"{lacks}.")
