"""B09, B10: a simulated station is led from one Ohmstead to another, falls back, and goes to another address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from ohmstead import runtime
from ohmstead.blocks.migrated import watch
from ohmstead.simulator import Station
from ohmstead.simulator.network_profiles import PRIORITY
from tests.acceptance.serving import PASSWORD, Csms, serving
from tests.acceptance.test_simulated_files import lived

pytestmark = pytest.mark.anyio
OTHER_PASSWORD = "another-password-2"
KIND = "station.csms_migration"


@pytest.fixture(scope="module")
async def csms(tmp_path_factory: pytest.TempPathFactory, anyio_backend: str) -> AsyncIterator[Csms]:
    async with serving(tmp_path_factory.mktemp("ours")) as one:
        yield one


@pytest.fixture(scope="module")
async def other(tmp_path_factory: pytest.TempPathFactory, anyio_backend: str) -> AsyncIterator[Csms]:
    async with serving(tmp_path_factory.mktemp("theirs")) as one:
        yield one


def at(csms: Csms, identity: str, version: str) -> Station:
    return Station(identity, url=csms.url, version=version, password=PASSWORD, speed=None)


def listed(station: Station) -> str:
    return station.controller.variables[PRIORITY].value


async def led(csms: Csms, station: Station, until: str, **body: Any) -> dict[str, Any]:
    """The migration, once it is at this step."""
    await csms.post(f"stations/{station.identity}/migration", body)

    async def look() -> Any:
        return (await csms.get(f"stations/{station.identity}"))["migration"] or {"step": None}

    seen: dict[str, Any] = await lived(station, look, lambda one: one["step"] == until)
    return seen


async def command_of(csms: Csms, migration: dict[str, Any], state: str) -> dict[str, Any]:
    return await csms.command_in(migration["command_id"], state)


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_to_another_csms(csms: Csms, other: Csms, version: str) -> None:
    """It is silent here and booted there; there its old slot is taken out of its list."""
    name, there = f"CS-{version}", "NEW-1" if version == "2.1" else "CS-2.0.1"
    await csms.add_station(name)
    own = {"identity": there, "password": OTHER_PASSWORD} if version == "2.1" else {}
    await other.add_station(there, **({"password": OTHER_PASSWORD} if own else {}))
    async with at(csms, name, version) as station:
        await station.boot()
        going = await led(csms, station, "watching", url=other.url, **own)
        assert (going["destination"], going["slot"], going["url"]) == ("elsewhere", 2, other.url)

        async def look() -> Any:
            return await other.get(f"stations/{there}")

        come = await lived(station, look, lambda one: one["online"] and one["booted_at"] is not None)
        assert (come["ocpp_version"], listed(station)) == (version, "2,1"), "the way back stays"
        assert OTHER_PASSWORD not in (await csms.api.get("messages", params={"limit": 1000})).text
        if version == "2.1":
            await csms.post(f"stations/{name}/migration/answer", {"arrived": True})
        else:
            db, hour = csms.server.db, 3600 * 1_000_000
            await watch(db, runtime.now() + hour - 5_000_000)
            assert (await csms.get(f"stations/{name}"))["migration"]["step"] == "watching", "not an hour yet"
            assert await watch(db, runtime.now() + hour) == 1
        done = (await csms.get(f"stations/{name}"))["migration"]
        assert done["step"] == "done"
        assert ("operator" if version == "2.1" else "silent here for 60 minutes") in done["reason"]
        await command_of(csms, done, "confirmed")
        asked = await other.command(there, {"type": "leave_network_profiles"})
        await lived(station, lambda: other.get(f"commands/{asked['id']}"), lambda one: one["state"] == "accepted")
        assert listed(station) == "2"
    again = await csms.api.post(f"stations/{name}/migration/answer", json={"arrived": True})
    assert again.status_code == 409, "nobody waits for that any more"


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_it_falls_back(csms: Csms, other: Csms, version: str) -> None:
    """The other CSMS does not know it: it comes back by itself, and its list is as it was."""
    name = f"BACK-{version}"
    await csms.add_station(name)
    async with at(csms, name, version) as station:
        await station.boot()
        failed = await led(csms, station, "failed", url=other.url)
        assert "fell back" in failed["reason"]
        await lived(station, lambda: csms.get(f"stations/{name}"), lambda _: listed(station) == "1")
        ended = await command_of(csms, failed, "unconfirmed")
        assert "fell back" in ended["reason"]
    refused = (await other.get("refusals"))["data"]
    assert name in {one["station_id"] for one in refused}, "it really tried"
    told = [one["data"]["migration"]["step"] for one in await csms.feed(KIND) if one["subject"] == name]
    assert told == ["network_profile", "priority", "reset", "watching", "failed"]


async def test_to_another_address_of_ours(csms: Csms) -> None:
    """Its transaction ends first; it comes by the new slot, which is left alone in its list."""
    await csms.add_station("HERE")
    await csms.add_token("T1")
    async with at(csms, "HERE", "2.0.1") as station:
        await station.boot()
        await station.plug()
        await station.swipe("T1")
        await station.wait(60)
        url = csms.url.replace("127.0.0.1", "localhost")
        draining = await led(csms, station, "draining", url=url, destination="here")
        assert draining["left_at"] is None
        await station.swipe("T1")
        await station.unplug()
        await station.wait(60)
        await csms.until(lambda: csms.transactions(station_id="HERE", state="active"), lambda found: not found)

        async def look() -> Any:
            return (await csms.get("stations/HERE"))["migration"]

        done = await lived(station, look, lambda one: one["step"] == "done")
        await lived(station, look, lambda _: listed(station) == "2")
        await command_of(csms, done, "confirmed")
        assert station.controller.networks.now.url == url
        assert (await csms.get("stations/HERE"))["evses"][0]["state"] == "available", "it is in use again"


async def test_campaign_to_another_tenant(csms: Csms) -> None:
    """It is there as soon as it has booted at the other tenant, whose list shows it."""
    key = {"Authorization": f"Bearer {(await csms.post('tenants', {'name': 'north'}))['key']}"}
    await csms.add_station("MOVES")
    known = {"id": "MOVES", "security_profile": 1, "password": PASSWORD}
    assert (await csms.api.post("stations", json=known, headers=key)).status_code == 201
    params = {"url": f"{csms.url}/north", "destination": "tenant", "silence_s": 60}
    async with at(csms, "MOVES", "2.0.1") as station:
        await station.boot()
        new = {"type": "csms_migration", "select": {"station_ids": ["MOVES"]}, "params": params}
        campaign = await csms.post("campaigns", new)

        async def look() -> Any:
            return (await csms.api.get("stations/MOVES", headers=key)).json()

        await lived(station, look, lambda one: one["booted_at"] is not None)
        await watch(csms.server.db, runtime.now())
        done = (await csms.get("stations/MOVES"))["migration"]
        assert (done["step"], done["reason"]) == ("done", "it has booted at north")
        path = f"campaigns/{campaign['id']}"
        await csms.until(lambda: csms.get(path), lambda one: one["counts"]["done"] == 1)


async def test_16_needs_a_vendors_key(csms: Csms, other: Csms) -> None:
    await csms.add_station("OLD")
    async with at(csms, "OLD", "1.6") as station:
        await station.boot()
        asked = await csms.post("stations/OLD/migration", {"url": other.url}, wait=5)
        assert asked["state"] == "error"
        assert "OCPP 1.6 has no network profiles" in asked["reason"]
